"""Where one straight piece of a path meets one volume: sideways and in time, each as spans of 0..1.

Heights are in `heights`.
"""

from collections.abc import Callable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.geometry.track import Track
from geofences.model.applicability import Extent
from geofences.model.spans import (
    NOWHERE,
    Span,
    Spans,
    Sure,
    intersection,
    linear_at_least,
    linear_at_most,
    union,
)
from geofences.model.zone import Zone

WHOLE: Spans = ((0.0, 1.0),)


def sideways(line: BaseGeometry, polygon: BaseGeometry) -> Spans:
    """The parts of a straight line, as fractions of it, that lie in a planar polygon."""
    inside = shapely.intersection(line, polygon)
    if inside.is_empty:
        return NOWHERE
    if line.geom_type == "Point":
        return WHOLE
    (x0, y0), (x1, y1) = shapely.get_coordinates(line)
    dx, dy = x1 - x0, y1 - y0
    points, part = shapely.get_coordinates(shapely.get_parts(inside), return_index=True)
    fractions = np.clip(((points[:, 0] - x0) * dx + (points[:, 1] - y0) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    by_part: dict[int, Span] = {}
    for index, value in zip(part.tolist(), fractions.tolist(), strict=True):
        low, high = by_part.get(index, (value, value))
        by_part[index] = (min(low, value), max(high, value))
    return union(by_part.values())


Ends = tuple[float, float]


def inside_times(zone: Zone, where: Extent, track: Track, piece: int, margin_s: float = 0.0) -> Sure:
    """Where the path is at a time at which the zone applies to all of an extent (certain) or to any of it (possible);
    see `extent.where_of`. Any of the moments counts at which it may be there, and those within the margin of them.
    """
    return _while(_sometime, zone, where, track, piece, margin_s)


def inside_throughout(zone: Zone, where: Extent, track: Track, piece: int, margin_s: float = 0.0) -> Sure:
    """The same if the zone applies at all these moments: for what must be stayed inside of."""
    return _while(_throughout, zone, where, track, piece, margin_s)


def _while(
    met: Callable[[Spans, Ends, Ends], Spans],
    zone: Zone,
    where: Extent,
    track: Track,
    piece: int,
    margin_s: float,
) -> Sure:
    if zone.applicability.is_permanent:
        return Sure(WHOLE, WHOLE)
    early, late = track.earliest(piece, margin_s), track.latest(piece, margin_s)
    active = zone.applicability.active(min(early), max(late), where)
    return Sure(met(active.certain, early, late), met(active.possible, early, late))


def _sometime(times: Spans, early: Ends, late: Ends) -> Spans:
    """The fractions at which a stretch of time that is given at both ends meets one of some spans."""
    return union(
        *(intersection(linear_at_most(*early, end), linear_at_least(*late, begin)) for begin, end in times)
    )


def _throughout(times: Spans, early: Ends, late: Ends) -> Spans:
    """The fractions at which it lies in one of them."""
    return union(
        *(intersection(linear_at_least(*early, begin), linear_at_most(*late, end)) for begin, end in times)
    )
