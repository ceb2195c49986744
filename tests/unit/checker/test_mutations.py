"""Each rule is proven by breaking the valid day in one way: exactly that code must come out."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.checker import Code
from tests.checker.rules.money import check_route_costs
from tests.unit.checker import mutations_places, mutations_rules, mutations_sorties
from tests.unit.checker.builder import Day
from tests.unit.checker.mutations import CASES

CHAPTERS = (mutations_places, mutations_sorties, mutations_rules)
"""Each notes its cases when it is loaded."""


@pytest.mark.parametrize("name", CASES)
def test_exactly_what_was_broken_is_reported(name: str, tmp_path: Path) -> None:
    """One change, one code."""
    code, change = CASES[name]
    day = Day(tmp_path)
    change(day)
    found = day.violations()
    assert {violation.code for violation in found} == {code}, "\n".join(map(str, found))


def _second_route(day: Day, *, hours: float) -> None:
    """The van also stands a minute at its depot, so many hours after its route; it costs nothing but the time."""
    (van,) = day.fleet.route_types
    start = datetime.fromisoformat(day.route["end"]) + timedelta(hours=hours)
    end = start + timedelta(minutes=1)
    times = {"start": start.isoformat(), "end": end.isoformat()}
    cost = {"distance_m": 0.0, "cost": van.rates.per_hour / 60}
    day.plan["routes"].append({**day.route, "route_id": "R2", "stops": [], **times, **cost})


def test_a_vans_fixed_day_counts_once_a_day(tmp_path: Path) -> None:
    """The second route of a day costs what it takes, and no second day."""
    day = Day(tmp_path)
    _second_route(day, hours=0.5)
    assert list(check_route_costs(day.case())) == []


def test_a_vans_next_day_counts_again(tmp_path: Path) -> None:
    """A route on the following day that leaves the fixed day out is too cheap."""
    day = Day(tmp_path)
    _second_route(day, hours=24)
    assert [violation.where for violation in check_route_costs(day.case())] == ["route R2"]


def test_every_code_is_proven() -> None:
    """A code that no broken day shows would be a rule that nobody has seen working."""
    assert {code for code, _ in CASES.values()} == set(Code)
