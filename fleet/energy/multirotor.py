"""Energy of one multirotor flight, phase by phase, with the wind of each leg."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np

from fleet.energy.air import CALM, SEA_LEVEL_DENSITY_KG_M3, Wind
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import InvalidInput, require_finite, require_not_negative, require_within
from fleet.energy.legs import LEAST_KG_M3, MOST_KG_M3, Legs, codes, require_speed, speeds, worked
from fleet.energy.regimes import Regime


@dataclass(frozen=True)
class Climb:
    """Straight up by so many metres; ``from_ground`` is a take-off, otherwise it begins in the air."""

    height_m: float
    from_ground: bool = True


@dataclass(frozen=True)
class Cruise:
    """One leg at constant height. ``track_deg`` is where it goes over ground, clockwise from true north."""

    distance_m: float
    track_deg: float
    wind: Wind = CALM
    airspeed_mps: float | None = None
    """The airframe's cruise speed where none is given; over ground where the autopilot holds that."""
    holds_ground: bool | None = None
    """Whether the autopilot holds the speed over ground; as the airframe says where it is none."""


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
    """Energy in Wh of take-off (which all climbs count as), cruise, hover, descent and landing; their sum is
    ``energy_wh``."""
    by_phase_wh: tuple[float, ...] = ()
    """Energy of each phase in the order flown, for what remains while under way."""
    by_phase_s: tuple[float, ...] = ()
    """Time of each phase in the order flown."""


def flight_energy(
    airframe: Airframe, phases: Iterable[Phase], *, density_kg_m3: float = SEA_LEVEL_DENSITY_KG_M3
) -> EnergyEstimate | Unflyable:
    """Energy and time of a flight, or why its wind forbids it.

    Each phase is a leg of `leg_table`. Raises `InvalidInput` for a payload that the airframe can't lift, an airspeed
    outside its range, or a bad number.
    """
    rows = [_row(airframe, phase) for phase in phases]
    if not rows:
        raise InvalidInput("phases", rows, "at least one phase")
    require_within(LEAST_KG_M3, MOST_KG_M3, density_kg_m3=density_kg_m3)
    table = worked(airframe, _legs(rows, density_kg_m3))
    seconds = table.duration_s.tolist()
    if math.inf in seconds:
        return _refusal(airframe, rows, seconds.index(math.inf))
    return _sum([row.regime for row in rows], table.energy_wh.tolist(), seconds)


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
    up_again = Climb(height_m - drop_height_m, from_ground=False)
    empty: tuple[Movement, ...] = (up_again, *back, Descent(height_m))
    return (*(Phase(movement, payload_kg) for movement in loaded), *(Phase(movement) for movement in empty))


def mass_kg(airframe: Airframe, payload_kg: Floats) -> FloatArray:
    """Flying mass. Raises `InvalidInput` for a payload below zero or above what the airframe carries."""
    require_within(0, airframe.max_payload_kg, payload_kg=payload_kg)
    mass: FloatArray = airframe.empty_mass_kg + np.asarray(payload_kg, dtype=np.float64)
    return mass


class _Row(NamedTuple):
    """A phase as a leg; see `Legs`."""

    regime: Regime
    amount: float
    mass_kg: float
    speed_mps: float
    track_deg: float = 0.0
    wind_mps: float = 0.0
    wind_from_deg: float = 0.0
    holds_ground: bool = False
    weakest_mps: float = 0.0
    turns_deg: float = 0.0
    stray_mps: float = 0.0


def _row(airframe: Airframe, phase: Phase) -> _Row:
    require_within(0, airframe.max_payload_kg, payload_kg=phase.payload_kg)
    mass_kg, movement = airframe.empty_mass_kg + phase.payload_kg, phase.movement
    if isinstance(movement, Cruise):
        return _cruise(airframe, movement, mass_kg)
    if isinstance(movement, Climb):
        require_not_negative(climb_height_m=movement.height_m)
        regime, amount = Regime.TAKEOFF if movement.from_ground else Regime.CLIMB, movement.height_m
    elif isinstance(movement, Descent):
        require_not_negative(descent_height_m=movement.height_m)
        regime, amount = Regime.LANDING if movement.to_ground else Regime.DESCENT, movement.height_m
    else:
        require_not_negative(hover_s=movement.duration_s)
        regime, amount = Regime.HOVER, movement.duration_s
    return _Row(regime, amount, mass_kg, airframe.cruise_mps)


def _cruise(airframe: Airframe, leg: Cruise, mass_kg: float) -> _Row:
    require_not_negative(distance_m=leg.distance_m)
    require_finite(track_deg=leg.track_deg)
    speed_mps = airframe.cruise_mps if leg.airspeed_mps is None else leg.airspeed_mps
    holds_ground = airframe.holds_ground if leg.holds_ground is None else leg.holds_ground
    require_speed(airframe, speed_mps, holds_ground)
    way = leg.distance_m, mass_kg, speed_mps, leg.track_deg
    wind = leg.wind
    spread = wind.least_mps, wind.turns_deg, wind.stray_mps
    return _Row(Regime.CRUISE, *way, wind.speed_mps, wind.from_deg, holds_ground, *spread)


def _legs(rows: Sequence[_Row], density_kg_m3: float) -> Legs:
    regimes, *numbers, held, weakest, turns, strays = zip(*rows, strict=True)
    amounts, masses, flown, tracks, winds, from_degs = np.array(numbers, dtype=np.float64)
    over_ground = np.array(held) if any(held) else False
    wind = flown, tracks, winds, from_degs, over_ground
    legs = Legs(codes(regimes), amounts, masses, density_kg_m3, *wind)
    if not any(turns) and not any(strays) and numbers[-2] == weakest:
        return legs  # each has one wind
    return legs._replace(
        **dict(zip(SPREAD, np.array((weakest, turns, strays), dtype=np.float64), strict=True))
    )


SPREAD = "weakest_mps", "turns_deg", "stray_mps"
"""Columns of a set of winds."""


def _refusal(airframe: Airframe, rows: Sequence[_Row], index: int) -> Unflyable:
    """The first cruise that the wind forbids: it is as fast as the airspeed held, or asks for too much airspeed."""
    row = rows[index]
    if not row.holds_ground:
        return Unflyable("wind_at_airspeed", row.speed_mps, row.wind_mps, "m/s", index)
    air_mps = speeds(airframe, Legs(density_kg_m3=SEA_LEVEL_DENSITY_KG_M3, **row._asdict())).most_air_mps
    return Unflyable("airspeed_too_high", airframe.max_airspeed_mps, float(air_mps), "m/s", index)


def _sum(regimes: Sequence[Regime], energies_wh: Sequence[float], seconds: Sequence[float]) -> EnergyEstimate:
    if min(energies_wh) < 0:
        raise InvalidInput("regimes", min(energies_wh), "power that is taken from the battery in every phase")
    by_regime: dict[str, float] = {}
    for regime, wh in zip(regimes, energies_wh, strict=True):
        name = (Regime.TAKEOFF if regime is Regime.CLIMB else regime).value
        by_regime[name] = by_regime.get(name, 0.0) + wh
    return EnergyEstimate(
        energy_wh=sum(by_regime.values()),
        duration_s=sum(seconds),
        by_regime=MappingProxyType(by_regime),
        by_phase_wh=tuple(energies_wh),
        by_phase_s=tuple(seconds),
    )
