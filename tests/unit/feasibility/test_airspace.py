"""Zones in space, height and time: what blocks, what does not, and the way around."""

import pickle
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fleet.domain.fleet import SortieType
from fleet.feasibility import Context, SortieAssessment, TripShape, Verdict, assess_sortie, sortie_shape
from fleet.feasibility.alternate import landing_places
from fleet.protocol.options import Status
from fleet.protocol.values import Order, Place
from geofences import (
    Applicability,
    Authorisation,
    Datum,
    FlatTerrain,
    Limit,
    Permit,
    Refused,
    Restriction,
    Surface,
    TimePeriod,
    Zone,
    ZoneSet,
    check_path,
)
from tests.unit.feasibility.world import (
    DRONE,
    HOME,
    LOCKER,
    NOON,
    ROBOT,
    SITE,
    away,
    context,
    order,
    trip_of,
    zone,
)

HOUR = timedelta(hours=1)


def fly(
    ctx: Context, at: datetime = NOON, parcel: Order | None = None, kind: SortieType = DRONE
) -> SortieAssessment:
    return assess_sortie(ctx, parcel or order(), kind, SITE, at)


def codes(found: SortieAssessment) -> list[str]:
    return [reason.code for reason in found.verdict.reasons]


def test_a_zone_on_the_way_is_flown_around_and_the_detour_is_clear() -> None:
    plain, around = fly(context()), fly(context(zone()))
    assert around.verdict.feasible
    assert trip_of(around).out_m > trip_of(plain).out_m
    assert trip_of(around).energy_wh > trip_of(plain).energy_wh
    ctx = context(zone())
    assert check_path(ctx.zones, trip_of(around).path, ctx.terrain, margin_m=DRONE.corridor_m).is_clear
    assert trip_of(around).zones_version == ctx.zones.version


@pytest.mark.parametrize("where", [away(north_m=2000), HOME])
def test_a_zone_over_drop_or_site_cannot_be_flown_around(where: Place) -> None:
    found = fly(context(zone(centre=where)))
    assert found.trip is None
    assert set(codes(found)) == {"zone_blocked"}
    reason = found.verdict.reasons[0]
    assert (reason.limit, reason.unit) == ("Z", "m along the path")
    assert str(reason.source).startswith("sha256:")


def test_the_corridor_must_be_free_too() -> None:
    beside = zone(centre=away(north_m=2000, east_m=165), radius_m=150)
    assert codes(fly(context(beside))) == ["zone_blocked"]
    narrow = DRONE.model_copy(update={"corridor_m": 5})
    assert fly(context(beside), kind=narrow).verdict.feasible


def test_a_zone_above_the_flight_level_does_not_block_and_one_below_does() -> None:
    # Ground 0 +- 5 m, flight at 65 m: a floor of 80 m above ground is above it whatever the ground is.
    over_drop = away(north_m=2000)
    assert fly(context(zone(centre=over_drop, lower_m=80))).verdict.feasible
    assert fly(context(zone(centre=over_drop, lower_m=40))).verdict.status is Status.INFEASIBLE
    plain = trip_of(fly(context()))
    assert plain.out_m == trip_of(fly(context(zone(lower_m=80)))).out_m


def test_a_height_that_the_terrain_leaves_open_is_unknown() -> None:
    found = fly(context(zone(centre=away(north_m=2000), lower_m=68)))
    assert found.verdict.status is Status.UNKNOWN
    assert codes(found) == ["zone_height_unknown"]
    sure = context(zone(centre=away(north_m=2000), lower_m=68), terrain=FlatTerrain(0.0, 0.0))
    assert fly(sure).verdict.feasible


@pytest.mark.parametrize(
    ("start", "end", "blocked"),
    [
        (2 * HOUR, 3 * HOUR, False),  # later today
        (-3 * HOUR, -HOUR, False),  # over by then
        (timedelta(minutes=1), HOUR, True),  # begins while the drone is out
        (-HOUR, timedelta(minutes=2), True),  # still applies on the way out
    ],
)
def test_a_zone_blocks_when_its_time_overlaps_the_flight(
    start: timedelta, end: timedelta, blocked: bool
) -> None:
    period = TimePeriod(NOON + start, NOON + end)
    found = fly(context(zone(centre=away(north_m=2000), radius_m=1200, period=period)))
    assert codes(found) == (["zone_blocked"] if blocked else [])


