"""The hub against what people would otherwise put there: rates, latencies, start, faults.

Each speed is a ratio of two things measured in this run, the arms taking turns; the value is the median of the rounds'
ratios. The hub is the one of `fleet hub`: sessions, authorisation, geofence and energy checks are on, and nine of ten
assets are out on a sortie wherever telemetry is measured. `--only NAME` runs one part, `--long` also what takes an
hour, `--quick` shows in seconds that everything works and measures nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness.curve import crowd, curve_cost
from benchmarks.harness.figure import QUICK, Figure, Scale, table
from benchmarks.harness.killed import killed
from benchmarks.harness.latencies import acknowledgement_latency, telemetry_latency
from benchmarks.harness.rates import durable_against_brokers, durable_against_itself, telemetry_rate
from benchmarks.harness.starting import start_time

Part = Callable[[Path, Scale], list[Figure]]

PARTS: Mapping[str, Part] = {
    "telemetry": telemetry_rate,
    "brokers": durable_against_brokers,
    "sync": durable_against_itself,
    "telemetry-p99": telemetry_latency,
    "ack-p99": acknowledgement_latency,
    "start": start_time,
    "killed": killed,
    "curve": curve_cost,
    "crowd": crowd,
}
"""Every part by the name that `--only` knows."""


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="Run this part; may come again.")
    parser.add_argument("--rounds", type=int, help="How often the arms take turns.")
    parser.add_argument("--long", action="store_true", help="Also what takes an hour.")
    parser.add_argument(
        "--quick", action="store_true", help="Show that everything works; figures mean nothing."
    )
    parser.add_argument("--folder", type=Path, help="Where to put stores; its disk is what is measured.")
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    scale = QUICK if said.quick else Scale(long=said.long)
    if said.rounds:
        scale = replace(scale, rounds=said.rounds)
    found = {name: _run(name, scale, said.folder) for name in said.only or PARTS}
    figures = [figure for part in found.values() for figure in part]
    print(table(figures), file=sys.stderr)
    print(json.dumps({"figures": [figure.as_json() for figure in figures]}, indent=1))
    return 0 if all(found.values()) and (said.quick or all(figure.holds for figure in figures)) else 1


def _run(name: str, scale: Scale, folder: Path | None) -> list[Figure]:
    """The figures of one part; none where it failed."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="fleet-bench-", dir=folder) as own:
            figures = PARTS[name](Path(own), scale)
    except Exception:  # noqa: BLE001 - an hour's other figures are not thrown away for one; the run ends with 1
        print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return []
    for figure in figures:
        print(f"  {figure.as_json()}", file=sys.stderr, flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
