"""A charge that ends early, or does not rise as its curve says: what was counted on is estimated afresh at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.planning import snapshot
from fleet.domain.state import ExceptionRecord, MissionRecord
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import AssetReport, Assign, CloseException, Role, Telemetry
from tests.support.bench import ORDERS, Bench, Peer
from tests.support.script import DRONE, desk_after, ready, sent

FAR = ORDERS.replace("-8.01,41.01", "-8.0,41.055").replace("2026-11-24T08:00", "2026-11-24T09:30")
"""Six kilometres away, an hour and a half later: more than 60 % of a battery, less than a full one."""


def charging(folder: Path, soc: float, **texts: Any) -> tuple[Bench, Peer, Peer]:
    """The drone stands on its charger; a parcel is planned for it, and a van is there too."""
    bench = Bench(folder, **texts)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    told(bench, drone, "charging", soc)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    bench.run(2)
    return bench, operator, drone


def told(bench: Bench, drone: Peer, condition: str, soc: float, detail: str = "") -> None:
    """What the drone says of itself on its pad."""
    report = AssetReport(condition=condition, at=bench.now, soc=soc, site_id="S1", detail=detail)  # type: ignore[arg-type]
    bench.say(drone, report)


def measured(bench: Bench, drone: Peer, soc: float) -> None:
    """A sample from its pad."""
    bench.sample(
        drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, alt_amsl_m=0.0, soc=soc, state="charging")
    )


def of_drone(bench: Bench) -> MissionRecord:
    """The drone's only mission."""
    (one,) = [r for r in bench.core.state.missions.values() if r.kind == "drone"]
    return one


def cut(bench: Bench) -> list[ExceptionRecord]:
    """What operators are told of charges."""
    return [e for e in bench.core.state.open_exceptions() if e.code == "charge_ended_early"]


def planned_soc(bench: Bench) -> float:
    """What the planner would be told of the drone's battery now."""
    (slot,) = [s for s in snapshot(desk_after(bench), "any", ()).assets if s.asset_id == DRONE]
    return slot.soc


def test_a_cut_at_60_per_cent_takes_back_at_once_what_can_t_be_made_and_plans_it_anew(tmp_path: Path) -> None:
    """Not when the mission's timer rings, an hour later: the parcel has its van within the same second."""
    bench, _, drone = charging(tmp_path, 0.55, orders=FAR)
    mission_id = of_drone(bench).mission.mission_id
    assert of_drone(bench).status is MissionStatus.DRAFTED
    told(bench, drone, "ready", 0.6, "the plug is out")
    assert of_drone(bench).status is MissionStatus.CANCELLED
    (found,) = cut(bench)
    assert (found.owner, found.asset_id) == ("operator", DRONE)
    (why,) = found.reasons
    assert (why.actual, why.source) == (0.6, DRONE)
    assert "the plug is out" in why.detail
    assert mission_id in why.detail
    bench.run(2)
    parcel = bench.core.state.parcels["P-1"]
    assert bench.core.state.missions[parcel.mission_id or ""].kind == "van"
    assert planned_soc(bench) == 0.6
    assert {r.code for r in parcel.handed_on} >= {"out_of_range", "charge_ended_early"}


def test_what_can_still_be_made_stays_and_is_said_to(tmp_path: Path) -> None:
    bench, _, drone = charging(tmp_path, 0.55, orders=ORDERS.replace("2026-11-24T08:00", "2026-11-24T09:30"))
    told(bench, drone, "ready", 0.6)
    assert of_drone(bench).status is MissionStatus.DRAFTED
    (found,) = cut(bench)
    assert f"{of_drone(bench).mission.mission_id} can still be made" in found.reasons[0].detail
    bench.run((of_drone(bench).release_at - bench.now).total_seconds() - 5)
    told(bench, drone, "ready", 0.6)
    assert sent(bench, drone).mission.mission_id == of_drone(bench).mission.mission_id


@pytest.mark.parametrize("killed", [False, True])
def test_until_it_charges_again_nothing_counts_on_more_than_is_in_it(tmp_path: Path, killed: bool) -> None:
    """Also for a hub that was killed in between: what it told is in the log, and the draft is not back."""
    bench, operator, drone = charging(tmp_path, 0.55, orders=FAR)
    told(bench, drone, "ready", 0.6)
    before = of_drone(bench).mission.mission_id
    if killed:
        bench.restart()
        drone, operator = bench.connect(DRONE), bench.connect("operator-2", Role.OPERATOR)
    bench.run(5)
    assert len(cut(bench)) == 1
    assert planned_soc(bench) == 0.6
    (first,) = bench.inputs.orders.orders
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-2"}))
    bench.run(5)
    assert {
        r.kind for r in bench.core.state.missions.values() if r.status is not MissionStatus.CANCELLED
    } == {"van"}
    told(bench, drone, "charging", 0.6)
    assert not cut(bench)
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-3"}))
    bench.run(5)
    live = [
        r
        for r in bench.core.state.missions.values()
        if r.kind == "drone" and r.status is MissionStatus.DRAFTED
    ]
    assert [r.mission.mission_id != before for r in live] == [True]


def test_a_killed_hub_still_looks_whether_the_charge_rises(tmp_path: Path) -> None:
    """A charger that gives nothing while its drone says that it charges: found by the curve, after a kill."""
    bench, _, drone = charging(tmp_path, 0.55, orders=FAR)
    bench.restart()
    drone = bench.connect(DRONE)
    for _ in range(12):
        measured(bench, drone, 0.56)
        bench.run(60)
    assert bench.core.state.assets[DRONE].status is AssetStatus.CHARGING
    (found,) = cut(bench)
    (why,) = found.reasons
    assert why.actual == 0.56
    assert float(why.limit or 0) > 0.6
    assert of_drone(bench).status is MissionStatus.CANCELLED
    assert not drone.of(Assign)


def test_a_charge_that_goes_by_its_curve_is_nobody_s_business(tmp_path: Path) -> None:
    """900 W into 799 Wh: 1.6 points a minute and more; the mission leaves as planned."""
    bench, _, drone = charging(tmp_path, 0.55, orders=FAR)
    for minute in range(1, 30):
        bench.run(60)
        measured(bench, drone, min(1.0, 0.55 + 0.0165 * minute))
        assert not cut(bench)
    assert of_drone(bench).status is MissionStatus.DRAFTED


def test_a_slow_charger_is_told_and_what_it_brings_in_time_counts(tmp_path: Path) -> None:
    """At two thirds of the power the battery is full enough an hour and a half later, so the draft stays."""
    bench, _, drone = charging(tmp_path, 0.3, orders=FAR)
    for minute in range(1, 16):
        bench.run(60)
        measured(bench, drone, 0.3 + 0.011 * minute)
    (found,) = cut(bench)
    assert "can still be made" in found.reasons[0].detail
    assert of_drone(bench).status is MissionStatus.DRAFTED


@pytest.mark.parametrize("soc", [0.9, 0.97, 1.0])
def test_who_is_charged_is_not_cut(tmp_path: Path, soc: float) -> None:
    """Some packs are not filled to the last on purpose."""
    bench, _, drone = charging(tmp_path, 0.55)
    told(bench, drone, "ready", soc)
    assert not cut(bench)


def test_an_operator_may_close_it(tmp_path: Path) -> None:
    bench, operator, drone = charging(tmp_path, 0.55, orders=FAR)
    told(bench, drone, "ready", 0.6)
    (found,) = cut(bench)
    close = CloseException(request_id="c-1", by="ana", exception_id=found.exception_id, outcome="plugged in")
    bench.say(operator, close)
    assert not cut(bench)
