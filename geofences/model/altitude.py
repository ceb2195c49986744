"""Heights in four datums, and what is known of the ground: interval arithmetic, so that ignorance stays
visible.

A limit given above ground becomes an interval of heights above mean sea level (AMSL) as wide as the
terrain's error. Where nothing is known the interval is the whole line, and every answer that depends on it
is UNKNOWN (rule E13).
"""

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofences.errors import ZoneError, check_type

Floats = npt.NDArray[np.float64]


class Datum(StrEnum):
    """What a height is measured from."""

    AGL = "AGL"
    AMSL = "AMSL"
    WGS84 = "WGS84"
    FL = "FL"
    """A pressure height: metres in the standard atmosphere, 1013.25 hPa at 0; FL100 is 3048 m."""


_MOST = sys.float_info.max


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
QNH_SHIFT_M = Interval(-580.0, 340.0)
"""How far sea-level pressures of 950 to 1050 hPa move a pressure height: by 30 ft/hPa (27 to 29 in the standard
atmosphere).
"""

AIR_COLUMN = Interval(0.8, 1.15)
"""What cold and warm air make of a height in the standard atmosphere: 4 % for 10 degrees, from 50 less to 37 more."""

NO_CEILING_M = 99_999.0
"""The value by which national files say "no upper limit" (rule E5)."""


