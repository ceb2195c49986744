# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Where straight pieces of a path meet volumes, in four dimensions: the loops that a check spends its time in.

`kernel.pxd` beside this file gives the names C types, and setup.py compiles both with Cython. Where that was not
done this file runs as it is: the same answers, some hundred times slower. Nothing here allocates in a loop.
It is long for one file as it is one unit of compilation: methods of a class call each other directly, and C functions
of another module only through a pointer, which costs in the innermost loops.

Sideways, a piece is a line from 0 to its length, and a vertex is projected straight down (orthographically) on the
plane that touches the ellipsoid in the middle of the piece: at 3 km that errs by 0.2 mm, at 13 km by 9 mm. Edges come
cut so short that their chords stray 0.025 m from straight lines in longitude and latitude. Whether a place is inside is
asked in longitude and latitude, where edges are straight by definition. Both errors are within `TOLERANCE_M`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from math import isfinite, sqrt

    from geofences.kernels.piece import Piece, aim, at_least, surface, when

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indexes = npt.NDArray[np.int32]
    Bytes = npt.NDArray[np.uint8]
    Spans = list[tuple[float, float]]

FAN = 16
"""Children of a node of the tree."""

CLEAR, UNKNOWN, BLOCKED = 0, 1, 2
UNTIMED, LISTED, NOT_YET_LISTED = 0, 1, 2
DONE, WAITS, LONG, BAD = 0, 1, 2, 3
MORE_TIMES, NO_PLACE = 3, 4
LONGEST_M = 5_010.0
"""A leg longer than this is too long for one plane; paths are cut into pieces of 5 km."""

FAR = 1e300


class Terms:
    """What is asked of every piece: margins, which volumes block, and when each of them applies.

    `timed` says of each volume whether it is `UNTIMED`, or applies at times that are `LISTED` or not there yet;
    `certain_at[v]` holds the first row and the row after the last of `certain`, when it surely does (Unix
    seconds), `possible_at` and `possible` when it may. `wanted[v]` is set where the times of a volume were missing.
    """

    def __init__(
        self,
        reach_m: float,
        vertical_m: float,
        blocking: Bytes,
        timed: Bytes,
        certain_at: Indexes,
        certain: Floats,
        possible_at: Indexes,
        possible: Floats,
        wanted: Bytes,
    ) -> None:
        self.reach_m, self.vertical_m = reach_m, vertical_m
        self.blocking, self.timed, self.wanted = blocking, timed, wanted
        self.certain_at, self.certain = certain_at, certain
        self.possible_at, self.possible = possible_at, possible


