"""Days on which much or all can't be done: the command answers, and says what is missing and why."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plans.city import Inputs, write_city
from tests.plans.command import plan
from tests.plans.test_real_plans import assert_sound
from tests.support.soak import chosen

Row = dict[str, str]


def changed(path: Path, change: Callable[[int, Row], Row]) -> None:
    """Each row of a table replaced by what is made of it."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [change(number, row) for number, row in enumerate(csv.DictReader(file))]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def without_vehicles(inputs: Inputs) -> None:
    """Buildings, and nobody in them."""
    changed(inputs.depots, lambda _, row: row | {"vans": "0", "drone_pads": "0", "robot_bays": "0"})


def at_night(inputs: Inputs) -> None:
    """All is due between two and three in the morning."""

    def moved(_: int, row: Row) -> Row:
        day, offset = row["due_from"][:11], row["due_from"][-6:]
        hours = {"ready_at": "00", "due_from": "02", "due_by": "03"}
        return row | {name: f"{day}{hour}:00:00{offset}" for name, hour in hours.items()}

    changed(inputs.orders, moved)


def in_the_sea(inputs: Inputs) -> None:
    """The first five parcels lie in the middle of the Atlantic."""
    changed(inputs.orders, lambda number, row: row | ({"lon": "-25", "lat": "44"} if number < 5 else {}))


def with_a_depot_beyond_the_sea(inputs: Inputs) -> None:
    """The only one that vans start from: what sorties can't bring is left."""
    changed(inputs.depots, lambda number, row: row | ({"lon": "-27", "lat": "38.7"} if number == 0 else {}))


def planned(bad: Callable[[Inputs], None], folder: Path, *budget: str) -> dict[str, Any]:
    inputs = write_city(folder, 1, 25)
    bad(inputs)
    return assert_sound(plan(inputs, folder / "plan.json", *budget).file, inputs)


@pytest.mark.parametrize(
    ("bad", "least", "codes", "never"),
    [
        (without_vehicles, 25, {"no_asset"}, ""),
        (at_night, 25, {"window_missed", "too_late"}, "one more van"),
        (in_the_sea, 5, {"route_full"}, ""),
        (with_a_depot_beyond_the_sea, 3, {"route_full"}, ""),
    ],
)
def test_what_cannot_be_done_is_left_with_reasons(
    bad: Callable[[Inputs], None],
    least: int,
    codes: set[str],
    never: str,
    tmp_path: Path,
) -> None:
    """Each parcel that nobody brings has reasons, one of those that are expected, and a change that would help."""
    document = planned(bad, tmp_path, "--iterations", "2")
    left = document["unassigned"]
    assert least <= len(left) == document["summary"]["by_mode"]["unassigned"]
    for one in left:
        assert one["nearest_change"]
        assert one["reasons"]
        assert not never or never not in one["nearest_change"]
    found = {reason["code"] for one in left for reason in one["reasons"]}
    assert codes <= found, found


def without_room(inputs: Inputs) -> None:
    """Parcels of half a ton."""
    changed(inputs.orders, lambda _, row: row | {"weight_kg": "500"})


MANY = chosen(3200, long=20_000)
"""More places than legs are kept of."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", chosen(["0"], long=["0", "5"]))
@pytest.mark.parametrize(
    ("bad", "codes"),
    [
        (without_vehicles, {"no_asset"}),
        (without_room, {"too_heavy"}),
        (at_night, {"window_missed", "out_of_time"}),
        (in_the_sea, {"out_of_time"}),
        (with_a_depot_beyond_the_sea, {"out_of_time"}),
    ],
)
def test_a_very_large_bad_day(
    bad: Callable[[Inputs], None], codes: set[str], seconds: str, tmp_path: Path
) -> None:
    """About as soon as the budget says, whatever is wrong; everybody who is left has reasons and a change."""
    inputs = write_city(tmp_path, 1, MANY)
    changed(inputs.depots, lambda _, row: row | {"vans": str(MANY // 60) if row["vans"] != "0" else "0"})
    bad(inputs)
    document = assert_sound(plan(inputs, tmp_path / "plan.json", "--seconds", seconds).file, inputs)
    left = document["unassigned"]
    assert len(left) == document["summary"]["by_mode"]["unassigned"] >= 5
    assert all(one["reasons"] and one["nearest_change"] for one in left)
    found = {reason["code"] for one in left for reason in one["reasons"]}
    assert codes & found, found


def test_no_time_for_parcels_in_the_sea(tmp_path: Path) -> None:
    """Nothing but the time is given as the reason where nothing else was asked."""
    document = planned(in_the_sea, tmp_path, "--seconds", "0")
    assert document["seconds"] < 15  # a tenth of it; with half a minute to look for more it takes all of that
    assert all(one["reasons"] and one["nearest_change"] for one in document["unassigned"])
