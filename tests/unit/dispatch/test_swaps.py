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
from fleet.protocol.messages import AssetReport, Role
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, desk_after, ready
from tests.unit.dispatch.test_monitor import sets_out

FLEET = (
    '[types.x]\nbased_on = "courier-x4"\nenergy_model = "mine.toml"\n[[drone]]\ntype = "x"\n'
    '[[spare_packs]]\ntype = "x"\nper_site = 1\n'
)


DEPOTS = (
    "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
    "D1,Depot,-8.05,41.02,1,0,0,0,05:00,22:00\nS1,Launch site,-8.0,41.0,0,3,0,{},07:00,21:00\n"
)


def day(folder: Path, spares: int = 1, chargers: int = 1) -> tuple[Bench, Peer]:
    """Drones whose packs can be changed, of which one is there, and some packs that lie at its site."""
    frame = airframe("courier-x4")
    told = {"charging": ChargeFigures(swap_s=120), "sources": frame.sources | {"charging": "own"}}
    (folder / "mine.toml").write_text(render(frame.model_copy(update=told)), encoding="utf-8")
    fleet = FLEET.replace("per_site = 1", f"per_site = {spares}")
    bench = Bench(folder, fleet=fleet, depots=DEPOTS.format(chargers))
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


WHOLE_S = 799.2 * 3600 / (900 * 0.93)
"""So long the charger would take for the whole pack at full power."""


def own_levels(packs: list[tuple[float, float]], chargers: int, until_s: float) -> list[float]:
    """What is in packs that came at a time (s) with so much in them, second by second on a charger when one is free,
    in the order of their coming: whole power up to 0.8, from there on falling in a line to a tenth when full."""
    levels = [soc for _, soc in packs]
    for second in range(int(until_s)):
        waiting = [n for n, (at, _) in enumerate(packs) if at <= second and levels[n] < 0.9999]
        for n in waiting[:chargers]:
            share = 1.0 if levels[n] <= 0.8 else 0.1 + 0.9 * (1 - levels[n]) / 0.2
            levels[n] += share / WHOLE_S
    return levels


@pytest.mark.parametrize(("minutes", "charging"), [(20, 0), (100, 0), (200, 0), (100, 1), (100, 2)])
def test_packs_are_charged_on_as_many_chargers_as_there_are(
    tmp_path: Path, minutes: int, charging: int
) -> None:
    """One after the other, and the less of them the more assets charge there."""
    bench, drone = day(tmp_path, spares=4, chargers=2)
    begun = bench.now
    for left in (0.2, 0.25, 0.3, 0.35):
        change(bench, drone, left)
    others = [name for name in bench.core.state.assets if name.startswith("S1/") and name != DRONE]
    for name in others[:charging]:
        other = bench.connect(name)
        bench.say(other, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    bench.wall += 60 * minutes
    came = [(120.0 * n, left) for n, left in enumerate((0.2, 0.25, 0.3, 0.35), start=1)]
    passed_s = (bench.now - begun).total_seconds()
    own = [soc for soc in own_levels(came, 2 - charging, passed_s) if soc < 0.99]
    assert len(others) >= charging
    assert packs(bench)["S1", "x"] == pytest.approx(own, abs=0.01)


def test_a_change_is_counted_once_however_often_it_is_told(tmp_path: Path) -> None:
    """The pack that was taken out lies there, not the full one that the drone has now."""
    bench, drone = day(tmp_path)
    change(bench, drone, 0.3)
    for soc in (1.0, 1.0, 0.99):
        again = AssetReport(condition="ready", at=bench.now, soc=soc, site_id="S1", code="battery_swapped")
        bench.say(drone, again)
    (found,) = packs(bench)["S1", "x"]
    assert found == pytest.approx(0.3, abs=0.01)


def test_nobody_changes_a_pack_in_the_air(tmp_path: Path) -> None:
    """What says so is asked what became of its mission; no pack lies anywhere for it."""
    bench, drone = day(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    bench.submit(operator)
    sets_out(bench, drone)
    for soc in (1.0, 0.9, 1.0):
        bench.say(
            drone,
            AssetReport(condition="ready", at=bench.now, soc=soc, site_id="S1", code="battery_swapped"),
        )
    assert dict(bench.core.state.lying_packs) == {}
    assert "ready_under_way" in {one.code for one in bench.core.state.open_exceptions()}
