"""The built-in types against published figures and against their own derivation."""

import math
from collections.abc import Callable

import pytest

from fleet.energy import catalog
from fleet.energy.air import SEA_LEVEL_DENSITY_KG_M3
from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.errors import InvalidInput, VehicleFileError
from fleet.energy.margin import margin_fraction
from fleet.energy.momentum import ideal_power
from fleet.energy.regimes import RegimePower
from fleet.energy.reserve import reserve_wh
from fleet.energy.sortie import SortiePlan, largest_radius_m
from tests.support.legphysics import climb_w


@pytest.mark.parametrize(
    ("regime", "watts"),
    [
        # Rodrigues et al., Patterns 2022: b1 * 4.0^1.5 / sqrt(1.21) + b0, worked by hand (4^1.5 = 8, sqrt =
        # 1.1).
        ("takeoff", 80.4 * 8 / 1.1 + 13.8),
        ("cruise", 68.9 * 8 / 1.1 + 16.8),
        ("landing", 71.5 * 8 / 1.1 - 24.3),
    ],
)
def test_matrice_100_power(regime: str, watts: float) -> None:
    """598.5, 517.9 and 495.7 W at 4 kg in air of 1.21 kg/m3."""
    power: RegimePower = getattr(catalog.airframe("dji-matrice-100").regimes, regime)
    assert float(power.power_w(4.0, 1.21)) == pytest.approx(watts)


def test_matrice_100_overall_efficiency() -> None:
    """Published: ideal induced power over measured power was 0.52, with four 13-inch rotors."""
    frame = catalog.airframe("dji-matrice-100")
    disc_m2 = 4 * math.pi * (13 * 0.0254 / 2) ** 2
    ideal = climb_w(frame.empty_mass_kg, 0, SEA_LEVEL_DENSITY_KG_M3, disc_m2)
    measured = float(frame.regimes.cruise.power_w(frame.empty_mass_kg, SEA_LEVEL_DENSITY_KG_M3))
    assert ideal / measured == pytest.approx(0.52, abs=0.005)


def courier_regimes() -> dict[str, Callable[[float], float]]:
    """Electrical power at a mass, as the courier's data file says it was derived."""
    density, disc_m2 = SEA_LEVEL_DENSITY_KG_M3, 4 * math.pi * (20 * 0.0254 / 2) ** 2
    return {
        "takeoff": lambda kg: climb_w(kg, 4.0, density, disc_m2) / 0.46 + 50,
        "cruise": lambda kg: float(ideal_power(kg, 16.0, density, disc_m2, 0.18)) / 0.46 + 50,
        "landing": lambda kg: climb_w(kg, 0.0, density, disc_m2) / 0.46 + 50,
    }


@pytest.mark.parametrize("regime", ["takeoff", "cruise", "landing"])
@pytest.mark.parametrize("mass_kg", [9.0, 11.5])
def test_courier_coefficients_follow_from_momentum_theory(regime: str, mass_kg: float) -> None:
    """Both points that the line was laid through."""
    power: RegimePower = getattr(catalog.airframe("courier-x4").regimes, regime)
    expected = courier_regimes()[regime](mass_kg)
    assert float(power.power_w(mass_kg, SEA_LEVEL_DENSITY_KG_M3)) == pytest.approx(expected, rel=1e-3)


def test_courier_radius() -> None:
    """Full payload, calm, floor 10 %, reserve 20 %, margin for 1e-3: between 6 and 8 km."""
    frame = catalog.airframe("courier-x4")
    usable_wh = frame.pack_wh * 0.9
    budget_wh = (usable_wh - reserve_wh(0.2, 0, usable_wh, 0)) / (1 + margin_fraction(1e-3, frame.residual))
    assert 6000 < float(largest_radius_m(frame, budget_wh, 0.0, 2.5, SortiePlan())) < 8000


def test_every_builtin_type_loads() -> None:
    """All data files of the package are valid and named as they say."""
    assert {"dji-matrice-100", "courier-x4"} <= set(catalog.airframe_names())
    assert all(catalog.airframe(name).name == name for name in catalog.airframe_names())
    assert all(catalog.ground_robot(name).name == name for name in catalog.ground_robot_names())
    assert all(catalog.electric_van(name).name == name for name in catalog.electric_van_names())


def test_unknown_type_names_those_there_are() -> None:
    """A misspelt airframe in a fleet file."""
    with pytest.raises(InvalidInput, match=r"courier-x5.*courier-x4"):
        catalog.airframe("courier-x5")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "empty_mass_kg = 3.0",
            "empty_mass_kg = -3.0",
            "empty_mass_kg: Input should be greater than 0 (found -3.0)",
        ),
        ("empty_mass_kg = 3.0", "empty_mass_kg = nan", "empty_mass_kg"),
        ("pack_wh = 130.0", "pack_wh = 130.0\nwings = 2", "wings"),
        ("b1 = 70.0", "b1 = -70.0", "regimes.takeoff.b1"),
        ("b0 = 1.0", "b0 = -900.0", "regimes.takeoff"),
        ("cruise_mps = 8.0", "cruise_mps = 14.0", "cruise_mps"),
        (
            "b1 = 70.0",
            "b1 = 7.0",
            "regimes.takeoff gives 34 W at 3 kg; rotors of 0.34 m2 without a loss take 175 W",
        ),
        ("[regimes]", "[regimes]\nhover = { b1 = 7.0, b0 = 1.0 }", "regimes.hover gives 34 W at 3 kg"),
        ('pack_wh = "t"', "", "my.toml: sources lacks pack_wh"),
        ("[wind]", "[wind", "not TOML"),
    ],
)
def test_bad_airframe_file_names_file_and_field(old: str, new: str, named: str) -> None:
    """One thing wrong at a time."""
    assert old in GOOD
    with pytest.raises(VehicleFileError, match=r"my\.toml") as caught:
        parse_figures(Airframe, GOOD.replace(old, new), "my.toml")
    assert named in str(caught.value)


def test_airframe_without_residual_is_uncalibrated() -> None:
    """Nobody measured it, so nobody may take its figures for measured."""
    assert not parse_figures(Airframe, GOOD, "my.toml").calibrated
    assert catalog.airframe("dji-matrice-100").calibrated


GOOD = """
name = "mine"
empty_mass_kg = 3.0
max_payload_kg = 1.0
climb_mps = 2.0
descent_mps = 2.0
cruise_mps = 8.0
min_airspeed_mps = 4.0
max_airspeed_mps = 12.0
pack_wh = 130.0
disc_m2 = 0.34
[wind]
max_wind_mps = 8.0
max_gust_mps = 10.0
[regimes]
takeoff = { b1 = 70.0, b0 = 1.0 }
cruise = { b1 = 60.0, b0 = 1.0 }
landing = { b1 = 65.0, b0 = 1.0 }
[sources]
empty_mass_kg = "t"
max_payload_kg = "t"
climb_mps = "t"
descent_mps = "t"
cruise_mps = "t"
min_airspeed_mps = "t"
max_airspeed_mps = "t"
pack_wh = "t"
disc_m2 = "t"
wind = "t"
regimes = "t"
"""
