"""The whole table of the planner: each load in a process of its own, since memory is that of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.figure import Figure

PROGRAM = Path(__file__).resolve().parent.parent / "planner.py"

LOADS = (
    "--parcels 500 --seconds 10 --seeds 5 --against assignment,pyvrp,ortools",
    "--parcels 2000 --seconds 10 --peer-seconds 30 --seeds 5 --against assignment",
    "--parcels 2000 --seconds 30 --seeds 3 --against assignment,pyvrp",
    "--parcels 10000 --seconds 60 --seeds 2 --against assignment",
    "--parcels 100000 --seconds 60 --workers 2 --against ",
    "--parcels 1000000 --seconds 0 --against ",
    "--disruption --parcels 2000 --disrupted 100 --seconds 30 --cities 3",
)
"""One row each: 500 parcels, 2,000 with less and with as much time as others, 10,000, what no other can plan, and a
disruption in three cities. About forty minutes on one core."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is measured: the loads, of a city's seed."""

    loads: Sequence[str]
    seed: int
    quick: bool


def tabled(table: Table) -> list[Figure]:
    """The figures of all loads, in their order."""
    return [figure for load in table.loads for figure in _figures(load, table)]


def _figures(load: str, table: Table) -> list[Figure]:
    more = [f"--seed={table.seed}", *(["--quick"] if table.quick else [])]
    command = [sys.executable, str(PROGRAM), *load.split(" "), *more]
    print(f"planner.py {load} …", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        return [_figure(said) for said in json.loads(done.stdout)["figures"]]
    except ValueError:
        why = f"planner.py ended with {done.returncode} and no figures"
        return [Figure(load, None, "", 0.0, 0.0, more={"why": why})]


def _figure(said: dict[str, object]) -> Figure:
    """A figure as it was printed; what must be true besides was, if it holds."""
    known = {name: said.pop(name) for name in ("name", "value", "unit", "goal", "floor")}
    holds = bool(said.pop("holds"))
    return Figure(**known, most=True, and_also=holds, more=said)  # type: ignore[arg-type]
