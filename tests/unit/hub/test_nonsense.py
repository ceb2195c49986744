"""A peer may speak of things that are not there: nothing of it is believed, and the hub goes on."""

from __future__ import annotations

from pathlib import Path

from fleet.dispatch.inputs import TimerDue
from fleet.domain.apply import apply
from fleet.domain.events import TimerSet
from fleet.protocol.messages import AssetReport, Role, StepReport
from tests.support.bench import DAY, Bench
from tests.unit.hub.test_one_parcel import DRONE, assigned, ready


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
    bench.say(drone, AssetReport(condition="ready", at=DAY, soc=0.5, site_id="S1"))
    state = bench.core.state
    assert state.assets[DRONE].soc == 0.5
    assert state.parcels["P-1"].custodian.id == DRONE
    assert [e.code for e in state.exceptions.values()] == ["contradiction"]


def test_a_timer_whose_handler_contradicts_the_record_does_not_ring_for_ever(tmp_path: Path) -> None:
    """It is taken off the record, so that a restart does not bring it back."""
    bench = Bench(tmp_path)
    core = bench.core
    state = apply(core.state, TimerSet(at=DAY, timer_id="release:m-1", due=DAY))
    decision = core._dispatcher.contradicted(state, TimerDue("release:m-1"), DAY, "it can't be", None)
    assert "release:m-1" not in decision.state.timers
    assert [e.type for e in decision.events] == ["timer_rang", "exception_raised"]  # type: ignore[attr-defined]
