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
from fleet.protocol.options import NoOptions, OrderOptions

SECONDS = 3.0
"""What the ways of one parcel may take; what there is no time for then is left out of the answer, which says so."""

MOST = 4
"""So many questions wait at once; who asks more is told that it is busy."""

PATIENCE_S = 8.0
"""After so long whoever asked is told that there is no answer yet, or that the process is only being started: tools
give up after ten seconds."""

LONGEST_S = 30.0
"""A process that has not answered for so long, its start included, is ended."""

IDLE_S = 120.0
"""A process that was asked nothing for so long is ended: it has the memory of a planner."""


@dataclass(frozen=True, slots=True, eq=False)
class _Worker:
    """A process; ``up`` is done once it has started and loaded the solver."""

    executor: Executor
    up: Future[None]


@dataclass(slots=True, eq=False)
class _Asked:
    question: FindOptions
    worker: _Worker
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
        self._worker: _Worker | None = None
        self._asked: list[_Asked] = []
        self._answers: list[OptionsFound] = []
        self._used_s = 0.0

    def ask(self, question: FindOptions) -> None:
        """Have a parcel's ways found, or say why not."""
        self._used_s = self._monotonic()
        if len(self._asked) >= MOST:
            detail = f"the planner answers {MOST} other questions: ask again in a moment"
            self._answers.append(_without(question, NoOptions.PLANNER_BUSY, detail))
            return
        try:
            worker = self._living()
            future = worker.executor.submit(find_options, question)
        except (BrokenProcessPool, OSError) as error:
            self._worker = None
            self._answers.append(_without(question, NoOptions.PLANNER_DOWN, _down(type(error).__name__)))
            return
        self._asked.append(_Asked(question, worker, future, self._used_s))
        future.add_done_callback(lambda _: self._wake())

    def _living(self) -> _Worker:
        """A process that is there; one that died while it had nothing to do is replaced."""
        if self._worker is not None and getattr(self._worker.executor, "_broken", False):
            self._worker = None
        if self._worker is None:
            executor = self._make()
            self._worker = _Worker(executor, executor.submit(get_ready))
        return self._worker

    def done(self) -> list[OptionsFound]:
        """The answers since the last call."""
        if self._worker is None and not self._asked and not self._answers:
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
        why = f"gave no answer within {PATIENCE_S:g} s" if one.worker.up.done() else "is only being started"
        return _without(one.question, NoOptions.PLANNER_SLOW, f"the planner {why}: ask again in a moment")

    def _answer(self, one: _Asked) -> OptionsFound:
        question, error = one.question, one.future.exception()
        if error is None:
            return OptionsFound(question.peer_id, question.request_id, question.order_id, one.future.result())
        if isinstance(error, BrokenProcessPool):
            self._forget(one.worker)
            return _without(question, NoOptions.PLANNER_DOWN, _down(type(error).__name__))
        why = f"{type(error).__name__}: {error}"
        detail = f"the planner could not answer ({why}): ask again, and report it if that does not help"
        return _without(question, NoOptions.PLANNER_FAILED, detail)

    def _end_hung(self, now_s: float) -> list[OptionsFound]:
        """End a process that hangs; whoever waits for it and was not told yet is told now."""
        hung = {one.worker for one in self._asked if now_s - one.begun_s >= LONGEST_S}
        lost = [one for one in self._asked if one.worker in hung]
        self._asked = [one for one in self._asked if one.worker not in hung]
        for worker in hung:
            killed(worker.executor)
            self._forget(worker)
        detail = _down(f"no answer within {LONGEST_S:g} s")
        return [_without(one.question, NoOptions.PLANNER_DOWN, detail) for one in lost if not one.told]

    def _forget(self, worker: _Worker) -> None:
        """A process that is gone is asked no more; by now there may be another one, which stays."""
        if worker is self._worker:
            self._worker = None

    def close(self) -> None:
        """End the process, whatever it is doing; nobody is answered any more."""
        self._asked.clear()
        if self._worker is not None:
            killed(self._worker.executor)
            self._worker = None


_RECENT = Recent()
"""In the worker: what is known of a context that is still the same."""


def get_ready() -> None:
    """Load what an answer takes. Runs in the worker, before the first question."""
    import fleet.planner.asked  # noqa: F401 - here, because the hub itself needs no solver


def find_options(question: FindOptions) -> OrderOptions:
    """The ways of the parcel that is asked about. Runs in the worker."""
    from fleet.planner.asked import options_of  # here, because the hub itself needs no solver

    snapshot = _RECENT.known(question.snapshot)
    stop = within(time.monotonic, SECONDS, len(snapshot.orders))
    return options_of(snapshot, question.order_id, stop=stop)


def _without(question: FindOptions, code: NoOptions, detail: str) -> OptionsFound:
    return OptionsFound(question.peer_id, question.request_id, question.order_id, None, code, detail)


def _down(why: str) -> str:
    return f"the planner's process for questions is down ({why}): ask again, another one is started"
