"""kill -9 of a real hub at random moments, while assets report over real sockets without end."""

from __future__ import annotations

import pytest

from benchmarks.faults.killing import judged, trial
from benchmarks.faults.reporters import Forgotten
from tests.support.soak import chosen

TOO_EARLY = """
import time
from fleet.hub.writer import Writer

def run(self):
    while (batch := self._in.get()) is not None:
        self._done.put(0)
        self._wake()
        time.sleep(0.2)
        self._store.commit(batch)

Writer._run = run
"""
"""A hub that acknowledges what it has not stored yet."""


@pytest.mark.slow
@pytest.mark.timeout(chosen(300, long=7200))
@pytest.mark.parametrize("keyed", [True, False])
def test_nothing_that_was_acknowledged_is_lost_or_taken_twice(keyed: bool) -> None:
    """Each report is in the log once, in the order in which its asset said it, whenever the hub died."""
    reports = chosen(3_000, long=1_000_000)
    tally = trial(kills=chosen(4, long=200), reports=reports, keyed=keyed)
    assert (tally.lost, tally.duplicated, tally.disordered) == (0, 0, 0)
    assert tally.acknowledged >= reports


@pytest.mark.slow
def test_a_hub_that_acknowledges_too_early_is_found_out() -> None:
    """The trial can fail: an asset notices that the hub does not know what it has acknowledged."""
    with pytest.raises(Forgotten):
        trial(kills=4, reports=3_000, seed=1, prelude=TOO_EARLY)


def test_how_a_log_is_judged() -> None:
    """A log with a hole, with one report twice, and with two the wrong way round."""
    assert judged({"a": [1, 2, 3], "b": [1, 2, 3]}, ["a", "b"], 3) == (0, 0, 0)
    assert judged({"a": [1, 3], "b": [1, 2, 2, 3]}, ["a", "b"], 3) == (1, 1, 0)
    assert judged({"a": [2, 1, 3]}, ["a", "b"], 3) == (3, 0, 1)
