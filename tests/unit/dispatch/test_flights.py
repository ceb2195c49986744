"""What an aircraft is thought to mean to do in the air, in each state that it can be in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.dispatch.separation.courses import HELD_WAIT_S, _Air
from fleet.dispatch.separation.flights import (
    HOLDS_AT_MOST,
    Seen,
    intents_of,
    nearest,
    rest_of_leg,
    room_of,
    waypoints,
)
from fleet.domain.fleet import Separation, SortieType
from fleet.domain.state import MissionRecord
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Telemetry
from fleet.protocol.mission import Drop, Load, Mission, Travel, Unload
from fleet.protocol.values import Place, TimeWindow, Waypoint
from geofences import Intent, IntentState, are_apart, conforms, encounters
from geofences import Waypoint as GeoWaypoint

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME, DOOR, PORT = Place(lon=-8.0, lat=41.0), Place(lon=-8.0, lat=41.02), Place(lon=-7.99, lat=41.01)
RULE = Separation()


def drone() -> SortieType:
    kind = default_fleet().spec.types["courier-x4"]
    assert isinstance(kind, SortieType)
    return kind


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def waypoint(place: Place, height_m: float, seconds: float) -> Waypoint:
    return Waypoint(lon=place.lon, lat=place.lat, alt_amsl_m=height_m, at=at(seconds))


OUT = (
    waypoint(HOME, 0, 100),
    waypoint(HOME, 60, 115),
    waypoint(DOOR, 60, 255),
    waypoint(DOOR, 0, 280),
)
BACK = (
    waypoint(DOOR, 0, 320),
    waypoint(DOOR, 60, 335),
    waypoint(HOME, 60, 475),
    waypoint(HOME, 0, 500),
)
MISSION = Mission(
    mission_id="M",
    asset_id="S1/drone-1",
    steps=(
        Load(step_id="load", site_id="S1", order_ids=("P",)),
        Travel(step_id="out", path=OUT, corridor_m=25),
        Drop(
            step_id="drop", order_id="P", place=DOOR, service_s=40, window=TimeWindow(start=NOON, end=at(900))
        ),
        Travel(step_id="back", path=BACK, corridor_m=25),
        Unload(step_id="unload", site_id="S1"),
    ),
    start_at=at(10),
    expires_at=at(3600),
    home=HOME,
)


def record(status: MissionStatus = MissionStatus.ACTIVE, *ended: str, **values: Any) -> MissionRecord:
    return MissionRecord(MISSION, "drone", status, NOON, ended=frozenset(ended), **values)


def seen(seconds: float, place: Place | None = None, *, lost: bool = False, **values: Any) -> Seen:
    """At a time, with a sample from a place on the way out unless said otherwise."""
    if place is None:
        return Seen(None, lost, at(seconds))
    known: dict[str, Any] = {
        "alt_amsl_m": 60.0,
        "mission_id": "M",
        "step_id": "out",
        "state": "travelling",
    } | values
    return Seen(Telemetry(at=at(seconds), lon=place.lon, lat=place.lat, **known), lost, at(seconds))


def meant(what: MissionRecord, about: Seen) -> Intent:
    (found,) = intents_of(what, drone(), room_of(drone(), RULE), about)
    return found


HALFWAY = Place(lon=-8.0, lat=41.01)


@pytest.mark.parametrize("status", [MissionStatus.DRAFTED, MissionStatus.COMPLETED, MissionStatus.FAILED])
def test_what_was_not_sent_or_is_over_needs_no_air(status: MissionStatus) -> None:
    assert intents_of(record(status), drone(), room_of(drone(), RULE), seen(0)) == ()


def test_on_the_ground_again_it_needs_none() -> None:
    ended = record(MissionStatus.ACTIVE, "load", "out", "drop", "back")
    assert intents_of(ended, drone(), room_of(drone(), RULE), seen(510)) == ()


def test_what_is_sent_needs_the_whole_trip_at_its_times() -> None:
    """Out, over the drop, and back."""
    intent = meant(record(MissionStatus.RELEASED), seen(0))
    assert intent.state is IntentState.ACCEPTED
    assert [point.at for point in intent.path] == [p.at for p in (*OUT, *BACK)]


def test_one_that_has_not_begun_in_time_leaves_as_much_later() -> None:
    """It was to begin at 10 s; at 40 s it has not: everything is half a minute later."""
    intent = meant(record(MissionStatus.ACCEPTED), seen(40))
    assert intent.path[0].at == at(130)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_in_a_descent_its_own_height_says_how_far_down_it_is(share: float) -> None:
    """On time over the door: nothing is later."""
    about = seen(255 + 25 * share, DOOR, alt_amsl_m=60 * (1 - share))
    assert about.sample is not None
    here, rest, late = rest_of_leg(waypoints(MISSION.steps[1]), about.sample, about.now)  # type: ignore[arg-type]
    assert here.leg == 2
    assert here.height_m == pytest.approx(60 * (1 - share))
    assert late.total_seconds() == pytest.approx(0.0, abs=1e-3)
    assert [point.at for point in rest] == [at(280)]


def test_under_way_the_rest_counts_from_where_it_is() -> None:
    """Half of the way out at 200 s, due at 185 s: the rest is 15 s later."""
    intent = meant(record(MissionStatus.ACTIVE, "load", current="out"), seen(200, HALFWAY))
    assert intent.state is IntentState.ACTIVATED
    first, second = intent.path[:2]
    assert (first.lat, first.at) == (HALFWAY.lat, at(200))
    assert abs((second.at - at(270)).total_seconds()) < 0.5
    assert len(intent.path) == 7


def test_over_its_drop_it_stays_and_goes_home_as_late_as_it_came() -> None:
    what = record(MissionStatus.ACTIVE, "load", "out", current="drop", late_s=20.0)
    intent = meant(what, seen(310, DOOR, step_id="drop", state="dropping", alt_amsl_m=0.0))
    assert intent.path[0].at == at(310)
    assert intent.path[1].at == at(340)
    assert intent.priority == 1


def test_without_a_sample_the_times_of_the_plan_count() -> None:
    """After a restart: by 300 s it is over its drop, and its last stretch is not in the past."""
    intent = meant(record(MissionStatus.ACTIVE, "load", current="out"), seen(270))
    assert intent.path[0].at == at(255)
    assert intent.path[-1].at == at(500)
    late = meant(record(MissionStatus.ACTIVE, "load", "out", "drop", current="back"), seen(900))
    assert late.path[0].at == at(900)
    assert (late.path[-1].lat, late.path[-1].alt_amsl_m) == (HOME.lat, 0)


HELD = record(MissionStatus.ACTIVE, "load", current="out")


def test_one_that_holds_keeps_its_place_for_as_long_as_it_may() -> None:
    about = seen(200, HALFWAY, state="holding")
    stays, _ = intents_of(HELD, drone(), room_of(drone(), RULE), about)
    assert {(p.lon, p.lat, p.alt_amsl_m) for p in stays.path} == {(HALFWAY.lon, HALFWAY.lat, 60.0)}
    assert (stays.path[0].at, stays.path[-1].at) == (at(200), at(200) + HOLDS_AT_MOST)


@pytest.mark.parametrize("held_s", [0.0, 150.0, 600.0])
def test_one_that_holds_keeps_the_rest_of_its_way_whenever_it_goes_on(held_s: float) -> None:
    """Out, drop and back, from where it holds: each point is kept at the time at which it will be there."""
    about = seen(200, HALFWAY, state="holding")
    both = intents_of(HELD, drone(), room_of(drone(), RULE), about)
    then = meant(HELD, seen(200 + held_s, HALFWAY))
    if held_s > 0:  # when its times have been told, it is that much later than the way was due
        then = meant(HELD, seen(200, HALFWAY)).later(held_s)
    assert len(then.path) == 7
    assert all(any(conforms(one, point) for one in both) for point in then.path)


def test_nobody_is_sent_across_the_way_of_one_that_holds() -> None:
    """Over its door, four minutes from now: it may be there by then, or may not."""
    about = seen(200, HALFWAY, state="holding")
    others = intents_of(HELD, drone(), room_of(drone(), RULE), about)
    door = tuple(GeoWaypoint(DOOR.lon + by, DOOR.lat, 60.0, at(440 + by * 1e4)) for by in (-0.001, 0.001))
    assert not are_apart(Intent("new", door, room_of(drone(), RULE)), others)


def test_a_flight_is_put_off_only_shortly_for_one_that_holds() -> None:
    """What it meets otherwise it may wait for longer."""
    about = seen(200, HALFWAY, state="holding")
    others = intents_of(HELD, drone(), room_of(drone(), RULE), about)
    flies = tuple(GeoWaypoint(DOOR.lon + by, DOOR.lat, 60.0, at(440 + by * 1e4)) for by in (-0.001, 0.001))
    met = encounters(Intent("new", flies, room_of(drone(), RULE)), others)
    assert [one.other_id for one in met] == ["M"]
    air = _Air("new", room_of(drone(), RULE), others, 600.0)
    assert air.in_the_way(met).most_s == HELD_WAIT_S
    moving = intents_of(HELD, drone(), room_of(drone(), RULE), seen(200, HALFWAY))
    assert _Air("new", room_of(drone(), RULE), moving, 600.0).in_the_way(met).most_s == 600.0


def test_among_those_in_the_air_one_that_holds_is_compared_before_it_goes_on() -> None:
    """Else two that hold would wait for each other."""
    about = seen(200, HALFWAY, state="holding")
    (stays,) = intents_of(HELD, drone(), room_of(drone(), RULE), about, held_goes_on=False)
    assert len({(p.lon, p.lat, p.alt_amsl_m) for p in stays.path}) == 1


@pytest.mark.parametrize("on_ground", [False, True])
def test_one_that_was_told_to_go_on_counts_from_that_moment(on_ground: bool) -> None:
    """Its newest sample holds until it has obeyed: its place is still its own, and so is the rest of its way."""
    what, about, room = HELD, seen(200, HALFWAY, state="holding"), room_of(drone(), RULE)
    if on_ground:
        what = record(MissionStatus.ACTIVE, current="load")
        about = seen(60, HOME, alt_amsl_m=0.0, step_id="load", state="holding")
    stays = intents_of(what, drone(), room, about, held_goes_on=False)
    told = intents_of(what, drone(), room, about._replace(free=True), held_goes_on=False)
    assert about.sample is not None
    goes = about._replace(sample=about.sample.model_copy(update={"state": "travelling"}))
    assert told == (*stays, meant(what, goes))


def test_one_that_holds_on_the_ground_needs_no_air_until_it_goes_on() -> None:
    """It was told to while it loaded, so that another may land: nobody in the air waits for it, and nobody is sent
    across its way."""
    room, about = room_of(drone(), RULE), seen(60, HOME, alt_amsl_m=0.0, step_id="load", state="holding")
    loads = record(MissionStatus.ACTIVE, current="load")
    assert intents_of(loads, drone(), room, about, held_goes_on=False) == ()
    (later,) = intents_of(loads, drone(), room, about)
    assert later.path[0].within_s == HOLDS_AT_MOST.total_seconds() / 2
    for held_s in (40, 300, 600):
        lands = Intent("other", (GeoWaypoint(HOME.lon, HOME.lat, 0.0, at(60 + held_s)),), room)
        assert not are_apart(later, [lands])


def test_a_silent_one_that_holds_may_stay_go_on_or_come_home() -> None:
    about = seen(200, HALFWAY, state="holding", lost=True)
    found = intents_of(HELD, drone(), room_of(drone(), RULE), about)
    assert [one.state for one in found] == [IntentState.ACTIVATED] * 2 + [IntentState.CONTINGENT]


def test_one_that_says_it_is_on_its_way_back_has_dropped() -> None:
    """Its report comes later than its sample: it returns by the way back, along which it is."""
    what = record(MissionStatus.ACTIVE, "load", "out", current="drop")
    intent = meant(what, seen(460, Place(lon=-8.0, lat=41.002), state="returning", step_id="back"))
    assert [(p.lat, p.alt_amsl_m) for p in intent.path[1:]] == [(41.0, 60), (41.0, 0)]


def test_without_a_height_all_of_a_climb_is_ahead() -> None:
    """Over home, at whatever height."""
    out = next(step for step in MISSION.steps if isinstance(step, Travel))
    sample = seen(130, HOME, alt_amsl_m=None).sample
    assert sample is not None
    _, rest, _ = rest_of_leg(waypoints(out), sample, at(130))
    assert [(p.lat, p.alt_amsl_m) for p in rest] == [(41.0, 60), (41.02, 60), (41.02, 0)]


def test_one_that_returns_goes_back_by_the_way_it_came() -> None:
    """With more room in time, and the right of way."""
    what = record(MissionStatus.ACTIVE, "load", current="out")
    intent = meant(what, seen(200, HALFWAY, state="returning"))
    assert (intent.state, intent.priority) == (IntentState.CONTINGENT, 2)
    assert [(p.lat, p.alt_amsl_m) for p in intent.path] == [(41.01, 60), (41.0, 60), (41.0, 0)]
    assert intent.room.time_s == RULE.time_s
    home = record(MissionStatus.ACTIVE, "load", "out", "drop", current="back")
    homeward = meant(home, seen(400, HALFWAY, state="returning", step_id="back"))
    assert [(p.lat, p.alt_amsl_m) for p in homeward.path] == [(41.01, 60), (41.0, 60), (41.0, 0)]


def test_one_that_lands_or_diverts() -> None:
    what = record(MissionStatus.ACTIVE, "load", current="out", diverted_to=PORT)
    down = meant(what, seen(200, HALFWAY, state="landing"))
    assert [(p.lat, p.alt_amsl_m) for p in down.path] == [(41.01, 60), (41.01, 0)]
    away = meant(what, seen(200, HALFWAY, state="diverting", alt_amsl_m=40.0))
    ways = [(p.lon, p.lat, p.alt_amsl_m) for p in away.path]
    assert ways[1:] == [(-8.0, 41.01, 60), (-7.99, 41.01, 60), (-7.99, 41.01, 0)]
    assert [p.at for p in away.path] == sorted(p.at for p in away.path)


def test_a_silent_one_may_go_on_or_come_home() -> None:
    """Both are kept free, under the id of the one mission."""
    what = record(MissionStatus.ACTIVE, "load", current="out")
    on, home = intents_of(what, drone(), room_of(drone(), RULE), seen(200, HALFWAY, lost=True))
    assert (on.intent_id, home.intent_id) == ("M", "M")
    assert on.path[-1].at > home.path[-1].at


def test_a_sample_of_an_earlier_mission_means_nothing() -> None:
    """Half of the way home of the trip before is not where this one is."""
    what = record(MissionStatus.ACTIVE, "load", current="out")
    assert meant(what, seen(150, HALFWAY, mission_id="earlier")) == meant(what, seen(150))


def test_out_and_back_along_one_line_are_told_apart_by_time() -> None:
    """Half way at 410 s is the way home; a climb and the cruise above it are told apart by height."""
    intent = meant(record(MissionStatus.RELEASED), seen(0))
    sample = seen(410, HALFWAY).sample
    assert sample is not None
    assert abs((nearest(intent.path, sample, at(410)).due - at(405)).total_seconds()) < 1
    assert abs((nearest(intent.path, sample, at(190)).due - at(185)).total_seconds()) < 1
    climbs = seen(108, HOME, alt_amsl_m=30.0).sample
    assert climbs is not None
    assert abs((nearest(intent.path, climbs, at(108)).due - at(107.5)).total_seconds()) < 0.1


def test_the_room_is_half_of_the_rule_and_never_less_than_the_corridor() -> None:
    room = room_of(drone(), RULE)
    assert (room.beside_m, room.above_m, room.time_s, room.upright_s) == (25.0, 7.5, 15.0, 22.5)
    wide = drone().model_copy(update={"corridor_m": 60.0})
    assert room_of(wide, RULE, share=0.5).beside_m == 60.0
    assert room_of(wide, RULE, share=0.5).time_s == 7.5
