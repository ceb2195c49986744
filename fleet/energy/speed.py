"""Which airspeed to fly: the one that goes farthest on a battery in this wind, or the one that is in time with the
least.

Found on a grid over the airframe's range that is made finer three times around its best: to a millionth of the range.
An airframe without rotor figures takes the same power at all its speeds, so the fastest is best for both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray
from fleet.energy.errors import require_not_negative, require_positive, require_within
from fleet.energy.legs import Legs, LegTable, leg_table
from fleet.energy.regimes import Regime
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


class Cruises(NamedTuple):
    """The level legs of one flight in their order, one value of each column for each leg; of the wind see `Wind`."""

    distance_m: FloatArray
    track_deg: FloatArray
    wind_mps: FloatArray
    wind_from_deg: FloatArray
    mass_kg: FloatArray
    weakest_mps: FloatArray
    turns_deg: FloatArray
    stray_mps: FloatArray


def cruises_speed(
    airframe: Airframe,
    cruises: Cruises,
    densities_kg_m3: Sequence[float],
    speeds_mps: tuple[float, float],
    due: tuple[int, float] | None = None,
) -> float | None:
    """The speed from the slowest to the fastest at which the legs together take least, in that air in which they take
    most; what is up or down, and hovers, takes the same at each speed.

    ``due`` are a number of legs and the seconds within which these must be over: of the speeds that are in time, then,
    and where none is, the one that is soonest there. The speed is the one that the autopilot holds. None where the wind
    lets the legs be flown at none of these. Raises `InvalidInput` for speeds that the airframe does not have, and as
    `leg_table`.
    """
    low, high = speeds_mps
    require_within(airframe.min_airspeed_mps, airframe.max_airspeed_mps, slowest_mps=low, fastest_mps=high)
    require_within(low, high, fastest_mps=high)

    def energy_wh(speeds: FloatArray) -> FloatArray:
        tables = [_along(airframe, cruises, density, speeds) for density in densities_kg_m3]
        return reduce(np.maximum, [table.energy_wh.sum(axis=0) for table in tables])

    if due is None:
        return _least(energy_wh, low, high)
    legs, within_s = due

    def there_s(speeds: FloatArray) -> FloatArray:
        seconds = _along(airframe, cruises, densities_kg_m3[0], speeds).duration_s
        flyable = np.isfinite(seconds).all(axis=0)
        found: FloatArray = np.where(flyable, seconds[:legs].sum(axis=0), math.inf)
        return found

    slowest = _in_time(there_s, low, high, within_s)
    return _least(there_s, low, high) if slowest is None else _least(energy_wh, slowest, high)


def _along(airframe: Airframe, cruises: Cruises, density: float, speeds: FloatArray) -> LegTable:
    """A row for each leg, a column for each speed."""
    distance_m, track_deg, wind_mps, from_deg, mass_kg, *spread = (column[:, None] for column in cruises)
    wind = speeds[None, :], track_deg, wind_mps, from_deg, airframe.holds_ground
    return leg_table(airframe, Legs(Regime.CRUISE, distance_m, mass_kg, density, *wind, *spread))


def _slowest(airframe: Airframe, way: Way, plan: SortiePlan, within_s: float) -> float | None:
    """The slowest airspeed that is in time: a round trip takes the less time the faster it is."""
    low, high = airframe.min_airspeed_mps, airframe.max_airspeed_mps
    return _in_time(lambda speeds: _flown(airframe, way, plan, speeds).duration_s, low, high, within_s)


def _in_time(
    seconds: Callable[[FloatArray], FloatArray], low: float, high: float, within_s: float
) -> float | None:
    for _ in range(1 + 2 * FINER):
        speeds = np.linspace(low, high, STEPS)
        in_time = np.flatnonzero(seconds(speeds) <= within_s)
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
