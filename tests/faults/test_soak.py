"""A hub that runs for a while beside assets that come, go and misbehave keeps its memory and its files."""

from __future__ import annotations

import os

import pytest

from benchmarks.faults.soak import leaked_kib, soak
from tests.support.soak import chosen

SECONDS = float(os.environ.get("SECONDS") or chosen(12, long=600))
"""How long a hub is watched."""
MOST_KIB = chosen(14.0, long=2.0)
"""What one misbehaviour, with all that goes on meanwhile, may leave behind, in KiB. In seconds no hub gets warm (the
database's cache alone grows by megabytes): the short form finds large leaks only, the long one small ones."""

LEAKS = """
from fleet.hub.sessions import Sessions
kept = []
reply = Sessions.reply

def leaky(self, route, envelope):
    kept.append(bytearray(65536))
    reply(self, route, envelope)

Sessions.reply = leaky
"""
"""A hub that keeps a buffer for each refusal."""


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
def test_memory_and_files_stay_as_they_are() -> None:
    """Neither grows once the hub is warm, and no report is lost or taken twice: with keys, telemetry, a reader of the
    feed, reconnects, refused hellos, unknown keys, nonsense and people who ask.
    """
    course = soak(seconds=SECONDS, assets=chosen(40, long=200), per_s=100)
    assert (course.lost, course.duplicated, course.disordered) == (0, 0, 0)
    assert course.acknowledged > 20 * SECONDS
    assert course.telemetry > 20 * SECONDS
    assert course.fed > SECONDS
    assert course.deeds[-1] > 5 * SECONDS
    assert leaked_kib(course.memory_kib, course.deeds) < MOST_KIB, course
    assert max(course.files[-15:]) <= max(course.files[:30]) + 10, course.files


@pytest.mark.slow
def test_a_hub_that_leaks_is_found_out() -> None:
    """The short form can fail: some of its misbehaviours leave a buffer behind."""
    course = soak(seconds=12, assets=20, per_s=100, prelude=LEAKS)
    assert leaked_kib(course.memory_kib, course.deeds) > MOST_KIB, course


def test_growth_is_noticed() -> None:
    """The measure tells a leak from noise, from a warm-up and from a single step."""
    deeds = range(0, 600, 10)
    flat = [5000, 8000, 9500, 10000] * 2 + [10000, 10300, 9900, 10100] * 13
    assert abs(leaked_kib(flat, deeds)) < 0.5
    assert abs(leaked_kib([10_000] * 55 + [12_000] * 5, deeds)) < 0.5
    assert leaked_kib([10_000 + 30 * n for n in range(60)], deeds) == 3
