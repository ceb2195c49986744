"""The store in memory and the one in SQL give the same answers, whatever they are given."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.domain.events import TimerSet
from fleet.protocol.messages import CancelMission
from fleet.protocol.values import Contact
from fleet.store import Batch, ClockAnchor, MemoryStore, OutboxRow, PeerRow, SqlStore, Store
from tests.support.postgres import Server

AT = datetime(2026, 11, 24, tzinfo=UTC)
PEERS = ("drone-1", "van-1", "locker-1")


class Hub:
    """Draws batches as a hub makes them: numbers run on within a boot, only what was sent is acknowledged."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.sent = dict.fromkeys(PEERS, 0)
        self.acknowledged = dict.fromkeys(PEERS, 0)
        self.boots: set[str] = set()

    def draw(self, number: int) -> Batch:
        """One batch."""
        boots = tuple(self._boot(p, number) for p in self._some())
        outbox = tuple(row for p in self._some() for row in self._messages(p))
        contacts = tuple(Contact(order_id=f"P-{p}", recipient=f"name {number}") for p in self._some())
        return Batch(
            events=tuple(TimerSet(at=AT, timer_id=f"{number}:{p}", due=AT) for p in self._some()),
            boots=boots,
            received={p: number for p in self._some() if p in self.boots},
            outbox=outbox,
            acknowledged={p: self._acknowledge(p) for p in self._some()},
            contacts=contacts,
            erased=tuple(f"P-{p}" for p in self._some()),
            clock=ClockAnchor(AT + timedelta(seconds=number), AT, 1.0)
            if self.data.draw(st.booleans())
            else None,
        )

    def _some(self) -> list[str]:
        return self.data.draw(st.lists(st.sampled_from(PEERS), unique=True, max_size=2))

    def _boot(self, peer_id: str, number: int) -> PeerRow:
        waiting = self.sent[peer_id] - self.acknowledged[peer_id]
        self.sent[peer_id], self.acknowledged[peer_id] = waiting, 0
        self.boots.add(peer_id)
        return PeerRow(peer_id, f"boot-{number}", 0, waiting)

    def _messages(self, peer_id: str) -> list[OutboxRow]:
        rows = []
        for _ in range(self.data.draw(st.integers(1, 3))):
            self.sent[peer_id] += 1
            message = CancelMission(mission_id=f"m-{self.data.draw(st.integers(0, 99))}", why="test")
            rows.append(OutboxRow(peer_id, self.sent[peer_id], message))
        return rows

    def _acknowledge(self, peer_id: str) -> int:
        self.acknowledged[peer_id] = self.data.draw(
            st.integers(self.acknowledged[peer_id], self.sent[peer_id])
        )
        return self.acknowledged[peer_id]


def answers(store: Store) -> dict[str, Any]:
    """Everything that a store can be asked."""
    return {
        "events": list(store.events()),
        "peers": dict(store.peers()),
        "outbox": dict(store.outbox()),
        "contacts": sorted(store.contacts(), key=lambda c: c.order_id),
        "clock": store.clock(),
    }


def agree(data: st.DataObject, place: Path | str) -> None:
    """A store of this place says what the one in memory says, and once more after it was closed and opened."""
    memory, hub = MemoryStore(), Hub(data)
    with closing(SqlStore.open(place, synchronous="OFF")) as sql:
        for number in range(1, data.draw(st.integers(1, 6)) + 1):
            batch = hub.draw(number)
            assert sql.commit(batch) == memory.commit(batch)
        assert answers(sql) == answers(memory)
    with closing(SqlStore.open(place, synchronous="OFF")) as again:
        assert answers(again) == answers(memory)


@given(st.data())
def test_a_file_agrees_with_memory(data: st.DataObject) -> None:
    """After any batches."""
    with TemporaryDirectory() as folder:
        agree(data, Path(folder) / "hub.db")


@settings(max_examples=20)  # each makes a schema
@given(data=st.data())
def test_a_database_agrees_with_memory(postgres: Server, data: st.DataObject) -> None:
    """After any batches."""
    agree(data, postgres.new())
