"""One definition of on time and late, for the lists and for the report."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fleet.dispatch.report import report
from fleet.domain import events as ev
from fleet.domain.apply import apply_all
from fleet.domain.punctuality import Punctuality, is_late, punctuality
from fleet.domain.state import State
from fleet.protocol.lifecycle import CompartmentEvent
from tests.support import smallday as day

COLLECTED = (
    *day.passed("C", 190, day.IN_LOCKER, day.recipient("C")),
    ev.CompartmentChanged(
        at=day.at(190), locker_id=day.LOCKER, order_id="C", change=CompartmentEvent.COLLECT
    ),
)


def due(log: Sequence[ev.Event], name: str, start: float, end: float) -> list[ev.Event]:
    """The log with another window of one parcel, in minutes after the day opens."""
    changed = {"due": day.order("A", due=(start, end)).due}
    return [
        event.model_copy(update={"order": event.order.model_copy(update=changed)})
        if isinstance(event, ev.OrderPlaced) and event.order.order_id == name
        else event
        for event in log
    ]


def share(log: Sequence[ev.Event]) -> float:
    """The report's share of parcels that were served in their window."""
    found = report(log, judge=None, wall_s=None, seed=None, network=day.KilometreNetwork())["on_time_share"]
    assert isinstance(found, float)
    return found


def test_lists_and_report_mean_the_same() -> None:
    """Of eight parcels B is late; F was given up, G is not planned and H is expected after its window."""
    log = [*day.the_log(), *COLLECTED]
    parcels = apply_all(State(), log).parcels
    assert {name for name, parcel in parcels.items() if is_late(parcel)} == {"B", "H"}
    on_time = {name for name, parcel in parcels.items() if punctuality(parcel) is Punctuality.ON_TIME}
    assert on_time == {"A", "C", "D", "E"}
    assert share(log) == len(on_time) / 8


@pytest.mark.parametrize(
    ("name", "window", "expected"),
    [
        pytest.param("C", (0, 63), "on_time", id="filled in time, emptied later"),
        pytest.param("C", (100, 180), "on_time", id="a locker may be filled early"),
        pytest.param("C", (0, 62), "late", id="filled late"),
        pytest.param("D", (0, 62), "on_time", id="collected in time, home later"),
        pytest.param("D", (0, 61), "late", id="collected late"),
        pytest.param("D", (63, 180), "early", id="collected early"),
        pytest.param("E", (94, 180), "early", id="at the door early"),
    ],
)
def test_what_counts_is_when_it_was_served(name: str, window: tuple[float, float], expected: str) -> None:
    """When the recipient empties the locker, or the van comes home with a pick-up, does not count."""
    log = due([*day.the_log(), *COLLECTED], name, *window)
    parcel = apply_all(State(), log).parcels[name]
    assert parcel.ended_at is not None
    assert punctuality(parcel) == expected
    assert is_late(parcel) is (expected == "late")
    assert share(log) == (0.5 if expected == "on_time" else 0.375)


def test_what_leaves_a_locker_with_us_was_not_served() -> None:
    """It is on its way again, and expected anew."""
    log = [*day.the_log(), *day.passed("C", 100, day.IN_LOCKER, day.IN_VAN)]
    parcel = apply_all(State(), log).parcels["C"]
    assert (parcel.served_at, punctuality(parcel)) == (None, None)
