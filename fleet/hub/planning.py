"""The planner in a process of its own, behind the ``concurrent.futures.Executor`` interface.

A worker that dies is replaced and its job done again; after ``tries`` the job is reported as failed.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime

from fleet.dispatch.effects import FindOptions, StartPlanning
from fleet.dispatch.inputs import OptionsFound, PlanFailed, PlanReady
from fleet.domain.plan import Plan
from fleet.hub.children import die_with_parent, killed
from fleet.hub.observability.vitals import PLAN_SECONDS, Histogram, PlannerVitals
from fleet.hub.questions import Questions
from fleet.planner.recent import Recent
from fleet.planner.snapshot import Snapshot
from fleet.planner.stop import MaxIterations, Stop, within
from fleet.protocol.interpreter import collect_seldom


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look for a plan, from this seed, with or without the baselines beside it: so many iterations, or
    ``seconds`` of the worker's clock instead, with which the same job gives another plan another time.
    """

    iterations: int = 300
    seed: int = 0
    baselines: bool = True
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget: ``ValueError``."""
        if self.seconds is not None and not 0 <= self.seconds < math.inf:
            raise ValueError(f"seconds must not be negative or endless, not {self.seconds}")

    def stop(self, parcels: int = 0) -> Stop:
        """The budget from now on, for so many parcels."""
        if self.seconds is None:
            return MaxIterations(self.iterations)
        return within(time.monotonic, self.seconds, parcels)


_RECENT = Recent()
"""In the worker: what a repair need not work out again."""


def make_plan(job: StartPlanning, effort: Effort, made_at: datetime) -> Plan:
    """The plan for one job. Runs in the worker; deterministic for its arguments, unless the effort is of time. The
    budget begins here: a job that waits for another one loses none of it.
    """
    from fleet.planner.planning import plan  # here, because the hub itself needs no solver

    begun_s = time.monotonic()
    snapshot: Snapshot = _RECENT.known(job.snapshot)
    found = plan(
        snapshot,
        seed=effort.seed,
        stop=effort.stop(len(snapshot.orders)),
        made_at=made_at,
        baselines=effort.baselines,
    )
    spent_s = None if effort.seconds is None else round(time.monotonic() - begun_s, 3)
    return found.model_copy(update={"plan_id": job.plan_id, "seconds": spent_s})


def spawned_executor() -> ProcessPoolExecutor:
    """One worker process, started fresh (never forked: threads and sockets must not be inherited)."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_begin)


def _begin() -> None:
    """A worker looks for garbage as seldom as a command does, and ends with its parent."""
    collect_seldom()
    die_with_parent()


@dataclass(slots=True)
class _Job:
    start: StartPlanning
    effort: Effort
    made_at: datetime
    tries: int
    future: Future[Plan]
    begun_s: float


class Planning:
    """Jobs that are being planned, and questions beside them. ``wake`` is called (from another thread) whenever one is
    done."""

    def __init__(
        self,
        effort: Effort,
        *,
        wake: Callable[[], None],
        make_executor: Callable[[], Executor] = spawned_executor,
        tries: int = 3,
    ) -> None:
        self._effort, self._wake, self._make, self._tries = effort, wake, make_executor, tries
        self._executor: Executor | None = None
        self._jobs: list[_Job] = []
        self._questions = Questions(wake, make_executor)
        self._failures = self._deaths = 0
        self._available = True
        self._took_s = Histogram(PLAN_SECONDS)

    @property
    def busy(self) -> bool:
        """Whether anything is being planned."""
        return bool(self._jobs)

    @property
    def vitals(self) -> PlannerVitals:
        """How the planner is. It counts as available until a job's last try has cost a worker its life."""
        return PlannerVitals(
            running=len(self._jobs),
            failures=self._failures,
            worker_deaths=self._deaths,
            available=self._available,
            took_s=self._took_s.spread(),
        )

    def take(self, jobs: list[StartPlanning], questions: list[FindOptions]) -> None:
        """Start these jobs and ask these questions, which are in other hands then."""
        for job in jobs:
            self.start(job, job.snapshot.at)
        for question in questions:
            self._questions.ask(question)
        jobs.clear()
        questions.clear()

    def start(self, job: StartPlanning, now: datetime) -> None:
        """Have a plan made; the first one of a run has the baselines beside it, a repair has not."""
        first = job.plan_id == "plan-1"
        effort = self._effort if first else replace(self._effort, baselines=False)
        self._submit(job, effort, now, self._tries)

    def _submit(
        self, job: StartPlanning, effort: Effort, now: datetime, tries: int, begun_s: float | None = None
    ) -> None:
        begun_s = time.monotonic() if begun_s is None else begun_s
        future = self._future(job, effort, now)
        self._jobs.append(_Job(job, effort, now, tries, future, begun_s))
        future.add_done_callback(lambda _: self._wake())

    def _future(self, job: StartPlanning, effort: Effort, now: datetime) -> Future[Plan]:
        """The job in a worker's hands; a future that has failed already where no worker can be had."""
        try:
            try:
                return self._worker().submit(make_plan, job, effort, now)
            except BrokenProcessPool:
                # It died while it had nothing to do: nobody has noticed until now.
                self._deaths += 1
                self._executor = None
                return self._worker().submit(make_plan, job, effort, now)
        except (BrokenProcessPool, OSError) as error:
            self._executor = None
            failed: Future[Plan] = Future()
            failed.set_exception(error)
            return failed

    def _worker(self) -> Executor:
        if self._executor is None:
            self._executor = self._make()
        return self._executor

    def done(self) -> Iterator[PlanReady | PlanFailed | OptionsFound]:
        """What has come back since the last call."""
        yield from self._questions.done()
        finished = [j for j in self._jobs if j.future.done()]
        self._jobs = [j for j in self._jobs if not j.future.done()]
        for job in finished:
            result = self._result(job)
            if result is not None:
                yield result

    def _result(self, job: _Job) -> PlanReady | PlanFailed | None:
        error = job.future.exception()
        no_worker = isinstance(error, BrokenProcessPool | OSError)
        self._deaths += isinstance(error, BrokenProcessPool)
        if no_worker and job.tries > 1:
            self._executor = None
            self._submit(job.start, job.effort, job.made_at, job.tries - 1, job.begun_s)
            return None
        self._available = not no_worker
        self._took_s.add(time.monotonic() - job.begun_s)
        if error is None:
            return PlanReady(job.future.result())
        self._failures += 1
        return PlanFailed(job.start.plan_id, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Stop the worker, whatever it is doing; its job is not done again."""
        self._jobs.clear()
        self._questions.close()
        if self._executor is not None:
            killed(self._executor)
