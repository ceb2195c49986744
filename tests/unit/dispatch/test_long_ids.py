"""Ids may have 128 characters each; what we make of them may not break the limits of what it goes into."""

from __future__ import annotations

from pathlib import Path

from fleet.dispatch.drafting import LONGEST_STEP_ID, step_id
from fleet.domain.events import TimerSet
from fleet.domain.plan import RouteStop
from fleet.protocol.messages import Role, SubmitOrders
from fleet.protocol.mission import Stop
from tests.support.bench import DAY, Bench
from tests.support.script import VAN, ready, sent

LONG = "x" * 128


def stop(order_id: str, locker_id: str | None = None) -> RouteStop:
    return RouteStop(lon=0, lat=0, locker_id=locker_id, deliver=(order_id,), arrive=DAY, depart=DAY)


def test_a_step_is_named_after_place_and_parcel_where_there_is_room() -> None:
    """Else by what is as good as unique, and the same each time."""
    assert step_id(stop("P-1")) == "deliver:door:P-1"
    found = step_id(stop(LONG, LONG))
    assert found == step_id(stop(LONG, LONG))
    assert found != step_id(stop(LONG))
    assert found.startswith("deliver:")
    assert len(found) <= LONGEST_STEP_ID
    assert len(f"{found}~9999999") <= len(LONG)  # what a revision makes of it


def test_a_timer_of_a_parcel_with_the_longest_id() -> None:
    """``deposit:`` and the like stand before it."""
    assert TimerSet(at=DAY, timer_id=f"deposit:{LONG}", due=DAY).timer_id.endswith(LONG)


def test_an_order_with_the_longest_id_is_planned_and_sent(tmp_path: Path) -> None:
    """One such order must not keep all others from being planned."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    van = ready(bench, VAN, "D1")
    (order,) = bench.inputs.orders.orders
    named = order.model_copy(update={"order_id": LONG})
    bench.say(operator, SubmitOrders(request_id="r-1", orders=(named,)))
    steps = [s for s in sent(bench, van).mission.steps if isinstance(s, Stop)]
    assert any(LONG in step.deliver for step in steps)
    assert bench.core.faults == []
