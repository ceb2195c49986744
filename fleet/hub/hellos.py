"""The hellos that wait for the disk: bounded, so that nobody who says hello without end pushes out another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from fleet.hub.peers import Route
from fleet.hub.security.access import Credential
from fleet.protocol.messages import Envelope, Hello

MOST = 20_000
"""Callers whose hellos wait at most: several for each asset of a large fleet."""

MOST_OF_ONE = 16
"""Hellos of one caller that wait at most: a few boots, or a few tools that have one key."""


class Said(NamedTuple):
    """A hello, the connection over which it came, and whose key that has."""

    route: Route
    envelope: Envelope
    hello: Hello
    key: Credential


class Hellos:
    """Of a caller (who has a key; without keys, whom the hello names) the newest of each hello is kept: while nothing
    can be stored the same is said again and again.
    """

    def __init__(self) -> None:
        self._of: dict[str, dict[Hello, Said]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def put(self, route: Route, envelope: Envelope, hello: Hello, key: Credential) -> None:
        """Keep one, and let go of the oldest where too many wait: of its caller, or of the first one of too many."""
        caller = key.subject or hello.peer_id
        mine = self._of.setdefault(caller, {})
        mine.pop(hello, None)
        mine[hello] = Said(route, envelope, hello, key)
        if len(mine) > MOST_OF_ONE:
            del mine[next(iter(mine))]
        if len(self._of) > MOST:
            del self._of[next(iter(self._of))]

    def taken(self, more: Callable[[], bool]) -> Iterator[Said]:
        """Take them out, each caller's in the order in which it said them, for as long as ``more`` says so."""
        while self._of and more():
            caller, mine = next(iter(self._of.items()))
            said = mine.pop(next(iter(mine)))
            if not mine:
                del self._of[caller]
            yield said

    def keep(self, counts: Callable[[Credential], bool]) -> None:
        """Forget those whose keys do not count any more."""
        left = {
            caller: {hello: said for hello, said in mine.items() if counts(said.key)}
            for caller, mine in self._of.items()
        }
        self._of = {caller: mine for caller, mine in left.items() if mine}
