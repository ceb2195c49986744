"""What an airframe's flights show besides power: what they last longer than planned, and what they had."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe, Line, Range, Timing, Validity
from fleet.energy.arrays import FloatArray
from fleet.energy.logs import LogRow
from fleet.energy.predict import airspeed_of
from fleet.energy.regimes import DOWN, UP, Regime

FEWEST_ROWS = 5
"""With a plan, of a regime, from which what it takes longer is told."""
SURE_HEIGHTS, SURE_WAYS = 0.05, 0.02
"""Standard error of a pace, relative to it, up to which flights tell it from lost seconds. Cruises are most of a
flight, so that of theirs is smaller."""
CHANCE_SD = 3.0
"""By how many standard errors a pace that is told must differ from the base's."""
CAREFUL_SD = 3.0
"""By how many standard errors a pace that is not told may lie off, either way."""
AS_SD = math.sqrt(math.pi / 2)
"""Of a normal distribution, the deviation over the mean absolute one."""
LESS_SURE = 1.1
"""The error of a median slope over that of least squares, where ways lie evenly (drawn: 1.02 to 1.15)."""
MOST_PAIRED = 400
"""Rows whose pairs a pace is told from: 80,000 slopes."""
SLOWEST_MPS, FASTEST_MPS = 0.001, 150.0
"""Between them lies the rate of whatever climbs or sinks (`fleet.energy.figures.Speed`)."""
NARROW = 0.02
"""Two readings whose paces lie no farther apart, relative to the slow one, are one."""


class NoRate(Exception):
    """Times over heights that are those of no aircraft; its text says which."""


class Read(NamedTuple):
    """What times over ways say: seconds for each unit of way and seconds besides, and, where the ways can't tell, the
    other reading of them."""

    pace: float
    seconds: float
    other: tuple[float, float] | None = None

    def line(self) -> Line:
        """The reading that counts on longer ways."""
        return Line(round(1 / self.pace, 4), round(self.seconds, 2))

    def other_line(self) -> Line | None:
        """The one that counts on shorter ways."""
        return None if self.other is None else Line(round(1 / self.other[0], 4), round(self.other[1], 2))


class Pace(NamedTuple):
    """How fast flights climbed and sank, and what they lasted beside heights and distances over speeds; by name what
    of it the flights showed, the rest is the base's."""

    climb_mps: float
    descent_mps: float
    timing: Timing
    told: frozenset[str] = frozenset()

    def of(self, frame: Airframe) -> Airframe:
        """The airframe with these times."""
        found = {"climb_mps": self.climb_mps, "descent_mps": self.descent_mps, "timing": self.timing}
        return frame.model_copy(update=found)


def pace_of(base: Airframe, rows: Iterable[LogRow]) -> Pace:
    """The rates and times that plans miss, from rows that have heights, distances and speeds.

    The pace is the median slope of time over way between any two rows (Theil 1950, Sen 1968), the constant the median
    of what is then left, at least nothing; where that pace lies within its error of the base's, it is the base's. Where
    ways are too alike to tell a slow pace from lost seconds, both readings are kept (`Timing`). A cruise is never
    faster than it was told to be. All are the base's where fewer than five rows of a regime have a plan. Raises
    `NoRate` where nothing climbs or sinks so, and pydantic's ``ValidationError`` where no flight loses such times.
    """
    rows = list(rows)
    up = _upright(rows, (Regime.TAKEOFF, Regime.CLIMB), base.climb_mps)
    down = _upright(rows, (Regime.LANDING, Regime.DESCENT), base.descent_mps)
    along = _along(rows)
    timing, told = dict(base.timing), set()
    for name, read in (("takeoff", up), ("corner", along), ("landing", down)):
        if read is not None:
            timing |= {f"{name}_s": read.line().seconds, f"{name}_or": read.other_line()}
            told.add(name)
    if along is not None:
        timing["cruise_share"] = min(1.0, along.line().rate)
    return Pace(
        climb_mps=base.climb_mps if up is None else up.line().rate,
        descent_mps=base.descent_mps if down is None else down.line().rate,
        timing=Timing(**timing),
        told=frozenset(told),
    )


def _upright(rows: Iterable[LogRow], regimes: tuple[Regime, Regime], rate_mps: float) -> Read | None:
    """Of take-offs or landings; where a log calls none so, of the climbs or descents that stand for them: seconds that
    these lose a climb from a drop loses as well, so that all of it is pace."""
    rows = list(rows)
    for regime in regimes:
        told = [(row.height_m, row.duration_s) for row in _whole(rows, regime) if row.height_m is not None]
        if len(told) >= FEWEST_ROWS:
            heights_m, lasted_s = np.array(told).T
            if regime in (Regime.CLIMB, Regime.DESCENT):
                read = Read(max(1 / rate_mps, float(np.median(lasted_s / heights_m))), 0.0)
            else:
                read = read_of(heights_m, lasted_s, 1 / rate_mps, SURE_HEIGHTS)
            return _possible(read, regime, heights_m)
        if any(row.regime is regime for row in rows):
            return None
    return None


