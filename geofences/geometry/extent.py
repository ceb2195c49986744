"""Where a volume is, as far as the sun is concerned: sunrise is not at one time in all of it."""

import math
from collections.abc import Iterator

from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import Box
from geofences.model.applicability import ANYWHERE, Extent
from geofences.model.zone import Volume, Zone

STEPS_PER_DEGREE = 20
"""Boxes are made larger to steps of 0.05 degrees (at most 12 s of the sun from east to west), so that zones near each
other ask for the same sunrise, which is worked out once."""


def where_of(zone: Zone, *volumes: Volume) -> Extent:
    """Where volumes of a zone are, if it matters to when they apply."""
    return extent_of(*volumes) if zone.applicability.follows_sun else ANYWHERE


def extent_of(*volumes: Volume) -> Extent:
    """Boxes around volumes, on the first turn of the globe: two of one that crosses the antimeridian, as the days on
    both sides of it have other dates.
    """
    boxes = (box for each in volumes for box in _on_globe(*lonlat_polygon(each.shape).bounds))
    return tuple(dict.fromkeys(boxes))


def _on_globe(west: float, south: float, east: float, north: float) -> Iterator[Box]:
    west, south = (math.floor(one * STEPS_PER_DEGREE) / STEPS_PER_DEGREE for one in (west, south))
    east, north = (math.ceil(one * STEPS_PER_DEGREE) / STEPS_PER_DEGREE for one in (east, north))
    south, north = max(-90.0, south), min(90.0, north)
    if east - west >= 360.0:
        yield Box(-180.0, south, 180.0, north)
        return
    turn = 360.0 * math.floor((west + 180.0) / 360.0)
    west, east = west - turn, east - turn
    yield Box(west, south, min(180.0, east), north)
    if east > 180.0:
        yield Box(-180.0, south, east - 360.0, north)