def test_the_same_context_answers_by_the_time_asked() -> None:
    period = TimePeriod(NOON + 2 * HOUR, NOON + 3 * HOUR)
    ctx = context(zone(centre=away(north_m=2000), period=period))
    assert [fly(ctx, NOON + n * HOUR).verdict.feasible for n in (0, 2, 4, 2, 0)] == [1, 0, 1, 0, 1]


def test_a_zone_that_comes_only_for_the_way_back_blocks_the_whole_trip() -> None:
    trip = trip_of(fly(context()))
    period = TimePeriod(trip.return_at - timedelta(seconds=60), trip.return_at + HOUR)
    assert codes(fly(context(zone(centre=HOME, period=period)))) == ["zone_blocked"]


def test_an_authorisation_opens_the_zones_that_ask_for_one() -> None:
    asks = zone(centre=away(north_m=2000), restriction=Restriction.REQ_AUTHORISATION)
    assert codes(fly(context(asks))) == ["zone_blocked"]
    assert fly(context(asks, held=frozenset({"Z"}))).verdict.feasible


def until(end: timedelta, **more: Any) -> Context:
    """A zone over the drop that needs an approval, and one that is held until so long after noon."""
    asks = zone(centre=away(north_m=2000), restriction=Restriction.REQ_AUTHORISATION)
    valid = Applicability((TimePeriod(NOON - HOUR, NOON + end),))
    return context(asks, authorisations=(Authorisation("Z", valid, **more),))


def test_an_authorisation_opens_a_zone_while_it_is_valid() -> None:
    """Also one that ends while the drone is in the zone is not enough: the check is in four dimensions."""
    assert fly(until(HOUR)).verdict.feasible
    assert fly(until(HOUR), NOON - 2 * HOUR).verdict.reasons[0].code == "beyond_authorisation"
    trip = trip_of(fly(until(HOUR)))
    for end in (trip.drop_at - NOON, trip.drop_at + timedelta(seconds=10) - NOON):
        assert codes(fly(until(end))) == ["beyond_authorisation"]
    assert fly(until(trip.return_at - NOON)).verdict.feasible


def test_an_authorisation_has_its_height_and_its_vehicles() -> None:
    """Flight at 65 m above ground at 0 +- 5 m."""
    assert fly(until(HOUR, below=Limit(80, Datum.AGL))).verdict.feasible
    assert codes(fly(until(HOUR, below=Limit(50, Datum.AGL)))) == ["beyond_authorisation"]
    for names, flies in ((DRONE.type_id, True), (DRONE.kind, True), ("heavy", False)):
        found = fly(until(HOUR, vehicles=frozenset({names})))
        assert found.verdict.feasible is flies


def test_what_is_known_by_type_keeps_up_with_the_weather() -> None:
    """A context of other weather asks its own."""
    ctx = until(HOUR, vehicles=frozenset({DRONE.type_id}))
    assert fly(ctx).verdict.feasible
    assert fly(ctx.in_weather(None)).verdict.status is not Status.FEASIBLE


def test_operating_areas_bind_drones_and_robots() -> None:
    small = zone("A", centre=HOME, radius_m=1000, restriction=Restriction.OPERATING_AREA)
    wide = zone("B", centre=HOME, radius_m=4000, restriction=Restriction.OPERATING_AREA)
    for kind in (DRONE, ROBOT):
        outside = fly(context(areas=(small,)), kind=kind)
        assert set(codes(outside)) == {"outside_operating_area"}
        assert fly(context(areas=(small, wide)), kind=kind).verdict.feasible
    inside = fly(context(areas=(wide,)), kind=ROBOT)
    assert not any("sidewalk robots may use" in one for one in inside.verdict.assumptions)


def test_zones_for_aircraft_do_not_bind_a_robot() -> None:
    assert fly(context(zone(centre=away(north_m=2000))), kind=ROBOT).verdict.feasible


def test_a_replaced_zone_set_is_not_answered_from_memory() -> None:
    ctx = context()
    assert fly(ctx).verdict.feasible
    blocked = replace(ctx, zones=ctx.zones.with_zone(zone(centre=away(north_m=2000))))
    assert codes(fly(blocked)) == ["zone_blocked"]
    assert fly(ctx).verdict.feasible


