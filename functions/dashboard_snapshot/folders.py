"""What Grafana says of folders that its list leaves out. A list that leaves one out proves nothing: the right to see it
may be lost, or the list may be wrong."""

from collections.abc import Iterable, Mapping
from typing import Literal

from dashboard_snapshot.errors import ForbiddenError, GrafanaError, NotFoundError
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.model import Entry, Reason

State = Literal["seen", "hidden", "gone", "unknown"]


class Folders:
    """`listed` are the folders of the list, uid -> path. Each other one is asked for once in a run."""

    def __init__(self, grafana: Grafana, listed: Mapping[str, str]) -> None:
        self.listed = listed
        self._grafana = grafana
        self._asked: dict[str, State] = {}

    def state(self, uid: str) -> State:
        """`uid` is empty for the root. `unknown`: Grafana gave another error than that it may not be seen."""
        if uid in self.listed:
            return "seen"
        if uid not in self._asked:
            self._asked[uid] = self._ask(uid)
        return self._asked[uid]

    def _ask(self, uid: str) -> State:
        try:
            self._grafana.folder(uid)
        except ForbiddenError:
            return "hidden"
        except NotFoundError:
            return "gone"
        except GrafanaError:
            return "unknown"
        return "seen"

    def left_out(self, entries: Iterable[Entry]) -> Reason | None:
        """Whether the list of folders lacks some that are there. One that the token may not see is none of these: a
        single dashboard may be shared with it."""
        used = {each.folder_uid for each in entries if each.folder_uid} - self.listed.keys()
        lacking = tuple(uid for uid in sorted(used) if self.state(uid) != "hidden")
        if not lacking:
            return None
        return Reason("unsettled", "the list of folders leaves out some that hold dashboards, panels or rules", lacking)
