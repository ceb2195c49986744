"""Plans keep to what remote pilots on shift may supervise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from fleet.domain.fleet import SortieType
from fleet.domain.pilots import Pilots
from fleet.domain.plan import Plan, SortiePlan
from fleet.feasibility.approvals import Sent
from fleet.planner import MaxIterations, Snapshot, plan
from tests.unit.planner.test_permits import path_of
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

ROBOT = next(one for one in fleet().of_kind("sidewalk_robot") if isinstance(one, SortieType))


def pilots(count: int, each: int = 1, begins: int = 0, ends: int = 0, sites: Sequence[str] = ()) -> Pilots:
    return Pilots(
        kind="sidewalk_robot",
        sites=tuple(sites),
        pilots=count,
        machines_each=each,
        begins=time(begins),
        ends=time(ends),
    )


def town(*rows: Pilots, parcels: int = 5, hours: tuple[float, float] = (0, 9)) -> Snapshot:
    """Parcels near the launch site, robots for all of them, no van."""
    near = [order(f"O{n}", place(1300 + 60 * n, 100 * (n % 3)), hours=hours) for n in range(parcels)]
    spec = fleet().model_copy(update={"pilots": rows})
    return snapshot(near, vans=0, robots=parcels, chargers=parcels, spec=spec)


def planned(found: Snapshot) -> Plan:
    return plan(found, seed=1, stop=MaxIterations(5), made_at=EIGHT)


def away(one: SortiePlan) -> tuple[datetime, datetime]:
    """From its release, as the hub does by default, until it is back."""
    return one.depart - timedelta(seconds=ROBOT.load_s + 30), one.return_at


def most_out(made: Plan) -> int:
    """The most robots that are out at once by plan."""
    spans = [away(one) for one in made.sorties]
    return max((sum(a <= moment < b for a, b in spans) for moment, _ in spans), default=0)


@pytest.mark.parametrize(("rows", "most"), [([], 5), ([(1, 2)], 2), ([(3, 1)], 3), ([(1, 1), (1, 2)], 3)])
def test_no_more_are_out_than_pilots_times_their_ratio(rows: list[tuple[int, int]], most: int) -> None:
    """All parcels go, one after the other; without a row all at once. Rows of the same sites add up."""
    made = planned(town(*(pilots(count, each) for count, each in rows)))
    assert len(made.sorties) == 5
    assert most_out(made) == most


def test_trips_lie_in_shifts_and_pass_from_one_to_the_next() -> None:
    """From nine to ten by one pilot, from ten to eleven by another: nothing is out before or after, and where both
    shifts meet a trip may go on."""
    made = planned(town(pilots(1, 1, 9, 10), pilots(1, 1, 10, 11), parcels=6))
    spans = sorted(away(one) for one in made.sorties)
    assert spans
    assert spans[0][0] >= EIGHT + timedelta(hours=1)
    assert spans[-1][1] <= EIGHT + timedelta(hours=3)
    ten = EIGHT + timedelta(hours=2)
    assert any(begin < ten < end for begin, end in spans)


def test_a_pause_between_shifts_is_crossed_by_nobody() -> None:
    """One minute without a pilot is too long for any trip."""
    noon = replace_ends(pilots(1, 9, 8, 10), time(9, 59))
    made = planned(town(noon, pilots(1, 9, 10, 17), hours=(1.7, 9)))
    gap = EIGHT + timedelta(hours=1, minutes=59), EIGHT + timedelta(hours=2)
    assert len(made.sorties) == 5
    assert all(end <= gap[0] or begin >= gap[1] for begin, end in map(away, made.sorties))


def replace_ends(row: Pilots, ends: time) -> Pilots:
    return row.model_copy(update={"ends": ends})


def test_a_kind_with_pilots_elsewhere_stays_home() -> None:
    """Where a row names the kind, a site of nobody has none; the reason says so."""
    made = planned(town(pilots(5, sites=["D"])))
    assert not made.sorties
    codes = {reason.code for one in made.unassigned for reason in one.reasons}
    assert "no_pilot" in codes


def test_pilots_of_other_kinds_do_not_count() -> None:
    row = pilots(1).model_copy(update={"kind": "drone"})
    assert len(planned(town(row)).sorties) == 5


@pytest.mark.parametrize("is_out", [True, False])
def test_machines_of_an_earlier_plan_count(is_out: bool) -> None:
    """Until they are back by plan; one whose trip is over counts no more."""
    found = town(pilots(1), parcels=2)
    first = planned(replace(found, orders=found.orders[:1])).sorties[0]
    sent = (Sent(("M1", 0), ROBOT, path_of(first), is_out, site_id="S"),)
    (second,) = planned(replace(found, orders=found.orders[1:], sent=sent)).sorties
    waits = away(second)[0] >= first.return_at or second.return_at <= away(first)[0]
    assert waits == is_out


def crowded(row: Pilots, hours: tuple[float, float], parcels: int) -> Snapshot:
    """Parcels a quarter of an hour's trip away, which come in when their window begins."""
    far = [order(f"O{n}", place(1600, 60 * n), hours=hours, ready=hours[0]) for n in range(parcels)]
    spec = fleet().model_copy(update={"pilots": (row,)})
    no_drone = {one.order_id: frozenset({"drone"}) for one in far}
    return snapshot(far, vans=0, robots=2, chargers=2, spec=spec, excluded=no_drone)


def test_who_is_left_is_told_of_a_pilot_more() -> None:
    """Two parcels of the same minutes, one pilot who goes soon: the change that is named was tried, and serves."""
    row = replace_ends(pilots(1, 1, 8), time(9, 25))
    (left,) = planned(crowded(row, (1.0, 1.2), 2)).unassigned
    assert "pilots_busy" in {reason.code for reason in left.reasons}
    assert left.nearest_change == "one more remote pilot of sidewalk_robot at all sites"
    more = row.model_copy(update={"pilots": 2})
    assert len(planned(crowded(more, (1.0, 1.2), 2)).sorties) == 2


def test_who_is_left_after_a_shift_is_told_of_a_longer_one() -> None:
    """As much longer as it takes, in steps of ten minutes."""
    row = pilots(9, 9, 8, 10)
    (left,) = planned(crowded(row, (2.0, 2.2), 1)).unassigned
    assert "no_pilot" in {reason.code for reason in left.reasons}
    said = "a shift of remote pilots of sidewalk_robot at all sites that ends at 10:30 instead of 10:00"
    assert left.nearest_change == said
    for ends, trips in ((time(10, 20), 0), (time(10, 30), 1)):
        longer = replace_ends(row, ends)
        assert len(planned(crowded(longer, (2.0, 2.2), 1)).sorties) == trips
