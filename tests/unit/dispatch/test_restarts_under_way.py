"""A hub that starts again in the middle of a trip: what its battery is judged by is what it was before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.progress import progress_of, taken_of
from fleet.protocol.messages import AssetReport, Assign, Role, Telemetry
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import DRONE, ready
from tests.unit.dispatch.test_gauges import tells, told
from tests.unit.dispatch.test_monitor import guard_of, sample, sets_out


def begins(tmp_path: Path, reported: float = 1.0) -> tuple[Bench, Peer]:
    """A drone that has reported a charge, and is released by what it measures then."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=reported, site_id="S1"))
    bench.submit(operator)
    return bench, drone


def leaves_with(bench: Bench, drone: Peer, soc: float) -> None:
    """It charges until it is sent, and leaves with so much."""
    for _ in range(70):
        bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=soc, state="charging"))
        if drone.of(Assign):
            break
        bench.run(60)
    sets_out(bench, drone)


def at(bench: Bench, share: float) -> dict[str, Any]:
    """So far along its way out, at its height."""
    way = guard_of(bench).out
    assert way is not None
    begin, end = way.path[1], max(way.path, key=lambda point: abs(point.lat - way.path[1].lat))
    lon = begin.lon * (1 - share) + end.lon * share
    return {"lon": lon, "lat": begin.lat * (1 - share) + end.lat * share, "alt_amsl_m": begin.alt_amsl_m}


def taken(bench: Bench, soc: float, share: float) -> float:
    """How many times what was predicted it has taken, by what the hub keeps."""
    monitor = bench.core._monitor
    guard = monitor._as_held(guard_of(bench))
    here = sample(bench, at=bench.now, soc=soc, **at(bench, share))
    progress = progress_of(guard, here, bench.now)
    assert progress is not None
    assert guard.energy is not None
    return taken_of(guard, here, progress, guard.energy)


@pytest.mark.parametrize("reported", [0.3, 1.0])
def test_what_a_trip_has_taken_counts_from_the_charge_that_it_left_with(
    tmp_path: Path, reported: float
) -> None:
    """Not from what it reported last, which may be long ago: with less it would seem to take nothing, with more all."""
    bench, drone = begins(tmp_path, reported)
    leaves_with(bench, drone, 0.75)
    budget, way = guard_of(bench).energy, guard_of(bench).out
    assert budget is not None
    assert way is not None
    soc = 0.75
    for step in range(0, 52, 2):
        soc = 0.75 - 1.3 * way.planned_wh * step / 100 / budget.full_wh
        tells(bench, drone, 1, soc=soc, **at(bench, step / 100))
    before = taken(bench, soc, 0.5)
    assert before > 1.2
    bench.restart()
    drone = bench.heard_again(drone)
    tells(bench, drone, 1, soc=soc, **at(bench, 0.5))
    assert guard_of(bench).start_soc == pytest.approx(0.75)
    assert taken(bench, soc, 0.5) == pytest.approx(before, rel=0.02)
    assert (
        energy(guard_of(bench), sample(bench, at=bench.now, soc=0.2, **at(bench, 0.5)), bench.now) is not None
    )


def test_a_hold_before_it_is_no_appetite_after_it(tmp_path: Path) -> None:
    """What it took to stay was no part of the way; a sound drone flies on as it would have without a restart."""
    found = []
    for restarts in (False, True):
        folder = tmp_path / str(restarts)
        folder.mkdir()
        found.append(after_a_hold(folder, restarts=restarts))
    assert found[1] == pytest.approx(found[0], abs=0.05)


def flies_as_planned(bench: Bench, drone: Peer, percent: int) -> tuple[float, float, float]:
    """So much of its way out, taking what is expected: what a full battery holds, and what the way takes, in Wh, and
    the power of staying in W."""
    guard = guard_of(bench)
    assert guard.energy is not None
    assert guard.out is not None
    full_wh, way_wh = guard.energy.full_wh, guard.out.planned_wh
    for step in range(percent + 1):
        tells(bench, drone, 1, soc=1 - way_wh * step / 100 / full_wh, **at(bench, step / 100))
    return full_wh, way_wh, guard.energy.out.watts.stay


def held_for(bench: Bench, drone: Peer, seconds: int, soc: float, full_an_hour: float) -> float:
    """It holds on its way and takes what that takes, so many fulls an hour: what its gauge shows then."""
    for _ in range(0, seconds, 5):
        bench.sample(drone, sample(bench, at=bench.now, soc=soc, state="holding", **at(bench, 0.3)))
        bench.run(4.98)
        soc -= full_an_hour * 5 / 3600
    return soc


