"""Which airspeed to fly: the one that goes farthest on a battery in this wind, or the one that is in time with the
least.

Found on a grid over the airframe's range that is made finer three times around its best: to a millionth of the range.
An airframe without rotor figures takes the same power at all its speeds, so the fastest is best for both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray
from fleet.energy.errors import require_not_negative, require_positive
from fleet.energy.sortie import SortiePlan, SortieTable, sortie_table

STEPS = 101
FINER = 3


class Speed(NamedTuple):
    """An airspeed, and what a flight out and straight back takes at it."""

    airspeed_mps: float
    energy_wh: float
    duration_s: float


class Way(NamedTuple):
    """Where a flight leads to, and what it carries there."""

    out_m: float
    bearing_deg: float
    payload_kg: float


def at_speed(airframe: Airframe, way: Way, plan: SortiePlan, airspeed_mps: float) -> Speed:
    """The flight at one airspeed. Raises `InvalidInput` as `sortie_table`."""
    table = _flown(airframe, way, plan, np.array([airspeed_mps]))
    return Speed(airspeed_mps, float(table.energy_wh[0]), float(table.duration_s[0]))


def range_speed(airframe: Airframe, way: Way, plan: SortiePlan) -> Speed | None:
    """The airspeed at which a metre out and back takes least, so that the radius is largest, whatever the battery.

    None where the wind lets it fly at none of its speeds. Raises `InvalidInput` as `sortie_table`; the plan's own
    airspeed does not count.
    """

    def metre_wh(speeds: FloatArray) -> FloatArray:
        far, near = (
            _flown(airframe, way._replace(out_m=metres), plan, speeds).energy_wh for metres in (1000.0, 0.0)
        )
        return np.where(np.isfinite(far), far - np.where(np.isfinite(near), near, 0.0), math.inf)

    best = _least(metre_wh, airframe.min_airspeed_mps, airframe.max_airspeed_mps)
    return None if best is None else at_speed(airframe, way, plan, best)


def timely_speed(airframe: Airframe, way: Way, plan: SortiePlan, within_s: float) -> Speed | None:
    """The airspeed that takes least of those at which the flight is over in time; none where none is.

    Raises `InvalidInput` as `sortie_table`, and for a time that is not above zero.
    """
    require_positive(within_s=within_s)
    require_not_negative(out_m=way.out_m)

    def energy_wh(speeds: FloatArray) -> FloatArray:
        table = _flown(airframe, way, plan, speeds)
        return np.where(table.duration_s <= within_s, table.energy_wh, math.inf)

    slowest = _slowest(airframe, way, plan, within_s)
    best = None if slowest is None else _least(energy_wh, slowest, airframe.max_airspeed_mps)
    return None if best is None else at_speed(airframe, way, plan, best)


def _slowest(airframe: Airframe, way: Way, plan: SortiePlan, within_s: float) -> float | None:
    """The slowest airspeed that is in time: a round trip takes the less time the faster it is."""
    low, high = airframe.min_airspeed_mps, airframe.max_airspeed_mps
    for _ in range(1 + 2 * FINER):
        speeds = np.linspace(low, high, STEPS)
        in_time = np.flatnonzero(_flown(airframe, way, plan, speeds).duration_s <= within_s)
        if not in_time.size:
            return None
        first = int(in_time[0])
        low, high = float(speeds[max(first - 1, 0)]), float(speeds[first])
        if first == 0:
            break
    return high


def _least(values: Callable[[FloatArray], FloatArray], low: float, high: float) -> float | None:
    best = low
    for _ in range(1 + FINER):
        speeds = np.linspace(low, high, STEPS)
        found = values(speeds)
        at = int(np.argmin(found))
        if not math.isfinite(found[at]):
            return None
        low, best, high = (float(speeds[min(max(at + step, 0), STEPS - 1)]) for step in (-1, 0, 1))
    return best


def _flown(airframe: Airframe, way: Way, plan: SortiePlan, speeds: FloatArray) -> SortieTable:
    told = replace(plan, airspeed_mps=speeds)
    return sortie_table(
        airframe, np.full(len(speeds), float(way.out_m)), way.bearing_deg, way.payload_kg, told
    )
