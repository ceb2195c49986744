"""One leg formula behind everything: by an oracle of its own, and equal in flights, tables, parts and what is left."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe, Timing
from fleet.energy.errors import InvalidInput
from fleet.energy.legs import CHUNK, CODES, Legs, codes, leg_table
from fleet.energy.multirotor import (
    Climb,
    Cruise,
    Descent,
    EnergyEstimate,
    Hover,
    Movement,
    Phase,
    Unflyable,
    flight_energy,
    sortie_phases,
)
from fleet.energy.regimes import Regime, RegimePower
from fleet.energy.sortie import SortiePlan, sortie_table
from tests.support.legphysics import leg_joules, speeds

COURIER = catalog.airframe("courier-x4")
OWN_SETS = {
    "climb": RegimePower(b1=70.0, b0=10.0),
    "hover": RegimePower(b1=60.0, b0=30.0),
    "descent": RegimePower(b1=40.0, b0=5.0),
}


def changed(name: str, **update: object) -> Airframe:
    return catalog.airframe(name).model_copy(update=update)


TIMED = Timing(takeoff_s=4.0, corner_s=2.5, landing_s=6.0)
FRAMES = st.sampled_from(
    [
        COURIER,
        catalog.airframe("dji-matrice-100"),
        changed("courier-x4", timing=TIMED),
        changed("courier-x4", speed_held="ground", timing=TIMED),
        changed("dji-matrice-100", speed_held="ground"),
        changed("courier-x4", regimes=COURIER.regimes.model_copy(update=OWN_SETS)),
    ]
)
SHARES = st.floats(0, 1)
TRACKS = st.floats(0, 360)
METRES = st.floats(0, 9_000)
HEIGHTS = st.floats(0, 120)
DENSITIES = st.floats(0.8, 1.4)


def flown(frame: Airframe, *movements: Movement) -> EnergyEstimate:
    found = flight_energy(frame, [Phase(movement) for movement in movements])
    assert isinstance(found, EnergyEstimate)
    return found


def speed(frame: Airframe, share: float) -> float:
    return frame.min_airspeed_mps + share * (frame.max_airspeed_mps - frame.min_airspeed_mps)


Leg = tuple[Regime, float, float, float, float, float, float, float, bool]


@st.composite
def drawn_legs(draw: st.DrawFn) -> tuple[Airframe, list[Leg]]:
    """An airframe, and legs of any regime, load, air, speed, track, wind and kind of autopilot."""
    frame = draw(FRAMES)
    masses = SHARES.map(lambda share: frame.empty_mass_kg + share * frame.max_payload_kg)
    speeds_mps = SHARES.map(lambda share: speed(frame, share))
    wind = st.floats(0, 18), TRACKS
    leg = st.tuples(
        st.sampled_from(list(Regime)), METRES, masses, DENSITIES, speeds_mps, TRACKS, *wind, st.booleans()
    )
    return frame, draw(st.lists(leg, min_size=1, max_size=6))


def at_an_edge(frame: Airframe, leg: Leg) -> bool:
    """Where the last digit decides whether a hover counts as the least, or too much airspeed is asked for."""
    _, air_mps = speeds(*leg[4:])
    edges = frame.min_airspeed_mps, frame.max_airspeed_mps
    return bool(leg[8]) and any(math.isclose(air_mps, edge, rel_tol=1e-9) for edge in edges)


@given(drawn_legs())
def test_each_leg_is_what_its_physics_says(drawn: tuple[Airframe, list[Leg]]) -> None:
    """Vectors and a bisection instead of the triangle's and Glauert's closed forms; one row, and many."""
    frame, legs = drawn
    regimes, *columns, held = zip(*legs, strict=True)
    amounts, masses, densities, speeds_mps, tracks, winds, from_degs = np.array(columns)
    wind = speeds_mps, tracks, winds, from_degs, np.array(held)
    table = leg_table(frame, Legs(codes(regimes), amounts, masses, densities, *wind))
    for number, leg in enumerate(legs):
        assume(not at_an_edge(frame, leg))
        seconds, joules = leg_joules(frame.model_dump(), *leg)
        alone = leg_table(frame, Legs(*leg))
        for told in (alone.duration_s, table.duration_s[number]):
            assert float(told) == pytest.approx(seconds, rel=1e-9, abs=1e-9)
        for told in (alone.energy_wh, table.energy_wh[number]):
            assert float(told) * 3600 == pytest.approx(joules, rel=1e-7, abs=1e-6)


@given(FRAMES, METRES, METRES, TRACKS, SHARES, SHARES, st.floats(0, 20), TRACKS, HEIGHTS, SHARES, DENSITIES)
@example(COURIER, 100.0, 0.0, 0.0, 0.0, 1.0, 16.0, 180.0, 60.0, 1.0, 1.2)
def test_flight_table_and_sum_of_legs_are_one(
    frame: Airframe, out_m: float, back_m: float, track: float, load: float, fast: float, wind_mps: float,
    from_deg: float, height_m: float, low: float, density: float,
) -> None:  # fmt: skip
    """To 1e-12: also in being unflyable."""
    wind, speed_mps, payload_kg = Wind(wind_mps, from_deg), speed(frame, fast), load * frame.max_payload_kg
    drop_m = low * height_m
    back_deg = track + 180.0
    phases = sortie_phases(
        [Cruise(out_m, track, wind, speed_mps)],
        [Cruise(back_m, back_deg, wind, speed_mps)],
        payload_kg=payload_kg, height_m=height_m, drop_s=30.0, drop_height_m=drop_m,
    )  # fmt: skip
    flight = flight_energy(frame, phases, density_kg_m3=density)
    plan = SortiePlan(height_m, drop_m, 30.0, wind, density, speed_mps)
    table = sortie_table(
        frame, np.array([out_m]), np.array([track]), np.array([payload_kg]), plan, np.array([back_m])
    )
    full, empty = frame.empty_mass_kg + payload_kg, frame.empty_mass_kg
    lowered_m = height_m - drop_m
    parts = [
        (Regime.TAKEOFF, height_m, full, track), (Regime.CRUISE, out_m, full, track),
        (Regime.DESCENT, lowered_m, full, track), (Regime.HOVER, 30.0, full, track),
        (Regime.CLIMB, lowered_m, empty, track), (Regime.CRUISE, back_m, empty, back_deg),
        (Regime.LANDING, height_m, empty, track),
    ]  # fmt: skip
    legs = [
        leg_table(
            frame, Legs(regime, amount, mass, density, speed_mps, deg, wind_mps, from_deg, frame.holds_ground)
        )
        for regime, amount, mass, deg in parts
    ]
    total_wh = math.fsum(float(leg.energy_wh) for leg in legs)
    assert float(table.energy_wh[0]) == pytest.approx(total_wh, rel=1e-12)
    if not isinstance(flight, EnergyEstimate):
        assert total_wh == math.inf
        return
    assert flight.energy_wh == pytest.approx(total_wh, rel=1e-12)
    assert flight.duration_s == pytest.approx(float(table.duration_s[0]), rel=1e-12)
    assert flight.by_phase_wh == pytest.approx([float(leg.energy_wh) for leg in legs], rel=1e-12)
    assert flight.by_phase_s == pytest.approx([float(leg.duration_s) for leg in legs], rel=1e-12)


@given(FRAMES, METRES, SHARES, TRACKS, st.floats(0, 9), TRACKS)
def test_a_leg_in_two_parts_takes_what_it_takes_in_one(
    frame: Airframe, far_m: float, cut: float, track: float, wind_mps: float, from_deg: float
) -> None:
    """But for the corner that each ends in."""
    plain = frame.model_copy(update={"timing": Timing()})
    amounts = np.array([far_m, far_m * cut, far_m - far_m * cut])
    whole, first, second = leg_table(
        plain,
        Legs(Regime.CRUISE, amounts, 4.0, 1.2, None, track, wind_mps, from_deg, frame.holds_ground),
    ).energy_wh
    assume(math.isfinite(whole))
    assert first + second == pytest.approx(whole, rel=1e-12, abs=1e-12)


def test_a_long_table_is_the_same_as_its_rows() -> None:
    """Worked out in chunks, the last of them short."""
    size = 2 * CHUNK + 17
    rng = np.random.default_rng(3)
    regime = rng.integers(0, len(CODES), size)
    amount, mass = rng.uniform(0, 3000, size), rng.uniform(9, 11.5, size)
    wind, track = rng.uniform(0, 15, size), rng.uniform(0, 360, size)
    long = leg_table(COURIER, Legs(regime, amount, mass, 1.2, 12.0, track, wind, 20.0))
    for at in (0, CHUNK - 1, CHUNK, 2 * CHUNK + 16, *rng.integers(0, size, 200)):
        row = slice(at, at + 1)
        legs = Legs(regime[row], amount[row], mass[row], 1.2, 12.0, track[row], wind[row], 20.0)
        short = leg_table(COURIER, legs)
        assert long.energy_wh[at] == pytest.approx(short.energy_wh[0], rel=1e-12)
        assert long.duration_s[at] == pytest.approx(short.duration_s[0], rel=1e-12)


MIXED = np.array([True, False])


@pytest.mark.parametrize(
    ("legs", "field"),
    [
        (Legs(Regime.CLIMB, -1.0, 9.0), "amount"),
        (Legs(Regime.CLIMB, np.array([1.0, math.nan]), 9.0), "amount"),
        (Legs(Regime.CLIMB, 1.0, 0.0), "mass_kg"),
        (Legs(Regime.CLIMB, 1.0, 9.0, 0.1), "density_kg_m3"),
        (Legs(Regime.CRUISE, 1.0, 9.0, 1.2, 21.0), "airspeed_mps"),
        (Legs(Regime.CRUISE, 1.0, 9.0, 1.2, np.array([16.0, 21.0]), holds_ground=MIXED), "airspeed_mps"),
        (Legs(Regime.CRUISE, 1.0, 9.0, 1.2, -1.0, holds_ground=True), "speed_mps"),
        (Legs(Regime.CRUISE, 1.0, 9.0, 1.2, 16.0, math.inf), "track_deg"),
        (Legs(Regime.CRUISE, 1.0, 9.0, 1.2, 16.0, 0.0, -1.0), "wind_mps"),
        (Legs(np.array([0, 6]), 1.0, 9.0), "regime"),
        (Legs(np.array([0.0, 1.0]), 1.0, 9.0), "regime"),
    ],
)  # fmt: skip
def test_bad_columns_are_named(legs: Legs, field: str) -> None:
    """Also where only one row is bad."""
    with pytest.raises(InvalidInput) as caught:
        leg_table(COURIER, legs)
    assert caught.value.field == field


def test_speed_over_ground_held_keeps_the_time_and_changes_the_airspeed() -> None:
    """6-8-10: 8 m/s over ground across 6 m/s of wind are 10 m/s through the air; time is as in calm air."""
    ground = changed("courier-x4", speed_held="ground")
    calm = leg_table(ground, Legs(Regime.CRUISE, 800.0, 9.0, 1.2, 8.0, 0.0, 0.0, 0.0, True))
    crossed = leg_table(ground, Legs(Regime.CRUISE, 800.0, 9.0, 1.2, 8.0, 0.0, 6.0, 90.0, True))
    through = leg_table(ground, Legs(Regime.CRUISE, 800.0, 9.0, 1.2, 10.0))
    assert float(calm.duration_s) == float(crossed.duration_s) == 100.0
    assert float(crossed.energy_wh) == pytest.approx(float(through.energy_wh) * 100 / 80)


def test_too_much_airspeed_for_a_speed_over_ground_is_a_refusal_that_says_so() -> None:
    """16 m/s against 5 of wind are 21 through the air, where 20 is the most; with the wind it could be flown."""
    ground = changed("courier-x4", speed_held="ground")
    against = flight_energy(ground, [Phase(Climb(10)), Phase(Cruise(100, 0, Wind(5, 0)))])
    assert against == Unflyable("airspeed_too_high", 20.0, 21.0, "m/s", 1)
    assert isinstance(flight_energy(ground, [Phase(Cruise(100, 180, Wind(5, 0)))]), EnergyEstimate)


def test_slower_through_the_air_than_was_measured_a_hover_is_the_least() -> None:
    """8 m/s over ground with 8 m/s of wind behind stands in the air; the cruise's lower line is not for that."""
    matrice = changed("dji-matrice-100", speed_held="ground")
    leg, hover = flown(matrice, Cruise(800, 180, Wind(8, 0))), flown(matrice, Hover(100))
    assert leg.energy_wh == pytest.approx(hover.energy_wh)


