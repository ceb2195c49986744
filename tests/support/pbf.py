"""A made-up town in the PBF format, written without the code that reads it: one block of nodes, one of ways."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from fleet.protocol.values import Place

Tags = Mapping[str, str]


def pbf_of(
    nodes: Mapping[int, Place],
    node_tags: Mapping[int, Tags],
    ways: Sequence[tuple[tuple[int, ...], Tags]],
    *,
    dense: bool = True,
) -> bytes:
    """The bytes of a file with these nodes, all of them together or (not ``dense``) one by one, and ways, which are
    numbered from 1."""
    features = ("OsmSchema-V0.6", "DenseNodes")
    header = b"".join(text(4, feature.encode()) for feature in features)
    return b"".join(
        (
            _blob("OSMHeader", header),
            _blob("OSMData", (_nodes if dense else _nodes_alone)(nodes, node_tags)),
            _blob("OSMData", _ways(ways)),
        )
    )


def varint(value: int) -> bytes:
    """A number, seven bits a byte."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def number(field: int, value: int) -> bytes:
    """A field that is a number."""
    return varint(field << 3) + varint(value)


def text(field: int, value: bytes) -> bytes:
    """A field that has a length."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def _signed(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _deltas(values: Iterable[int]) -> bytes:
    made, before = b"", 0
    for value in values:
        made, before = made + varint(_signed(value - before)), value
    return made


class _Strings(dict[str, int]):
    """A table of strings: 0 stands for nothing."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self) + 1
        return self[word]

    def table(self) -> bytes:
        return text(1, b"".join(text(1, word.encode()) for word in ("", *self)))


def _nodes(nodes: Mapping[int, Place], tags: Mapping[int, Tags]) -> bytes:
    strings = _Strings()
    said = [
        [*chain.from_iterable((strings[k], strings[v]) for k, v in tags.get(n, {}).items()), 0] for n in nodes
    ]
    dense = (
        text(1, _deltas(nodes))
        + text(8, _deltas(round(place.lat * 1e7) for place in nodes.values()))
        + text(9, _deltas(round(place.lon * 1e7) for place in nodes.values()))
        + text(10, b"".join(map(varint, chain.from_iterable(said))))
    )
    return strings.table() + text(2, text(2, dense))


def _nodes_alone(nodes: Mapping[int, Place], tags: Mapping[int, Tags]) -> bytes:
    strings, made = _Strings(), b""
    for numbered, place in nodes.items():
        own = tags.get(numbered, {})
        keys, values = (b"".join(varint(strings[word]) for word in words) for words in (own, own.values()))
        said = text(2, keys) + text(3, values) if own else b""
        lat, lon = (number(n, _signed(round(at * 1e7))) for n, at in ((8, place.lat), (9, place.lon)))
        made += text(1, number(1, _signed(numbered)) + said + lat + lon)
    return strings.table() + text(2, made)


def _ways(ways: Sequence[tuple[tuple[int, ...], Tags]]) -> bytes:
    strings, made = _Strings(), b""
    for numbered, (through, tags) in enumerate(ways, 1):
        keys = b"".join(varint(strings[key]) for key in tags)
        values = b"".join(varint(strings[value]) for value in tags.values())
        made += text(3, number(1, numbered) + text(2, keys) + text(3, values) + text(8, _deltas(through)))
    return strings.table() + text(2, made)


def _blob(kind: str, data: bytes) -> bytes:
    blob = number(2, len(data)) + text(3, zlib.compress(data))
    header = text(1, kind.encode()) + number(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob
