"""How full a battery is must be known, and lately: else its asset is neither planned nor released, and people know."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.events import PlanCommitted
from fleet.domain.plan import Plan
from fleet.domain.state import ExceptionRecord, MissionRecord
from fleet.feasibility.charge import COME_FULL
from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.messages import AddZone, AssetReport, Assign, Role, Telemetry
from tests.support.bench import ORDERS, Bench, Peer
from tests.support.script import DRONE, accepted, ready, sent
from tests.unit.dispatch.test_release import OVER_THE_DOOR

CODES = {"soc_unknown", "soc_stale"}


def told(bench: Bench, **values: Any) -> Telemetry:
    """What the drone measures on its pad."""
    known: dict[str, Any] = {"at": bench.now, "lon": -8.0, "lat": 41.0, "alt_amsl_m": 0.0}
    return Telemetry(**known | values)


def found(bench: Bench) -> list[ExceptionRecord]:
    """What is open about batteries."""
    return [e for e in bench.core.state.open_exceptions() if e.code in CODES]


def day(folder: Path, *, soc: float | None, **texts: Any) -> tuple[Bench, Peer, Peer]:
    """The day's parcel comes in; there are a drone and a van for it."""
    bench = Bench(folder, **texts)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=soc, site_id="S1"))
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    return bench, operator, drone


def draft(bench: Bench) -> MissionRecord:
    """The drone's mission."""
    (one,) = [r for r in bench.core.state.missions.values() if r.kind == "drone"]
    return one


def test_who_never_told_is_not_planned_and_the_parcel_says_so(tmp_path: Path) -> None:
    """Neither full nor empty: the van has the parcel, and why not the drone is its battery that nobody knows."""
    bench, _, drone = day(tmp_path, soc=None)
    bench.run(15 * 60)
    assert not drone.of(Assign)
    assert [r.kind for r in bench.core.state.missions.values()] == ["van"]
    why = next(a for a in bench.core.state.choices["P-1"].alternatives if a.mode == "drone")
    assert why.verdict == "unknown"
    assert [(r.code, r.source) for r in why.reasons] == [("soc_unknown", DRONE)]


def test_an_operator_is_told_until_it_tells(tmp_path: Path) -> None:
    """One exception with an owner, not at once but after a minute, and closed by the report."""
    bench, _, drone = day(tmp_path, soc=None)
    bench.run(30)
    assert not found(bench)
    bench.run(20 * 60)
    (one,) = found(bench)
    assert (one.code, one.owner, one.asset_id) == ("soc_unknown", "operator", DRONE)
    assert "telemetry" in one.action
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=0.9, site_id="S1"))
    assert not found(bench)


def test_telemetry_that_tells_is_enough_and_the_drone_is_planned_again(tmp_path: Path) -> None:
    """No report is needed: within a minute the exception is closed, and the next parcel flies."""
    bench, operator, drone = day(tmp_path, soc=None)
    bench.run(5 * 60)
    assert found(bench)
    bench.sample(drone, told(bench, soc=1.0))
    bench.run(61)
    assert not found(bench)
    (first,) = bench.inputs.orders.orders
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-2"}))
    assert sent(bench, drone).mission.items[0].order_id == "P-2"


def expected(folder: Path, **texts: Any) -> tuple[Bench, Peer]:
    """The parcel comes in before any asset does."""
    bench = Bench(folder, **texts)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    return bench, operator


def test_one_that_is_expected_is_planned_by_a_named_assumption_and_does_not_leave_by_it(
    tmp_path: Path,
) -> None:
    """It comes, and tells nothing of its battery: the mission waits until it does. Nobody is told of one that has not
    come."""
    bench, _ = expected(tmp_path)
    bench.run(2)
    record = draft(bench)
    assert COME_FULL in plan_of(bench).assumptions
    assert not found(bench)
    drone = bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, site_id="S1"))
    bench.run((record.release_at - bench.now).total_seconds() + 90)
    assert not drone.of(Assign)
    assert [r.code for r in draft(bench).waits] == ["soc_unknown"]
    assert [e.code for e in found(bench)] == ["soc_unknown"]
    bench.sample(drone, told(bench, soc=1.0))
    assert sent(bench, drone).mission.mission_id == record.mission.mission_id


