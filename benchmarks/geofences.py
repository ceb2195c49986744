"""Checks of zones: four dimensions against Shapely's tree in two, wrong answers, a fleet, a sample, loading;
paths around zones; a new flight among others; and where to land from each part of a flight.

Each speed that can be is a ratio of two things measured in this run, the arms taking turns. `--only NAME` runs one
part, `--quick` shows in seconds that everything works and measures nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness.figure import Figure, printed
from benchmarks.harness.landingsites import landing
from benchmarks.harness.paths import paths_around
from benchmarks.harness.separation import new_flights
from benchmarks.harness.zonechecks import (
    SMOKE,
    Load,
    fleet_share,
    legs_against_shapely,
    loading,
    single_samples,
    wrong_answers,
)

PARTS: Mapping[str, Callable[[Load], list[Figure]]] = {
    "legs": legs_against_shapely,
    "wrong": wrong_answers,
    "fleet": fleet_share,
    "samples": single_samples,
    "loading": loading,
    "paths": paths_around,
    "separation": new_flights,
    "landings": landing,
}
"""Every part by the name that `--only` knows."""


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Run this part; may come again.")
    parser.add_argument("--rounds", type=int, help="How often the arms take turns.")
    parser.add_argument("--cases", type=int, help="How many cases are held against the oracle.")
    parser.add_argument(
        "--quick", action="store_true", help="Show that everything works; figures mean nothing."
    )
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    load = SMOKE if said.quick else Load()
    load = replace(load, rounds=said.rounds or load.rounds, cases=said.cases or load.cases)
    return printed(PARTS, said.only or PARTS, load, quick=said.quick)


if __name__ == "__main__":
    sys.exit(main())
