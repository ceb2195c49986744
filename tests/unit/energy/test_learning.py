"""What is learned of an asset: never less careful than the type allows, bounded, sure in time; drift widens and
alarms."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.airframe import Residual
from fleet.energy.errors import InvalidInput
from fleet.energy.learning import (
    ASSUMED_APART,
    DECLARED_LOG_SD,
    FRUGAL_SD,
    MOST_BIAS,
    NEW,
    WIDEST,
    Track,
    bias_of,
    learnt,
    raised_by,
    variance_of,
)
from fleet.energy.margin import margin_fraction
from tests.support.energyfleet import fly, of_truth, one_margin_for_all, ours, perfect

MATRICE = Residual(log_sd=0.0312, flights=68, between_log_sd=0.0)
SPREAD = Residual(log_sd=0.0312, flights=68, between_log_sd=0.075)
RESIDUALS = st.builds(
    Residual,
    log_sd=st.floats(0.005, 0.2),
    flights=st.integers(10, 500),
    between_log_sd=st.none() | st.floats(0, 0.2),
    drift_log_sd=st.floats(0, 0.05),
    declared=st.booleans(),
)
RATIOS = st.lists(st.floats(0.2, 5.0), max_size=30)
EPSILONS = st.floats(1e-6, 0.4)


def after(ratios: list[float], residual: Residual) -> Track:
    track = NEW
    for ratio in ratios:
        track = learnt(track, 100 * ratio, 100.0, residual).track
    return track


@given(RATIOS, RESIDUALS, EPSILONS)
def test_the_margin_is_never_smaller_than_the_evidence_allows(
    ratios: list[float], residual: Residual, epsilon: float
) -> None:
    """Around what is believed of an asset at least the type's margin; below the type only as its assets differ."""
    raised = 1 + raised_by(epsilon, after(ratios, residual), residual)
    types = 1 + margin_fraction(epsilon, residual)
    believed = math.exp(bias_of(after(ratios, residual), residual))
    assert raised >= believed * types * (1 - 1e-12)
    assert raised >= math.exp(-FRUGAL_SD * (residual.between_log_sd or 0.0)) * types * (1 - 1e-12)


@given(RATIOS, RESIDUALS)
def test_the_bias_is_bounded_and_between_what_was_seen(ratios: list[float], residual: Residual) -> None:
    """And shrunken: it lies between nothing and the farthest flight."""
    track = after(ratios, residual)
    seen = [0.0, *(math.log(ratio) for ratio in ratios)]
    assert min(seen) - 1e-9 <= track.log_bias <= max(seen) + 1e-9
    assert abs(track.log_bias) <= MOST_BIAS
    assert 1 <= track.widening <= WIDEST
    assert variance_of(track, residual) >= 0
    assert track.flights == len(ratios)


@given(RESIDUALS, EPSILONS)
def test_a_new_asset_of_a_type_without_spread_is_its_type(residual: Residual, epsilon: float) -> None:
    alike = residual.model_copy(update={"between_log_sd": 0.0})
    assert raised_by(epsilon, NEW, alike) == margin_fraction(epsilon, alike)
    assert raised_by(epsilon, NEW, residual) >= margin_fraction(epsilon, residual)
    assert raised_by(epsilon, after([0.5], residual), None) == margin_fraction(epsilon, None)


@given(RATIOS, st.floats(0.2, 5.0), st.floats(0.2, 5.0), RESIDUALS, EPSILONS)
def test_a_hungrier_flight_never_leaves_less_bias(
    ratios: list[float], a: float, b: float, residual: Residual, epsilon: float
) -> None:
    """Of two last flights, the one that took more has the asset counted as hungrier."""
    track, (less, more) = after(ratios, residual), sorted((a, b))
    frugal, hungry = (learnt(track, 100 * one, 100.0, residual).track for one in (less, more))
    assert frugal.log_bias <= hungry.log_bias


@given(RATIOS, st.floats(0.2, 5.0), RESIDUALS)
def test_one_flight_moves_little(ratios: list[float], wild: float, residual: Residual) -> None:
    """By no more than three of the deviations that were expected, whatever the meter said."""
    track = after(ratios, residual)
    moved = abs(learnt(track, 100 * wild, 100.0, residual).track.log_bias - track.log_bias)
    unsure = math.sqrt(variance_of(track, residual))
    if track.variance is None and residual.declared:
        unsure = max(unsure, residual.log_sd, DECLARED_LOG_SD)
    sd = math.sqrt(unsure**2 + residual.drift_log_sd**2 + residual.log_sd**2)
    assert moved <= 3 * sd + 1e-12


def test_without_drift_what_is_known_only_grows() -> None:
    """The variance is that of the mean of n flights and of the spread between assets: 1 / (1/between² + n/s²)."""
    still = SPREAD.model_copy(update={"drift_log_sd": 0.0})
    track = NEW
    for n in range(1, 20):
        track = learnt(track, 100.0, 100.0, still).track
        assert variance_of(track, still) == pytest.approx(1 / (1 / 0.075**2 + n / 0.0312**2))


def test_the_margin_shrinks_from_flight_to_flight_as_worked_out_by_hand() -> None:
    """Assets 7.5 % apart, flights 3.1 %, drift 0.5 % a flight, at 1e-3: from 28.5 % to 14, 12.5, 11.6 and 11.2 %.

    By hand with the normal's 3.09 and without 1/n; a deviation that is an estimate from 68 flights adds up to a point.
    """
    track, margins = NEW, {0: raised_by(1e-3, NEW, SPREAD)}
    for n in range(1, 8):
        track = learnt(track, 100.0, 100.0, SPREAD).track
        margins[n] = raised_by(1e-3, track, SPREAD)
    for n, by_hand in {0: 0.285, 1: 0.141, 2: 0.125, 4: 0.116, 7: 0.112}.items():
        assert by_hand - 0.001 <= margins[n] <= by_hand * 1.06 + 0.002


