"""Where one straight piece of a path meets one volume: sideways and in time, each as spans of 0..1.

Heights are in `heights`.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.spans import NOWHERE, Span, Spans, Sure, intersection, union
from geofences.track import Track
from geofences.zone import CircleShape, Volume, Zone

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


def inside_times(zone: Zone, volume: Volume, track: Track, piece: int) -> Sure:
    """Where the path is while the zone applies."""
    if zone.applicability.is_permanent:
        return Sure(WHOLE, WHOLE)
    start_s, end_s = track.time0[piece], track.time1[piece]
    active = zone.applicability.active(start_s, end_s, *place_of(volume))
    return Sure(_fractions(active.certain, start_s, end_s), _fractions(active.possible, start_s, end_s))


def place_of(volume: Volume) -> tuple[float, float]:
    """A position of the volume, for the sun's times there."""
    shape = volume.shape
    return (shape.lon, shape.lat) if isinstance(shape, CircleShape) else shape.outer[0]


def _fractions(times: Spans, start_s: float, end_s: float) -> Spans:
    common = intersection(times, ((start_s, end_s),))
    if end_s <= start_s:
        return WHOLE if common else NOWHERE
    length = end_s - start_s
    return tuple(((low - start_s) / length, (high - start_s) / length) for low, high in common)
