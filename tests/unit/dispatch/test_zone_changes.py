"""Zones that change while the fleet is out: told before as it then comes, made at once or not at all, kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor import guard as guard_module
from fleet.dispatch.monitor import monitor as monitor_module
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.remaining import legs_ahead
from fleet.domain.events import Event, ZoneAdded, ZoneRemoved
from fleet.protocol.messages import Action, ChangeZones, CloseException, PreviewZones, Reply, Role, Telemetry
from fleet.protocol.zones import ClosedZone, ConcernedFlight, Consequences
from geofences import ZoneSet
from tests.support.bench import DAY, ORDERS, Bench, Peer
from tests.support.script import DRONE, answers
from tests.unit.dispatch.test_monitor import block, guard_of, homeward, on_its_way, sample

BEHIND = block(-8.0032, 41.0022)
AHEAD = block(-8.0085, 41.0075)
AT_HOME = block(-8.0005, 40.9995)
AT_DROP = block(-8.0105, 41.0095)
WORLD = block(-9.0, 40.0, 2.0)
FAR = block(-8.5, 41.5)


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, and its hub."""
    return on_its_way(Bench(tmp_path))


def zones(**features: dict[str, Any]) -> tuple[ClosedZone, ...]:
    """Zones to close, by their ids."""
    return tuple(ClosedZone(zone_id=zone_id, feature=feature) for zone_id, feature in features.items())


def asked(bench: Bench, message: PreviewZones | ChangeZones) -> Reply:
    """The hub's answer to an operator."""
    operator = bench.peers.get("operator-1") or bench.connect("operator-1", Role.OPERATOR)
    bench.say(operator, message)
    return answers(operator)[message.request_id]


def preview(bench: Bench, *, remove: tuple[str, ...] = (), **features: dict[str, Any]) -> Consequences:
    """What a change would lead to."""
    reply = asked(bench, PreviewZones(request_id="p", add=zones(**features), remove=remove))
    assert reply.ok, reply.detail
    assert reply.zones is not None
    return reply.zones


def change(
    bench: Bench, request_id: str = "c", remove: tuple[str, ...] = (), **features: dict[str, Any]
) -> Reply:
    """Close and open areas."""
    return asked(bench, ChangeZones(request_id=request_id, by="ana", add=zones(**features), remove=remove))


def events(bench: Bench) -> list[Event]:
    """What is stored."""
    return [stored.event for stored in bench.store.events()]


def along(bench: Bench, share: float) -> Telemetry:
    """A sample on the way out, so far along its cruise."""
    way = guard_of(bench).out
    assert way is not None
    low, high = way.path[1], way.path[2]
    at = {name: getattr(low, name) * (1 - share) + getattr(high, name) * share for name in ("lon", "lat")}
    return sample(bench, alt_amsl_m=low.alt_amsl_m, **at)


@pytest.mark.parametrize(
    ("feature", "homewards", "share", "action"),
    [
        pytest.param(AHEAD, False, 0.5, Action.RETURN, id="ahead of it, the way home is free"),
        pytest.param(AT_DROP, False, 0.1, Action.RETURN, id="over the drop"),
        pytest.param(AT_HOME, False, 0.5, Action.LAND, id="over the site, nowhere else to go"),
        pytest.param(BEHIND, True, 0.2, Action.DIVERT, id="across the way home: around"),
        pytest.param(AHEAD, True, 0.5, None, id="behind it on the way home"),
        pytest.param(WORLD, False, 0.5, Action.LAND, id="all around it"),
        pytest.param(FAR, False, 0.5, None, id="elsewhere"),
    ],
)
def test_what_is_told_before_is_what_comes(
    out: tuple[Bench, Peer], feature: dict[str, Any], homewards: bool, share: float, action: Action | None
) -> None:
    """The hub sends the drone just what the preview said, and nothing before the zone is closed."""
    bench, drone = out
    here = homeward(bench, share) if homewards else along(bench, share)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    before = (bench.core.state, len(events(bench)))
    told = preview(bench, fire=feature)
    assert (bench.core.state.zones, len(events(bench))) == (before[0].zones, before[1])
    assert [(f.asset_id, f.order_ids, f.action) for f in told.flights if f.action is not None] == (
        [] if action is None else [(DRONE, ("P-1",), action)]
    )
    made = change(bench, fire=feature)
    assert made.ok
    assert made.zones is not None
    assert in_short(made.zones) == in_short(told)
    bench.sample(drone, here)
    assert [c.action for c in bench.core.state.commands.values()] == ([] if action is None else [action])


