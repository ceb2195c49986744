"""What a log says of a model: by hand, and against a machine whose truth is known."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest

from fleet.energy import catalog
from fleet.energy.airframe import Airframe, Residual
from fleet.energy.errors import InvalidInput
from fleet.energy.evaluate import errors_of, evaluate, radius_share
from fleet.energy.logs import FlightLog, LogRow, read_log
from fleet.energy.margin import margin_fraction
from fleet.energy.predict import in_order, planned_wh, power_w, quarter_of
from fleet.energy.regimes import Regime, RegimePower, Regimes
from tests.support.flightlog import QUIET, Machine, Noise, as_csv, generated, rows

M100 = catalog.airframe("dji-matrice-100")
PLAIN = M100.model_copy(
    update={
        "regimes": Regimes(
            takeoff=RegimePower(b1=0, b0=720), cruise=RegimePower(b1=0, b0=360), landing=RegimePower(b1=0, b0=360)
        )
    }
)  # fmt: skip
"""Power is the same whatever the mass: 0.2 Wh a second going up and in hover, else 0.1."""
COURIER = catalog.airframe("courier-x4")


def row(regime: str, seconds: float, energy_wh: float, flight: str = "F1", mass_kg: float = 4.0) -> LogRow:
    return LogRow(2, flight, Regime(regime), seconds, mass_kg, 1.2, energy_wh)


def log(*found: LogRow) -> FlightLog:
    return FlightLog("a.csv", found)


TRIP = (row("takeoff", 50, 11), row("cruise", 200, 22), row("landing", 70, 7))
"""Predicted 10, 20 and 7 Wh; 40 measured against 37."""


def test_errors_by_hand() -> None:
    """Percentiles lie on a line between the two nearest: at 0.95 of the way from the first of five to the last, 3.8."""
    found = errors_of([0.01, -0.02, 0.03, -0.04, 0.10])
    assert (found.count, found.p50, found.worst) == (5, 0.03, 0.10)
    assert [found.mean, found.mean_abs] == pytest.approx([0.016, 0.04])
    assert found.p95 == pytest.approx(0.04 + 0.8 * 0.06)
    with pytest.raises(InvalidInput):
        errors_of([])


def test_a_trip_by_hand() -> None:
    found = evaluate(PLAIN, log(*TRIP))
    assert found.trips.mean == pytest.approx(37 / 40 - 1)
    assert found.residuals.log_mean == pytest.approx(math.log(40 / 37))
    assert found.residuals.log_sd is None
    assert found.by_regime["takeoff"].mean == pytest.approx(10 / 11 - 1)
    assert list(found.by_regime) == ["takeoff", "cruise", "landing"]
    assert found.margin.most == pytest.approx(40 / 37 - 1)
    assert found.margin.beyond == ()
    assert found.plan is None


def test_what_is_left_after_a_quarter_of_the_cruise_by_hand() -> None:
    """50 of 200 s: 10 + 5 predicted and 11 + 5.5 used, 22 predicted and 23.5 left."""
    found = evaluate(PLAIN, log(*TRIP)).remaining
    assert found is not None
    assert found.uncorrected.mean == pytest.approx(22 / 23.5 - 1)
    assert found.corrected.mean == pytest.approx(22 * 1.1**0.3 / 23.5 - 1)
    assert found.full_ratio.mean == pytest.approx(22 * 1.1 / 23.5 - 1)
    assert found.within_a_row == 1
    cut = (TRIP[0], *(replace(TRIP[1], duration_s=25, energy_wh=22 / 8) for _ in range(8)), TRIP[2])
    finer = evaluate(PLAIN, log(*cut)).remaining
    assert finer is not None
    assert finer.within_a_row == 0
    assert finer.corrected.mean == pytest.approx(found.corrected.mean)


def test_a_quarter_may_lie_behind_a_whole_row_of_cruise() -> None:
    """10 s out, 30 s hover, 190 s back: a quarter of 200 is 40 s after the hover."""
    flown = [row("takeoff", 50, 11), row("cruise", 10, 1), row("hover", 30, 6), row("climb", 5, 1)]
    flown += [row("cruise", 190, 19), row("landing", 70, 7)]
    found = quarter_of(PLAIN, flown)
    assert found.used_wh == pytest.approx(11 + 1 + 6 + 1 + 19 * 40 / 190)
    assert found.predicted_used_wh == pytest.approx(10 + 1 + 6 + 1 + 4)
    assert found.left_wh == pytest.approx(19 * 150 / 190 + 7)
    assert found.predicted_left_wh == pytest.approx(15 + 7)


def test_rows_are_put_in_order_where_one_a_regime_stands_in_another() -> None:
    """Of a log that is sorted by name, say; with several rows of one regime that can't be told."""
    landing_first = (TRIP[2], TRIP[1], TRIP[0])
    assert in_order(landing_first) == list(TRIP)
    assert evaluate(PLAIN, log(*landing_first)).remaining == evaluate(PLAIN, log(*TRIP)).remaining
    assert in_order((TRIP[1], *TRIP)) is None
    assert evaluate(PLAIN, log(TRIP[1], *TRIP)).remaining is None


