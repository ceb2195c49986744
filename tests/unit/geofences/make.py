"""Small zones and paths for the tests of geofences; lengths in metres around one place."""

from datetime import UTC, datetime, timedelta

from pyproj import Geod

from geofences import (
    ALWAYS,
    Applicability,
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Restriction,
    Volume,
    Waypoint,
    Zone,
)
from geofences.model.altitude import below_at_sea_level, is_ground, never_above

EARTH = Geod(ellps="WGS84")
HOME = (-8.61, 41.15)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
SEA = FlatTerrain(0.0, 0.0)


def place(east_m: float, north_m: float, home: tuple[float, float] = HOME) -> tuple[float, float]:
    """A position so far to the east and then to the north of a place."""
    lon, lat, _ = EARTH.fwd(*home, 90.0, east_m)
    lon, lat, _ = EARTH.fwd(lon, lat, 0.0, north_m)
    return float(lon), float(lat)


def square(east_m: float, north_m: float, half_m: float, home: tuple[float, float] = HOME) -> PolygonShape:
    """A square around a point, its sides `2 * half_m` long."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return PolygonShape(tuple(place(east_m + x * half_m, north_m + y * half_m, home) for x, y in corners))


def circle(east_m: float, north_m: float, radius_m: float) -> CircleShape:
    """A circle around a point."""
    return CircleShape(*place(east_m, north_m), radius_m)


def amsl(value_m: float) -> Limit:
    """A limit above mean sea level."""
    return Limit(value_m, Datum.AMSL)


def agl(value_m: float) -> Limit:
    """A limit above ground."""
    return Limit(value_m, Datum.AGL)


def leave_air(lower: Limit | None, upper: Limit | None) -> bool:
    """Whether a zone may have these limits: there is something between them where the ground is above the sea."""
    if upper is None:
        return True
    empty = is_ground(upper) or below_at_sea_level(lower, upper)
    return not empty and (lower is None or not never_above(lower, upper))


def zone(
    *shapes: PolygonShape | CircleShape,
    zone_id: str = "Z",
    restriction: Restriction = Restriction.PROHIBITED,
    lower: Limit | None = None,
    upper: Limit | None = None,
    applicability: Applicability = ALWAYS,
) -> Zone:
    """A zone with the same limits for all its shapes."""
    volumes = tuple(Volume(shape, lower, upper) for shape in shapes)
    return Zone(zone_id, restriction, volumes, applicability=applicability)


def path(*points: tuple[float, float, float], every_s: float = 60.0) -> list[Waypoint]:
    """Waypoints from metres to the east, to the north and up, one each minute from noon."""
    return [
        Waypoint(*place(east, north), up, NOON + timedelta(seconds=every_s * number))
        for number, (east, north, up) in enumerate(points)
    ]
