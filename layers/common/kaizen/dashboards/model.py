"""A dashboard as it is compared: rows of panels, whatever encoding they came in. Pure."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
COLUMNS = 24  # of Grafana's grid


@dataclass(frozen=True, slots=True)
class Place:
    """On Grafana's grid; `y` of a panel in a collapsed row is stale."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Panel:
    """`content` is the panel's JSON without its number, place and plugin's version. `row` counts from 0."""

    content: Json
    number: int | None
    kind: str
    title: str
    row: int
    place: Place
    plugin_version: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels in the order in which they are seen. The panels above the first row are in one without a title, which is
    not `marked`. `content` is what else the row says, such as its repetition."""

    title: str
    collapsed: bool
    marked: bool
    content: Json
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`settings` is everything of the dashboard itself that is content, `notes` what tells about its making and view,
    `inputs` the data sources that are asked for when it is imported. `twice` names keys that the file has twice."""

    uid: str
    title: str
    rows: tuple[Row, ...]
    variables: tuple[Json, ...]
    annotations: tuple[Json, ...]
    links: tuple[Json, ...]
    settings: Json
    notes: Json
    dropped: Json
    inputs: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    old_rows: bool = False  # written in lists of rows: sizes are spans and pixels there

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)