def in_short(told: Consequences) -> Any:
    """Without what the moment between two questions changes."""
    flights = [
        f.model_copy(update={"entry": f.entry and f.entry.zone_id, "detail": ""}) for f in told.flights
    ]
    return told.model_copy(update={"flights": flights})


def guard_time(bench: Bench, here: Telemetry) -> float:
    """How long until the drone is to be there."""
    guard = guard_of(bench)
    way = guard.out if here.step_id == "out" else guard.back
    assert way is not None
    due = way.due_at(way.reached(way.track.locate(*guard.plane.xy(here.lon, here.lat))[0], here.alt_amsl_m))
    assert due is not None
    return max(0.0, (due - bench.now).total_seconds())


def test_where_and_when_it_would_be_entered_is_told(out: tuple[Bench, Peer]) -> None:
    """A drone that is half a minute late gets there half a minute later than planned."""
    bench, drone = out
    here = along(bench, 0.5)
    bench.run(guard_time(bench, here) + 30)
    bench.sample(drone, here)
    (flight,) = preview(bench, fire=AHEAD).flights
    entry = flight.entry
    assert entry is not None
    assert (entry.zone_id, entry.code) == ("fire", "prohibited")
    reach = 0.0006  # the corridor, in degrees
    assert -8.0075 - reach <= entry.lon <= -8.0075 + reach
    assert 41.0075 - reach <= entry.lat <= 41.0075 + reach
    way = guard_of(bench).out
    assert way is not None
    share = (entry.lat - way.path[1].lat) / (way.path[2].lat - way.path[1].lat)
    begun, over = way.path[1].at, way.path[2].at
    assert begun is not None
    assert over is not None
    expected = begun + share * (over - begun) + timedelta(seconds=30)
    assert abs((entry.at - expected).total_seconds()) < 2


def test_what_lies_behind_is_not_ahead(out: tuple[Bench, Peer]) -> None:
    """The rest of a leg begins where the drone is; who is far beside it has all of it ahead."""
    bench, _ = out
    record = bench.core.state.mission_of(DRONE)
    assert record is not None
    context = guard_of(bench).context
    kind: Any = context.fleet.types[bench.core.state.assets[DRONE].record.type_id]
    here = along(bench, 0.5)
    rest, back = legs_ahead(record, kind, here, bench.now)
    assert rest.path[0].lat == pytest.approx(41.005, abs=1e-6)
    assert (rest.path[0].at, len(rest.path)) == (bench.now, 3)
    assert back.path[0].at >= rest.path[-1].at
    astray = here.model_copy(update={"lat": here.lat + 0.02})
    for unsure in (None, astray, here.model_copy(update={"mission_id": "another"})):
        whole = next(legs_ahead(record, kind, unsure, bench.now))
        assert whole.path[0].lat == 41.0


def test_a_second_zone_is_told_although_the_first_was(out: tuple[Bench, Peer]) -> None:
    """Also once a person has dealt with the first; while that is open, the flight is known to be in trouble."""
    bench, drone = out
    bench.sample(drone, along(bench, 0.1))
    change(bench, fire=AHEAD)
    bench.sample(drone, along(bench, 0.1))
    (found,) = bench.core.state.open_exceptions()
    (flight,) = preview(bench, flood=AT_DROP).flights
    assert (flight.action, flight.detail) == (
        None,
        "told nothing new: an exception about zones is open for this flight",
    )
    closing = CloseException(request_id="e", by="ana", exception_id=found.exception_id, outcome="it goes on")
    bench.say(bench.peers["operator-1"], closing)
    (flight,) = preview(bench, flood=AT_DROP).flights
    assert flight.action is Action.RETURN
    change(bench, "c-2", flood=AT_DROP)
    bench.sample(drone, along(bench, 0.1))
    assert [c.action for c in bench.core.state.commands.values()] == [Action.RETURN, Action.RETURN]


