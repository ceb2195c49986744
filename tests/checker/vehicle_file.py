"""The declared figures of airframes and ground vehicles, read from their data files as plain data."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.checker.physics import RHO, Roller, Rotorcraft, ideal_hover_w

Table = dict[str, Any]
_DATA = Path(__file__).resolve().parents[2] / "fleet" / "energy" / "data"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a sortie's energy is computed from."""

    model: Rotorcraft | Roller
    pack_wh: float
    charging: Table


def read_vehicle(kind: str, name: str) -> Vehicle:
    """The figures behind an ``energy_model`` of the fleet file."""
    folder, build = ("airframes", _rotorcraft) if kind == "drone" else ("ground", _roller)
    table = tomllib.loads((_DATA / folder / f"{name}.toml").read_text(encoding="utf-8"))
    return Vehicle(build(table), table["pack_wh"], table.get("charging", {}))


def _rotorcraft(table: Table) -> Rotorcraft:
    """Rotors and drag as declared; what one hover measurement (empty) leaves over is always on."""
    rotors, hover = table["rotors"], table["regimes"]["landing"]
    empty, disk, efficiency = table["empty_mass_kg"], rotors["disc_m2"], rotors["efficiency"]
    measured_w = hover["b1"] * empty**1.5 / math.sqrt(RHO) + hover["b0"]
    base_w = measured_w - ideal_hover_w(empty, disk) / efficiency
    return Rotorcraft(empty, disk, rotors["drag_area_m2"], efficiency, max(0.0, base_w))


def _roller(table: Table) -> Roller:
    return Roller(
        empty_kg=table["empty_mass_kg"],
        rolling=table["rolling_resistance"],
        drag_area_m2=table["drag_area_m2"],
        auxiliary_w=table["auxiliary_w"],
        drivetrain=table["drivetrain_efficiency"],
        battery=table["battery_efficiency"],
        **table.get("per_km", {}),
    )
