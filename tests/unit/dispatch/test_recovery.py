"""People fetch what can't come home: the trip is over, the parcels go on, the asset is back in service."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.protocol.lifecycle import AssetStatus, MissionStatus, ParcelStatus
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    CancelMission,
    CloseException,
    Command,
    CommandReply,
    MissionEnded,
    RecoverAsset,
    Reply,
    StepReport,
)
from fleet.protocol.values import Place
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import DRONE, answers, flying, ready, report, sent, tell

FIELD = Place(lon=-8.005, lat=41.005)


def recover(bench: Bench, operator: Peer, *, fit: bool = True, site_id: str = "S1", name: str = "r") -> Reply:
    """A person says that the drone stands at a site; the hub's answer."""
    bench.say(
        operator,
        RecoverAsset(request_id=name, by="ana", asset_id=DRONE, site_id=site_id, fit=fit, why="fetched"),
    )
    return answers(operator)[name]


def crashed(bench: Bench) -> tuple[Peer, Peer, Assign]:
    """An operator, and a drone that came down in a field with the parcel on board; no van is there."""
    operator, drone, assign = flying(bench)
    bench.say(
        drone,
        AssetReport(condition="faulted", at=DAY, place=FIELD, code="motor", detail="a motor stopped"),
        MissionEnded(
            mission_id=assign.mission.mission_id,
            outcome="failed",
            at=DAY,
            place=FIELD,
            on_board=("P-1",),
            code="motor",
        ),
    )
    return operator, drone, assign


def test_a_parcel_on_a_broken_asset_waits_and_goes_on_once_both_are_fetched(tmp_path: Path) -> None:
    """No van is there to come for it: it waits on the drone, then at the site, with an owner all the time."""
    bench = Bench(tmp_path)
    operator, _, _ = crashed(bench)
    parcel = bench.core.state.parcels["P-1"]
    assert (parcel.mission_id, parcel.custodian.id) == (None, DRONE)
    assert {e.code for e in bench.core.state.open_exceptions()} == {"motor", "no_van_left"}
    assert recover(bench, operator, fit=False).ok
    parcel, asset = bench.core.state.parcels["P-1"], bench.core.state.assets[DRONE]
    assert (parcel.status, parcel.custodian.id) == (ParcelStatus.RECEIVED, "S1")
    assert (asset.status, asset.withdrawn, asset.site_id) == (AssetStatus.FAULTED, True, "S1")
    assert [e.code for e in bench.core.state.open_exceptions()] == ["no_van_left"]
    van = ready(bench, "D1/van-1", "D1")
    assert sent(bench, van).mission.items[0].order_id == "P-1"
    assert bench.core.state.open_exceptions() == ()


def test_a_fault_is_not_for_ever(tmp_path: Path) -> None:
    """Repaired and at its site, the drone is given missions again."""
    bench = Bench(tmp_path)
    operator, drone, assign = crashed(bench)
    assert recover(bench, operator).ok
    asset = bench.core.state.assets[DRONE]
    assert (asset.status, asset.withdrawn, asset.at_home) == (AssetStatus.READY, False, True)
    (order,) = bench.inputs.orders.orders
    bench.submit_more(operator, order.model_copy(update={"order_id": "P-2"}))
    again = sent(bench, drone, 1)
    assert again.mission.mission_id != assign.mission.mission_id
    assert again.mission.items[0].order_id == "P-2"


