"""Van routing: our kernel against PyVRP, VROOM and OR-Tools on public instances, for so many seconds of CPU each.

`routing.py INSTANCE.vrp … --seconds 30 --against pyvrp,vroom,ortools --json`. Instances are files in VRPLIB's format
of the families CVRP, VRPTW, HFVRP and MTVRPTWR; none is part of the repository. A file with the best known solution
and the ending `.sol` beside one gives gaps. `harness/vrpjudge.py` says what tours cost and whether they hold; it shares
no code with those that make them. Without instances a small one is made: it shows that all works and measures little.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import vrppeers
from benchmarks.harness.figure import Figure, printed
from benchmarks.harness.vrpfiles import BadFile, Instance, Tour, Van, read_instance, read_solution
from benchmarks.harness.vrpjudge import cost, faults

WORST = {
    "CVRP": {"pyvrp": 1.005, "vroom": 1.0, "ortools": 1.0},
    "VRPTW": {"pyvrp": 1.007, "vroom": 1.0, "ortools": 1.0},
    "HFVRP": {"pyvrp": 1.02, "vroom": 1.02, "ortools": 1.02},
    "MTVRPTWR": {"pyvrp": 1.02, "vroom": 1.02, "ortools": 1.02},
}
"""At most so many times what each of the others costs, instance by instance: the floor. The goal is 1."""

MOST_GAP = {"HFVRP": 2.0, "MTVRPTWR": 2.0}
"""Families that are held against the best known solutions: at most so many percent above them."""

SECONDS, SECONDS_TO_BEST = 30.0, 60.0
"""CPU seconds of each solver where nothing else is said; of families that are held against the best known ones."""

MADE_SEEDS = 5
"""Seeds for the made instance: of 100 stops in five seconds, ours and PyVRP's costs differ by two per cent from seed to
seed."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured: instances with the cost of their best known solution (none where unknown), for so many seconds,
    or for as long as is usual."""

    instances: tuple[tuple[Instance, float | None], ...]
    stated: float | None
    seeds: tuple[int, ...]
    against: tuple[str, ...]

    def seconds(self, instance: Instance) -> float:
        """How long each solver has for an instance."""
        usual = SECONDS_TO_BEST if instance.family in MOST_GAP else SECONDS
        return usual if self.stated is None else self.stated


@dataclass(frozen=True, slots=True)
class Run:
    """One arm on one instance: its mean cost over the seeds, why there is none, and the CPU seconds that it took."""

    cost: float | None
    why: str
    seconds: float
    costs: tuple[float, ...] = ()


def measured(load: Load) -> list[Figure]:
    """A figure for each instance and peer; of several instances of one kind the mean gaps as well."""
    figures, gaps = list[Figure](), dict[str, dict[str, list[float]]]()
    arms = {"ours": vrppeers.ours, **{name: vrppeers.PEERS[name] for name in load.against}}
    for instance, best in load.instances:
        runs = {name: _run(instance, solve, load) for name, solve in arms.items()}
        told = {name: f"{run.cost:.0f}" if run.cost else run.why for name, run in runs.items()}
        print(f"{instance.name}, best known {best}: {told}", file=sys.stderr, flush=True)
        figures += _figures(instance, best, runs, load)
        for name, run in runs.items():
            if best and run.cost is not None:
                gaps.setdefault(instance.family, {}).setdefault(name, []).append(_gap(run.cost, best))
    return figures + [figure for family in gaps for figure in _means(family, gaps[family])]


def _run(instance: Instance, solve: Callable[[Instance, float, int], list[Tour] | None], load: Load) -> Run:
    """What an arm finds for each seed, judged."""
    costs, spent = [], []
    for seed in load.seeds:
        begun = time.process_time()
        tours = solve(instance, load.seconds(instance), seed)
        spent.append(time.process_time() - begun)
        if tours is None:
            return Run(None, "does not know this family", 0.0)
        if wrong := faults(instance, tours):
            return Run(None, f"{len(wrong)} faults, the first: {wrong[0]}", max(spent))
        costs.append(cost(instance, tours))
    return Run(statistics.mean(costs), "", max(spent), tuple(costs))


def _figures(instance: Instance, best: float | None, runs: dict[str, Run], load: Load) -> list[Figure]:
    """Our cost over each other's, with both gaps to the best known; of families that are held against that, our gap."""
    own, figures = runs["ours"], list[Figure]()
    if best and instance.family in MOST_GAP:
        figures.append(_own_figure(instance, best, own, load))
    for name in load.against:
        other = runs[name]
        more = _seen(load, instance, best, own, other)
        value = own.cost / other.cost if own.cost is not None and other.cost else None
        if value is None:
            more["why"] = own.why or other.why
        title = f"{instance.name} ({instance.family}), ours against {name}"
        # Where the other has no answer there is nothing to be held against; where we have none, it fails.
        lost = own.cost is None
        if value is not None or lost:
            floor = WORST[instance.family][name]
            figures.append(Figure(title, value, "ratio of cost", 1.0, floor, most=True, more=more))
        else:
            print(f"{title}: {more['why']}", file=sys.stderr)
    return figures


