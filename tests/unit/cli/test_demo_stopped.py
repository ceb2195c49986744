"""A demo whose operations were stopped and never resumed: one is told while it runs, and at its end."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.cli.demo import summary
from fleet.cli.report import report_text
from fleet.dispatch.report import report
from fleet.domain.events import OperationsResumed, OperationsStopped
from fleet.progress import Follower
from fleet.store import Batch, MemoryStore
from tests.support import smallday

BY_ANA = "operations are stopped by ana since 11:30:00 UTC (stop all): nothing goes out"
STOP = OperationsStopped(at=smallday.at(210), by="ana", why="stop all")


@pytest.fixture
def stopped() -> dict[str, Any]:
    """The report of a day that was stopped, with one parcel unresolved."""
    log = [*smallday.the_log(), STOP]
    return report(log, judge=None, wall_s=1.5, seed=1, network=smallday.KilometreNetwork())


def test_the_end_says_why_parcels_did_not_end(stopped: dict[str, Any]) -> None:
    """Beside what makes the demo fail, and what to do."""
    text = summary(stopped, ["1 parcels unresolved"], "fleet resume-all --name demo")
    told, failed = text.splitlines()[-2:]
    assert told.startswith(f"{BY_ANA}, so 1 parcels did not end. ")
    assert "fleet resume-all --name demo" in told
    assert failed == "FAILED: 1 parcels unresolved"


def test_a_day_that_goes_on_says_nothing_of_it(stopped: dict[str, Any]) -> None:
    going = stopped | {"stopped": None}
    assert "stopped" not in summary(going, [])
    assert "stopped" not in report_text(going)


def test_the_report_says_it_too(stopped: dict[str, Any]) -> None:
    assert f"{BY_ANA}; `fleet resume-all` lets work go on" in report_text(stopped).splitlines()


def test_one_is_told_while_it_runs() -> None:
    store = MemoryStore()
    follower = Follower(store)  # type: ignore[arg-type]  # it is read as a reader is
    store.commit(Batch(events=(*smallday.the_log(), STOP)))
    assert follower.step()
    assert follower.line().endswith(", stopped by ana")
    store.commit(Batch(events=(OperationsResumed(at=smallday.at(211), by="ana", why="on"),)))
    assert follower.step()
    assert "stopped" not in follower.line()
