"""A bounded store for what is worked out once and asked for often."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

MOST_KEPT = 100_000

_ABSENT = object()


class Memory:
    """Answers by key. When it is full the half that was asked for least recently goes. A pickled one begins empty.

    Threads may share one: at worst two that ask for the same new key at once both work it out. (Each step on the
    dictionary is one that the interpreter does not divide.)
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        if most < 1:
            raise ValueError(f"a memory keeps at least one answer, not {most}")
        self._most = most
        self._kept: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer that is kept for the key, else the one that ``make`` works out now."""
        found = self._kept.pop(key, _ABSENT)
        if found is _ABSENT:
            found = make()
            self._make_room()
        self._kept[key] = found
        return cast("T", found)

    def _make_room(self) -> None:
        if len(self._kept) >= self._most:
            for key in list(self._kept)[: (self._most + 1) // 2]:
                self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._kept)

    def __reduce__(self) -> tuple[type[Memory], tuple[int]]:
        return Memory, (self._most,)
