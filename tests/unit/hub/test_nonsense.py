"""A peer may speak of things that are not there: nothing of it is believed, and the hub goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.decide import HANDLERS
from fleet.dispatch.desk import Desk, Settings
from fleet.dispatch.inputs import PlanFailed, TimerDue
from fleet.dispatch.monitor import monitor
from fleet.domain.apply import apply
from fleet.domain.events import TimerSet
from fleet.protocol.lifecycle import LifecycleError, MissionStatus, ParcelStatus
from fleet.protocol.messages import AssetReport, MissionReply, Role, StepReport, Telemetry
from tests.support.bench import DAY, Bench
from tests.unit.hub.test_one_parcel import DRONE, assigned, ready

AGAIN = timedelta(seconds=Settings().again_s)


def broken(*_: object) -> None:
    """A fault of ours in whatever it stands for."""
    raise ZeroDivisionError("a bug")


def test_a_site_that_does_not_exist_does_not_stop_the_hub(tmp_path: Path) -> None:
    """The parcel that was said to be unloaded nowhere stays where it was known to be, and an operator is told."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    mission_id = assigned(bench, drone).mission.mission_id
    for step, site in (("load", None), ("unload", "nowhere")):
        report = StepReport(
            mission_id=mission_id, step_id=step, state="done", at=DAY, site_id=site, order_ids=("P-1",)
        )
        bench.say(drone, report)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=0.5, site_id="S1"))
    state = bench.core.state
    assert state.assets[DRONE].soc == 0.5
    assert state.parcels["P-1"].custodian.id == DRONE
    assert [e.code for e in state.exceptions.values()] == ["contradiction"]


def test_what_a_timer_was_to_do_is_tried_again_later_and_told_once(tmp_path: Path) -> None:
    """A handler that contradicts the record, or fails by a fault of ours, is neither lost nor told for ever."""
    bench = Bench(tmp_path)
    core = bench.core
    state = apply(core.state, TimerSet(at=DAY, timer_id="release:m-1", due=DAY))
    for moment, told in ((DAY, 1), (DAY + AGAIN, 1)):
        decision = core._dispatcher.set_aside(
            state, TimerDue("release:m-1"), moment, "contradiction", LifecycleError("it can't be"), None
        )
        state = decision.state
        assert state.timers["release:m-1"] == moment + AGAIN
        assert [e.code for e in state.open_exceptions()] == ["contradiction"] * told


def test_a_fault_of_ours_is_shown_and_the_hub_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that raises what nobody expected: nothing of its decision holds, an operator is told, the rest works,
    and the same timer rings again."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    rings = []

    def ring(_desk: Desk, message: TimerDue) -> None:
        rings.append(message.timer_id)
        broken()

    monkeypatch.setitem(HANDLERS, TimerDue, ring)
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    for _ in range(200):
        if rings:
            break
        bench.run(30)
    state = bench.core.state
    assert {e.code for e in state.open_exceptions()} == {"hub_fault"}
    assert "ZeroDivisionError: a bug" in state.open_exceptions()[0].reasons[0].detail
    assert [type(f) for f in bench.core.faults] == [ZeroDivisionError] * len(rings)
    monkeypatch.undo()
    mission = assigned(bench, drone).mission
    assert mission.asset_id == DRONE
    assert bench.core.state.parcels["P-1"].status is ParcelStatus.PLANNED


def test_a_plan_that_cannot_be_put_in_force_is_asked_for_again(tmp_path: Path) -> None:
    """The hub would else wait for ever for a plan that it has had."""
    bench = Bench(tmp_path)
    ready(bench)
    bench.planner_answers = False
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    assert bench.core.state.planning == "plan-1"
    decision = bench.core._dispatcher.set_aside(
        bench.core.state, PlanFailed("plan-1", "x"), DAY, "hub_fault", ValueError("a bug"), None
    )
    assert decision.state.planning is None
    assert "plan:again" in decision.state.timers


def faults_told(bench: Bench) -> list[tuple[str, str | None, str]]:
    """The open exceptions: what, of which asset, and why."""
    return [(e.code, e.asset_id, e.reasons[0].detail) for e in bench.core.state.open_exceptions()]


def test_a_check_that_fails_does_not_stop_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault is kept, an operator is told once, and the next sample is checked again."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    assigned(bench, drone)
    with monkeypatch.context() as patched:
        patched.setattr(monitor, "CHECKS", (broken,))
        for _ in range(3):
            bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=1.0))
    assert [type(f) for f in bench.core.faults] == [ZeroDivisionError] * 3
    assert faults_told(bench) == [("hub_fault", DRONE, "Telemetry: ZeroDivisionError: a bug")]
    seen: list[object] = []
    monkeypatch.setattr(monitor, "CHECKS", (lambda _guard, sample, _now: seen.append(sample),))
    bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=1.0))
    assert len(seen) == 1


def test_an_effect_that_fails_does_not_stop_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a restart, at which what is out is watched again: silence is noticed, and the rest of the decision holds."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    monkeypatch.setattr(monitor, "guard_of", broken)
    mission_id = assigned(bench, drone).mission.mission_id
    assert bench.core._monitor.watched() == (DRONE,)
    bench.restart()
    bench.say(bench.connect(DRONE), MissionReply(mission_id=mission_id, revision=0, accepted=True))
    assert bench.core.state.missions[mission_id].status is MissionStatus.ACCEPTED
    assert bench.core._monitor.watched() == (DRONE,)
    assert faults_told(bench) == [("hub_fault", DRONE, "Watch: ZeroDivisionError: a bug")]


def test_no_sample_is_held_against_an_earlier_mission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where what is known now can't be worked out, the guard of this mission stays and that of another does not."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    assigned(bench, drone)
    core = bench.core
    guard = core._monitor._guards[DRONE]
    monkeypatch.setattr(monitor, "guard_of", broken)
    for known, left in ((guard, [guard]), (replace(guard, mission_id="earlier"), [])):
        core._monitor._guards[DRONE] = known
        with pytest.raises(ZeroDivisionError):
            core._monitor.watch(DRONE, core.state, DAY, None)
        assert list(core._monitor._guards.values()) == left
