"""Whatever parcel is taken in, there is a plan: it and all others are brought, or it is said why not."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.dispatch.inputs import PlanReady
from fleet.domain.plausible import (
    LONGEST_WINDOW,
    MOST_SERVICE_MIN,
    MOST_SIDE_M,
    MOST_VALUE_MINOR,
    MOST_WEIGHT_KG,
    YEARS,
)
from fleet.hub.planning import Effort, make_plan
from fleet.protocol.messages import AssetReport, Role
from fleet.protocol.values import Dimensions, Direction, Goods, Order, Place, ServiceLevel, TimeWindow
from tests.support.bench import DAY, Bench

TINY = 1e-300
FIRST, LAST = (
    datetime(YEARS.start, 1, 1, tzinfo=UTC),
    datetime(YEARS.stop - 1, 12, 31, 23, 59, 59, tzinfo=UTC),
)


def side() -> st.SearchStrategy[float]:
    return st.sampled_from([TINY, 0.1, 1.0, MOST_SIDE_M]) | st.floats(TINY, MOST_SIDE_M)


def place() -> st.SearchStrategy[Place]:
    lon = st.sampled_from([-180.0, 180.0, -8.01, -8.0]) | st.floats(-180, 180)
    lat = st.sampled_from([-90.0, 90.0, 41.01, 41.0]) | st.floats(-90, 90)
    return st.builds(Place, lon=lon, lat=lat).filter(lambda p: (p.lon, p.lat) != (0, 0))


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Some fields of an order, up to the very limits of what is taken in."""
    start = draw(
        st.sampled_from([FIRST, LAST, DAY + timedelta(hours=9)]) | st.datetimes(timezones=st.just(UTC))
    )
    start = min(max(start, FIRST), LAST)
    end = min(LAST, start + draw(st.sampled_from([timedelta(0), timedelta(hours=2), LONGEST_WINDOW])))
    possible: dict[str, st.SearchStrategy[Any]] = {
        "place": place(),
        "drop_point": st.none() | place(),
        "direction": st.sampled_from(Direction),
        "weight_kg": st.sampled_from([TINY, MOST_WEIGHT_KG]) | st.floats(TINY, MOST_WEIGHT_KG),
        "size": st.builds(Dimensions, length_m=side(), width_m=side(), height_m=side()),
        "goods": st.sampled_from(Goods),
        "value_minor": st.sampled_from([0, MOST_VALUE_MINOR]),
        "service": st.sampled_from(ServiceLevel),
        "service_minutes": st.sampled_from([0, MOST_SERVICE_MIN]) | st.floats(0, MOST_SERVICE_MIN),
        "crew": st.integers(1, 9),
        "locker_ok": st.booleans(),
    }
    taken = draw(st.sets(st.sampled_from(sorted(possible)), max_size=4))
    found = {name: draw(possible[name]) for name in sorted(taken)}
    if draw(st.booleans()):
        found |= {
            "ready_at": draw(st.sampled_from([FIRST, start, end])),
            "due": TimeWindow(start=start, end=end),
        }
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(changes(), min_size=1, max_size=4))
def test_any_order_that_is_taken_in_is_planned(found: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.planner_answers = False
        operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect("S1/drone-1")
        bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
        (known,) = bench.inputs.orders.orders
        others = [
            Order.model_validate({**dict(known), **each, "order_id": f"X-{number}"})
            for number, each in enumerate(found)
        ]
        bench.submit(operator)
        bench.submit_more(operator, *others)
        assert len(bench.core.state.parcels) == 1 + len(others)
        for _ in range(3):
            for job in list(bench.core.plans):
                bench.core.plans.remove(job)
                plan = make_plan(job, Effort(iterations=1, baselines=True), job.snapshot.at)
                bench.core.tell(PlanReady(plan), bench.wall)
            bench.run(60)
        assert bench.core.faults == []
        state = bench.core.state
        assert state.parcels["P-1"].mission_id is not None
        told = {e.order_id for e in state.open_exceptions()}
        assert all(state.parcels[o.order_id].mission_id or o.order_id in told for o in others)
