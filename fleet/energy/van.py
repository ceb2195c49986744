"""Energy of an electric van: backward road load, from what the wheels must do to what the battery gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pydantic import model_validator

from fleet.energy.air import GRAVITY_MPS2, SEA_LEVEL_DENSITY_KG_M3
from fleet.energy.airframe import Residual
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.battery import NO_FIGURES, BatteryFigures
from fleet.energy.charging import DEFAULT_CHARGING, ChargeFigures
from fleet.energy.errors import (
    require_finite,
    require_increasing,
    require_not_negative,
    require_positive,
    require_within,
)
from fleet.energy.figures import (
    DragArea,
    Figures,
    Finite,
    Kilograms,
    NotNegative,
    Positive,
    Rolling,
    Share,
    WattHours,
    Watts,
)
from fleet.energy.ground import JOULES_PER_WH, PerKm


class ElectricVan(Figures):
    """An electric van type; ``sources`` says where each figure comes from."""

    name: str
    empty_mass_kg: Kilograms
    """With its driver."""
    max_payload_kg: Kilograms
    pack_wh: WattHours
    rolling_resistance: Rolling
    drag_area_m2: DragArea
    drivetrain_efficiency: Share
    regeneration: Share
    """Share of braking energy at the wheels that comes back into the battery."""
    auxiliary_w: Watts
    """Whatever the weather; heating and cooling are ``climate_by_c``."""
    climate_by_c: tuple[tuple[Finite, NotNegative], ...] = ()
    """What keeping the cabin and the pack warm or cool draws: pairs of °C and W, linear between them, as at the nearest
    beyond them."""
    driving_mps: Positive | None = None
    """How fast it drives between two stops in town, where a route's own times, which hold the traffic's stops, say
    less. None: as these say."""
    per_km: PerKm = PerKm()
    """What each kilometre of a route holds besides its own stops: traffic's stops and climbs that are driven down
    again."""
    residual: Residual | None = None
    charging: ChargeFigures = DEFAULT_CHARGING
    battery: BatteryFigures = NO_FIGURES
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its figures were held against measured trips."""
        return self.residual is not None

    def standing_w(self, temperature_c: float) -> float:
        """What it draws where it stands with its driver at work, at an outside temperature."""
        return self.auxiliary_w + self.climate_w(temperature_c)

    def climate_w(self, temperature_c: float) -> float:
        """What heating and cooling draw at an outside temperature."""
        require_finite(temperature_c=temperature_c)
        if not self.climate_by_c:
            return 0.0
        at, watts = zip(*self.climate_by_c, strict=True)
        return float(np.interp(temperature_c, at, watts))

    def worst_standing_w(self, coldest_c: float, warmest_c: float) -> float:
        """The most of that between two temperatures: linear between its points, it is at one of these or at an end."""
        between = (at for at, _ in self.climate_by_c if coldest_c < at < warmest_c)
        return max(self.standing_w(one) for one in (coldest_c, warmest_c, *between))

    @model_validator(mode="after")
    def _temperatures_in_order(self) -> ElectricVan:
        require_increasing("climate_by_c", (at for at, _ in self.climate_by_c))
        return self


@dataclass(frozen=True)
class RoadLeg:
    """A stretch of road of one grade and one speed. Numbers or arrays that broadcast.

    ``rise_m`` is below zero downhill, ``stops`` how often it brakes to standing and starts again,
    ``standing_s`` the
    time standing with auxiliaries on. Raises `InvalidInput` on a bad number.
    """

    distance_m: Floats
    speed_mps: Floats
    rise_m: Floats = 0.0
    stops: Floats = 0.0
    standing_s: Floats = 0.0

    def __post_init__(self) -> None:
        require_not_negative(distance_m=self.distance_m, stops=self.stops, standing_s=self.standing_s)
        require_positive(speed_mps=self.speed_mps)
        require_finite(rise_m=self.rise_m)


