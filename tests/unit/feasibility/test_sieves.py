"""The sieves for planners: sharp where they can be, and never sharper than the exact answer."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fleet.domain.fleet import Assumptions, SortieType, VanBattery
from fleet.energy.catalog import airframe
from fleet.energy.sortie import SortiePlan, largest_radius_m
from fleet.feasibility import Context, assess_sortie, order_columns, prefilter_lockers, prefilter_sorties
from fleet.feasibility.appetite import raised_share
from fleet.feasibility.columns import SIEVES
from fleet.feasibility.questions import OF_LOCKERS, OF_PARCELS, OF_SORTIES
from fleet.feasibility.reachable import farthest_m
from fleet.feasibility.route_energy import range_of
from fleet.feasibility.vehicles import battery_of
from fleet.kinds import Kind, KindError, all_kinds, kind_of
from fleet.protocol.values import Goods
from fleet.weather.series import WeatherSeries
from tests.unit.feasibility.world import (
    DRONE,
    LOCKER,
    LOCKER_TYPE,
    NOON,
    ROBOT,
    SITE,
    VAN,
    away,
    box,
    context,
    order,
    weather,
)


def farthest_accepted_m(kind: SortieType, weight_kg: float, ctx: Context) -> float:
    """By halving: how far a parcel may go in this world."""
    low, high = 100.0, 40_000.0
    while high - low > 5:
        middle = (low + high) / 2
        parcel = order(place=away(north_m=middle), weight_kg=weight_kg)
        trip = assess_sortie(ctx, parcel, kind, SITE, NOON).trip
        assert trip is not None
        low, high = (middle, high) if trip.margin_wh >= 0 else (low, middle)
    return low


@pytest.mark.parametrize("weight_kg", [0.1, 1.0, 2.5])
def test_the_range_bound_of_a_drone_is_above_the_exact_range_and_not_far_above(weight_kg: float) -> None:
    ctx = context(weather=weather(wind_mps=0, gust_mps=0))
    exact, bound = farthest_accepted_m(DRONE, weight_kg, ctx), farthest_m(ctx, DRONE, weight_kg)
    assert exact <= bound <= 1.15 * exact


def test_the_range_bound_holds_in_the_wind_that_helps_the_loaded_way() -> None:
    for wind_mps in (0.5, 1.0, 2.0):
        ctx = context(weather=weather(wind_mps=wind_mps, gust_mps=3, wind_from_deg=180, temperature_c=-5))
        for weight_kg in (0.1, 2.5):
            assert farthest_accepted_m(DRONE, weight_kg, ctx) <= farthest_m(ctx, DRONE, weight_kg)


def test_the_range_bound_follows_weather_that_changes_in_a_kept_context() -> None:
    """Other weather keeps the memory, and what rests on the weather is worked out again all the same."""
    warm = context(weather=weather(temperature_c=18))
    before = farthest_m(warm, DRONE, 1.0)
    cold = warm.in_weather(weather(temperature_c=-8))
    assert cold.memory is warm.memory
    assert farthest_m(cold, DRONE, 1.0) == farthest_m(context(weather=weather(temperature_c=-8)), DRONE, 1.0)
    assert farthest_m(cold, DRONE, 1.0) != before
    assert farthest_m(warm, DRONE, 1.0) == before


def stale(celsius: float) -> WeatherSeries:
    """Rows of the morning, which say nothing of noon."""
    rows = weather(temperature_c=celsius, wind_mps=0, gust_mps=0).rows
    return WeatherSeries(
        tuple(replace(row, time=row.time - timedelta(hours=18)) for row in rows), source="w.csv"
    )


def test_the_range_bound_holds_where_rows_are_stale_and_warmth_is_assumed() -> None:
    """The trip is worked out at what is assumed, where packs give more than in the cold of the morning."""
    assumptions = Assumptions(calm_weather=True, assumed_wind_mps=0, assumed_temperature_c=20)
    ctx = context(weather=stale(-4.0), assumptions=assumptions)
    assert farthest_accepted_m(DRONE, 1.0, ctx) <= farthest_m(ctx, DRONE, 1.0)


def test_where_rows_are_stale_a_van_has_what_its_pack_gives_in_the_cold_that_is_assumed() -> None:
    """The rows of a warm morning counted alone: a third more than in what trips are worked out in."""
    van = VAN.model_copy(update={"battery": VanBattery(start_soc=1.0)})
    for assumes, as_cold in ((True, True), (False, False)):
        assumptions = Assumptions(calm_weather=assumes, assumed_temperature_c=-10)
        found, cold = (
            range_of(context(weather=rows, assumptions=assumptions), van)
            for rows in (stale(18.0), weather(temperature_c=-10.0))
        )
        assert found is not None
        assert cold is not None
        assert (found.full_wh == cold.full_wh) == as_cold


@pytest.mark.parametrize("cruise_mps", [14.0, 18.0, 20.0])
def test_the_range_bound_allows_for_the_air_that_costs_least(cruise_mps: float) -> None:
    """Fast flights go farther in thin air than in dense: in no air do they go beyond the bound."""
    ctx, kind = (
        context(weather=weather(temperature_c=15)),
        DRONE.model_copy(update={"cruise_mps": cruise_mps}),
    )
    usable_wh = battery_of(kind, 1.0).usable_wh(15.0)
    budget_wh = usable_wh * (1 - ctx.fleet.reserve.fraction_of_usable) / (1 + raised_share(ctx.fleet, kind))
    frame, bound_m = airframe("courier-x4"), farthest_m(ctx, kind, 0.1)
    for density in (0.72, 0.8, 0.9, 1.0, 1.1, 1.2, 1.28):
        plan = SortiePlan(height_m=0.0, drop_s=kind.drop_s, density_kg_m3=density, airspeed_mps=cruise_mps)
        assert float(largest_radius_m(frame, budget_wh, 0.0, 0.1, plan)) <= bound_m


@pytest.mark.parametrize("odd_c", [-90.0, -60.0, -27.0, 59.0])
@pytest.mark.parametrize("cruise_mps", [12.0, 19.0])
def test_one_row_of_a_cold_night_or_a_broken_sensor_stops_no_plan(odd_c: float, cruise_mps: float) -> None:
    """Air as dense as that is beyond the models; trips in it are unknown, and all others are as they were."""
    rows = weather().rows
    first = replace(rows[0], conditions=replace(rows[0].conditions, temperature_c=odd_c))
    drone = DRONE.model_copy(update={"cruise_mps": cruise_mps})
    for ctx in (
        context(weather=WeatherSeries((first, *rows[1:]))),
        context(weather=weather(temperature_c=odd_c)),
    ):
        bound_m = farthest_m(ctx, drone, 1.0)
        assert 0 < bound_m < 50_000
        made = assess_sortie(ctx, order(place=away(north_m=min(1.01 * bound_m, 9_000.0))), drone, SITE, NOON)
        assert not made.verdict.feasible


def test_the_range_bound_of_a_robot_is_above_the_exact_range() -> None:
    ctx = context(weather=None, assumptions=Assumptions(calm_weather=True))  # longer than any series
    exact, bound = farthest_accepted_m(ROBOT, 1.0, ctx), farthest_m(ctx, ROBOT, 1.0)
    # The bound knows the crow's way only, nothing of what is assumed of streets, and not how unsure all that is.
    assert exact <= bound <= 1.6 * exact


def test_each_sieve_drops_what_its_question_refuses() -> None:
    ctx = context()
    parcels = [
        order(),
        order(weight_kg=3),
        order(size=box(0.5, 0.1, 0.1)),
        order(goods=Goods.LITHIUM),
        order(min_age=18),
        order(place=away(north_m=20_000)),
    ]
    kept = prefilter_sorties(ctx, parcels, DRONE, SITE, NOON)
    assert kept.tolist() == [True, False, False, False, False, False]
    too_late = prefilter_sorties(ctx, [order()], DRONE, SITE, NOON + timedelta(hours=7))
    assert too_late.tolist() == [False]


def test_no_orders_give_an_empty_answer() -> None:
    assert prefilter_sorties(context(), [], DRONE, SITE, NOON).shape == (0,)
    assert prefilter_lockers(context(), [], [LOCKER], LOCKER_TYPE) == []
    assert prefilter_lockers(context(), [order(locker_ok=True)], [], LOCKER_TYPE) == []


def test_lockers_within_reach_nearest_first() -> None:
    lockers = [
        LOCKER.model_copy(update={"locker_id": f"L{n}", "place": away(north_m=n * 150)}) for n in (4, 1, 9)
    ]
    parcels = [order(place=away(), locker_ok=True), order(place=away(), locker_ok=False)]
    found = prefilter_lockers(context(), parcels, lockers, LOCKER_TYPE)
    assert [(one.order_index, one.locker_index) for one in found] == [(0, 1), (0, 0)]
    assert found[0].walk_m == pytest.approx(195, rel=0.01)


def test_sieves_and_questions_answer_alike_parcel_by_parcel() -> None:
    """The differential test of the compiled answers."""
    from fleet.feasibility.case import ParcelCase

    rng = np.random.default_rng(7)
    parcels = [
        order(
            weight_kg=float(rng.uniform(0.1, 90)) if n % 2 else float(rng.uniform(0.1, 3)),
            size=box(*rng.uniform(0.05, 0.45, 3).tolist()),
            goods=list(Goods)[n % len(Goods)],
            min_age=18 if n % 7 == 0 else None,
            crew=1 + n % 3,
            skills=frozenset({"fitting"}) if n % 11 == 0 else frozenset(),
        )
        for n in range(200)
    ]
    columns = order_columns(parcels)
    for kind in (DRONE, ROBOT, VAN, LOCKER_TYPE):
        for name, sieve in SIEVES.items():
            asked = [OF_PARCELS[name](ParcelCase(context(), one, kind)).feasible for one in parcels]
            assert sieve(columns, kind).tolist() == asked


def test_every_question_of_every_kind_is_in_a_table() -> None:
    known = OF_PARCELS.keys() | OF_SORTIES.keys() | OF_LOCKERS.keys()
    for kind in all_kinds().values():
        assert set(kind.questions) <= known


def test_a_misspelt_question_is_an_error_not_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    from fleet.feasibility import assess

    odd = Kind("drone", "drone", "sortie", "air", True, ("paylod",), kind_of("drone").lost_link)
    monkeypatch.setattr(assess, "kind_of", lambda _: odd)
    with pytest.raises(KindError, match="asks paylod, but the questions are"):
        assess_sortie(context(), order(), DRONE, SITE, NOON)
