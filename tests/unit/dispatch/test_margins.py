"""Planning, release, monitor and preview stay equally far from zones, by the rule of the fleet file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.feasibility.airspace import ask_path
from fleet.protocol.messages import Action
from fleet.protocol.values import Reason
from geofences import Waypoint
from tests.support.bench import Bench, Peer
from tests.unit.dispatch.test_monitor import block, guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import along, change, guard_time, preview

RULE = '[margins]\nvolume = "contingency"\n'
BESIDE = block(-8.0080, 41.0051)
"""A square whose nearest corner lies about 60 m beside the middle of the way out."""


FALLS = RULE.replace("contingency", "ground_risk")


def low(*reasons: str) -> dict[str, Any]:
    """The same square as a zone that forbids nothing, and only up to 5 m."""
    said = {"reasons": list(reasons), "restriction": "NO_RESTRICTION", "upper_m": 5, "upper_datum": "AGL"}
    return {**BESIDE, "properties": {**BESIDE["properties"], **said}}


@pytest.mark.parametrize(
    ("fleet", "fire", "why"),
    [
        pytest.param("", BESIDE, None, id="outside the corridor"),
        pytest.param(RULE, BESIDE, "prohibited", id="within the contingency volume"),
        pytest.param(RULE, low("POPULATION"), None, id="far below the contingency volume"),
        pytest.param(FALLS, low("POPULATION"), "ground risk", id="people to fall on"),
        pytest.param(FALLS, low("NATURE"), None, id="nobody to fall on"),
    ],
)
def test_a_zone_beside_the_way_is_the_same_to_all(
    tmp_path: Path, fleet: str, fire: dict[str, Any], why: str | None
) -> None:
    """In the way of everybody, or of nobody: plan, release, monitor, preview."""
    bench, drone = on_its_way(Bench(tmp_path, fleet=fleet))
    blocked = told_to_all(bench, drone, fire, blocks=why is not None)
    if why is not None:
        assert "SORA contingency volume" in blocked[0].detail
        assert f"meets fire ({why})" in blocked[0].detail


@pytest.mark.parametrize(("above_m", "blocks"), [(7.0, True), (8.0, False)])
def test_a_zone_above_the_way_is_the_same_to_all(tmp_path: Path, above_m: float, blocks: bool) -> None:
    """By what a drone may be above its path."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = along(bench, 0.5)
    assert here.alt_amsl_m is not None
    over = block(here.lon - 0.0005, here.lat - 0.0005)
    lower = {"lower_m": here.alt_amsl_m + above_m, "lower_datum": "AMSL"}
    told_to_all(bench, drone, {**over, "properties": {**over["properties"], **lower}}, blocks=blocks)


def told_to_all(bench: Bench, drone: Peer, fire: dict[str, Any], *, blocks: bool) -> tuple[Reason, ...]:
    """Have an area closed; that it blocks, or does not, is said by preview, guard, plan and monitor. What stands in the
    way then.
    """
    here = along(bench, 0.2)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    told = preview(bench, fire=fire)
    assert [f.action for f in told.flights] == ([Action.RETURN] if blocks else [])
    assert change(bench, fire=fire).ok
    guard = guard_of(bench)
    assert bool(guard.blocked) is blocks
    assert guard.out is not None
    path = [Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at) for p in guard.out.path if p.at is not None]
    planned = ask_path(guard.context, guard.sortie, path, "the flight")
    assert planned.feasible is not blocks
    bench.sample(drone, here)
    assert [c.action for c in bench.core.state.commands.values()] == ([Action.RETURN] if blocks else [])
    return guard.blocked
