"""Energy: how good a fitted model is on flights that it has not seen, what its margin costs, and legs a second.

`benchmarks/energy.py [LOG.csv …] [--base NAME|FILE.toml] [--hover LOG.csv --hover-base NAME|FILE.toml]`. Logs have the
columns of `fleet energy calibrate`; a hover log has hovers and whole flights of another airframe. What is measured on
generated logs of known truth has names that end in "(generated)"; a figure that a log can't carry has no value and does
not hold; a log without distances and heights has none from the plan. What can't be read ends it with exit code 2.
`--only NAME` runs one part, `--quick` shows in seconds that everything works and measures nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness.energyfleet import fleet
from benchmarks.harness.energyhub import over_the_hub
from benchmarks.harness.energylegs import legs_a_second
from benchmarks.harness.energylogs import PUBLISHED, Given, given, hover, margin, plan, remaining, trips
from benchmarks.harness.figure import Figure, printed
from fleet.energy.errors import EnergyError
from fleet.intake.errors import IntakeError

PARTS: Mapping[str, Callable[[Given], list[Figure]]] = {
    "trips": trips,
    "plan": plan,
    "remaining": remaining,
    "margin": margin,
    "hover": hover,
    "legs": legs_a_second,
    "fleet": fleet,
    "hub": over_the_hub,
}
"""Every part by the name that `--only` knows."""
FLIGHTS, FEW = 209, 40
"""Flights of the generated logs: as many as the public set has, and for a smoke run."""


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", type=Path, metavar="LOG", help="A flight log (CSV).")
    parser.add_argument("--base", default=PUBLISHED, help="The airframe that logs are fitted from.")
    parser.add_argument("--hover", type=Path, help="A log of another airframe: hovers and whole flights.")
    parser.add_argument("--hover-base", default=PUBLISHED, help="The airframe that its hovers scale.")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Run this part; may come again.")
    parser.add_argument(
        "--quick", action="store_true", help="Show that everything works; figures mean nothing."
    )
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    flights = FEW if said.quick else FLIGHTS
    try:
        load = given(said.logs, said.base, said.hover, said.hover_base, flights=flights)
    except (EnergyError, IntakeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if said.quick:
        load = replace(load, rows=20_000, rounds=1, worlds=1)
    return printed(PARTS, said.only or PARTS, load, quick=said.quick)


if __name__ == "__main__":
    sys.exit(main())