def test_a_missing_asset_that_is_found_ends_its_mission(tmp_path: Path) -> None:
    """Silent for long: its parcel waits. A person finds it: the mission is over, and the parcel goes on from there."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    drone.silent = True
    bench.run(20 * 60)
    assert "asset_missing" in {e.code for e in bench.core.state.open_exceptions()}
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE
    ready(bench, "D1/van-1", "D1")
    assert recover(bench, operator, fit=False).ok
    state = bench.core.state
    assert state.missions[assign.mission.mission_id].status is MissionStatus.FAILED
    parcel = state.parcels["P-1"]
    assert (parcel.custodian.id, parcel.mode, parcel.status) == ("S1", "van", ParcelStatus.PLANNED)
    assert state.open_exceptions() == ()


def test_a_report_that_comes_after_all_is_put_before_a_person(tmp_path: Path) -> None:
    """The drone was not where somebody said: what it says now is not believed, and not passed over in silence."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    drone.silent = True
    bench.run(20 * 60)
    recover(bench, operator, fit=False)
    drone = bench.heard_again(drone)
    bench.say(drone, report(assign, "drop", "P-1"))
    bench.say(drone, report(assign, "back"))
    (found,) = [e for e in bench.core.state.open_exceptions() if e.code == "late_report"]
    assert found.owner == "operator"
    assert [getattr(c, "action", None) for c in drone.of(Command)] == [Action.RETURN]
    assert [getattr(c, "mission_id", None) for c in drone.of(CancelMission)] == [assign.mission.mission_id]
    assert "P-1" in found.action
    assert bench.core.state.parcels["P-1"].custodian.kind == "site"


def test_told_twice_changes_nothing(tmp_path: Path) -> None:
    """The second word finds the drone where it is."""
    bench = Bench(tmp_path)
    operator, _, _ = crashed(bench)
    recover(bench, operator)
    before = bench.core.state.position
    answer = recover(bench, operator, name="again")
    assert (answer.ok, "already" in answer.detail) == (True, True)
    assert bench.core.state.position == before


@pytest.mark.parametrize(
    ("asset_id", "site_id", "says"),
    [
        ("S1/drone-9", "S1", "there is no asset"),
        (DRONE, "S9", "there is no site 'S9'; there are D1, S1"),
        (DRONE, "S1", "in contact"),
    ],
)
def test_a_recovery_that_cannot_be_is_refused(tmp_path: Path, asset_id: str, site_id: str, says: str) -> None:
    """An asset or a site that does not exist; a drone that is flying and says so."""
    bench = Bench(tmp_path)
    operator, _, _ = flying(bench)
    bench.say(operator, RecoverAsset(request_id="r", by="ana", asset_id=asset_id, site_id=site_id))
    answer = answers(operator)["r"]
    assert (answer.ok, says in answer.detail) == (False, True)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION


def test_a_drone_that_hovers_where_it_was_told_to_is_not_recovered(tmp_path: Path) -> None:
    """Held and in contact it is where it says; it would be left in the air with nobody watching."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    (command_id,) = tell(operator, bench, Action.HOLD).ids
    bench.say(drone, CommandReply(command_id=command_id, accepted=True))
    answer = recover(bench, operator)
    assert (answer.ok, "tell it to return" in answer.detail) == (False, True)
    assert bench.core.state.assets[DRONE].status is AssetStatus.HELD


def test_an_asset_away_from_home_is_not_planned_with(tmp_path: Path) -> None:
    """A drone that landed in a field, whole: it is ready, but no plan counts on it until it is fetched."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    bench.say(
        drone,
        report(assign, "drop", "P-1"),
        MissionEnded(
            mission_id=assign.mission.mission_id, outcome="failed", at=DAY, place=FIELD, code="landed"
        ),
    )
    (order,) = bench.inputs.orders.orders
    bench.submit_more(operator, order.model_copy(update={"order_id": "P-2"}))
    bench.run(60)
    assert bench.core.state.choices["P-2"].mode != "drone"


def test_an_exception_is_closed_by_a_person_once(tmp_path: Path) -> None:
    """With the outcome; a second closing, or one of what is not there, changes nothing."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    strange = StepReport(mission_id=assign.mission.mission_id, step_id="strange", state="done", at=DAY)
    bench.say(drone, strange)
    (found,) = bench.core.state.open_exceptions()
    for name, exception_id in (("1", found.exception_id), ("2", found.exception_id), ("3", "exc-99")):
        bench.say(
            operator,
            CloseException(request_id=name, by="ana", exception_id=exception_id, outcome=f"called {name}"),
        )
    assert bench.core.state.exceptions[found.exception_id].outcome == "called 1"
    assert [answers(operator)[n].ok for n in "123"] == [True, True, False]
