"""One seed by itself: ``python -m tests.faultsim SEED [--assets N] [--sql]``."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faultsim.run import Fleet, simulation


def main() -> None:
    """Run the seeds that are named and say what each was like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--to", type=int, help="run all seeds up to this one")
    parser.add_argument("--assets", type=int, default=4)
    parser.add_argument("--sql", action="store_true", help="the hub's store is an SQLite file")
    given = parser.parse_args()
    with simulation(Fleet.of(given.assets, sql=given.sql)) as runs:
        for seed in range(given.seed, (given.to or given.seed) + 1):
            begun = time.perf_counter()
            sys.stdout.write(f"seed {seed}: ")
            sys.stdout.flush()
            sys.stdout.write(f"{runs.run(seed)} {time.perf_counter() - begun:.2f} s\n")


if __name__ == "__main__":
    main()
