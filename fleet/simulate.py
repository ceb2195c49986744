"""A whole day in one process on virtual time: the hub's own core, real sessions, a simulated world, no sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from fleet.app import Setup, open_core
from fleet.config import RunInputs
from fleet.domain.events import Event
from fleet.domain.state import State
from fleet.hub.inprocess import InProcess
from fleet.hub.planning import make_plan
from fleet.protocol.values import Contact, Order
from fleet.sim import World, WorldSpec
from fleet.sim.stage import Roads
from fleet.store.memory import MemoryStore


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of a simulated day: its events in order, and what the world says about it."""

    events: tuple[Event, ...]
    verdict: dict[str, Any]
    state: State


Incoming = tuple[datetime, Order, Contact]
"""A parcel and when it is handed in."""


def simulate(
    setup: Setup,
    inputs: RunInputs,
    world: WorldSpec,
    *,
    incoming: tuple[Incoming, ...],
    incidents: str,
    over: Callable[[State], bool],
    latest: timedelta,
    roads: Roads | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Simulated:
    """Run the day until ``over`` (or ``latest`` after its end), vans over true ``roads`` if there are any. The same
    arguments give the same events."""
    tokens = (f"token-{n}" for n in count(1))
    store = MemoryStore()
    brain = open_core(
        setup,
        inputs,
        store,
        make_token=lambda: next(tokens),
        wall=lambda: setup.at,
        monotonic=lambda: 0.0,
    )
    effort = setup.effort
    true_world = World(setup.seed, world, incidents, roads=roads)
    day = InProcess(brain.core, store, true_world, lambda job: make_plan(job, effort, job.snapshot.at))
    end = setup.until + latest
    told = [setup.at]

    def finished(state: State) -> bool:
        if true_world.now - told[0] >= timedelta(minutes=30):
            told[0] = true_world.now
            tell(f"{true_world.now:%H:%M} UTC, {len(state.live_missions)} missions open")
        return true_world.now >= end or over(state)

    day.run(incoming, finished)
    return Simulated(tuple(s.event for s in store.events()), true_world.verdict(), day.state)