def plan_of(bench: Bench) -> Plan:
    """The first plan that was made."""
    made = (s.event for s in bench.store.events())
    return next(e.plan for e in made if isinstance(e, PlanCommitted))


def test_who_assumes_nothing_plans_only_with_those_who_are_there(tmp_path: Path) -> None:
    """The operator denies it: the van has the parcel, and why not the drone is that nobody knows its battery."""
    bench, _ = expected(tmp_path, fleet=DENIED)
    bench.run(10 * 60)
    assert [r.kind for r in bench.core.state.missions.values()] == ["van"]
    why = next(a for a in bench.core.state.choices["P-1"].alternatives if a.mode == "drone")
    assert [r.code for r in why.reasons] == ["soc_unknown"]
    assert not found(bench)


DENIED = """[assumptions]
terrain = "flat:0±5"
parcels_at_serving_site = true
drop_at_address = true
assets_come_full = false
"""


LATER = ORDERS.replace("2026-11-24T08:00", "2026-11-24T09:30")
"""The parcel may come an hour and a half after the drone has told."""


def waiting(folder: Path, **texts: Any) -> tuple[Bench, Peer, Peer]:
    """A drone's mission that is due when what the drone told of its battery does not count any more: it was heard all
    the time, and told nothing."""
    bench, operator, drone = day(folder, soc=1.0, orders=LATER, **texts)
    bench.run((draft(bench).release_at - bench.now).total_seconds() + 5)
    return bench, operator, drone


def test_what_was_told_long_ago_does_not_send_it_out(tmp_path: Path) -> None:
    """It waits with the figures, and goes as soon as it tells again."""
    bench, _, drone = waiting(tmp_path)
    record = draft(bench)
    assert record.status is MissionStatus.DRAFTED
    (why,) = record.waits
    assert (why.code, why.limit, why.unit) == ("soc_stale", 600.0, "s")
    assert isinstance(why.actual, float)
    assert why.actual >= 3600
    assert "min ago, which counts for 10 min" in why.detail
    bench.run(2 * 60)
    assert [e.code for e in found(bench)] == ["soc_stale"]
    bench.sample(drone, told(bench, soc=1.0))
    assert sent(bench, drone).mission.mission_id == record.mission.mission_id
    assert not found(bench)


def test_how_long_it_counts_is_the_operators_to_say(tmp_path: Path) -> None:
    """The same with two hours in the fleet file: it goes."""
    bench, _, drone = waiting(tmp_path, fleet="soc_stale_s = 7200\n")
    assert drone.of(Assign)
    assert not found(bench)


def test_a_sample_without_a_charge_does_not_make_it_fresh(tmp_path: Path) -> None:
    """It tells where it is, and nothing of its battery."""
    bench, _, drone = waiting(tmp_path)
    for _ in range(5):
        bench.sample(drone, told(bench))
        bench.run(60)
    assert not drone.of(Assign)
    assert [e.code for e in found(bench)] == ["soc_stale"]


def test_a_slow_clock_is_put_right_once_it_is_known(tmp_path: Path) -> None:
    """An hour slow: one sample may be an hour old, three in a row are of now."""
    bench, _, drone = waiting(tmp_path)
    bench.sample(drone, told(bench, soc=1.0, at=bench.now - timedelta(hours=1)))
    bench.run(2 * 60)
    assert not drone.of(Assign)
    for _ in range(2):
        bench.sample(drone, told(bench, soc=1.0, at=bench.now - timedelta(hours=1)))
    bench.run(60)
    assert drone.of(Assign)


@pytest.mark.parametrize("ahead_h", [0, 3, -3])
def test_what_a_lost_link_held_up_is_as_old_as_it_was_measured(tmp_path: Path, ahead_h: int) -> None:
    """A report of an hour ago comes only now: it does not send the drone out, whatever its clock is off by."""
    bench, _, drone = waiting(tmp_path)
    off = timedelta(hours=ahead_h)
    for _ in range(3):
        bench.sample(drone, told(bench, at=bench.now + off))
    then = bench.now - timedelta(hours=1) + off
    bench.say(drone, AssetReport(condition="ready", at=then, soc=1.0, site_id="S1"))
    bench.run(2 * 60)
    assert not drone.of(Assign)
    assert [r.code for r in draft(bench).waits] == ["soc_stale"]
    bench.say(drone, AssetReport(condition="ready", at=bench.now + off, soc=1.0, site_id="S1"))
    bench.run(60)
    assert drone.of(Assign)


