"""Energy and time of single legs, by the million: the one formula behind flights, tables, radii and what is left."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fleet.energy.air import SEA_LEVEL_DENSITY_KG_M3, Span, triangle, worst_triangle
from fleet.energy.airframe import Airframe, Line
from fleet.energy.arrays import Bools, FloatArray, Floats, IntArray
from fleet.energy.errors import (
    InvalidInput,
    require_finite,
    require_not_negative,
    require_positive,
    require_within,
)
from fleet.energy.momentum import ideal_power
from fleet.energy.regimes import Regime, loading

SECONDS_PER_HOUR = 3600.0
CHUNK = 16_384
"""Rows that are worked out at a time: what they need then stays in a core's cache."""
CODES = {regime: code for code, regime in enumerate(Regime)}
"""What stands for a regime in an array."""
LEAST_KG_M3, MOST_KG_M3 = 0.3, 1.5
"""Densities of air from 11 km up to the deepest cold."""


class Legs(NamedTuple):
    """Legs of flights: each column one value or an array, which broadcast.

    ``regime`` is one for all, or an array of `codes`. ``amount`` is metres of way or height, and seconds of a hover.
    The columns after the density count for cruises only: ``speed_mps`` is what the autopilot holds (none: the
    airframe's cruise speed), over ground where it ``holds_ground``, else through the air. Where ``weakest_mps`` is told
    the wind is a set (see `Wind`), of which the one counts in which the leg takes most.
    """

    regime: Regime | IntArray
    amount: Floats
    mass_kg: Floats
    density_kg_m3: Floats = SEA_LEVEL_DENSITY_KG_M3
    speed_mps: Floats | None = None
    track_deg: Floats = 0.0
    wind_mps: Floats = 0.0
    wind_from_deg: Floats = 0.0
    holds_ground: Bools = False
    weakest_mps: Floats | None = None
    turns_deg: Floats = 0.0
    stray_mps: Floats = 0.0


class LegTable(NamedTuple):
    """Energy and time of each leg; infinite where the wind makes it unflyable, so that no comparison passes it."""

    energy_wh: FloatArray
    duration_s: FloatArray


def codes(regimes: Iterable[Regime]) -> IntArray:
    """A column of regimes."""
    return np.array([CODES[regime] for regime in regimes], dtype=np.intp)


def leg_table(airframe: Airframe, legs: Legs) -> LegTable:
    """Energy at the battery and time of each leg: the model's median, without margin.

    Raises `InvalidInput` for a number that is none, a mass or amount below zero, a density that no air has, a code of
    no regime, or a speed outside the airframe's range in a row in which the airspeed is held.
    """
    _require(airframe, legs)
    size = np.broadcast_shapes(*(np.shape(one) for one in legs if not isinstance(one, Regime | None)))
    if len(size) != 1 or size[0] <= CHUNK:
        return LegTable(*np.broadcast_arrays(*worked(airframe, legs)))
    energy_wh, duration_s = np.empty(size), np.empty(size)
    for start in range(0, size[0], CHUNK):
        part = slice(start, start + CHUNK)
        rows = Legs(*(_cut(column, part) for column in legs))  # type: ignore[arg-type]
        energy_wh[part], duration_s[part] = worked(airframe, rows)
    return LegTable(energy_wh, duration_s)


def worked(airframe: Airframe, legs: Legs) -> LegTable:
    """As `leg_table`, for columns that were checked before."""
    figures = _figures(airframe, legs.regime)
    power_w = figures.b1 * loading(legs.mass_kg, legs.density_kg_m3) + figures.b0
    if figures.cruises is False:
        duration_s = _lasts_s(airframe, legs.amount, figures, 1.0)
        return LegTable(power_w * duration_s / SECONDS_PER_HOUR, np.asarray(duration_s))
    ground_mps, least_mps, air_mps = speeds(airframe, legs)
    if legs.holds_ground is not False:
        ground_mps = np.where(air_mps <= airframe.max_airspeed_mps, ground_mps, math.nan)
    if figures.cruises is not True:
        ground_mps = np.where(figures.cruises, ground_mps, 1.0)
    duration_s = _lasts_s(airframe, legs.amount, figures, ground_mps)
    duration_s = np.where(np.isnan(ground_mps), math.inf, duration_s)
    most_w = _at_speed(airframe, legs, figures.cruises, power_w, air_mps)
    if least_mps is not air_mps:
        # Power falls with the airspeed and then rises: of all between two it is most at one of them.
        most_w = np.maximum(most_w, _at_speed(airframe, legs, figures.cruises, power_w, least_mps))
    return LegTable(most_w * duration_s / SECONDS_PER_HOUR, duration_s)


