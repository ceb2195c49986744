"""Planning, release, monitor and preview stay equally far from zones, by the rule of the fleet file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.feasibility.airspace import ask_path
from fleet.protocol.messages import Action
from geofences import Waypoint
from tests.support.bench import Bench
from tests.unit.dispatch.test_monitor import block, guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import along, change, guard_time, preview

RULE = '[margins]\nvolume = "contingency"\n'
BESIDE = block(-8.0080, 41.0051)
"""A square whose nearest corner lies about 60 m beside the middle of the way out."""


@pytest.mark.parametrize(("fleet", "blocks"), [("", False), (RULE, True)])
def test_a_zone_beside_the_way_is_the_same_to_all(tmp_path: Path, fleet: str, blocks: bool) -> None:
    """Within the contingency volume, outside the corridor: with the rule it is in the way of everybody."""
    bench, drone = on_its_way(Bench(tmp_path, fleet=fleet))
    here = along(bench, 0.2)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    told = preview(bench, fire=BESIDE)
    assert [f.action for f in told.flights] == ([Action.RETURN] if blocks else [])
    assert change(bench, fire=BESIDE).ok
    guard = guard_of(bench)
    assert bool(guard.blocked) is blocks
    assert guard.out is not None
    path = [Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at) for p in guard.out.path if p.at is not None]
    planned = ask_path(guard.context, guard.sortie, path, "the flight")
    assert planned.feasible is not blocks
    bench.sample(drone, here)
    assert [c.action for c in bench.core.state.commands.values()] == ([Action.RETURN] if blocks else [])
    if blocks:
        assert "SORA contingency volume" in guard.blocked[0].detail
