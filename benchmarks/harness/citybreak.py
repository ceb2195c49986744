"""A disruption of a city's day: parcels lose the machines that were to bring them, and the plan is repaired and
polished, beside a search that begins anew."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from benchmarks.harness.figure import Figure
from fleet.planner.city import City
from fleet.planner.disruptions import Grounded
from fleet.planner.jointly import JointPlan, plan_jointly
from fleet.planner.live import Living, Repaired
from fleet.planner.routing import Seconds

PRICE = 2.0
"""What each van costs that does something else than its driver was shown (EUR)."""

POLISH_S = 0.2

ROUNDS = 5
"""How often it is repaired and polished from the start, each time in a search of its own: medians, all are told."""


@dataclass(frozen=True, slots=True)
class Break:
    """What is measured."""

    parcels: int
    disrupted: int
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True)
class Done:
    """One repair and one polish: how long they took (CPU s), what they gave, and what the judge found."""

    set_up_s: float
    repair_s: float
    polish_s: float
    repaired: Repaired
    polished: Repaired
    faults: tuple[str, ...]


def broken(load: Break) -> list[Figure]:
    """How long a repair takes, how much dearer than a cold solve it is after polishing, and how many routes differ."""
    city = made(load.parcels, load.seed)
    plan = _searched(city, load.seconds)
    events, disrupted = grounded(city, plan, load.disrupted)
    done = [_done(city, plan, events, seed) for seed in range(1, ROUNDS + 1)]
    cold_city = _without(city, events)
    cold = _searched(cold_city, load.seconds)
    wrong = [fault for each in done for fault in each.faults] + faults(cold_city, cold)
    plans = {"before": (round(cost(city, plan), 2), len(plan.routes)), "cold_vans": len(cold.routes)}
    return _figures(load, disrupted, done, cost(cold_city, cold), wrong, plans)


def _searched(city: City, seconds: float) -> JointPlan:
    return plan_jointly(city, seed=1, budget=Seconds(time.process_time, seconds))


def grounded(city: City, plan: JointPlan, disrupted: int) -> tuple[tuple[Grounded, ...], int]:
    """The groups of machines that bring so many parcels as nearly as can be: the one whose number is next to it, or,
    where all of them bring fewer, the busiest ones together. And how many parcels they bring."""
    of = city.sortie_ways.group[[sortie.way for sortie in plan.sorties]]
    brings: npt.NDArray[np.int64] = np.bincount(of, minlength=len(city.groups.machines))
    if int(np.max(brings, initial=0)) >= disrupted:
        chosen = [int(np.argmin(np.abs(brings - disrupted)))]
    else:
        order = np.argsort(-brings, kind="stable")
        count = int(np.argmin(np.abs(np.cumsum(brings[order]) - disrupted))) + 1
        chosen = order[:count].tolist()
    return tuple(Grounded(group) for group in chosen), int(brings[chosen].sum())


def _without(city: City, events: tuple[Grounded, ...]) -> City:
    """The city as it is for a search that begins anew: those groups have no machines."""
    machines = np.array(city.groups.machines)
    machines[[event.group for event in events]] = 0
    return replace(city, groups=replace(city.groups, machines=machines))


def _done(city: City, plan: JointPlan, events: tuple[Grounded, ...], seed: int) -> Done:
    """Set the search up, repair, polish, and judge both."""
    begun = time.process_time()
    living = Living(city, plan, seed=seed, price=PRICE)
    ready = time.process_time()
    repaired = living.repair(*events)
    complete = time.process_time()
    wrong = faults(living.city, repaired.plan, living.kept)
    before = time.process_time()
    polished = living.polish(Seconds(time.process_time, POLISH_S))
    after = time.process_time()
    wrong += faults(living.city, polished.plan, living.kept)
    return Done(ready - begun, complete - ready, after - before, repaired, polished, tuple(wrong))


def _figures(
    load: Break, disrupted: int, done: list[Done], cold: float, wrong: list[str], plans: dict[str, object]
) -> list[Figure]:
    """Complete, near a cold solve, few routes touched."""
    title = f"{load.parcels} parcels, {disrupted} disrupted"
    of_cold = [each.polished.plan.cost / cold for each in done]
    touched = [each.polished.touched for each in done]
    more: dict[str, object] = {
        **plans,
        "cold": round(cold, 2),
        "seconds": load.seconds,
        "set_up_s": [round(each.set_up_s, 3) for each in done],
        "repair_ms": [round(1e3 * each.repair_s, 2) for each in done],
        "repaired": [round(each.repaired.plan.cost / cold, 4) for each in done],
        "unserved": [len(each.repaired.plan.unserved) for each in done],
        "faults": wrong[:3],
    }
    beside = {
        "polish_s": [round(each.polish_s, 3) for each in done],
        "ratios": [round(r, 4) for r in of_cold],
    }
    shown = {"price": PRICE, "shares": [round(share, 3) for share in touched]}
    shown |= {"after_repair": [round(each.repaired.touched, 3) for each in done]}
    sound = not wrong
    ms = 1e3 * statistics.median(each.repair_s for each in done)
    return [
        Figure(f"{title}: complete", ms, "ms", 10.0, 20.0, True, sound, more),
        Figure(
            f"{title}: against a cold solve, after {POLISH_S} s",
            statistics.median(of_cold),
            "ratio of cost",
            1.01,
            1.02,
            True,
            sound,
            beside,
        ),
        Figure(f"{title}: routes touched", statistics.median(touched), "share", 0.4, 0.5, True, sound, shown),
    ]
