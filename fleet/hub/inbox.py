"""What has come in and waits for a decision.

Messages that must arrive are kept in order; where too many wait, a peer is told that the hub is busy and sends them
again. Of telemetry only the newest sample of each asset is kept, as bytes: what is overtaken before the hub gets to it
is shed without the cost of reading it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fleet.hub.peers import Frames, Peer
from fleet.protocol.messages import AnyMessage


class Entry(NamedTuple):
    """A message of a peer, with its number and the boot that it came under."""

    peer: Peer
    boot_id: str | None
    seq: int | None
    message: AnyMessage


class Inbox:
    """``limit`` bounds how many messages may wait; ``retry_after_s`` is what a peer is told beyond it.

    It counts since the start: messages by kind (``kinds``), those handed back (``busy``), samples that came in and that
    were taken out.
    """

    def __init__(self, limit: int, retry_after_s: float) -> None:
        self.kinds: dict[str, int] = {}
        self.samples_in = self.samples_out = 0
        self.busy = 0
        self._limit, self._retry_after_s = limit, retry_after_s
        self._entries: list[Entry] = []
        self._samples: dict[str, Frames] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, peer: Peer, seq: int | None, message: AnyMessage) -> None:
        """Keep a message, or tell the peer to send it again later."""
        if seq is not None and len(self._entries) >= self._limit:
            self.busy += 1
            peer.session.busy(seq, self._retry_after_s)
        else:
            self._entries.append(Entry(peer, peer.session.boot_id, seq, message))
            self.kinds[message.type] = self.kinds.get(message.type, 0) + 1

    def put_sample(self, peer_id: str, frames: Frames) -> None:
        """Keep the newest telemetry of an asset."""
        self.samples_in += 1
        self._samples[peer_id] = frames

    def entries(self, *, in_lockstep: bool) -> list[Entry]:
        """All messages that wait, now taken out; in lockstep in an order that does not depend on the network's."""
        entries, self._entries = self._entries, []
        if in_lockstep:
            entries.sort(key=lambda entry: (entry.peer.peer_id, entry.seq or 0))
        return entries

    @property
    def samples_shed(self) -> int:
        """How many samples a newer one of the same asset has replaced."""
        return self.samples_in - self.samples_out - len(self._samples)

    def samples(self) -> Iterator[tuple[str, Frames]]:
        """The newest telemetry of each asset that has sent any, now taken out, by id."""
        samples, self._samples = self._samples, {}
        self.samples_out += len(samples)
        return iter(sorted(samples.items()))