def test_memory_changes_no_answer_and_does_not_travel() -> None:
    ctx = context(zone())
    cold, warm = fly(ctx), fly(ctx)
    assert cold == warm
    sent = pickle.loads(pickle.dumps(ctx))  # noqa: S301 - our own bytes
    assert (len(ctx.memory) > 0, len(sent.memory)) == (True, 0)
    assert fly(sent) == cold
    assert pickle.loads(pickle.dumps(cold)) == cold  # noqa: S301 - our own bytes


def test_the_alternate_is_the_nearest_landing_place_with_a_free_way() -> None:
    ctx = context()
    assert [one.place_id for one in landing_places(ctx)] == ["S", "L"]
    alternate = trip_of(fly(ctx)).alternate
    assert alternate is not None
    assert alternate.place_id == "L"
    shut_in = context(zone(centre=LOCKER.place, radius_m=60))
    found = fly(shut_in)
    assert trip_of(found).alternate is None
    assert any("no alternate landing place" in one for one in found.verdict.assumptions)


def test_energy_is_kept_for_the_worse_of_home_and_the_best_alternate() -> None:
    far = LOCKER.model_copy(update={"place": away(north_m=8000)})
    near, lonely = trip_of(fly(context())), trip_of(fly(context(lockers={})))
    distant = trip_of(fly(context(lockers={"L": far})))
    assert near.margin_wh == pytest.approx(lonely.margin_wh)  # home is the worse of the two
    assert distant.alternate is not None
    assert distant.margin_wh < lonely.margin_wh - 50


def test_a_shape_has_heights_and_lengths() -> None:
    shape = sortie_shape(context(), DRONE, SITE, away(north_m=2000), NOON)
    assert isinstance(shape, TripShape)
    assert shape.out_m == shape.back_m == pytest.approx(2000, rel=1e-3)
    assert (shape.site_ground_m, shape.cruise_amsl_m) == (0, 65)
    nowhere = sortie_shape(context(zone(centre=HOME)), DRONE, SITE, away(north_m=2000), NOON)
    assert isinstance(nowhere, Verdict)


def permit(radius_m: float = 4000, **terms: Any) -> Zone:
    """A permit area around home."""
    area = zone("town", centre=HOME, radius_m=radius_m, restriction=Restriction.PERMIT_AREA)
    return replace(area, permit=Permit(**terms))


def test_a_permit_slows_the_robot_down_and_takes_no_assumption() -> None:
    """Longer on the way, and no Wh less for it."""
    free, slow = fly(context(), kind=ROBOT), fly(context(permit(max_speed_mps=0.7)), kind=ROBOT)
    assert slow.verdict.feasible
    assert not any("sidewalk robots may use" in one for one in slow.verdict.assumptions)
    before, after = trip_of(free), trip_of(slow)
    assert after.flight_s > before.flight_s
    assert after.energy_wh > before.energy_wh
    driven_s = after.flight_s - ROBOT.drop_s
    assert (after.out_m + after.back_m) / driven_s <= 0.7 + 1e-6


def test_a_permit_that_does_not_bind_changes_no_trip() -> None:
    """A limit above the robot's own speed."""
    free, bound = fly(context(), kind=ROBOT), fly(context(permit(max_speed_mps=9.0)), kind=ROBOT)
    assert trip_of(free).path == trip_of(bound).path
    assert trip_of(free).energy_wh == trip_of(bound).energy_wh


def test_where_a_permit_area_is_missing_a_drive_is_unknown_by_name() -> None:
    """It is no standstill: nobody knows what the one that was refused demands."""
    ctx = context(permit(max_speed_mps=9.0))
    lacks = Refused("number 3 (quay)", "why", Restriction.PERMIT_AREA)
    found = fly(replace(ctx, zones=ZoneSet(ctx.zones.zones, missing=[lacks])), kind=ROBOT)
    assert (found.verdict.status, codes(found)) == (Status.UNKNOWN, ["zone_refused"])
    assert found.verdict.reasons[0].limit == "number 3 (quay)"


def test_a_robot_is_refused_outside_and_above_what_is_permitted() -> None:
    """With a code for each."""
    assert codes(fly(context(permit(radius_m=500)), kind=ROBOT)) == ["outside_permit"]
    assert codes(fly(context(permit(max_weight_kg=1.0)), kind=ROBOT)) == ["above_permit_weight"]
    assert codes(fly(context(permit(surface=Surface.STREET)), kind=ROBOT)) == ["outside_permit"]
    assert fly(context(permit(radius_m=500)), kind=DRONE).verdict.feasible
