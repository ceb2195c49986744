"""Plans of fleets whose drivers walk from the van to doors nearby, before the independent checker."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from tests.plans.city import Inputs, write_city
from tests.plans.test_priced_plans import SCARCE, planned

WALKS = """walk_m = 60
carry_kg = 8
"""
"""More of the file's last entry, the vans."""


def in_streets(inputs: Inputs, seed: int) -> Inputs:
    """Parcels by threes at doors up to eighty metres from one another, some at one building."""
    rng, rows = random.Random(seed), list(csv.DictReader(inputs.orders.read_text("utf-8").splitlines()))
    for number, row in enumerate(rows):
        beside = rows[number - number % 3]
        off = [rng.choice((0.0, rng.uniform(-50, 50))) for _ in range(2)]
        row["lon"] = f"{float(beside['lon']) + off[0] / 80_900:.6f}"
        row["lat"] = f"{float(beside['lat']) + off[1] / 111_195:.6f}"
    with inputs.orders.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return inputs


@pytest.mark.parametrize("seed", [21, 22])
def test_doors_nearby_are_walked_to(seed: int, tmp_path: Path) -> None:
    """Each plan holds, and many a stop is at several doors."""
    inputs = in_streets(write_city(tmp_path, seed, 75), seed)
    found = planned(inputs, SCARCE.replace("per_depot = 1", "per_depot = 3") + WALKS, tmp_path)
    rows = csv.DictReader(inputs.orders.read_text(encoding="utf-8").splitlines())
    at = {row["order_id"]: (row["lon"], row["lat"]) for row in rows}
    doors = [
        len({at[order_id] for order_id in (*stop["deliver"], *stop["collect"])})
        for route in found["routes"]
        for stop in route["stops"]
        if not stop["locker_id"]
    ]
    assert sum(count > 1 for count in doors) > 3
