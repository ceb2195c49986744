"""A van's routes of one shift, over and to come, count together: its longest shift, its battery, its driver's break."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from fleet.domain.plan import Plan
from fleet.planner import AssetSlot, MaxIterations, Snapshot, plan
from fleet.planner.problem import Problem, Van
from fleet.protocol.values import TimeWindow
from tests.unit.planner.test_tour_breaks import HOUR, noon, spec
from tests.unit.planner.test_van_range import with_battery
from tests.unit.planner.town import EIGHT, order, place, snapshot, type_of, with_capacity


def hours(begin: float, end: float) -> TimeWindow:
    """A time in hours after eight o'clock."""
    return TimeWindow(start=EIGHT + timedelta(hours=begin), end=EIGHT + timedelta(hours=end))


def van_of(slot: AssetSlot, **changes: object) -> Van | None:
    """The van as a plan sees it at eight o'clock; its shift is from seven to seven."""
    vans = Problem(snapshot([], vans=0, spec=spec(None, **changes), assets=(slot,))).vans
    return vans[0] if vans else None


def slot(**known: object) -> AssetSlot:
    """A van that has been out, or is to go."""
    return replace(AssetSlot("D/van-1", type_of("van"), "D", day_paid=True), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "span"),
    [
        ({"out": (hours(-1, 0),)}, (0, 5)),
        ({"out": (hours(-0.5, 0), hours(-1, -0.75))}, (0, 5)),
        ({"busy": (hours(0, 2),)}, (2, 6)),
        ({"busy": (hours(5, 9),)}, (3, 5)),
        ({"out": (hours(-1, 0),), "busy": (hours(3.5, 4),)}, (0, 3.5)),
        ({"busy": (hours(1, 2), hours(6, 7))}, (2, 6)),
        ({"out": (hours(-20, -19),)}, (0, 12)),
    ],
)
def test_a_route_more_ends_within_the_longest_shift_that_the_first_began(
    known: dict[str, tuple[TimeWindow, ...]], span: tuple[float, float]
) -> None:
    """Of six hours; what was out on the day before does not count."""
    van = van_of(slot(**known), max_shift_s=6 * HOUR)
    assert van is not None
    assert (van.early_s, van.late_s) == (span[0] * HOUR, span[1] * HOUR)


def test_a_van_whose_longest_shift_is_over_is_not_planned() -> None:
    assert van_of(slot(out=(hours(-1, -0.25),)), max_shift_s=0.9 * HOUR) is None


def planned(town: Snapshot) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(4), made_at=EIGHT, baselines=False)


def test_what_other_routes_take_of_the_battery_is_not_there() -> None:
    """Of two parcels on two sides of the depot one fits into what is left, and then none."""
    far = [order(f"O{i}", place(7_000 * (-1) ** i, 0), hours=(0, 9), locker_ok=False) for i in range(2)]

    def brought(drawn: float) -> int:
        town = snapshot(far, vans=0, spec=with_battery(start_soc=0.5), assets=(slot(drawn=drawn),))
        return sum(len(route.stops) for route in planned(town).routes)

    assert [brought(drawn) for drawn in (0.0, 0.1, 0.2)] == [2, 1, 0]


def resting(*, begins: float, closes: float, **known: object) -> Van:
    """A van whose driver's break of half an hour begins between these hours after eight."""
    rest = noon(30, *((8 + math.floor(h), round(h % 1 * 60)) for h in (begins, closes)))
    (van,) = Problem(snapshot([], vans=0, spec=spec(rest), assets=(slot(**known),))).vans
    return van


@pytest.mark.parametrize(
    ("known", "due"),
    [
        ({}, True),
        ({"out": (hours(-0.8, -0.1),), "rests": (hours(-0.5, 0),)}, False),
        ({"busy": (hours(5, 6),), "rests": (hours(5, 5.5),)}, False),
        ({"out": (hours(-0.8, -0.5),)}, True),
        ({"out": (hours(-0.8, -0.7),), "busy": (hours(0, 0.5), hours(2, 9))}, True),
        ({"out": (hours(-0.9, -0.8),), "busy": (hours(0.3, 0.6), hours(3, 9))}, False),
        ({"busy": (hours(0.6, 1), hours(1, 2), hours(8, 9))}, False),
    ],
)
def test_a_driver_has_one_break_whatever_plan_his_routes_are_of(
    known: dict[str, tuple[TimeWindow, ...]], due: bool
) -> None:
    """Half an hour from a quarter to eight to ten: on another route, or at the depot before or between two."""
    van = resting(begins=-0.25, closes=2, **known)
    assert (van.driver_break is not None) == due


def test_who_is_at_the_depot_already_has_his_break_from_then_on() -> None:
    """Not only from the plan's begin on: the window has been open for as long as he is back."""
    van = resting(begins=-0.75, closes=2, out=(hours(-0.8, -0.4),))
    assert van.home_s == -0.4 * HOUR
    assert van.rested_s == 0.1 * HOUR


@pytest.mark.parametrize(("ends", "late_h"), [(4.75, 4.5), (5.5, 4.0)])
def test_a_route_behind_after_which_the_driver_has_his_break_leaves_the_van_its_time(
    ends: float, late_h: float
) -> None:
    """It begins in the window, from twelve to one; where it is over before that closes nothing is kept free before."""
    van = resting(begins=4, closes=5, busy=(hours(4.5, ends), hours(7, 9.5)))
    assert van.late_s == late_h * HOUR


def test_a_driver_who_has_had_his_break_makes_two_trips() -> None:
    """Of a full van; one with a break ahead comes back after it only."""
    spec_ = with_capacity(spec(noon(30, (9, 0), (16, 0))), 1.0)
    two = [order(f"O{i}", place(900, 100 * i), hours=(0, 3), locker_ok=False) for i in range(2)]
    had = slot(out=(hours(-0.9, -0.5),), rests=(hours(-0.6, -0.1),))
    found = planned(snapshot(two, vans=0, spec=spec_, assets=(had,)))
    assert [len(route.stops) for route in found.routes] == [1, 1]
    assert all(route.driver_break is None for route in found.routes)
