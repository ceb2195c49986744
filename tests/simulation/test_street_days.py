"""A whole day over streets: planned, released, handed on and judged, with robots that go round corners."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.dispatch.audit import audit
from fleet.dispatch.report import report
from fleet.domain.state import FINAL_PARCEL
from fleet.network.build import build
from fleet.network.streets import StreetNetwork
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Travel
from fleet.sim.city_map import CENTRE
from fleet.simulate import simulate
from fleet.trueworld import roads_of
from tests.support.streetmap import random_town


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_day_over_streets_ends_well(tmp_path: Path) -> None:
    """What is planned on the streets holds in the simulated world, which knows the paths that it is sent only."""
    town = random_town(
        random.Random(1), size=28, west=CENTRE.lon - 0.095, south=CENTRE.lat - 0.072, block_m=583
    )
    build(town.write(tmp_path / "town.osm"), tmp_path / "town.streets", progress=lambda _said: None)
    options = DemoOptions(seed=2, parcels=20, hours=3, incidents="some", iterations=10)
    setup, world = build_day(tmp_path / "day", options)
    assert setup.files.fleet is not None
    with setup.files.fleet.open("a", encoding="utf-8") as file:
        file.write(f'\n[network]\nstreets = "{tmp_path / "town.streets"}"\nfarthest_m = 600\n')
    inputs = setup.files.read()
    streets = inputs.context.network
    assert isinstance(streets, StreetNetwork)
    run = simulate(
        setup,
        inputs,
        world,
        incoming=incoming_of(setup),
        incidents="some",
        over=settled,
        latest=timedelta(hours=3),
        roads=roads_of(inputs.context),
    )
    ended = {*FINAL_PARCEL, ParcelStatus.IN_LOCKER}
    assert {parcel.status for parcel in run.state.parcels.values()} <= ended
    assert run.verdict["ok"], run.verdict
    found = audit(run.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())
    robots = [m.mission for m in run.state.missions.values() if m.kind == "sidewalk_robot"]
    corners = [len(step.path) for one in robots for step in one.steps if isinstance(step, Travel)]
    assert max(corners, default=0) > 3
    told = report(run.events, judge=run.verdict, wall_s=None, seed=2, network=streets)
    bare = report(run.events, judge=run.verdict, wall_s=None, seed=2)
    assert told["cost"]["by_mode"].get("van", 0) > 0
    assert told["cost"]["by_mode"]["van"] != bare["cost"]["by_mode"]["van"], "measured on the streets"
