"""All the days of a study, in this process or spread over several; what was done stays where it is interrupted."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass

from fleet.hub.children import die_with_parent
from fleet.hub.tuning import tune
from fleet.whatif.day import Figures, run_day
from fleet.whatif.scenario import Study


@dataclass(frozen=True, slots=True)
class Done:
    """A fleet's day that is over: its figures, or why there are none."""

    day: int
    case: int
    figures: Figures | None
    failed: str = ""


def run_all(study: Study, workers: int) -> Generator[Done, None, None]:
    """Every day of every fleet, as they end. All fleets of one day are begun before the next day.

    The figures do not depend on ``workers``; the sequence does. With one, days are run in this process: there is
    nothing to start. Whoever stops asking (Ctrl-C) ends the workers. A day that fails is told as such; a worker that
    dies ends all with ``BrokenProcessPool``.
    """
    jobs = ((day, case) for day in range(study.days) for case in range(len(study.cases)))
    if workers == 1:
        for day, case in jobs:
            yield _done(study, day, case)
        return
    with _pool(workers) as pool:
        running: set[Future[Done]] = set()
        for day, case in jobs:
            running.add(pool.submit(_done, study, day, case))
            if len(running) > workers:
                over, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in over)
        while running:
            over, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in over)


def _done(study: Study, day: int, case: int) -> Done:
    """A day's figures; a fault of one day must not take the others with it."""
    try:
        return Done(day, case, run_day(study, case, day))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told with the day on which it happened
        return Done(day, case, None, f"{type(error).__name__}: {error}")


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes, ended at once when they are no longer needed."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield pool
    finally:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


def _begin() -> None:
    """A worker ends with its parent; Ctrl-C is the parent's to answer."""
    tune()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