def test_what_is_no_whole_flight_counts_for_its_regimes_only() -> None:
    found = evaluate(PLAIN, log(*TRIP, row("hover", 30, 9, "F2")))
    assert (found.incomplete, found.trips.count, found.by_regime["hover"].count) == (("F2",), 1, 1)
    with pytest.raises(InvalidInput, match="take-off, cruise and landing"):
        evaluate(PLAIN, log(row("hover", 30, 9, "F2")))


def test_only_the_flights_that_are_asked_about_count() -> None:
    """One with absurd energy that is left out changes nothing."""
    absurd = tuple(replace(one, flight_id="F2", energy_wh=one.energy_wh * 3) for one in TRIP)
    assert evaluate(PLAIN, log(*TRIP, *absurd), only=["F1"]) == evaluate(PLAIN, log(*TRIP))
    assert evaluate(PLAIN, log(*TRIP, *absurd)).margin.beyond == ("F2",)


def test_the_margin_is_held_against_each_flight() -> None:
    """10.6 % over 37 Wh is 40.94 Wh."""
    within, beyond = ((replace(TRIP[0], energy_wh=wh - 29), *TRIP[1:]) for wh in (40.9, 41.0))
    assert evaluate(PLAIN, log(*within)).margin.beyond == ()
    assert evaluate(PLAIN, log(*beyond)).margin.beyond == ("F1",)


def test_from_the_plan_alone_by_hand() -> None:
    """60 m up at 2.5 m/s, 800 m at 8 m/s, 60 m down at 2 m/s: 24, 100 and 30 s, whatever was measured."""
    planned = (
        replace(TRIP[0], height_m=60),
        replace(TRIP[1], distance_m=800, speed_mps=8),
        row("hover", 10, 2),
        replace(TRIP[2], height_m=60),
    )
    assert planned_wh(PLAIN, planned) == pytest.approx(4.8 + 10 + 2 + 3)
    longer = [
        replace(one, duration_s=one.duration_s * 2) for one in planned if one.regime is not Regime.HOVER
    ]
    assert planned_wh(PLAIN, [*longer, planned[2]]) == pytest.approx(4.8 + 10 + 2 + 3)
    for lacking in (replace(planned[0], height_m=None), replace(planned[1], speed_mps=None)):
        kept = [one for one in planned if one.regime is not lacking.regime]
        assert planned_wh(PLAIN, [*kept, lacking]) is None
        assert evaluate(PLAIN, log(*kept, lacking)).plan is None
    found = evaluate(PLAIN, log(*planned)).plan
    assert found is not None
    assert found.mean == pytest.approx(19.8 / 42 - 1)
    margin = evaluate(PLAIN, log(*planned)).margin
    assert margin.by_plan
    assert margin.most == pytest.approx(42 / 19.8 - 1)
    assert not evaluate(PLAIN, log(*TRIP)).margin.by_plan