def test_own_sets_count_where_an_airframe_has_them() -> None:
    """Climbing from a drop, hovering and sinking to it; each else by the set that the published fit has it with."""
    own = changed("courier-x4", regimes=COURIER.regimes.model_copy(update=OWN_SETS))
    movements = (
        Climb(10),
        Climb(10, from_ground=False),
        Hover(10),
        Descent(10, to_ground=False),
        Descent(10),
    )
    flights = [flown(frame, *movements) for frame in (own, COURIER)]
    x = 9.0**1.5 / math.sqrt(1.225)
    powers = [[62.97 * x + 233, 70 * x + 10, 60 * x + 30, 40 * x + 5, 52.43 * x + 50]]
    powers += [[62.97 * x + 233, 62.97 * x + 233, 62.97 * x + 233, 52.43 * x + 50, 52.43 * x + 50]]
    for flight, watts in zip(flights, powers, strict=True):
        expected = [w * s / 3600 for w, s in zip(watts, (2.5, 2.5, 10, 4, 4), strict=True)]
        assert flight.by_phase_wh == pytest.approx(expected, rel=1e-6)


def test_timing_counts_once_for_each_ground_and_corner() -> None:
    """A sortie of two legs out and one back: one take-off, three corners, one landing."""
    frame = changed("courier-x4", timing=TIMED)
    legs = Cruise(500, 0), Cruise(500, 90), Hover(30), Climb(60, from_ground=False), Cruise(700, 225)
    timed, plain = (flown(one, Climb(60), *legs, Descent(60)).duration_s for one in (frame, COURIER))
    assert timed - plain == pytest.approx(4.0 + 3 * 2.5 + 6.0)
