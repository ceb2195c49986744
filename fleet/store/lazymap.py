"""A persistent map like ``immutables.Map`` whose first values stay as text until somebody asks for them.

A day of a million events leaves tens of thousands of parcels and missions that are over. They belong to the state, but
hardly anybody looks at them again: decoding them all is most of what a start from a snapshot would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

from immutables import Map

K = TypeVar("K")
V = TypeVar("V")


class Rows(Generic[K, V]):
    """Encoded values by key, each decoded once, when it is first asked for. It does not change.

    ``text`` holds them one behind the other from byte ``start`` on; nothing of it is copied before it is needed.
    """

    __slots__ = ("_decode", "_decoded", "_ends", "_numbers", "_text")

    def __init__(
        self,
        text: memoryview,
        start: int,
        keys: Sequence[K],
        lengths: Sequence[int],
        decode: Callable[[bytes], V],
    ) -> None:
        if len(keys) != len(lengths):
            raise ValueError(f"{len(keys)} keys for {len(lengths)} rows")
        self._text, self._decode = text, decode
        self._numbers = dict(zip(keys, range(len(keys)), strict=True))
        self._ends = [*accumulate(lengths, initial=start)]
        self._decoded: dict[K, V] = {}

    @property
    def keys(self) -> Mapping[K, int]:
        """The keys, with the number of each one's row."""
        return self._numbers

    @property
    def end(self) -> int:
        """Where the text ends that the rows take."""
        return self._ends[-1]

    def raw(self, key: K) -> bytes:
        """A row as it is encoded."""
        number = self._numbers[key]
        return bytes(self._text[self._ends[number] : self._ends[number + 1]])

    def __getitem__(self, key: K) -> V:
        try:
            return self._decoded[key]
        except KeyError:
            value = self._decoded[key] = self._decode(self.raw(key))
            return value


class LazyMap(Mapping[K, V]):
    """What the state needs of ``immutables.Map``, over rows that are decoded one by one.

    ``top`` holds what was set since, ``gone`` the keys of rows that were deleted since, and ``added`` counts the keys
    of ``top`` that are not among the rows. A value is the same object each time it is asked for.
    """

    __slots__ = ("_added", "_gone", "_rows", "_top")

    def __init__(
        self, rows: Rows[K, V], top: Map[K, V] | None = None, gone: Map[K, None] | None = None, added: int = 0
    ) -> None:
        self._rows, self._added = rows, added
        self._top: Map[K, V] = Map() if top is None else top
        self._gone: Map[K, None] = Map() if gone is None else gone

    def __getitem__(self, key: K) -> V:
        if key in self._top:
            return self._top[key]
        if key in self._gone:
            raise KeyError(key)
        return self._rows[key]

    def __contains__(self, key: object) -> bool:
        return key in self._top or (key in self._rows.keys and key not in self._gone)

    def __iter__(self) -> Iterator[K]:
        yield from self.untouched()
        yield from self._top

    def __len__(self) -> int:
        return len(self._rows.keys) - len(self._gone) + self._added

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping | Map):
            return NotImplemented
        return len(self) == len(other) and all(k in other and other[k] == v for k, v in self.items())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LazyMap({len(self)} entries, {len(self._top)} set since)"

    def untouched(self) -> Iterator[K]:
        """The keys of rows that are as they were."""
        return (key for key in self._rows.keys if key not in self._top and key not in self._gone)

    def encoded(self, key: K) -> bytes | None:
        """The row of a key as it was encoded; none where it was set since."""
        return None if key in self._top else self._rows.raw(key)

    def set(self, key: K, value: V) -> LazyMap[K, V]:
        """The map with one value more, or another one."""
        gone = self._gone.delete(key) if key in self._gone else self._gone
        new = key not in self._top and key not in self._rows.keys
        return LazyMap(self._rows, self._top.set(key, value), gone, self._added + new)

    def delete(self, key: K) -> LazyMap[K, V]:
        """The map without a key, which must be there."""
        if key not in self:
            raise KeyError(key)
        top = self._top.delete(key) if key in self._top else self._top
        if key in self._rows.keys:
            return LazyMap(self._rows, top, self._gone.set(key, None), self._added)
        return LazyMap(self._rows, top, self._gone, self._added - 1)

    def update(self, other: Mapping[K, V]) -> LazyMap[K, V]:
        """The map with all values of another one."""
        changed: Any = self
        for key, value in other.items():
            changed = changed.set(key, value)
        return changed  # type: ignore[no-any-return]
