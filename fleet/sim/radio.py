"""An asset's radio: what it can't send or hear while it is silent waits, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from fleet.protocol.messages import AnyMessage, Telemetry


class Radio:
    """``out`` takes what leaves the asset, ``hear`` what reaches it."""

    def __init__(self, out: Callable[[AnyMessage], None], hear: Callable[[AnyMessage], None]) -> None:
        self.silent = False
        self._out, self._hear = out, hear
        self._unsent: deque[AnyMessage] = deque()
        self._unheard: deque[AnyMessage] = deque()

    def say(self, message: AnyMessage) -> None:
        """Send, or keep for later; telemetry is not kept."""
        if not self.silent:
            self._out(message)
        elif not isinstance(message, Telemetry):
            self._unsent.append(message)

    def receive(self, message: AnyMessage) -> None:
        """Hear, or let it wait."""
        if self.silent:
            self._unheard.append(message)
        else:
            self._hear(message)

    def come_back(self) -> None:
        """The silence is over: first everything is sent, then everything is heard."""
        self.silent = False
        while self._unsent:
            self._out(self._unsent.popleft())
        while self._unheard:
            self._hear(self._unheard.popleft())