def test_a_zone_that_goes_frees(out: tuple[Bench, Peer]) -> None:
    """Nobody is told anything; that the flight comes free is said."""
    bench, drone = out
    change(bench, fire=AHEAD)
    told = preview(bench, remove=("fire",))
    assert told.removed == ("fire",)
    assert [(f.entry, f.action, f.detail) for f in told.flights] == [(None, None, "comes free of fire")]
    assert told.version == bench.inputs.context.airspace.version
    change(bench, "c-2", remove=("fire",))
    bench.sample(drone, along(bench, 0.2))
    assert not bench.core.state.commands


def test_flights_that_are_planned_are_told_with_their_parcels(tmp_path: Path) -> None:
    """The drone of a plan that is committed has not gone yet."""
    bench = Bench(tmp_path, orders=ORDERS.replace("08:00:00+00:00,2026", "10:00:00+00:00,2026"))
    operator = bench.connect("operator-1", Role.OPERATOR)
    from tests.support.script import ready

    ready(bench)
    bench.submit(operator)
    bench.run(120)
    told = preview(bench, fire=AHEAD, school=FAR)
    ((plan,),) = (told.planned,)
    assert (plan.asset_id, plan.order_ids) == (DRONE, ("P-1",))
    assert plan.entry is not None
    assert plan.entry.zone_id == "fire"
    assert plan.entry.at > plan.start_at
    assert (told.flights, told.places, told.added) == ((), (), ("fire", "school"))
    assert preview(bench, site=AT_HOME).places == ("S1",)
    change(bench, fire=AHEAD)
    ((freed,),) = (preview(bench, remove=("fire",)).planned,)
    assert (freed.mission_id, freed.entry) == (plan.mission_id, None)


