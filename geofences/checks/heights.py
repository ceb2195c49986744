"""Where a straight piece of a path is between the limits of a volume, over ground that rises and falls.

A piece is asked about in parts as short as the terrain is fine: over hills the bounds of a whole leg would leave
most heights open. Each part's box is widened by as far as the vehicle may be beside its path.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geofences.geometry.geodesy import METRES_PER_DEGREE_AT_LEAST, bulge_m
from geofences.geometry.track import Track
from geofences.model.altitude import (
    ANYTHING,
    Box,
    Floats,
    Interval,
    Limit,
    Terrain,
    is_ground,
    lower_amsl,
    upper_amsl,
)
from geofences.model.spans import Span, Sure, intersection, linear_at_least, linear_at_most, union
from geofences.model.told import ground_in, grounds_in, step_in, undulation_in
from geofences.model.zone import Volume

END_TO_END: Span = (0.0, 1.0)

WIDER_M = 1.0
"""A box is always widened by this much: rounding, and the 0.05 m by which zones are taken larger."""

MOST_PARTS = 1_000
"""A piece is never asked about in more parts than this."""


class Level(NamedTuple):
    """What is known of the heights below one part of a piece, which is a span of 0..1."""

    span: Span
    ground: Interval
    undulation: Interval


def inside_height(
    volume: Volume, track: Track, piece: int, terrain: Terrain, margin_m: float, around_m: float = 0.0
) -> Sure:
    """Where the path, flown up to `around_m` beside it, is between the limits widened by the margin (a negative margin
    narrows them).
    """
    if volume.lower is None and volume.upper is None:
        return Sure((END_TO_END,), (END_TO_END,))
    parts = levels(volume, track, piece, terrain, around_m)
    whole = _inside(volume, track, piece, _around(parts), margin_m)
    if len(parts) == 1 or not whole.possible or whole.certain == (END_TO_END,):
        return whole  # wherever the ground is within the bounds of all parts, the answer is the same
    found = [_inside(volume, track, piece, level, margin_m) for level in parts]
    return Sure(union(*(one.certain for one in found)), union(*(one.possible for one in found)))


def levels(volume: Volume, track: Track, piece: int, terrain: Terrain, around_m: float) -> list[Level]:
    """The parts of a piece, each with the bounds that the limits of a volume depend on."""
    if not (depends_on_place(volume.lower, is_lower=True) or depends_on_place(volume.upper)):
        return [Level(END_TO_END, ANYTHING, ANYTHING)]
    marks, boxes = part_boxes(track, piece, step_in(terrain), around_m)
    around = Box(*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    undulation = undulation_in(terrain, around)
    if len(boxes) == 1:
        return [Level(END_TO_END, ground_in(terrain, around), undulation)]
    low, high = grounds_in(terrain, boxes)
    below = map(Interval, low.tolist(), high.tolist())
    return [Level((marks[number], marks[number + 1]), each, undulation) for number, each in enumerate(below)]


def _around(parts: Sequence[Level]) -> Level:
    """What holds along all the parts."""
    low, high = min(one.ground.low for one in parts), max(one.ground.high for one in parts)
    return Level(END_TO_END, Interval(low, high), parts[0].undulation)


def depends_on_place(limit: Limit | None, *, is_lower: bool = False) -> bool:
    """Whether terrain or geoid must be known to say where a limit is."""
    return limit is not None and limit.depends_on_place and not (is_lower and is_ground(limit))


def part_boxes(track: Track, piece: int, step_m: float, around_m: float) -> tuple[list[float], Floats]:
    """Where a piece is cut, as fractions of it, and the widened box around each part, as rows of an array."""
    length_m = track.along1[piece] - track.along0[piece]
    count = max(1, min(MOST_PARTS, math.ceil(length_m / step_m)))
    marks = np.linspace(0.0, 1.0, count + 1)
    start, end = track.start[piece], track.end[piece].copy()
    end[0] += 360.0 * round((start[0] - end[0]) / 360.0)
    points = start + (end - start) * marks[:, None]
    boxes = np.hstack((np.minimum(points[:-1], points[1:]), np.maximum(points[:-1], points[1:])))
    return marks.tolist(), widened(
        boxes, around_m + WIDER_M + float(bulge_m(length_m, np.abs(points[:, 1]).max()))
    )


def widened(boxes: Floats, by_m: float | Floats) -> Floats:
    """Boxes (n, 4) made larger by so many metres to all sides; the whole circle where they would reach a pole."""
    by_deg = by_m / METRES_PER_DEGREE_AT_LEAST
    south, north = boxes[:, 1] - by_deg, boxes[:, 3] + by_deg
    farthest = np.maximum(np.abs(south), np.abs(north))
    by_lon = by_deg / np.cos(np.radians(np.minimum(farthest, 89.9)))
    west, east = boxes[:, 0] - by_lon, boxes[:, 2] + by_lon
    around = (farthest >= 89.9) | (east - west >= 360.0)
    west, east = np.where(around, -180.0, west), np.where(around, 180.0, east)
    return np.column_stack((west, np.maximum(south, -90.0), east, np.minimum(north, 90.0)))


def _inside(volume: Volume, track: Track, piece: int, level: Level, margin_m: float) -> Sure:
    lower = lower_amsl(volume.lower, level.ground, level.undulation)
    upper = upper_amsl(volume.upper, level.ground, level.undulation)
    alt, part = (track.alt0[piece], track.alt1[piece]), (level.span,)
    certain = intersection(
        linear_at_least(*alt, lower.high - margin_m), linear_at_most(*alt, upper.low + margin_m)
    )
    possible = intersection(
        linear_at_least(*alt, lower.low - margin_m), linear_at_most(*alt, upper.high + margin_m)
    )
    return Sure(intersection(certain, part), intersection(possible, part))
