"""Questions to the planner beside its plans: answered, bounded in number and time, and survived by the hub."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.config import snapshot_of
from fleet.dispatch.effects import FindOptions
from fleet.dispatch.inputs import OptionsFound
from fleet.hub import questions as module
from fleet.hub.planning import spawned_executor
from fleet.hub.questions import Questions, find_options, get_ready
from fleet.planner.stop import MaxIterations
from fleet.protocol.options import NoOptions
from tests.support.bench import write_inputs


class Mute(Executor):
    """A process that never answers by itself."""

    def __init__(self, kind: type[Future[object]] = Future) -> None:
        self.kind = kind
        self.up: Future[object] = Future()
        self.futures: list[Future[object]] = []
        self.ended = self._broken = False

    def submit(self, what: object, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
        if what is get_ready:
            return self.up
        self.futures.append(self.kind())
        return self.futures[-1]

    def shutdown(self, *_: object, **__: object) -> None:
        self.ended = True


def question(folder: Path, order_id: str = "P-1") -> FindOptions:
    """A parcel of a small day is asked about."""
    return FindOptions("eva", "q-1", order_id, snapshot_of(write_inputs(folder).read()))


def named(folder: Path, request_id: str) -> FindOptions:
    """The same, as one request of several."""
    return replace(question(folder), request_id=request_id)


def told(found: Questions) -> list[tuple[str, NoOptions | None]]:
    """Which requests were answered since the last look, and with what."""
    return [(answer.request_id, answer.code) for answer in found.done()]


@contextmanager
def asking(*executors: Executor) -> Iterator[tuple[Questions, list[float]]]:
    """Questions to these processes, one after another, and the seconds that their clock shows; to real processes, by
    the real clock, where none is named. Closed afterwards.
    """
    clock = [0.0]
    left = iter(executors)
    make = (lambda: next(left)) if executors else spawned_executor
    found = Questions(lambda: None, make, lambda: clock[0] if executors else time.monotonic())
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
        os.kill(next(iter(found._worker.executor._processes)), signal.SIGKILL)  # type: ignore[union-attr]
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
        assert [answer.code for answer in found.done()] == ["planner_slow", "planner_slow"]
        mute.futures[0].set_result(None)
        assert found.done() == []
        assert not mute.ended
        clock[0] = module.LONGEST_S
        assert found.done() == []
        assert mute.ended


def test_a_process_that_is_only_being_started_is_told(tmp_path: Path) -> None:
    """Not that it gave no answer, which is said of one that is up."""
    mute = Mute()
    with asking(mute) as (found, clock):
        found.ask(question(tmp_path))
        clock[0] = module.PATIENCE_S
        (answer,) = found.done()
        assert (answer.code, answer.detail) == (
            "planner_slow",
            "the planner is only being started: ask again in a moment",
        )
        mute.up.set_result(None)
        found.ask(question(tmp_path))
        clock[0] = 2 * module.PATIENCE_S
        (answer,) = found.done()
        assert answer.detail == "the planner gave no answer within 8 s: ask again in a moment"


def test_who_asks_a_process_that_hangs_is_told_when_it_is_ended(tmp_path: Path) -> None:
    """Also one whose own patience is not over; and only once. The next question has a process of its own."""
    made = [Mute(), Mute()]
    with asking(*made) as (found, clock):
        found.ask(named(tmp_path, "first"))
        clock[0] = module.PATIENCE_S
        assert told(found) == [("first", "planner_slow")]
        clock[0] = module.LONGEST_S - 5
        found.ask(named(tmp_path, "second"))
        assert told(found) == []
        clock[0] = module.LONGEST_S
        assert told(found) == [("second", "planner_down")]
        assert made[0].ended
        found.ask(named(tmp_path, "third"))
        made[1].futures[0].set_exception(ValueError("a site is missing"))
        assert told(found) == [("third", "planner_failed")]


def test_all_whose_process_died_are_told(tmp_path: Path) -> None:
    """A process's questions are broken one after another, and the hub may look between two of them."""
    mute = Mute()
    with asking(mute) as (found, _):
        found.ask(named(tmp_path, "first"))
        found.ask(named(tmp_path, "second"))
        mute.futures[0].set_exception(BrokenProcessPool("it was killed"))
        assert told(found) == [("first", "planner_down")]
        mute.futures[1].set_exception(BrokenProcessPool("it was killed"))
        assert told(found) == [("second", "planner_down")]


def test_one_that_ends_while_the_hub_looks_is_answered_the_next_time(tmp_path: Path) -> None:
    """Futures end in another thread, at any time."""

    class Ending(Future[object]):
        """It ends just after it was looked at for the first time."""

        def done(self) -> bool:
            was = super().done()
            if not was:
                self.set_exception(ValueError("a site is missing"))
            return was

    mute = Mute(Ending)
    with asking(mute) as (found, _):
        found.ask(named(tmp_path, "first"))
        assert told(found) == []
        assert told(found) == [("first", "planner_failed")]


def test_a_process_outlives_the_one_before_it(tmp_path: Path) -> None:
    """A question that comes before the hub has looked at those of the dead process is answered by a new one."""
    made = [Mute(), Mute()]
    with asking(*made) as (found, _):
        found.ask(named(tmp_path, "first"))
        made[0]._broken = True
        made[0].futures[0].set_exception(BrokenProcessPool("it was killed"))
        found.ask(named(tmp_path, "second"))
        assert told(found) == [("first", "planner_down")]
        made[1].futures[0].set_exception(ValueError("a site is missing"))
        assert told(found) == [("second", "planner_failed")]
        assert not made[1].ended
    assert made[1].ended


def test_a_process_that_nobody_asks_is_ended(tmp_path: Path) -> None:
    """It has a planner's memory."""
    mute = Mute()
    with asking(mute) as (found, clock):
        found.ask(question(tmp_path))
        mute.futures[0].set_exception(ValueError("a site is missing"))
        (answer,) = found.done()
        assert (answer.code, answer.detail) == (
            "planner_failed",
            "the planner could not answer (ValueError: a site is missing): "
            "ask again, and report it if that does not help",
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
