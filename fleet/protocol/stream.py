"""Go-back-N in two halves, the same at both ends: what goes out until it is acknowledged, and what comes in.

Sequence numbers start at 1 for each direction and boot and have no gaps. An acknowledgement is cumulative.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from fleet.protocol.errors import Fault, Full, LocalError, RemoteError
from fleet.protocol.messages import AnyMessage


@dataclass(slots=True)
class Outgoing:
    """Messages that must arrive: kept, in order, until the other end has durably taken them.

    ``limit`` bounds how many may wait (memory); ``window`` how many of them may be under way at once. ``reached`` is
    the highest number that the other end can have had: what was transmitted, or may have been before a restart. An end
    that was restored from something old and has said new things since is found out by it.
    """

    limit: int
    window: int
    acknowledged: int = 0
    transmitted: int = 0
    reached: int = 0
    pending: deque[AnyMessage] = field(default_factory=deque)

    @property
    def last(self) -> int:
        """The highest sequence number given out."""
        return self.acknowledged + len(self.pending)

    @property
    def room(self) -> int:
        """How many more messages can wait."""
        return self.limit - len(self.pending)

    @property
    def in_flight(self) -> int:
        """How many are transmitted on this connection and not acknowledged."""
        return self.transmitted - self.acknowledged

    def push(self, message: AnyMessage) -> int:
        """Keep a message; the number that it got. ``Full`` when there is no room."""
        if self.room <= 0:
            raise Full(
                f"{len(self.pending)} messages wait for acknowledgement: hold back until some are taken"
            )
        self.pending.append(message)
        return self.last

    def due(self) -> Iterable[tuple[int, AnyMessage]]:
        """What the window lets out now, counted as transmitted."""
        start, first = self.in_flight, self.transmitted + 1
        batch = list(islice(self.pending, start, self.window))
        self.transmitted += len(batch)
        self.reached = max(self.reached, self.transmitted)
        return enumerate(batch, first)

    def acknowledge(self, ack: int) -> bool:
        """Forget what the other end has taken; whether that was anything new."""
        if ack > self.reached:
            raise RemoteError(
                Fault.BAD_ACK, f"message {ack} is acknowledged, but the last one sent is {self.reached}"
            )
        if ack <= self.acknowledged:
            return False
        for _ in range(ack - self.acknowledged):
            self.pending.popleft()
        self.acknowledged = ack
        self.transmitted = max(self.transmitted, ack)
        return True

    def rewind(self) -> None:
        """Transmit everything that is not acknowledged again."""
        self.transmitted = self.acknowledged

    def renumber(self) -> None:
        """Number what still waits from 1: the start of a new boot."""
        self.acknowledged = self.transmitted = self.reached = 0

    def resume(self, acknowledged: int, pending: Iterable[AnyMessage], reached: int | None = None) -> None:
        """Go on from what was stored; all of it may have been transmitted, or what ``reached`` says."""
        self.acknowledged = self.transmitted = acknowledged
        self.pending = deque(pending)
        self.reached = self.last if reached is None else reached


@dataclass(slots=True)
class Incoming:
    """What came in: each number is delivered once, in order; it is acknowledged only once it is ``taken``.

    ``delivered`` was handed to the application, ``taken`` is durable there, ``announced`` was acknowledged.
    """

    taken: int = 0
    delivered: int = 0
    announced: int = 0

    @property
    def owes_ack(self) -> bool:
        """Whether the other end does not know yet what was taken."""
        return self.announced != self.taken

    def accept(self, seq: int) -> bool:
        """Whether this is the next message; an old one is a duplicate, one after a gap will come again."""
        if seq == self.delivered + 1:
            self.delivered = seq
            return True
        if seq <= self.taken:
            self.announced = -1  # The acknowledgement was lost, or else this would not have been sent again.
        return False

    def take(self, seq: int) -> None:
        """The application has durably taken everything up to ``seq``."""
        if seq > self.delivered:
            raise LocalError(f"message {seq} can't be taken: only {self.delivered} were delivered")
        self.taken = max(self.taken, seq)

    def hand_back(self, seq: int) -> None:
        """The application could not take ``seq`` and what came after it: they will be delivered again."""
        if seq <= self.taken:
            raise LocalError(f"message {seq} can't be handed back: it has been taken")
        self.delivered = min(self.delivered, seq - 1)

    def restart(self) -> None:
        """Expect number 1 next: the start of a new boot."""
        self.taken = self.delivered = self.announced = 0
