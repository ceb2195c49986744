"""Plans over made-up streets, held against the independent checker."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import shapely

from fleet.network.build import build
from fleet.network.manifest import ATTRIBUTION, ProfileName
from tests.checker.streets import OpenStreets, tables_in
from tests.plans.city import CENTRE, write_city
from tests.plans.command import plan_in_a_process
from tests.plans.test_real_plans import assert_sound
from tests.support.streetmap import random_town

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


def streets(source: Path, out: Path, *profiles: ProfileName) -> Path:
    """Streets for some profiles, or all."""
    build(source, out, profiles or ("car", "foot", "robot"), progress=lambda _said: None)
    return out


def says_streets(document: dict[str, Any], source: str) -> bool:
    """Whether the plan names its streets, and whose data they are, and no estimate besides."""
    said = [one for one in document["assumptions"] if one.startswith("streets: ")]
    return len(said) == 1 and source in said[0] and ATTRIBUTION in said[0]


def test_a_made_up_city_on_made_up_streets(repo_root: Path, tmp_path: Path) -> None:
    """All modes over a crooked grid, with one-way streets."""
    inputs = write_city(tmp_path, 3)
    corner = {"west": CENTRE[0] - 0.077, "south": CENTRE[1] - 0.056}
    town = random_town(random.Random(3), size=36, block_m=347, **corner)
    folder = streets(town.write(tmp_path / "city.osm.pbf"), tmp_path / "city.streets")
    made = plan_in_a_process(
        repo_root, inputs, tmp_path / "plan.json", "--iterations", "60", "--network", str(folder)
    ).file
    lines = [
        shapely.LineString([(town.nodes[n].lon, town.nodes[n].lat) for n in way]) for way, _ in town.ways
    ]
    document = assert_sound(made, inputs, OpenStreets(tables_in(folder), lines))
    assert says_streets(document, "city.osm.pbf")
    used = {mode for mode, count in document["summary"]["by_mode"].items() if count}
    assert used >= {"sidewalk_robot", "van"}
    robots = [s for s in document["sorties"] if s["kind"] == "sidewalk_robot"]
    assert any(len(s["path"]) > 6 for s in robots), "they go round corners"
