"""Whatever approvals allow, a plan drafts no flight that its release would hold back for them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.feasibility.approvals import Sent, approval_full
from fleet.planner import MaxIterations, plan
from geofences import Authorisation
from tests.support.soak import chosen
from tests.unit.planner.test_approval_counts import CLOCKS, DRONE, away_of, town
from tests.unit.planner.test_permits import path_of
from tests.unit.planner.town import EIGHT

COUNTS = st.one_of(st.none(), st.integers(1, 3))
APPROVALS = st.lists(
    st.tuples(COUNTS, COUNTS, st.sampled_from([frozenset(), frozenset({"drone"}), frozenset({"van"})])),
    min_size=1,
    max_size=3,
)


@settings(max_examples=chosen(12, long=100), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(APPROVALS, st.integers(1, 6), st.integers(0, 3), st.sampled_from([1.0, 2.9, 3.1, 9.0]))
def test_release_holds_none_of_a_plan(
    terms: list[tuple[int | None, int | None, frozenset[str]]], parcels: int, before: int, until_h: float
) -> None:
    """Asked in the order of the releases, with what was sent by an earlier plan; midnight is three hours ahead."""
    held = tuple(
        Authorisation(
            "CTR", reference=f"A-{number}", vehicles=who, max_at_once=once, max_per_day=daily, timezone=CLOCKS
        )
        for number, (once, daily, who) in enumerate(terms)
    )
    found = town(*held, parcels=parcels + before, hours=(0.0, until_h))
    first = plan(replace(found, orders=found.orders[:before]), seed=1, stop=MaxIterations(2), made_at=EIGHT)
    sent = [Sent((f"E{number}", 0), DRONE, path_of(one), True) for number, one in enumerate(first.sorties)]
    rest = replace(found, orders=found.orders[before:], sent=tuple(sent))
    second = plan(rest, seed=1, stop=MaxIterations(2), made_at=EIGHT)
    flights = [(f"E{n}", one) for n, one in enumerate(first.sorties)]
    flights += [(f"L{n}", one) for n, one in enumerate(second.sorties)]
    for name, one in flights:
        now = away_of(one)[0]
        others = [
            Sent((other, 0), DRONE, path_of(each), is_out=now < each.return_at)
            for other, each in flights
            if other != name and (away_of(each)[0], other) < (now, name)
        ]
        assert approval_full(found.context, DRONE, path_of(one), others) is None
