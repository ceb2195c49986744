"""A hub that was held up takes nobody for lost whom it has not had the time to hear."""

from __future__ import annotations

from pathlib import Path

from fleet.hub.core import CoreSettings
from fleet.protocol.session import SessionState
from tests.support.bench import Bench


def _turns(bench: Bench, *, seconds: float, every_s: float) -> None:
    """Turns of the hub alone: its peers say nothing that reaches it."""
    end = bench.wall + seconds
    while bench.wall < end:
        bench.wall = min(end, bench.wall + every_s)
        bench.core.work(bench.wall)
        list(bench.core.output(bench.wall))


def _state(bench: Bench, peer_id: str) -> SessionState:
    return bench.core.sessions.peers.by_id[peer_id].session.state


def test_sessions_outlast_a_turn_that_took_long(tmp_path: Path) -> None:
    """What peers have said during a stop is in the sockets, and more than one turn reads."""
    bench = Bench(tmp_path, settings=CoreSettings())
    bench.connect("S1/drone-1")

    _turns(bench, seconds=10, every_s=10)
    assert _state(bench, "S1/drone-1") is SessionState.WELCOMED

    _turns(bench, seconds=2, every_s=0.5)
    assert _state(bench, "S1/drone-1") is SessionState.WELCOMED


def test_who_stays_silent_after_it_is_lost(tmp_path: Path) -> None:
    """The stop counts for nothing, the silence after it does."""
    bench = Bench(tmp_path, settings=CoreSettings())
    bench.connect("S1/drone-1")

    _turns(bench, seconds=10, every_s=10)
    _turns(bench, seconds=5, every_s=0.5)

    assert _state(bench, "S1/drone-1") is SessionState.LOST
