"""A mission says at which speed it is flown; one who can't be told that flies at its own, and is planned so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.protocol.messages import AssetReport, Assign, Role
from fleet.protocol.mission import Travel
from fleet.sim.geo import moved
from fleet.sim.world import World
from tests.support.bench import Bench
from tests.support.script import DRONE, sent
from tests.unit.sim.small_world import DRONE as SIM_DRONE
from tests.unit.sim.small_world import HOME, Play, sortie, spec
from tests.unit.sim.test_truth import weather

RANGE = """
[types.thrifty]
based_on = "courier-x4"
speed_rule = "range"
speeds_mps = [6, 20]

[[drone]]
type = "thrifty"
"""


def assigned(folder: Path, versions: tuple[int, ...]) -> tuple[Bench, Assign]:
    bench = Bench(folder, fleet=RANGE)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE, versions=versions)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit(operator)
    return bench, sent(bench, drone)


def seconds(assign: Assign) -> float:
    """How long the way out is planned to take."""
    out = next(step for step in assign.mission.steps if isinstance(step, Travel))
    assert out.path[0].at is not None
    assert out.path[-1].at is not None
    return (out.path[-1].at - out.path[0].at).total_seconds()


def test_a_mission_says_how_fast_it_is_flown(tmp_path: Path) -> None:
    """As its path's times and the monitor's guard have it."""
    bench, assign = assigned(tmp_path, (1, 2))
    told = assign.mission.cruise_mps
    assert told is not None
    assert told < 16
    assert bench.core.state.missions[assign.mission.mission_id].mission.cruise_mps == told
    assert bench.core._monitor._guards[DRONE].sortie.cruise_mps == told


def test_one_of_version_1_is_planned_at_its_own_speed(tmp_path: Path) -> None:
    """It would fly at that whatever it were told: its path's times and its energy are for that."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    bench, old = assigned(tmp_path / "old", (1,))
    _, new = assigned(tmp_path / "new", (1, 2))
    assert old.mission.cruise_mps is None
    assert bench.core.state.missions[old.mission.mission_id].mission.cruise_mps is None
    assert seconds(old) < seconds(new)
    assert old.mission.energy_wh is not None
    assert new.mission.energy_wh is not None
    assert old.mission.energy_wh > new.mission.energy_wh


@pytest.mark.parametrize("cruise_mps", [None, 8.0, 19.0])
def test_the_simulated_drone_flies_as_it_is_told(cruise_mps: float | None) -> None:
    """3 km out in calm air; and home again at that speed."""
    play = Play(World(7, spec(weather=weather(0.0, 0.0, 15.0))))
    play.tell(SIM_DRONE, sortie(to=moved(HOME, 0, 3000)).model_copy(update={"cruise_mps": cruise_mps}))
    times = []
    for step_id in ("out", "back"):
        begun = play.run_until(SIM_DRONE, "step_report", step_id=step_id, state="started").at
        times.append(play.run_until(SIM_DRONE, "step_report", step_id=step_id, state="done").at - begun)
    there_s, home_s = (took.total_seconds() for took in times)
    # Up at 4 m/s, down at 2.5 m/s.
    vertical_s, airspeed = 65 / 4 + 65 / 2.5, cruise_mps or 16.0
    assert (there_s + home_s) / 2 == pytest.approx(vertical_s + 3000 / airspeed, rel=0.05)