def _possible(read: Read, regime: Regime, heights_m: FloatArray) -> Read:
    """The reading. Raises `NoRate` where its rate is nothing's: heights that are not those of the times."""
    if not SLOWEST_MPS <= 1 / max(read.pace, 1e-9) <= FASTEST_MPS:
        how = (
            "do not grow with heights"
            if read.pace < 1 / FASTEST_MPS
            else "are beyond all measure for heights"
        )
        between = f"{float(np.min(heights_m)):.4g} to {float(np.max(heights_m)):.4g} m"
        raise NoRate(f"times of {regime.value} {how} ({between}, {read.pace:.3g} s for a metre)")
    return read


def _whole(rows: Iterable[LogRow], regime: Regime) -> list[LogRow]:
    """The rows that are all of their flight's take-off or landing: of one that is cut into samples each has the height
    of the whole and a part of the time."""
    own = [row for row in rows if row.regime is regime]
    times = Counter(row.flight_id for row in own)
    return [row for row in own if times[row.flight_id] == 1]


def _along(rows: Iterable[LogRow]) -> Read | None:
    told = [
        (row.distance_m / row.speed_mps, row.duration_s)
        for row in rows
        if row.regime is Regime.CRUISE and row.distance_m is not None and row.speed_mps is not None
    ]
    if len(told) < FEWEST_ROWS:
        return None
    planned_s, lasted_s = np.array(told).T
    return read_of(planned_s, lasted_s, 1.0, SURE_WAYS, least=1.0)


def read_of(way: FloatArray, lasted_s: FloatArray, told: float, sure: float, least: float = 0.0) -> Read:
    """What times over ways say, where ``told`` is the pace that the plan has: with a relative error of at most ``sure``
    one reading, else the slowest pace that they leave possible, with the fastest as the other.

    No reading has seconds below zero, nor a pace below ``least``.
    """
    all_pace = max(float(np.median(lasted_s / way)), least)  # no second is lost besides
    slope, error = _slope(way, lasted_s)
    if error <= sure * all_pace:
        pace = told if abs(slope - told) <= CHANCE_SD * error else slope
        return _read(way, lasted_s, min(max(pace, least), all_pace))
    slow = min(slope + CAREFUL_SD * error, all_pace)
    fast = min(max(slope - CAREFUL_SD * error, told), all_pace)
    slow = max(slow, fast)
    if slow - fast <= NARROW * slow:
        return _read(way, lasted_s, slow)
    other = _read(way, lasted_s, fast)
    return _read(way, lasted_s, slow)._replace(other=(other.pace, other.seconds))


def _read(way: FloatArray, lasted_s: FloatArray, pace: float) -> Read:
    return Read(pace, max(0.0, float(np.median(lasted_s - pace * way))))


def _slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """The median slope between any two points of different x, and its standard error; that is infinite where x is the
    same."""
    step = -(-len(x) // MOST_PAIRED)
    x, y = x[::step], y[::step]
    one, other = np.triu_indices(len(x), 1)
    apart = x[other] - x[one]
    differ = np.abs(apart) > 1e-9 * float(np.mean(x))
    if not differ.any():
        return 0.0, math.inf
    slope = float(np.median((y[other] - y[one])[differ] / apart[differ]))
    off = y - slope * x
    noise = AS_SD * float(np.mean(np.abs(off - np.median(off))))
    return slope, LESS_SURE * noise / (float(np.std(x)) * math.sqrt(len(x)))


def validity_of(base: Airframe, rows: Sequence[LogRow]) -> Validity:
    """The masses, densities and airspeeds of the rows, and the heights and lengths of those that have a plan."""
    cruises = [row for row in rows if row.regime is Regime.CRUISE]
    heights = [row.height_m for row in rows if row.regime in UP | DOWN and row.height_m is not None]
    lengths = [row.distance_m for row in cruises if row.distance_m is not None]
    return Validity(
        mass_kg=_range([row.mass_kg for row in rows]),
        density_kg_m3=_range([row.air_density_kg_m3 for row in rows]),
        airspeed_mps=_airspeeds(base, cruises) if cruises else None,
        height_m=_range(heights) if heights else None,
        leg_m=_range(lengths) if lengths else None,
    )


def _airspeeds(base: Airframe, cruises: Sequence[LogRow]) -> Range:
    """Those of cruises; of one that told none, the base's cruise speed, which its power is then counted at.

    Where none told any, what the base is known at: flights of unknown speed take nothing from that. Of a base that was
    measured and has one cruise power for all speeds, without rotors, these are all that it flies at.
    """
    if all(row.airspeed_mps is None and row.speed_mps is None for row in cruises):
        if base.validity is not None and base.validity.airspeed_mps is not None:
            return base.validity.airspeed_mps
        measured = base.residual is not None and not base.residual.declared
        if measured and base.rotors is None:
            return Range(base.min_airspeed_mps, base.max_airspeed_mps)
    return _range([airspeed_of(base, row)[0] for row in cruises])


def _range(values: Sequence[float]) -> Range:
    return Range(round(min(values), 4), round(max(values), 4))