def test_all_of_a_change_is_made_or_nothing(out: tuple[Bench, Peer]) -> None:
    """One broken area among sound ones, an id that is not there, one named twice."""
    bench, _ = out
    before = len(events(bench))
    broken = {**FAR, "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}
    for request_id, code, features, remove in (
        ("r-1", "bad_zone", {"a": FAR, "b": broken}, ()),
        ("r-2", "unknown_zone", {"a": FAR}, ("b",)),
        ("r-3", "bad_zone", {"a": FAR}, ("a",)),
        ("r-4", "bad_zone", {}, ()),
        ("r-5", "zone_over", {"a": FAR, "b": lasting(-60)}, ()),
    ):
        for message in (
            PreviewZones(request_id=f"p-{request_id}", add=zones(**features), remove=remove),
            ChangeZones(request_id=request_id, by="ana", add=zones(**features), remove=remove),
        ):
            reply = asked(bench, message)
            assert (reply.ok, [each.code for each in reply.reasons]) == (False, [code])
    assert len(events(bench)) == before
    assert not bench.core.state.zones


def lasting(seconds: float) -> dict[str, Any]:
    """An area that is closed from the bench's beginning for so long."""
    times = {"starts_at": DAY.isoformat(), "ends_at": (DAY + timedelta(hours=8, seconds=seconds)).isoformat()}
    return {**FAR, "properties": times}


def test_a_change_is_stored_with_who_made_it_and_the_version_and_outlives_a_restart(
    out: tuple[Bench, Peer],
) -> None:
    bench, _ = out
    made = change(bench, a=FAR, b=AHEAD)
    assert made.zones is not None
    again = change(bench, "c-2", ("a",), b=FAR)
    assert again.zones is not None
    assert (again.zones.replaced, again.zones.removed) == (("b",), ("a",))
    assert again.zones.version_before == made.zones.version
    stored = [each for each in events(bench) if isinstance(each, ZoneAdded | ZoneRemoved)]
    assert [(type(e), e.zone_id, e.by, e.zones_version) for e in stored] == [
        (ZoneAdded, "a", "ana", made.zones.version),
        (ZoneAdded, "b", "ana", made.zones.version),
        (ZoneRemoved, "a", "ana", again.zones.version),
        (ZoneAdded, "b", "ana", again.zones.version),
    ]
    bench.restart()
    in_force = bench.core._dispatcher.make_context(bench.core.state)
    assert in_force.airspace.version == again.zones.version
    assert guard_of(bench).context.airspace.version == again.zones.version


def test_an_area_opens_by_itself_when_its_time_is_over(out: tuple[Bench, Peer]) -> None:
    """Unless it was closed anew, for longer; also when the hub was down meanwhile."""
    bench, _ = out
    left = (bench.now - DAY - timedelta(hours=8)).total_seconds()
    change(bench, short=lasting(left + 60), longer=lasting(left + 60))
    bench.run(30)
    change(bench, "c-2", longer=lasting(left + 600))
    bench.restart()
    bench.run(40)
    assert set(bench.core.state.zones) == {"longer"}
    assert [(e.zone_id, e.by) for e in events(bench) if isinstance(e, ZoneRemoved)] == [("short", "hub")]
    bench.run(600)
    assert not bench.core.state.zones
    assert guard_of(bench).context.airspace.version == bench.inputs.context.airspace.version


def test_only_who_is_near_a_change_is_worked_out_anew(
    out: tuple[Bench, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others only go on with the new zones: where many are out, in milliseconds and not in seconds."""
    bench, _ = out
    made: list[object] = []

    def counted(*given: Any) -> Guard:
        made.append(given)
        return guard_module.guard_of(*given)

    monkeypatch.setattr(monitor_module, "guard_of", counted)
    before = guard_of(bench)
    change(bench, a=FAR)
    assert made == []
    after = guard_of(bench)
    assert after.context.airspace.version != before.context.airspace.version
    assert (after.out, after.energy) == (before.out, before.energy)
    change(bench, "c-2", ("a",), b=AHEAD)
    assert len(made) == 1
    area = {**WORLD, "properties": {"restriction": "OPERATING_AREA"}}
    change(bench, "c-3", c=area)
    assert len(made) == 2


def test_a_flight_that_is_not_heard_is_told_when_it_is(out: tuple[Bench, Peer]) -> None:
    bench, _ = out
    bench.core.live.clear()
    (flight,) = preview(bench, fire=AHEAD).flights
    assert flight == ConcernedFlight(
        asset_id=DRONE,
        mission_id=flight.mission_id,
        order_ids=("P-1",),
        entry=flight.entry,
        detail="told nothing before it says where it is",
    )
    assert flight.entry is not None


def test_a_question_asked_and_then_done_is_worked_out_once(out: tuple[Bench, Peer]) -> None:
    """Contexts with all that is known about their zones are kept for the answer."""
    bench, _ = out
    made = bench.core._dispatcher.make_context
    plain = made(bench.core.state)
    preview(bench, fire=AHEAD)
    assert made(bench.core.state) is plain
    assert made(bench.core.state).memory is plain.memory
    asked_about = made._other[1]  # type: ignore[attr-defined]
    change(bench, fire=AHEAD)
    assert made(bench.core.state).airspace is asked_about.airspace
    assert isinstance(asked_about.airspace, ZoneSet)


def test_who_opens_what_is_not_closed_is_told_what_is(out: tuple[Bench, Peer]) -> None:
    """A slip of the pen is seen at once."""
    bench, _ = out
    nothing = asked(bench, PreviewZones(request_id="p-1", add=(), remove=("fir",)))
    assert "(none is closed by hand)" in nothing.detail
    assert change(bench, fire=FAR, flood=FAR).ok
    told = asked(bench, PreviewZones(request_id="p-2", add=(), remove=("fir",)))
    assert "no zone 'fir' was added by hand (closed by hand: 'fire', 'flood')" in told.detail
