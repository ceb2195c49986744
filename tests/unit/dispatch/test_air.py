"""Under way: who would meet another holds in time, and goes on as soon as its way is free; what cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.dispatch.separation.told import untold
from fleet.domain.state import AIR, PERSON
from fleet.protocol.messages import Action, Command, CommandReply, OperatorCommand, StepReport
from fleet.protocol.mission import Mission
from tests.support.bench import Bench
from tests.unit.dispatch.separated import (
    FIRST,
    SECOND,
    begin,
    bench_of,
    due_at,
    out_of,
    run_until_sent,
    sample,
    share_at,
)

NEAR, FAR = (-8.012, 41.012), (-8.03, 41.03)


def commands(bench: Bench, asset_id: str) -> list[Command]:
    """What an asset was told, in order."""
    return [m for m in bench.peers[asset_id].of(Command) if isinstance(m, Command)]


def both_out(tmp_path: Path) -> tuple[Bench, Mission, Mission]:
    """One behind the other along one line, as they were planned; who leads comes first."""
    bench = bench_of(tmp_path, NEAR, FAR)
    sent = run_until_sent(bench, 2)
    leader, follower = sorted(sent.values(), key=lambda m: m.start_at)
    for mission in (leader, follower):
        begin(bench, mission.asset_id, mission)
    return bench, leader, follower


def fly(bench: Bench, mission: Mission, share: float, **values: object) -> None:
    bench.sample(bench.peers[mission.asset_id], sample(mission, share, bench.now, **values))


def wait_until(bench: Bench, mission: Mission, share: float) -> None:
    while bench.now < due_at(mission, share):
        bench.run(1)


def test_who_conforms_is_left_alone(tmp_path: Path) -> None:
    """Both are where they should be: nobody is told anything."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    for _ in range(10):
        for mission in (leader, follower):
            up, over = due_at(mission, 0.0), due_at(mission, 1.0)
            fly(bench, mission, min(1.0, max(0.0, (bench.now - up) / (over - up))))
        bench.run(2)
    assert not commands(bench, FIRST) + commands(bench, SECOND)


def hang(bench: Bench, leader: Mission, follower: Mission) -> None:
    """The leader stays 600 m out, at the follower's height."""
    height_m = max(p.alt_amsl_m for p in out_of(follower).path)
    fly(bench, leader, share_at(leader, 600.0), state="holding", alt_amsl_m=height_m)


