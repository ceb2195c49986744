"""The hub's core in granted time that keeps a pace, with a scripted timekeeper and a wall clock that the test moves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.protocol.codec import encode
from fleet.protocol.messages import (
    AssetReport,
    Grant,
    Granted,
    Reply,
    Role,
    StopAll,
    Telemetry,
)
from tests.support.bench import DAY, Bench, Peer

DRONE = "S1/drone-1"
EIGHT = DAY + timedelta(hours=8)
MINUTE = EIGHT + timedelta(seconds=60)


def granted(keeper: Peer) -> list[float]:
    """What was granted so far, in seconds from the day's beginning."""
    return [(m.until - EIGHT).total_seconds() for m in keeper.of(Grant) if isinstance(m, Grant)]


def answer(bench: Bench, keeper: Peer, seconds: float) -> None:
    """The timekeeper has come so far, and knows of nothing that is to happen."""
    bench.say(keeper, Granted(until=EIGHT + timedelta(seconds=seconds), next_at=None, sent={}))


def begun(folder: Path, pace: float | None) -> tuple[Bench, Peer]:
    """A hub whose timekeeper has answered the first grant: the next one goes a minute on."""
    bench = Bench(folder, lockstep=True, pace=pace)
    bench.connect("operator-1", Role.OPERATOR)
    bench.say(bench.connect(DRONE), AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    keeper = bench.connect("timekeeper", Role.TIMEKEEPER)
    answer(bench, keeper, 0)
    return bench, keeper


def test_without_a_pace_time_goes_on_at_once(tmp_path: Path) -> None:
    bench, keeper = begun(tmp_path, None)
    assert granted(keeper) == [0, 60]
    assert bench.core.patience_s(bench.wall, 0.05) == 0.05


def test_a_grant_is_held_back_until_the_wall_clock_allows_it(tmp_path: Path) -> None:
    """At 6 simulated seconds a second a minute is due after ten; the one behind it ten later."""
    bench, keeper = begun(tmp_path, 6)
    bench.run(9.9 - bench.wall)
    assert granted(keeper) == [0]
    assert bench.core.clock.now(bench.wall) == EIGHT
    bench.run(0.2)
    assert granted(keeper) == [0, 60]
    assert bench.core.clock.now(bench.wall) == MINUTE
    answer(bench, keeper, 60)
    bench.run(19.9 - bench.wall)
    assert granted(keeper) == [0, 60]
    bench.run(0.2)
    assert granted(keeper) == [0, 60, 120]


def test_the_loop_sleeps_until_the_grant_is_due(tmp_path: Path) -> None:
    """No longer than it would without a pace, no busy loop, and not at all past the moment."""
    bench, keeper = begun(tmp_path, 6)
    assert bench.core.patience_s(bench.wall, 0.05) == 0.05
    assert bench.core.patience_s(9.99, 0.05) == pytest.approx(0.01)
    assert bench.core.patience_s(10.5, 0.05) == 0
    bench.run(10.1 - bench.wall)
    assert granted(keeper) == [0, 60]
    assert bench.core.patience_s(bench.wall, 0.05) == 0.05, "it waits for the timekeeper, not for the clock"


def test_the_loop_sleeps_while_samples_wait_for_the_rest_of_their_step(tmp_path: Path) -> None:
    """They are looked at when the timekeeper has said that all were sent, and no sooner; then at once."""
    bench, keeper = begun(tmp_path, None)
    bench.sample(bench.peers[DRONE], Telemetry(at=MINUTE, lon=-97.74, lat=30.27, soc=1.0))
    bench.turn()
    assert bench.core.inbox.samples_waiting == 1
    assert bench.core.patience_s(bench.wall, 0.05) == 0.05, "no busy loop"
    sent = {DRONE: bench.core.sessions.peers.by_id[DRONE].session.frames_received}
    keeper.session.send(Granted(until=MINUTE, next_at=None, sent=sent))
    for envelope in keeper.session.poll(bench.wall):
        bench.core.control(keeper.route, encode(envelope), bench.wall)
    assert bench.core.patience_s(bench.wall, 0.05) == 0, "nothing else is to come"
    bench.turn()
    assert bench.core.inbox.samples_waiting == 0


def test_who_speaks_meanwhile_is_answered_at_once(tmp_path: Path) -> None:
    """What a person says is stored and answered while the grant is held back, and time goes on as far as the pace
    allows, so that assets hear of it now; what comes then is due in its time.
    """
    bench, keeper = begun(tmp_path, 6)
    operator = bench.peers["operator-1"]
    bench.run(5 - bench.wall)
    bench.say(operator, StopAll(request_id="r-1", by="ana"))
    assert [m.ok for m in operator.of(Reply) if isinstance(m, Reply)] == [True]
    assert bench.core.state.stopped_by == "ana"
    assert granted(keeper) == [0, pytest.approx(30, abs=0.1)]
    answer(bench, keeper, granted(keeper)[-1])
    bench.run(14.8 - bench.wall)
    assert len(granted(keeper)) == 2
    bench.run(0.3)
    assert granted(keeper)[2] == pytest.approx(90, abs=0.1)


def test_a_hub_that_begins_again_keeps_the_pace(tmp_path: Path) -> None:
    """Time that its timekeeper has lived through already is not waited for."""
    bench, _ = begun(tmp_path, 6)
    bench.run(5)
    bench.restart()
    keeper = bench.connect("timekeeper", Role.TIMEKEEPER)
    began = bench.wall
    answer(bench, keeper, 600)
    assert bench.core.clock.now(bench.wall) == EIGHT + timedelta(seconds=600)
    bench.run(9)
    assert granted(keeper)[-1] < 600
    bench.run(began + 10.1 - bench.wall)
    assert granted(keeper)[-1] == 660
