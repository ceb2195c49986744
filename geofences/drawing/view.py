"""What part of the world a picture shows, and where on it a position is."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geofences.geometry.geodesy import METRES_PER_DEGREE, Floats
from geofences.model.altitude import Box

SMALLEST_M = 200.0
"""A picture shows at least so much in each direction."""

AROUND = 0.08
"""The share of its extent that is left free on each side."""

TALLEST, FLATTEST = 1.1, 0.5
"""How high a picture is at most and at least, for its width."""

BLEED_PX = 20.0
"""Shapes are cut so far outside of the frame: their cut edges are not seen."""


@dataclass(frozen=True, slots=True)
class View:
    """A window in longitude and latitude on a frame of pixels. East is right, north is up."""

    window: Box
    width_px: float
    height_px: float

    @classmethod
    def of(cls, window: Box, width_px: float) -> "View":
        """The window with room around it, grown to a shape that a page can hold."""
        lat = (window.south + window.north) / 2.0
        narrowed = max(0.01, math.cos(math.radians(lat)))
        wide = max((window.east - window.west) * narrowed, SMALLEST_M / METRES_PER_DEGREE) * (1 + 2 * AROUND)
        high = max(window.north - window.south, SMALLEST_M / METRES_PER_DEGREE) * (1 + 2 * AROUND)
        high, wide = max(high, wide * FLATTEST), max(wide, high / TALLEST)
        lon = (window.west + window.east) / 2.0
        half_lon = min(180.0, wide / narrowed / 2.0)
        shown = Box(lon - half_lon, max(-90.0, lat - high / 2.0), lon + half_lon, min(90.0, lat + high / 2.0))
        return cls(shown, width_px, width_px * high / wide)

    @property
    def metres_per_px(self) -> float:
        """In the middle, to the east."""
        lat = (self.window.south + self.window.north) / 2.0
        metres = (self.window.east - self.window.west) * METRES_PER_DEGREE * math.cos(math.radians(lat))
        return metres / self.width_px

    def xy(self, lonlat: Floats) -> Floats:
        """Positions as pixels from the upper left corner."""
        west, south, east, north = self.window
        scale = np.array((self.width_px / (east - west), -self.height_px / (north - south)))
        return np.asarray((lonlat - np.array((west, north))) * scale)

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """One position, on the turn of the globe that is shown."""
        middle = (self.window.west + self.window.east) / 2.0
        lon += 360.0 * round((middle - lon) / 360.0)
        x, y = self.xy(np.array([[lon, lat]]))[0].tolist()
        return x, y

    def shape(self, polygon: Polygon) -> BaseGeometry:
        """The part of a polygon in longitude and latitude that is seen, in pixels; it may be empty."""
        west, south, east, north = self.window
        beyond = BLEED_PX * (east - west) / self.width_px
        parts = []
        for shift in (-360.0, 0.0, 360.0):
            low, _, high, _ = polygon.bounds
            if high + shift >= west - beyond and low + shift <= east + beyond:
                box = (west - beyond - shift, south - beyond, east + beyond - shift, north + beyond)
                cut = shapely.intersection(shapely.make_valid(polygon), shapely.box(*box))
                parts.append(shapely.transform(cut, lambda xy, by=shift: self.xy(xy + np.array((by, 0.0)))))
        return shapely.union_all(parts) if len(parts) > 1 else (parts[0] if parts else Polygon())


def window_around(points: Sequence[tuple[float, float]]) -> Box:
    """The smallest window with all points in it, across the antimeridian where that is smaller."""
    lats = [lat for _, lat in points]
    lons = sorted((lon + 180.0) % 360.0 - 180.0 for lon, _ in points)
    gaps = [(after - before, after) for before, after in zip(lons, [*lons[1:], lons[0] + 360.0], strict=True)]
    gap, west = max(gaps)
    west = (west + 180.0) % 360.0 - 180.0
    return Box(west, min(lats), west + 360.0 - gap, max(lats))


def window_of(polygons: Iterable[Polygon]) -> Box:
    """The smallest window with the corners of all polygons in it."""
    corners = [xy for polygon in polygons for xy in shapely.get_coordinates(polygon.envelope).tolist()]
    return window_around([(lon, lat) for lon, lat in corners])


def window_within(lon: float, lat: float, radius_m: float) -> Box:
    """A window that reaches so far from a place."""
    deg = radius_m / METRES_PER_DEGREE
    wide = min(180.0, deg / max(0.01, math.cos(math.radians(lat))))
    return Box(lon - wide, max(-90.0, lat - deg), lon + wide, min(90.0, lat + deg))


def round_length(longest: float) -> float:
    """The longest length of 1, 2 or 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest)
