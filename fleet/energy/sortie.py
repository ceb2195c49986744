"""Out-and-back flights by the hundred thousand, for planners: the same physics as `flight_energy`, on
arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from fleet.energy.air import CALM, SEA_LEVEL_DENSITY_KG_M3, Wind
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import require_finite, require_not_negative, require_within
from fleet.energy.legs import Legs, require_speed, worked
from fleet.energy.multirotor import mass_kg
from fleet.energy.regimes import Regime


@dataclass(frozen=True)
class SortiePlan:
    """What all flights of a table have in common. Heights in metres above the launch site.

    ``airspeed_mps`` none means the airframe's cruise speed; it is over ground where the airframe's autopilot holds
    that. Raises `InvalidInput` on bad numbers.
    """

    height_m: float = 60.0
    drop_height_m: float = 0.0
    drop_s: float = 30.0
    wind: Wind = CALM
    density_kg_m3: float = SEA_LEVEL_DENSITY_KG_M3
    airspeed_mps: Floats | None = None

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
    loaded_kg, empty_kg = mass_kg(airframe, payload_kg), np.asarray(airframe.empty_mass_kg)
    speed_mps, holds_ground = _speed(airframe, plan)
    require_speed(airframe, speed_mps, holds_ground)
    wind: tuple[Any, ...] = speed_mps, bearing_deg, plan.wind.speed_mps, plan.wind.from_deg, holds_ground
    if not plan.wind.is_one:
        wind += plan.wind.least_mps, plan.wind.turns_deg, plan.wind.stray_mps
    home = speed_mps, np.asarray(bearing_deg) + 180.0, *wind[2:]
    lowering_m, density = plan.height_m - plan.drop_height_m, plan.density_kg_m3
    parts = [
        worked(airframe, Legs(regime, amount, carried_kg, density, *way))
        for regime, amount, carried_kg, way in (
            (Regime.TAKEOFF, plan.height_m, loaded_kg, ()),
            (Regime.CRUISE, np.asarray(out_m, dtype=np.float64), loaded_kg, wind),
            (Regime.DESCENT, lowering_m, loaded_kg, ()),
            (Regime.HOVER, plan.drop_s, loaded_kg, ()),
            (Regime.CLIMB, lowering_m, empty_kg, ()),
            (Regime.CRUISE, np.asarray(home_m, dtype=np.float64), empty_kg, home),
            (Regime.LANDING, plan.height_m, empty_kg, ()),
        )
    ]
    energies, seconds = zip(*parts, strict=True)
    return SortieTable(reduce(np.add, energies), reduce(np.add, seconds))


def sortie_energy_wh(
    airframe: Airframe, out_m: Floats, bearing_deg: Floats, payload_kg: Floats, plan: SortiePlan
) -> FloatArray:
    """The energies of `sortie_table` alone."""
    return sortie_table(airframe, out_m, bearing_deg, payload_kg, plan).energy_wh


def largest_radius_m(
    airframe: Airframe, budget_wh: float, bearing_deg: Floats, payload_kg: Floats, plan: SortiePlan
) -> FloatArray:
    """How far a sortie may go on ``budget_wh``, zero where it can't even go up and down or the wind forbids
    it.

    Exact, not searched: see `farthest_m`.
    """
    require_not_negative(budget_wh=budget_wh)

    def energy_wh(distance_m: Floats) -> FloatArray:
        return sortie_energy_wh(airframe, distance_m, bearing_deg, payload_kg, plan)

    return farthest_m(airframe, energy_wh, budget_wh)


def farthest_m(airframe: Airframe, energy_wh: Callable[[Floats], FloatArray], budget_wh: float) -> FloatArray:
    """How far ways out and back may lead, whose energy by their length is told, on a budget; zero where none may.

    In one wind energy grows linearly with distance. Where the airframe has two readings of a leg's time it is the
    greater of two such lines on each way: convex, with two bends at most, so that three of Newton's steps from beyond
    the bends come to the end.
    """
    unsure = airframe.timing.corner_or is not None
    near_m, step_m = (BEYOND_BENDS_M, BEYOND_BENDS_M) if unsure else (0.0, 1000.0)
    near_wh, far_wh = energy_wh(near_m), energy_wh(near_m + step_m)
    # Infinite minus infinite is NaN: an unflyable wind, for which the radius is zero.
    with np.errstate(invalid="ignore"):
        radius_m = np.maximum(near_m + (budget_wh - near_wh) / (far_wh - near_wh) * step_m, 0.0)
        if unsure:
            radius_m = _or_none(np.minimum(radius_m, FARTHEST_M))
        for _ in range(3 if unsure else 0):
            here_wh = energy_wh(radius_m)
            steep_wh_m = energy_wh(radius_m + 1.0) - here_wh
            radius_m = _or_none(np.clip(radius_m - (here_wh - budget_wh) / steep_wh_m, 0.0, FARTHEST_M))
    return _or_none(radius_m)


def _or_none(radius_m: FloatArray) -> FloatArray:
    """The radii, with zero for those that are no number: no energy is asked for such a way."""
    radius: FloatArray = np.where(np.isfinite(radius_m), radius_m, 0.0)
    return radius


FARTHEST_M = 900_000.0
"""No way is looked at that is longer."""
BEYOND_BENDS_M = 100_000.0
"""No flight was planned so long a leg that a second reading of its time begins beyond."""


def _speed(airframe: Airframe, plan: SortiePlan) -> tuple[Floats, bool]:
    return airframe.cruise_mps if plan.airspeed_mps is None else plan.airspeed_mps, airframe.holds_ground