class Box(NamedTuple):
    """A rectangle of longitudes and latitudes in degrees; `east` may exceed 180 across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Bounds(NamedTuple):
    """Intervals as two arrays of one length."""

    low: Floats
    high: Floats


class Terrain(ABC):
    """A source of ground heights. Implementations promise that the true height lies in the interval they answer; one
    that holds no height on Earth (not a number, low above high, a file's "no data") counts as `ANYTHING`.

    Derive from it: only `ground_within` must be written, the rest has an answer that is safe.
    """

    __slots__ = ()

    @abstractmethod
    def ground_within(self, box: Box) -> Interval:
        """Bounds in metres AMSL of the ground everywhere in the box; `ANYTHING` where it does not know."""

    def ground_within_many(self, boxes: Floats) -> Bounds:
        """The same for an array (n, 4) of boxes: west, south, east, north."""
        found = [self.ground_within(Box(*box)) for box in boxes.tolist()]
        both = np.array(found, dtype=np.float64).reshape(-1, 2)
        return Bounds(both[:, 0], both[:, 1])

    def undulation_within(self, box: Box) -> Interval:  # noqa: ARG002 - nowhere, unless a geoid is there
        """Bounds in metres of how high mean sea level lies above the WGS 84 ellipsoid everywhere in the box."""
        return ANYTHING

    @property
    def step_m(self) -> float:
        """It is worth asking about pieces of this length rather than about longer ones."""
        return math.inf

    @property
    def said(self) -> str:
        """What it is, with the hashes of files and all errors, so that an answer can be had again (rule E14)."""
        return type(self).__name__


@dataclass(frozen=True, slots=True)
class FlatTerrain(Terrain):
    """A declared assumption: the ground is everywhere at `height_m` AMSL, give or take `error_m`."""

    height_m: float
    error_m: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.height_m) or not 0.0 <= self.error_m < math.inf:
            raise ValueError(f"flat terrain needs a finite height and an error of 0 or more, got {self}")

    def ground_within(self, box: Box) -> Interval:  # noqa: ARG002 - the same everywhere
        """The declared height with its error."""
        return Interval(self.height_m - self.error_m, self.height_m + self.error_m)

    def ground_within_many(self, boxes: Floats) -> Bounds:
        """The declared height with its error, for each box."""
        low, high = self.ground_within(Box(0.0, 0.0, 0.0, 0.0))
        return Bounds(np.full(len(boxes), low, np.float64), np.full(len(boxes), high, np.float64))

    @property
    def said(self) -> str:
        """The assumption."""
        return f"flat {self.height_m:g} ± {self.error_m:g} m AMSL"


@dataclass(frozen=True, slots=True)
class UnknownTerrain(Terrain):
    """No ground height is known anywhere: a limit above ground other than the ground itself stays UNKNOWN."""

    def ground_within(self, box: Box) -> Interval:  # noqa: ARG002 - the same everywhere
        """Anything."""
        return ANYTHING

    @property
    def said(self) -> str:
        """That it is not known."""
        return "unknown"


NO_TERRAIN = UnknownTerrain()


@dataclass(frozen=True, slots=True)
class Limit:
    """A height in metres above a datum; `math.inf` is "no ceiling". Raises `ZoneError` for what is no height."""

    value_m: float
    datum: Datum

    def __post_init__(self) -> None:
        check_type(self.value_m, (float, int), "Limit.value_m")
        check_type(self.datum, Datum, "Limit.datum")
        if not (
            -_MOST <= self.value_m <= _MOST or self.value_m == math.inf
        ):  # whole numbers know no largest one
            raise ZoneError(
                "Limit.value_m", f"must be a number, or math.inf for no ceiling, got {self.value_m}"
            )

    def amsl(self, ground: Interval, undulation: Interval = ANYTHING) -> Interval:
        """The bounds of this limit above mean sea level, where the ground lies in `ground` and mean sea level
        `undulation` above the ellipsoid.
        """
        if math.isinf(self.value_m):
            return Interval(self.value_m, self.value_m)
        return _AMSL[self.datum](self.value_m, ground, undulation)

    @property
    def depends_on_place(self) -> bool:
        """Whether what it is AMSL differs from place to place."""
        return self.datum in (Datum.AGL, Datum.WGS84) and math.isfinite(self.value_m)


def _pressure_height(value_m: float, _ground: Interval, _undulation: Interval) -> Interval:
    """Where a pressure height may lie: nobody here knows today's pressure and temperature."""
    corners = [(value_m + shift) * factor for shift in QNH_SHIFT_M for factor in AIR_COLUMN]
    return Interval(min(corners), max(corners))


# Where a height in each datum lies above mean sea level: from its value, the ground and the undulation.
_AMSL: dict[Datum, Callable[[float, Interval, Interval], Interval]] = {
    Datum.AGL: lambda value_m, ground, _undulation: ground.shifted(value_m),
    Datum.AMSL: lambda value_m, _ground, _undulation: Interval(value_m, value_m),
    Datum.WGS84: lambda value_m, _ground, undulation: Interval(
        value_m - undulation.high, value_m - undulation.low
    ),
    Datum.FL: _pressure_height,
}


def is_ground(lower: Limit) -> bool:
    """Whether a lower limit is at or below the ground itself. Nothing flies there, hence it needs no terrain."""
    return lower.datum is Datum.AGL and lower.value_m <= 0.0


def lower_amsl(limit: Limit | None, ground: Interval, undulation: Interval = ANYTHING) -> Interval:
    """Bounds AMSL of a lower limit. Not stated, or at or below the ground itself, means from the ground up."""
    if limit is None or is_ground(limit):
        return Interval(-math.inf, -math.inf)
    return limit.amsl(ground, undulation)


def upper_amsl(limit: Limit | None, ground: Interval, undulation: Interval = ANYTHING) -> Interval:
    """Bounds AMSL of an upper limit. Not stated means unbounded (rule E5)."""
    return Interval(math.inf, math.inf) if limit is None else limit.amsl(ground, undulation)


GROUND_ON_EARTH_M = Interval(-450.0, 8_900.0)
"""No ground is lower than the shore of the Dead Sea or higher than Everest, but for a few pits."""

UNDULATION_ON_EARTH_M = Interval(-110.0, 90.0)
"""EGM2008 lies between 107 m below and 86 m above the ellipsoid."""

_SEA_LEVEL = Interval(0.0, 0.0)


def never_above(lower: Limit, upper: Limit) -> bool:
    """Whether the upper limit is below the lower one everywhere on Earth; in one datum, whether it is below at all."""
    if lower.datum is upper.datum:
        return upper.value_m < lower.value_m
    low = lower.amsl(GROUND_ON_EARTH_M, UNDULATION_ON_EARTH_M)
    return upper.amsl(GROUND_ON_EARTH_M, UNDULATION_ON_EARTH_M).high < low.low


def below_at_sea_level(lower: Limit | None, upper: Limit) -> bool:
    """Whether a height above the sea, above the ellipsoid or by pressure leaves nothing between it and the lower limit,
    or the ground, where that lies at sea level.

    Nearly all ground is higher, and a lower limit above it with it: such a zone would hold almost nowhere. A height of
    0 or less leaves nothing in any of these datums: where the sea lies below the ellipsoid, or the pressure is high, it
    may be somewhat above the sea, yet it is meant as the ground, or as not stated.
    """
    if upper.datum is Datum.AGL:
        return False
    if upper.value_m <= 0.0:
        return True
    if lower is None or lower.datum is not Datum.AGL or is_ground(lower):
        return False
    return upper.amsl(_SEA_LEVEL, UNDULATION_ON_EARTH_M).high < lower.amsl(_SEA_LEVEL).low
