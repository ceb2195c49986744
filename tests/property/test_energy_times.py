"""What a log can't tell about times never makes later trips too cheap: true machines that climb and cruise slower than
planned and lose seconds, logged at one height or one length or without plans, then flown otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe, Timing, parse_figures
from fleet.energy.fit import NotCarried, fit
from fleet.energy.logs import read_log
from fleet.energy.render import render
from fleet.energy.sortie import SortiePlan, largest_radius_m, sortie_energy_wh
from fleet.feasibility.estimate import Question, estimate
from tests.support.flightlog import Machine, Noise, as_csv, rows

M100 = catalog.airframe("dji-matrice-100")
NOISE = Noise(0.025, 0.01, 0.7)
EPSILON, LOGGED, FLOWN = 0.01, 100, 1_000
BY_CHANCE = 1 - NormalDist().cdf(NormalDist().inv_cdf(1 - EPSILON) * (1 - 3 / math.sqrt(2 * (LOGGED - 1))))
MOST_BEYOND = BY_CHANCE + 3 * math.sqrt(BY_CHANCE * (1 - BY_CHANCE) / FLOWN)
"""A margin is made from a deviation that so many flights tell within an error of its own, and is then held against so
many: three of each error."""
PLAN = ("distance_m", "height_m")


@dataclass(frozen=True)
class Case:
    """A true machine, what its log has, and the trip that is asked for later."""

    machine: Machine
    plans: bool
    height_m: float
    out_m: float
    seed: int


def truth(climbs: float, sinks: float, made: float, seconds: tuple[float, float, float]) -> Machine:
    """Rates and speeds as shares of the base's, and what a take-off, a leg and a landing lose."""
    return Machine(
        empty_kg=M100.empty_mass_kg,
        efficiency={"takeoff": 0.44, "cruise": 0.52, "landing": 0.48},
        climb_mps=M100.climb_mps * climbs,
        descent_mps=M100.descent_mps * sinks,
        made=made,
        longer_s=dict(zip(("takeoff", "cruise", "landing"), seconds, strict=True)),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Climbs at half their rate at the worst, cruises at seven tenths of their speed; without plans within what is
    assumed then beside the seconds, some hundredths."""
    plans = draw(st.booleans())
    rates, speeds = (
        (st.floats(0.5, 1), st.floats(0.7, 1)) if plans else (st.floats(0.95, 1), st.floats(0.98, 1))
    )
    lost = [st.floats(0, 12), st.floats(0, 8), st.floats(0, 12)]
    lost = lost if plans else [st.floats(0, 5), st.floats(0, 3), st.floats(0, 6)]
    machine = truth(draw(rates), draw(rates), draw(speeds), draw(st.tuples(*lost)))
    height_m, out_m = draw(st.sampled_from([30.0, 60.0, 100.0])), draw(st.floats(200, 900))
    if draw(st.booleans()):
        machine = replace(machine, heights_m=(height_m, height_m * draw(st.sampled_from([1.0, 1.01, 1.15]))))
    if draw(st.booleans()):
        machine = replace(
            machine, outs_m=(out_m, out_m * draw(st.sampled_from([1.0, 1.02, 1.3]))), speeds_mps=(8.0,)
        )
    return Case(
        machine, plans, draw(st.floats(15, 120)), draw(st.floats(60, 2_500)), draw(st.integers(0, 10**6))
    )


def log_text(case: Case) -> str:
    made = (dict(row) for row in rows(case.machine, LOGGED, case.seed, NOISE))
    return as_csv(row if case.plans else {k: v for k, v in row.items() if k not in PLAN} for row in made)


def fitted(case: Case) -> Airframe | NotCarried:
    found = fit(M100, read_log(log_text(case), "log.csv"), share=0.3, name="mine", origin="log.csv")
    if isinstance(found, NotCarried):
        return found
    return parse_figures(Airframe, render(found.airframe), "mine.toml")


def took_wh(case: Case, payload_kg: float, density: float) -> list[float]:
    """Flights of the trip as the true machine makes them, each with its own chance."""
    rng, machine = Random(case.seed + 1), case.machine
    lost = {name: machine.longer_s.get(name, 0.0) for name in ("takeoff", "cruise", "landing")}
    cruise_s = case.out_m / 8.0 / machine.made + lost["cruise"]
    up_s, down_s = case.height_m / machine.climb_mps, case.height_m / machine.descent_mps
    parts = [
        ("takeoff", up_s + lost["takeoff"], payload_kg),
        ("cruise", cruise_s, payload_kg),
        ("descent", down_s, payload_kg),
        ("hover", 30.0, payload_kg),
        ("climb", up_s, 0.0),
        ("cruise", cruise_s, 0.0),
        ("landing", down_s + lost["landing"], 0.0),
    ]
    watts = [machine.power_w(regime, machine.empty_kg + kg, density) for regime, _, kg in parts]
    return [
        sum(
            w * max(0.0, s + rng.gauss(0, NOISE.seconds if regime != "hover" else 0.0))
            * math.exp(off + rng.gauss(0, NOISE.row)) / 3600
            for w, (regime, s, _) in zip(watts, parts, strict=True)
        )
        for off in [rng.gauss(0, NOISE.flight) for _ in range(FLOWN)]
    ]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(cases())
def test_no_more_flights_go_beyond_the_margin_than_were_accepted(case: Case) -> None:
    """At other heights and lengths than the log's; or the log is refused, with reasons."""
    frame = fitted(case)
    if isinstance(frame, NotCarried):
        assert all(one.detail for one in frame.lacks)
        return
    asked = Question(0.5, case.out_m, 8.0, case.height_m, temperature_c=15.0, epsilon=EPSILON)
    found = estimate(frame, asked)
    assert found.flight is not None
    most_wh = found.flight.energy_wh * (1 + found.margin_share)
    beyond = sum(wh > most_wh for wh in took_wh(case, 0.5, asked.density_kg_m3)) / FLOWN
    assert beyond <= MOST_BEYOND
    if not case.plans:
        assert any("no plans" in one for one in found.assumptions)
    assert frame.validity is not None
    heights = frame.validity.height_m
    if heights is not None and not heights.low <= case.height_m <= heights.high:
        assert any("height_m" in one for one in found.assumptions)
    if frame.validity.leg_m is not None and case.out_m > frame.validity.leg_m.high * 1.001:
        assert any("leg_m" in one for one in found.assumptions)


SLOW = truth(0.6, 0.6, 0.8, (3.0, 2.0, 4.0))


@pytest.mark.parametrize("height_m", [20.0, 40.0, 120.0])
def test_a_log_at_one_height_tells_no_drop_too_cheap(height_m: float) -> None:
    """The drop's descent and climb have no lost seconds: what take-offs and landings lasted longer is in them too."""
    case = Case(replace(SLOW, heights_m=(40.0,), made=1.0), True, height_m, 300.0, 5)
    frame = fitted(case)
    assert isinstance(frame, Airframe)
    assert frame.timing.takeoff_or is not None
    found = estimate(frame, Question(0.5, 300.0, 8.0, height_m, temperature_c=15.0))
    assert found.flight is not None
    true = sorted(took_wh(case, 0.5, 1.2))[FLOWN // 2]
    assert true <= found.flight.energy_wh * 1.02
    assert found.flight.energy_wh <= 1.25 * true


@pytest.mark.parametrize("out_m", [60.0, 300.0, 1_200.0])
def test_a_log_of_one_length_tells_no_longer_way_too_cheap(out_m: float) -> None:
    """Nor a shorter one: of a slow cruise and lost seconds the worse counts."""
    case = Case(replace(SLOW, outs_m=(300.0, 300.0), speeds_mps=(8.0,)), True, 50.0, out_m, 6)
    frame = fitted(case)
    assert isinstance(frame, Airframe)
    assert frame.timing.corner_or is not None
    found = estimate(frame, Question(0.5, out_m, 8.0, 50.0, temperature_c=15.0))
    assert found.flight is not None
    true = sorted(took_wh(case, 0.5, 1.2))[FLOWN // 2]
    assert true <= found.flight.energy_wh * 1.02
    assert found.flight.energy_wh <= 1.25 * true


def test_lengths_and_heights_that_differ_tell_one_reading() -> None:
    """The true rates, speed and seconds, within their errors."""
    frame = fitted(Case(SLOW, True, 0.0, 0.0, 7))
    assert isinstance(frame, Airframe)
    assert not frame.timing.unsure
    assert frame.climb_mps == pytest.approx(SLOW.climb_mps, rel=0.05)
    assert frame.descent_mps == pytest.approx(SLOW.descent_mps, rel=0.05)
    assert frame.timing.cruise_share == pytest.approx(0.8, rel=0.02)
    assert frame.timing.corner_s == pytest.approx(2.0, abs=0.8)


def two_readings() -> Airframe:
    timing = Timing(cruise_share=0.8, corner_or=(1.0, 9.0), takeoff_or=(2.5, 8.0))  # type: ignore[arg-type]
    return M100.model_copy(update={"timing": Timing.model_validate(timing.model_dump())})


@given(st.floats(15, 120), st.floats(0, 9), st.floats(0, 360), st.floats(0, 0.75))
def test_the_radius_of_two_readings_is_the_one_at_which_the_budget_ends(
    budget_wh: float, wind_mps: float, from_deg: float, payload_kg: float
) -> None:
    """By halving: energy is no straight line of the distance then."""

    frame, plan = two_readings(), SortiePlan(height_m=40.0, wind=Wind(min(wind_mps, 7.0), from_deg))
    found_m = float(largest_radius_m(frame, budget_wh, 0.0, payload_kg, plan))
    low, high = 0.0, 50_000.0
    for _ in range(60):
        middle = (low + high) / 2
        fits = float(sortie_energy_wh(frame, middle, 0.0, payload_kg, plan)) <= budget_wh
        low, high = (middle, high) if fits else (low, middle)
    assert found_m == pytest.approx(low, abs=0.01)
