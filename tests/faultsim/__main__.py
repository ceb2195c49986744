"""One seed by itself: ``python -m tests.faultsim SEED [--assets N] [--sql] [--put-backs] [--failing-store]``."""

from __future__ import annotations

import argparse
import sys
import time

from tests.faultsim.mutations import FAILING_STORE, PUT_BACKS
from tests.faultsim.run import Fleet, simulation


def main() -> None:
    """Run the seeds that are named and say what each was like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--to", type=int, help="run all seeds up to this one")
    parser.add_argument("--assets", type=int, default=4)
    parser.add_argument("--sql", action="store_true", help="the hub's store is an SQLite file")
    parser.add_argument(
        "--put-backs", action="store_true", help="the hub is put back from backups all the time"
    )
    parser.add_argument("--failing-store", action="store_true", help="its store fails all the time")
    given = parser.parse_args()
    made = Fleet.of(given.assets, sql=given.sql)
    fleet = PUT_BACKS if given.put_backs else FAILING_STORE if given.failing_store else made
    with simulation(fleet) as runs:
        for seed in range(given.seed, (given.to or given.seed) + 1):
            begun = time.perf_counter()
            sys.stdout.write(f"seed {seed}: ")
            sys.stdout.flush()
            sys.stdout.write(f"{runs.run(seed)} {time.perf_counter() - begun:.2f} s\n")


if __name__ == "__main__":
    main()
