"""The rules that every adapter keeps, as a suite that implementers run: ``check_adapter(factory, scenario)``.

It needs no hub and no network: a small hub in memory talks to the adapter in virtual time, cuts the
connection and restarts the process. Each rule starts from a fresh adapter with a fresh journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from adapters.sdk.adapter import Adapter
from adapters.sdk.bench import Bench
from adapters.sdk.errors import NotConformant
from fleet.protocol.messages import (
    Action,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    MissionEnded,
    MissionReply,
    StepReport,
)
from fleet.protocol.mission import Mission
from fleet.protocol.versions import WIRE_VERSIONS


@dataclass(frozen=True)
class Scenario:
    """What to try the adapter with.

    ``mission`` is one that it can do within ``limit_s`` of virtual time, with several steps; ``impossible``
    one that it must refuse (too heavy, expired, a step that it does not know). ``actions`` are those that it
    must be able to do on the way; the others it may refuse, with a detail.
    """

    mission: Mission
    impossible: Mission
    now: datetime
    actions: tuple[Action, ...] = (Action.HOLD, Action.RESUME, Action.RETURN)
    tick_s: float = 1.0
    limit_s: float = 3600.0


S = TypeVar("S")
Rule = Callable[[Bench, Scenario], None]


def check_adapter(factory: Callable[[], Adapter], scenario: Scenario) -> list[str]:
    """Try every rule; the names of the rules, all of them kept. ``NotConformant`` names those that are not.

    ``factory`` makes the adapter as a new process would: what it remembers comes through ``restore`` only.
    """

    def bench(journal: Path) -> Bench:
        return Bench(factory, journal, scenario.mission.asset_id, scenario.now, scenario.tick_s)

    return try_all(RULES, bench, scenario)


def try_all(
    rules: Mapping[str, Callable[[Bench, S], None]], make_bench: Callable[[Path], Bench], scenario: S
) -> list[str]:
    """Try every rule on a bench of its own; their names. ``NotConformant`` names those that are not kept."""
    broken = [
        f"{name}: {why}" for name, rule in rules.items() if (why := _broken(rule, make_bench, scenario))
    ]
    if broken:
        raise NotConformant("\n".join(broken))
    return list(rules)


def _broken(rule: Callable[[Bench, S], None], make_bench: Callable[[Path], Bench], scenario: S) -> str | None:
    with TemporaryDirectory() as folder:
        bench = make_bench(Path(folder) / "journal.db")
        try:
            rule(bench, scenario)
        except NotConformant as broken:
            return str(broken)
        finally:
            bench.close()
    return None


def require(kept: object, what: str) -> None:
    """A rule demands this; ``what`` was seen instead."""
    if not kept:
        raise NotConformant(what)


def introduces_itself(bench: Bench, scenario: Scenario) -> None:
    """The hello says the kind and carries a factsheet."""
    bench.run(scenario.tick_s)
    hello = bench.hub.hello
    require(hello is not None and hello.kind and hello.factsheet, "hello carries no kind or no factsheet")


def carries_out_a_mission(bench: Bench, scenario: Scenario) -> None:
    """It accepts, reports each step once and in order, and ends the mission."""
    bench.tell(Assign(mission=scenario.mission))
    ended = _run_to_end(bench, scenario)
    replies = bench.said(MissionReply)
    require(len(replies) == 1 and replies[0].accepted, f"a mission that it can do was answered {replies}")
    require(ended.outcome == "completed", f"the mission ended {ended.outcome}: {ended.detail}")
    _check_steps(bench, scenario.mission)


def refuses_what_it_cannot_do(bench: Bench, scenario: Scenario) -> None:
    """It answers no, with a code, and begins nothing."""
    bench.tell(Assign(mission=scenario.impossible))
    bench.run(10 * scenario.tick_s)
    replies = bench.said(MissionReply)
    require(len(replies) == 1 and not replies[0].accepted, f"an impossible mission was answered {replies}")
    require(replies[0].code, "the refusal has no code")
    require(not bench.said(StepReport), "it began a step of a mission that it had refused")


def does_it_once_when_told_twice(bench: Bench, scenario: Scenario) -> None:
    """The same mission under another number is answered again and not done again."""
    bench.tell(Assign(mission=scenario.mission))
    _run_to_end(bench, scenario)
    bench.tell(Assign(mission=scenario.mission))
    bench.run(20 * scenario.tick_s)
    require(len(bench.said(MissionReply)) == 2, "the second assignment was not answered")
    require(len(bench.said(MissionEnded)) == 1, "the mission was carried out twice")
    _check_steps(bench, scenario.mission)


def goes_on_after_a_restart(bench: Bench, scenario: Scenario) -> None:
    """Its process ends after each step's report; each time it goes on where it was."""
    bench.tell(Assign(mission=scenario.mission))
    for _ in scenario.mission.steps:
        bench.run_until(partial(_has_done_more, bench, len(_done(bench))), scenario.limit_s)
        bench.restart()
    ended = _run_to_end(bench, scenario)
    require(ended.outcome == "completed", f"after restarts the mission ended {ended.outcome}: {ended.detail}")
    _check_steps(bench, scenario.mission)


