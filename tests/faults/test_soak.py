"""A hub that runs for long beside assets that come, go and misbehave keeps its memory and its files."""

from __future__ import annotations

import os

import pytest

from benchmarks.faults.soak import growth, soak
from tests.support.soak import chosen

SECONDS = float(os.environ.get("SECONDS") or chosen(10, long=600))
"""How long a hub is watched."""
MOST_GROWTH = chosen(0.5, long=0.15)
"""A few seconds say little of memory: the short form is to see that the long one works."""


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
def test_memory_and_files_stay_as_they_are() -> None:
    """Neither grows once the hub is warm, and no report is lost or taken twice."""
    course = soak(seconds=SECONDS, assets=chosen(40, long=200), per_s=chosen(200, long=100))
    assert (course.lost, course.duplicated, course.disordered) == (0, 0, 0)
    assert course.acknowledged > 20 * SECONDS
    assert course.misbehaviours > SECONDS
    assert growth(course.memory_kib) < MOST_GROWTH, course.memory_kib
    assert max(course.files[-15:]) <= max(course.files[:30]) + 10, course.files


def test_growth_is_noticed() -> None:
    """The measure tells a leak from noise and from a warm-up."""
    flat = [50, 80, 95, 100] * 2 + [100, 103, 99, 101] * 14
    assert growth(flat) < 0.05
    assert growth([100 + n for n in range(60)]) > 0.2
