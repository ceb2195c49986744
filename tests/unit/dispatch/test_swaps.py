"""Packs that are changed: the hub counts what lies at a site from what assets report, also after a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.console.views.packs import spare_packs
from fleet.dispatch.planning import snapshot
from fleet.energy.catalog import airframe
from fleet.energy.charging import ChargeFigures
from fleet.energy.render import render
from fleet.protocol.messages import AssetReport
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, desk_after, ready

FLEET = (
    '[types.x]\nbased_on = "courier-x4"\nenergy_model = "mine.toml"\n[[drone]]\ntype = "x"\n'
    '[[spare_packs]]\ntype = "x"\nper_site = 1\n'
)


def day(folder: Path) -> tuple[Bench, Peer]:
    """A drone whose pack can be changed, and one pack that lies at its site."""
    frame = airframe("courier-x4")
    told = {"charging": ChargeFigures(swap_s=120), "sources": frame.sources | {"charging": "own"}}
    (folder / "mine.toml").write_text(render(frame.model_copy(update=told)), encoding="utf-8")
    bench = Bench(folder, fleet=FLEET)
    return bench, ready(bench)


def packs(bench: Bench) -> dict[tuple[str, str], tuple[float, ...]]:
    """What the planner is told of the packs that are not full."""
    return dict(snapshot(desk_after(bench), "any", ()).packs)


def change(bench: Bench, drone: Peer, left: float) -> None:
    """The drone comes home with so much, and is given a full pack."""
    bench.say(
        drone, AssetReport(condition="charging", at=bench.now, soc=left, site_id="S1", code="battery_changes")
    )
    bench.run(120)
    bench.say(
        drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1", code="battery_swapped")
    )


@pytest.mark.parametrize("killed", [False, True])
def test_the_pack_that_was_taken_out_is_counted_with_what_was_in_it(tmp_path: Path, killed: bool) -> None:
    """It charges where it lies, and is a full one an hour and a half later. A hub that was killed still knows of it."""
    bench, drone = day(tmp_path)
    assert packs(bench) == {}
    change(bench, drone, 0.3)
    if killed:
        bench.restart()
        bench.connect(DRONE)
    (soc,) = packs(bench)["S1", "x"]
    assert soc == pytest.approx(0.3, abs=0.01)
    bench.run(20 * 60)
    (later,) = packs(bench)["S1", "x"]
    assert later == pytest.approx(0.3 + 900 * 0.93 * 1200 / 3600 / 799.2, abs=0.02)
    bench.wall += timedelta(minutes=75).total_seconds()
    assert packs(bench)["S1", "x"] == ()


def test_no_more_packs_lie_there_than_the_fleet_file_has(tmp_path: Path) -> None:
    """What was taken out first has been given to somebody since."""
    bench, drone = day(tmp_path)
    change(bench, drone, 0.3)
    change(bench, drone, 0.5)
    (soc,) = packs(bench)["S1", "x"]
    assert soc == pytest.approx(0.5, abs=0.01)


def test_people_are_shown_what_lies_there(tmp_path: Path) -> None:
    """How many, and what was taken out with how much in it."""
    bench, drone = day(tmp_path)
    (bare,) = spare_packs(bench.core.state)
    assert (bare["site"], bare["type"], bare["packs"], bare["taken_out"]) == ("S1", "x", 1, [])
    change(bench, drone, 0.3)
    (row,) = spare_packs(bench.core.state)
    assert [pack["soc"] for pack in row["taken_out"]] == [0.3]


def test_a_fault_is_no_change_of_packs(tmp_path: Path) -> None:
    bench, drone = day(tmp_path)
    bench.say(drone, AssetReport(condition="faulted", at=bench.now, soc=0.3, code="battery_swapped"))
    assert packs(bench) == {}
