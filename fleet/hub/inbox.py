"""What has come in and waits for a decision.

Messages that must arrive are kept in order; where too many wait, a peer is told that the hub is busy and sends them
again. Of telemetry only the newest sample of each asset is kept, as bytes: what is overtaken before the hub gets to it
is shed without the cost of reading it. In one turn a share of the samples is looked at, those that have waited longest
first, so that a flood of them holds up neither messages nor commits and no asset is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from fleet.hub.peers import Frames, Peer
from fleet.hub.trouble import Severity
from fleet.protocol.messages import AnyMessage, SubmitOrders

TROUBLED_RETRY_S = 2.0
"""What a peer is told to wait while nothing, or no order, can be stored, in seconds."""

SAMPLES_A_TURN = 64
SHARE_A_TURN = 16
"""So many samples are looked at in one turn, or this part of those that wait where that is more: each comes to its turn
within about so many turns."""


Entry = tuple[Peer, int, int | None, AnyMessage]
"""A peer, its session's ``boots`` when the message came, its number, and itself. Plain: there are many."""


class HeldUp(NamedTuple):
    """Why a message is not taken now, as the peer is told."""

    retry_after_s: float
    code: str
    detail: str


_CAN_T_STORE = HeldUp(
    TROUBLED_RETRY_S, "store_failing", "the hub can store nothing, so it takes nothing; its log says why"
)
_NO_MORE_ORDERS = HeldUp(
    TROUBLED_RETRY_S, "store_full", "the hub's disk is full: it takes no orders until there is room"
)


class Inbox:
    """``limit`` bounds how many messages may wait; ``retry_after_s`` is what a peer is told beyond it.

    It counts since the start: messages by kind (``kinds``), those handed back (``busy``), samples that came in and that
    were taken out.

    ``trouble`` is how the store is: while it fails nothing that must arrive is taken, since nothing could be promised;
    on the last of the disk's space everything but orders is.
    """

    def __init__(self, limit: int, retry_after_s: float) -> None:
        self.trouble: Severity | None = None
        self.kinds: dict[str, int] = {}
        self.samples_in = self.samples_out = 0
        self.busy = 0
        self._limit, self._retry_after_s = limit, retry_after_s
        self._entries: list[Entry] = []
        self._samples: dict[str, Frames] = {}
        self._spoke: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, peer: Peer, seq: int | None, message: AnyMessage) -> None:
        """Keep a message, or tell the peer to send it again later."""
        if seq is None or (reason := self._held_up(message)) is None:
            self._entries.append((peer, peer.session.boots, seq, message))
            kind = message.type
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        else:
            self.busy += 1
            peer.session.busy(seq, reason.retry_after_s, code=reason.code, detail=reason.detail)

    @property
    def closed(self) -> HeldUp | None:
        """Why nothing at all is taken; none where something is."""
        return _CAN_T_STORE if self.trouble is Severity.FAILING else None

    def _held_up(self, message: AnyMessage) -> HeldUp | None:
        """When the peer is to send it again, and why; none where it is taken."""
        if self.closed is not None:
            return self.closed
        if self.trouble is Severity.FULL_ON_RESERVE and isinstance(message, SubmitOrders):
            return _NO_MORE_ORDERS
        if len(self._entries) >= self._limit:
            waiting = f"{len(self._entries)} messages wait for a decision"
            return HeldUp(self._retry_after_s, "inbox_full", waiting)
        return None

    def put_sample(self, peer_id: str, frames: Frames) -> None:
        """Keep the newest telemetry of an asset, in the place in the queue that its last one had."""
        self.samples_in += 1
        self._samples[peer_id] = frames
        self._spoke[peer_id] = None

    @property
    def samples_waiting(self) -> int:
        """How many samples have not been looked at."""
        return len(self._samples)

    @property
    def samples_shed(self) -> int:
        """How many samples a newer one of the same asset has replaced."""
        return self.samples_in - self.samples_out - len(self._samples)

    def entries(self, *, in_lockstep: bool) -> list[Entry]:
        """All messages that wait, now taken out; in lockstep in an order that does not depend on the network's."""
        entries, self._entries = self._entries, []
        if in_lockstep:
            entries.sort(key=lambda entry: (entry[0].peer_id, entry[2] or 0))
        return entries

    def spoke(self) -> Iterable[str]:
        """The assets whose telemetry has come in since the last call, looked at or not."""
        spoke, self._spoke = self._spoke, {}
        return spoke

    def samples(self, *, in_lockstep: bool) -> Sequence[tuple[str, Frames]]:
        """The telemetry to look at in this turn, now taken out; in lockstep all of it, in the order of ids."""
        waiting = self._samples
        most = len(waiting) if in_lockstep else max(SAMPLES_A_TURN, len(waiting) // SHARE_A_TURN)
        taken = [(peer_id, waiting.pop(peer_id)) for peer_id in list(islice(waiting, most))]
        self.samples_out += len(taken)
        return sorted(taken) if in_lockstep else taken
