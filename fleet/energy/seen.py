"""What an airframe's flights show besides power: what they last longer than planned, and what they had."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe, Range, Timing, Validity
from fleet.energy.arrays import FloatArray
from fleet.energy.logs import LogRow
from fleet.energy.predict import airspeed_of, planned_s
from fleet.energy.regimes import Regime

FEWEST_ROWS = 5
"""With a plan, of a regime, from which what it takes longer is told."""
LEAST_HEIGHTS = 0.1
"""Spread of heights, relative to their mean, below which a rate can't be told from a constant."""
CHANCE_SD = 4.0
"""By how many standard errors the flights' rate must differ from the base's."""
SLOWEST = 0.1
"""Of the median pace, the least that a slope may say: a median of slopes can be of any sign."""
MOST_PAIRED = 400
"""Rows whose pairs a rate is told from: 80,000 slopes."""


class Pace(NamedTuple):
    """How fast flights climbed and sank, and what they lasted beside heights and distances over speeds."""

    climb_mps: float
    descent_mps: float
    timing: Timing


def pace_of(base: Airframe, rows: Iterable[LogRow]) -> Pace:
    """The rates and times that plans miss, from rows that have heights, distances and speeds.

    Of a take-off and a landing, the rate is the base's, or, where heights clearly show another, the median slope of
    time over height between any two rows (Theil 1950, Sen 1968); the constant is the median of what is then left, at
    least nothing. Of a cruise there is the constant alone. All are the base's where fewer than five rows of a regime
    have a plan.
    """
    rows = list(rows)
    up = _upright(_whole(rows, Regime.TAKEOFF), base.climb_mps)
    down = _upright(_whole(rows, Regime.LANDING), base.descent_mps)
    corner_s = _longer(base, [row for row in rows if row.regime is Regime.CRUISE])
    told = {"takeoff_s": up and up[1], "corner_s": corner_s, "landing_s": down and down[1]}
    return Pace(
        climb_mps=up[0] if up else base.climb_mps,
        descent_mps=down[0] if down else base.descent_mps,
        timing=base.timing.model_copy(update={name: s for name, s in told.items() if s is not None}),
    )


def _whole(rows: Iterable[LogRow], regime: Regime) -> list[LogRow]:
    """The rows that are all of their flight's take-off or landing: of one that is cut into samples each has the height
    of the whole and a part of the time."""
    own = [row for row in rows if row.regime is regime]
    times = Counter(row.flight_id for row in own)
    return [row for row in own if times[row.flight_id] == 1]


def _upright(rows: Iterable[LogRow], rate_mps: float) -> tuple[float, float] | None:
    """Rate in m/s and seconds besides; the rate as it was told where heights do not clearly show another."""
    told = [(row.height_m, row.duration_s) for row in rows if row.height_m is not None]
    if len(told) < FEWEST_ROWS:
        return None
    heights_m, lasted_s = np.array(told).T
    more_s_m = _slope(heights_m, lasted_s - heights_m / rate_mps)
    pace_s_m = max(1 / rate_mps + more_s_m, SLOWEST * float(np.median(lasted_s / heights_m)))
    besides_s = float(np.median(lasted_s - pace_s_m * heights_m))
    if besides_s < 0:
        pace_s_m, besides_s = float(np.median(lasted_s / heights_m)), 0.0
    return (rate_mps if more_s_m == 0 and besides_s > 0 else round(1 / pace_s_m, 4)), round(besides_s, 2)


def _slope(x: FloatArray, y: FloatArray) -> float:
    """The median slope between any two points of different x; 0 where it may be chance, or x is nearly the same."""
    step = -(-len(x) // MOST_PAIRED)
    x, y = x[::step], y[::step]
    if float(np.std(x)) < LEAST_HEIGHTS * float(np.mean(x)):
        return 0.0
    one, other = np.triu_indices(len(x), 1)
    apart = x[other] - x[one]
    differ = apart != 0
    slope = float(np.median((y[other] - y[one])[differ] / apart[differ]))
    off = y - slope * x
    noise = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    return slope if abs(slope) > CHANCE_SD * noise / (float(np.std(x)) * math.sqrt(len(x))) else 0.0


def _longer(base: Airframe, rows: Iterable[LogRow]) -> float | None:
    plain = base.model_copy(update={"timing": Timing()})
    planned = [(row.duration_s, planned_s(plain, row)) for row in rows]
    longer = [lasted_s - plan_s for lasted_s, plan_s in planned if plan_s is not None]
    return None if len(longer) < FEWEST_ROWS else round(max(0.0, float(np.median(longer))), 2)


def validity_of(base: Airframe, rows: Sequence[LogRow]) -> Validity:
    """The masses, densities and airspeeds of the rows; of a cruise that told none, the base's cruise speed, which its
    power is then counted at."""
    cruises = [row for row in rows if row.regime is Regime.CRUISE]
    return Validity(
        mass_kg=_range([row.mass_kg for row in rows]),
        density_kg_m3=_range([row.air_density_kg_m3 for row in rows]),
        airspeed_mps=_range([airspeed_of(base, row)[0] for row in cruises]) if cruises else None,
    )


def _range(values: Sequence[float]) -> Range:
    return Range(round(min(values), 4), round(max(values), 4))
