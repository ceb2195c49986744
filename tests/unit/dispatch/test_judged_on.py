"""What a battery is judged by is the same before and after a restart on the way home, and whatever fails meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor import monitor as monitors
from fleet.protocol.messages import Action, Command, CommandReply, OperatorCommand
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE
from tests.unit.dispatch.test_gauges import tells, told
from tests.unit.dispatch.test_monitor import guard_of, sample
from tests.unit.dispatch.test_restarts_under_way import at, begins, flies_as_planned, leaves_with


def out(folder: Path) -> tuple[Bench, Peer]:
    """A drone that leaves full, at the time at which it was to."""
    folder.mkdir(exist_ok=True)
    bench, drone = begins(folder)
    leaves_with(bench, drone, 1.0)
    way = guard_of(bench).out
    assert way is not None
    assert way.path[0].at is not None
    bench.run(max(0.1, (way.path[0].at - bench.now).total_seconds()))
    return bench, drone


def turns_round(bench: Bench, drone: Peer, soc: float, share: float) -> None:
    """It is called home by a person, and obeys."""
    call = OperatorCommand(request_id="r", by="ana", asset_id=DRONE, action=Action.RETURN, why="x")
    bench.say(bench.peers["operator-1"], call)
    command = drone.of(Command)[-1]
    assert isinstance(command, Command)
    bench.say(drone, CommandReply(command_id=command.command_id, accepted=True))
    tells(bench, drone, 3, soc=soc, **homeward(bench, share))


def homeward(bench: Bench, share: float) -> dict[str, Any]:
    """On its way back, so far from where it began."""
    return {"state": "returning", "step_id": None, **at(bench, share)}


def judged(bench: Bench, **values: Any) -> float:
    """What it is taken to hold though its gauge says nothing."""
    known: dict[str, Any] = {"at": bench.now, "soc": None}
    monitor = bench.core._monitor
    found = monitor._gauges.judged(guard_of(bench), sample(bench, **known | values)).soc
    assert found is not None
    return found


@pytest.mark.parametrize("held_s", [0, 10, 120])
def test_what_was_flown_before_a_restart_on_the_way_home_counts(tmp_path: Path, held_s: int) -> None:
    """A gauge that falls silent then is believed to hold no more than it would have been."""
    found, soc = [], 1.0
    for restarts in (False, True):
        bench, drone = out(tmp_path / str(restarts))
        soc = 1.0
        budget = guard_of(bench).energy
        assert budget is not None
        for second in range(75):
            soc -= budget.out.watts.along / 3600 / budget.full_wh
            tells(bench, drone, 1, soc=round(soc, 3), **at(bench, 0.8 * second / 75))
        for _ in range(held_s):
            soc -= budget.out.watts.stay / 3600 / budget.full_wh
            tells(bench, drone, 1, soc=round(soc, 3), state="holding", **at(bench, 0.8))
        turns_round(bench, drone, round(soc, 3), 0.8)
        if restarts:
            bench.restart()
            drone = bench.heard_again(drone)
        tells(bench, drone, 3, soc=None, **homeward(bench, 0.78))
        found.append(judged(bench, **homeward(bench, 0.78)))
    assert found[1] == pytest.approx(found[0], abs=0.03)
    assert found[1] <= soc + 0.01


def test_a_gauge_that_showed_less_than_the_model_before_a_restart_is_not_believed_higher_after_it(
    tmp_path: Path,
) -> None:
    """By as much as it was less, it stays less."""
    found = []
    for restarts in (False, True):
        bench, drone = out(tmp_path / str(restarts))
        for step in range(40):
            tells(bench, drone, 1, soc=round(1 - 0.008 * step, 4), **at(bench, step / 200))
        tells(bench, drone, 1, soc=0.75, **at(bench, 0.2))  # it rises: doubted from here on
        tells(bench, drone, 3, soc=None, **at(bench, 0.2))
        if restarts:
            bench.restart()
            drone = bench.heard_again(drone)
        tells(bench, drone, 3, soc=None, **at(bench, 0.21))
        found.append(judged(bench, **at(bench, 0.21)))
    assert found[0] < 0.75
    assert found[1] == pytest.approx(found[0], abs=0.03)


def test_how_a_trip_had_gone_when_it_was_broken_off_counts_after_a_restart(tmp_path: Path) -> None:
    """It took twice what was expected; the way home is expected to as well."""
    found = []
    for restarts in (False, True):
        bench, drone = out(tmp_path / str(restarts))
        guard = guard_of(bench)
        assert guard.energy is not None
        assert guard.out is not None
        soc = 1.0
        for step in range(60):
            soc = round(1 - 1.5 * guard.out.planned_wh * step / 100 / guard.energy.full_wh, 4)
            tells(bench, drone, 1, soc=soc, **at(bench, step / 100))
        turns_round(bench, drone, soc, 0.59)
        if restarts:
            bench.restart()
            drone = bench.heard_again(drone)
        tells(bench, drone, 3, soc=soc, **homeward(bench, 0.58))
        found.append(guard_of(bench).taken)
    assert found[0] > 1.3
    assert found[1] == pytest.approx(found[0], abs=0.01)


def test_the_point_of_no_return_leaves_out_what_holding_took(tmp_path: Path) -> None:
    """A sound drone that has held for four minutes can still go home from everywhere."""
    bench, drone = out(tmp_path)
    full_wh, way_wh, stay_w = flies_as_planned(bench, drone, 60)
    soc = 1 - way_wh * 0.6 / full_wh
    for _ in range(240):
        tells(bench, drone, 1, soc=soc, state="holding", **at(bench, 0.6))
        soc -= stay_w / 3600 / full_wh
    monitor = bench.core._monitor
    monitor.watch(DRONE, bench.core.state, bench.now, bench.core.live[DRONE])
    for step in range(10):
        tells(bench, drone, 1, soc=soc - way_wh * step / 100 / full_wh, **at(bench, 0.6 + step / 100))
    record = bench.core.state.mission_of(DRONE)
    assert record is not None
    assert record.no_return is not None
    assert record.no_return.place is None
    assert record.no_return.spare_wh is not None
    assert record.no_return.spare_wh > 100
    assert told(drone) == []


def test_samples_are_checked_though_what_they_are_held_against_can_t_be_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then what was worked out before counts, and it is tried again every other minute."""
    bench, drone = out(tmp_path)
    tells(bench, drone, 3, soc=1.0, **at(bench, 0.1))

    def fails(*_values: Any, **_named: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(monitors, "guard_of", fails)
    begun = bench.now
    while bench.now < begun + timedelta(seconds=125):
        tells(bench, drone, 5, soc=0.95, **at(bench, 0.5))
    soc = 0.95
    while soc > 0.1 and not told(drone):
        soc -= 0.018
        tells(bench, drone, 1, soc=round(soc, 3), **at(bench, 0.5))
    codes = [e.code for e in bench.core.state.open_exceptions()]
    assert "energy_short" in codes
    assert codes.count("hub_fault") == 1
    assert soc > 0.4