def blocked(tmp_path: Path) -> tuple[Bench, Mission, Mission]:
    """The leader hangs in the air ahead of the follower, which is told to hold."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    fly(bench, follower, share_at(follower, 50.0))
    hang(bench, leader, follower)
    return bench, leader, follower


def test_who_would_fly_into_one_that_hangs_there_holds_and_goes_on(tmp_path: Path) -> None:
    """Told at once, with who, where and when; when the other has moved on its hold is lifted and the matter closed."""
    bench, leader, follower = blocked(tmp_path)
    (hold,) = commands(bench, follower.asset_id)
    assert hold.action is Action.HOLD
    assert f"meets {leader.mission_id} of {leader.asset_id}" in hold.why
    (found,) = [e for e in bench.core.state.open_exceptions() if e.code == "air_conflict"]
    assert (found.mission_id, found.reasons[0].code) == (follower.mission_id, "air_not_free")
    assert bench.core.state.assets[follower.asset_id].holds == {AIR}
    bench.say(bench.peers[follower.asset_id], CommandReply(command_id=hold.command_id, accepted=True))
    for _ in range(4):
        fly(bench, follower, share_at(follower, 50.0), state="holding")
        hang(bench, leader, follower)
        bench.run(2)
    assert len(commands(bench, follower.asset_id)) == 1
    fly(bench, leader, 0.95)
    bench.run(6)
    assert [c.action for c in commands(bench, follower.asset_id)] == [Action.HOLD, Action.RESUME]
    assert not [e for e in bench.core.state.open_exceptions() if e.code == "air_conflict"]
    assert bench.core.state.assets[follower.asset_id].holds == frozenset()


def on_pad(bench: Bench, mission: Mission, state: str) -> None:
    """It stands loaded where it is to set out from."""
    pad = out_of(mission).path[0]
    where = {"lon": pad.lon, "lat": pad.lat, "alt_amsl_m": pad.alt_amsl_m, "step_id": "load"}
    fly(bench, mission, 0.0, state=state, **where)


def test_of_two_held_on_the_ground_one_sets_out_at_a_time(tmp_path: Path) -> None:
    """A third hangs over their pads, so both are told to stay; it leaves, and only one is told to go on, though its
    newest sample holds until it obeys. The other follows when that one is away."""
    bench = bench_of(tmp_path, NEAR, (-8.0125, 41.0125), (-8.013, 41.013), drones=3)
    leader, *waiting = sorted(run_until_sent(bench, 3).values(), key=lambda m: m.start_at)
    for mission in waiting:
        begin(bench, mission.asset_id, mission, flying=False)
    begin(bench, leader.asset_id, leader)
    latest = max(due_at(mission, 0.0) for mission in waiting)
    while bench.now < latest:
        fly(bench, leader, share_at(leader, 10.0), state="holding")
        for mission in waiting:
            told = commands(bench, mission.asset_id)
            for one in told:
                reply = CommandReply(command_id=one.command_id, accepted=True)
                bench.say(bench.peers[mission.asset_id], reply)
            on_pad(bench, mission, "holding" if told else "loading")
        bench.run(2)
    for mission in waiting:
        assert [c.action for c in commands(bench, mission.asset_id)] == [Action.HOLD]
    for _ in range(6):
        fly(bench, leader, 0.95)
        for mission in waiting:
            on_pad(bench, mission, "holding")
        bench.run(2)
    last = {mission.mission_id: commands(bench, mission.asset_id)[-1].action for mission in waiting}
    assert sorted(last.values()) == [Action.HOLD, Action.RESUME]
    gone, stays = sorted(waiting, key=lambda mission: last[mission.mission_id], reverse=True)
    about, moved = {"mission_id": gone.mission_id, "at": bench.now}, [item.order_id for item in gone.items]
    reports = {"step_id": "load", "state": "done", "order_ids": moved}, {"step_id": "out", "state": "started"}
    bench.say(bench.peers[gone.asset_id], *(StepReport.model_validate(about | one) for one in reports))
    for _ in range(6):
        fly(bench, gone, 0.95)
        on_pad(bench, stays, "holding")
        bench.run(2)
    assert commands(bench, stays.asset_id)[-1].action is Action.RESUME


def test_what_a_person_holds_is_not_let_go(tmp_path: Path) -> None:
    """The way is free again, and it stays where a person has told it to."""
    bench, leader, follower = blocked(tmp_path)
    (hold,) = commands(bench, follower.asset_id)
    bench.say(bench.peers[follower.asset_id], CommandReply(command_id=hold.command_id, accepted=True))
    order = OperatorCommand(
        request_id="h", by="ana", asset_id=follower.asset_id, action=Action.HOLD, why="look"
    )
    bench.say(bench.peers["operator-1"], order)
    fly(bench, follower, share_at(follower, 50.0), state="holding")
    fly(bench, leader, 0.95)
    bench.run(12)
    assert [c.action for c in commands(bench, follower.asset_id)] == [Action.HOLD, Action.HOLD]
    assert bench.core.state.assets[follower.asset_id].holds == {AIR, PERSON}


def test_it_still_holds_after_a_restart(tmp_path: Path) -> None:
    """Who holds so that another may pass is in the log: a hub that starts again lets it go when its way is free."""
    bench, leader, follower = blocked(tmp_path)
    (hold,) = commands(bench, follower.asset_id)
    bench.say(bench.peers[follower.asset_id], CommandReply(command_id=hold.command_id, accepted=True))
    bench.restart()
    bench.run(2)
    for asset_id in (FIRST, SECOND):
        bench.connect(asset_id)
    fly(bench, follower, share_at(follower, 50.0), state="holding")
    fly(bench, leader, 0.95)
    bench.run(12)
    assert commands(bench, follower.asset_id)[-1].action is Action.RESUME


def test_two_that_can_t_hold_are_told_of(tmp_path: Path) -> None:
    """Both are on their way home by themselves: somebody must look, and nobody is told to hold."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    height_m = max(p.alt_amsl_m for p in out_of(follower).path)
    for mission in (leader, follower):
        fly(bench, mission, share_at(mission, 300.0), state="returning", alt_amsl_m=height_m)
    told = [e for e in bench.core.state.open_exceptions() if e.code == "air_conflict"]
    assert {e.action for e in told} == {"watched"}
    assert not commands(bench, FIRST) + commands(bench, SECOND)


@pytest.mark.parametrize(("before", "is_told"), [(True, True), (False, False)])
def test_only_what_was_told_beforehand_counts(tmp_path: Path, before: bool, is_told: bool) -> None:
    """The judge's losses against the log: an exception about either mission, raised before it came to that."""
    bench, leader, follower = blocked(tmp_path)
    (found,) = [e for e in bench.core.state.open_exceptions() if e.code == "air_conflict"]
    at = bench.now if before else found.at.replace(year=2025)
    loss = {
        "at": at.isoformat(),
        "asset_ids": [leader.asset_id, follower.asset_id],
        "mission_ids": [leader.mission_id, follower.mission_id],
    }
    assert (untold(bench.core.state, [loss]) == []) is is_told
