"""The fleet of the day that the tests break: one type of each kind."""

from __future__ import annotations

from datetime import time
from typing import Any

from tests.checker.fleet import Cap, Carriage, FleetFacts, Rates, RouteFacts, SortieFacts, Stand, StationFacts
from tests.checker.physics import Roller, Rotorcraft
from tests.checker.zones import Ground

Json = dict[str, Any]

CRUISE_MPS = 15.0
DRONE = Rotorcraft(empty_kg=8.0, disk_area_m2=0.8, drag_area_m2=0.08, efficiency=0.6)
ROBOT = Roller(
    empty_kg=30.0, rolling=0.015, drag_area_m2=0.12, auxiliary_w=60.0, drivetrain=0.95, battery=0.95
)
VAN_RATES = Rates(per_trip=40.0, per_hour=24.0, per_km=0.3)
ALL_GOODS = frozenset({"standard", "fragile", "chilled", "lithium", "dangerous"})
TAME_GOODS = frozenset({"standard", "fragile", "chilled"})


def _carriage(kind: str, **changes: Any) -> Carriage:
    plain: Json = {
        "max_parcel_kg": 3.0,
        "hold_m": (0.2, 0.3, 0.4),
        "goods": TAME_GOODS,
        "services": frozenset({"standard"}),
        "age_check": False,
        "collects": False,
        "chilled_minutes": 30.0,
        "crew": 0,
    }
    return Carriage(kind=kind, **{**plain, **changes})


def fleet() -> FleetFacts:
    """One type of each kind."""
    caps = (
        Cap("wind_mps", 9.0, True),
        Cap("precipitation_mm_h", 0.5, True),
        Cap("visibility_m", 2000.0, False),
    )
    drone = SortieFacts(
        "kite",
        "drone",
        _carriage("drone"),
        Rates(per_trip=2.0),
        caps,
        0.0,
        DRONE,
        450.0,
        CRUISE_MPS,
        120.0,
        600.0,
        5000.0,
    )
    robot_carriage = _carriage("sidewalk_robot", max_parcel_kg=10.0, hold_m=(0.4, 0.4, 0.5))
    robot = SortieFacts(
        "rover",
        "sidewalk_robot",
        robot_carriage,
        Rates(per_trip=1.0),
        caps,
        None,
        ROBOT,
        500.0,
        1.6,
        120.0,
        300.0,
        3000.0,
    )
    services = frozenset({"standard", "signature", "white_glove"})
    van_carriage = _carriage(
        "van",
        max_parcel_kg=60.0,
        hold_m=(1.2, 1.2, 2.5),
        goods=ALL_GOODS,
        services=services,
        age_check=True,
        collects=True,
        chilled_minutes=180.0,
        crew=2,
    )
    van = RouteFacts(
        "van", van_carriage, VAN_RATES, 100.0, 3.0, 60.0, 30.0, 900.0, time(7), time(19), 36000.0
    )
    sizes = {"small": (0.1, 0.35, 0.45), "medium": (0.2, 0.35, 0.45), "large": (0.4, 0.4, 0.5)}
    station = StationFacts(_carriage("locker", max_parcel_kg=20.0, hold_m=(0.4, 0.4, 0.5)), sizes, 12.0)
    everywhere = [Stand("kite", "drone"), Stand("rover", "sidewalk_robot"), Stand("van", "van")]
    return FleetFacts(
        "EUR", None, Ground(0.0, 5.0), 4.0, 0.2, (drone, robot), (van,), station, tuple(everywhere)
    )
