"""Decisions that guard custody, people's commands and routes, through the hub's core with scripted peers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.missions import step_report
from fleet.dispatch.planning import snapshot
from fleet.dispatch.release import release
from fleet.dispatch.running import free_vans
from fleet.domain.apply import apply
from fleet.domain.events import (
    AssetChanged,
    AssetConnected,
    Event,
    MissionAccepted,
    MissionBegun,
    MissionDrafted,
    MissionOver,
    MissionReleased,
)
from fleet.protocol.lifecycle import AssetEvent, AssetStatus, LifecycleError, MissionStatus
from fleet.protocol.messages import (
    Action,
    AddZone,
    Assign,
    Command,
    CommandReply,
    MissionReply,
    RemoveZone,
    Role,
    StepReport,
    SubmitOrders,
)
from fleet.protocol.values import Dimensions, Place, TimeWindow
from tests.support.bench import DAY, Bench
from tests.support.script import DRONE, VAN, answers, desk_after, empty_route, flying, tell

FEATURE = {
    "type": "Feature",
    "properties": {"name": "Fire"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-8.2, 41.2], [-8.2, 41.3], [-8.1, 41.3], [-8.1, 41.2], [-8.2, 41.2]]],
    },
}


def test_only_who_has_a_parcel_can_hand_it_over(tmp_path: Path) -> None:
    """A van that says it brought back what the drone is flying is not believed: the drone still has it."""
    bench = Bench(tmp_path)
    flying(bench)
    route = empty_route(bench, "route-1")
    desk = desk_after(bench, MissionDrafted(at=DAY, mission=route, kind="van", release_at=DAY))
    desk = replace(desk, state=apply(desk.state, MissionReleased(at=DAY, mission=route)), peer_id=VAN)
    claim = StepReport(
        mission_id="route-1", step_id="unload", state="done", at=DAY, order_ids=("P-1",), site_id="D1"
    )
    with pytest.raises(LifecycleError, match="is with"):
        step_report(desk, claim)


def test_two_parcels_of_one_id_in_one_batch_are_refused(tmp_path: Path) -> None:
    """Nothing is taken in where a batch gives one id to two parcels; the same parcel twice is one."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    (order,) = bench.inputs.orders.orders
    other = order.model_copy(update={"weight_kg": 2.0})
    bench.say(operator, SubmitOrders(request_id="two", orders=(order, other)))
    assert (answers(operator)["two"].ok, dict(bench.core.state.parcels)) == (False, {})
    bench.say(operator, SubmitOrders(request_id="same", orders=(order, order)))
    assert answers(operator)["same"].ids == ("P-1",)
    placed = [s for s in bench.store.events() if getattr(s.event, "type", "") == "order_placed"]
    assert len(placed) == 1


FAR = datetime(9999, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"due": TimeWindow(start=DAY, end=FAR)}, ["due.end", "due"]),
        ({"ready_at": datetime(1999, 12, 31, tzinfo=UTC)}, ["ready_at"]),
        ({"weight_kg": 1.7e308}, ["weight_kg"]),
        ({"size": Dimensions(length_m=1e300, width_m=0.2, height_m=0.1)}, ["size.length_m"]),
        ({"service_minutes": 1e300}, ["service_minutes"]),
        ({"value_minor": 10**300}, ["value_minor"]),
        ({"place": Place(lon=0, lat=0)}, ["place"]),
    ],
)
def test_what_no_parcel_can_be_is_refused(
    tmp_path: Path, changes: dict[str, object], fields: list[str]
) -> None:
    """The planner can't count with it, and the parcels beside it would get no plan either."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    (order,) = bench.inputs.orders.orders
    slip = order.model_copy(update={**changes, "order_id": "P-2"})
    bench.say(operator, SubmitOrders(request_id="r-1", orders=(order, slip)))
    reply = answers(operator)["r-1"]
    assert not reply.ok
    assert {r.code for r in reply.reasons} == {"implausible_value"}
    assert [r.detail.split(": ")[:2] for r in reply.reasons] == [["P-2", field] for field in fields]
    assert not bench.core.state.parcels


def test_a_person_cannot_divert_to_nowhere(tmp_path: Path) -> None:
    """A diversion needs a place, which an operator's command does not have: it is refused with what to do."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    answer = tell(operator, bench, Action.DIVERT)
    assert not answer.ok
    assert "place" in answer.detail
    assert not drone.of(Command)


