"""The vehicle data behind a sortie's type: airframe or ground robot, by the way its kind moves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache

from fleet.domain.fleet import RouteType, SortieType
from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.battery import LITHIUM_DEFAULT, Battery
from fleet.energy.catalog import airframe, electric_van, ground_robot
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh, unsure
from fleet.energy.learning import ASSUMED_APART
from fleet.energy.van import ElectricVan
from fleet.kinds import kind_of

Vehicle = Airframe | GroundRobot
"""What makes sorties; a van is no such vehicle."""


def vehicle_of(asset_type: SortieType) -> Vehicle:
    """What is known of the type's vehicle, at the type's cruise speed. Raises ``EnergyError`` for an
    unknown name, or data that can't be used.
    """
    profile = kind_of(asset_type.kind).profile
    # A flight's speed may be its own, and no airframe's figures depend on it.
    cruise_mps = None if profile == "air" else asset_type.cruise_mps
    return _vehicle(profile, asset_type.energy_model, cruise_mps, asset_type.energy_data)


def van_of(kind: RouteType) -> ElectricVan:
    """What is known of a type of electric van. Raises ``EnergyError`` as ``vehicle_of``."""
    return _van(kind.energy_model, kind.energy_data)


@lru_cache(maxsize=64)
def _van(name: str, data: str | None) -> ElectricVan:
    return electric_van(name) if data is None else parse_figures(ElectricVan, data, name)


def battery_of(asset_type: SortieType, state_of_health: float) -> Battery:
    """The type's pack: as worn as its type or this asset is said to be, whichever is worse."""
    health = min(asset_type.state_of_health, state_of_health)
    vehicle = vehicle_of(asset_type)
    curve = vehicle.battery.curve(f"{vehicle.name}: {vehicle.sources.get('battery', '')}")
    return Battery(vehicle.pack_wh, health, asset_type.floor_fraction, curve)


def figures_of(asset_type: SortieType) -> str:
    """A name for the figures that predict the type's energy: what was learned against others does not hold."""
    vehicle = vehicle_of(asset_type)
    text = vehicle.model_dump_json(exclude={"name", "sources"}, exclude_defaults=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def calibration_assumption(vehicle: Vehicle | ElectricVan) -> frozenset[str]:
    """Named when the model was never held against measured trips (the margin is wide then), or its error was only
    declared."""
    residual = vehicle.residual
    if residual is None:
        return frozenset({f"energy of {vehicle.name}: not calibrated, wide margin"})
    said = {
        "declared, not measured": residual.declared,
        "its flights had no plans, so what times err is assumed": residual.plan_assumed,
    }
    return frozenset(f"energy of {vehicle.name}: {what}" for what, is_so in said.items() if is_so)


def spread_assumption(vehicle: Vehicle) -> frozenset[str]:
    """Named where nobody has said how far assets of the type lie apart."""
    if vehicle.residual is None or vehicle.residual.between_log_sd is not None:
        return frozenset()
    return frozenset({f"energy of {vehicle.name}: its assets are taken to lie {ASSUMED_APART:.0%} apart"})


def cold_assumption(vehicle: Vehicle | ElectricVan) -> frozenset[str]:
    """Named where nobody has said what its pack gives in the cold."""
    if vehicle.battery.temperature:
        return frozenset()
    named = ", ".join(f"{share:.0%} at {celsius:g} °C" for celsius, share in LITHIUM_DEFAULT.points[:5])
    return frozenset(
        {f"battery of {vehicle.name}: in the cold it gives {named}, as packs of its sort usually do"}
    )


def unsure_of(vehicle: Vehicle) -> float:
    """What is not known of a robot's own figures, as a deviation of the energy's logarithm, on a kilometre with what is
    assumed of each; 0 for an airframe, of which it is in the residual."""
    if isinstance(vehicle, Airframe):
        return 0.0
    told = vehicle.per_km
    part = Drive(0.0, uphill_m=told.climb_m, stops=told.stops, waiting_s=told.waiting_s)
    whole = replace(part, distance_m=1000.0)
    return unsure(vehicle, (whole,), (part,)).log_sd(float(drive_energy_wh(vehicle, whole)))


@lru_cache(maxsize=64)
def _vehicle(profile: str, name: str, cruise_mps: float | None, data: str | None) -> Vehicle:
    if profile == "air":
        return airframe(name) if data is None else parse_figures(Airframe, data, name)
    robot = ground_robot(name) if data is None else parse_figures(GroundRobot, data, name)
    return robot.model_copy(update={"cruise_mps": cruise_mps})
