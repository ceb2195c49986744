"""One plan over all modes against vans alone and against greedy: cost of the same parcels, planned with hindsight.

The demo's city for several seeds; each ratio is of plans made in this run, by iterations, so that any machine gets the
same figures. A plan that leaves parcels unserved would look cheap: those of each side are counted and shown.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fleet.baselines import baselines
from fleet.demo import DemoOptions, build_day, incoming_of

GOALS = {"van_only": (0.65, 0.85), "greedy": (0.85, 0.95)}
"""Goal and floor of our cost over the other's: the lower the better."""


def day(seed: int, iterations: int) -> dict[str, Any]:
    """Our cost and the others' for the city of one seed."""
    with tempfile.TemporaryDirectory() as folder:
        setup, _ = build_day(Path(folder), DemoOptions(seed=seed))
        orders = [order for _, order, _ in incoming_of(setup)]
        found = baselines(setup, setup.files.read(), orders, iterations=iterations)
    costs = {name: found[name] for name in ("planned_hindsight", *GOALS)}
    print(f"seed {seed}: {costs}", file=sys.stderr)
    return found


def figure(days: list[dict[str, Any]], other: str) -> dict[str, Any]:
    """The median ratio of our cost to the other's; it counts only where we serve no fewer parcels."""
    goal, floor = GOALS[other]
    fair = [d for d in days if d["planned_hindsight_unassigned"] <= d[f"{other}_unassigned"]]
    ratios = sorted(d["planned_hindsight"] / d[other] for d in fair)
    value = round(statistics.median(ratios), 3)
    return {
        "name": f"cost of one plan over all modes, against {other}",
        "value": value,
        "unit": "ratio of cost",
        "goal": goal,
        "floor": floor,
        "holds": value <= floor and len(fair) == len(days),
        "spread": [round(ratios[0], 3), round(ratios[-1], 3)],
        "seeds": len(days),
    }


def main() -> int:
    """Print the figures; 0 where all floors hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="The output is JSON anyway.")
    said = parser.parse_args()
    days = [day(seed, said.iterations) for seed in range(said.seeds)]
    figures = [figure(days, other) for other in GOALS]
    print(json.dumps({"figures": figures}, indent=1))
    return 0 if all(f["holds"] for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
