"""Stop all and resume all: people outrank every plan, and a stop holds until somebody lifts it."""

from __future__ import annotations

from pathlib import Path

from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import (
    Action,
    Assign,
    Command,
    CommandReply,
    MissionReply,
    ResumeAll,
    Role,
    StopAll,
)
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, VAN, accepted, answers, flying, ready, sent, still_full, tell


def stop(bench: Bench, operator: Peer, action: Action = Action.HOLD, name: str = "stop") -> tuple[str, ...]:
    """Stop all; the commands that were given."""
    bench.say(operator, StopAll(request_id=name, by="ana", action=action, why="storm"))  # type: ignore[arg-type]
    return answers(operator)[name].ids


def actions(peer: Peer) -> list[Action | None]:
    """What a peer was told, in order."""
    return [getattr(c, "action", None) for c in peer.of(Command)]


def test_stop_all_reaches_what_is_out_and_nothing_else(tmp_path: Path) -> None:
    """The flying drone is told to hold; the van at its depot, which has nothing to do, is not."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    van = bench.connect(VAN)
    assert len(stop(bench, operator)) == 1
    assert actions(drone) == [Action.HOLD]
    assert not van.of(Command)


def test_stop_all_reaches_what_was_sent_and_has_not_begun(tmp_path: Path) -> None:
    """A drone on its pad with a mission would leave in a minute: it is told as well, and goes on when all do."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    accepted(bench, drone, sent(bench, drone))
    (command_id,) = stop(bench, operator)
    bench.say(drone, CommandReply(command_id=command_id, accepted=True))
    assert bench.core.state.assets[DRONE].status is AssetStatus.HELD
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert actions(drone) == [Action.HOLD, Action.RESUME]


def test_nothing_goes_out_after_a_stop_until_it_is_lifted(tmp_path: Path) -> None:
    """The plan's mission is due while all is stopped: it is sent after the stop was lifted, and not a second before."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    assert stop(bench, operator) == ()
    bench.submit(operator)
    bench.run(40 * 60)
    assert not drone.of(Assign)
    still_full(bench, drone)
    (record,) = bench.core.state.missions.values()
    assert record.status is MissionStatus.DRAFTED
    bench.say(operator, ResumeAll(request_id="go", by="ben", why="it has passed"))
    assert bench.core.state.stopped_by is None
    assert sent(bench, drone).mission.mission_id == record.mission.mission_id


def test_a_stop_survives_the_hub(tmp_path: Path) -> None:
    """The hub dies and comes back: all is still stopped."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench)
    stop(bench, operator)
    bench.submit(operator)
    bench.run(60)
    bench.restart()
    assert bench.core.state.stopped_by == "ana"
    drone = bench.connect(DRONE)
    bench.run(40 * 60)
    assert not drone.of(Assign)


def test_resuming_tells_those_that_are_held_only(tmp_path: Path) -> None:
    """A drone that was told to return after the hold is on its way home: it is not told to go on."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    for action in (Action.HOLD, Action.RETURN):
        (command_id,) = stop(bench, operator, action, name=action.value)
        bench.say(drone, CommandReply(command_id=command_id, accepted=True))
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert answers(operator)["go"].ids == ()
    assert bench.core.state.assets[DRONE].status is AssetStatus.RETURNING


def test_resuming_when_nothing_was_stopped_says_so(tmp_path: Path) -> None:
    """An answer, and no event."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    before = bench.core.state.position
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert "nothing was stopped" in answers(operator)["go"].detail
    assert bench.core.state.position == before


def answered(bench: Bench, drone: Peer, number: int = -1) -> None:
    """The drone does what it was told: the last thing, or the one of that number."""
    told = drone.of(Command)[number]
    assert isinstance(told, Command)
    bench.say(drone, CommandReply(command_id=told.command_id, accepted=True))


def test_a_stop_reaches_what_was_told_to_go_on_and_has_not_answered(tmp_path: Path) -> None:
    """It counts as held until it answers; it may be flying already."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    tell(operator, bench, Action.HOLD)
    answered(bench, drone)
    tell(operator, bench, Action.RESUME)
    assert len(stop(bench, operator)) == 1
    assert actions(drone) == [Action.HOLD, Action.RESUME, Action.HOLD]


def test_what_has_not_answered_the_stop_yet_is_told_to_go_on_as_well(tmp_path: Path) -> None:
    """Its answer crosses with the word that lifts it: it would else hold for ever."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    stop(bench, operator)
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert actions(drone) == [Action.HOLD, Action.RESUME]
    answered(bench, drone, 0)
    answered(bench, drone, 1)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION


def test_what_fell_silent_while_it_was_held_is_told_to_go_on(tmp_path: Path) -> None:
    """The word waits for it."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    stop(bench, operator)
    answered(bench, drone)
    drone.silent = True
    bench.run(60)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert actions(drone) == [Action.HOLD]
    drone = bench.heard_again(drone)
    assert actions(drone) == [Action.HOLD, Action.RESUME]


def test_what_a_person_holds_stays_held(tmp_path: Path) -> None:
    """Ben holds one drone, Ana stops all and lets all go on: Ben's drone waits for Ben."""
    bench = Bench(tmp_path)
    operator, drone, _ = flying(bench)
    tell(operator, bench, Action.HOLD)
    answered(bench, drone)
    stop(bench, operator)
    answered(bench, drone)
    bench.say(operator, ResumeAll(request_id="go", by="ana"))
    assert answers(operator)["go"].ids == ()
    assert bench.core.state.assets[DRONE].status is AssetStatus.HELD
    assert tell(operator, bench, Action.RESUME).ok
    assert actions(drone)[-1] is Action.RESUME


def test_a_hold_of_a_mission_that_came_to_nothing_is_over_with_it(tmp_path: Path) -> None:
    """The drone takes its mission back while it holds on its pad: it is ready for another."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    assign = sent(bench, drone)
    tell(operator, bench, Action.HOLD)
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=False, code="gusts"))
    answered(bench, drone)
    asset = bench.core.state.assets[DRONE]
    assert (asset.status, asset.mission_id, asset.holds) == (AssetStatus.READY, None, frozenset())


def test_a_request_that_comes_again_is_answered_and_not_done_again(tmp_path: Path) -> None:
    """Ana let work go on, the hub died before she knew, Ben stopped all: her tool asks again, and Ben's stop stands."""
    bench = Bench(tmp_path)
    ana = bench.connect("operator-1", Role.OPERATOR)
    ready(bench)
    stop(bench, ana)
    bench.say(ana, ResumeAll(request_id="go", by="ana"))
    first = answers(ana)["go"]
    stop(bench, ana, name="ben")
    bench.restart()
    again = bench.connect("operator-2", Role.OPERATOR)
    bench.say(again, ResumeAll(request_id="go", by="ana"))
    assert answers(again)["go"] == first
    assert bench.core.state.stopped_by == "ana"
    happened = [type(s.event).__name__ for s in bench.store.events()]
    assert (happened.count("OperationsStopped"), happened.count("OperationsResumed")) == (2, 1)
