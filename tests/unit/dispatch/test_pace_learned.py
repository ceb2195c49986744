"""An asset that is slower than its type's model says is planned, sent and watched by how long it takes itself."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fleet.dispatch.residuals import known_tracks
from fleet.domain.energy import EnergyLearned, EnergyNotLearned, EnergyTrack
from fleet.energy.learning import NEW
from fleet.energy.pace import paced
from fleet.feasibility.appetite import appetite, raised_share
from fleet.intake.energytracks import read_tracks, tracks_text
from fleet.protocol.messages import MissionEnded
from fleet.protocol.mission import Mission, Travel
from tests.support.bench import Bench
from tests.support.script import DRONE, report
from tests.unit.dispatch.test_learning import SPEC, TYPE, comes_home, events, planned_s, sets_out, told_before
from tests.unit.dispatch.test_monitor import guard_of

SLOW = math.log(1.125)
"""An asset whose ways last an eighth longer, which is known well."""


def slow(tmp_path: Path, name: str = "slow", log_pace: float = SLOW) -> Bench:
    (tmp_path / name).mkdir()
    known = {"log_bias": 0.0, "variance": 0.0, "flights": 30, "log_pace": log_pace, "pace_variance": 1e-5}
    return Bench(tmp_path / name, energy=told_before(**known))


def usual(tmp_path: Path) -> Bench:
    """The same asset, of which nothing was learned of its times."""
    (tmp_path / "usual").mkdir()
    return Bench(tmp_path / "usual", energy=told_before(log_bias=0.0, variance=0.0, flights=30))


def ways_s(mission: Mission) -> float:
    ways = [step.path for step in mission.steps if isinstance(step, Travel)]
    return sum((path[-1].at - path[0].at).total_seconds() for path in ways if path[0].at and path[-1].at)


def learned(bench: Bench) -> EnergyTrack:
    track = bench.core.state.assets[DRONE].energy
    assert track is not None
    return track


def test_a_trip_that_lasts_longer_teaches_time_and_no_energy(tmp_path: Path) -> None:
    """It took as much more as it lasted longer: its power is the model's, and only its ways are slow."""
    bench = Bench(tmp_path)
    drone, assign = sets_out(bench)
    comes_home(bench, drone, assign, 1.1, lasted=1.1)
    (told,) = [e for e in events(bench) if isinstance(e, EnergyLearned)]
    assert told.timed is not None
    assert told.timed.expected_s == pytest.approx(ways_s(assign.mission))
    longer_s = 0.1 * planned_s(assign.mission)
    assert told.timed.lasted_s == pytest.approx(ways_s(assign.mission) + longer_s, abs=2)
    assert told.track.log_pace == paced(NEW, told.timed.lasted_s, told.timed.expected_s).log_pace > 0.04
    assert told.track.log_bias == pytest.approx(0, abs=0.002)
    bench.restart()
    assert learned(bench) == told.track


def test_a_trip_of_which_no_meter_told_anything_teaches_its_time(tmp_path: Path) -> None:
    """And so does the file that it leaves for the next day."""
    bench = Bench(tmp_path)
    drone, assign = sets_out(bench)
    bench.run(1.1 * planned_s(assign.mission))
    bench.say(drone, report(assign, "drop", "P-1"), report(assign, "back"), report(assign, "unload"))
    mission_id = assign.mission.mission_id
    ended = MissionEnded(mission_id=mission_id, at=bench.now, outcome="completed", site_id="S1")
    bench.say(drone, ended)
    (told,) = [e for e in events(bench) if isinstance(e, EnergyNotLearned)]
    assert told.why == "no_meter"
    assert told.track == learned(bench)
    assert learned(bench).log_pace > 0.04
    assert (learned(bench).flights, learned(bench).log_bias) == (0, 0)
    file = tmp_path / "next.csv"
    file.write_text(tracks_text(known_tracks(events(bench))), encoding="utf-8")
    (known,) = read_tracks(file)
    assert known.track == learned(bench)


def test_the_file_of_a_day_that_knew_no_times_is_read(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    lines = told_before(log_bias=0.02, variance=0.001, flights=3).splitlines()
    file.write_text("\n".join(line.rsplit(",", 2)[0] for line in lines), encoding="utf-8")
    (known,) = read_tracks(file)
    assert known.track == EnergyTrack(log_bias=0.02, variance=0.001, flights=3)


def test_a_slow_asset_is_planned_and_sent_by_its_own_times(tmp_path: Path) -> None:
    """Its ways last an eighth longer, its drop does not, and the model's energy is in the mission as ever."""
    (_, assign), (_, other) = sets_out(slow(tmp_path)), sets_out(usual(tmp_path))
    assert ways_s(assign.mission) == pytest.approx(1.125 * ways_s(other.mission))
    drops_s = planned_s(other.mission) - ways_s(other.mission)
    assert planned_s(assign.mission) - ways_s(assign.mission) == pytest.approx(drops_s)
    assert assign.mission.energy_wh == other.mission.energy_wh


def test_release_and_monitor_count_what_being_slow_takes_once(tmp_path: Path) -> None:
    """It is in the margin by which a median is raised, and taken out of it for what is counted by time."""
    bench = slow(tmp_path)
    _, assign = sets_out(bench)
    assert assign.mission.pace == 1.125
    its = appetite(SPEC, TYPE, learned(bench))
    budget = guard_of(bench).energy
    assert budget is not None
    assert budget.margin == raised_share(SPEC, TYPE, its)
    plain = raised_share(SPEC, TYPE, appetite(SPEC, TYPE, EnergyTrack(variance=0.0, flights=30)))
    assert 1 + budget.margin == pytest.approx(1.125 * (1 + plain))
    assert budget.margin_for_a_time == pytest.approx(plain)
    assert budget.pace == 1.125


def test_what_was_learned_is_not_learned_again(tmp_path: Path) -> None:
    """A trip that lasts as long as its asset's own times say, and takes what that makes, changes nothing."""
    bench = slow(tmp_path)
    drone, assign = sets_out(bench)
    before = learned(bench)
    comes_home(bench, drone, assign, 1.125, lasted=1.0)
    assert learned(bench).log_pace == pytest.approx(before.log_pace, abs=0.002)
    assert learned(bench).log_bias == pytest.approx(before.log_bias, abs=0.005)


def test_a_fast_asset_is_in_time_sooner_and_saves_nothing(tmp_path: Path) -> None:
    fast = slow(tmp_path, "fast", log_pace=math.log(0.9))
    (_, assign), (_, other) = sets_out(fast), sets_out(usual(tmp_path))
    assert ways_s(assign.mission) == pytest.approx(0.9 * ways_s(other.mission))
    plain = EnergyTrack(variance=0.0, flights=30)
    assert raised_share(SPEC, TYPE, appetite(SPEC, TYPE, learned(fast))) == pytest.approx(
        raised_share(SPEC, TYPE, appetite(SPEC, TYPE, plain))
    )
