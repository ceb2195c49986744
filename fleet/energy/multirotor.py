"""Energy of one multirotor flight, phase by phase, with the wind of each leg."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from fleet.energy.air import CALM, SEA_LEVEL_DENSITY_KG_M3, Wind, ground_speed
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import InvalidInput, require_finite, require_not_negative, require_within
from fleet.energy.momentum import ideal_power

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Climb:
    """Straight up by so many metres."""

    height_m: float


@dataclass(frozen=True)
class Cruise:
    """One leg at constant height. ``track_deg`` is where it goes over ground, clockwise from true north."""

    distance_m: float
    track_deg: float
    wind: Wind = CALM
    airspeed_mps: float | None = None
    """The airframe's cruise speed where none is given."""


@dataclass(frozen=True)
class Hover:
    """On the spot, as while a parcel is lowered."""

    duration_s: float


@dataclass(frozen=True)
class Descent:
    """Straight down by so many metres; ``to_ground`` is the landing, otherwise it stops in the air."""

    height_m: float
    to_ground: bool = True


@dataclass(frozen=True)
class Phase:
    """One movement with what is carried during it."""

    movement: Movement
    payload_kg: float = 0.0


Movement: TypeAlias = Climb | Cruise | Hover | Descent


@dataclass(frozen=True)
class Unflyable:
    """A flight that the airframe can't make in this wind, whatever the battery. A verdict, not an error.

    ``limit`` and ``actual`` are in ``unit``; ``phase`` is the index of the phase that fails.
    """

    code: str
    limit: float
    actual: float
    unit: str
    phase: int