def _own_figure(instance: Instance, best: float, own: Run, load: Load) -> Figure:
    """Our gap to the best known."""
    value, more = None if own.cost is None else _gap(own.cost, best), _seen(load, instance, best, own)
    if own.cost is None:
        more["why"] = own.why
    most = MOST_GAP[instance.family]
    title = f"{instance.name} ({instance.family}), ours above the best known"
    return Figure(title, value, "%", most, most, most=True, more=more)


def _seen(load: Load, instance: Instance, best: float | None, *runs: Run) -> dict[str, object]:
    """What a figure about some runs tells besides its value."""
    more: dict[str, object] = {
        "seconds": load.seconds(instance),
        "seeds": len(load.seeds),
        "cpu_s": [round(run.seconds, 1) for run in runs],
        "costs": [run.cost and round(run.cost, 2) for run in runs],
    }
    if best:
        more["best_known"] = round(best, 2)
        more["gaps_percent"] = [run.cost and round(_gap(run.cost, best), 2) for run in runs]
    return more


def _means(family: str, gaps: dict[str, list[float]]) -> list[Figure]:
    """The mean gap to the best known of ours over that of PyVRP, where both solved several instances of a family."""
    own, other = gaps.get("ours", []), gaps.get("pyvrp", [])
    if len(own) < 2 or len(own) != len(other):
        return []
    means = statistics.mean(own), statistics.mean(other)
    more = {"mean_gaps_percent": {name: round(statistics.mean(values), 2) for name, values in gaps.items()}}
    title = f"{family}: mean gap to the best known less PyVRP's, {len(own)} instances"
    return [Figure(title, means[0] - means[1], "percentage points", 0.0, 0.5, most=True, more=more)]


def _gap(found: float, best: float) -> float:
    """Percent above the best known."""
    return 100.0 * (found / best - 1.0)


def made(stops: int, seed: int) -> Instance:
    """A small town with windows, for where no file is given."""
    rng = Random(seed)
    xy = tuple((rng.randrange(100), rng.randrange(100)) for _ in range(stops + 1))
    ready = [rng.randrange(0, 6000) for _ in range(stops)]
    windows = ((0.0, 12000.0), *((float(r), float(r + rng.randrange(1500, 4000))) for r in ready))
    demand = (0.0, *(float(rng.randrange(1, 30)) for _ in range(stops)))
    service, release = (0.0, *(100.0 for _ in range(stops))), (0.0,) * (stops + 1)
    return Instance("made", "VRPTW", xy, demand, windows, service, release, (Van(stops, 200.0),))


def read(paths: Sequence[Path]) -> tuple[tuple[Instance, float | None], ...]:
    """The instances, each with the cost of the solution beside it."""
    found = list[tuple[Instance, float | None]]()
    for path in paths:
        instance, solved = read_instance(path), path.with_suffix(".sol")
        best = None
        if solved.exists():
            tours, said = read_solution(solved, instance)
            best = cost(instance, tours)
            if faults(instance, tours) or not math.isclose(best, said, rel_tol=1e-6):
                raise BadFile(f"{solved}: its tours cost {best}, it says {said}, or they do not hold")
        found.append((instance, best))
    return tuple(found)


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instances", nargs="*", type=Path, metavar="INSTANCE.vrp")
    parser.add_argument("--seconds", type=float, help="CPU seconds of each solver; 30, HFVRP and MTVRPTWR 60")
    parser.add_argument(
        "--seeds", type=int, help="how many seeds, the mean of which counts: 1; without files 5"
    )
    parser.add_argument("--against", default="pyvrp", help=f"some of {','.join(vrppeers.PEERS)}")
    parser.add_argument(
        "--quick", action="store_true", help="half a second each: shows that everything works"
    )
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    against = tuple(name for name in said.against.split(",") if name)
    if unknown := set(against) - set(vrppeers.PEERS):
        parser.error(f"--against: unknown: {', '.join(sorted(unknown))}")
    try:
        instances = read(said.instances) or ((made(100, 1), None),)
    except (BadFile, OSError, KeyError) as failure:
        parser.error(str(failure))
    seconds = 0.5 if said.quick else said.seconds
    if not said.instances:
        seconds = min(5.0, SECONDS if seconds is None else seconds)
    seeds = said.seeds or (1 if said.instances or said.quick else MADE_SEEDS)
    load = Load(instances, seconds, tuple(range(1, seeds + 1)), against)
    return printed({"routing": measured}, ["routing"], load, quick=said.quick)


if __name__ == "__main__":
    sys.exit(main())
