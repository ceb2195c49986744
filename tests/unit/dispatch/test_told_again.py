"""A battery that gets less than it was thought to: home, then elsewhere, then down; each is told, once, and obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.told import is_more_urgent
from fleet.domain.state import ExceptionRecord
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import Action, Command, CommandReply, StepReport, Telemetry
from tests.support.bench import LOCKERS, Bench, Peer
from tests.unit.dispatch.test_monitor import guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import along

NEAR = (-8.0055, 41.0055)
"""A locker's port 70 m beside the way out, halfway."""


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, past a port where it could come down."""
    bench = Bench(tmp_path, lockers=f"{LOCKERS}L1,Locker,{NEAR[0]},{NEAR[1]},1,1,1,1\n")
    return on_its_way(bench)


def short(bench: Bench) -> list[ExceptionRecord]:
    """All of the battery, in the order in which they were raised."""
    found = [e for e in bench.core.state.exceptions.values() if e.code == "energy_short"]
    return sorted(found, key=lambda e: int(e.exception_id.removeprefix("exc-")))


def told(drone: Peer) -> list[tuple[Action, str | None]]:
    return [(c.action, c.place_id) for c in drone.of(Command) if isinstance(c, Command)]


def obeys(bench: Bench, drone: Peer) -> None:
    """It acknowledges the last command."""
    (*_, last) = drone.of(Command)
    assert isinstance(last, Command)
    bench.say(drone, CommandReply(command_id=last.command_id, accepted=True))


def sinks(bench: Bench, drone: Peer, here: Telemetry, until: int, **values: Any) -> Telemetry:
    """Its charge falls, as fast as a gauge may that is believed, until so many things were told."""
    assert here.soc is not None
    for _ in range(200):
        here = here.model_copy(update={"soc": max(0.0, (here.soc or 0.0) - 0.01), "at": bench.now, **values})
        bench.sample(drone, here)
        bench.run(0.99)
        if len(told(drone)) == until:
            return here
    raise AssertionError("nothing more was told")


def given_up(bench: Bench, drone: Peer, code: str) -> None:
    report: dict[str, Any] = {"step_id": "out", "state": "failed", "code": code}
    bench.say(drone, StepReport(mission_id=guard_of(bench).mission_id, at=bench.now, **report))


def test_what_gets_more_urgent_is_told_again_and_nothing_twice(out: tuple[Bench, Peer]) -> None:
    """It turns round, the rest of its charge vanishes: on to the port; even that is too far: down. One exception is
    open at a time, and says what is being done now."""
    bench, drone = out
    here = sinks(bench, drone, along(bench, 0.9), 1)
    assert told(drone) == [(Action.RETURN, None)]
    obeys(bench, drone)
    given_up(bench, drone, "returned_on_command")
    here = sinks(bench, drone, here, 2, state="returning", step_id=None)
    assert told(drone)[1:] == [(Action.DIVERT, "L1")]
    obeys(bench, drone)
    assert bench.core.state.assets[drone.session.peer_id].status is AssetStatus.RETURNING
    here = sinks(bench, drone, here, 3, state="diverting")
    assert told(drone)[2:] == [(Action.LAND, None)]
    obeys(bench, drone)
    assert bench.core.state.assets[drone.session.peer_id].status is AssetStatus.LANDING
    for _ in range(3):
        bench.sample(drone, here)
        bench.run(1)
    assert len(told(drone)) == 3
    assert [(e.advice, e.outcome is None) for e in short(bench)] == [
        (Action.RETURN, False),
        (Action.DIVERT, False),
        (Action.LAND, True),
    ]
    assert [e.outcome for e in short(bench)][:2] == [
        "it became more urgent: divert to L1",
        "it became more urgent: land at once",
    ]


def test_it_stays_told_over_a_restart_and_is_still_told_what_is_more_urgent(out: tuple[Bench, Peer]) -> None:
    """Of a hub that was killed between."""
    bench, drone = out
    here = sinks(bench, drone, along(bench, 0.9), 1)
    bench.restart()
    drone = bench.heard_again(drone)
    bench.sample(drone, here)
    bench.run(1)
    assert told(drone) == [(Action.RETURN, None)]
    sinks(bench, drone, here, 2, state="returning", step_id=None)
    assert [action for action, _ in told(drone)] == [Action.RETURN, Action.DIVERT]


@pytest.mark.parametrize("code", ["energy_short", "weather_limit"])
def test_only_more_urgent_of_a_battery_counts(code: str) -> None:
    """None, home, elsewhere, down: of two, the later one in this row; what is told of other things is told once."""
    row = (None, Action.RETURN, Action.DIVERT, Action.LAND)
    for n, now in enumerate(row):
        for m, before in enumerate(row):
            found = Finding("A", "M", code, now, ())
            assert is_more_urgent(found, before) is (code == "energy_short" and n > m)
