"""A plan's routes at each hour's own speed: never later than planned, and no window is entered before it opens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.config import RunFiles, read_inputs, snapshot_of
from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.byhour import by_hour, drive_h
from tests.plans.city import write_city

RUSH = '{ hours = "07:00-10:00", speed = 0.5 }'
NIGHT = '{ hours = "22:00-05:00", speed = 1.5 }'


def planned(folder: Path, traffic: str) -> tuple[Plan, Snapshot]:
    """A small city's day by vans alone, in this traffic."""
    made = write_city(folder, 3)
    fleet = folder / "fleet.toml"
    fleet.write_text(
        f'timezone = "Europe/Madrid"\n[[van]]\ntype = "van-e"\n[network]\ntraffic = [{traffic}]\n',
        encoding="utf-8",
    )
    files = RunFiles(made.orders, made.depots, made.lockers, fleet, made.weather)
    snapshot = snapshot_of(read_inputs(files))
    return plan(
        snapshot, seed=1, stop=MaxIterations(20), made_at=datetime(2026, 11, 24, tzinfo=UTC)
    ), snapshot


def test_hours_that_are_alike_are_not_told(tmp_path: Path) -> None:
    assert by_hour(*planned(tmp_path, "")) is None


def test_where_all_hours_are_slow_routes_are_as_planned(tmp_path: Path) -> None:
    made, snapshot = planned(tmp_path, '{ hours = "00:00-00:00", speed = 0.7 }')
    routes = by_hour(made, snapshot)
    assert routes
    for driven, route in zip(routes, made.routes, strict=True):
        assert driven.by_hour_s == pytest.approx(driven.planned_s, rel=1e-6)
        wanted = [*(stop.arrive for stop in route.stops), route.end]
        off_s = [abs((a - b).total_seconds()) for a, b in zip(driven.arrives, wanted, strict=True)]
        assert max(off_s) < 1


def test_no_stop_is_later_and_none_before_its_window(tmp_path: Path) -> None:
    made, snapshot = planned(tmp_path, f"{RUSH}, {NIGHT}")
    routes = by_hour(made, snapshot)
    assert routes
    earlier_s = 0.0
    for driven, route in zip(routes, made.routes, strict=True):
        reached = [*(stop.arrive for stop in route.stops), route.end]
        assert all(a <= b for a, b in zip(driven.arrives, reached, strict=True))
        earlier_s = max(earlier_s, (route.end - driven.arrives[-1]).total_seconds())
        assert driven.planned_s / 2 - 1 <= driven.by_hour_s <= driven.planned_s
    before, after = drive_h(routes)
    assert after < before
    assert earlier_s > 0
