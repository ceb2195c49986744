"""Extracts of OpenStreetMap in the PBF format, read and written so far as tags go: some elements get one more.

The format is described at <https://wiki.openstreetmap.org/wiki/PBF_Format>: blocks, each compressed alone, of messages
in protocol buffers. All that is not a tag of a node or a way is written as it was read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fleet.network.errors import NetworkError

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """Which elements get which tags, in the place of what they say under those keys. ``by`` are the keys of which one
    must be there for an element to be asked at all."""

    asked: Callable[[Tags], bool]
    tags: Tags
    by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of nodes and of ways."""

    node: Mark
    way: Mark


Field = tuple[int, int, "int | bytes"]
"""One field of a message: its number, its wire type, and its value: a number, or what is written behind a length."""

_VARINT, _LENGTH = 0, 2
_WIDTHS = {1: 8, 5: 4}
"""How many bytes numbers of a fixed width have, by wire type."""

_STRINGS, _GROUP = 1, 2
_NODE, _DENSE, _WAY = 1, 2, 3
_DENSE_TAGS = 10
_WAY_KEYS, _WAY_VALUES = 2, 3
"""Numbers of the fields that are looked at: of a block, of its groups, and of what is in those."""


def mark(source: Path, target: Path, marks: Marks) -> int:
    """Write the extract with the marks, and say how many elements have got one. Raises ``NetworkError`` for what is no
    extract, or is compressed in another way than by zlib; it names the file that a link leads to."""
    marked = 0
    try:
        with source.open("rb") as read, target.open("wb") as write:
            for kind, header, blob in _blobs(read):
                if kind != b"OSMData":
                    _write(write, header, blob)
                    continue
                block, count = _block(_unpacked(blob), marks)
                marked += count
                _write(write, header, blob if not count else _packed_blob(block))
    except (LookupError, ValueError, zlib.error) as error:
        raise NetworkError(str(source.resolve()), f"cannot be read as PBF: {error}") from error
    return marked


# The file: blocks behind headers


def _blobs(file: IO[bytes]) -> Iterator[tuple[bytes, list[Field], bytes]]:
    """Each block's kind, the fields of its header, and its bytes as they are stored."""
    while size := file.read(4):
        header = list(fields(file.read(int.from_bytes(size, "big"))))
        named = {number: value for number, _, value in header}
        kind, length = named[1], named[3]
        if not isinstance(kind, bytes) or not isinstance(length, int):
            raise ValueError("a block's header is damaged")
        blob = file.read(length)
        if len(blob) != length:
            raise ValueError("the file ends within a block")
        yield kind, header, blob


def _write(file: IO[bytes], header: Iterable[Field], blob: bytes) -> None:
    said = written((n, wire, len(blob) if n == 3 else value) for n, wire, value in header)
    file.write(len(said).to_bytes(4, "big") + said + blob)


def _unpacked(blob: bytes) -> bytes:
    named = {number: value for number, _, value in fields(blob)}
    for number, take in ((1, bytes), (3, zlib.decompress)):
        if isinstance(found := named.get(number), bytes):
            return take(found)
    raise ValueError("a block is neither plain nor compressed by zlib: write it anew with `osmium cat`")


def _packed_blob(block: bytes) -> bytes:
    return written(((2, _VARINT, len(block)), (3, _LENGTH, zlib.compress(block, 1))))


# A block: its table of strings, and groups of elements that point into it


def _block(data: bytes, marks: Marks) -> tuple[bytes, int]:
    """The block with the marks, and how many it has got."""
    parts = list(fields(data))
    strings = next((_strings(value) for number, _, value in parts if number == _STRINGS), [])
    if (marks.node.by | marks.way.by).isdisjoint(strings):
        return data, 0
    known, count = len(strings), 0
    nodes = _Tagged.of(strings, marks.node)
    tagged = {_NODE: nodes, _DENSE: nodes, _WAY: _Tagged.of(strings, marks.way)}
    made: list[Field] = []
    for number, wire, part in parts:
        fresh, more = part, 0
        if number == _GROUP and isinstance(part, bytes):
            fresh, more = _group(part, tagged)
        count += more
        made.append((number, wire, fresh))
    if len(strings) > known:
        table = written((1, _LENGTH, word.encode()) for word in strings)
        made = [(n, wire, table if n == _STRINGS else part) for n, wire, part in made]
    return written(made), count


