"""Granted time that keeps a pace: by a wall clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.hub.clock import SLACK_S, GrantedClock, Pace
from fleet.protocol.messages import Granted

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def later(seconds: float) -> datetime:
    """A moment of business time, in seconds from the start."""
    return START + timedelta(seconds=seconds)


def clock(rate: float | None) -> GrantedClock:
    """A clock that was anchored at the loop's time 100 s."""
    return GrantedClock(START, pace=None if rate is None else Pace(rate, START, 100.0))


def test_without_a_pace_nothing_is_held_back() -> None:
    assert clock(None).held_until_s(later(60), 100.0) is None
    assert clock(None).nearer(later(60), 100.0) == later(60)


def test_a_grant_waits_for_the_wall_clock() -> None:
    """A minute at 60 simulated seconds a second is due a second after the anchor, and the next a second after that."""
    paced = clock(60)
    until = paced.aim(None)
    assert until == later(60)
    assert paced.held_until_s(until, 100.5) == pytest.approx(101)
    assert paced.held_until_s(until, 101.0) is None
    paced.advance(until, 101.0)
    assert paced.at == until
    assert paced.held_until_s(paced.aim(None), 101.0) == pytest.approx(102)


def test_a_little_lateness_is_made_up_for() -> None:
    """Each step costs the loop some milliseconds; they do not add up."""
    paced, wall_s = clock(60), 100.0
    for _ in range(600):
        until = paced.aim(paced.at)
        wall_s = (paced.held_until_s(until, wall_s) or wall_s) + 0.005
        paced.advance(until, wall_s)
    assert paced.at == later(600)
    assert wall_s == pytest.approx(110.005)


def test_time_never_races_after_a_long_wait() -> None:
    """What a plan took by the wall clock is not made up for, but for the slack."""
    paced = clock(10)
    paced.advance(later(10), 130.0)
    assert paced.held_until_s(later(20), 130.0) == pytest.approx(131 - SLACK_S)


def test_as_much_as_the_pace_allows() -> None:
    """A part of a step: never less than the smallest, never more than the whole."""
    paced = clock(2)
    assert paced.nearer(later(60), 110.0) == later(20)
    assert paced.nearer(later(60), 100.0) == later(1)
    assert paced.nearer(later(60), 200.0) == later(60)


def test_a_keeper_that_is_ahead_takes_the_anchor_along() -> None:
    """After a restart nobody waits for time that has been lived through."""
    paced = clock(1)
    paced.granted("timekeeper", Granted(until=later(300), next_at=None, sent={}))
    assert paced.held_until_s(later(301), 100.0) == pytest.approx(101)
