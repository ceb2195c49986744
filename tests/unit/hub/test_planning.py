"""The planner in a process of its own: it answers, dies, is replaced, and says so when it can't."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

from fleet.config import snapshot_of
from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.inputs import OptionsFound, PlanFailed, PlanReady
from fleet.hub.planning import Effort, Planning, spawned_executor
from tests.support.bench import DAY, write_inputs


def job(folder: Path) -> StartPlanning:
    """A small planning job."""
    return StartPlanning("plan-7", snapshot_of(write_inputs(folder).read()))


def first_answer(planning: Planning, woken: threading.Event) -> PlanReady | PlanFailed:
    """What comes back first."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        woken.wait(1)
        woken.clear()
        for result in planning.done():
            assert not isinstance(result, OptionsFound)
            return result
    raise AssertionError("the planner never answered")


@contextmanager
def planning_with(executor: Executor | None, woken: threading.Event) -> Iterator[Planning]:
    """A planning that is closed afterwards; with one worker of its own where no executor is given."""
    made = spawned_executor if executor is None else lambda: executor
    planning = Planning(Effort(iterations=1, baselines=False), wake=woken.set, make_executor=made)
    try:
        yield planning
    finally:
        planning.close()


def test_a_worker_that_is_killed_is_replaced_and_the_plan_still_comes(tmp_path: Path) -> None:
    """The job is done again in a fresh process; the hub only sees the plan."""
    woken = threading.Event()
    with planning_with(None, woken) as planning:
        planning.start(job(tmp_path), DAY)
        workers = list(planning._executor._processes)  # type: ignore[union-attr]
        os.kill(workers[0], signal.SIGKILL)
        answer = first_answer(planning, woken)
        assert isinstance(answer, PlanReady)
        assert answer.plan.plan_id == "plan-7"
        assert not planning.busy


class Broken(Executor):
    """An executor whose jobs all fail."""

    def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
        """A future that has failed already."""
        failed: Future[object] = Future()
        failed.set_exception(ValueError("no such thing"))
        return failed


def test_a_planner_that_raises_is_reported(tmp_path: Path) -> None:
    """The hub learns which plan will not come, and why."""
    woken = threading.Event()
    with planning_with(Broken(), woken) as planning:
        planning.start(job(tmp_path), DAY)
        answer = first_answer(planning, woken)
    assert answer == PlanFailed("plan-7", "ValueError: no such thing")


def is_there(pid: int) -> bool:
    """Whether a process of this id runs; one that has ended and was not reaped yet does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_closing_while_a_plan_is_made_leaves_no_worker(tmp_path: Path) -> None:
    """A hub that stops does not wait for its planner, nor leave it behind."""
    woken = threading.Event()
    with planning_with(None, woken) as planning:
        planning.start(job(tmp_path), DAY)
        (worker,) = planning._executor._processes.values()  # type: ignore[union-attr]
    # The executor's own thread may reap the worker before we could, so the system is asked, not the object.
    deadline = time.monotonic() + 30
    while is_there(worker.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_there(worker.pid)
    assert list(planning.done()) == []
    assert not planning.busy


def test_a_worker_that_dies_while_it_has_nothing_to_do_is_replaced(tmp_path: Path) -> None:
    """Nobody notices until the next job; that one must come back, and the hub must live."""
    woken = threading.Event()
    with planning_with(None, woken) as planning:
        planning.start(job(tmp_path), DAY)
        assert isinstance(first_answer(planning, woken), PlanReady)
        (worker,) = planning._executor._processes.values()  # type: ignore[union-attr]
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(30)
        deadline = time.monotonic() + 30
        while not planning._executor._broken and time.monotonic() < deadline:  # type: ignore[union-attr]
            time.sleep(0.01)
        planning.start(job(tmp_path), DAY)
        assert isinstance(first_answer(planning, woken), PlanReady)
        vitals = planning.vitals
    assert (vitals.worker_deaths, vitals.failures, vitals.available) == (1, 0, True)
    assert vitals.took_s.count == 2


def test_without_any_worker_the_hub_goes_on_and_says_so(tmp_path: Path) -> None:
    """No process can be started: the plan fails with the reason; once one can, the planner is available."""
    woken = threading.Event()
    refuse = [True]

    def make() -> Executor:
        if refuse[0]:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return spawned_executor()

    planning = Planning(Effort(iterations=1, baselines=False), wake=woken.set, make_executor=make)
    try:
        planning.start(job(tmp_path), DAY)
        answer = first_answer(planning, woken)
        assert isinstance(answer, PlanFailed)
        assert "temporarily unavailable" in answer.detail
        assert (planning.vitals.failures, planning.vitals.available) == (1, False)
        refuse[0] = False
        planning.start(job(tmp_path), DAY)
        assert isinstance(first_answer(planning, woken), PlanReady)
        assert planning.vitals.available
    finally:
        planning.close()
