"""What makes a demo fail: each thing that the judge may see, and a mode that hardly serves."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.demo import failures


def result(**changes: Any) -> dict[str, Any]:
    """A good day's report, as far as it is looked at."""
    good = {
        "parcels": 150,
        "ended": {"delivered": 150, "in_locker": 0, "in_driver_route": 0, "returned": 0, "unresolved": 0},
        "by_mode": {"drone": 40, "locker": 30, "sidewalk_robot": 30, "van": 50},
        "zone_breaches": 0,
        "reserve_breaches": 0,
        "custody_breaks": 0,
        "lost_messages": 0,
        "duplicated_effects": 0,
        "contradictions": 0,
        "evidence": {"crashes": [], "overfull": []},
        "exceptions": [],
    }
    return good | changes


def test_a_good_day_does_not_fail() -> None:
    """The day that all others are held against."""
    assert failures(result(), hard=False) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"zone_breaches": 1}, "1 zone breaches"),
        ({"reserve_breaches": 1}, "1 reserve breaches"),
        ({"custody_breaks": 1}, "1 custody breaks"),
        ({"lost_messages": 1}, "1 lost messages"),
        ({"duplicated_effects": 1}, "1 duplicated effects"),
        ({"contradictions": 1}, "1 contradictions"),
        ({"evidence": {"crashes": [{}], "overfull": []}}, "1 batteries empty on the way"),
        ({"evidence": {"crashes": [], "overfull": [{}]}}, "1 lockers overfull"),
        ({"evidence": {"too_near": [{}]}}, "1 pairs of aircraft too near to each other, unforeseen"),
        ({"exceptions": [{"code": "hub_fault"}]}, "1 faults of the hub itself"),
        ({"by_mode": {"drone": 14, "locker": 40, "sidewalk_robot": 46, "van": 50}}, "drone served 14"),
        ({"ended": {**result()["ended"], "unresolved": 1}}, "1 parcels unresolved"),
        ({"ended": {**result()["ended"], "in_driver_route": 4}}, "4 parcels left in driver routes"),
    ],
)
def test_each_thing_that_went_wrong_fails_it(changes: dict[str, Any], says: str) -> None:
    """By itself, in words."""
    (found,) = failures(result(**changes), hard=False)
    assert found.startswith(says)


def test_a_hard_day_may_leave_more_to_drivers() -> None:
    """A tenth, and not one more."""
    for left, fails in ((15, False), (16, True)):
        ended = {**result()["ended"], "in_driver_route": left}
        assert bool(failures(result(ended=ended), hard=True)) is fails


def test_a_handful_of_parcels_says_nothing_of_modes() -> None:
    """A demo of three parcels may well go by van."""
    assert failures(result(parcels=3, by_mode={"drone": 0, "van": 3}), hard=False) == []
