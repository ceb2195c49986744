"""A drone that breaks its trip off and gets a zone across that way: one new decision, foretold and made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.guard import redirected
from fleet.dispatch.monitor.zonechecks import zone_ahead
from fleet.domain.evolve import evolve
from fleet.protocol.messages import Action, Command, StepReport, Telemetry
from fleet.protocol.values import Place
from tests.support.bench import Bench, Peer
from tests.unit.dispatch.test_monitor import block, guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import AT_HOME, FAR, along, change, guard_time, preview

BEHIND = block(-8.0032, 41.0022)
"""Across the way between the drone's place, halfway out, and home."""


@pytest.fixture
def returning(tmp_path: Path) -> tuple[Bench, Peer, Telemetry]:
    """A drone that was told to return halfway out and does so."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = along(bench, 0.5)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    back = here.model_copy(update={"state": "returning", "step_id": None})
    given_up: dict[str, Any] = {"step_id": "out", "state": "failed", "code": "returned_on_command"}
    bench.say(drone, StepReport(mission_id=guard_of(bench).mission_id, at=bench.now, **given_up))
    bench.sample(drone, back)
    return bench, drone, back


def told(bench: Bench) -> list[Action]:
    return [c.action for c in bench.core.state.commands.values()]


@pytest.mark.parametrize(
    ("feature", "action"),
    [
        pytest.param(BEHIND, Action.DIVERT, id="across the way home: around"),
        pytest.param(AT_HOME, Action.LAND, id="over home"),
        pytest.param(
            block(-8.0085, 41.0075), None, id="behind it: the rest of the trip is not flown any more"
        ),
        pytest.param(FAR, None, id="elsewhere"),
    ],
)
def test_what_is_told_before_is_what_comes_and_once(
    returning: tuple[Bench, Peer, Telemetry], feature: dict[str, Any], action: Action | None
) -> None:
    bench, drone, back = returning
    before = preview(bench, fire=feature)
    assert [f.action for f in before.flights if f.action is not None] == ([] if action is None else [action])
    assert told(bench) == []
    assert change(bench, fire=feature).ok
    for _ in range(3):
        bench.sample(drone, back)
        bench.run(1)
    assert told(bench) == ([] if action is None else [action])
    codes = [e.code for e in bench.core.state.open_exceptions() if e.code.startswith("zone")]
    assert codes == ([] if action is None else ["zone_on_return"])


def test_a_diversion_that_is_closed_ends_at_home_where_that_is_free(
    returning: tuple[Bench, Peer, Telemetry],
) -> None:
    """Home is told as a place to divert to: who diverts does not hear "return". A third decision is not made."""
    bench, _, back = returning
    assert change(bench, fire=block(-8.0085, 41.0045)).ok
    aside = back.model_copy(update={"state": "diverting"})
    record = evolve(guard_of(bench).record, diverted_to=Place(lon=-8.02, lat=41.005))
    guard = redirected(evolve(guard_of(bench), record=record), aside, bench.now)
    found = zone_ahead(guard, aside, bench.now)
    assert found is not None
    assert (found.code, found.advice, found.place_id) == ("zone_on_diversion", Action.DIVERT, "S1")
    landing = aside.model_copy(update={"state": "landing"})
    assert zone_ahead(redirected(guard, landing, bench.now), landing, bench.now) is None


def test_a_zone_that_comes_later_across_a_diversion_is_told_of_too(
    returning: tuple[Bench, Peer, Telemetry],
) -> None:
    """What was told of an earlier one is still open; each set of zones is told of once."""
    bench, drone, back = returning
    assert change(bench, fire=BEHIND).ok
    bench.sample(drone, back)
    (command,) = (one for one in drone.of(Command) if isinstance(one, Command))
    aside = back.model_copy(update={"state": "diverting"})
    passed = command.via[0]
    assert change(bench, "c2", second=block(passed.lon - 0.0002, passed.lat - 0.0002, 0.0004)).ok
    for _ in range(3):
        bench.sample(drone, aside)
    assert told(bench) == [Action.DIVERT, Action.DIVERT]
    assert change(bench, "c3", third=AT_HOME).ok
    for _ in range(3):
        bench.sample(drone, aside)
    assert sorted(told(bench)) == [Action.DIVERT, Action.DIVERT, Action.LAND]
