"""One plan over all modes by the joint search against assignment and PyVRP in turn, PyVRP alone and OR-Tools alone.

`planner.py --parcels 500 --seconds 10 --seed 1 --seeds 1 --against assignment,pyvrp,ortools`. The city is made by
`harness/citymaker.py` from the seed; each way gets so many seconds of this process's CPU, ours for each of its
`--workers`. `harness/cityjudge.py` says what plans cost and whether they hold, sorties by machine, pilot and charger,
ports and compartments included; it shares no code with those that make them. Others have no plan of 100,000 parcels and
more: `planner.py --parcels 100000 --seconds 60 --workers 2 --against ""`, or `--parcels 1000000 --seconds 0`.

With `--pilots N` the remote pilots of a site supervise at most N of its drones, and as many robots, that are away at a
time (two and three without it).

`planner.py --disruption --parcels 2000 --disrupted 100 --seconds 10` grounds machines that bring so many parcels of a
plan: how long a repair takes, how far from a search that begins anew it is once polished, how many routes it touches.

`planner.py --repairs --parcels 72 --new 2` has the hub's planner repair its plan, exactly, as a few parcels come each
minute: the CPU time of each repair (`harness/hubrepairs.py`).

`planner.py --table` runs all that `harness/plannertable.py` lists, each in a process of its own, and prints one table.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import cityalone, cityortools
from benchmarks.harness.citybreak import Break, broken
from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from benchmarks.harness.cityturns import turns
from benchmarks.harness.figure import Figure, printed
from benchmarks.harness.hubrepairs import Repairs, repaired
from benchmarks.harness.plannertable import LOADS, Table, tabled
from fleet.planner.city import City
from fleet.planner.jointly import JointPlan
from fleet.planner.routing import Iterations, Seconds
from fleet.planner.tiled import Workers, plan_city

PEERS: dict[str, Callable[[City, float, int], JointPlan]] = {
    "assignment": turns,
    "pyvrp": cityalone.pyvrp,
    "ortools": cityortools.ortools,
}

MANY = 100_000
"""Parcels from which on plans are to get a fifth better, and beyond which two gigabytes may be used."""

GOALS = {
    "assignment": {2000: (0.96, 0.985), 10000: (0.95, 0.98)},
    "pyvrp": {500: (0.94, 1.0)},
    "ortools": {500: (0.84, 1.0)},
}
"""Goal and floor of our cost over each other's, by the number of parcels; for other numbers those of the nearest."""

GOAL_IN_LESS_TIME = 0.975
"""The goal where the others had more time."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured."""

    parcels: int
    seconds: float
    seed: int
    seeds: int
    against: tuple[str, ...]
    workers: int
    peer_seconds: float
    pilots: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One way: what its plans cost, one for each seed of the search, why there is none, the CPU seconds of the longest,
    and what the last plan is made of."""

    costs: tuple[float, ...]
    why: str
    seconds: float
    made_of: dict[str, int]

    @property
    def cost(self) -> float | None:
        """The mean, where all plans hold."""
        return statistics.mean(self.costs) if self.costs else None


def ours(city: City, seconds: float, workers: int, seed: int) -> JointPlan:
    """The joint search, each worker for so many seconds."""
    budget = Seconds(time.process_time, seconds * workers)
    with ThreadPoolExecutor(workers) as threads:
        return plan_city(city, seed=seed, budget=budget, workers=Workers(threads, workers))


def first_plan(city: City, seed: int) -> JointPlan:
    """Our first complete plan, as soon as there is one: iterations take no time."""
    return plan_city(city, seed=seed, budget=Iterations(0))


def measured(load: Load) -> list[Figure]:
    """How long a first complete plan takes, how much better it gets in how much memory, and our cost over each
    other's."""
    city = made(load.parcels, load.seed, load.pilots)
    first = _run(city, partial(first_plan, city), 1)
    print(f"first: {first}", file=sys.stderr, flush=True)
    figures, own = [_first_figure(load, first)], first
    if load.seconds > 0.0:
        own = _run(city, partial(ours, city, load.seconds, load.workers), load.seeds)
        print(f"ours: {own}", file=sys.stderr, flush=True)
        figures.append(_better_figure(load, first, own))
    figures.append(_memory_figure(load))
    for name in load.against:
        other = _run(city, partial(PEERS[name], city, load.peer_seconds), load.seeds)
        print(f"{name}: {other}", file=sys.stderr, flush=True)
        figures.append(_figure(load, name, own, other))
    return figures


def _first_figure(load: Load, first: Run) -> Figure:
    goal = max(0.03, 0.3 * load.parcels / 10000)
    more = {"cost": first.cost, "plan": first.made_of, "why": first.why}
    title = f"{load.parcels} parcels: first complete plan"
    return Figure(title, first.seconds, "s", goal, 10 * goal, True, not first.why, more)


def _better_figure(load: Load, first: Run, own: Run) -> Figure:
    """The goal is that of 100,000 parcels; the first plans of fewer are better."""
    value = own.cost / first.cost if own.cost is not None and first.cost else None
    goal = 0.8 if load.parcels >= MANY else 1.0
    more = {
        "seconds": load.seconds,
        "workers": load.workers,
        "cpu_s": round(own.seconds, 1),
        "costs": list(own.costs),
        "plan": own.made_of,
        "why": own.why or first.why,
    }
    title = f"{load.parcels} parcels: ours against its first plan"
    return Figure(title, value, "ratio of cost", goal, 1.0, most=True, more=more)


def _memory_figure(load: Load) -> Figure:
    """The most that this process has held so far, the city, its making and the judge included."""
    unit = 1 if sys.platform == "darwin" else 1024  # of `ru_maxrss`, in bytes
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    goal = 2000.0 if load.parcels > MANY else 1000.0
    return Figure(f"{load.parcels} parcels: memory", held, "MB", goal, goal, most=True)


