"""Plans of fleets whose machines need remote pilots, from files to the plan, before the independent checker."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.plans.city import write_city
from tests.plans.test_priced_plans import planned

FLEET = """
[[drone]]
type = "courier-x4"

[[sidewalk_robot]]
type = "walker-s1"

[[van]]
type = "van-e"
per_depot = 2
"""
SHORT = """
[[pilots]]
kind = "drone"
pilots = 1
machines_each = 1
shift = "09:00-13:00"

[[pilots]]
kind = "drone"
sites = ["SYN-S1"]
pilots = 1
machines_each = 2
shift = "12:00-17:00"

[[pilots]]
kind = "sidewalk_robot"
pilots = 1
machines_each = 1
"""
MANY = """
[[pilots]]
kind = "drone"
pilots = 2
machines_each = 10
"""


@pytest.mark.parametrize("seed", [11, 12])
def test_plans_keep_to_the_pilots_of_their_fleet_file(tmp_path: Path, seed: int) -> None:
    """The checker finds nothing, and a plan with few of them is dearer. With pilots enough it costs what it does
    without the table."""
    inputs = write_city(tmp_path, seed, 60)
    free, many, short = (planned(inputs, FLEET + rows, tmp_path) for rows in ("", MANY, SHORT))
    flown = [Counter(one["kind"] for one in found["sorties"]) for found in (free, many, short)]
    assert many["summary"]["cost"] == free["summary"]["cost"]
    assert flown[0] == flown[1]
    assert flown[2]["drone"] > 0
    assert short["summary"]["cost"]["total"] > free["summary"]["cost"]["total"]
    late = {
        one["depot_id"] for one in short["sorties"] if one["kind"] == "drone" and one["depart"][11:13] >= "13"
    }
    assert late <= {"SYN-S1"}
