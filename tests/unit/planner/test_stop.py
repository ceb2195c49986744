"""Stops: counts and moments, and shares of them."""

from __future__ import annotations

import math

import pytest

from fleet.planner import Deadline, MaxIterations


def test_iterations_end_after_their_number() -> None:
    """Three chunks, then no more."""
    stop = MaxIterations(3)
    assert [stop() for _ in range(5)] == [False, False, False, True, True]


def test_part_of_iterations_counts_in_the_whole() -> None:
    """A phase uses up what the next ones get."""
    stop = MaxIterations(10)
    part = stop.part(0.4)
    while not part():
        pass
    assert stop.left == 6


def test_part_is_never_more_than_the_whole() -> None:
    """When another phase used the rest, a part ends with it."""
    stop = MaxIterations(4)
    part = stop.part(1.0)
    for _ in range(4):
        stop()
    assert part()


def test_negative_iterations_are_refused() -> None:
    """A number that means nothing is named."""
    with pytest.raises(ValueError, match="-1"):
        MaxIterations(-1)


def test_deadline_asks_the_given_clock() -> None:
    """Time is an argument."""
    now = [100.0]
    stop = Deadline(lambda: now[0], 110.0)
    half = stop.part(0.5)
    assert not half()
    now[0] = 105.0
    assert half()
    assert not stop()
    now[0] = 110.0
    assert stop()


def test_part_of_a_passed_deadline_has_passed() -> None:
    """Nothing is left to share."""
    assert Deadline(lambda: 5.0, 1.0).part(0.5)()


def test_share_that_is_used_rises_from_nothing_to_all() -> None:
    """Of chunks and of time; of nothing all is used."""
    stop, now = MaxIterations(4), [10.0]
    half, timed = stop.part(0.5), Deadline(lambda: now[0], 20.0)
    shares = []
    while not half():
        shares.append((half.used, stop.used))
    assert shares == [(0.5, 0.25), (1.0, 0.5)]
    assert MaxIterations(0).used == Deadline(lambda: 5.0, 1.0).used == 1.0
    assert timed.used == 0.0
    now[0] = 15.0
    assert timed.used == 0.5
    now[0] = 30.0
    assert timed.used == 1.0


def test_beside_a_stop_time_is_shared_and_chunks_are_not() -> None:
    """Another search takes nothing from this one but time."""
    stop, now = MaxIterations(10), [10.0]
    other = stop.beside(0.5)
    assert [other() for _ in range(6)] == [False] * 5 + [True]
    assert stop.left == 10
    timed = Deadline(lambda: now[0], 20.0)
    half = timed.beside(0.5)
    now[0] = 15.0
    assert half()
    assert timed.used == 0.5


def test_what_has_begun_goes_on_until_it_is_late() -> None:
    """A deadline that is up is not late before its later moment; a part of it is late when it is."""
    now = 0.0
    stop = Deadline(lambda: now, 10.0, late_at=12.0)
    part = stop.part(0.5)
    now = 11.0
    assert (stop(), stop.late(), part(), part.late()) == (True, False, True, False)
    now = 12.0
    assert (stop.late(), part.late()) == (True, True)
    assert Deadline(lambda: now, 20.0, late_at=5.0).late() is False


def test_a_stop_ahead_leaves_time_for_what_comes_after() -> None:
    """Half of the time until either moment; counted iterations take no time from anything."""
    now = 2.0
    ahead = Deadline(lambda: now, 10.0, late_at=12.0).ahead(0.5)
    now = 6.0
    assert (ahead(), ahead.late()) == (True, False)
    now = 7.0
    assert ahead.late()
    counted = MaxIterations(4)
    assert counted.ahead(0.5) is counted
    assert not counted.late()


def test_how_much_of_the_time_until_it_is_late_has_gone() -> None:
    """Which may be later than the search's; counted is never."""
    now = 10.0
    stop = Deadline(lambda: now, 10.0, 30.0)
    assert (stop.used, stop.gone, stop.left_s) == (1.0, 0.0, 20.0)
    now = 15.0
    assert stop.gone == pytest.approx(0.25)
    assert stop.left_s == 15.0
    now = 50.0
    assert (stop.gone, stop.left_s) == (1.0, 0.0)
    assert (MaxIterations(0).gone, MaxIterations(0).left_s) == (0.0, math.inf)
