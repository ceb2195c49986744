"""What a decision takes from the weather is a bound: no wind that the rows let blow costs more than was counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe
from fleet.energy.legs import Legs, leg_table
from fleet.energy.multirotor import Cruise, EnergyEstimate, Phase, flight_energy
from fleet.energy.regimes import Regime
from fleet.energy.sortie import SortiePlan, sortie_energy_wh
from fleet.energy.speed import Cruises, cruises_speed
from fleet.feasibility.motion import Departure, Planned, plan_trip
from fleet.weather.blend import blended
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import Missing, WeatherSeries
from fleet.weather.winds import Winds, together
from tests.support.legphysics import leg_joules
from tests.support.soak import chosen
from tests.unit.feasibility.world import DRONE, NOON, SITE, away, context, order

COURIER, MATRICE = catalog.airframe("courier-x4"), catalog.airframe("dji-matrice-100")
FRAMES = st.sampled_from(
    [
        COURIER,
        MATRICE,
        COURIER.model_copy(update={"speed_held": "ground"}),
        MATRICE.model_copy(update={"speed_held": "ground"}),
    ]
)
DEGREES = st.floats(0, 360)
SHARES = st.floats(0, 1)
Row = tuple[float, float, float]
"""Minutes after noon, a wind in m/s, where it comes from."""


@settings(max_examples=chosen(60, long=150), deadline=None)
@given(FRAMES, SHARES, DEGREES, st.floats(0, 12), SHARES, DEGREES, st.floats(0, 180), SHARES, SHARES, SHARES)
@example(MATRICE.model_copy(update={"speed_held": "ground"}), 0.5, 0.0, 12.0, 0.0, 180.0, 90.0, 0.0, 0.4, 0.5)
def test_no_wind_of_a_set_costs_a_leg_more_than_the_set(
    frame: Airframe, fast: float, track: float, strongest: float, weak: float, from_deg: float, turns: float,
    stray: float, blows: float, side: float,
) -> None:  # fmt: skip
    """By the physics of the tests; and the set costs no more than the dearest of many of its winds, nearly."""
    speed_mps = frame.min_airspeed_mps + fast * (frame.max_airspeed_mps - frame.min_airspeed_mps)
    weakest, stray_mps = weak * strongest, stray * min(1.0, strongest)
    wind = Wind(strongest, from_deg, weakest, turns, stray_mps)
    counted = flight_energy(frame, [Phase(Cruise(3000.0, track, wind, speed_mps))], density_kg_m3=1.2)

    figures = frame.model_dump()

    def joules(mps: float, deg: float) -> float:
        """Also a hair slower and faster: at the limits of the airspeed a rounding decides whether it can be flown."""
        wind = track, mps, deg, frame.holds_ground
        return min(
            leg_joules(figures, Regime.CRUISE, 3000.0, frame.empty_mass_kg, 1.2, speed, *wind)[1]
            for speed in (speed_mps, speed_mps * (1 - 1e-9), speed_mps * (1 + 1e-9))
        )

    inside = joules(weakest + blows * (strongest - weakest), from_deg + (2 * side - 1) * turns)
    astray = joules(blows * stray_mps, 360.0 * side) if stray_mps > 0 else 0.0
    if not isinstance(counted, EnergyEstimate):
        return
    counted_j = counted.energy_wh * 3600
    assert counted_j >= max(inside, astray) * (1 - 1e-8)
    many = [
        joules(mps, from_deg + turn)
        for mps in np.linspace(weakest, strongest, 5).tolist()
        for turn in np.linspace(-turns, turns, 13).tolist()
    ]
    many += [joules(stray_mps, track + deg) for deg in (0.0, 180.0) if stray_mps > 0]
    assert counted_j <= max(many) * 1.06


def air_mps(speed_mps: float, track: float, mps: float, from_deg: float) -> float:
    """Over ground along a track with the airspeed held, by the vectors: |g u - w| = v is a square in g."""
    along = math.sin(math.radians(track)), math.cos(math.radians(track))
    wind = -mps * math.sin(math.radians(from_deg)), -mps * math.cos(math.radians(from_deg))
    helps = along[0] * wind[0] + along[1] * wind[1]
    return helps + math.sqrt(helps**2 + speed_mps**2 - wind[0] ** 2 - wind[1] ** 2)


def told(rows: Sequence[Row], second: float) -> tuple[float, float]:
    """Wind at a second after noon: strength and direction evenly between rows, each for itself, the short way round;
    next to a row of less than 1 m/s, or of none, which has no direction, from where the other row says."""
    minute = second / 60
    for (t0, w0, d0), (t1, w1, d1) in pairwise(rows):
        if t0 <= minute <= t1:
            share = (minute - t0) / (t1 - t0)
            turn = math.remainder(d1 - d0, 360.0)
            deg = d0 + (-180.0 if turn == 180.0 else turn) * share
            if (w0 < 1) != (w1 < 1):
                deg = d1 if w0 < 1 else d0
            elif (w0 == 0) != (w1 == 0):
                deg = d1 if w0 == 0 else d0
            return w0 + (w1 - w0) * share, deg
    raise AssertionError(minute)


def flown_s(
    metres: float, track: float, start_s: float, wind: Callable[[float], tuple[float, float]]
) -> float:
    """How long a leg takes through a wind that changes, in steps of 5 s."""
    left_m, second = metres, start_s
    while True:
        ground = air_mps(DRONE.cruise_mps, track, *wind(second))
        if left_m <= 5 * ground:
            return second + left_m / ground - start_s
        left_m, second = left_m - 5 * ground, second + 5


WINDS = st.tuples(st.floats(0.0, 9.5), st.one_of(DEGREES, st.floats(0, 40)))
STATION = st.lists(WINDS, min_size=2, max_size=5)


@settings(max_examples=chosen(100, long=250), deadline=None)
@given(
    st.lists(st.tuples(STATION, st.floats(2, 25), st.floats(0, 9)), min_size=1, max_size=3),
    st.floats(500, 3500),
    DEGREES,
)
@example([([(8.9, 29.0), (9.0, 0.0), (8.9, 331.0)], 6.0, 1.0)], 3500.0, 90.0)
@example([([(0.5, 180.0), (9.0, 180.0), (9.0, 180.0)], 6.0, 1.0)], 3500.0, 0.0)
@example([([(0.5, 0.0), (0.0, 108.0), (1.0, 0.0)], 5.0, 2.0)], 500.0, 0.0)
@example([([(0.0, 0.0), (0.5, 90.0), (1.0, 0.0)], 3.0, 0.0)], 500.0, 0.0)
@example([([(0.9, 180.0), (9.0, 0.0)], 20.0, 1.0), ([(5.0, 0.0), (5.0, 0.0)], 20.0, 1.0)], 3000.0, 0.0)
def test_no_trip_takes_longer_through_the_rows_than_was_counted(
    stations: list[tuple[list[tuple[float, float]], float, float]], metres: float, track: float
) -> None:
    """Whichever station is right, and however the wind changes between its rows: each way, and with it its energy."""
    rows: dict[str, list[Row]] = {}
    for number, (winds, every_min, early_min) in enumerate(stations):
        some = [(n * every_min - early_min, *wind) for n, wind in enumerate(winds)]
        rows[str(number)] = [*some, (some[-1][0] + 80.0, *winds[-1])]
    there = away(
        north_m=metres * math.cos(math.radians(track)), east_m=metres * math.sin(math.radians(track))
    )
    weather = blended(None, {name: [observed(row) for row in some] for name, some in rows.items()}, [])
    found = plan_trip(context(weather=weather, lockers={}), order(place=there), DRONE, Departure(SITE, NOON))
    if not isinstance(found, Planned):
        return
    seconds = [(point.at - NOON).total_seconds() for point in found.trip.path]
    (out_deg,), (back_deg,) = found.shape.out.bearings_deg, found.shape.back.bearings_deg
    for some in rows.values():
        wind = partial(told, some)
        out_s = flown_s(found.shape.out_m, out_deg, seconds[1], wind)
        late_s = seconds[1] + out_s + seconds[-3] - seconds[2]
        back_s = flown_s(found.shape.back_m, back_deg, late_s, wind)
        assert out_s <= (seconds[2] - seconds[1]) * (1 + 1e-9) + 1e-5
        assert back_s <= (seconds[-2] - seconds[-3]) * (1 + 1e-9) + 1e-5


def observed(row: Row, celsius: float = 18.0) -> Observation:
    minute, mps, deg = row
    return Observation(NOON + timedelta(minutes=minute), Conditions(mps, mps, deg, celsius, 0.0, 10_000.0))


def planned(*rows: Row, metres: float = 3000.0) -> Planned:
    series = WeatherSeries(tuple(observed(row) for row in rows))
    found = plan_trip(
        context(weather=series, lockers={}), order(place=away(north_m=metres)), DRONE, Departure(SITE, NOON)
    )
    assert isinstance(found, Planned)
    return found


@given(st.floats(0, 9.5), DEGREES)
def test_a_steady_wind_costs_what_it_costs(mps: float, deg: float) -> None:
    """To 1e-9 what each leg takes in that one wind, from rows that say so again and again."""
    found = planned(*((minute, mps, deg) for minute in (-10, 0, 4, 30, 80)))
    legs = found.trip.path
    for (here, there), track in (((1, 2), found.shape.out), ((-3, -2), found.shape.back)):
        counted_s = (legs[there].at - legs[here].at).total_seconds()
        ground = air_mps(DRONE.cruise_mps, track.bearings_deg[0], mps, deg)
        assert counted_s == pytest.approx(track.legs_m[0] / ground, rel=1e-9, abs=2e-6)


@pytest.mark.parametrize("deg", range(0, 360, 30))
def test_a_turn_of_ten_degrees_costs_little(deg: float) -> None:
    """Of 8 m/s, half the airspeed, less than 5 % of the energy, from wherever it blows; from anywhere costs more."""
    steady, turning, around = (
        planned((-10, 8, deg), (5, 8, deg), (7, 8, (deg + turn) % 360), (80, 8, (deg + turn) % 360)).trip
        for turn in (0, 10, 180)
    )
    assert steady.energy_wh <= turning.energy_wh < 1.05 * steady.energy_wh
    assert turning.energy_wh < around.energy_wh


@given(st.lists(st.tuples(st.floats(0, 20), SHARES, DEGREES, st.floats(0, 89)), min_size=1, max_size=5))
def test_sets_together_hold_each(some: list[tuple[float, float, float, float]]) -> None:
    sets = [Winds(mps, share * mps, deg, turns) for mps, share, deg, turns in some]
    found = together(sets)
    for one in sets:
        assert found.weakest_mps <= one.weakest_mps
        assert one.strongest_mps <= found.strongest_mps
        edges = [one.from_deg + turn for turn in (-one.turns_deg, one.turns_deg)]
        far = max(abs(math.remainder(edge - found.from_deg, 360.0)) for edge in edges)
        assert far <= found.turns_deg + 1e-9 or one.strongest_mps <= found.stray_mps < 1


@settings(max_examples=chosen(250, long=600))
@given(
    st.floats(0, 15), SHARES, DEGREES, st.one_of(st.floats(0, 89), st.floats(45, 89.9), st.just(180.0)),
    st.floats(0, 9), st.one_of(DEGREES, st.floats(120, 240)), SHARES, SHARES,
)  # fmt: skip
@example(0.5, 1.0, 92.0, 89.0, 0.5, 268.0, 0.0, 0.5)
@example(6.56, 5.7 / 6.56, 350.6, 78.0, 4.25, 192.4, 0.0, 0.5)
def test_a_wind_that_is_added_is_added_to_each(
    mps: float, weak: float, deg: float, turns: float, more: float, beside: float, blows: float, side: float
) -> None:
    """The sum of vectors of each of the winds and the other lies within; with one wind it is that sum."""
    winds, other = Winds(mps, weak * mps, deg, turns), (deg + beside) % 360.0
    found = winds.blown(more, other)
    for share, towards in product((blows, 0.0, 1.0), (side, 0.0, 0.25, 0.5, 0.75, 1.0)):
        strength = weak * mps + share * (mps - weak * mps)
        angles = math.radians(deg + (2 * towards - 1) * turns), math.radians(other)
        east, north = (strength * wave(angles[0]) + more * wave(angles[1]) for wave in (math.sin, math.cos))
        length = math.hypot(east, north)
        assert found.weakest_mps - 1e-6 <= length <= found.strongest_mps + 1e-6
        if length > 1e-3:
            off = abs(math.remainder(math.degrees(math.atan2(east, north)) - found.from_deg, 360.0))
            assert off <= found.turns_deg + 1e-5
    if turns == 0 and weak == 1:
        assert found.weakest_mps == pytest.approx(found.strongest_mps)
        assert found.turns_deg == pytest.approx(0, abs=1e-9)


@given(FRAMES, st.floats(0, 8), SHARES, DEGREES, st.floats(0, 90), SHARES)
def test_table_speed_and_flight_take_the_same_of_a_set(
    frame: Airframe, mps: float, weak: float, deg: float, turns: float, stray: float
) -> None:
    """One formula: a flight, a table of flights, a table of legs, and the choice of a speed."""
    wind = Wind(mps, deg, weak * mps, turns, stray * min(1.0, mps))
    flight = flight_energy(frame, [Phase(Cruise(2000.0, 40.0, wind))])
    spread = wind.least_mps, wind.turns_deg, wind.stray_mps
    legs = Legs(
        Regime.CRUISE, 2000.0, frame.empty_mass_kg, 1.225, None, 40.0, mps, deg, frame.holds_ground, *spread
    )
    assume(isinstance(flight, EnergyEstimate))
    assert isinstance(flight, EnergyEstimate)
    assert float(leg_table(frame, legs).energy_wh) == pytest.approx(flight.energy_wh, rel=1e-4)
    plan = SortiePlan(height_m=0.0, drop_s=0.0, wind=wind)
    round_wh, none_wh = (float(sortie_energy_wh(frame, m, 40.0, 0.0, plan)) for m in (2000.0, 0.0))
    home = flight_energy(frame, [Phase(Cruise(2000.0, 220.0, wind))])
    if not isinstance(home, EnergyEstimate):
        assert round_wh == math.inf
        return
    assert round_wh - none_wh == pytest.approx(flight.energy_wh + home.energy_wh, rel=1e-6)
    columns = np.array([(2000.0, 40.0, mps, deg, frame.empty_mass_kg, *spread)]).T
    speeds = frame.min_airspeed_mps, frame.max_airspeed_mps
    chosen = cruises_speed(frame, Cruises(*columns), (1.225,), speeds)
    assert chosen is not None
    best = flight_energy(frame, [Phase(Cruise(2000.0, 40.0, wind, chosen))])
    assert isinstance(best, EnergyEstimate)
    assert best.energy_wh <= flight.energy_wh * (1 + 1e-6)


@given(
    st.lists(
        st.tuples(st.floats(-30, 45), st.lists(st.integers(0, 40), min_size=1, max_size=4, unique=True)),
        min_size=1,
        max_size=4,
    ),
    SHARES,
)
def test_each_temperature_that_counts_lies_between_the_coldest_and_the_warmest(
    stations: list[tuple[float, list[int]]], share: float
) -> None:
    """Of each station, at each moment: none hides another's."""
    said: Mapping[str, list[Observation]] = {
        str(n): [observed((minute, 2.0, 0.0), celsius + minute / 10) for minute in sorted(minutes)]
        for n, (celsius, minutes) in enumerate(stations)
    }
    weather = blended(None, said, [])
    assert weather is not None
    moment = NOON + timedelta(minutes=45 * share)
    worst = weather.worst_between(moment, moment + timedelta(minutes=5))
    if isinstance(worst, Missing):
        return
    for rows in said.values():
        celsius = WeatherSeries(tuple(rows)).at(moment)
        if not isinstance(celsius, Missing):
            assert worst.min_temperature_c <= celsius.temperature_c + 1e-9
            assert celsius.temperature_c <= worst.max_temperature_c + 1e-9
