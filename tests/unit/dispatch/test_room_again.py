"""A locker that has room again, or is there again: who waits for want of a van or a compartment is tried at once."""

from __future__ import annotations

from pathlib import Path

from fleet.protocol.messages import AssetReport, CompartmentReport, Role
from tests.support.bench import DAY, Bench
from tests.support.script import ready, report
from tests.unit.dispatch.test_hand_on import LOCKERS, bench_with, brought_to_a_locker, orders, stops


def waits(bench: Bench, order_id: str) -> bool:
    """Whether nobody was found for it, and it is tried again when its time comes."""
    state = bench.core.state
    return order_id in state.waiting and f"handon:{order_id}" in state.timers


def test_a_locker_that_is_heard_again_has_who_waits_tried_again(tmp_path: Path) -> None:
    """That it may go into one; of two parcels the one that may not still waits for its time."""
    bench = bench_with(
        tmp_path, orders("A", locker=True) + orders("B").splitlines()[1] + "\n", vans=0, lockers=LOCKERS
    )
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    bench.run(5)
    assert waits(bench, "A")
    assert waits(bench, "B")
    before, due = bench.core.state.plans, dict(bench.core.state.timers)
    ready(bench, "L1", "L1")
    bench.run(5)
    state = bench.core.state
    assert state.plans == before + 1
    assert waits(bench, "A")
    assert state.timers["handon:B"] == due["handon:B"]
    assert state.timers["handon:A"] > due["handon:A"]


def test_a_compartment_that_was_emptied_has_who_waits_tried_again(tmp_path: Path) -> None:
    """The only van broke down; another parcel waits."""
    bench, lockers, van, assign = brought_to_a_locker(tmp_path, "A")
    chosen = bench.core.state.parcels["A"].locker_id
    assert chosen is not None
    bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="deposited", at=DAY))
    bench.say(van, report(assign, stops(assign.mission)[0].step_id, "A"))
    bench.say(van, AssetReport(condition="faulted", at=DAY, code="breakdown"))
    (order,) = [one for one in bench.inputs.orders.orders if one.order_id == "A"]
    bench.submit_more(bench.peers["operator-1"], order.model_copy(update={"order_id": "B"}))
    bench.run(5)
    assert waits(bench, "B")
    before = bench.core.state.plans
    bench.say(lockers[chosen], CompartmentReport(order_id="A", state="collected", at=DAY))
    bench.run(5)
    assert bench.core.state.plans == before + 1
    assert waits(bench, "B")
