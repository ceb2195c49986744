"""Heights in three datums, and what is known of the ground: interval arithmetic, so that ignorance stays
visible.

A limit given above ground becomes an interval of heights above mean sea level (AMSL) as wide as the
terrain's error. Where nothing is known the interval is the whole line, and every answer that depends on it
is UNKNOWN (rule E13).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Datum(StrEnum):
    """What a height is measured from."""

    AGL = "AGL"
    AMSL = "AMSL"
    WGS84 = "WGS84"


class Interval(NamedTuple):
    """All values from `low` to `high`, both included; infinite ends mean "no bound is known"."""

    low: float
    high: float

    def shifted(self, by: float) -> "Interval":
        """The interval moved up by `by`."""
        return Interval(self.low + by, self.high + by)


ANYTHING = Interval(-math.inf, math.inf)
"""Nothing is known of the value."""

METRES_PER_FOOT = 0.3048
NO_CEILING_M = 99_999.0
"""The value by which national files say "no upper limit" (rule E5)."""


class Box(NamedTuple):
    """A rectangle of longitudes and latitudes in degrees; `east` may exceed 180 across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Terrain(Protocol):
    """A source of ground heights. Implementations promise that the true height lies in the interval they
    answer.
    """

    def ground_within(self, box: Box) -> Interval:
        """Bounds in metres AMSL of the ground everywhere in the box; `ANYTHING` where it does not know."""
        ...


@dataclass(frozen=True, slots=True)
class FlatTerrain:
    """A declared assumption: the ground is everywhere at `height_m` AMSL, give or take `error_m`."""

    height_m: float
    error_m: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.height_m) or not 0.0 <= self.error_m < math.inf:
            raise ValueError(f"flat terrain needs a finite height and an error of 0 or more, got {self}")

    def ground_within(self, box: Box) -> Interval:  # noqa: ARG002 - the same everywhere
        """The declared height with its error."""
        return Interval(self.height_m - self.error_m, self.height_m + self.error_m)


@dataclass(frozen=True, slots=True)
class UnknownTerrain:
    """No ground height is known anywhere: a limit above ground other than the ground itself stays UNKNOWN."""

    def ground_within(self, box: Box) -> Interval:  # noqa: ARG002 - the same everywhere
        """Anything."""
        return ANYTHING


@dataclass(frozen=True, slots=True)
class Limit:
    """A height in metres above a datum; `math.inf` is "no ceiling"."""

    value_m: float
    datum: Datum

    def amsl(self, ground: Interval) -> Interval:
        """The bounds of this limit above mean sea level where the ground lies in `ground`."""
        if math.isinf(self.value_m):
            return Interval(self.value_m, self.value_m)
        return _ZERO_AMSL[self.datum](ground).shifted(self.value_m)


# Where zero of each datum lies above mean sea level. The ellipsoid's needs a geoid, and none is built in.
_ZERO_AMSL: dict[Datum, Callable[[Interval], Interval]] = {
    Datum.AGL: lambda ground: ground,
    Datum.AMSL: lambda _: Interval(0.0, 0.0),
    Datum.WGS84: lambda _: ANYTHING,
}


def lower_amsl(limit: Limit | None, ground: Interval) -> Interval:
    """Bounds AMSL of a lower limit. Not stated, or at or below the ground itself, means from the ground up.

    Nothing flies below the ground, hence a lower limit of 0 AGL needs no terrain height to be evaluated.
    """
    if limit is None or (limit.datum is Datum.AGL and limit.value_m <= 0.0):
        return Interval(-math.inf, -math.inf)
    return limit.amsl(ground)


def upper_amsl(limit: Limit | None, ground: Interval) -> Interval:
    """Bounds AMSL of an upper limit. Not stated means unbounded (rule E5)."""
    return Interval(math.inf, math.inf) if limit is None else limit.amsl(ground)
