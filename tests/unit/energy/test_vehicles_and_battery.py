"""Sidewalk robot, van, battery and charging."""

import math
from dataclasses import replace

import pytest

from fleet.energy import catalog
from fleet.energy.battery import Battery, usable_wh
from fleet.energy.charging import DEFAULT_CHARGE_CURVE, charge_s, soc_after
from fleet.energy.errors import InvalidInput
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.energy.van import RoadLeg, road_energy_wh

ROBOT = catalog.ground_robot("walker-s1")
VAN = catalog.electric_van("van-e")


def test_robot_by_hand() -> None:
    """1,600 m with 5 kg, 10 m up, 20 stops, 200 s waiting: the formula, term by term."""
    weight_n = 40 * 9.80665
    wheel = (
        0.015 * weight_n * 1600 + weight_n * 10 + 0.5 * 1.225 * 0.12 * 1.6**2 * 1600 + 20 * 0.5 * 40 * 1.6**2
    )
    joules = (wheel / 0.95 + 60 * (1000 + 200)) / 0.95
    drive = Drive(1600, payload_kg=5, uphill_m=10, stops=20, waiting_s=200)
    assert float(drive_energy_wh(ROBOT, drive)) == pytest.approx(joules / 3600, rel=1e-4)


def test_waiting_costs_auxiliaries() -> None:
    """An hour at a door: 60 W over the battery's efficiency."""
    assert float(drive_energy_wh(ROBOT, Drive(0, waiting_s=3600))) == pytest.approx(60 / 0.95)


def test_van_on_the_flat_and_downhill() -> None:
    """10 km at 50 km/h by hand; a long descent charges, by no more than it gave."""
    speed = 50 / 3.6
    wheel = 0.010 * 2400 * 9.80665 * 10_000 + 0.5 * 1.225 * 1.9 * speed**2 * 10_000
    expected = (wheel / 0.94 + 250 * 10_000 / speed) / 3600
    assert float(road_energy_wh(VAN, RoadLeg(10_000, speed), 0)) == pytest.approx(expected, rel=1e-4)
    down = float(road_energy_wh(VAN, RoadLeg(10_000, speed, rise_m=-800), 0))
    assert -2400 * 9.80665 * 800 / 3600 < down < 0


def test_stop_and_go_costs() -> None:
    """Each stop loses what the drivetrain and the brakes do not give back."""
    lost = 0.5 * 2400 * 10**2 * (1 / 0.94 - 0.65) / 3600
    with_stops = float(road_energy_wh(VAN, RoadLeg(1000, 10, stops=3), 0))
    assert with_stops - float(road_energy_wh(VAN, RoadLeg(1000, 10), 0)) == pytest.approx(3 * lost)


def test_usable_energy() -> None:
    """Nominal * health * f(temperature) * (1 - floor)."""
    assert usable_wh(1000, 0.9, 20, 0.1) == pytest.approx(810)
    assert usable_wh(1000, 0.9, 5, 0.1) == pytest.approx(810 * 0.91)
    assert Battery(1000, floor=0.1).usable_wh(20, soc=0.6) == pytest.approx(500)
    assert Battery(1000, floor=0.1).usable_wh(20, soc=0.05) == 0


def test_charging_at_constant_power_and_taper() -> None:
    """From empty to 80 % at full power; the last fifth takes longer than a fifth."""
    full_power_s = 1000 / (500 * 0.93) * 3600
    assert charge_s(0, 0.8, 500, 1000) == pytest.approx(0.8 * full_power_s)
    assert charge_s(0.8, 1.0, 500, 1000) == pytest.approx(0.2 / 0.9 * math.log(10) * full_power_s)
    assert charge_s(0.5, 0.5, 500, 1000) == 0


@pytest.mark.parametrize("target", [0.3, 0.8, 0.95, 1.0])
def test_charging_there_and_back(target: float) -> None:
    """A cancelled charge: the SoC after the time to a target is the target."""
    assert soc_after(0.25, charge_s(0.25, target, 400, 800), 400, 800) == pytest.approx(target)
    assert soc_after(0.25, 1e8, 400, 800) == 1


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: charge_s(-0.1, 1, 500, 1000), "from_soc"),
        (lambda: charge_s(0, 1.01, 500, 1000), "to_soc"),
        (lambda: charge_s(0.9, 0.8, 500, 1000), "to_soc"),
        (lambda: charge_s(0, 1, 0, 1000), "charger_w"),
        (lambda: soc_after(0, -1, 500, 1000), "seconds"),
        (lambda: usable_wh(math.nan, 1, 20, 0), "nominal_wh"),
        (lambda: usable_wh(1000, 1.1, 20, 0), "state_of_health"),
        (lambda: usable_wh(1000, 1, -40, 0), "temperature_c"),
        (lambda: Battery(1000).usable_wh(20, soc=1.2), "soc"),
        (lambda: replace(DEFAULT_CHARGE_CURVE, tail=0.0), "tail"),
        (lambda: Drive(-1), "distance_m"),
        (lambda: Drive(1, waiting_s=math.nan), "waiting_s"),
        (lambda: drive_energy_wh(ROBOT, Drive(1, payload_kg=11)), "payload_kg"),
        (lambda: RoadLeg(1, 0), "speed_mps"),
        (lambda: road_energy_wh(VAN, RoadLeg(1, 1), -1), "payload_kg"),
    ],
)
def test_bad_numbers_name_their_field(call: object, field: str) -> None:
    """Shares outside 0..1, negative and absent numbers."""
    assert callable(call)
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.field == field
