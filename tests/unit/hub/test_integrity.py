"""Damage in the middle of a store, which a start does not see, is found beside the hub's work."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fleet.domain.events import TimerSet
from fleet.hub.observability.integrity import IntegrityWatch
from fleet.hub.observability.vitals import Integrity, Pulse
from fleet.store import Batch, SqlStore
from tests.support.bench import DAY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store of some hundred pages, closed."""
    path = tmp_path / "hub.db"
    with closing(SqlStore.open(path)) as store:
        store.commit(Batch(events=tuple(TimerSet(at=DAY, timer_id=f"t-{n}", due=DAY) for n in range(5000))))
    return path


def until(happened: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_sound_store_is_good_while_the_hub_writes(file: Path) -> None:
    """Its reader disturbs nobody."""
    pulse = Pulse()
    with closing(SqlStore.open(file)) as store, closing(IntegrityWatch(file, pulse, first_s=0.0)):
        store.commit(Batch(events=(TimerSet(at=DAY, timer_id="one-more", due=DAY),)))
        until(lambda: pulse.integrity is Integrity.GOOD)
        assert store.commit(Batch(events=(TimerSet(at=DAY, timer_id="last", due=DAY),))) == 5002


def test_a_damaged_page_is_found_though_the_store_opens(file: Path) -> None:
    """The log says what is wrong."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 2048] = b"\xff" * 2048
    file.write_bytes(content)
    pulse = Pulse()
    with capture_logs() as said, closing(IntegrityWatch(file, pulse, first_s=0.0)):
        until(lambda: pulse.integrity is Integrity.BAD)
        until(lambda: said)
    assert said[0]["event"] == "the store is damaged"
    assert said[0]["faults"]


def test_what_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    """No file: nothing is known."""
    pulse = Pulse()
    with capture_logs() as said, closing(IntegrityWatch(tmp_path / "none.db", pulse, first_s=0.0)):
        until(lambda: said)
    assert said[0]["event"] == "the store could not be read through"
    assert pulse.integrity is Integrity.UNCHECKED


def test_what_could_not_be_read_is_tried_again_soon(file: Path) -> None:
    """Not only after a day."""
    pulse, away = Pulse(), file.with_name("away.db")
    file.rename(away)
    with (
        capture_logs() as said,
        closing(IntegrityWatch(file, pulse, first_s=0.0, again_s=3600, retry_s=0.02)),
    ):
        until(lambda: len(said) > 1)
        away.rename(file)
        until(lambda: pulse.integrity is Integrity.GOOD)
        seen = len(said)
        time.sleep(0.2)
        assert len(said) == seen


def test_it_is_read_again_after_a_while(file: Path) -> None:
    """What was good yesterday need not be today."""
    pulse = Pulse()
    with closing(IntegrityWatch(file, pulse, first_s=0.0, again_s=0.05)):
        until(lambda: pulse.integrity is Integrity.GOOD)
        pulse.integrity = Integrity.UNCHECKED
        until(lambda: pulse.integrity is Integrity.GOOD)
