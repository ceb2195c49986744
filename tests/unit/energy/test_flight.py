"""One flight: against hand-worked numbers, the wind triangle, and bad input."""

import math

import numpy as np
import pytest

from fleet.energy import catalog
from fleet.energy.air import Wind, air_density, triangle
from fleet.energy.airframe import Line, Timing
from fleet.energy.errors import InvalidInput
from fleet.energy.legs import Legs, leg_table
from fleet.energy.momentum import hover_induced_speed, induced_speed
from fleet.energy.multirotor import (
    Climb,
    Cruise,
    EnergyEstimate,
    Hover,
    Phase,
    Unflyable,
    flight_energy,
    sortie_phases,
)
from fleet.energy.regimes import Regime
from fleet.energy.sortie import SortiePlan, largest_radius_m, sortie_energy_wh, sortie_table

M100 = catalog.airframe("dji-matrice-100")
COURIER = catalog.airframe("courier-x4")


@pytest.mark.parametrize(
    ("height_m", "density"), [(0, 1.2250), (1000, 1.1117), (2000, 1.0065), (5000, 0.7361)]
)
def test_standard_atmosphere(height_m: float, density: float) -> None:
    """ICAO Doc 7488, densities by geopotential height."""
    assert air_density(height_m) == pytest.approx(density, abs=2e-4)


@pytest.mark.parametrize(
    ("height_m", "temperature_c", "pressure_hpa", "density"),
    [(0, 30, 1013.25, 1.1644), (0, 30, 980, 1.1262), (0, 30, 1040, 1.1951), (60, 30, 1013.25, 1.1561)],
)
def test_the_pressure_of_the_day_counts(
    height_m: float, temperature_c: float, pressure_hpa: float, density: float
) -> None:
    """p / (R T) by hand, at 60 m with the standard's fall of 0.71 % (ICAO Doc 7488)."""
    assert air_density(height_m, temperature_c, pressure_hpa) == pytest.approx(density, abs=1e-4)


@pytest.mark.parametrize("pressure_hpa", [101_325.0, 29.92, math.nan])
def test_a_pressure_in_another_unit_is_refused(pressure_hpa: float) -> None:
    """In pascal, and in inches of mercury."""
    with pytest.raises(InvalidInput, match="pressure_hpa"):
        air_density(0, None, pressure_hpa)


def test_warm_air_is_thinner() -> None:
    """At sea level and 30 °C: 1.1644 kg/m3 by the gas law."""
    assert air_density(0, 30) == pytest.approx(1.1644, abs=2e-4)


@pytest.mark.parametrize(
    ("wind", "track_deg", "speed"),
    [
        (Wind(5, 0), 0, 5),  # a wind from the north holds up a flight to the north
        (Wind(5, 0), 180, 15),
        (Wind(6, 90), 0, 8),  # 6-8-10 triangle
        (Wind(6, 90), 180, 8),
        (Wind(10, 180), 0, math.nan),  # even a tailwind as fast as the aircraft: it could never come back
    ],
)
def test_wind_triangle(wind: Wind, track_deg: float, speed: float) -> None:
    """At 10 m/s airspeed."""
    assert float(triangle(10, track_deg, wind.speed_mps, wind.from_deg).ground_mps) == pytest.approx(
        speed, nan_ok=True
    )


def test_induced_speed_solves_glauerts_equation() -> None:
    """v_i (v_a^2 + v_i^2)^0.5 = v_h^2, and v_i = v_h in hover."""
    hover = float(hover_induced_speed(10, 1.2, 0.8))
    moving = float(induced_speed(10, 12, 1.2, 0.8))
    assert float(induced_speed(10, 0, 1.2, 0.8)) == pytest.approx(hover)
    assert moving * math.hypot(12, moving) == pytest.approx(hover**2)