def goes_on_without_the_hub(bench: Bench, scenario: Scenario) -> None:
    """The link is cut once the mission has begun: it goes on, and reports it all once the link is back."""
    bench.tell(Assign(mission=scenario.mission))
    bench.run_until(lambda: bool(bench.said(StepReport)), scenario.limit_s)
    bench.cut()
    bench.run(60.0)
    bench.mend()
    ended = _run_to_end(bench, scenario)
    require(
        ended.outcome == "completed", f"after a lost link the mission ended {ended.outcome}: {ended.detail}"
    )
    _check_steps(bench, scenario.mission)


def waits_while_the_hub_is_busy(bench: Bench, scenario: Scenario) -> None:
    """The hub takes nothing for a minute: the mission goes on, and all reports arrive afterwards, once and in order."""
    bench.tell(Assign(mission=scenario.mission))
    bench.run_until(lambda: bool(bench.said(StepReport)), scenario.limit_s)
    bench.be_busy()
    bench.run(60.0)
    bench.be_free()
    ended = _run_to_end(bench, scenario)
    require(
        ended.outcome == "completed", f"after a busy hub the mission ended {ended.outcome}: {ended.detail}"
    )
    _check_steps(bench, scenario.mission)


def works_with_a_hub_of_the_version_before(bench: Bench, scenario: Scenario) -> None:
    """A hub that is upgraded after its assets speaks an older version of the wire, which has fewer fields."""
    bench.reset(versions=WIRE_VERSIONS[:1])
    carries_out_a_mission(bench, scenario)
    require(bench.hub.version == WIRE_VERSIONS[0], f"it spoke version {bench.hub.version}")


def is_upgraded_under_way(bench: Bench, scenario: Scenario) -> None:
    """Its kit is exchanged for one of the next version while a mission is under way: it goes on where it was."""
    bench.restart(versions=WIRE_VERSIONS[:1])
    bench.tell(Assign(mission=scenario.mission))
    bench.run_until(lambda: bool(_done(bench)), scenario.limit_s)
    before = bench.hub.version
    bench.restart()
    ended = _run_to_end(bench, scenario)
    require(
        ended.outcome == "completed", f"after an upgrade the mission ended {ended.outcome}: {ended.detail}"
    )
    _check_steps(bench, scenario.mission)
    require(before < bench.hub.version, f"version {before} was spoken before, {bench.hub.version} after")


def drops_a_mission_that_has_not_begun(bench: Bench, scenario: Scenario) -> None:
    """A mission that starts in an hour is cancelled at once, and no step of it is begun."""
    bench.tell(Assign(mission=_in_an_hour(scenario)))
    bench.tell(CancelMission(mission_id=scenario.mission.mission_id, why="conformance"))
    bench.run(20 * scenario.tick_s)
    outcomes = [ended.outcome for ended in _ended(bench)]
    require(outcomes == ["cancelled"], f"a mission cancelled before its start ended {outcomes}")
    require(not bench.said(StepReport), "it began a step of a mission that was cancelled")


def answers_a_cancel_of_what_it_does_not_have(bench: Bench, scenario: Scenario) -> None:
    """A mission that it does not know (any more) has not begun: it says so, and the hub can give the parcels on."""
    bench.tell(CancelMission(mission_id="never-sent", why="conformance"))
    bench.run(20 * scenario.tick_s)
    found = [(ended.mission_id, ended.outcome) for ended in _ended(bench)]
    require(found == [("never-sent", "cancelled")], f"the cancel of an unknown mission was answered {found}")


def does_not_begin_what_has_expired(bench: Bench, scenario: Scenario) -> None:
    """Its process is down from before the mission's start until after its expiry: it never begins it, and says so."""
    mission = _in_an_hour(scenario)
    bench.tell(Assign(mission=mission))
    bench.run(20 * scenario.tick_s)
    bench.sleep((mission.expires_at - bench.now).total_seconds() + 1)
    bench.run(20 * scenario.tick_s)
    require(not bench.said(StepReport), "it began a mission after expires_at")
    outcomes = [ended.outcome for ended in _ended(bench)]
    require(outcomes == ["cancelled"], f"a mission that had expired before it began ended {outcomes}")


def acknowledges_every_command(bench: Bench, scenario: Scenario) -> None:
    """Every action is answered under its own id; one that is refused says why. Also with no mission."""
    for action in Action:
        _command(bench, scenario, action)


