"""Days on which drones take far more than their model says: called home, sent elsewhere; every word is obeyed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.domain.events import (
    CommandAnswered,
    CommandIssued,
    ExceptionRaised,
    MissionOver,
    MissionReleased,
    NoReturnMoved,
)
from fleet.progress import settled
from fleet.protocol.messages import Action
from fleet.sim.machines import KNOWN, Multirotor
from fleet.simulate import Simulated, simulate
from fleet.store.rows import event_text

pytestmark = pytest.mark.slow

SEED, HUNGRY = 0, 0.6
"""The city, and how much of the efficiency that they are thought to have they have."""
NO_MARGIN = 0.0
"""With the margin that is asked for as a rule, who takes so much more is called home while home is still near."""

CODES = {Action.RETURN: "returned_on_command", Action.DIVERT: "diverted", Action.LAND: "landed"}
"""By which code a trip ends that was broken off."""


def hungry(folder: Path, seed: int, parcels: int = 24) -> Simulated:
    """A small day whose drones take two thirds more, and are planned and watched with their reserve alone."""
    options = DemoOptions(seed=seed, parcels=parcels, hours=3, iterations=10, margin_scale=NO_MARGIN)
    setup, world = build_day(folder, options)
    known = {**KNOWN, **world.machines}["courier-x4"]
    assert isinstance(known, Multirotor)
    worn = known.model_copy(update={"efficiency": known.efficiency * HUNGRY})
    true = world.model_copy(update={"machines": {**world.machines, "courier-x4": worn}})
    return simulate(
        setup,
        setup.files.read(),
        true,
        incoming=incoming_of(setup),
        incidents="none",
        over=settled,
        latest=setup.until - setup.at,
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """One such day."""
    return hungry(tmp_path_factory.mktemp("hungry"), SEED)


def told(day: Simulated) -> list[CommandIssued]:
    """What the monitor has told drones."""
    found = (e for e in day.events if isinstance(e, CommandIssued) and e.by == "monitor")
    return [e for e in found if e.action in CODES]


def test_all_that_was_told_was_done(day: Simulated) -> None:
    """Each command was taken, and each trip ended as the last of its commands says."""
    commands = told(day)
    answers = {e.command_id: e.accepted for e in day.events if isinstance(e, CommandAnswered)}
    assert Action.RETURN in {c.action for c in commands}
    assert Action.DIVERT in {c.action for c in commands}
    assert all(answers[c.command_id] for c in commands)
    ended = [e for e in day.events if isinstance(e, MissionOver)]
    asset = {e.mission.mission_id: e.mission.asset_id for e in day.events if isinstance(e, MissionReleased)}
    for command in commands:
        over = next(e for e in ended if asset.get(e.mission_id) == command.asset_id and e.at > command.at)
        (*_, last) = [c for c in commands if c.asset_id == command.asset_id and command.at <= c.at <= over.at]
        assert over.code == CODES[last.action]


def test_nothing_is_told_twice_and_only_what_is_more_urgent_again(day: Simulated) -> None:
    """For each trip: watched, home, elsewhere, down, in this order."""
    row = (None, Action.RETURN, Action.DIVERT, Action.LAND)
    by_trip: dict[str | None, list[int]] = {}
    for event in day.events:
        if isinstance(event, ExceptionRaised) and event.code == "energy_short":
            by_trip.setdefault(event.mission_id, []).append(row.index(event.advice))
    assert by_trip
    assert all(ranks == sorted(set(ranks)) for ranks in by_trip.values())


def test_no_battery_ran_dry(day: Simulated) -> None:
    """Two thirds more, and no margin for it: some reserves are used, and that is what they are there for."""
    assert day.verdict["crashes"] == []
    assert day.verdict["zone_breaches"] == []


def test_points_of_no_return_are_kept_for_all_that_left_and_moved_for_some(day: Simulated) -> None:
    """None at release; there is one once a battery is short on its way."""
    first: dict[str, NoReturnMoved] = {}
    for event in day.events:
        if isinstance(event, NoReturnMoved):
            first.setdefault(event.mission_id, event)
    released = [e.mission for e in day.events if isinstance(e, MissionReleased)]
    drones = {mission.mission_id for mission in released if "drone" in mission.asset_id}
    assert drones <= first.keys()
    assert all(first[each].no_return.place is None for each in drones)
    short = {e.mission_id for e in day.events if isinstance(e, ExceptionRaised) and e.code == "energy_short"}
    moved = {
        e.mission_id for e in day.events if isinstance(e, NoReturnMoved) and e.no_return.place is not None
    }
    assert short & moved


def test_the_same_day_gives_the_same_events(tmp_path: Path) -> None:
    """To the letter, but for where the input lies; a smaller one, on which drones are told something too."""

    def log(one: Simulated) -> list[str]:
        return [re.sub(r"[^ \"]*/input/", "", event_text(e)) for e in one.events]

    first, second = (hungry(tmp_path / name, SEED, parcels=10) for name in ("one", "two"))
    assert told(first)
    assert log(first) == log(second)
