"""Connections that may still be shaking hands, by the address that they come from.

ZeroMQ tells that a handshake has ended well, but not over which connection. That is known once something comes over it,
and at the latest when the time for handshakes is over, since ZeroMQ then hangs up on all others.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Connection = TypeVar("Connection", bound=Hashable)


class Handshakes(Generic[Connection]):
    """``time_s`` is how long one may take."""

    __slots__ = ("_begun", "_by_address", "_succeeded", "_time_s")

    def __init__(self, time_s: float) -> None:
        self._time_s = time_s
        # All in the order in which they began (a dict that loses its first again and again is slow).
        self._begun: OrderedDict[Connection, tuple[float, str]] = OrderedDict()
        self._by_address: dict[str, OrderedDict[Connection, None]] = {}
        self._succeeded: deque[float] = deque()

    @property
    def under_way(self) -> int:
        """How many have not ended."""
        return max(0, len(self._begun) - len(self._succeeded))

    def begun(self, connection: Connection, address: str, wall_s: float) -> None:
        """A connection was accepted."""
        self._take(connection)
        self._begun[connection] = (wall_s, address)
        self._by_address.setdefault(address, OrderedDict())[connection] = None

    def succeeded(self, wall_s: float) -> None:
        """One of them has shaken hands; it is not known which."""
        self._succeeded.append(wall_s)

    def let_in(self, connection: Connection) -> None:
        """It is known that this one has shaken hands."""
        if self._take(connection) and self._succeeded:
            self._succeeded.popleft()

    def failed(self, connection: Connection) -> None:
        """It has ended without."""
        self._take(connection)

    def forget(self, wall_s: float) -> None:
        """Those whose time is over: what is still there has shaken hands."""
        while self._begun:
            connection, (since, _) = next(iter(self._begun.items()))
            if wall_s - since <= self._time_s:
                break
            self.let_in(connection)
        while self._succeeded and wall_s - self._succeeded[0] > self._time_s:
            self._succeeded.popleft()

    def pop_of_most(self) -> Connection:
        """Take out the oldest of the address that has most of them: it lingers, while who is honest is done at once.

        Raises ``KeyError`` where there is none.
        """
        if not self._by_address:
            raise KeyError("no handshake is under way")
        most = max(self._by_address, key=lambda address: len(self._by_address[address]))
        connection = next(iter(self._by_address[most]))
        self._take(connection)
        return connection

    def _take(self, connection: Connection) -> bool:
        found = self._begun.pop(connection, None)
        if found is None:
            return False
        of_address = self._by_address[found[1]]
        del of_address[connection]
        if not of_address:
            del self._by_address[found[1]]
        return True
