"""Stop all and resume all: people outrank every plan, and a stop holds until somebody lifts it."""

from __future__ import annotations

from pathlib import Path

from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import (
    Action,
    Assign,
    Command,
    CommandReply,
    ResumeAll,
    Role,
    StopAll,
)
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, VAN, accepted, answers, flying, ready, sent


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
    stopped = bench.core.state
    assert stopped.stopped_by == "ana"
    bench.submit(operator)
    bench.run(40 * 60)
    assert not drone.of(Assign)
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