def test_an_older_report_does_not_undo_a_newer_one(tmp_path: Path) -> None:
    """They came in the wrong order: the battery is what was measured last, also for a hub that was started again."""
    bench, _, drone = waiting(tmp_path)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.15, site_id="S1"))
    then = bench.now - timedelta(minutes=5)
    bench.say(drone, AssetReport(condition="ready", at=then, soc=1.0, site_id="S1"))
    bench.restart()
    asset = bench.core.state.assets[DRONE]
    assert asset.soc == 0.15
    assert asset.soc_at is not None
    assert asset.soc_at > then


def test_a_sample_that_says_nothing_does_not_bring_an_older_report_back(tmp_path: Path) -> None:
    """It reported full, then measured 15 %, then said nothing of it: 15 % count."""
    bench, _, drone = waiting(tmp_path)
    bench.say(drone, AssetReport(condition="charging", at=bench.now - timedelta(minutes=1), soc=1.0))
    bench.sample(drone, told(bench, soc=0.15))
    bench.sample(drone, told(bench))
    bench.run(2 * 60)
    assert not drone.of(Assign)
    assert "out_of_range" in {r.code for r in draft(bench).waits}


def test_the_newest_counts_by_whichever_way_it_came(tmp_path: Path) -> None:
    """The battery is low by the last report, after a sample that said full: the mission waits for it to be charged."""
    bench, _, drone = day(tmp_path, soc=1.0)
    bench.sample(drone, told(bench, soc=1.0))
    bench.run(1)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.15, site_id="S1"))
    bench.run((draft(bench).release_at - bench.now).total_seconds() + 5)
    assert not drone.of(Assign)
    assert "out_of_range" in {r.code for r in draft(bench).waits}


def test_patience_ends_and_the_parcel_goes_another_way(tmp_path: Path) -> None:
    """It never tells again: the van has the parcel, which knows why."""
    bench, _, drone = waiting(tmp_path)
    bench.run(45 * 60)
    assert not drone.of(Assign)
    parcel = bench.core.state.parcels["P-1"]
    assert (parcel.mode, parcel.status) == ("van", ParcelStatus.PLANNED)
    assert parcel.handed_on[0].code == "soc_stale"


def test_what_not_even_a_full_battery_could_do_is_not_waited_for(tmp_path: Path) -> None:
    """A zone is closed over the door: unknown or not, the mission is off at once."""
    bench, operator, _ = waiting(tmp_path)
    bench.say(operator, AddZone(request_id="z", by="ana", zone_id="fire", feature=OVER_THE_DOOR))
    bench.run(2 * 60)
    assert bench.core.state.parcels["P-1"].mode == "van"
    assert bench.core.state.parcels["P-1"].handed_on[0].code == "zone_blocked"


def test_a_hub_that_was_started_again_waits_until_it_is_told(tmp_path: Path) -> None:
    """What was in memory is gone and what is stored is old: not sent before a sample, and then sent."""
    bench, _, drone = waiting(tmp_path)
    bench.restart()
    drone = bench.connect(DRONE)
    bench.run(3 * 60)
    assert not drone.of(Assign)
    bench.sample(drone, told(bench, soc=1.0))
    assert sent(bench, drone).mission.mission_id == draft(bench).mission.mission_id


@pytest.mark.parametrize("soc", [1.0, 0.5])
def test_one_on_a_mission_is_planned_for_after_it(tmp_path: Path, soc: float) -> None:
    """Whatever it told, and however long ago: it comes home and is charged before the next, and is asked again then."""
    bench, operator, drone = day(tmp_path, soc=1.0)
    accepted(bench, drone, sent(bench, drone))
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=soc, site_id="S1"))
    (first,) = bench.inputs.orders.orders
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-2"}))
    assert bench.core.state.parcels["P-2"].asset_id == DRONE