def test_cruise_is_at_the_airspeed_of_the_row_within_the_airframes_range() -> None:
    """Of a type whose power changes with it; the air's speed before that over ground."""
    cruise = LogRow(2, "F1", Regime.CRUISE, 100, 10, 1.2, 40)
    at = {speed: power_w(COURIER, replace(cruise, airspeed_mps=speed)) for speed in (10.0, 16.0, 20.0)}
    assert len(set(at.values())) == 3
    assert power_w(COURIER, cruise) == at[16.0]
    assert power_w(COURIER, replace(cruise, speed_mps=10)) == at[10.0]
    assert power_w(COURIER, replace(cruise, speed_mps=10, airspeed_mps=20)) == at[20.0]
    assert power_w(COURIER, replace(cruise, speed_mps=31)) == at[20.0]


def test_what_lies_outside_the_airframe_is_named() -> None:
    """Mass by more than weighing errs, speed in cruise."""
    heavy = tuple(replace(one, mass_kg=4.7, flight_id="heavy") for one in TRIP)
    fast = tuple(replace(one, speed_mps=13, flight_id="fast") for one in TRIP)
    edge = tuple(replace(one, mass_kg=4.5, speed_mps=12, flight_id="edge") for one in TRIP)
    assert evaluate(PLAIN, log(*heavy, *fast, *edge)).outside == ("heavy", "fast")


def test_a_model_without_positive_power_is_told() -> None:
    """The Matrice's landing has a negative constant: nothing weighs 100 g."""
    with pytest.raises(InvalidInput, match="positive power"):
        evaluate(M100, log(*(replace(one, mass_kg=0.1) for one in TRIP)))


# --- a machine whose truth is known ----------------------------------------------------------------------------------


def as_it_is(machine: Machine) -> Airframe:
    """The airframe whose coefficients are the machine's own: ideal hover g^1.5 / sqrt(2 A) over each efficiency."""
    ideal = 9.80665**1.5 / math.sqrt(2 * machine.disc_m2)
    regimes = {
        name: RegimePower(b1=ideal / machine.efficiency[name], b0=machine.avionics_w)
        for name in ("takeoff", "cruise", "landing")
    }
    return M100.model_copy(update={"empty_mass_kg": machine.empty_kg, "regimes": Regimes(**regimes)})


def test_the_true_coefficients_have_no_error() -> None:
    """Without noise, in all views."""
    found = evaluate(as_it_is(Machine()), read_log(generated(Machine(), noise=QUIET), "a.csv"))
    assert found.trips.worst < 1e-9
    assert all(errors.worst < 1e-9 for errors in found.by_regime.values())
    assert found.remaining is not None
    assert found.remaining.corrected.worst < 1e-9
    assert found.plan is not None
    assert found.plan.worst < 1e-9
    assert found.margin.radius_share == pytest.approx(0.876, abs=0.02)


def test_noise_is_found_again() -> None:
    """Of flights by 2.5 % and rows by 1.5 %: a trip of seven rows errs by a little more than 2.5 %."""
    text = generated(Machine(), flights=400, noise=Noise())
    found = evaluate(as_it_is(Machine()), read_log(text, "a.csv"))
    assert found.residuals.log_sd == pytest.approx(0.0262, rel=0.08)
    assert abs(found.residuals.log_mean) < 3 * 0.0262 / math.sqrt(400)
    assert found.trips.mean_abs == pytest.approx(0.0262 * math.sqrt(2 / math.pi), rel=0.08)
    assert found.trips.p95 == pytest.approx(0.0262 * 1.96, rel=0.1)