class Kernel:
    """All volumes of a zone set as arrays: a tree of boxes, chunks of edges, vertices, limits; see `flat.py`."""

    def __init__(
        self,
        lonlat: Floats,
        xyz: Floats,
        chunks: Indexes,
        chunk_box: Floats,
        chunk_at: Indexes,
        levels: Indexes,
        node_box: Floats,
        item: Indexes,
        limits: Floats,
        above_ground: Bytes,
    ) -> None:
        self.lonlat, self.xyz = lonlat, xyz
        self.chunks, self.chunk_box, self.chunk_at = chunks, chunk_box, chunk_at
        self.levels, self.node_box, self.item = levels, node_box, item
        self.limits, self.above_ground = limits, above_ground
        self.top = len(levels) - 1
        self.west, self.east = FAR, -FAR
        for west, _, east, _ in node_box.tolist():
            self.west, self.east = min(self.west, west), max(self.east, east)

    def point(
        self,
        piece: Piece,
        terms: Terms,
        lon: float,
        lat: float,
        alt: float,
        at: float,
        ground_low: float,
        ground_high: float,
    ) -> int:
        """The status of a place at a time, or `MORE_TIMES` or `NO_PLACE`.

        `piece` is scratch that callers may share: compiled, this never lets another thread in. As plain Python it does,
        between any two lines, and takes a piece of its own.
        """
        if not cython.compiled:
            piece = Piece()
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0 and isfinite(alt) and isfinite(at)):
            return NO_PLACE
        aim(piece, lon, lat, lon, lat, terms.reach_m)
        when(piece, alt, alt, at, at, ground_low, ground_high)
        self._search(piece, terms)
        return MORE_TIMES if piece.waits and piece.status != BLOCKED else piece.status

    def segments(
        self,
        terms: Terms,
        start: Floats,
        end: Floats,
        alt: Floats,
        to_alt: Floats,
        time: Floats,
        to_time: Floats,
        ground_low: float,
        ground_high: float,
        status: Bytes,
        left: Bytes,
    ) -> None:
        """Fill in the status of each leg (ends are rows of longitude, latitude), or why it is `left`: its times are not
        listed (`WAITS`), it is too `LONG` for one plane, or its numbers are `BAD`.
        """
        piece = Piece()
        with cython.nogil:
            for row in range(start.shape[0]):
                left[row] = self._aimed(piece, terms, start[row, 0], start[row, 1], end[row, 0], end[row, 1])
                sound = (
                    isfinite(alt[row])
                    and isfinite(to_alt[row])
                    and isfinite(time[row])
                    and isfinite(to_time[row])
                )
                if not (sound and time[row] <= to_time[row]):
                    left[row] = BAD
                if left[row] != DONE:
                    continue
                when(piece, alt[row], to_alt[row], time[row], to_time[row], ground_low, ground_high)
                self._search(piece, terms)
                status[row] = piece.status
                if piece.waits and piece.status != BLOCKED:
                    left[row] = WAITS

    def beside(self, terms: Terms, start: Floats, end: Floats, status: Bytes, left: Bytes) -> None:
        """Like `segments` in two dimensions: BLOCKED where a leg comes within reach at any height and time."""
        piece = Piece()
        with cython.nogil:
            for row in range(start.shape[0]):
                left[row] = self._aimed(piece, terms, start[row, 0], start[row, 1], end[row, 0], end[row, 1])
                if left[row] == DONE:
                    piece.any_time = True
                    self._search(piece, terms)
                    status[row] = piece.status

    def _aimed(self, piece: Piece, terms: Terms, lon: float, lat: float, to_lon: float, to_lat: float) -> int:
        """Set up a leg, if it can be looked at as it is."""
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0 and abs(to_lon) <= 180.0 and abs(to_lat) <= 90.0):
            return BAD
        aim(piece, lon, lat, to_lon, to_lat, terms.reach_m)
        return LONG if piece.length > LONGEST_M else DONE

    def spans(
        self, terms: Terms, lon: float, lat: float, to_lon: float, to_lat: float
    ) -> list[tuple[int, Spans]]:
        """Each blocking volume that a piece comes within reach of, with the spans (fractions, sorted) of where."""
        piece, near = Piece(), list[int]()
        found: dict[int, Spans] = {}
        aim(piece, lon, lat, to_lon, to_lat, terms.reach_m)
        for turn in (-360.0, 0.0, 360.0):
            piece.turn = turn
            near.clear()
            self._gather(piece, self.top, 0, near)
            for volume in near:
                if terms.blocking[volume]:
                    met = self._volume_spans(piece, volume)
                    if met:
                        found[volume] = _merged(found.get(volume, []) + met)
        return sorted(found.items())

    def _search(self, piece: Piece, terms: Terms) -> None:
        for number in range(-1, 2):
            piece.turn = 360.0 * number
            if piece.east + piece.turn < self.west or piece.west + piece.turn > self.east:
                continue
            self._visit(piece, terms, self.top, 0)
            if piece.status == BLOCKED:
                return

    def _visit(self, piece: Piece, terms: Terms, level: int, node: int) -> None:
        base, size = self.levels[level, 0], self.levels[level, 1]
        west, east = piece.west + piece.turn, piece.east + piece.turn
        for child in range(node * FAN, min(node * FAN + FAN, size)):
            row = base + child
            if (
                self.node_box[row, 0] <= east
                and self.node_box[row, 1] <= piece.north
                and self.node_box[row, 2] >= west
                and self.node_box[row, 3] >= piece.south
            ):
                if level == 0:
                    self._judge(piece, terms, self.item[child])
                else:
                    self._visit(piece, terms, level - 1, child)
                if piece.status == BLOCKED:
                    return

    def _gather(self, piece: Piece, level: int, node: int, near: list[int]) -> None:
        base, size = self.levels[level, 0], self.levels[level, 1]
        for child in range(node * FAN, min(node * FAN + FAN, size)):
            row = base + child
            if (
                self.node_box[row, 0] <= piece.east + piece.turn
                and self.node_box[row, 1] <= piece.north
                and self.node_box[row, 2] >= piece.west + piece.turn
                and self.node_box[row, 3] >= piece.south
            ):
                if level == 0:
                    near.append(self.item[child])
                else:
                    self._gather(piece, level - 1, child, near)

    def _judge(self, piece: Piece, terms: Terms, volume: int) -> None:
        """Raise the piece's status to what this volume makes of it."""
        if not terms.blocking[volume]:
            return
        if piece.any_time:
            if self._touches(piece, volume, 0.0, 1.0):
                piece.status = BLOCKED
            return
        self._heights(piece, terms, volume, False)
        if piece.low > piece.high:
            return
        low, high = piece.low, piece.high
        self._heights(piece, terms, volume, True)
        sure_low, sure_high = piece.low, piece.high
        timed = terms.timed[volume]
        if timed == UNTIMED:
            if sure_low <= sure_high and self._touches(piece, volume, sure_low, sure_high):
                piece.status = BLOCKED
            elif (
                (low != sure_low or high != sure_high)
                and piece.status == CLEAR
                and self._touches(piece, volume, low, high)
            ):
                piece.status = UNKNOWN
        elif timed == NOT_YET_LISTED:
            if self._touches(piece, volume, low, high):
                terms.wanted[volume] = True
                piece.waits = True
        elif sure_low <= sure_high and self._meets(
            piece, terms.certain_at, terms.certain, volume, sure_low, sure_high
        ):
            piece.status = BLOCKED
        elif piece.status == CLEAR and self._meets(
            piece, terms.possible_at, terms.possible, volume, low, high
        ):
            piece.status = UNKNOWN

    def _heights(self, piece: Piece, terms: Terms, volume: int, surely: bool) -> None:
        """The part of the piece (`low` to `high`, fractions) between the volume's limits: surely, or possibly."""
        lowest, highest = piece.ground_low, piece.ground_high
        floor, ceiling = self.limits[volume, 1 if surely else 0], self.limits[volume, 2 if surely else 3]
        if self.above_ground[volume, 0]:
            floor += highest if surely else lowest
        if self.above_ground[volume, 1]:
            ceiling += lowest if surely else highest
        at_least(piece, piece.alt0, piece.alt1, floor - terms.vertical_m)
        low, high = piece.low, piece.high
        at_least(piece, -piece.alt0, -piece.alt1, -(ceiling + terms.vertical_m))
        piece.low, piece.high = max(low, piece.low), min(high, piece.high)

    def _meets(
        self, piece: Piece, rows: Indexes, spans: Floats, volume: int, low: float, high: float
    ) -> bool:
        """Whether it touches the volume between two fractions while one of the spans of time lasts."""
        length = piece.time1 - piece.time0
        for row in range(rows[volume, 0], rows[volume, 1]):
            begin, end = max(spans[row, 0], piece.time0), min(spans[row, 1], piece.time1)
            if begin <= end:
                first, last = low, high
                if length > 0.0:
                    first = max(low, (begin - piece.time0) / length)
                    last = min(high, (end - piece.time0) / length)
                if first <= last and self._touches(piece, volume, first, last):
                    return True
        return False

    def _touches(self, piece: Piece, volume: int, low: float, high: float) -> bool:
        """Whether the part of the piece between two fractions comes within reach of the volume."""
        for chunk in range(self.chunk_at[volume, 0], self.chunk_at[volume, 1]):
            if self._is_near(piece, chunk):
                first, last = self.chunks[chunk, 0], self.chunks[chunk, 1]
                along, across = self._along(piece, first), self._across(piece, first)
                for edge in range(first, last):
                    to_along, to_across = self._along(piece, edge + 1), self._across(piece, edge + 1)
                    met = _edge_span(piece, along, across, to_along, to_across)
                    if met and piece.low <= high and piece.high >= low:
                        return True
                    along, across = to_along, to_across
        return self._holds(piece, volume, low)

    def _volume_spans(self, piece: Piece, volume: int) -> Spans:
        """Where, as fractions, the piece comes within reach of the volume: near edges, and between them if inside."""
        spans: Spans = []
        for chunk in range(self.chunk_at[volume, 0], self.chunk_at[volume, 1]):
            if self._is_near(piece, chunk):
                for edge in range(self.chunks[chunk, 0], self.chunks[chunk, 1]):
                    met = _edge_span(
                        piece,
                        self._along(piece, edge),
                        self._across(piece, edge),
                        self._along(piece, edge + 1),
                        self._across(piece, edge + 1),
                    )
                    spans += [(piece.low, piece.high)] if met else []
        spans = _merged(spans)
        marks = [0.0, *[mark for span in spans for mark in span], 1.0]
        for first, last in zip(marks[::2], marks[1::2], strict=True):
            if first < last and self._holds(piece, volume, (first + last) / 2.0):
                spans.append((first, last))
        return _merged(spans)

    def _is_near(self, piece: Piece, chunk: int) -> bool:
        return (
            self.chunk_box[chunk, 0] <= piece.east + piece.turn
            and self.chunk_box[chunk, 1] <= piece.north
            and self.chunk_box[chunk, 2] >= piece.west + piece.turn
            and self.chunk_box[chunk, 3] >= piece.south
        )

    def _along(self, piece: Piece, vertex: int) -> float:
        return (
            (self.xyz[vertex, 0] - piece.x) * piece.along_x
            + (self.xyz[vertex, 1] - piece.y) * piece.along_y
            + (self.xyz[vertex, 2] - piece.z) * piece.along_z
        )

    def _across(self, piece: Piece, vertex: int) -> float:
        return (
            (self.xyz[vertex, 0] - piece.x) * piece.across_x
            + (self.xyz[vertex, 1] - piece.y) * piece.across_y
            + (self.xyz[vertex, 2] - piece.z) * piece.across_z
        )

    def _holds(self, piece: Piece, volume: int, fraction: float) -> bool:
        """Whether the volume's polygon contains a point of the piece (even-odd rule, which knows holes)."""
        lon, lat = piece.lon + piece.turn, piece.lat
        if fraction > 0.0 and piece.length > 0.0:
            surface(piece, piece.length * fraction)
            lon, lat = piece.at_lon + piece.turn, piece.at_lat
        inside = False
        for chunk in range(self.chunk_at[volume, 0], self.chunk_at[volume, 1]):
            if (
                self.chunk_box[chunk, 3] < lat
                or self.chunk_box[chunk, 1] > lat
                or self.chunk_box[chunk, 2] < lon
            ):
                continue
            first, last = self.chunks[chunk, 0], self.chunks[chunk, 1]
            if self.chunk_box[chunk, 0] > lon:  # all of it is to the east: only its ends count
                if (self.lonlat[first, 1] > lat) != (self.lonlat[last, 1] > lat):
                    inside = not inside
                continue
            for edge in range(first, last):
                south, north = self.lonlat[edge, 1], self.lonlat[edge + 1, 1]
                if (south > lat) != (north > lat):
                    west, east = self.lonlat[edge, 0], self.lonlat[edge + 1, 0]
                    if west + (lat - south) / (north - south) * (east - west) > lon:
                        inside = not inside
        return inside


