"""Repairs of the hub's plan: the demo's city, a plan of all but a few parcels, then a few new ones each minute.

Each snapshot comes to the planner by pickle, as the hub sends it to its planner's process; missions that begin within
three minutes stay as they are (`dispatch/revisable.py`).
"""

from __future__ import annotations

import pickle
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.harness.figure import Figure
from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.dispatch.effects import StartPlanning
from fleet.domain.fleet import SortieType
from fleet.domain.plan import Plan
from fleet.hub.planning import Effort, make_plan
from fleet.planner import AssetSlot, MaxIterations, Snapshot, plan
from fleet.protocol.interpreter import collect_seldom
from fleet.protocol.values import Order, TimeWindow
from tests.support.drafted import in_force

Busy = tuple[TimeWindow, float, float]
"""When an asset is away, what it draws of a full battery then, and the least to begin with."""

APART = timedelta(minutes=1)
KEPT = timedelta(minutes=3)
SMALL = 100
"""Up to so many parcels a repair is to take 25 ms, beyond them 100 ms."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """What is measured: so many repairs of so many new parcels each."""

    parcels: int
    new: int
    repairs: int
    seed: int


@dataclass(frozen=True, slots=True)
class Repaired:
    """One repair: of how many parcels and drafts, how long it took (CPU s), and a planner that knows nothing; whether
    both gave the same plan; what changed and what that costs."""

    parcels: int
    drafts: int
    took_s: float
    fresh_s: float
    same: bool
    changed: int
    left: int
    cost: float


def repaired(load: Repairs) -> list[Figure]:
    """How long a repair takes at the median."""
    done = list(_repairs(load))
    goal = 25.0 if load.parcels <= SMALL else 100.0
    more = {
        "parcels": [one.parcels for one in done],
        "drafts": [one.drafts for one in done],
        "repair_ms": [round(1e3 * one.took_s, 1) for one in done],
        "fresh_ms": [round(1e3 * one.fresh_s, 1) for one in done],
        "changed": [one.changed for one in done],
        "left": [one.left for one in done],
        "costs": [round(one.cost, 4) for one in done],
        "same_as_fresh": all(one.same for one in done),
    }
    took_ms = 1e3 * statistics.median(one.took_s for one in done)
    title = f"repair of the hub's plan, city of {load.parcels}, {load.new} new"
    return [Figure(title, took_ms, "ms", goal, 2 * goal, True, more["same_as_fresh"] is True, more)]


def _repairs(load: Repairs) -> Iterator[Repaired]:
    collect_seldom()  # as in the process that plans for the hub
    day, later = _day(load)
    now, made = day, _planned(day, "plan-1")[0]
    for number in range(load.repairs):
        now = _next(now, made, later[number * load.new : (number + 1) * load.new])
        made, took_s = _planned(now, f"plan-{number + 2}")
        fresh, fresh_s = _fresh(now, made.plan_id)
        changed = sum(not one.kept for one in made.revised)
        left, cost = len(made.unassigned), made.summary.cost.total
        yield Repaired(len(now.orders), len(now.drafted), took_s, fresh_s, made == fresh, changed, left, cost)


def _day(load: Repairs) -> tuple[Snapshot, list[Order]]:
    """The demo's city, as it is planned in the morning, and the parcels that come later."""
    with tempfile.TemporaryDirectory() as folder:
        setup, _ = build_day(Path(folder), DemoOptions(seed=load.seed, parcels=load.parcels, hours=6))
        inputs, orders = setup.files.read(), [order for _, order, _ in incoming_of(setup)]
    later = random.Random(load.seed).sample(orders, load.repairs * load.new)
    known = {order.order_id for order in orders} - {order.order_id for order in later}
    day = Snapshot(
        snapshot_id="morning",
        at=setup.at,
        until=setup.until,
        orders=tuple(order for order in orders if order.order_id in known),
        assets=inputs.assets,
        context=inputs.context,
    )
    return day, later


def _next(before: Snapshot, made: Plan, new: Sequence[Order]) -> Snapshot:
    """A minute later: the drafts that may still be changed, their parcels and the new ones. Assets are busy with what
    may not be changed."""
    at, now = before.at + APART, in_force(before, made)
    chosen = tuple(one for one in now.drafted if one.start > at + KEPT)
    drafted = {order_id for one in chosen for order_id in one.order_ids}
    orders = tuple(order for order in now.orders if order.order_id in drafted)
    fixed = _committed(now, made, {one.mission_id for one in chosen})
    assets = tuple(
        _with(slot, [one for name, one in fixed if name == slot.asset_id], at) for slot in now.assets
    )
    return replace(now, at=at, snapshot_id=f"at {at}", orders=(*orders, *new), drafted=chosen, assets=assets)


def _committed(now: Snapshot, made: Plan, chosen: set[str]) -> list[tuple[str, Busy]]:
    """By asset when it is away for what is not among the chosen missions, what that draws and the least to begin
    with."""
    types = {slot.asset_id: now.context.fleet.types[slot.type_id] for slot in now.assets}
    found = [
        (one.asset_id, (TimeWindow(start=one.start, end=one.end), 0.0, 0.0))
        for one in made.routes
        if one.route_id not in chosen
    ]
    for one in made.sorties:
        kind = types[one.asset_id]
        if isinstance(kind, SortieType) and one.sortie_id not in chosen and one.needs is not None:
            start = one.depart - timedelta(seconds=kind.load_s)
            away = TimeWindow(start=start, end=one.return_at + timedelta(seconds=kind.turnaround_s))
            found.append((one.asset_id, (away, one.needs.drawn_soc, one.needs.needed_soc)))
    return found


def _with(slot: AssetSlot, more: Sequence[Busy], at: datetime) -> AssetSlot:
    """An asset with more that it is committed to; what is over is left out."""
    none = (0.0,) * len(slot.busy)
    before = zip(slot.busy, slot.takes or none, slot.needs or none, strict=True)
    left = sorted((one for one in (*before, *more) if one[0].end > at), key=lambda one: one[0].start)
    return replace(
        slot,
        busy=tuple(window for window, _, _ in left),
        takes=tuple(drawn for _, drawn, _ in left),
        needs=tuple(needed for _, _, needed in left),
    )


def _planned(snapshot: Snapshot, plan_id: str) -> tuple[Plan, float]:
    """As the planner's process does it, without the way there; the CPU seconds that it took."""
    job: StartPlanning = pickle.loads(pickle.dumps(StartPlanning(plan_id, snapshot)))  # noqa: S301 - our own
    effort, begun = Effort(iterations=0, seed=1, baselines=False), time.process_time()
    made = make_plan(job, effort, snapshot.at)
    return made, time.process_time() - begun


def _fresh(snapshot: Snapshot, plan_id: str) -> tuple[Plan, float]:
    """The plan of a process that has made none before."""
    copy: Snapshot = pickle.loads(pickle.dumps(snapshot))  # noqa: S301 - our own
    begun = time.process_time()
    made = plan(copy, seed=1, stop=MaxIterations(0), made_at=snapshot.at, baselines=False)
    return made.model_copy(update={"plan_id": plan_id}), time.process_time() - begun