def _strings(table: int | bytes) -> list[str]:
    if not isinstance(table, bytes):
        raise ValueError("a block has no table of strings")
    return [
        value.decode("utf-8", "surrogateescape") for _, _, value in fields(table) if isinstance(value, bytes)
    ]


def _index(strings: list[str], word: str) -> int:
    """Where the word is in the table; it is put there where it is not. The first entry stands for nothing."""
    try:
        return strings.index(word, 1)
    except ValueError:
        strings.append(word)
        return len(strings) - 1


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Tags as pairs of places in a block's table, looked at and marked."""

    strings: list[str]
    mark: Mark
    made: dict[int, int]

    @classmethod
    def of(cls, strings: list[str], mark: Mark) -> _Tagged:
        made = {_index(strings, key): _index(strings, value) for key, value in mark.tags.items()}
        return cls(strings, mark, made)

    def marked(self, pairs: list[tuple[int, int]]) -> bool:
        """Whether the element gets the mark; ``pairs`` are changed then."""
        tags = {self.strings[key]: self.strings[value] for key, value in pairs}
        if self.mark.by.isdisjoint(tags) or not self.mark.asked(tags):
            return False
        pairs[:] = [*((key, value) for key, value in pairs if key not in self.made), *self.made.items()]
        return True


def _group(data: bytes, tagged: Mapping[int, _Tagged]) -> tuple[bytes, int]:
    made: list[Field] = []
    count = 0
    for number, wire, part in fields(data):
        fresh, more = part, 0
        if number in tagged and isinstance(part, bytes):
            fresh, more = (_dense if number == _DENSE else _way)(part, tagged[number])
        count += more
        made.append((number, wire, fresh))
    return (written(made) if count else data), count


def _way(data: bytes, tagged: _Tagged) -> tuple[bytes, int]:
    """A way, or a node by itself, has its keys in one list and its values in another."""
    parts = list(fields(data))
    named = {number: value for number, _, value in parts}
    keys, values = named.get(_WAY_KEYS, b""), named.get(_WAY_VALUES, b"")
    if not isinstance(keys, bytes) or not isinstance(values, bytes):
        raise ValueError("a way's tags are damaged")
    pairs = list(zip(numbers(keys), numbers(values), strict=True))
    if not tagged.marked(pairs):
        return data, 0
    lists = {_WAY_KEYS: [key for key, _ in pairs], _WAY_VALUES: [value for _, value in pairs]}
    made = [(n, w, _packed(lists[n]) if n in lists else value) for n, w, value in parts]
    return written(made), 1


def _dense(data: bytes, tagged: _Tagged) -> tuple[bytes, int]:
    """Nodes have all their tags in one list: keys and values in turn, and a nought behind each node's."""
    parts = list(fields(data))
    told = next((value for number, _, value in parts if number == _DENSE_TAGS), b"")
    if not isinstance(told, bytes):
        raise ValueError("nodes' tags are damaged")
    made: list[int] = []
    pairs: list[tuple[int, int]] = []
    count = 0
    words = numbers(told)
    for key in words:
        if key:
            pairs.append((key, next(words)))
            continue
        if pairs:
            count += tagged.marked(pairs)
            made += (index for pair in pairs for index in pair)
            pairs = []
        made.append(0)
    if not count:
        return data, 0
    return written((n, w, _packed(made) if n == _DENSE_TAGS else value) for n, w, value in parts), count


# Protocol buffers


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message, in order."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        number, wire = key >> 3, key & 7
        value: int | bytes
        if wire == _VARINT:
            value, at = _number(data, at)
        else:
            size, at = _number(data, at) if wire == _LENGTH else (_WIDTHS[wire], at)
            value, at = data[at : at + size], at + size
            if len(value) != size:
                raise ValueError("a message ends too early")
        yield number, wire, value


def numbers(data: bytes) -> Iterator[int]:
    """A packed list of numbers."""
    at = 0
    while at < len(data):
        value, at = _number(data, at)
        yield value


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The number (seven bits a byte, the lowest first) that begins there, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def written(message: Iterable[Field]) -> bytes:
    """A message of these fields."""
    made = bytearray()
    for number, wire, value in message:
        made += _bytes_of(number << 3 | wire)
        if isinstance(value, int):
            made += _bytes_of(value)
        else:
            made += (_bytes_of(len(value)) if wire == _LENGTH else b"") + value
    return bytes(made)


def _packed(values: Iterable[int]) -> bytes:
    return b"".join(map(_bytes_of, values))


def _bytes_of(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
