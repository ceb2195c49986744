"""The hub's budget of time is kept by first plans and replans, and its plans say that they are of time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from fleet.app import Files, Setup, lead_to_plan_s
from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.inputs import PlanReady
from fleet.domain.plan import Plan
from fleet.hub import planning
from fleet.hub.planning import Effort, Planning, make_plan
from fleet.planner import Snapshot
from tests.support.bench import DAY
from tests.support.drafted import in_force
from tests.unit.hub.test_planning import first_answer, job
from tests.unit.planner.test_budget import Ticks, assert_complete, out_of_time
from tests.unit.planner.town import EIGHT, random_town

ENOUGH_S = 2_000.0
"""Of a clock that is asked a few hundred times by a plan of a small town that nothing hurries."""


@contextmanager
def ticking(patch: pytest.MonkeyPatch) -> Iterator[Ticks]:
    """The worker's clock moves on by a second whenever it is asked."""
    clock = Ticks()
    with patch.context() as patched:
        patched.setattr(planning, "time", SimpleNamespace(monotonic=clock))
        yield clock


def towns() -> dict[str, Snapshot]:
    """A town to be planned for the first time, and the same with a parcel more than its plan in force."""
    town = random_town(4, 9)
    before = make_plan(StartPlanning("plan-1", replace(town, orders=town.orders[1:])), Effort(5), EIGHT)
    return {"plan-1": town, "plan-2": replace(town, drafted=in_force(town, before).drafted)}


def test_first_plans_and_replans_keep_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With little time each names what there was none for; with enough of it none does."""
    for plan_id, town in towns().items():
        made: dict[float, Plan] = {}
        for seconds in (20.0, ENOUGH_S):
            with ticking(monkeypatch):
                effort = Effort(seconds=seconds, baselines=False)
                made[seconds] = make_plan(StartPlanning(plan_id, town), effort, EIGHT)
            assert_complete(made[seconds], town)
            assert made[seconds].plan_id == plan_id
        assert out_of_time(made[20.0])
        assert not out_of_time(made[ENOUGH_S])
        # Once time is up each piece of work is asked about once more at most: a few hundred in this town.
        spent_s = made[20.0].seconds
        assert spent_s is not None
        assert spent_s < 400


def test_the_budget_is_that_of_each_job(tmp_path: Path) -> None:
    """A hub's first plan and a later one, made by a real worker, are both of time."""
    woken = threading.Event()
    hub = Planning(Effort(seconds=0.1), wake=woken.set)
    try:
        for plan_id in ("plan-1", "plan-2"):
            hub.start(replace(job(tmp_path), plan_id=plan_id), DAY)
            answer = first_answer(hub, woken)
            assert isinstance(answer, PlanReady)
            assert answer.plan.seconds is not None
    finally:
        hub.close()


def test_counted_plans_have_no_seconds(tmp_path: Path) -> None:
    """So that the same job gives the same plan."""
    one, other = (make_plan(job(tmp_path), Effort(iterations=2), DAY) for _ in range(2))
    assert one == other
    assert one.seconds is None


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_no_budget_is_refused(seconds: float, tmp_path: Path) -> None:
    """In the program and in a setup file alike."""
    with pytest.raises(ValueError, match="seconds"):
        Effort(seconds=seconds)
    files = {"depots": tmp_path, "lockers": tmp_path}
    day = {"name": "day", "files": files, "at": DAY, "until": DAY, "effort": {"seconds": seconds}}
    with pytest.raises(ValidationError, match="seconds"):
        Setup.model_validate(day)


@pytest.mark.parametrize(
    ("seconds", "rate", "lockstep", "lead_s"),
    [
        (None, 60.0, False, 60.0),
        (5.0, 1.0, False, 60.0),
        (90.0, 1.0, False, 105.0),
        (5.0, 30.0, False, 600.0),
        (5.0, 30.0, True, 60.0),
    ],
)
def test_no_plan_begins_before_it_is_there(
    seconds: float | None, rate: float, *, lockstep: bool, lead_s: float
) -> None:
    """By its budget and the day's rate, and no earlier than a minute after it was asked for."""
    files = Files(depots=Path("d.csv"), lockers=Path("l.csv"))
    setup = Setup(
        name="day",
        files=files,
        at=DAY,
        until=DAY + timedelta(hours=8),
        rate=rate,
        lockstep=lockstep,
        effort=Effort(seconds=seconds),
    )
    assert lead_to_plan_s(setup) == lead_s