def speeds(airframe: Airframe, legs: Legs) -> Span:
    """The speeds of cruises; NaN where the wind is too strong for the airspeed that is held."""
    speed = airframe.cruise_mps if legs.speed_mps is None else legs.speed_mps
    wind = speed, legs.track_deg, legs.wind_mps, legs.wind_from_deg, legs.holds_ground
    if legs.weakest_mps is None:
        ground_mps, air_mps = triangle(*wind)
        return Span(ground_mps, air_mps, air_mps)
    return worst_triangle(*wind, legs.weakest_mps, legs.turns_deg, legs.stray_mps)


def lasts_s(airframe: Airframe, regime: Regime, amount: float, ground_mps: float = 1.0) -> float:
    """Seconds of one leg; ``ground_mps`` is for cruises only. The longer where the airframe has two readings."""
    one, other = _paces(airframe, regime)
    speed = ground_mps if regime is Regime.CRUISE else 1.0
    first_s = amount / (speed * one.rate) + one.seconds
    return first_s if other is None else max(first_s, amount / (speed * other.rate) + other.seconds)


def _paces(airframe: Airframe, regime: Regime) -> tuple[Line, Line | None]:
    """Units of a leg's amount in a second (1 for a hover; of a cruise the share of its speed over ground), and the
    seconds that it lasts longer; with the other reading where there is one."""
    timing = airframe.timing
    match regime:
        case Regime.TAKEOFF:
            return Line(airframe.climb_mps, timing.takeoff_s), timing.takeoff_or
        case Regime.CLIMB:
            return Line(airframe.climb_mps, 0.0), None
        case Regime.DESCENT:
            return Line(airframe.descent_mps, 0.0), None
        case Regime.LANDING:
            return Line(airframe.descent_mps, timing.landing_s), timing.landing_or
        case Regime.CRUISE:
            return Line(timing.cruise_share, timing.corner_s), timing.corner_or
        case Regime.HOVER:
            return Line(1.0, 0.0), None


def cruise_power_w(
    airframe: Airframe, mass_kg: Floats, airspeed_mps: Floats, density_kg_m3: Floats
) -> FloatArray:
    """Power in level flight at an airspeed.

    The regime's power holds at ``cruise_mps``. Away from it the difference of the ideal power T v_i + D v_a between
    both airspeeds (Glauert), divided by the rotors' efficiency, is added; the constant part cancels. Without rotor
    figures the power is the same over the whole range, as the fit of the airframe says. Raises `InvalidInput` for an
    airspeed outside the airframe's range.
    """
    require_within(airframe.min_airspeed_mps, airframe.max_airspeed_mps, airspeed_mps=airspeed_mps)
    power = airframe.regimes.cruise.power_w(mass_kg, density_kg_m3)
    return power + beyond_cruise_w(airframe, mass_kg, airspeed_mps, density_kg_m3)


def beyond_cruise_w(airframe: Airframe, mass_kg: Floats, airspeed_mps: Floats, density: Floats) -> Floats:
    """What another airspeed takes more than the cruise speed, in W; less than nothing where it takes less."""
    rotors = airframe.rotors
    if rotors is None or np.all(airspeed_mps == airframe.cruise_mps):
        return 0.0  # as most are flown: spares the roots of what is nothing then
    here, reference = (
        ideal_power(mass_kg, speed, density, rotors.disc_m2, rotors.drag_area_m2)
        for speed in (airspeed_mps, airframe.cruise_mps)
    )
    more: FloatArray = (here - reference) / rotors.efficiency
    return more


