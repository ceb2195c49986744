"""The checker's energy models against figures from elsewhere."""

import math
from datetime import time

import pytest

from tests.checker.fleet_file import read_fleet
from tests.checker.inputs import Site
from tests.checker.physics import RHO, Roller, Rotorcraft, ideal_hover_w
from tests.checker.vehicle_file import read_vehicle

M100_DISK_M2 = 4 * math.pi * 0.1725**2
M100_KG = 3.715


def test_hover_efficiency_of_a_measured_quadrotor() -> None:
    """Published: ideal over measured hover power of the Matrice 100 was 0.52 (its 345 mm propellers)."""
    measured = 71.5 * M100_KG**1.5 / math.sqrt(RHO) - 24.3
    assert ideal_hover_w(M100_KG, M100_DISK_M2) / measured == pytest.approx(0.52, abs=0.03)


def test_power_rises_with_payload_climb_and_high_speed() -> None:
    """Induced power falls with airspeed at first, drag takes over later; load and climb cost."""
    frame = Rotorcraft(9.0, 0.8107, 0.18, 0.46, 50.0)
    hover = frame.power_w(0.0, 0.0)
    assert frame.power_w(0.0, 6.0) < hover < frame.power_w(0.0, 20.0)
    assert frame.power_w(2.5, 0.0) > hover
    assert frame.power_w(0.0, 0.0, climb_mps=4.0) > hover == frame.power_w(0.0, 0.0, climb_mps=-2.0)


def test_the_default_drone_as_its_file_derives_it() -> None:
    """The airframe file states 1329 W for an empty hover and 1557 W for an empty cruise at 16 m/s."""
    frame = read_vehicle("drone", "courier-x4").model
    assert isinstance(frame, Rotorcraft)
    assert frame.power_w(0.0, 0.0) == pytest.approx(1329, rel=0.01)
    assert frame.power_w(0.0, 16.0) == pytest.approx(1557, rel=0.1)


def test_a_robot_spends_most_on_its_auxiliaries() -> None:
    """1 km at 1.6 m/s: 35 kg * g * 0.015 * 1 km / 0.95^2 is 1.6 Wh, 60 W over 625 s / 0.95 is 11 Wh."""
    robot = Roller(35.0, 0.015, 0.0, 60.0, 0.95, 0.95)
    assert robot.leg_wh(0.0, 1000.0, 625.0) == pytest.approx(1.58 + 10.96, abs=0.02)


def test_a_robot_s_streets_cost_what_they_hold() -> None:
    """2 km of 3 m of climb, 6 stops and 30 s of waiting each: 35 kg * g * 6 m, 12 * 35 kg * 1.6^2 / 2, 60 s of 60 W."""
    plain = Roller(35.0, 0.015, 0.0, 60.0, 0.95, 0.95)
    streets = Roller(35.0, 0.015, 0.0, 60.0, 0.95, 0.95, climb_m=3, stops=6, waiting_s=30)
    more = streets.leg_wh(0.0, 2000.0, 1250.0) - plain.leg_wh(0.0, 2000.0, 1250.0)
    assert more == pytest.approx((2059.4 + 537.6) / 0.9025 / 3600 + 60 * 60 / 0.95 / 3600, rel=1e-3)


def test_default_fleet_file() -> None:
    """The facts of the default fleet; of three vans the last has the crew of two."""
    facts = read_fleet(None)
    site = Site("D1", (0.0, 0.0), 3, 2, 0, 1, time(5), time(22), None)
    assert facts.sortie_type("drone", "D1/drone-1", site).usable_wh == pytest.approx(799.2 * 0.9)
    assert facts.standing("courier-x4", site) == 2
    vans = [facts.route_type(f"D1/van-{number}", site) for number in (1, 2, 3)]
    assert [van.carriage.crew for van in vans] == [1, 1, 2]
    assert [van.rates.per_hour for van in vans] == [24.0, 24.0, 48.0]
    assert ["white_glove" in van.carriage.services for van in vans] == [False, False, True]
    assert [facts.standing(van.type_id, site) for van in vans] == [2, 2, 1]
