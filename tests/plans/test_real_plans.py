"""What ``fleet plan`` writes, on real and on made-up cities, held against the independent checker."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet.planner.problem import MAX_ATLAS
from tests.checker import check_plan
from tests.checker.streets import Streets
from tests.plans.city import Inputs, write_city
from tests.plans.command import plan
from tests.support.soak import chosen

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

SECONDS = chosen("2", long="12")
PORTO = chosen(500, long=1500)
"""How many of Porto's orders are planned: each lies anywhere in the city, so that the first are of all of it."""


def assert_sound(
    path: Path, inputs: Inputs, streets: Streets | None = None, fleet: Path | None = None
) -> dict[str, Any]:
    """The plan, after the checker has found nothing wrong with it."""
    files = (inputs.orders, inputs.depots, inputs.lockers, fleet, inputs.zones, inputs.weather)
    found = check_plan(path, *files, streets)
    counts = Counter(str(violation.code) for violation in found)
    assert not found, f"{dict(counts)}\n" + "\n".join(map(str, found[:40]))
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert not list(silent(document)), "feasible and cheaper, and no word why it was not taken"
    return document


def silent(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Alternatives that cost less than the parcel does, or than leaving it out would save, and say nothing."""
    for parcel in document["parcels"]:
        mark = max(parcel["cost"], parcel["saving"] or 0.0)
        for other in parcel["alternatives"]:
            if other["verdict"] == "feasible" and other["cost"] < mark and not other["reasons"]:
                yield parcel["order_id"], other["mode"]


def demand(shared_data: Path, city: str, orders: str, *zones: Path) -> Inputs:
    """A real city's files."""
    folder = shared_data / "demand"
    depots, lockers, weather = (folder / f"{city}.{name}.csv" for name in ("depots", "lockers", "weather"))
    return Inputs(folder / f"{orders}.orders.csv", depots, lockers, weather, zones)


def first(inputs: Inputs, count: int, folder: Path) -> Inputs:
    """The same city with its first orders only."""
    orders = folder / "orders.csv"
    some = inputs.orders.read_text(encoding="utf-8").splitlines(keepends=True)[: count + 1]
    orders.write_text("".join(some), encoding="utf-8")
    return replace(inputs, orders=orders)


def test_austin(shared_data: Path, tmp_path: Path) -> None:
    """700 real stops and 278 real parcel points."""
    inputs = demand(shared_data, "austin", "austin_0")
    document = assert_sound(plan(inputs, tmp_path / "plan.json", "--seconds", SECONDS).file, inputs)
    assert document["summary"]["parcels"] == 700


def test_porto_with_zones(shared_data: Path, tmp_path: Path) -> None:
    """Real points, and the areas around hospitals and schools."""
    whole = demand(shared_data, "porto", "porto", shared_data / "zones_osm" / "porto_zones.geojson")
    inputs = first(whole, PORTO, tmp_path)
    document = assert_sound(plan(inputs, tmp_path / "plan.json", "--seconds", SECONDS).file, inputs)
    assert document["summary"]["parcels"] == PORTO


@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_city(seed: int, tmp_path: Path) -> None:
    """Runs everywhere: no data beside the checkout is needed. Several modes are used."""
    inputs = write_city(tmp_path, seed)
    document = assert_sound(
        plan(inputs, tmp_path / "plan.json", "--seconds", chosen("2", long="5")).file, inputs
    )
    used = {mode for mode, count in document["summary"]["by_mode"].items() if count}
    assert used >= {"drone", "sidewalk_robot", "van"}


@pytest.mark.parametrize("budget", [("--seconds", "0"), ("--seconds", "0.5"), ("--iterations", "0")])
def test_a_budget_of_nothing(budget: tuple[str, str], tmp_path: Path) -> None:
    """There is a plan at once, which says what there was no time for; iterations leave nothing out."""
    inputs = write_city(tmp_path, 1)
    document = assert_sound(plan(inputs, tmp_path / "plan.json", *budget).file, inputs)
    left = [one for one in document["assumptions"] if one.startswith("time was up before")]
    if budget[0] == "--iterations":
        assert left == []
        assert document["summary"]["by_mode"]["unassigned"] == 0
    else:
        assert left or document["summary"]["by_mode"]["unassigned"] == 0


def test_more_places_than_legs_are_kept_of(tmp_path: Path) -> None:
    """All modes at once, too: vans make full routes, machines fly and roll, and no rule is broken."""
    inputs = write_city(tmp_path, 3, parcels=MAX_ATLAS + 100)
    document = assert_sound(
        plan(inputs, tmp_path / "plan.json", "--seconds", chosen("8", long="15")).file, inputs
    )
    assert any("no baselines" in one for one in document["assumptions"])
    modes = document["summary"]["by_mode"]
    assert min(modes[mode] for mode in ("drone", "sidewalk_robot", "locker", "van")) > 0, modes
    longest = sorted(len(route["stops"]) for route in document["routes"])[-3:]
    assert min(longest) > 20, "a van's day, not a stop each"
