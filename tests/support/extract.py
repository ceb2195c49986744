"""Extracts of OpenStreetMap in the PBF format, read without the product's code, and cut to a part of the map."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.protocol.values import Place
from tests.support.pbf import pbf_of

Ints = NDArray[np.int64]
Tags = dict[str, str]
Way = tuple[tuple[int, ...], Tags]
Fields = Iterator[tuple[int, "int | bytes"]]

UNITS_PER_DEGREE = 1e7


@dataclass(frozen=True, slots=True)
class Extract:
    """Points by number, the tags of those that have some, and the ways that are streets or paths."""

    points: dict[int, tuple[float, float]]
    point_tags: dict[int, Tags]
    ways: tuple[Way, ...]

    def line(self, through: tuple[int, ...]) -> shapely.LineString:
        """Where a way, or a part of it, lies."""
        return shapely.LineString([self.points[number] for number in through])

    def within(self, west: float, south: float, east: float, north: float) -> Extract:
        """What lies in a box: ways that leave it end at their last point inside, and begin anew at the next."""
        inside = {n for n, (lon, lat) in self.points.items() if west <= lon <= east and south <= lat <= north}
        return self.without(lambda a, b: a not in inside or b not in inside)

    def without(self, gone: Callable[[int, int], bool]) -> Extract:
        """The same without the stretches between neighbouring points that are gone, and without what they leave."""
        ways = tuple((part, tags) for through, tags in self.ways for part in _parts(through, gone))
        kept = {number for through, _ in ways for number in through}
        points = {number: at for number, at in self.points.items() if number in kept}
        return Extract(points, {n: tags for n, tags in self.point_tags.items() if n in kept}, ways)

    def meeting(self, parts: list[shapely.Polygon]) -> frozenset[tuple[int, int]]:
        """The stretches that meet one of some parts of the map, in both directions."""
        pairs = [pair for through, _ in self.ways for pair in pairwise(through)]
        tree = shapely.STRtree([self.line(pair) for pair in pairs])
        met = {pairs[k] for part in parts for k in tree.query(part, predicate="intersects")}
        return frozenset(met | {(b, a) for a, b in met})

    def write(self, file: Path) -> Path:
        """As a file that routers read. Turn restrictions are left out."""
        nodes = {number: Place(lon=lon, lat=lat) for number, (lon, lat) in sorted(self.points.items())}
        file.write_bytes(pbf_of(nodes, self.point_tags, self.ways))
        return file


def _parts(through: tuple[int, ...], gone: Callable[[int, int], bool]) -> Iterator[tuple[int, ...]]:
    part = through[:1]
    for a, b in pairwise(through):
        if gone(a, b):
            if len(part) > 1:
                yield part
            part = (b,)
        else:
            part += (b,)
    if len(part) > 1:
        yield part


def read_extract(file: Path) -> Extract:
    """The points and the streets of a file whose points are stored densely, as all tools write them."""
    points: dict[int, tuple[float, float]] = {}
    tags: dict[int, Tags] = {}
    ways: list[Way] = []
    for block in _blocks(file.read_bytes()):
        parts = list(_fields(block))
        strings = [_text(word) for word in _of(_bytes(parts, 1), 1)]
        for group in _of(block, 2):
            for dense in _of(group, 2):
                _read_points(dense, strings, points, tags)
            ways += [way for one in _of(group, 3) if (way := _street(one, strings)) is not None]
    used = {number for through, _ in ways for number in through}
    at = {number: points[number] for number in used if number in points}
    whole = tuple((tuple(n for n in through if n in at), said) for through, said in ways)
    return Extract(at, {n: said for n, said in tags.items() if n in at}, whole)


def _blocks(data: bytes) -> Iterator[bytes]:
    """What each block of data holds, unpacked."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        header = dict(_fields(data[at + 4 : at + 4 + size]))
        length = header[3]
        assert isinstance(length, int)
        start = at + 4 + size
        at = start + length
        if header[1] == b"OSMData":
            yield zlib.decompress(_bytes(_fields(data[start:at]), 3))


def _read_points(
    dense: bytes, strings: list[str], points: dict[int, tuple[float, float]], tags: dict[int, Tags]
) -> None:
    named = dict(_fields(dense))
    numbers, lats, lons = (np.cumsum(_signed(_packed(_raw(named.get(n))))).tolist() for n in (1, 8, 9))
    for number, lat, lon in zip(numbers, lats, lons, strict=True):
        points[number] = (lon / UNITS_PER_DEGREE, lat / UNITS_PER_DEGREE)
    words = iter(_packed(_raw(named.get(10))).tolist())
    for number in numbers:
        said: Tags = {}
        while key := next(words, 0):
            said[strings[key]] = strings[next(words)]
        if said:
            tags[number] = said


def _street(data: bytes, strings: list[str]) -> Way | None:
    """A way that is a street or a path; none where it is something else, as most are."""
    named = dict(_fields(data))
    keys, values = (_few(_raw(named.get(n))) for n in (2, 3))
    tags = {strings[k]: strings[v] for k, v in zip(keys, values, strict=True)}
    if "highway" not in tags:
        return None
    steps = _few(_raw(named.get(8)))
    return tuple(accumulate((step >> 1) ^ -(step & 1) for step in steps)), tags


def _few(data: bytes) -> list[int]:
    """Numbers one behind the other, as ``_packed`` reads them: quicker where there are few."""
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found


def _fields(data: bytes) -> Fields:
    """The fields of a message: numbers, and what has a length."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value, at = _varint(data, at)
        if key & 7 == 2:
            yield key >> 3, data[at : at + value]
            at += value
        else:
            yield key >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _packed(data: bytes) -> Ints:
    """Numbers one behind the other, seven bits a byte; the last byte of each is below 128."""
    raw = np.frombuffer(data, dtype=np.uint8)
    last = np.flatnonzero(raw < 128)
    first = np.concatenate(([0], last[:-1] + 1)) if len(last) else last
    place = np.arange(len(raw)) - np.repeat(first, last - first + 1)
    values = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    sums: Ints = np.add.reduceat(values, first).astype(np.int64) if len(last) else last.astype(np.int64)
    return sums


def _signed(values: Ints) -> Ints:
    return (values >> 1) ^ -(values & 1)


def _of(data: bytes, field: int) -> list[bytes]:
    return [value for number, value in _fields(data) if number == field and isinstance(value, bytes)]


def _bytes(parts: Iterable[tuple[int, int | bytes]], field: int) -> bytes:
    return next(value for number, value in parts if number == field and isinstance(value, bytes))


def _raw(value: int | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _text(word: bytes) -> str:
    return word.decode()
