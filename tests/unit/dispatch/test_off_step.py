"""Samples that name no step of the mission: the battery is judged all the same, and a person is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.placed import TELEMETRY_UNPLACED
from fleet.protocol.messages import Action, Command, CommandReply, OperatorCommand, Role, StopAll
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, ready
from tests.unit.dispatch.test_gauges import tells, told
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, full when it left; there is a van as well."""
    bench, drone = on_its_way(Bench(tmp_path))
    ready(bench, "D1/van-1", "D1")
    return bench, drone


def opened(bench: Bench) -> list[str]:
    """The codes of what is open."""
    return [e.code for e in bench.core.state.open_exceptions()]


def halfway(bench: Bench) -> dict[str, Any]:
    """In the middle of its way out, at its height."""
    way = guard_of(bench).out
    assert way is not None
    begins, ends = way.path[1], max(way.path, key=lambda point: abs(point.lat - way.path[1].lat))
    middle = (begins.lon + ends.lon) / 2, (begins.lat + ends.lat) / 2
    return {"lon": middle[0], "lat": middle[1], "alt_amsl_m": begins.alt_amsl_m}


def drains(bench: Bench, drone: Peer, soc: float, down_to: float, **values: Any) -> float:
    """Falls by two hundredths every four seconds until something is found about its battery, or that much is left."""
    while soc > down_to and "energy_short" not in opened(bench):
        soc = round(soc - 0.02, 3)
        known: dict[str, Any] = {"at": bench.now, "soc": soc}
        bench.sample(drone, sample(bench, **known | values))
        bench.run(4)
    return soc


@pytest.mark.parametrize(
    "names",
    [
        {"mission_id": None, "step_id": None},
        {"step_id": None},
        {"step_id": "leg-7"},
        {"mission_id": "another"},
        {"state": "holding", "step_id": None},
    ],
)
def test_a_battery_is_judged_whatever_step_is_named(tmp_path: Path, names: dict[str, Any]) -> None:
    """It is told to come home when one is that names its step, and a person is told why."""
    (tmp_path / "named").mkdir()
    named, drone = on_its_way(Bench(tmp_path / "named"))
    tells(named, drone, 2, soc=1.0, **halfway(named))
    expected = drains(named, drone, 1.0, 0.1, state=names.get("state", "travelling"), **halfway(named))
    assert told(drone) == [Action.RETURN]
    bench, drone = on_its_way(Bench(tmp_path))
    tells(bench, drone, 2, soc=1.0, **halfway(bench))
    left = drains(bench, drone, 1.0, 0.1, **halfway(bench), **names)
    assert left == pytest.approx(expected, abs=0.021)
    assert told(drone) == [Action.RETURN]
    tells(bench, drone, 4, soc=left, **halfway(bench), **names)
    assert opened(bench).count(TELEMETRY_UNPLACED) == 1


def test_a_sample_or_two_between_steps_are_nothing(out: tuple[Bench, Peer]) -> None:
    """Adapters name no step for a moment when one is over."""
    bench, drone = out
    for _ in range(4):
        tells(bench, drone, 3, soc=1.0)
        tells(bench, drone, 2, soc=1.0, step_id=None)
    assert opened(bench) == []


def test_one_on_the_ground_is_not_placed(out: tuple[Bench, Peer]) -> None:
    """What says itself that it stands is at no step, and nothing is found about it."""
    bench, drone = out
    tells(bench, drone, 2, soc=1.0)
    tells(bench, drone, 20, soc=1.0, state="landed", mission_id=None, step_id=None)
    assert TELEMETRY_UNPLACED not in opened(bench)


@pytest.mark.parametrize("by", ["person", "stop-all"])
def test_one_that_is_held_while_it_comes_home_is_still_judged(out: tuple[Bench, Peer], by: str) -> None:
    """It breaks its trip off and holds: at no step. Its battery does not wait for a person."""
    bench, drone = out
    operator = bench.connect("operator-1", Role.OPERATOR)
    tells(bench, drone, 2, soc=1.0, **halfway(bench))
    back = OperatorCommand(request_id="r", by="ana", asset_id=DRONE, action=Action.RETURN, why="x")
    bench.say(operator, back)
    _obeys(bench, drone)
    tells(bench, drone, 3, soc=0.95, state="returning", step_id=None, **halfway(bench))
    hold = back.model_copy(update={"request_id": "s", "action": Action.HOLD})
    bench.say(
        operator, hold if by == "person" else StopAll(request_id="s", by="ana", action=Action.HOLD, why="x")
    )
    _obeys(bench, drone)
    left = drains(bench, drone, 0.95, 0.1, state="holding", step_id=None, **halfway(bench))
    assert "energy_short" in opened(bench)
    assert left > 0.15
    assert TELEMETRY_UNPLACED not in opened(bench), "who breaks off is at no step"


def test_so_it_is_after_a_restart(out: tuple[Bench, Peer]) -> None:
    """That it was on its way home is in the log."""
    bench, drone = out
    operator = bench.connect("operator-1", Role.OPERATOR)
    tells(bench, drone, 2, soc=1.0, **halfway(bench))
    back = OperatorCommand(request_id="r", by="ana", asset_id=DRONE, action=Action.RETURN, why="x")
    bench.say(operator, back)
    _obeys(bench, drone)
    bench.restart()
    drone = bench.heard_again(drone)
    tells(bench, drone, 2, soc=0.5, state="holding", step_id=None, **halfway(bench))
    assert guard_of(bench).doing == "returning"
    left = drains(bench, drone, 0.5, 0.1, state="holding", step_id=None, **halfway(bench))
    assert "energy_short" in opened(bench)
    assert left > 0.15


def _obeys(bench: Bench, drone: Peer) -> None:
    command = drone.of(Command)[-1]
    assert isinstance(command, Command)
    bench.say(drone, CommandReply(command_id=command.command_id, accepted=True))


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (172.0, -41.0)])
def test_a_position_that_stands_for_none_is_no_fault(out: tuple[Bench, Peer], lon: float, lat: float) -> None:
    """Half the world away, as an adapter says it that has no fix: no battery carries it home from there."""
    bench, drone = out
    tells(bench, drone, 2, soc=1.0, **halfway(bench))
    drains(bench, drone, 1.0, 0.5, state="returning", step_id=None, lon=lon, lat=lat)
    assert "hub_fault" not in opened(bench)
    assert "energy_short" in opened(bench)
    assert told(drone)[-1] is Action.LAND