def road_energy_wh(van: ElectricVan, leg: RoadLeg, payload_kg: Floats) -> FloatArray:
    """Energy at the battery for each leg, without margin; below zero on a long descent, where it charges.

    The wheels' work for rolling, air and grade is drawn through the drivetrain where positive and
    regenerated where
    negative; each stop costs its kinetic energy through the drivetrain and gives a share back. Raises
    `InvalidInput`
    for more payload than the van takes.
    """
    require_within(0, van.max_payload_kg, payload_kg=payload_kg)
    mass_kg = van.empty_mass_kg + np.asarray(payload_kg)
    steady = _steady_joules(van, leg, mass_kg)
    kinetic = np.asarray(leg.stops) * 0.5 * mass_kg * np.asarray(leg.speed_mps) ** 2
    drawn = (np.maximum(steady, 0.0) + kinetic) / van.drivetrain_efficiency
    returned = (np.maximum(-steady, 0.0) + kinetic) * van.regeneration
    seconds = np.asarray(leg.distance_m) / np.asarray(leg.speed_mps) + np.asarray(leg.standing_s)
    energy: FloatArray = (drawn - returned + van.auxiliary_w * seconds) / JOULES_PER_WH
    return energy


class RouteLegs(NamedTuple):
    """The ways of a route from its depot and back to it, a value for each: metres, seconds with the traffic's stops,
    and the payload that rides on each."""

    metres: FloatArray
    seconds: FloatArray
    payload_kg: FloatArray


def route_energy_wh(van: ElectricVan, legs: RouteLegs, standing_s: float, standing_w: float) -> float:
    """Energy at the battery of a route: a sum over its ways, so that each may be worked out once.

    Each way ends in a stop, and holds those of the traffic; ``standing_s`` is what the route lasts besides its ways,
    with ``standing_w`` drawn all the time, on the ways too. Raises `InvalidInput` for more payload than the van takes,
    or a bad number.
    """
    require_not_negative(standing_s=standing_s)
    return ways_wh(van, legs) + lasting_wh(standing_w, float(np.sum(legs.seconds)) + standing_s)


def ways_wh(van: ElectricVan, legs: RouteLegs) -> float:
    """What the ways of a route take together; the other part of `route_energy_wh`, which raises the same, is
    `lasting_wh`."""
    require_not_negative(metres=legs.metres, seconds=legs.seconds)
    return float(np.sum(driven_wh(van, *legs)))


def lasting_wh(standing_w: float, lasts_s: float) -> float:
    """What a van draws besides in all the time that its route lasts. Raises `InvalidInput` on a bad number."""
    require_not_negative(standing_w=standing_w, lasts_s=lasts_s)
    return standing_w * lasts_s / JOULES_PER_WH


def driven_wh(van: ElectricVan, metres: FloatArray, seconds: FloatArray, payload_kg: Floats) -> FloatArray:
    """What each way takes at the battery, without what the van draws standing too; linear in the payload, since a
    route's way is neither driven up nor down as a whole. Raises as `route_energy_wh`."""
    km = metres / 1000
    with np.errstate(invalid="ignore", divide="ignore"):
        paced = np.where(seconds > 0, metres / np.where(seconds > 0, seconds, 1.0), 0.0)
    speed = np.maximum(paced, LEAST_MPS if van.driving_mps is None else van.driving_mps)
    road = RoadLeg(metres, speed, stops=np.where(metres > 0, 1.0, 0.0) + van.per_km.stops * km)
    bare = van.model_copy(update={"auxiliary_w": 0.0})
    climbs_j = (van.empty_mass_kg + payload_kg) * GRAVITY_MPS2 * van.per_km.climb_m * km
    # What is climbed on the way is driven down again on it: as with stops, a share comes back.
    hills_wh = climbs_j * (1 / van.drivetrain_efficiency - van.regeneration) / JOULES_PER_WH
    driven: FloatArray = road_energy_wh(bare, road, payload_kg) + hills_wh
    return driven


LEAST_MPS = 1.0
"""Nobody drives slower from stop to stop; a way of no length has no speed of its own."""


def least_wh_per_m(van: ElectricVan) -> float:
    """No metre of any route takes less: of the empty van at its slowest, without stops and with nothing else on."""
    speed = LEAST_MPS if van.driving_mps is None else van.driving_mps
    bare = van.model_copy(update={"auxiliary_w": 0.0})
    return float(road_energy_wh(bare, RoadLeg(1000.0, speed), 0.0)) / 1000


def _steady_joules(van: ElectricVan, leg: RoadLeg, mass_kg: FloatArray) -> FloatArray:
    distance_m = np.asarray(leg.distance_m)
    weight_n = mass_kg * GRAVITY_MPS2
    rolling = van.rolling_resistance * weight_n * distance_m
    air = 0.5 * SEA_LEVEL_DENSITY_KG_M3 * van.drag_area_m2 * np.asarray(leg.speed_mps) ** 2 * distance_m
    joules: FloatArray = rolling + air + weight_n * np.asarray(leg.rise_m)
    return joules
