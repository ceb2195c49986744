"""What people ask of the planner without having anything planned, answered by a process of its own: no plan waits for
a question, and no question for a plan. It is started by the first question, and ends when none came for a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from fleet.dispatch.effects import FindOptions
from fleet.dispatch.inputs import OptionsFound
from fleet.hub.children import killed
from fleet.planner.recent import Recent
from fleet.planner.stop import within
from fleet.protocol.options import OrderOptions

SECONDS = 3.0
"""What the ways of one parcel may take; what there is no time for then is left out of the answer, which says so."""

MOST = 4
"""So many questions wait at once; who asks more is told that it is busy."""

PATIENCE_S = 8.0
"""After so long whoever asked is told that there is no answer: tools give up after ten seconds."""

LONGEST_S = 30.0
"""A process that has not answered for so long, its start included, is ended."""

IDLE_S = 120.0
"""A process that was asked nothing for so long is ended: it has the memory of a planner."""


@dataclass(slots=True, eq=False)
class _Asked:
    question: FindOptions
    executor: Executor
    future: Future[OrderOptions]
    begun_s: float
    told: bool = False


class Questions:
    """Questions that wait for an answer. ``wake`` is called (from another thread) whenever one is there."""

    def __init__(
        self,
        wake: Callable[[], None],
        make_executor: Callable[[], Executor],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wake, self._make, self._monotonic = wake, make_executor, monotonic
        self._executor: Executor | None = None
        self._asked: list[_Asked] = []
        self._answers: list[OptionsFound] = []
        self._used_s = 0.0

    def ask(self, question: FindOptions) -> None:
        """Have a parcel's ways found, or say why not."""
        self._used_s = self._monotonic()
        if len(self._asked) >= MOST:
            detail = f"the planner answers {MOST} other questions: ask again in a moment"
            self._answers.append(_without(question, "planner_busy", detail))
            return
        try:
            executor = self._worker()
            future = executor.submit(find_options, question)
        except (BrokenProcessPool, OSError) as error:
            self._executor = None
            self._answers.append(_without(question, "planner_down", _down(type(error).__name__)))
            return
        self._asked.append(_Asked(question, executor, future, self._used_s))
        future.add_done_callback(lambda _: self._wake())

    def _worker(self) -> Executor:
        """A process that is there; one that died while it had nothing to do is replaced."""
        if self._executor is not None and getattr(self._executor, "_broken", False):
            self._executor = None
        if self._executor is None:
            self._executor = self._make()
        return self._executor

    def done(self) -> list[OptionsFound]:
        """The answers since the last call."""
        if self._executor is None and not self._asked and not self._answers:
            return []
        now_s = self._monotonic()
        # Looked at once: a future that ends between two looks would be in neither list.
        ended = [one for one in self._asked if one.future.done()]
        self._asked = [one for one in self._asked if one not in ended]
        found, self._answers = self._answers, []
        found += [self._answer(one) for one in ended if not one.told]
        found += [self._gives_up(one) for one in self._asked if self._is_over(one, now_s)]
        found += self._end_hung(now_s)
        if not self._asked and now_s - self._used_s >= IDLE_S:
            self.close()
        return found

    def _is_over(self, one: _Asked, now_s: float) -> bool:
        return not one.told and now_s - one.begun_s >= PATIENCE_S

    def _gives_up(self, one: _Asked) -> OptionsFound:
        """Whoever asked is told; the process goes on, and is ready for the next question then."""
        one.told = True
        detail = f"the planner gave no answer within {PATIENCE_S:g} s: ask again in a moment"
        return _without(one.question, "planner_busy", detail)

    def _answer(self, one: _Asked) -> OptionsFound:
        question, error = one.question, one.future.exception()
        if error is None:
            return OptionsFound(question.peer_id, question.request_id, question.order_id, one.future.result())
        if isinstance(error, BrokenProcessPool):
            self._forget(one.executor)
            return _without(question, "planner_down", _down(type(error).__name__))
        detail = f"the planner could not answer: {type(error).__name__}: {error}"
        return _without(question, "planner_failed", detail)

    def _end_hung(self, now_s: float) -> list[OptionsFound]:
        """End a process that hangs; whoever waits for it and was not told yet is told now."""
        hung = {one.executor for one in self._asked if now_s - one.begun_s >= LONGEST_S}
        lost = [one for one in self._asked if one.executor in hung]
        self._asked = [one for one in self._asked if one.executor not in hung]
        for executor in hung:
            killed(executor)
            self._forget(executor)
        detail = _down(f"no answer within {LONGEST_S:g} s")
        return [_without(one.question, "planner_down", detail) for one in lost if not one.told]

    def _forget(self, executor: Executor) -> None:
        """A process that is gone is asked no more; by now there may be another one, which stays."""
        if executor is self._executor:
            self._executor = None

    def close(self) -> None:
        """End the process, whatever it is doing; nobody is answered any more."""
        self._asked.clear()
        if self._executor is not None:
            killed(self._executor)
            self._executor = None


_RECENT = Recent()
"""In the worker: what is known of a context that is still the same."""


def find_options(question: FindOptions) -> OrderOptions:
    """The ways of the parcel that is asked about. Runs in the worker."""
    from fleet.planner.asked import options_of  # here, because the hub itself needs no solver

    snapshot = _RECENT.known(question.snapshot)
    stop = within(time.monotonic, SECONDS, len(snapshot.orders))
    return options_of(snapshot, question.order_id, stop=stop)


def _without(question: FindOptions, code: str, detail: str) -> OptionsFound:
    return OptionsFound(question.peer_id, question.request_id, question.order_id, None, code, detail)


def _down(why: str) -> str:
    return f"the planner's process for questions is down ({why}): ask again, another one is started"
