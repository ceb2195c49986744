"""Faults that can be put into the code under test, to see that the simulation notices them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.sdk.journal import Journal
from fleet.dispatch.effects import Answer, Send
from fleet.domain.state import State
from fleet.hub.batches import Batches
from fleet.hub.core import _EFFECTS, HubCore
from fleet.hub.inbox import Inbox
from fleet.hub.peers import Peer
from fleet.hub.sessions import Sessions
from fleet.protocol.messages import AnyMessage, Envelope, Hello, Role
from fleet.protocol.stream import Incoming, Outgoing
from fleet.store import MemoryStore
from fleet.store.base import Batch, OutboxRow, PeerRow
from fleet.store.snapshots import Shelf
from tests.faultsim.hub import WALL, HubNode
from tests.faultsim.run import Fleet
from tests.faultsim.store import FailingStore

Mutation = Callable[[pytest.MonkeyPatch], None]


def _acknowledged_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubNode, "commit_first", False)


def _told_though_not_stored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubNode, "waits_for_store", False)


def _stored_twice_where_the_outcome_was_unknown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FailingStore, "written_once", False)


def _numbers_run_on_in_a_new_boot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outgoing, "renumber", lambda _: None)


def _taken_twice(patch: pytest.MonkeyPatch) -> None:
    accept = Incoming.accept

    def eager(self: Incoming, seq: int) -> bool:
        return accept(self, seq) or seq == self.taken

    patch.setattr(Incoming, "accept", eager)


def _a_gap_is_passed_over(patch: pytest.MonkeyPatch) -> None:
    def careless(self: Incoming, seq: int) -> bool:
        new = seq > self.delivered
        self.delivered = max(self.delivered, seq)
        return new

    patch.setattr(Incoming, "accept", careless)


def _never_sent_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outgoing, "rewind", lambda _: None)


def _what_was_executed_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "executed", lambda _self, _key: None)


def _an_old_memory_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "_not_met", lambda self, _reached: self._set("reached", "1000000"))


def _acknowledged_when_decided(patch: pytest.MonkeyPatch) -> None:
    take = Batches.take

    def hasty(self: Batches) -> Batch | None:
        for peer, seq, boots in self.open.taken.values():
            peer.session.taken(seq, boots)
        return take(self)

    patch.setattr(Batches, "take", hasty)


def _sent_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    send = HubCore._on_send

    def hasty(self: HubCore, effect: Send, now: datetime) -> None:
        send(self, effect, now)
        self.batches.open.then.pop()()

    patch.setitem(_EFFECTS, Send, hasty)


def _answered_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    answer = HubCore._on_answer

    def hasty(self: HubCore, effect: Answer, now: datetime) -> None:
        before = len(self.batches.open.then)
        answer(self, effect, now)
        for action in self.batches.open.then[before:]:
            action()
        del self.batches.open.then[before:]

    patch.setitem(_EFFECTS, Answer, hasty)


def _told_under_two_numbers(patch: pytest.MonkeyPatch) -> None:
    send = HubCore._on_send

    def twice(self: HubCore, effect: Send, now: datetime) -> None:
        send(self, effect, now)
        send(self, effect, now)

    patch.setitem(_EFFECTS, Send, twice)


def _an_outbox_row_is_dropped(patch: pytest.MonkeyPatch) -> None:
    take = Batches.take

    def lossy(self: Batches) -> Batch | None:
        batch = take(self)
        return None if batch is None else replace(batch, outbox=batch.outbox[:-1])

    patch.setattr(Batches, "take", lossy)


def _decided_twice(patch: pytest.MonkeyPatch) -> None:
    entries = Inbox.entries
    patch.setattr(Inbox, "entries", lambda self, **how: [e for e in entries(self, **how) for _ in range(2)])


def _what_is_too_much_is_dropped(patch: pytest.MonkeyPatch) -> None:
    put = Inbox.put

    def careless(self: Inbox, peer: Peer, seq: int | None, message: AnyMessage) -> None:
        if seq is None or self._held_up(message) is None:
            put(self, peer, seq, message)

    patch.setattr(Inbox, "put", careless)


def _a_new_boot_counts_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Incoming, "restart", lambda _: None)


def _what_waits_is_forgotten_at_the_start(patch: pytest.MonkeyPatch) -> None:
    restore = Sessions.restore

    def forgetful(
        self: Sessions, peers: Mapping[str, PeerRow], _outbox: object, roles: Mapping[str, Role]
    ) -> None:
        restore(self, peers, {}, roles)

    patch.setattr(Sessions, "restore", forgetful)


def _boots_are_forgotten_at_the_start(patch: pytest.MonkeyPatch) -> None:
    restore = Sessions.restore

    def forgetful(
        self: Sessions,
        peers: Mapping[str, PeerRow],
        outbox: Mapping[str, tuple[OutboxRow, ...]],
        roles: Mapping[str, Role],
    ) -> None:
        rows = {peer_id: replace(row, boot_id="", received=0) for peer_id, row in peers.items()}
        restore(self, rows, outbox, roles)

    patch.setattr(Sessions, "restore", forgetful)


def _welcomed_before_the_boot_is_stored(patch: pytest.MonkeyPatch) -> None:
    greet = Sessions._greet

    def hasty(self: Sessions, route: bytes, envelope: Envelope, hello: Hello, *rest: Any) -> Peer:
        peer = greet(self, route, envelope, hello, *rest)
        self._welcome(peer, rest[1], WALL)
        return peer

    patch.setattr(Sessions, "_greet", hasty)


def _the_end_of_a_snapshot_is_missing(patch: pytest.MonkeyPatch) -> None:
    put = Shelf.put

    def stale(self: Shelf, state: State, mark: str) -> Path:
        first = self.__dict__.setdefault("first", state)
        return put(self, replace(first, position=state.position), mark)

    patch.setattr(Shelf, "put", stale)


def _nobody_says_that_it_was_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HubNode, "told_of_backups", False)


def _stored_without(field: str) -> Mutation:
    """The store forgets a part of each batch."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        commit = MemoryStore.commit

        def forgetful(self: MemoryStore, batch: Batch) -> int:
            parts = {name: getattr(batch, name) for name in Batch.__dataclass_fields__}
            return commit(self, Batch(**{**parts, field: type(parts[field])()}))

        patch.setattr(MemoryStore, "commit", forgetful)

    return mutate


