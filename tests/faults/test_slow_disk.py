"""A disk that is slower than the loop: while one batch is on its way to it, the next one fills."""

from __future__ import annotations

from pathlib import Path

from fleet.protocol.codec import encode
from fleet.protocol.messages import AssetReport, Role
from fleet.protocol.session import PeerSession, SessionState
from fleet.store import Batch
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import ready

TURNS_A_COMMIT = 3


class SlowDisk(Bench):
    """A bench whose commits take some turns of the loop."""

    def __init__(self, folder: Path) -> None:
        self.commits = 0
        self._writing: Batch | None = None
        self._turns = 0
        self.slow = False
        super().__init__(folder)

    def turn(self) -> None:
        if not self.slow:
            super().turn()
            return
        self._turns += 1
        for peer in self.peers.values():
            for envelope in peer.session.poll(self.wall):
                self.core.control(peer.route, encode(envelope), self.wall)
        if self._writing is not None and self._turns % TURNS_A_COMMIT == 0:
            self.store.commit(self._writing)
            self._writing = None
            self.commits += 1
            self.core.committed()
        self.core.work(self.wall)
        self._writing = self.core.take() or self._writing
        self.deliver(self.core.output(self.wall))


def streaming(bench: SlowDisk, drone: Peer, turns: int) -> None:
    """An asset that has something to report in every turn."""
    for _ in range(turns):
        bench.wall += 0.001
        if drone.session.room > 10:
            drone.session.send(AssetReport(condition="ready", at=DAY, soc=1.0, site_id="S1"))
        bench.turn()


def test_a_newcomer_gets_in_while_others_report_without_end(tmp_path: Path) -> None:
    """There is always a batch on its way and another that fills; a hello waits for two commits, not for a pause."""
    bench = SlowDisk(tmp_path)
    drone = ready(bench)
    bench.slow = True
    streaming(bench, drone, 30)
    van = Peer(PeerSession("D1/van-1", Role.ASSET, "boot-1"), b"route-of-the-van")
    bench.peers["D1/van-1"] = van
    for envelope in van.session.connect(bench.wall):
        bench.core.control(van.route, encode(envelope), bench.wall)
    before = bench.commits
    while van.session.state is not SessionState.WELCOMED:
        streaming(bench, drone, 1)
        assert bench.commits - before <= 4
    streaming(bench, drone, 300)
    assert drone.session.acknowledged > 100
