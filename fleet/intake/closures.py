"""Reads which parts of the map are closed to vans and robots: GeoJSON with polygons around the streets in question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import shapely

from fleet.intake.errors import FieldError, IntakeError, file_error
from fleet.intake.tables import read_text

Ring = tuple[tuple[float, float], ...]
"""A border: longitudes and latitudes, the first point once more at the end."""

LARGEST_DEG2 = 0.25
"""A larger part is no street: more likely its coordinates are wrong."""


def _anywhere(_ring: Ring) -> None:
    """Nothing is known of where the streets are."""


def read_closures(
    paths: Iterable[Path], misplaced: Callable[[Ring], str | None] = _anywhere
) -> tuple[Ring, ...]:
    """The borders in all files; what lies in a hole of a polygon is closed as well. Raises ``IntakeError`` for a file
    that holds anything else, or a part of which ``misplaced`` says what is wrong with where it lies."""
    errors: list[FieldError] = []
    found: list[Ring] = []
    for path in paths:
        try:
            found += _rings(path, misplaced)
        except IntakeError as error:
            errors += error.errors
    if errors:
        raise IntakeError(errors)
    return tuple(found)


def _rings(path: Path, misplaced: Callable[[Ring], str | None]) -> Iterator[Ring]:
    try:
        read = shapely.from_geojson(read_text(path))
    except shapely.errors.GEOSException:
        raise file_error(str(path), "is no GeoJSON: save the closed parts as polygons in it") from None
    read = shapely.force_2d(read)  # heights are of no use here
    parts = [read] if read.geom_type == "Polygon" else list(getattr(read, "geoms", (read,)))
    parts = [each for part in parts for each in getattr(part, "geoms", (part,))]
    if not parts:
        raise file_error(str(path), "holds no polygon")
    for number, part in enumerate(parts, 1):
        wrong = _wrong(part) or misplaced(_ring(part))
        if wrong is not None:
            raise IntakeError([FieldError(str(path), None, f"polygon {number}", None, wrong)])
        yield _ring(part)


def _ring(polygon: shapely.Polygon) -> Ring:
    return tuple((x, y) for x, y in polygon.exterior.coords)


def _wrong(part: shapely.Geometry) -> str | None:
    """Why this can't be a closed part; none where it can."""
    if part.geom_type != "Polygon" or part.is_empty:
        return f"is a {part.geom_type}: draw a polygon around what is closed"
    west, south, east, north = part.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return "lies outside the earth: GeoJSON has degrees, the longitude first"
    if not part.is_valid:
        return "crosses itself: draw it anew"
    if part.area > LARGEST_DEG2:
        return "is larger than a city: draw it around the closed streets"
    return None