def test_hold_resume_return_and_land_change_the_asset_once_it_agrees(tmp_path: Path) -> None:
    """The status follows the asset's acknowledgement, not the wish; who asked is on record."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    expected = {
        Action.HOLD: AssetStatus.HELD,
        Action.RESUME: AssetStatus.ON_MISSION,
        Action.RETURN: AssetStatus.RETURNING,
        Action.LAND: AssetStatus.LANDING,
    }
    for action, status in expected.items():
        before = bench.core.state.assets[DRONE].status
        (command_id,) = tell(operator, bench, action).ids
        assert bench.core.state.assets[DRONE].status is before
        bench.say(drone, CommandReply(command_id=command_id, accepted=True))
        assert bench.core.state.assets[DRONE].status is status
        assert bench.core.state.commands[command_id].by == "ana"


def test_a_refused_command_is_an_exception_for_the_operator(tmp_path: Path) -> None:
    """An asset that says no changes nothing, and a person learns of it."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    (command_id,) = tell(operator, bench, Action.HOLD).ids
    bench.say(drone, CommandReply(command_id=command_id, accepted=False, detail="gusts"))
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    assert [(e.code, e.owner) for e in bench.core.state.open_exceptions()] == [
        ("command_refused", "operator")
    ]


def test_zones_are_added_checked_and_removed(tmp_path: Path) -> None:
    """A broken area is refused with its reason, a good one is in force until it is lifted."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    broken: dict[str, object] = {"type": "Feature", "properties": {}, "geometry": None}
    bench.say(operator, AddZone(request_id="bad", by="ana", zone_id="Z", feature=broken))
    assert (answers(operator)["bad"].ok, len(bench.core.state.zones)) == (False, 0)
    bench.say(operator, AddZone(request_id="add", by="ana", zone_id="Z", feature=FEATURE))
    assert (answers(operator)["add"].ok, list(bench.core.state.zones)) == (True, ["Z"])
    bench.say(operator, RemoveZone(request_id="gone", by="ana", zone_id="Z"))
    bench.say(operator, RemoveZone(request_id="again", by="ana", zone_id="Z"))
    assert (answers(operator)["gone"].ok, answers(operator)["again"].ok) == (True, False)
    assert len(bench.core.state.zones) == 0


def test_a_van_gets_its_second_route_after_the_first(tmp_path: Path) -> None:
    """A route that is due while its van is out waits: two at once would make the hub forget the first."""
    bench = Bench(tmp_path)
    first, second = empty_route(bench, "route-1"), empty_route(bench, "route-2")
    desk = desk_after(
        bench,
        AssetConnected(at=DAY, asset_id=VAN, boot_id="b"),
        MissionDrafted(at=DAY, mission=first, kind="van", release_at=DAY),
        MissionReleased(at=DAY, mission=first),
        MissionDrafted(at=DAY, mission=second, kind="van", release_at=bench.core.clock.now(bench.wall)),
    )
    release(desk, "route-2")
    assert desk.state.assets[VAN].mission_id == "route-1"
    assert desk.state.missions["route-2"].status is MissionStatus.DRAFTED
    assert desk.state.timers["release:route-2"] > desk.now


def test_a_van_that_has_been_out_opens_a_route_without_a_new_day(tmp_path: Path) -> None:
    """Its fixed day is paid by the route that it drove, not by one that was called off before it began."""
    bench = Bench(tmp_path)
    mission = empty_route(bench, "route-1")
    connected = [AssetConnected(at=DAY, asset_id=VAN, boot_id="b")]
    ready = AssetChanged(at=DAY, asset_id=VAN, change=AssetEvent.READY)
    released: list[Event] = [
        MissionDrafted(at=DAY, mission=mission, kind="van", release_at=DAY),
        MissionReleased(at=DAY, mission=mission),
    ]
    driven: list[Event] = [
        MissionAccepted(at=DAY, mission_id="route-1", revision=0),
        MissionBegun(at=DAY, mission_id="route-1"),
        MissionOver(at=DAY, mission_id="route-1", outcome="completed"),
    ]
    called_off = MissionOver(at=DAY, mission_id="route-1", outcome="cancelled")
    told: tuple[list[Event], ...] = ([], [*released, called_off], [*released, *driven])
    assert [_day_paid(desk_after(bench, *connected, *events, ready)) for events in told] == [
        False,
        False,
        True,
    ]


def _day_paid(desk: Desk) -> bool:
    """What both the insertion and the planner are told of the van."""
    (free,) = free_vans(desk)
    (slot,) = (s for s in snapshot(desk, "plan-9", ()).assets if s.asset_id == VAN)
    assert free.day_paid == slot.day_paid
    return free.day_paid


def test_a_drone_that_takes_back_its_yes_is_sent_no_empty_trip(tmp_path: Path) -> None:
    """Only a route can be sent again under a new number; a sortie without its ways would be nonsense."""
    bench = Bench(tmp_path)
    _, drone, assign = flying(bench)
    refusal = MissionReply(mission_id=assign.mission.mission_id, revision=0, accepted=False, detail="no")
    bench.say(drone, refusal)
    assert len(drone.of(Assign)) == 1
    assert bench.core.state.missions[assign.mission.mission_id].mission.revision == 0
