"""Out-and-back flights by the hundred thousand, for planners: the same physics as `flight_energy`, on
arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.energy.air import CALM, SEA_LEVEL_DENSITY_KG_M3, Wind, ground_speed
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import require_finite, require_not_negative, require_within
from fleet.energy.multirotor import SECONDS_PER_HOUR, cruise_power_w, mass_kg


@dataclass(frozen=True)
class SortiePlan:
    """What all flights of a table have in common. Heights in metres above the launch site.

    ``airspeed_mps`` none means the airframe's cruise speed. Raises `InvalidInput` on bad numbers.
    """

    height_m: float = 60.0
    drop_height_m: float = 0.0
    drop_s: float = 30.0
    wind: Wind = CALM
    density_kg_m3: float = SEA_LEVEL_DENSITY_KG_M3
    airspeed_mps: float | None = None

    def __post_init__(self) -> None:
        require_not_negative(height_m=self.height_m, drop_s=self.drop_s)
        require_within(0, self.height_m, drop_height_m=self.drop_height_m)
        require_within(0.3, 1.5, density_kg_m3=self.density_kg_m3)


@dataclass(frozen=True)
class SortieTable:
    """Energy and time of each flight; infinite where the wind makes it unflyable, so that no comparison
    passes it."""

    energy_wh: FloatArray
    duration_s: FloatArray


def sortie_table(
    airframe: Airframe,
    out_m: Floats,
    bearing_deg: Floats,
    payload_kg: Floats,
    plan: SortiePlan,
    back_m: Floats | None = None,
) -> SortieTable:
    """Energy and time of flights to ``out_m`` away on ``bearing_deg`` and straight back, payload out, none
    back.

    The arguments broadcast. ``back_m`` is the way back where it differs in length. Raises `InvalidInput` on
    a bad
    number, a payload that can't be lifted or an airspeed outside the airframe's range.
    """
    home_m = out_m if back_m is None else back_m
    require_not_negative(out_m=out_m, back_m=home_m)
    require_finite(bearing_deg=bearing_deg)
    loaded_kg = mass_kg(airframe, payload_kg)
    bearing = np.asarray(bearing_deg, dtype=np.float64)
    out_s = _leg_s(airframe, out_m, bearing, plan)
    back_s = _leg_s(airframe, home_m, bearing + 180.0, plan)
    energy_wh = _cruise_wh(airframe, loaded_kg, out_s, plan)
    energy_wh = energy_wh + _cruise_wh(airframe, np.asarray(airframe.empty_mass_kg), back_s, plan)
    return SortieTable(
        energy_wh + _vertical_wh(airframe, loaded_kg, plan), out_s + back_s + vertical_s(airframe, plan)
    )


def sortie_energy_wh(
    airframe: Airframe, out_m: Floats, bearing_deg: Floats, payload_kg: Floats, plan: SortiePlan
) -> FloatArray:
    """The energies of `sortie_table` alone."""
    return sortie_table(airframe, out_m, bearing_deg, payload_kg, plan).energy_wh


def vertical_s(airframe: Airframe, plan: SortiePlan) -> float:
    """Time of climbing, lowering, dropping and landing: what a sortie takes at no distance."""
    up_m = plan.height_m + (plan.height_m - plan.drop_height_m)
    return up_m / airframe.climb_mps + up_m / airframe.descent_mps + plan.drop_s


def largest_radius_m(
    airframe: Airframe, budget_wh: float, bearing_deg: Floats, payload_kg: Floats, plan: SortiePlan
) -> FloatArray:
    """How far a sortie may go on ``budget_wh``, zero where it can't even go up and down or the wind forbids
    it.

    Exact, not searched: in one wind the energy grows linearly with distance.
    """
    require_not_negative(budget_wh=budget_wh)
    base = sortie_energy_wh(airframe, 0.0, bearing_deg, payload_kg, plan)
    kilometre = sortie_energy_wh(airframe, 1000.0, bearing_deg, payload_kg, plan)
    # Infinite minus infinite is NaN: an unflyable wind, for which the radius is zero.
    with np.errstate(invalid="ignore"):
        radius_m = np.maximum((budget_wh - base) / (kilometre - base) * 1000.0, 0.0)
    radius: FloatArray = np.where(np.isfinite(radius_m), radius_m, 0.0)
    return radius


def _airspeed(airframe: Airframe, plan: SortiePlan) -> float:
    return airframe.cruise_mps if plan.airspeed_mps is None else plan.airspeed_mps


def _leg_s(airframe: Airframe, distance_m: Floats, track_deg: FloatArray, plan: SortiePlan) -> FloatArray:
    speed = ground_speed(_airspeed(airframe, plan), track_deg, plan.wind)
    seconds: FloatArray = np.where(np.isnan(speed), np.inf, np.asarray(distance_m) / speed)
    return seconds


def _cruise_wh(airframe: Airframe, mass: FloatArray, duration_s: FloatArray, plan: SortiePlan) -> FloatArray:
    power = cruise_power_w(airframe, mass, _airspeed(airframe, plan), plan.density_kg_m3)
    return power * duration_s / SECONDS_PER_HOUR


def _vertical_wh(airframe: Airframe, loaded_kg: FloatArray, plan: SortiePlan) -> FloatArray:
    takeoff, landing = airframe.regimes.takeoff, airframe.regimes.landing
    lowering_m = plan.height_m - plan.drop_height_m
    empty_kg, density = airframe.empty_mass_kg, plan.density_kg_m3
    up_loaded_s = plan.height_m / airframe.climb_mps + plan.drop_s
    joules: FloatArray = takeoff.power_w(loaded_kg, density) * up_loaded_s
    joules = joules + landing.power_w(loaded_kg, density) * lowering_m / airframe.descent_mps
    joules = joules + takeoff.power_w(empty_kg, density) * lowering_m / airframe.climb_mps
    joules = joules + landing.power_w(empty_kg, density) * plan.height_m / airframe.descent_mps
    return joules / SECONDS_PER_HOUR