PUT_BACKS: Final = Fleet(
    troubles=(("hub_memory_old", 0.5), ("hub_at_rest", 0.01), ("partition", 0.01), ("hub_amid_output", 0.02))
)
"""A fleet whose hub is put back from a backup again and again, while assets can't be reached."""
SMALL: Final = Fleet.of(4)
FAILING_STORE: Final = replace(SMALL, troubles=(("store_fails", 0.05),))
"""A fleet whose hub can't store anything for seconds, again and again."""

MUTATIONS: Final[Mapping[str, tuple[Mutation, Fleet]]] = {
    "acknowledged before the commit": (_acknowledged_before_the_commit, SMALL),
    "acknowledged when decided": (_acknowledged_when_decided, SMALL),
    "sent before it is stored": (_sent_before_it_is_stored, SMALL),
    "answered before it is stored": (_answered_before_it_is_stored, SMALL),
    "welcomed before the boot is stored": (_welcomed_before_the_boot_is_stored, SMALL),
    "told though not stored": (_told_though_not_stored, SMALL),
    "told under two numbers": (_told_under_two_numbers, SMALL),
    "stored twice where the outcome was unknown": (_stored_twice_where_the_outcome_was_unknown, SMALL),
    "an outbox row is dropped": (_an_outbox_row_is_dropped, SMALL),
    "decided twice": (_decided_twice, SMALL),
    "what is too much is dropped": (_what_is_too_much_is_dropped, SMALL),
    "numbers run on in a new boot": (_numbers_run_on_in_a_new_boot, SMALL),
    "a new boot counts on": (_a_new_boot_counts_on, SMALL),
    "boots are forgotten at the start": (_boots_are_forgotten_at_the_start, SMALL),
    "what waits is forgotten at the start": (_what_waits_is_forgotten_at_the_start, SMALL),
    "the end of a snapshot is missing": (_the_end_of_a_snapshot_is_missing, replace(SMALL, sql=True)),
    "nobody says that the store was put back": (_nobody_says_that_it_was_put_back, PUT_BACKS),
    "taken twice": (_taken_twice, SMALL),
    "a gap is passed over": (_a_gap_is_passed_over, SMALL),
    "never sent again": (_never_sent_again, SMALL),
    "what was executed is forgotten": (_what_was_executed_is_forgotten, SMALL),
    "an old memory is not noticed": (_an_old_memory_is_not_noticed, SMALL),
    "events are not stored": (_stored_without("events"), SMALL),
    "how far was received is not stored": (_stored_without("received"), SMALL),
    "the outbox is not stored": (_stored_without("outbox"), SMALL),
    "boots are not stored": (_stored_without("boots"), SMALL),
}
"""Each with the fleet in whose seeds it shows."""
