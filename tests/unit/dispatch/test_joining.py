"""What no plan brings is handed on by priority; nothing joins a route that people have locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.domain.events import ParcelAssigned
from fleet.protocol.messages import LockOrders, Role
from tests.support.bench import ORDER_COLUMNS, Bench
from tests.support.script import VAN, ready
from tests.unit.dispatch.test_shifts import DEPOTS, NO_LOCKERS, begin_with, day, fleet, row


def test_what_nobody_brings_in_time_is_handed_on_by_priority(tmp_path: Path) -> None:
    """Its turn comes by what it counts for, not by its id."""
    rows = (row(name, "08:05", "08:06", lon=-7.95) for name in "ABC")
    bench, operator, _ = day(tmp_path, fleet(), *rows)
    counts = {"A": 1, "B": 9, "C": 5}
    given = (one.model_copy(update={"priority": counts[one.order_id]}) for one in bench.inputs.orders.orders)
    bench.submit_more(operator, *given)
    bench.run(1)
    events = (one.event for one in bench.store.events())
    assert [e.order_id for e in events if isinstance(e, ParcelAssigned)] == ["B", "C", "A"]


@pytest.mark.parametrize("locked", [False, True])
def test_a_parcel_joins_no_route_that_is_locked(tmp_path: Path, *, locked: bool) -> None:
    """Though that costs less than a route of another van."""
    rows = row("A", "09:00", "11:00"), row("B", "09:00", "11:00", lon=-8.041)
    bench = Bench(
        tmp_path,
        orders=ORDER_COLUMNS + "".join(rows),
        depots=DEPOTS.replace("-8.05,41.02,1,", "-8.05,41.02,2,"),
        lockers=NO_LOCKERS,
        fleet=fleet(),
    )
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench, VAN, "D1")
    begin_with(bench, operator, "A")
    if locked:
        bench.say(operator, LockOrders(request_id="l", by="ana", order_ids=("A",), why="promised"))
    begin_with(bench, operator, "B")
    parcels = bench.core.state.parcels
    assert parcels["B"].mission_id is not None
    assert (parcels["A"].mission_id == parcels["B"].mission_id) != locked
