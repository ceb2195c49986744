"""Plans of a fleet file that has prices for lateness and for uneven routes, held against the independent checker."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.checker.check import check_plan
from tests.plans.city import DAY, Inputs, write_city
from tests.plans.command import plan
from tests.plans.test_real_plans import silent

SCARCE = """
[[drone]]
type = "courier-x4"
per_site = 1

[[sidewalk_robot]]
type = "walker-s1"
per_site = 1

[[van]]
type = "van-e"
per_depot = 1
"""
PRICES = """
[fairness]
per_hour = 15

[lateness]
per_hour = 10
at_most_min = 90
"""


def in_one_hour(inputs: Inputs) -> Inputs:
    """All parcels due between ten and eleven, so that it is the windows that the van is too slow for."""
    rows = list(csv.DictReader(inputs.orders.read_text(encoding="utf-8").splitlines()))
    for row in rows:
        row["due_from"], row["due_by"] = f"{DAY}T10:00:00+01:00", f"{DAY}T11:00:00+01:00"
    with inputs.orders.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return inputs


def planned(inputs: Inputs, fleet: str, folder: Path) -> dict[str, Any]:
    """The plan, after the checker has found nothing wrong with it by that fleet file."""
    file, out = folder / "fleet.toml", folder / "plan.json"
    file.write_text(fleet, encoding="utf-8")
    made = plan(inputs, out, "--fleet", str(file), "--iterations", "30", seed=0)
    found = check_plan(out, inputs.orders, inputs.depots, inputs.lockers, file, inputs.zones, inputs.weather)
    counts = Counter(str(violation.code) for violation in found)
    assert not found, f"{dict(counts)}\n" + "\n".join(map(str, found[:40]))
    document: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert not list(silent(document))
    document["told"] = made.told
    return document


def test_vans_that_are_short_bring_late_what_has_a_price_for_it(tmp_path: Path) -> None:
    """More parcels are brought, some of them late, as the plan and the command say; by windows alone, none is."""
    inputs = in_one_hour(write_city(tmp_path, 11, 60))
    strict = planned(inputs, SCARCE, tmp_path)
    priced = planned(inputs, SCARCE + PRICES, tmp_path)
    late = [parcel["late_s"] for parcel in priced["parcels"] if "late_s" in parcel]

    assert len(priced["unassigned"]) < len(strict["unassigned"])
    assert late
    assert max(late) <= 90 * 60
    assert f"{len(late)} of the parcels come after their windows" in priced["told"]
    assert "after their windows" not in strict["told"]