@dataclass(frozen=True)
class EnergyEstimate:
    """Predicted energy at the battery (the model's median, without margin) and time of one flight."""

    energy_wh: float
    duration_s: float
    by_regime: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Energy in Wh of take-off, cruise, hover, descent and landing; their sum is ``energy_wh``."""
    by_phase_wh: tuple[float, ...] = ()
    """Energy of each phase in the order flown, for what remains while under way."""


@dataclass(frozen=True)
class _Cost:
    regime: str
    power_w: float
    duration_s: float

    @property
    def energy_wh(self) -> float:
        return self.power_w * self.duration_s / SECONDS_PER_HOUR


def flight_energy(
    airframe: Airframe, phases: Iterable[Phase], *, density_kg_m3: float = SEA_LEVEL_DENSITY_KG_M3
) -> EnergyEstimate | Unflyable:
    """Energy and time of a flight, or why its wind forbids it.

    Power is P = b1 m^1.5 / sqrt(rho) + b0 of the phase's regime; `cruise_power_w` says how airspeed enters.
    Raises
    `InvalidInput` for a payload that the airframe can't lift, an airspeed outside its range, or a bad number.
    """
    require_within(0.3, 1.5, density_kg_m3=density_kg_m3)
    costs = []
    for index, phase in enumerate(phases):
        total_mass_kg = mass_kg(airframe, phase.payload_kg)
        if (refusal := _wind_refusal(airframe, phase.movement, index)) is not None:
            return refusal
        costs.append(_COST[type(phase.movement)](airframe, phase.movement, total_mass_kg, density_kg_m3))
    return _sum(costs)


def sortie_phases(
    out: Iterable[Cruise],
    back: Iterable[Cruise],
    *,
    payload_kg: float,
    height_m: float,
    drop_s: float,
    drop_height_m: float = 0.0,
) -> tuple[Phase, ...]:
    """Out with the payload, down to the drop height, hover, up and back empty, land.

    The payload counts as aboard until the hover ends. Heights are above the launch site. Raises
    `InvalidInput` for a
    drop height above the cruise height.
    """
    require_not_negative(height_m=height_m, drop_s=drop_s)
    require_within(0, height_m, drop_height_m=drop_height_m)
    loaded: tuple[Movement, ...] = (
        Climb(height_m),
        *out,
        Descent(height_m - drop_height_m, to_ground=False),
        Hover(drop_s),
    )
    empty: tuple[Movement, ...] = (Climb(height_m - drop_height_m), *back, Descent(height_m))
    return (*(Phase(movement, payload_kg) for movement in loaded), *(Phase(movement) for movement in empty))


def mass_kg(airframe: Airframe, payload_kg: Floats) -> FloatArray:
    """Flying mass. Raises `InvalidInput` for a payload below zero or above what the airframe carries."""
    require_within(0, airframe.max_payload_kg, payload_kg=payload_kg)
    mass: FloatArray = airframe.empty_mass_kg + np.asarray(payload_kg, dtype=np.float64)
    return mass


def cruise_power_w(
    airframe: Airframe, mass_kg: Floats, airspeed_mps: float, density_kg_m3: float
) -> FloatArray:
    """Power in level flight at an airspeed.

    The regime's power holds at ``cruise_mps``. Away from it the difference of the ideal power T v_i + D v_a
    between
    both airspeeds (Glauert), divided by the rotors' efficiency, is added; the constant part cancels. Without
    rotor
    figures the power is the same over the whole range, as the fit of the airframe says. Raises
    `InvalidInput` for an
    airspeed outside the airframe's range.
    """
    require_within(airframe.min_airspeed_mps, airframe.max_airspeed_mps, airspeed_mps=airspeed_mps)
    power = airframe.regimes.cruise.power_w(mass_kg, density_kg_m3)
    rotors = airframe.rotors
    if rotors is None or airspeed_mps == airframe.cruise_mps:
        return power
    here, reference = (
        ideal_power(mass_kg, speed, density_kg_m3, rotors.disc_m2, rotors.drag_area_m2)
        for speed in (airspeed_mps, airframe.cruise_mps)
    )
    return power + (here - reference) / rotors.efficiency


def _wind_refusal(airframe: Airframe, movement: Movement, index: int) -> Unflyable | None:
    if not isinstance(movement, Cruise):
        return None
    airspeed_mps = _airspeed(airframe, movement)
    if movement.wind.speed_mps < airspeed_mps:
        return None
    return Unflyable("wind_at_airspeed", airspeed_mps, movement.wind.speed_mps, "m/s", index)


def _airspeed(airframe: Airframe, leg: Cruise) -> float:
    return airframe.cruise_mps if leg.airspeed_mps is None else leg.airspeed_mps


def _climb(airframe: Airframe, movement: Climb, mass: FloatArray, density: float) -> _Cost:
    require_not_negative(climb_height_m=movement.height_m)
    power_w = float(airframe.regimes.takeoff.power_w(mass, density))
    return _Cost("takeoff", power_w, movement.height_m / airframe.climb_mps)


def _cruise(airframe: Airframe, leg: Cruise, mass: FloatArray, density: float) -> _Cost:
    require_not_negative(distance_m=leg.distance_m)
    require_finite(track_deg=leg.track_deg)
    airspeed_mps = _airspeed(airframe, leg)
    power_w = float(cruise_power_w(airframe, mass, airspeed_mps, density))
    return _Cost(
        "cruise", power_w, leg.distance_m / float(ground_speed(airspeed_mps, leg.track_deg, leg.wind))
    )


def _hover(airframe: Airframe, movement: Hover, mass: FloatArray, density: float) -> _Cost:
    require_not_negative(hover_s=movement.duration_s)
    return _Cost("hover", float(airframe.regimes.takeoff.power_w(mass, density)), movement.duration_s)


def _descent(airframe: Airframe, movement: Descent, mass: FloatArray, density: float) -> _Cost:
    require_not_negative(descent_height_m=movement.height_m)
    power_w = float(airframe.regimes.landing.power_w(mass, density))
    regime = "landing" if movement.to_ground else "descent"
    return _Cost(regime, power_w, movement.height_m / airframe.descent_mps)


# The handler of a movement takes that movement; a table of them can't say so to the type checker.
_COST: Final[Mapping[type[Movement], Callable[..., _Cost]]] = MappingProxyType(
    {Climb: _climb, Cruise: _cruise, Hover: _hover, Descent: _descent}
)


def _sum(costs: list[_Cost]) -> EnergyEstimate:
    if not costs:
        raise InvalidInput("phases", costs, "at least one phase")
    by_regime: dict[str, float] = {}
    for cost in costs:
        by_regime[cost.regime] = by_regime.get(cost.regime, 0.0) + cost.energy_wh
    return EnergyEstimate(
        energy_wh=sum(by_regime.values()),
        duration_s=sum(cost.duration_s for cost in costs),
        by_regime=MappingProxyType(by_regime),
        by_phase_wh=tuple(cost.energy_wh for cost in costs),
    )