def _at_speed(
    airframe: Airframe, legs: Legs, cruises: Bools, power_w: FloatArray, air_mps: FloatArray
) -> FloatArray:
    """The power with what the airspeed of cruises changes of it.

    Slower through the air than the airframe's range, as with a speed over ground held and the wind behind, nothing was
    measured; a hover, which is known, counts as the least there.
    """
    if airframe.rotors is not None:
        air_mps = np.where(np.isnan(air_mps), airframe.cruise_mps, air_mps)  # unflyable: its time says so
        more = beyond_cruise_w(airframe, legs.mass_kg, air_mps, legs.density_kg_m3)
        power_w = power_w + (more if cruises is True else np.where(cruises, more, 0.0))
    if legs.holds_ground is False:
        return power_w
    hover_w = airframe.regimes.of(Regime.HOVER).power_w(legs.mass_kg, legs.density_kg_m3)
    slow = cruises & (air_mps < airframe.min_airspeed_mps) & legs.holds_ground
    return np.where(slow, np.maximum(power_w, hover_w), power_w)


class _Figures(NamedTuple):
    """Coefficients of each leg, both readings of its rate (of a cruise a share of its speed) and of its seconds
    besides, and which of them are cruises."""

    b1: Floats
    b0: Floats
    rate: Floats
    extra_s: Floats
    other_rate: Floats
    other_s: Floats
    cruises: Bools


def _figures(airframe: Airframe, regime: Regime | IntArray) -> _Figures:
    if isinstance(regime, Regime):
        return _Figures(*_of(airframe, regime), regime is Regime.CRUISE)
    b1, b0, *times = np.array([_of(airframe, one) for one in Regime])[regime].T
    rate, extra_s, other_rate, other_s = times
    return _Figures(b1, b0, rate, extra_s, other_rate, other_s, regime == CODES[Regime.CRUISE])


def _of(airframe: Airframe, regime: Regime) -> tuple[float, float, float, float, float, float]:
    power = airframe.regimes.of(regime)
    one, other = _paces(airframe, regime)
    return power.b1, power.b0, *one, *(one if other is None else other)


def _lasts_s(airframe: Airframe, amount: Floats, figures: _Figures, ground_mps: Floats) -> Floats:
    """How long legs last; ``ground_mps`` is 1 for what is no cruise."""
    one_s = amount / (ground_mps * figures.rate) + figures.extra_s
    if not airframe.timing.unsure:
        return one_s
    other_s = amount / (ground_mps * figures.other_rate) + figures.other_s
    longer: FloatArray = np.maximum(one_s, other_s)
    return longer


def _require(airframe: Airframe, legs: Legs) -> None:
    if not isinstance(legs.regime, Regime):
        if legs.regime.dtype.kind not in "iu":
            raise InvalidInput("regime", legs.regime.dtype, "an array of codes")
        require_within(0, len(CODES) - 1, regime=legs.regime.astype(np.float64))
    require_not_negative(amount=legs.amount, wind_mps=legs.wind_mps)
    require_positive(mass_kg=legs.mass_kg)
    require_within(LEAST_KG_M3, MOST_KG_M3, density_kg_m3=legs.density_kg_m3)
    require_finite(track_deg=legs.track_deg, wind_from_deg=legs.wind_from_deg)
    if legs.weakest_mps is not None:
        require_not_negative(weakest_mps=legs.weakest_mps, stray_mps=legs.stray_mps)
        require_not_negative(weaker_by_mps=np.subtract(legs.wind_mps, legs.weakest_mps))
        require_within(0, 180, turns_deg=legs.turns_deg)
    if legs.speed_mps is not None:
        require_speed(airframe, legs.speed_mps, legs.holds_ground)


def require_speed(airframe: Airframe, speed_mps: Floats, holds_ground: Bools) -> None:
    """Raise `InvalidInput` for a speed that is not positive, or not in the airframe's range where it is an airspeed."""
    require_positive(speed_mps=speed_mps)
    if holds_ground is True:
        return
    if holds_ground is not False:
        speeds, over_ground = np.broadcast_arrays(speed_mps, holds_ground)
        speed_mps = speeds[~over_ground]
    require_within(airframe.min_airspeed_mps, airframe.max_airspeed_mps, airspeed_mps=speed_mps)


def _cut(column: object, part: slice) -> object:
    return column[part] if isinstance(column, np.ndarray) and column.size > 1 else column