def after_a_hold(tmp_path: Path, *, restarts: bool) -> float:
    """How many times what was predicted a trip has taken, which has held for 150 s."""
    bench, drone = begins(tmp_path)
    leaves_with(bench, drone, 1.0)
    full_wh, way_wh, stay_w = flies_as_planned(bench, drone, 30)
    soc = held_for(bench, drone, 150, 1 - way_wh * 0.3 / full_wh, stay_w / full_wh)
    tells(bench, drone, 2, soc=soc, **at(bench, 0.31))
    if restarts:
        bench.restart()
        drone = bench.heard_again(drone)
    for step in range(32, 60):
        tells(bench, drone, 1, soc=soc - way_wh * (step - 31) / 100 / full_wh, **at(bench, step / 100))
    assert told(drone) == []
    return taken(bench, soc - way_wh * 0.28 / full_wh, 0.59)


def test_what_a_silent_gauge_has_hovered_is_not_forgotten(tmp_path: Path) -> None:
    """Ten minutes told to hold, by the model; then the hub starts again."""
    bench, drone = begins(tmp_path)
    leaves_with(bench, drone, 1.0)
    for step in range(30):
        tells(bench, drone, 1, soc=None, **at(bench, step / 100))
    tells(bench, drone, 600, soc=None, state="holding", **at(bench, 0.3))
    before = believed(bench, state="holding", share=0.3)
    assert before < 0.6
    bench.restart()
    drone = bench.heard_again(drone)
    tells(bench, drone, 3, soc=None, state="holding", **at(bench, 0.3))
    assert believed(bench, state="holding", share=0.3) <= before + 0.005


@pytest.mark.parametrize(("shows", "doubts"), [(-0.005, []), (1.0, ["soc_rose"])])
def test_a_gauge_that_has_risen_meanwhile_is_doubted(tmp_path: Path, shows: float, doubts: list[str]) -> None:
    """Nobody charges in the air: it is held against what it showed when the trip was told of last."""
    bench, drone = begins(tmp_path)
    leaves_with(bench, drone, 1.0)
    full_wh, way_wh, stay_w = flies_as_planned(bench, drone, 30)
    soc = held_for(bench, drone, 150, 1 - way_wh * 0.3 / full_wh, stay_w / full_wh)
    assert soc < 0.95
    bench.restart()
    drone = bench.heard_again(drone)
    tells(bench, drone, 1, soc=shows if shows > 0 else soc + shows, **at(bench, 0.32))
    suspect = [each for each in bench.core.state.open_exceptions() if each.code == "battery_suspect"]
    assert [reason.code for each in suspect for reason in each.reasons] == doubts


def believed(bench: Bench, state: str, share: float) -> float:
    """What the hub takes it to hold, though its gauge says nothing."""
    here = sample(bench, at=bench.now, soc=None, state=state, **at(bench, share))
    monitor = bench.core._monitor
    judged = monitor._gauges.judged(guard_of(bench), here).soc
    assert judged is not None
    return judged


def test_one_that_says_idle_in_the_air_keeps_what_it_left_with(tmp_path: Path) -> None:
    """A sample between two steps that says so is no new beginning."""
    bench, drone = begins(tmp_path)
    leaves_with(bench, drone, 1.0)
    tells(bench, drone, 3, soc=0.95, **at(bench, 0.2))
    tells(bench, drone, 1, soc=0.9, state="idle", mission_id=None, step_id=None, **at(bench, 0.25))
    tells(bench, drone, 1, soc=0.9, **at(bench, 0.25))
    assert guard_of(bench).start_soc == pytest.approx(1.0)


def test_it_is_told_sparingly(tmp_path: Path) -> None:
    """With what it left, once; what a sound gauge shows needs no keeping."""
    bench, drone = begins(tmp_path)
    leaves_with(bench, drone, 1.0)
    noted = set()
    for step in range(60):
        tells(bench, drone, 1, soc=1 - step * 0.002, **at(bench, step / 60))
        record = bench.core.state.mission_of(DRONE)
        assert record is not None
        noted.add(record.charge)
    (once,) = noted - {None}
    assert once is not None
    assert once.left_soc == pytest.approx(1.0)
    assert once.stays_soc == 0


def test_weather_that_grows_stale_in_the_air_is_noticed(tmp_path: Path) -> None:
    """Nobody says anything; it is looked at anew every other minute."""
    row = f"{(DAY + timedelta(hours=6, minutes=45)).isoformat()},6,8,45,15,0,10000\n"
    header = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m\n"
    bench = Bench(tmp_path, weather=header + row)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    for _ in range(6):
        if drone.of(Assign):
            break
        bench.run(20)
    sets_out(bench, drone)
    assert guard_of(bench).weather == ()
    for step in range(100):
        bench.sample(
            drone, sample(bench, at=bench.now, soc=1 - step * 0.0003, **at(bench, min(0.9, step / 90)))
        )
        bench.run(8.9)
    assert [reason.code for reason in guard_of(bench).weather] == ["weather_stale"]