def test_matrice_flight_by_hand() -> None:
    """25 m up at 2.5 m/s, 800 m at 8 m/s, 36 s of hover; 4.0 kg out in air of 1.21 kg/m3."""
    load = 4.0 - M100.empty_mass_kg
    phases = (Phase(Climb(25), load), Phase(Cruise(800, 90), load), Phase(Hover(36), load))
    estimate = flight_energy(M100, phases, density_kg_m3=1.21)
    assert isinstance(estimate, EnergyEstimate)
    takeoff_w, cruise_w = 80.4 * 8 / 1.1 + 13.8, 68.9 * 8 / 1.1 + 16.8
    assert dict(estimate.by_regime) == pytest.approx(
        {"takeoff": takeoff_w * 10 / 3600, "cruise": cruise_w * 100 / 3600, "hover": takeoff_w * 36 / 3600}
    )
    assert estimate.duration_s == pytest.approx(146)


def test_regimes_and_phases_sum_to_the_energy() -> None:
    """Nothing is lost between the views of one flight."""
    phases = sortie_phases([Cruise(3000, 10)], [Cruise(3000, 190)], payload_kg=2, height_m=80, drop_s=30)
    estimate = flight_energy(COURIER, phases)
    assert isinstance(estimate, EnergyEstimate)
    assert sum(estimate.by_regime.values()) == pytest.approx(estimate.energy_wh)
    assert sum(estimate.by_phase_wh) == pytest.approx(estimate.energy_wh)


@pytest.mark.parametrize("airspeed_mps", [None, 12.0, 19.0])
def test_table_agrees_with_the_single_flight(airspeed_mps: float | None) -> None:
    """The planner's arrays and the flight by phases, in wind, at each speed."""
    wind = Wind(6, 200)
    plan = SortiePlan(
        height_m=70, drop_height_m=12, drop_s=25, wind=wind, density_kg_m3=1.15, airspeed_mps=airspeed_mps
    )
    out, back = (Cruise(4200, track, wind, airspeed_mps) for track in (35, 215))
    phases = sortie_phases([out], [back], payload_kg=1.7, height_m=70, drop_s=25, drop_height_m=12)
    single = flight_energy(COURIER, phases, density_kg_m3=1.15)
    assert isinstance(single, EnergyEstimate)
    table = sortie_table(COURIER, np.array([4200.0]), np.array([35.0]), np.array([1.7]), plan)
    assert float(table.energy_wh[0]) == pytest.approx(single.energy_wh)
    assert float(table.duration_s[0]) == pytest.approx(single.duration_s)


def test_wind_at_airspeed_is_a_refusal_with_its_phase() -> None:
    """8 m/s against 8 m/s: a verdict for one flight, infinity in a table, no radius."""
    wind = Wind(8, 0)
    refusal = flight_energy(M100, (Phase(Climb(10)), Phase(Cruise(100, 180, wind))))
    assert refusal == Unflyable("wind_at_airspeed", 8.0, 8, "m/s", 1)
    plan = SortiePlan(wind=wind)
    assert np.isinf(sortie_energy_wh(M100, np.array([100.0, 0.0]), 180.0, 0.0, plan)).all()
    assert float(largest_radius_m(M100, 1e6, 0.0, 0.0, plan)) == 0


def test_flight_of_the_largest_radius_takes_the_budget() -> None:
    """Radius and energy are inverse to each other, in wind and in any direction."""
    plan, bearings = SortiePlan(wind=Wind(7, 250)), np.arange(0.0, 360.0, 45.0)
    radius = largest_radius_m(COURIER, 400.0, bearings, 1.0, plan)
    assert sortie_energy_wh(COURIER, radius, bearings, 1.0, plan) == pytest.approx(np.full(8, 400.0))
    assert float(largest_radius_m(COURIER, 1.0, 0.0, 1.0, plan)) == 0


