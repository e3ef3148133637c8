"""What Prometheus answers, typed. Instants are Unix time in seconds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: Labels
    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One row of a matrix; `points` are pairs of instant and value, oldest first."""

    labels: Labels
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """What Prometheus remarks beside a result. `partial` is VictoriaMetrics's own flag."""

    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    partial: bool = False

    @property
    def complete(self) -> bool:
        """False where something may be missing. Thanos says so by a warning only, hence any warning counts."""
        return not (self.partial or self.warnings)


@dataclass(frozen=True, slots=True)
class Vector:
    """`histograms` counts native histograms, which have no single value and are left out."""

    samples: tuple[Sample, ...]
    histograms: int = 0
    notes: Notes = Notes()

    @property
    def empty(self) -> bool:
        return not self.samples and not self.histograms


@dataclass(frozen=True, slots=True)
class Scalar:
    at: float
    value: float
    notes: Notes = Notes()

    @property
    def empty(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Text:
    """What a string literal evaluates to."""

    at: float
    value: str
    notes: Notes = Notes()

    @property
    def empty(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Matrix:
    """`histograms` counts points that are native histograms, which are left out."""

    series: tuple[Series, ...]
    histograms: int = 0
    notes: Notes = Notes()

    @property
    def empty(self) -> bool:
        return not self.series and not self.histograms


Result = Vector | Scalar | Text | Matrix