def obeys_on_the_way(bench: Bench, scenario: Scenario) -> None:
    """Each action that it must be able to do is accepted while a mission is under way."""
    for action in scenario.actions:
        if action is Action.RESUME:
            continue
        _start_over(bench, scenario)
        require(_command(bench, scenario, action).accepted, f"{action.value} was refused on the way")


def stands_still_while_held(bench: Bench, scenario: Scenario) -> None:
    """After ``hold`` no step is completed until ``resume``; then the mission is completed."""
    if not {Action.HOLD, Action.RESUME} <= set(scenario.actions):
        return
    _start_over(bench, scenario)
    _command(bench, scenario, Action.HOLD)
    before = len(_done(bench))
    bench.run(min(scenario.limit_s, 300.0))
    require(len(_done(bench)) == before, "a step was completed while the asset was held")
    _command(bench, scenario, Action.RESUME)
    require(_run_to_end(bench, scenario).outcome == "completed", "the mission was not completed after resume")


def reports_honest_telemetry(bench: Bench, scenario: Scenario) -> None:
    """Samples are fresh, never older than the one before, and name a mission only while there is one."""
    bench.tell(Assign(mission=scenario.mission))
    _run_to_end(bench, scenario)
    bench.run(10 * scenario.tick_s)
    require(bench.telemetry, "it sends no telemetry")
    times = [sample.at for _, sample in bench.telemetry]
    require(times == sorted(times), "telemetry went back in time")
    ages = [abs((heard - sample.at).total_seconds()) for heard, sample in bench.telemetry]
    require(max(ages) <= 2 * scenario.tick_s, f"a sample was {max(ages):.1f} s off the hub's time")
    named = {sample.mission_id for _, sample in bench.telemetry} - {None}
    require(
        named <= {scenario.mission.mission_id}, f"telemetry names missions {named} that were not assigned"
    )
    require(bench.telemetry[-1][1].mission_id is None, "telemetry names a mission that has ended")


RULES: Final[Mapping[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        introduces_itself,
        carries_out_a_mission,
        refuses_what_it_cannot_do,
        does_it_once_when_told_twice,
        goes_on_after_a_restart,
        goes_on_without_the_hub,
        waits_while_the_hub_is_busy,
        works_with_a_hub_of_the_version_before,
        is_upgraded_under_way,
        drops_a_mission_that_has_not_begun,
        answers_a_cancel_of_what_it_does_not_have,
        does_not_begin_what_has_expired,
        acknowledges_every_command,
        obeys_on_the_way,
        stands_still_while_held,
        reports_honest_telemetry,
    )
}
"""The suite, in the order in which it runs."""


def _run_to_end(bench: Bench, scenario: Scenario) -> MissionEnded:
    bench.run_until(lambda: bool(_ended(bench)), scenario.limit_s)
    require(_ended(bench), f"the mission did not end within {scenario.limit_s:.0f} s")
    return _ended(bench)[0]


def _ended(bench: Bench) -> list[MissionEnded]:
    return bench.said(MissionEnded)


def _done(bench: Bench) -> list[str]:
    return [report.step_id for report in bench.said(StepReport) if report.state == "done"]


def _has_done_more(bench: Bench, before: int) -> bool:
    return len(_done(bench)) > before or bool(_ended(bench))


def _check_steps(bench: Bench, mission: Mission) -> None:
    expected = [step.step_id for step in mission.steps]
    require(_done(bench) == expected, f"steps were reported done as {_done(bench)}, not as {expected}")


def _start_over(bench: Bench, scenario: Scenario) -> None:
    """A fresh adapter which is under way with the mission."""
    bench.reset()
    bench.tell(Assign(mission=scenario.mission))
    bench.run_until(lambda: bool(bench.said(StepReport)), scenario.limit_s)
    require(bench.said(StepReport), f"no step was begun within {scenario.limit_s:.0f} s")


def _command(bench: Bench, scenario: Scenario, action: Action) -> CommandReply:
    """Give a command; its answer."""
    command_id = f"{action.value}-{bench.now_s:.0f}"
    place = scenario.mission.home if action is Action.DIVERT else None
    bench.tell(Command(command_id=command_id, action=action, place=place, why="conformance"))
    bench.run(5 * scenario.tick_s)
    replies = [reply for reply in bench.said(CommandReply) if reply.command_id == command_id]
    require(len(replies) == 1, f"{action.value} was answered {len(replies)} times instead of once")
    require(replies[0].accepted or replies[0].detail, f"{action.value} was refused without a detail")
    return replies[0]


def _in_an_hour(scenario: Scenario) -> Mission:
    start_at = scenario.now + timedelta(hours=1)
    expires_at = max(scenario.mission.expires_at, start_at + timedelta(hours=1))
    return scenario.mission.model_copy(update={"start_at": start_at, "expires_at": expires_at})