def test_a_radius_that_the_wind_forbids_is_zero_beside_others_that_it_does_not() -> None:
    """Speed over ground held, with two readings of a leg's time: against the wind the airspeed is beyond the
    airframe's."""
    timing = Timing(cruise_share=0.97, corner_or=Line(1.0, 3.0))
    frame = M100.model_copy(update={"speed_held": "ground", "timing": timing})
    plan, bearings = SortiePlan(wind=Wind(5, 90)), np.arange(0.0, 360.0, 5.0)
    radius = largest_radius_m(frame, 80.0, bearings, 0.3, plan)
    flies = np.isfinite(sortie_energy_wh(frame, 1.0, bearings, 0.3, plan))
    assert 0 < flies.sum() < len(bearings)
    assert ((radius > 0) == flies).all()
    assert sortie_energy_wh(frame, radius, bearings, 0.3, plan)[flies] == pytest.approx(80.0)


def test_whole_numbers_are_numbers_too() -> None:
    """Also in arrays, which have another type for them."""
    whole = sortie_energy_wh(
        COURIER, np.array([500, 1000]), np.array([0, 90]), np.array([1, 2]), SortiePlan()
    )
    assert whole == pytest.approx(
        sortie_energy_wh(
            COURIER, np.array([500.0, 1000.0]), np.array([0.0, 90.0]), np.array([1.0, 2.0]), SortiePlan()
        )
    )
    with pytest.raises(InvalidInput, match="out_m"):
        sortie_energy_wh(COURIER, np.array([500, -1]), 0.0, 0.0, SortiePlan())


@pytest.mark.parametrize(
    ("out_m", "bearing", "payload_kg", "field"),
    [
        (-1.0, 0.0, 1.0, "out_m"),
        (math.nan, 0.0, 1.0, "out_m"),
        (1.0, math.inf, 1.0, "bearing_deg"),
        (1.0, 0.0, 2.6, "payload_kg"),
        (1.0, 0.0, -0.1, "payload_kg"),
        (1.0, 0.0, math.nan, "payload_kg"),
    ],
)
def test_bad_numbers_name_their_field(out_m: float, bearing: float, payload_kg: float, field: str) -> None:
    """As single numbers and hidden in an array."""
    with pytest.raises(InvalidInput) as single:
        sortie_energy_wh(COURIER, out_m, bearing, payload_kg, SortiePlan())
    with pytest.raises(InvalidInput) as many:
        sortie_energy_wh(
            COURIER,
            np.array([5.0, out_m]),
            np.array([5.0, bearing]),
            np.array([1.0, payload_kg]),
            SortiePlan(),
        )
    assert single.value.field == many.value.field == field


@pytest.mark.parametrize(
    ("phase", "field"),
    [
        (Phase(Climb(-1)), "climb_height_m"),
        (Phase(Hover(math.nan)), "hover_s"),
        (Phase(Cruise(1, 0, airspeed_mps=21)), "airspeed_mps"),
        (Phase(Cruise(-1, 0)), "distance_m"),
        (Phase(Climb(1), 9), "payload_kg"),
    ],
)
def test_bad_phase_names_its_field(phase: Phase, field: str) -> None:
    """Each movement checks what it has."""
    with pytest.raises(InvalidInput) as caught:
        flight_energy(COURIER, [phase])
    assert caught.value.field == field


def test_no_phases_is_no_flight() -> None:
    """An empty flight would cost nothing and pass every test."""
    with pytest.raises(InvalidInput, match="phases"):
        flight_energy(COURIER, [])


@pytest.mark.parametrize("length_m", [0.0, 100.0])
def test_a_wind_that_is_as_fast_but_for_a_rounding_takes_for_ever(length_m: float) -> None:
    """Next to nothing, or nothing, is left over ground: long or infinite, never no number."""
    speeds = 7.0 + np.arange(1, 20) * np.spacing(7.0)
    angles = np.arange(-60.0, 60.0, 0.5)
    speed, angle = (grid.ravel() for grid in np.meshgrid(speeds, angles))
    legs = Legs(
        Regime.CRUISE, length_m, 10.0, speed_mps=speed, track_deg=0.0, wind_mps=7.0, wind_from_deg=angle
    )
    found = leg_table(catalog.airframe("courier-x4"), legs)
    assert not np.isnan(found.energy_wh).any()
    assert not np.isnan(found.duration_s).any()
    assert length_m == 0 or (found.duration_s > 1e12).all()
    assert np.isinf(found.duration_s).any()
