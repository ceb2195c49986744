"""Models against published figures, each with its source; what can't be reproduced from the figures alone says so.

[R] Rodrigues et al., "Drone flight data reveal energy and greenhouse gas emissions savings for very small package
delivery", Patterns 3 (2022) 100569: regimes of a DJI Matrice 100 over 68 flights, and the models of others on them.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from fleet.energy import catalog
from fleet.energy.fit import Scaled, hover_fit
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.energy.logs import FlightLog, LogRow
from fleet.energy.margin import corrected_remaining, margin_fraction
from fleet.energy.momentum import induced_speed
from fleet.energy.multirotor import Cruise, EnergyEstimate, flight_energy, sortie_phases
from fleet.energy.regimes import Regime, RegimePower, Regimes
from fleet.energy.van import RoadLeg, road_energy_wh
from tests.support.legphysics import climb_w

M100 = catalog.airframe("dji-matrice-100")
DISC_M2 = 4 * math.pi * (13 * 0.0254 / 2) ** 2
"""Four propellers of 13 inches, as the Matrice 100 has."""
RHO, GRAVITY = 1.2, 9.80665
PAYLOADS_KG = (0.0, 0.25, 0.5, 0.75)
SPEEDS_MPS = (4.0, 6.0, 8.0, 10.0, 12.0)
HEIGHT_M, WAY_M = 50.0, 500.0


def flights() -> list[tuple[float, float, float, EnergyEstimate]]:
    """Payload, speed, flying mass and what the fitted regimes give, over the masses and speeds of the data set."""
    found = []
    for payload_kg in PAYLOADS_KG:
        for speed_mps in SPEEDS_MPS:
            way = Cruise(WAY_M, 0.0, airspeed_mps=speed_mps)
            phases = sortie_phases([way], [way], payload_kg=payload_kg, height_m=HEIGHT_M, drop_s=30.0)
            flown = flight_energy(M100, list(phases), density_kg_m3=RHO)
            assert isinstance(flown, EnergyEstimate)
            found.append((payload_kg, speed_mps, M100.empty_mass_kg + payload_kg / 2, flown))
    return found


def off(watts: dict[tuple[float, float], float]) -> float:
    """Mean of predicted over fitted energy, less one; a rival's power counts for the whole flight."""
    ratios = [
        watts[payload_kg, speed_mps] * flown.duration_s / 3600 / flown.energy_wh
        for payload_kg, speed_mps, _, flown in flights()
    ]
    return sum(ratios) / len(ratios) - 1


def ideal_hover_w(mass_kg: float) -> float:
    return climb_w(mass_kg, 0.0, RHO, DISC_M2)


def test_dorling_s_ideal_hover_falls_49_per_cent_short() -> None:
    """Dorling et al. 2017: P = (W + m)^1.5 sqrt(g^3 / (2 rho zeta n)), nothing lost. [R]: -49 %; within 5 points."""
    power = {(payload, speed): ideal_hover_w(mass) for payload, speed, mass, _ in flights()}
    assert off(power) == pytest.approx(-0.49, abs=0.05)


def test_d_andrea_s_lift_to_drag_falls_41_per_cent_short() -> None:
    """D'Andrea 2014: m v / (370 eta r) + p in kW for km/h, eta 0.5, lift to drag 3, electronics 0.1 kW. [R]: -41 %.

    In cruise, where it is meant to hold, at the data set's middle speed; within 5 points.
    """
    shares = []
    for payload_kg in PAYLOADS_KG:
        mass_kg = M100.empty_mass_kg + payload_kg
        said_w = 1000 * (mass_kg * 8.0 * 3.6 / (370 * 0.5 * 3) + 0.1)
        shares.append(said_w / float(M100.regimes.cruise.power_w(mass_kg, RHO)))
    assert sum(shares) / len(shares) - 1 == pytest.approx(-0.41, abs=0.05)


def test_stolaroff_s_efficiency_of_0_7_lies_between_its_hover_and_its_forward_flight() -> None:
    """Stolaroff et al. 2018, P = T (v sin a + v_i) / 0.7. [R]: -35 %.

    Their body's drag areas and tilt are not in [R], so the figure itself can't be worked out from it: ideal hover over
    0.7, without the gain of moving, and induced power alone over 0.7, without drag, have it between them.
    """
    hover = {(payload, speed): ideal_hover_w(mass) / 0.7 for payload, speed, mass, _ in flights()}
    moving = {
        (payload, speed): mass * GRAVITY * float(induced_speed(mass, speed, RHO, DISC_M2)) / 0.7
        for payload, speed, mass, _ in flights()
    }
    assert off(moving) < -0.35 < off(hover)


def test_a_default_efficiency_of_0_7_under_predicts_by_a_third() -> None:
    """Of the Matrice, whose measured overall efficiency is 0.52 [R]: 0.7 / 0.52 = 1.35 times what is told."""
    told = {(payload, speed): ideal_hover_w(mass) / 0.7 for payload, speed, mass, _ in flights()}
    assert 1 / (1 + off(told)) == pytest.approx(1.35, abs=0.06)


