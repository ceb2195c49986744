"""Every reason code, made to appear by the smallest change to a sortie that is otherwise feasible."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from fleet.domain.fleet import Assumptions, ReserveRule, SortieType, WeatherCaps
from fleet.domain.sites import Site
from fleet.feasibility import (
    Context,
    SortieAssessment,
    Verdict,
    assess_locker,
    assess_route,
    assess_sortie,
)
from fleet.protocol.options import Status
from fleet.protocol.values import CompartmentSize, Direction, Goods, Order, ServiceLevel, TimeWindow
from geofences import UnknownTerrain
from tests.unit.feasibility.world import (
    CARRIAGE,
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
    trip_of,
    weather,
    zone,
)

HOUR = timedelta(hours=1)


def sortie(
    ctx: Context | None = None,
    parcel: Order | None = None,
    kind: SortieType = DRONE,
    at: datetime = NOON,
    site: Site = SITE,
    **more: Any,
) -> SortieAssessment:
    return assess_sortie(ctx or context(), parcel or order(), kind, site, at, **more)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize("kind", [DRONE, ROBOT])
def test_the_plain_sortie_is_feasible_and_names_what_it_rests_on(kind: SortieType) -> None:
    found = sortie(kind=kind)
    assert found.verdict.status is Status.FEASIBLE
    assert any("address point" in one for one in found.verdict.assumptions)
    assert trip_of(found).assumptions == found.verdict.assumptions


CARRIED: dict[str, dict[str, Any]] = {
    "too_heavy": {"weight_kg": 2.5001},
    "too_large": {"size": box(0.41, 0.1, 0.1)},
    "goods_not_carried": {"goods": Goods.LITHIUM},
    "service_not_offered": {"service": ServiceLevel.SIGNATURE},
    "crew_too_small": {"crew": 2},
    "age_check_needed": {"min_age": 18},
    "skill_missing": {"skills": frozenset({"fitting"})},
    "does_not_collect": {"direction": Direction.PICKUP},
}


@pytest.mark.parametrize(("code", "change"), CARRIED.items())
def test_what_a_type_does_not_carry(code: str, change: Mapping[str, Any]) -> None:
    verdict = sortie(parcel=order(**change)).verdict
    assert verdict.status is Status.INFEASIBLE
    assert code in codes(verdict)
    reason = next(r for r in verdict.reasons if r.code == code)
    assert reason.limit is not None
    assert reason.source == "type d of the fleet file"


@pytest.mark.parametrize("change", [CARRIED[c] for c in ("goods_not_carried", "service_not_offered")])
def test_a_route_is_asked_the_same_questions(change: Mapping[str, Any]) -> None:
    assert assess_route(context(), order(**change), VAN).status is Status.INFEASIBLE
    assert assess_route(context(), order(min_age=18, direction=Direction.RETURN, crew=2), VAN).feasible


def test_a_box_may_be_turned() -> None:
    assert sortie(parcel=order(size=box(0.2, 0.4, 0.3))).verdict.feasible


def test_chilled_goods_need_a_figure_for_the_cold_and_a_short_trip() -> None:
    chilled = order(goods=Goods.CHILLED)
    assert sortie(parcel=chilled).verdict.feasible
    no_figure = DRONE.model_copy(update={"carriage": CARRIAGE.model_copy(update={"chilled_minutes": None})})
    assert codes(sortie(parcel=chilled, kind=no_figure).verdict) == ["no_cold_chain"]
    short = DRONE.model_copy(update={"carriage": CARRIAGE.model_copy(update={"chilled_minutes": 3})})
    assert codes(sortie(parcel=chilled, kind=short).verdict) == ["chilled_too_long"]
    assert sortie(parcel=order(), kind=short).verdict.feasible


def test_times_of_the_parcel() -> None:
    late = TimeWindow(start=NOON - 2 * HOUR, end=NOON + timedelta(minutes=1))
    early = TimeWindow(start=NOON + HOUR, end=NOON + 2 * HOUR)
    assert codes(sortie(parcel=order(due=late)).verdict) == ["too_late"]
    assert codes(sortie(parcel=order(due=early)).verdict) == ["too_early"]
    not_ready = order(ready_at=NOON - timedelta(seconds=DRONE.load_s - 1))
    assert codes(sortie(parcel=not_ready).verdict) == ["not_ready"]
    assert sortie(parcel=order(ready_at=NOON - timedelta(seconds=DRONE.load_s))).verdict.feasible


def test_a_locker_may_be_filled_before_the_window_but_not_after_it() -> None:
    early = order(locker_ok=True, due=TimeWindow(start=NOON + HOUR, end=NOON + 2 * HOUR))
    late = order(locker_ok=True, due=TimeWindow(start=NOON - HOUR, end=NOON))
    assert sortie(parcel=early, locker=LOCKER).verdict.feasible
    assert codes(sortie(parcel=late, locker=LOCKER).verdict) == ["too_late"]


@pytest.mark.parametrize(
    ("opens", "closes", "fine"),
    [
        (time(0), time(23, 59, 59), True),
        (time(11, 50), time(12, 30), True),
        (time(12), time(18), False),  # loading begins before twelve
        (time(7), time(12, 2), False),
        (time(22), time(13), True),  # over midnight
        (time(22), time(11), False),
    ],
)
def test_the_site_must_be_open_from_loading_to_the_return(opens: time, closes: time, fine: bool) -> None:
    site = SITE.model_copy(update={"opens": opens, "closes": closes})
    assert codes(sortie(site=site).verdict) == ([] if fine else ["site_closed"])


def test_a_site_that_never_closes_is_open_over_midnight() -> None:
    midnight = NOON + 12 * HOUR
    due = TimeWindow(start=NOON, end=NOON + 30 * HOUR)
    ctx = context(weather=None, assumptions=Assumptions(calm_weather=True))
    found = sortie(ctx, order(due=due), at=midnight - timedelta(minutes=1))
    assert found.verdict.feasible


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("wind_too_strong", {"wind_mps": 10.5, "gust_mps": 11.0}),
        ("gusts_too_strong", {"gust_mps": 14.5}),
        ("too_wet", {"precipitation_mm_h": 2.0}),
        ("visibility_too_low", {"visibility_m": 900.0}),
        ("too_cold", {"temperature_c": -6.0}),
        ("too_hot", {"temperature_c": 41.0}),
    ],
)
def test_weather_beyond_each_limit(code: str, change: Mapping[str, Any]) -> None:
    assert codes(sortie(context(weather=weather(**change))).verdict) == [code]
    free = DRONE.model_copy(update={"weather": WeatherCaps()})
    found = sortie(context(weather=weather(**change)), kind=free).verdict
    # What the airframe is built for holds whatever the fleet file says.
    built_for = code in ("wind_too_strong", "gusts_too_strong")
    assert [(one.code, one.source) for one in found.reasons] == [
        (code, "vehicle data courier-x4")
    ] * built_for


def test_the_airframe_limits_the_wind_where_the_fleet_file_allows_more() -> None:
    """And the fleet file where it allows less."""
    bold = DRONE.model_copy(update={"weather": WeatherCaps(max_wind_mps=15, max_gust_mps=25)})
    shy = DRONE.model_copy(update={"weather": WeatherCaps(max_wind_mps=4)})
    found = sortie(context(weather=weather(wind_mps=10.5, gust_mps=14.5)), kind=bold).verdict
    assert [(one.code, one.limit) for one in found.reasons] == [
        ("wind_too_strong", 10.0),
        ("gusts_too_strong", 14.0),
    ]
    less = sortie(context(weather=weather(wind_mps=5, gust_mps=6)), kind=shy).verdict.reasons
    assert [(one.code, one.limit, one.source) for one in less] == [
        ("wind_too_strong", 4.0, "type d of the fleet file")
    ]
    strong = context(weather=weather(wind_mps=10.5, gust_mps=14.5))
    assert sortie(strong, kind=ROBOT.model_copy(update={"weather": WeatherCaps()})).verdict.feasible


def test_a_wind_as_fast_as_the_drone_leaves_no_trip() -> None:
    free = DRONE.model_copy(update={"weather": WeatherCaps()})
    found = sortie(context(weather=weather(wind_mps=16.0, gust_mps=20.0)), kind=free)
    assert found.trip is None
    assert codes(found.verdict) == ["wind_too_strong"]


def test_weather_that_is_not_known_is_unknown_unless_it_is_assumed() -> None:
    for ctx, code in (
        (context(weather=None), "weather_unknown"),
        (context(weather=replace(weather(), stale_after_s=60.0)), "weather_stale"),
    ):
        found = sortie(ctx)
        assert found.verdict.status is Status.UNKNOWN
        assert codes(found.verdict) == [code]
    calm = Assumptions(calm_weather=True)
    verdict = sortie(context(weather=None, assumptions=calm)).verdict
    assert verdict.feasible
    assert any(one.startswith("weather: wind 4 m/s") for one in verdict.assumptions)


def test_a_temperature_that_the_battery_curve_does_not_cover_is_unknown() -> None:
    free = DRONE.model_copy(update={"weather": WeatherCaps()})
    found = sortie(context(weather=weather(temperature_c=-30.0)), kind=free)
    assert (found.verdict.status, codes(found.verdict)) == (Status.UNKNOWN, ["battery_temperature_unknown"])


def test_unknown_ground_is_unknown_for_a_drone_and_no_matter_for_a_robot() -> None:
    ctx = context(terrain=UnknownTerrain(), assumptions=Assumptions(terrain=None))
    found = sortie(ctx)
    assert (found.verdict.status, codes(found.verdict)) == (Status.UNKNOWN, ["no_terrain"])
    assert sortie(ctx, kind=ROBOT).verdict.feasible


def test_a_drop_point_is_surveyed_or_assumed_by_name() -> None:
    strict = context(assumptions=Assumptions(drop_at_address=False))
    assert codes(sortie(strict).verdict) == ["no_drop_point"]
    assert sortie(strict).verdict.status is Status.UNKNOWN
    point = away(north_m=1990)
    found = sortie(strict, order(drop_point=point))
    assert found.verdict.feasible
    drop = trip_of(found).path[trip_of(found).drop_index]
    assert (drop.lon, drop.lat) == (point.lon, point.lat)


def test_a_locker_takes_a_drone_only_with_port_and_consent() -> None:
    willing = order(locker_ok=True)
    assert sortie(parcel=willing, locker=LOCKER).verdict.feasible
    assert codes(sortie(parcel=order(), locker=LOCKER).verdict) == ["no_locker_consent"]
    closed = LOCKER.model_copy(update={"drone_port": False})
    assert codes(sortie(parcel=willing, locker=closed).verdict) == ["no_locker_port"]
    assert codes(sortie(parcel=willing, locker=LOCKER, kind=ROBOT).verdict) == ["no_locker_port"]


def test_robots_need_operating_areas_or_the_named_assumption() -> None:
    strict = context(assumptions=Assumptions(sidewalks_everywhere=False))
    assert codes(sortie(strict, kind=ROBOT).verdict) == ["no_permit_area"]


def test_a_robot_stays_within_its_radius() -> None:
    assert codes(sortie(parcel=order(place=away(north_m=3050)), kind=ROBOT).verdict) == ["out_of_reach"]
    assert sortie(parcel=order(place=away(north_m=2950)), kind=ROBOT).verdict.feasible


def test_range_counts_charge_health_and_reserve() -> None:
    far = order(place=away(north_m=7000))
    assert sortie(parcel=far).verdict.feasible
    assert codes(sortie(parcel=far, soc=0.6).verdict) == ["out_of_range"]
    assert codes(sortie(parcel=far, state_of_health=0.6).verdict) == ["out_of_range"]
    careful = context(reserve=ReserveRule(fraction_of_usable=0.6, source="ours"))
    reason = sortie(careful, far).verdict.reasons[0]
    assert (reason.code, reason.unit, reason.source) == ("out_of_range", "Wh", "ours")
    assert float(reason.actual or 0) > float(reason.limit or 0)


def test_a_parcel_that_the_vehicle_cannot_lift_has_no_trip() -> None:
    found = sortie(parcel=order(weight_kg=5))
    assert found.trip is None
    assert codes(found.verdict) == ["too_heavy", "over_vehicle_payload"]


def test_locker_answers_give_the_smallest_compartment_and_the_walk() -> None:
    near = order(place=away(north_m=700), locker_ok=True)
    found = assess_locker(context(), near, LOCKER, LOCKER_TYPE)
    assert found.verdict.feasible
    assert (found.size, round(found.walk_m)) == (CompartmentSize.SMALL, 260)
    no_small = LOCKER.model_copy(update={"small": 0})
    assert assess_locker(context(), near, no_small, LOCKER_TYPE).size is CompartmentSize.MEDIUM


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("no_locker_consent", {"locker_ok": False}),
        ("locker_too_far", {"place": away(north_m=100)}),
        ("too_large", {"size": box(0.7, 0.1, 0.1)}),
        ("too_heavy", {"weight_kg": 21}),
        ("goods_not_carried", {"goods": Goods.CHILLED}),
        ("age_check_needed", {"min_age": 18}),
        ("skill_missing", {"skills": frozenset({"fitting"})}),
        ("service_not_offered", {"service": ServiceLevel.SIGNATURE}),
    ],
)
def test_what_does_not_go_into_a_locker(code: str, change: Mapping[str, Any]) -> None:
    parcel = order(**{"place": away(north_m=700), "locker_ok": True, **change})
    assert codes(assess_locker(context(), parcel, LOCKER, LOCKER_TYPE).verdict) == [code]


def test_a_locker_without_compartments_takes_nothing() -> None:
    empty = LOCKER.model_copy(update={"small": 0, "medium": 0, "large": 0})
    parcel = order(place=away(north_m=700), locker_ok=True)
    found = assess_locker(context(), parcel, empty, LOCKER_TYPE)
    assert (codes(found.verdict), found.size) == (["no_compartment"], None)


def test_chilled_goods_wait_in_a_locker_no_longer_than_they_stay_cold() -> None:
    cold = LOCKER_TYPE.model_copy(
        update={"carriage": CARRIAGE.model_copy(update={"chilled_minutes": 600.0}), "pickup_hours": 12}
    )
    parcel = order(place=away(north_m=700), locker_ok=True, goods=Goods.CHILLED)
    assert codes(assess_locker(context(), parcel, LOCKER, cold).verdict) == ["chilled_too_long"]
    quick = cold.model_copy(update={"pickup_hours": 8})
    assert assess_locker(context(), parcel, LOCKER, quick).verdict.feasible


def test_all_obstacles_are_named_not_the_first_only() -> None:
    parcel = order(weight_kg=2.6, goods=Goods.LITHIUM, min_age=18)
    verdict = sortie(context(zone(centre=away(north_m=2000))), parcel).verdict
    assert {"too_heavy", "goods_not_carried", "age_check_needed"} <= set(codes(verdict))
