"""Rings whose longitudes go on beyond 180, as GeoJSON that is cut there (RFC 7946, 3.1.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shapely import Polygon, box
from shapely.affinity import translate
from shapely.geometry.polygon import orient

LEAST_DEG2 = 1e-10
"""A sliver of a square metre is none: its corners would be rounded to one line."""
WORLD = box(-180.0, -90.0, 180.0, 90.0)


def geometry_of(ring: Sequence[tuple[float, float]]) -> dict[str, Any] | None:
    """A ring of longitudes and latitudes in degrees, open, as a Polygon that turns to the left; as a MultiPolygon of
    its two halves where it runs over longitude 180 to either side. None for no ring.
    """
    if not ring:
        return None
    whole = Polygon(ring)
    parts = [_rings(part) for part in _halves(whole)] if _runs_over(whole) else [_rings(whole)]
    if len(parts) == 1:
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}


def _runs_over(whole: Polygon) -> bool:
    west, _, east, _ = whole.bounds
    return bool(west < -180.0 or east > 180.0)


def _halves(whole: Polygon) -> Iterator[Polygon]:
    for turn in (-360.0, 0.0, 360.0):
        part = translate(whole, turn).intersection(WORLD)
        if isinstance(part, Polygon) and part.area > LEAST_DEG2:
            yield part


def _rings(part: Polygon) -> list[list[list[float]]]:
    return [[[round(lon, 7), round(lat, 7)] for lon, lat in orient(part).exterior.coords]]