def test_a_bias_is_found_in_a_few_flights() -> None:
    """An asset that takes 12 % more: after five flights the bias is within 3 %, its raise covers the truth."""
    rng, found = random.Random(4), []
    for _ in range(200):
        track = NEW
        for _ in range(5):
            track = learnt(track, 112 * math.exp(rng.gauss(0, 0.0312)), 100.0, SPREAD).track
        found.append(track.log_bias)
        assert 1 + raised_by(1e-3, track, SPREAD) > 1.12
    off = [abs(one - math.log(1.12)) for one in found]
    assert sorted(off)[190] < 0.035


def test_a_pack_that_loses_one_per_cent_a_flight_is_told_within_twenty_flights_and_widens_the_margin() -> (
    None
):
    """With a declared drift of half of that, and assets that are not known to differ."""
    rng, alarms, widest = random.Random(7), [], []
    for _ in range(50):
        track, told, most = NEW, None, 0.0
        for n in range(30):
            ratio = math.exp(0.01 * n + rng.gauss(0, 0.0312))
            found = learnt(track, 100 * ratio, 100.0, MATRICE)
            track, most = found.track, max(most, raised_by(1e-3, found.track, MATRICE))
            told = n if found.alarm and told is None else told
        alarms.append(told if told is not None else 99)
        widest.append(most)
    assert sorted(alarms)[45] <= 20
    assert min(widest) > margin_fraction(1e-3, MATRICE)


def test_false_alarms_are_rare() -> None:
    """Flights that lie as the model says: on the mean some hundred flights from one alarm to the next."""
    rng, alarms, track = random.Random(1), 0, NEW
    for _ in range(20_000):
        found = learnt(track, 100 * math.exp(rng.gauss(0, 0.0312)), 100.0, MATRICE)
        track, alarms = found.track, alarms + found.alarm
    assert alarms < 20_000 / 300


@pytest.mark.parametrize(
    ("used", "predicted"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (1.0, math.inf)]
)
def test_energies_that_are_none_are_refused(used: float, predicted: float) -> None:
    """A meter that stands still teaches nothing."""
    with pytest.raises(InvalidInput, match="_wh"):
        learnt(NEW, used, predicted, MATRICE)


# --- a fleet over days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_fleet_that_is_off_by_15_per_cent_and_drifts_breaks_no_reserve(seed: int) -> None:
    """Twelve assets, three days; and it delivers nine tenths of what who knows each asset's truth would."""
    learned, known = fly(seed, ours), fly(seed, perfect)
    assert learned.broken == 0
    assert learned.delivered >= 0.9 * known.delivered
    assert known.delivered > 100


def test_one_margin_for_all_breaks_reserves_in_that_fleet() -> None:
    """So that no broken reserve is something: the world is one in which range decides."""
    assert sum(fly(seed, one_margin_for_all).broken for seed in range(3)) >= 3


def test_over_many_fleets_reserves_break_no_oftener_than_was_accepted() -> None:
    """Of some thousands of flights, at 1e-3."""
    days = [fly(100 + seed, ours) for seed in range(15)]
    flights = sum(one.delivered for one in days)
    assert flights > 3_000
    assert sum(one.broken for one in days) <= 1e-3 * flights


def test_the_truth_as_a_track_is_the_type_s_margin_around_it() -> None:
    still = SPREAD.model_copy(update={"drift_log_sd": 0.0})
    assert 1 + raised_by(1e-3, of_truth(0.1), still) == pytest.approx(
        math.exp(0.1) * (1 + margin_fraction(1e-3, still))
    )


def test_where_nobody_has_said_how_far_assets_lie_apart_the_first_flights_are_wide() -> None:
    """One machine was flown, and others of its type fly: with 10.6 % a tenth of the first flights of assets 7.5 % apart
    would have been beyond it. None counts as frugal for it."""
    unsaid = MATRICE.model_copy(update={"between_log_sd": None})
    margins = [raised_by(1e-3, after([1.0] * flights, unsaid), unsaid) for flights in (0, 1, 4)]
    assert margins[0] == margin_fraction(1e-3, unsaid, ASSUMED_APART) > margins[1] > margins[2] > 0.106
    assert raised_by(1e-3, after([0.9] * 40, unsaid), unsaid) >= 0.106


@pytest.mark.parametrize("log_sd", [0.0312, 0.077])
def test_figures_that_were_only_declared_are_learned_from_the_first_flights(log_sd: float) -> None:
    """As far off as their declared margin allows: most of it is known after four flights, and there is no alarm; of a
    type that was measured it is not believed as fast, and is one."""
    measured = Residual(log_sd=log_sd, flights=30, between_log_sd=0.0)
    declared = measured.model_copy(update={"declared": True})
    off = math.exp(2.2 * log_sd)
    assert raised_by(1e-3, NEW, declared) == margin_fraction(1e-3, declared)
    track, alarms = NEW, 0
    for flight in range(30):
        track, _, alarm = learnt(track, 100 * off, 100.0, declared)
        alarms += alarm
        if flight == 3:
            assert track.log_bias > 0.7 * math.log(off)
            assert after([off] * 4, measured).log_bias < 0.3 * math.log(off)
    assert alarms == 0
    assert any(learnt(after([off] * n, measured), 100 * off, 100.0, measured).alarm for n in range(30))