def _run(city: City, way: Callable[[int], JointPlan], seeds: int) -> Run:
    """What a way finds for each seed, judged."""
    costs, spent, plan = [], [], JointPlan((), (), (), (), 0.0, 0)
    for seed in range(1, seeds + 1):
        begun = time.process_time()
        plan = way(seed)
        spent.append(time.process_time() - begun)
        if wrong := faults(city, plan):
            return Run((), f"{len(wrong)} faults, the first: {wrong[0]}", max(spent), {})
        costs.append(round(cost(city, plan), 2))
    made_of = {
        "vans": len(plan.routes),
        "stops": sum(len(route.stops) for route in plan.routes),
        "sorties": len(plan.sorties),
        "compartments": len(plan.boxes),
        "unserved": len(plan.unserved),
    }
    return Run(tuple(costs), "", max(spent), made_of)


def _figure(load: Load, name: str, own: Run, other: Run) -> Figure:
    sizes = GOALS[name]
    goal, floor = sizes[min(sizes, key=lambda size: abs(size - load.parcels))]
    if load.seconds < load.peer_seconds:
        goal = max(goal, GOAL_IN_LESS_TIME)
    more: dict[str, object] = {
        "seconds": [load.seconds, load.peer_seconds],
        "cpu_s": [round(run.seconds, 1) for run in (own, other)],
        "costs": [list(run.costs) for run in (own, other)],
        "plans": [run.made_of for run in (own, other)],
    }
    value = own.cost / other.cost if own.cost is not None and other.cost else None
    if value is None:
        more["why"] = own.why or other.why
    title = f"{load.parcels} parcels, {load.seconds:g} s: ours against {name}"
    return Figure(title, value, "ratio of cost", goal, floor, most=True, more=more)


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = _parser()
    said = parser.parse_args()
    if said.seeds < 1 or said.parcels < 1 or said.workers < 1:
        parser.error("--parcels, --seeds and --workers: from 1")
    if said.pilots is not None and (said.pilots < 1 or said.table or said.disruption):
        parser.error("--pilots: from 1, and neither with --table nor with --disruption")
    if said.table:
        return printed({"table": tabled}, ["table"], Table(LOADS, said.seed, said.quick), quick=said.quick)
    if said.repairs:
        return printed({"repairs": repaired}, ["repairs"], _repairs(parser, said), quick=said.quick)
    if said.disruption:
        return printed({"disruption": broken}, ["disruption"], _disruption(parser, said), quick=said.quick)
    return printed({"planner": measured}, ["planner"], _load(parser, said), quick=said.quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of each way")
    parser.add_argument("--peer-seconds", type=float, help="those of the others, where not as many")
    parser.add_argument("--seed", type=int, default=1, help="of the city")
    parser.add_argument(
        "--seeds", type=int, default=1, help="how many seeds of the search, the mean of which counts"
    )
    parser.add_argument("--workers", type=int, default=1, help="of ours, in tiles of many parcels")
    parser.add_argument("--against", default="assignment,pyvrp", help=f"some of {','.join(PEERS)}")
    parser.add_argument("--pilots", type=int, help="machines of a kind and site that may be away at a time")
    parser.add_argument("--table", action="store_true", help="all that is claimed, load by load")
    parser.add_argument("--disruption", action="store_true", help="repair a plan instead")
    parser.add_argument("--disrupted", type=int, default=100, help="parcels that lose their machines")
    parser.add_argument(
        "--cities", type=int, default=1, help="in how many cities: this seed's and the next ones'"
    )
    parser.add_argument("--repairs", action="store_true", help="repair the hub's plan instead")
    parser.add_argument("--new", type=int, default=2, help="parcels that come before each repair")
    parser.add_argument("--times", type=int, default=6, help="repairs")
    parser.add_argument("--quick", action="store_true", help="shows in seconds that everything works")
    return parser


def _disruption(parser: argparse.ArgumentParser, said: argparse.Namespace) -> Break:
    if not 1 <= said.disrupted <= said.parcels or said.cities < 1:
        parser.error("--disrupted: from 1, and no more than there are parcels; --cities: from 1")
    if said.quick:
        return Break(min(said.parcels, 100), 5, 0.5, said.seed, 1)
    return Break(said.parcels, said.disrupted, said.seconds, said.seed, said.cities)


def _repairs(parser: argparse.ArgumentParser, said: argparse.Namespace) -> Repairs:
    if said.new < 1 or said.times < 1 or said.new * said.times >= said.parcels:
        parser.error("--new and --times: from 1, and fewer parcels in all than there are")
    if said.quick:
        return Repairs(min(said.parcels, 24), 1, 2, said.seed)
    return Repairs(said.parcels, said.new, said.times, said.seed)


def _load(parser: argparse.ArgumentParser, said: argparse.Namespace) -> Load:
    against = tuple(name for name in said.against.split(",") if name)
    if unknown := set(against) - set(PEERS):
        parser.error(f"--against: unknown: {', '.join(sorted(unknown))}")
    if against and said.seconds <= 0.0:
        parser.error("--seconds: above 0, for the others have no plan otherwise")
    parcels, seconds, seeds, theirs = said.parcels, said.seconds, said.seeds, said.peer_seconds
    if said.quick:
        parcels, seconds, seeds, theirs = min(parcels, 60), min(seconds, 0.5), 1, None
    return Load(
        parcels,
        seconds,
        said.seed,
        seeds,
        against,
        said.workers,
        seconds if theirs is None else theirs,
        said.pilots,
    )


if __name__ == "__main__":
    sys.exit(main())