@pytest.mark.parametrize(
    ("what", "efficiency", "times"),
    [("Iris", 0.46, 1.52), ("hexacopter", 0.38, 1.84), ("hexacopter", 0.35, 2.0)],
)
def test_one_hover_finds_out_a_default_efficiency_of_0_7(what: str, efficiency: float, times: float) -> None:
    """Of airframes with the overall efficiencies that were measured [R]: a minute of hover, told by momentum theory at
    0.7, is calibrated to 1.52 to 2 times of that."""
    told = RegimePower(b1=round(GRAVITY**1.5 / math.sqrt(2 * DISC_M2) / 0.7, 6), b0=0.0)
    base = M100.model_copy(update={"regimes": Regimes(takeoff=told, cruise=told, landing=told)})
    wh = (
        M100.empty_mass_kg
        * GRAVITY
        * float(induced_speed(M100.empty_mass_kg, 0.0, RHO, DISC_M2))
        / efficiency
        / 60
    )
    row = LogRow(2, what, Regime.HOVER, 60.0, M100.empty_mass_kg, RHO, wh)
    found = hover_fit(base, FlightLog(what, (row,)), name=what, origin=what)
    assert isinstance(found, Scaled)
    assert found.factor == pytest.approx(times, abs=0.01)


def test_overall_efficiency_of_the_regimes() -> None:
    """Ideal hover over each regime's power without its constant: 0.46, 0.54 and 0.52; the whole is published as
    0.52."""
    ideal = GRAVITY**1.5 / math.sqrt(2 * DISC_M2)
    found = {name: ideal / power.b1 for name, power in M100.regimes.sets()}
    assert found == pytest.approx({"takeoff": 0.461, "cruise": 0.538, "landing": 0.519}, abs=0.002)


@pytest.mark.parametrize(("epsilon", "margin"), [(1e-3, 0.106), (1e-4, 0.132)])
def test_margins(epsilon: float, margin: float) -> None:
    """Log-normal residuals with a standard deviation of 3.1 % over 68 flights [R]: 10.6 and 13.2 %."""
    assert margin_fraction(epsilon, M100.residual) == pytest.approx(margin, abs=5e-4)


def test_a_quarter_of_the_cruise_cuts_the_remainder_s_p95_from_6_4_to_4_9_per_cent() -> None:
    """With k^0.3; the full ratio makes it worse [R].

    Drawn from the one joint distribution that has both figures: the remainder 3.3 % off (its 95th percentile 6.4 %),
    what was used so far 7 %, and 0.3 of the latter's variance in common (`docs/energy.md` derives it).
    """
    sd_used, common = 0.07, 0.3 * 0.07**2
    sd_left = 0.064 / 1.96
    draws = np.random.default_rng(2).multivariate_normal(
        (0, 0), [[sd_used**2, common], [common, sd_left**2]], 20_000
    )
    used, left = np.exp(draws[:, 0]), np.exp(draws[:, 1])
    corrected = np.array([corrected_remaining(1.0, u, 1.0, 0.25) for u in used.tolist()])
    p95 = {
        name: float(np.percentile(np.abs(np.log(told / left)), 95))
        for name, told in (("none", 1.0), ("shrunken", corrected), ("full", used))
    }
    assert p95["none"] == pytest.approx(0.064, abs=0.001)
    assert p95["shrunken"] == pytest.approx(0.049, abs=0.001)
    assert p95["full"] > 1.5 * p95["none"]


def test_a_sidewalk_robot_takes_11_to_15_watt_hours_a_kilometre() -> None:
    """Of published figures, Crr 0.015 ± 0.004 and auxiliaries 60 ± 3 W: 11.8 to 13.9 Wh by hand at 1.6 m/s, 5 kg on
    board.

    Auxiliaries are most of it, as published: so waiting costs nearly what driving does.
    """
    robot = catalog.ground_robot("walker-s1")
    low, high = (
        robot.model_copy(update={"rolling_resistance": crr, "auxiliary_w": watts})
        for crr, watts in ((0.011, 57.0), (0.019, 63.0))
    )
    drive = Drive(1000, payload_kg=5)
    least, usual, most = (float(drive_energy_wh(one, drive)) for one in (low, robot, high))
    by_hand = [
        ((crr * 40 * GRAVITY + 0.5 * 1.225 * 0.12 * 1.6**2) * 1000 / 0.95 + watts * 625) / 0.95 / 3600
        for crr, watts in ((0.011, 57.0), (0.015, 60.0), (0.019, 63.0))
    ]
    assert [least, usual, most] == pytest.approx(by_hand, rel=1e-4)
    assert 11 < least < usual < most < 15
    assert 60 * 625 / 0.95 / 3600 / usual > 0.8
    waiting = float(drive_energy_wh(robot, Drive(0, waiting_s=625)))
    assert waiting / usual > 0.8


def test_a_van_takes_what_one_of_its_class_was_measured_with() -> None:
    """A Mercedes-Benz eSprinter, long and high, with 120 kg: 21.9 kWh for 100 km at 74 km/h on the mean, over 475 km of
    roads and motorways (TÜV Süd for Mercedes-Benz, October 2022). Ours is of its class, not this one: within 15 %."""
    van = catalog.electric_van("van-e")
    steady = float(road_energy_wh(van, RoadLeg(100_000, 74 / 3.6), 120))
    assert steady / 1000 == pytest.approx(21.9, rel=0.15)


def test_stop_and_go_in_town_takes_a_fifth_more_than_the_same_road_without_stops() -> None:
    """By hand: 30 km/h, a stop each 300 m, half loaded; each stop loses m v²/2 (1/0.94 - 0.65)."""
    van, speed = catalog.electric_van("van-e"), 30 / 3.6
    plain, stopping = (
        float(road_energy_wh(van, RoadLeg(100_000, speed, stops=stops), 500)) for stops in (0, 333)
    )
    lost = 333 * 0.5 * 2900 * speed**2 * (1 / 0.94 - 0.65) / 3600
    assert stopping - plain == pytest.approx(lost, rel=1e-6)
    assert 1.2 < stopping / plain < 1.6
