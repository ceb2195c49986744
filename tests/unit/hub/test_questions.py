"""Questions to the planner beside its plans: answered, bounded in number and time, and survived by the hub."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.config import snapshot_of
from fleet.dispatch.effects import FindOptions
from fleet.dispatch.inputs import OptionsFound
from fleet.hub import questions as module
from fleet.hub.planning import spawned_executor
from fleet.hub.questions import Questions, find_options
from fleet.planner.stop import MaxIterations
from tests.support.bench import write_inputs


class Mute(Executor):
    """A process that never answers by itself."""

    def __init__(self) -> None:
        self.futures: list[Future[object]] = []
        self.ended = False

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
        self.futures.append(Future())
        return self.futures[-1]

    def shutdown(self, *_: object, **__: object) -> None:
        self.ended = True


def question(folder: Path, order_id: str = "P-1") -> FindOptions:
    """A parcel of a small day is asked about."""
    return FindOptions("eva", "q-1", order_id, snapshot_of(write_inputs(folder).read()))


@contextmanager
def asking(executor: Executor | None = None) -> Iterator[tuple[Questions, list[float]]]:
    """Questions, and the seconds that their clock shows; closed afterwards."""
    clock = [0.0]
    made = spawned_executor if executor is None else lambda: executor
    found = Questions(lambda: None, made, lambda: clock[0] if executor else time.monotonic())
    try:
        yield found, clock
    finally:
        found.close()


def first(found: Questions) -> OptionsFound:
    """What comes back first."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for answer in found.done():
            return answer
        time.sleep(0.02)
    raise AssertionError("nothing was answered")


def test_a_process_answers_and_one_that_is_killed_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever had asked is told at once; the next question has a process of its own."""
    monkeypatch.setattr(module, "PATIENCE_S", 100.0)
    monkeypatch.setattr(module, "LONGEST_S", 100.0)
    with asking() as (found, _):
        found.ask(question(tmp_path))
        os.kill(next(iter(found._executor._processes)), signal.SIGKILL)  # type: ignore[union-attr]
        lost = first(found)
        assert (lost.peer_id, lost.request_id, lost.found, lost.code) == ("eva", "q-1", None, "planner_down")
        assert "ask again" in lost.detail
        found.ask(question(tmp_path))
        answer = first(found)
        assert answer.found is not None
        assert {one.mode for one in answer.found.options} == {"drone", "van"}


def test_more_than_a_few_at_once_are_told_that_it_is_busy(tmp_path: Path) -> None:
    """At once, and those before keep their turn."""
    mute = Mute()
    with asking(mute) as (found, _):
        for _ in range(module.MOST + 1):
            found.ask(question(tmp_path))
        (answer,) = found.done()
        assert (answer.code, len(mute.futures)) == ("planner_busy", module.MOST)
        assert found.done() == []


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    """After some seconds whoever asked is told; a late answer is none any more; a process that hangs is ended."""
    mute = Mute()
    with asking(mute) as (found, clock):
        found.ask(question(tmp_path))
        found.ask(question(tmp_path))
        clock[0] = module.PATIENCE_S - 0.1
        assert found.done() == []
        clock[0] = module.PATIENCE_S
        assert [answer.code for answer in found.done()] == ["planner_busy", "planner_busy"]
        mute.futures[0].set_result(None)
        assert found.done() == []
        assert not mute.ended
        clock[0] = module.LONGEST_S
        assert found.done() == []
        assert mute.ended


def test_a_process_that_nobody_asks_is_ended(tmp_path: Path) -> None:
    """It has a planner's memory."""
    mute = Mute()
    with asking(mute) as (found, clock):
        found.ask(question(tmp_path))
        mute.futures[0].set_exception(ValueError("a site is missing"))
        (answer,) = found.done()
        assert (answer.code, answer.detail) == (
            "planner_failed",
            "the planner could not answer: ValueError: a site is missing",
        )
        clock[0] = module.IDLE_S - 1
        found.done()
        assert not mute.ended
        clock[0] = module.IDLE_S
        found.done()
        assert mute.ended


def test_a_process_that_can_t_be_had_is_told(tmp_path: Path) -> None:
    """As when there is no memory for it."""

    def none() -> Executor:
        raise OSError("cannot allocate memory")

    found = Questions(lambda: None, none)
    found.ask(question(tmp_path))
    (answer,) = found.done()
    assert answer.code == "planner_down"


def test_time_that_is_up_leaves_ways_out_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer comes all the same."""

    class Over(MaxIterations):
        def late(self) -> bool:
            return True

        def ahead(self, share: float) -> MaxIterations:
            return self

    asked = question(tmp_path)
    monkeypatch.setattr(module, "within", lambda *_: Over(0))
    found = find_options(replace(asked))
    assert "time was up before all of its ways were asked about" in found.assumptions
