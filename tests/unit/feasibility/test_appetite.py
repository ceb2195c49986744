"""What was learned of an asset counts in every trip of its own, and one trip can be judged for another asset."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import ReserveRule, SortieType
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh
from fleet.energy.learning import AS_ITS_TYPE, NEW, Track, appetite_of, least_of, least_possible, raised_with
from fleet.energy.margin import margin_fraction
from fleet.feasibility import Context, assess_sortie, prefilter_sorties
from fleet.feasibility.appetite import (
    appetite,
    least_appetite,
    margin_left_wh,
    model_share,
    raised_share,
    told_of,
    track_of,
)
from fleet.feasibility.reachable import farthest_m
from fleet.feasibility.slowness import times_as_hungry
from fleet.feasibility.vehicles import vehicle_of
from tests.unit.feasibility.test_sieves import farthest_accepted_m
from tests.unit.feasibility.world import DRONE, NOON, ROBOT, SITE, away, context, order, trip_of

SPREAD = 0.05
"""How far assets of the type with a spread lie apart."""

tracks = st.builds(
    EnergyTrack,
    log_bias=st.floats(-0.3, 0.3),
    variance=st.none() | st.floats(0, 0.02),
    flights=st.integers(0, 500),
    widening=st.floats(1, 5),
    high=st.floats(0, 5),
    low=st.floats(0, 5),
)


def with_spread() -> SortieType:
    """The drone's type, of which it is said that its assets differ."""
    text = (files("fleet.energy") / "data/airframes/courier-x4.toml").read_text(encoding="utf-8")
    data = text.replace(
        "declared = true\nbetween_log_sd = 0.0", f"between_log_sd = {SPREAD}\ndrift_log_sd = 0.01"
    )
    assert data != text
    return DRONE.model_copy(update={"energy_model": "mine.toml", "energy_data": data})


def world(kind: SortieType, **changes: object) -> Context:
    plain = context(**changes)
    types = {**plain.fleet.types, kind.type_id: kind}
    return replace(plain, fleet=plain.fleet.model_copy(update={"types": types}))


@given(tracks)
def test_a_track_is_the_same_in_events_and_in_the_models(known: EnergyTrack) -> None:
    assert told_of(track_of(known)) == known
    assert track_of(None) == NEW


def test_a_new_asset_has_the_margin_of_its_type() -> None:
    """And the spread between assets where there is one: none is known to be the mean."""
    ctx, kind = context(), with_spread()
    residual = vehicle_of(DRONE).residual
    assert raised_share(ctx.fleet, DRONE) == margin_fraction(1e-3, residual)
    assert raised_share(ctx.fleet, kind) == margin_fraction(1e-3, residual, SPREAD)


@pytest.mark.parametrize("bias", [0.0, 0.04, 0.1])
def test_a_hungry_asset_goes_less_far_by_what_it_takes_more(bias: float) -> None:
    """The exact check, in Wh by hand: the prediction times its bias and its margin."""
    ctx = context()
    known = EnergyTrack(log_bias=bias, variance=0.0, flights=30)
    its = appetite(ctx.fleet, DRONE, known)
    parcel = order(place=away(north_m=4000))
    usual = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON))
    own = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON, appetite=its))
    residual = vehicle_of(DRONE).residual
    assert residual is not None
    margin = margin_fraction(1e-3, residual, residual.drift_log_sd)
    by_hand = usual.usable_wh - usual.reserve_wh - usual.worst_wh * math.exp(bias) * (1 + margin)
    assert own.margin_wh == pytest.approx(by_hand)
    assert own.margin_wh < usual.margin_wh
    assert own.energy_wh == usual.energy_wh


@given(tracks, st.sampled_from([1000.0, 3000.0, 6000.0]), st.sampled_from([DRONE, ROBOT, with_spread()]))
def test_a_trip_judged_anew_for_another_asset_is_what_it_would_be_worked_out_as(
    known: EnergyTrack, north_m: float, kind: SortieType
) -> None:
    ctx = world(kind)
    its = appetite(ctx.fleet, kind, known)
    parcel = order(place=away(north_m=north_m))
    any_one = trip_of(assess_sortie(ctx, parcel, kind, SITE, NOON))
    own = trip_of(assess_sortie(ctx, parcel, kind, SITE, NOON, appetite=its))
    assert margin_left_wh(ctx.fleet, kind, any_one, its) == pytest.approx(own.margin_wh, abs=1e-9)


@given(st.lists(tracks, min_size=1, max_size=5), st.floats(0, 0.1))
def test_what_the_least_of_them_may_not_do_none_may(known: list[EnergyTrack], more: float) -> None:
    """Neither the least of some assets nor the least that the type allows is above any of them."""
    for kind in (DRONE, ROBOT, with_spread()):
        residual = vehicle_of(kind).residual
        each = [appetite_of(track_of(one), residual) for one in known]
        shares = [raised_with(1e-3, one, residual, more) for one in each]
        assert raised_with(1e-3, least_of(each), residual, more) <= min(shares)
        assert raised_with(1e-3, least_possible(residual), residual, more) <= min(shares)


