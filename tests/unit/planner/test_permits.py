"""Plans keep to the number of robots that permits allow at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fleet.dispatch.desk import Settings
from fleet.domain.fleet import SortieType
from fleet.domain.plan import Plan, SortiePlan
from fleet.feasibility.approvals import Sent
from fleet.feasibility.sidewalk import permit_full
from fleet.planner import MaxIterations, Snapshot, plan
from geofences import CircleShape, Permit, Restriction, Surface, Volume, Waypoint, Zone, ZoneSet
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

ROBOT = next(one for one in fleet().of_kind("sidewalk_robot") if isinstance(one, SortieType))


def town(max_count: int | None, parcels: int = 5, radius_m: float = 5_000.0) -> Snapshot:
    """Parcels near the launch site, robots for all of them, no van; one permit for sidewalks."""
    near = [order(f"O{n}", place(1300 + 60 * n, 100 * (n % 3)), hours=(0, 9)) for n in range(parcels)]
    middle = place(1000, 0)
    shape = CircleShape(middle.lon, middle.lat, radius_m)
    area = Zone(
        "P", Restriction.PERMIT_AREA, (Volume(shape),), permit=Permit(Surface.SIDEWALK, max_count=max_count)
    )
    bare = snapshot(near, vans=0, robots=parcels, chargers=parcels)
    return replace(bare, context=replace(bare.context, zones=ZoneSet([area])))


def planned(found: Snapshot) -> Plan:
    return plan(found, seed=1, stop=MaxIterations(5), made_at=EIGHT)


def released(one: SortiePlan) -> datetime:
    """As the hub does by default."""
    return one.depart - timedelta(seconds=ROBOT.load_s + Settings().release_lead_s)


def path_of(one: SortiePlan) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(p.lon, p.lat, p.alt_m, p.at) for p in one.path)


def most_out(made: Plan) -> int:
    """The most robots that are out at once by plan."""
    spans = [(released(one), one.return_at) for one in made.sorties]
    return max((sum(a <= moment < b for a, b in spans) for moment, _ in spans), default=0)


@pytest.mark.parametrize("count", [1, 2])
def test_no_more_are_out_than_the_permit_allows(count: int) -> None:
    """All parcels go, one after the other; without a count all at once."""
    free, kept = planned(town(None)), planned(town(count))
    assert len(free.sorties) == len(kept.sorties) == 5
    assert most_out(free) > 2
    assert most_out(kept) == count


def test_release_holds_none_of_them() -> None:
    """By the question that is asked there, at the time at which it is asked."""
    found = town(2)
    made = planned(found)
    for one in made.sorties:
        now = released(one)
        out = [path_of(other) for other in made.sorties if released(other) < now < other.return_at]
        assert permit_full(found.context, path_of(one), out) is None


def test_robots_of_an_earlier_plan_count() -> None:
    """Until they are back by plan; one whose trip is over counts no more."""
    found = town(1, parcels=2)
    first = planned(replace(found, orders=found.orders[:1])).sorties[0]
    for is_out in (True, False):
        sent = (Sent(("M1", 0), ROBOT, path_of(first), is_out),)
        (second,) = planned(replace(found, orders=found.orders[1:], sent=sent)).sorties
        waits = released(second) >= first.return_at or second.return_at <= released(first)
        assert waits == is_out