def _edge_span(piece: Piece, along: float, across: float, to_along: float, to_across: float) -> bool:
    """Whether the piece comes within reach of an edge, and from which fraction to which: what is near an edge is
    convex, a disc about each end and a strip between, hence one span.
    """
    reach, length = piece.reach, piece.length
    if (
        (across > reach and to_across > reach)
        or (across < -reach and to_across < -reach)
        or (along < -reach and to_along < -reach)
        or (along > length + reach and to_along > length + reach)
    ):
        return False
    low, high = FAR, -FAR
    if abs(across) <= reach:
        half = sqrt(reach * reach - across * across)
        low, high = along - half, along + half
    if abs(to_across) <= reach:
        half = sqrt(reach * reach - to_across * to_across)
        low, high = min(low, to_along - half), max(high, to_along + half)
    step, side = to_along - along, to_across - across
    square = step * step + side * side
    if square > 0.0:
        first, last = 0.0, length
        if side != 0.0:
            middle, half = along - across * step / side, reach * sqrt(square) / abs(side)
            first, last = max(first, middle - half), min(last, middle + half)
        elif abs(across) > reach:
            last = -FAR
        if step != 0.0:
            one, other = along + across * side / step, along + (across * side + square) / step
            first, last = max(first, min(one, other)), min(last, max(one, other))
        elif across * side > 0.0 or -across * side > square:
            last = -FAR
        if first <= last:
            low, high = min(low, first), max(high, last)
    low, high = max(low, 0.0), min(high, length)
    if low > high:
        return False
    piece.low, piece.high = 0.0, 1.0
    if length > 0.0:
        piece.low, piece.high = low / length, high / length
    return True


def _merged(spans: Spans) -> Spans:
    """Spans sorted, those that touch as one."""
    merged: Spans = []
    begin, end = FAR, -FAR
    for low, high in sorted(spans):
        if low > end:
            if begin <= end:
                merged.append((begin, end))
            begin, end = low, high
        else:
            end = max(end, high)
    if begin <= end:
        merged.append((begin, end))
    return merged
