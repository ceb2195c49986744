"""What the day would have cost with hindsight: three plans of the same parcels, and words that say what is what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.cli.demo import summary
from fleet.demo import DemoOptions, build_day, with_baselines
from fleet.dispatch.report import FIRST_PLAN, HINDSIGHT, report
from tests.support import smallday


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of a day told by hand, beside the plans of a small seeded city."""
    folder: Path = tmp_path_factory.mktemp("day")
    setup, _ = build_day(folder, DemoOptions(seed=1, parcels=12, hours=3))
    result = report(smallday.the_log(), judge=None, wall_s=1.5, seed=1, network=smallday.KilometreNetwork())
    return with_baselines(result, setup)


def test_like_stands_beside_like(told: dict[str, Any]) -> None:
    """All three are plans of the same twelve parcels with hindsight; ours is no dearer than the greedy one."""
    cost = told["cost"]
    assert {cost["basis"][name] for name in ("planned_hindsight", "van_only", "greedy")} == {HINDSIGHT}
    assert cost["compared_parcels"] == 12
    assert (
        cost["planned_hindsight_unassigned"] == cost["van_only_unassigned"] == cost["greedy_unassigned"] == 0
    )
    assert 0 < cost["planned_hindsight"] <= cost["greedy"]
    assert cost["planned_hindsight"] < cost["van_only"]


def test_the_first_plan_keeps_its_own_name(told: dict[str, Any]) -> None:
    """What was expected in the morning stays beside it, for the parcels that were known then."""
    cost = told["cost"]
    assert (cost["planned"], cost["planned_parcels"], cost["basis"]["planned"]) == (90, 8, FIRST_PLAN)


def test_one_name_for_what_could_not_be_served(told: dict[str, Any]) -> None:
    assert not [name for name in told["cost"] if "unserved" in name]


def test_the_summary_says_which_cost_is_which(told: dict[str, Any]) -> None:
    """The incurred figure by itself, the three plans together, with what they leave."""
    cost = told["cost"] | {"total": 99.5, "planned_hindsight": 40, "greedy": 60, "van_only": 80}
    lines = summary(told | {"cost": cost | {"greedy_unassigned": 2}}, []).splitlines()
    assert "cost 99.50 incurred, incidents and late parcels included" in lines
    assert (
        "planned with hindsight, nothing going wrong: this fleet 40.00; "
        "greedy 60.00 with 2 not served; vans alone 80.00" in lines
    )