@pytest.mark.parametrize("log_bias", [-0.3, -0.1, 0.0])
def test_the_sieve_keeps_what_the_most_frugal_asset_can_do(log_bias: float) -> None:
    """An asset that was found frugal, where the type is known to have such: it goes farther, never beyond the bound."""
    kind = with_spread()
    ctx = world(kind)
    its = appetite(ctx.fleet, kind, EnergyTrack(log_bias=log_bias, variance=0.0, flights=50))
    low, high = 100.0, 40_000.0
    while high - low > 5:
        middle = (low + high) / 2
        trip = trip_of(assess_sortie(ctx, order(place=away(north_m=middle)), kind, SITE, NOON, appetite=its))
        low, high = (middle, high) if trip.margin_wh >= 0 else (low, middle)
    assert farthest_accepted_m(kind, 1.0, ctx) < low <= farthest_m(ctx, kind, 1.0)
    assert prefilter_sorties(ctx, [order(place=away(north_m=low))], kind, SITE, NOON).tolist() == [True]
    assert raised_share(ctx.fleet, kind, least_appetite(kind)) < raised_share(ctx.fleet, kind, its)


def test_nobody_counts_as_frugal_where_nobody_has_said_that_they_differ() -> None:
    ctx = context()
    its = appetite(ctx.fleet, DRONE, EnergyTrack(log_bias=-0.2, variance=0.0, flights=50))
    assert raised_share(ctx.fleet, DRONE, its) >= raised_share(ctx.fleet, DRONE)


def test_a_trial_shows_what_the_type_s_margin_is_worth() -> None:
    """With half the margin nothing that was learned counts: else the hungry would be spared."""
    trial = context(reserve=ReserveRule(margin_scale=0.5)).fleet
    hungry = EnergyTrack(log_bias=0.1, variance=0.001, flights=5, widening=2.0)
    assert raised_share(trial, DRONE, appetite(trial, DRONE, hungry)) == raised_share(trial, DRONE)
    assert raised_share(trial, DRONE) == pytest.approx(model_share(trial, DRONE) / 2)


def test_of_what_was_never_calibrated_nothing_is_learned() -> None:
    assert appetite_of(Track(0.2, 0.01, 9, 3.0), None) == AS_ITS_TYPE


@pytest.mark.parametrize("kind", [DRONE, ROBOT], ids=["drone", "robot"])
@pytest.mark.parametrize("times", [1.02, 1.1, 1.3])
def test_a_slow_asset_takes_what_lasting_longer_takes(kind: SortieType, times: float) -> None:
    """Against the model itself: in the air all of it for longer, on the ground the same metres at a lower speed, less
    the waiting that a kilometre holds already. Never less than that, and little more."""
    slow = times_as_hungry(kind, times)
    if kind is DRONE:
        assert slow == times
        return
    robot = vehicle_of(ROBOT)
    assert isinstance(robot, GroundRobot)
    waits_s, km_s = robot.per_km.waiting_s, 1000 / robot.cruise_mps
    usual = Drive(2000.0, 5.0, uphill_m=20.0, stops=16, waiting_s=2 * waits_s)
    longer_s = max(0.0, (times - 1) * 2 * km_s - 2 * waits_s)
    longer = replace(usual, waiting_s=usual.waiting_s + longer_s)
    truly = float(drive_energy_wh(robot, longer)) / float(drive_energy_wh(robot, usual))
    assert truly <= slow <= 1.15 * truly
    assert times_as_hungry(kind, 0.8) == 1


def test_a_slow_asset_s_trip_is_longer_but_not_its_drop() -> None:
    ctx = context()
    its = appetite(ctx.fleet, DRONE, EnergyTrack(log_pace=math.log(1.2), pace_variance=1e-4))
    assert its.pace == pytest.approx(1.2)
    parcel = order(place=away(north_m=3000))
    usual = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON))
    own = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON, appetite=its))
    out_s, back_s = (
        (one.drop_at - one.depart_at, one.return_at - one.path[one.drop_index + 1].at) for one in (usual, own)
    )
    assert [b / a for a, b in zip(out_s, back_s, strict=True)] == pytest.approx([1.2, 1.2])
    for one in (usual, own):
        stays = one.path[one.drop_index + 1].at - one.path[one.drop_index].at
        assert stays.total_seconds() == pytest.approx(DRONE.drop_s)
    assert own.energy_wh == usual.energy_wh
    assert own.pace == pytest.approx(1.2)
    assert own.margin_wh < usual.margin_wh


def test_a_slow_asset_is_not_in_time_where_one_of_its_type_is() -> None:
    """The window's end lies between the two."""
    ctx, its = context(), appetite(context().fleet, DRONE, EnergyTrack(log_pace=0.18, pace_variance=1e-4))
    anytime = order(place=away(north_m=3000))
    there = trip_of(assess_sortie(ctx, anytime, DRONE, SITE, NOON)).drop_at
    late = trip_of(assess_sortie(ctx, anytime, DRONE, SITE, NOON, appetite=its)).drop_at
    due = anytime.due.model_copy(update={"end": there + (late - there) / 2})
    parcel = anytime.model_copy(update={"due": due})
    assert assess_sortie(ctx, parcel, DRONE, SITE, NOON).verdict.feasible
    refused = assess_sortie(ctx, parcel, DRONE, SITE, NOON, appetite=its).verdict
    assert not refused.feasible
    assert [reason.code for reason in refused.reasons] == ["too_late"]
