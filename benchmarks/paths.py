"""Paths around zones: time, length against the shortest, safety. `--quick` shows that everything works."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness.figure import QUICK, Scale, table
from benchmarks.harness.paths import path_figures


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="A few searches in one world of each size.")
    parser.add_argument("--rounds", type=int, help="In how many worlds of each size.")
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    scale = QUICK if said.quick else Scale()
    figures = path_figures(Path(), replace(scale, rounds=said.rounds) if said.rounds else scale)
    print(table(figures), file=sys.stderr)
    print(json.dumps({"figures": [figure.as_json() for figure in figures]}, indent=1))
    return 0 if said.quick or all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
