"""A disruption of a city's day: parcels lose the machines that were to bring them, and the plan is repaired and
polished, beside a search that begins anew."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
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
"""How often each is repaired and polished from the start, each time in a search of its own: all are told."""


@dataclass(frozen=True, slots=True)
class Break:
    """What is measured: cities of this seed and the following ones, as many as are asked for."""

    parcels: int
    disrupted: int
    seconds: float
    seed: int
    cities: int


@dataclass(frozen=True, slots=True)
class Done:
    """One repair and one polish: how long they took (CPU s), what they gave, and what the judge found."""

    set_up_s: float
    repair_s: float
    polish_s: float
    repaired: Repaired
    polished: Repaired
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """One city: its plan before and the one of a cold solve (money, vans), repairs, and the judge's faults in all."""

    disrupted: int
    before: tuple[float, int]
    cold: tuple[float, int]
    done: tuple[Done, ...]
    faults: tuple[str, ...]

    @property
    def repaired(self) -> list[float]:
        """What each repair cost, in that of the cold solve."""
        return [each.repaired.plan.cost / self.cold[0] for each in self.done]

    @property
    def polished(self) -> list[float]:
        """The same after polishing."""
        return [each.polished.plan.cost / self.cold[0] for each in self.done]


def broken(load: Break) -> list[Figure]:
    """How long a repair takes, how much dearer than a cold solve it is after polishing, and how many routes differ.

    What one cold solve finds differs by some per cent from seed to seed, a van more or less being two: so its ratio is
    the mean of several cities, of each the median. The other figures are medians of all repairs."""
    return _figures(load, [_broken(load, seed) for seed in range(load.seed, load.seed + load.cities)])


def _broken(load: Break, seed: int) -> Broken:
    city = made(load.parcels, seed)
    plan = _searched(city, load.seconds)
    events, disrupted = grounded(city, plan, load.disrupted)
    done = tuple(_done(city, plan, events, number) for number in range(1, ROUNDS + 1))
    cold_city = _without(city, events)
    cold = _searched(cold_city, load.seconds)
    wrong = (*(fault for each in done for fault in each.faults), *faults(cold_city, cold))
    before, anew = (cost(city, plan), len(plan.routes)), (cost(cold_city, cold), len(cold.routes))
    return Broken(disrupted, before, anew, done, wrong)


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


def _figures(load: Break, cities: list[Broken]) -> list[Figure]:
    """Complete, near a cold solve, few routes touched."""
    number = round(statistics.mean(each.disrupted for each in cities))
    title = f"{load.parcels} parcels, {number} disrupted"
    done = [one for each in cities for one in each.done]
    sound = not any(each.faults for each in cities)
    return [
        Figure(
            f"{title}: complete",
            1e3 * statistics.median(one.repair_s for one in done),
            *("ms", 10.0, 20.0, True, sound),
            _of_repairs(load, cities),
        ),
        Figure(
            f"{title}: against a cold solve, after {POLISH_S} s",
            statistics.mean(statistics.median(each.polished) for each in cities),
            *("ratio of cost", 1.01, 1.02, True, sound),
            {
                "polish_s": _told(cities, lambda one: one.polish_s),
                "ratios": [[round(ratio, 4) for ratio in each.polished] for each in cities],
            },
        ),
        Figure(
            f"{title}: routes touched",
            statistics.median(one.polished.touched for one in done),
            *("share", 0.4, 0.5, True, sound),
            {
                "price": PRICE,
                "shares": _told(cities, lambda one: one.polished.touched),
                "after_repair": _told(cities, lambda one: one.repaired.touched),
            },
        ),
    ]


def _of_repairs(load: Break, cities: list[Broken]) -> dict[str, object]:
    """What was there before, anew and after each repair, city by city."""
    return {
        "disrupted": [each.disrupted for each in cities],
        "before": [(round(each.before[0], 2), each.before[1]) for each in cities],
        "cold": [(round(each.cold[0], 2), each.cold[1]) for each in cities],
        "seconds": load.seconds,
        "set_up_s": _told(cities, lambda one: one.set_up_s),
        "repair_ms": _told(cities, lambda one: 1e3 * one.repair_s),
        "repaired": [[round(ratio, 4) for ratio in each.repaired] for each in cities],
        "unserved": [[len(one.repaired.plan.unserved) for one in each.done] for each in cities],
        "faults": [fault for each in cities for fault in each.faults][:3],
    }


def _told(cities: list[Broken], value: Callable[[Done], float]) -> list[list[float]]:
    """Something of each repair, city by city."""
    return [[round(value(one), 3) for one in each.done] for each in cities]