def test_a_machine_that_takes_more_is_found_out() -> None:
    """By 15 % on all flights: beyond a margin of 10.6 %."""
    taken = [one | {"energy_wh": float(str(one["energy_wh"])) * 1.15} for one in rows(Machine(), 20, 5)]
    found = evaluate(as_it_is(Machine()), read_log(as_csv(taken), "a.csv"))
    assert found.trips.mean == pytest.approx(1 / 1.15 - 1)
    assert len(found.margin.beyond) == 20
    assert found.remaining is not None
    errors = found.remaining
    assert errors.uncorrected.worst > errors.corrected.worst > errors.full_ratio.worst


def test_the_order_of_flights_does_not_matter() -> None:
    read = read_log(generated(Machine(), flights=12, noise=Noise()), "a.csv")
    turned = FlightLog("a.csv", tuple(one for rows in reversed([*read.flights.values()]) for one in rows))
    one, other = evaluate(M100, read), evaluate(M100, turned)
    assert one.trips.p95 == pytest.approx(other.trips.p95)
    assert one.margin.most == other.margin.most


def test_without_plans_the_margin_is_the_one_that_is_flown_with_and_like_is_held_against_like_apart() -> None:
    """The declared deviation holds what plans err in durations; with those given, a flight that takes a tenth more is
    beyond what such flights may take."""
    residual = Residual(log_sd=0.0425, flights=60, flown_log_sd=0.0225, plan_assumed=True)
    frame = as_it_is(Machine()).model_copy(update={"residual": residual})
    more = [
        one | {"distance_m": "", "height_m": "", "energy_wh": float(str(one["energy_wh"])) * 1.1}
        for one in rows(Machine(), 20, 5)
    ]
    log = read_log(as_csv(more), "a.csv")
    margin = evaluate(frame, log).margin
    assert not margin.by_plan
    assert margin.share == margin_fraction(1e-3, residual)
    assert margin.beyond == ()
    assert margin.radius_share == radius_share(frame, log.flights.values(), [1.1] * 20, margin.share)
    assert margin.durations_given is not None
    assert margin.durations_given.share == margin_fraction(1e-3, Residual(log_sd=0.0225, flights=60))
    assert margin.durations_given.beyond == margin.exceeded == tuple(log.flights)
    assert evaluate(M100, log).margin.durations_given is None
    with_plans = evaluate(frame, read_log(generated(Machine()), "a.csv")).margin
    assert (with_plans.share, with_plans.durations_given) == (margin.share, None)


# --- radius ----------------------------------------------------------------------------------------------------------


def test_the_radius_of_who_knows_is_met_by_who_has_no_margin() -> None:
    assert radius_share(M100, [TRIP], [1.0], 0.0) == pytest.approx(1)


@pytest.mark.parametrize(("ratio", "share"), [(1.0, 0.876), (0.94, 0.81), (1.06, 0.95)])
def test_a_margin_costs_radius(ratio: float, share: float) -> None:
    """Worked out beside the program for 0.5 kg: 10.6 % leave 0.876, less of it to who would have needed less."""
    trip = [replace(one, mass_kg=M100.empty_mass_kg + 0.5) for one in TRIP]
    assert radius_share(M100, [trip], [ratio], 0.106) == pytest.approx(share, abs=0.01)


def test_who_refuses_everything_has_no_radius_and_who_dares_too_much_gains_none() -> None:
    assert radius_share(M100, [TRIP], [1.0], 50.0) == 0
    daring = [radius_share(M100, [TRIP, TRIP], [1.0, ratio], 0.0) for ratio in (1.0, 1.2)]
    assert daring == [pytest.approx(1), pytest.approx(1)]
    assert radius_share(M100, [TRIP], [100.0], 0.0) is None


def test_the_generated_log_is_the_same_every_time() -> None:
    assert generated(Machine(), 3, 7, Noise()) == generated(Machine(), 3, 7, Noise())
    assert generated(Machine(), 3, 7, Noise()) != generated(Machine(), 3, 8, Noise())
    energies = [float(str(one["energy_wh"])) for one in rows(Machine(), 30, 1)]
    assert statistics.fmean(energies) > 1
