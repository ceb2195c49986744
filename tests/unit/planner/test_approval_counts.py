"""Plans keep to the number of flights that approvals allow, at once and on each local day."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from fleet.domain.fleet import SortieType
from fleet.domain.plan import Plan, SortiePlan
from fleet.feasibility.approvals import Sent, approval_full
from fleet.planner import MaxIterations, Snapshot, plan
from geofences import Authorisation, CircleShape, Restriction, Volume, Zone, ZoneSet
from tests.unit.planner.test_permits import path_of
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

DRONE = next(one for one in fleet().of_kind("drone") if isinstance(one, SortieType))
LEAD_S = 30
"""So long before it loads a mission is released."""

CLOCKS = "Etc/GMT-13"
"""13 hours ahead of UTC: midnight is three hours after the plan begins."""


def town(*held: Authorisation, parcels: int = 5, hours: tuple[float, float] = (0, 9)) -> Snapshot:
    """Parcels near the launch site, a drone for each, no van; the town lies in a zone on approval."""
    near = [order(f"O{n}", place(1500 + 90 * n, 150 * (n % 3)), hours=hours) for n in range(parcels)]
    middle = place(1000, 0)
    zone = Zone("CTR", Restriction.REQ_AUTHORISATION, (Volume(CircleShape(middle.lon, middle.lat, 5_000)),))
    bare = snapshot(near, vans=0, drones=parcels, chargers=parcels)
    return replace(bare, context=replace(bare.context, zones=ZoneSet([zone]), authorisations=held))


def approval(reference: str = "A", **terms: int) -> Authorisation:
    return Authorisation("CTR", reference=reference, timezone=CLOCKS, **terms)  # type: ignore[arg-type]


def planned(found: Snapshot) -> Plan:
    return plan(found, seed=1, stop=MaxIterations(5), made_at=EIGHT)


def away_of(one: SortiePlan) -> tuple[datetime, datetime]:
    return one.depart - timedelta(seconds=DRONE.load_s + LEAD_S), one.return_at


def most_out(made: Plan) -> int:
    spans = [away_of(one) for one in made.sorties]
    return max((sum(a <= moment < b for a, b in spans) for moment, _ in spans), default=0)


def on_days(made: Plan) -> Counter[date]:
    """They are in the zone from their take-off on."""
    return Counter((one.depart + timedelta(hours=13)).date() for one in made.sorties)


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_are_out_than_an_approval_allows(most: int) -> None:
    """All parcels go, one after the other; with an approval without a number all at once."""
    free, kept = planned(town(approval())), planned(town(approval(max_at_once=most)))
    assert len(free.sorties) == len(kept.sorties) == 5
    assert most_out(free) > 2
    assert most_out(kept) == most


def test_the_rest_go_on_the_next_local_day() -> None:
    """Two before the approval's midnight and two after it; for the fifth there is no day."""
    made = planned(town(approval(max_per_day=2)))
    assert sorted(on_days(made).items()) == [(date(2026, 5, 4), 2), (date(2026, 5, 5), 2)]
    assert len(made.unassigned) == 1


def test_another_approval_takes_what_one_has_no_room_for() -> None:
    """With one without a number nothing is kept back; two for two flights each do not add up to four: each flight
    counts for both."""
    assert len(planned(town(approval(max_per_day=1), approval("B"))).sorties) == 5
    hours = (0.0, 2.0)
    both = planned(town(approval(max_per_day=1), approval("B", max_per_day=3), hours=hours))
    assert len(both.sorties) == 3


def test_flights_that_were_sent_or_drafted_before_count() -> None:
    """By the plan before: two, of three for the day."""
    found = town(approval(max_per_day=3, max_at_once=1), hours=(0, 2.5))
    before = planned(replace(found, orders=found.orders[:2]))
    sent = tuple(
        Sent((f"M{number}", 0), DRONE, path_of(one), is_out=number == 1)
        for number, one in enumerate(before.sorties)
    )
    after = planned(replace(found, orders=found.orders[2:], sent=sent))
    assert len(before.sorties) == 2
    assert len(after.sorties) == 1
    out = away_of(before.sorties[1])
    start, end = away_of(after.sorties[0])
    assert end <= out[0] or start >= out[1]


def test_release_holds_none_of_them() -> None:
    """By the question that is asked there, at the time at which it is asked."""
    found = town(approval(max_at_once=2, max_per_day=3))
    made = planned(found)
    assert len(made.sorties) == 5
    for one in made.sorties:
        now = away_of(one)[0]
        others = [
            Sent((other.sortie_id, 0), DRONE, path_of(other), is_out=now < other.return_at)
            for other in made.sorties
            if away_of(other)[0] < now
        ]
        assert approval_full(found.context, DRONE, path_of(one), others) is None


def test_who_gets_no_flight_is_told_why() -> None:
    """The approval is named, not the drones; also where all its flights were made before."""
    found = town(approval("ANAC-7", max_per_day=1), hours=(0, 2))
    made = planned(found)
    sent = (Sent(("M1", 0), DRONE, path_of(made.sorties[0]), is_out=False),)
    for told, count in ((made, 4), (planned(replace(found, sent=sent)), 5)):
        assert len(told.unassigned) == count
        for one in told.unassigned:
            sources = [reason.source for reason in one.reasons if reason.code == "authorisation_full"]
            assert sources == ["ANAC-7"]
            assert one.nearest_change == "a window that ends 63 min later", (
                "on the next local day there is another"
            )


def test_more_flights_are_the_change_where_the_day_ends_before_the_next_one() -> None:
    """No window helps then, nor does another drone."""
    found = replace(town(approval("ANAC-7", max_per_day=1), hours=(0, 2)), until=EIGHT + timedelta(hours=2))
    told = planned(found).unassigned
    assert len(told) == 4
    assert {one.nearest_change for one in told} == {"an authorisation for more flights"}
