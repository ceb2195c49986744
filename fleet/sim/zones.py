"""The true zones, as plain polygons with heights and times, read by code of this package's own.

The judge must not share the hub's reading or checking of zones. What this code can't read for certain it refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from fleet.sim.errors import SimError
from fleet.sim.geo import Piece, Point, metres_per_degree

Ring = tuple[tuple[float, float], ...]
Span = tuple[float, float]
FEET_M: Final = 0.3048
NO_CEILING: Final = 99_999.0
CIRCLE_CORNERS: Final = 90
HARMLESS: Final = frozenset({"NO_RESTRICTION"})


@dataclass(frozen=True, slots=True)
class TrueZone:
    """One forbidden volume. ``rings`` are an outline and its holes; it counts from ``since`` (added while the day runs)
    within its own ``times`` (none: always)."""

    zone_id: str
    rings: tuple[Ring, ...]
    low_m: float
    high_m: float
    times: tuple[tuple[datetime | None, datetime | None], ...] = ()
    since: datetime | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outline."""
        lons, lats = zip(*self.rings[0], strict=True)
        return min(lons), min(lats), max(lons), max(lats)

    def entered_by(self, piece: Piece) -> datetime | None:
        """The first moment at which the piece of track is inside while height and time fit; none when it never is."""
        heights = _band(piece.start.alt_m, piece.end.alt_m, self.low_m, self.high_m)
        if heights is None or not self._may_touch(piece):
            return None
        inside = [s for area in self._inside(piece) if (s := _both(area, heights)) is not None]
        spans = [s for a in inside for t in self._active(piece) if (s := _both(a, t)) is not None]
        if not spans:
            return None
        return piece.begins + (piece.ends - piece.begins) * min(s[0] for s in spans)

    def holds(self, point: Point) -> bool:
        """Whether a position lies in the outline and in none of the holes (even-odd rule), whatever its height."""
        return sum(_crossings(ring, point) for ring in self.rings) % 2 == 1

    def _may_touch(self, piece: Piece) -> bool:
        west, south, east, north = self.box
        a, b = piece.start, piece.end
        apart_lon = max(a.lon, b.lon) < west or min(a.lon, b.lon) > east
        return not (apart_lon or max(a.lat, b.lat) < south or min(a.lat, b.lat) > north)

    def _inside(self, piece: Piece) -> Iterator[Span]:
        """The shares of the piece that lie inside the outline."""
        cuts = sorted({0.0, 1.0, *(s for ring in self.rings for s in _cuts(ring, piece))})
        for low, high in pairwise(cuts):
            middle = (low + high) / 2
            a, b = piece.start, piece.end
            if self.holds(Point(a.lon + (b.lon - a.lon) * middle, a.lat + (b.lat - a.lat) * middle, 0.0)):
                yield low, high

    def _active(self, piece: Piece) -> Iterator[Span]:
        """The shares of the piece during which the zone counts."""
        for start, end in self.times or ((None, None),):
            begin = max((t for t in (start, self.since) if t is not None), default=None)
            low = 0.0 if begin is None or begin <= piece.begins else _raw_share(piece, begin)
            high = 1.0 if end is None or end >= piece.ends else _raw_share(piece, end)
            if 0.0 <= low <= high <= 1.0:
                yield low, high


def _raw_share(piece: Piece, at: datetime) -> float:
    span = (piece.ends - piece.begins).total_seconds()
    passed = (at - piece.begins).total_seconds()
    return passed / span if span > 0 else math.copysign(2.0, passed)


def _band(start: float, end: float, low: float, high: float) -> Span | None:
    """The shares of a straight change from ``start`` to ``end`` that lie within low..high."""
    if start == end:
        return (0.0, 1.0) if low <= start <= high else None
    at = sorted(((low - start) / (end - start), (high - start) / (end - start)))
    return _both((at[0], at[1]), (0.0, 1.0))


def _both(one: Span, other: Span) -> Span | None:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else None


def _crossings(ring: Ring, point: Point) -> int:
    """How often a ray to the east crosses the ring."""
    crossed = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > point.lat) != (y2 > point.lat):
            crossed += point.lon < x1 + (point.lat - y1) / (y2 - y1) * (x2 - x1)
    return crossed


def _cuts(ring: Ring, piece: Piece) -> Iterator[float]:
    """The shares of the piece at which it crosses the ring."""
    a, dx, dy = piece.start, piece.end.lon - piece.start.lon, piece.end.lat - piece.start.lat
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        ex, ey = x2 - x1, y2 - y1
        cross = dx * ey - dy * ex
        if cross == 0.0:
            continue
        share = ((x1 - a.lon) * ey - (y1 - a.lat) * ex) / cross
        along = ((x1 - a.lon) * dy - (y1 - a.lat) * dx) / cross
        if 0.0 < share < 1.0 and 0.0 <= along <= 1.0:
            yield share


# Reading


def true_zones(document: Mapping[str, Any], ground_m: float, since: datetime | None = None) -> list[TrueZone]:
    """The forbidden volumes of a zone document. Raises ``SimError`` for what can't be read."""
    if isinstance(document.get("UASZoneList"), list):
        return [z for item in document["UASZoneList"] for z in _ed269(item, ground_m, since)]
    if document.get("type") == "Feature":
        return list(_feature(document, ground_m, since))
    features = document.get("features")
    if not isinstance(features, list):
        raise SimError("a zone document needs `features` or `UASZoneList`")
    read = _feature if document.get("type") == "FeatureCollection" else _ed269
    return [z for item in features for z in read(item, ground_m, since)]


def _feature(item: Mapping[str, Any], ground_m: float, since: datetime | None) -> Iterator[TrueZone]:
    said = item.get("properties") or {}
    if isinstance(said.get("geometry"), Mapping):
        yield from _ed269(
            {**said, "geometry": [{**said["geometry"], "horizontalProjection": item["geometry"]}]},
            ground_m,
            since,
        )
        return
    zone_id = str(said.get("identifier") or said.get("id") or item.get("id") or said.get("name") or "zone")
    kind = said.get("type") if "variant" in said or "zoneAuthority" in said else said.get("restriction")
    if kind in HARMLESS:
        return
    if kind == "OPERATING_AREA":
        raise SimError(f"zone {zone_id!r}: the judge knows forbidden areas only, not areas to stay inside of")
    times = tuple(
        _times(zone_id, one) for one in _listed(said.get("limitedApplicability")) or _own_times(said)
    )
    for part in _parts(item.get("geometry") or {}, {}):
        layer = part.get("layer") or {}
        unit = FEET_M if str(layer.get("uom", "m")).upper() == "FT" else 1.0
        low = _height(
            layer.get("lower"),
            layer.get("lowerReference"),
            unit,
            ground_m,
            said.get("lower_m"),
            said.get("lower_datum"),
        )
        high = _height(
            layer.get("upper"),
            layer.get("upperReference"),
            unit,
            ground_m,
            said.get("upper_m"),
            said.get("upper_datum"),
        )
        radius = (part.get("extent") or {}).get("radius", said.get("radius_m"))
        for rings in _outlines(zone_id, part, radius):
            yield TrueZone(
                zone_id,
                rings,
                -math.inf if low is None else low,
                math.inf if high is None else high,
                times,
                since,
            )


def _own_times(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not any(said.get(name) for name in ("starts_at", "ends_at", "schedule")):
        return []
    return [
        {
            "startDateTime": said.get("starts_at"),
            "endDateTime": said.get("ends_at"),
            "schedule": said.get("schedule"),
        }
    ]


def _ed269(item: Mapping[str, Any], ground_m: float, since: datetime | None) -> Iterator[TrueZone]:
    zone_id = str(item.get("identifier") or "zone")
    if item.get("restriction") in HARMLESS:
        return
    listed = _listed(item.get("applicability"))
    always = any(one.get("permanent") == "YES" for one in listed)
    times = () if always else tuple(_times(zone_id, one) for one in listed)
    for part in item["geometry"]:
        unit = FEET_M if str(part.get("uomDimensions", "M")).upper() == "FT" else 1.0
        low = _height(part.get("lowerLimit"), part.get("lowerVerticalReference"), unit, ground_m)
        high = _height(part.get("upperLimit"), part.get("upperVerticalReference"), unit, ground_m)
        shape = part["horizontalProjection"]
        centred = (
            {"type": "Point", "coordinates": shape.get("center")} if shape.get("type") == "Circle" else shape
        )
        for rings in _outlines(zone_id, centred, shape.get("radius")):
            yield TrueZone(
                zone_id,
                rings,
                -math.inf if low is None else low,
                math.inf if high is None else high,
                times,
                since,
            )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _times(zone_id: str, entry: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    if entry.get("schedule"):
        raise SimError(
            f"zone {zone_id!r}: weekly schedules are not known to the judge; give start and end times"
        )
    start, end = (entry.get(f"{side}DateTime") for side in ("start", "end"))
    return (datetime.fromisoformat(start) if start else None, datetime.fromisoformat(end) if end else None)


def _height(
    value: float | None,
    datum: str | None,
    unit: float,
    ground_m: float,
    own: float | None = None,
    own_datum: str | None = None,
) -> float | None:
    """A limit in metres above mean sea level; WGS84 heights are taken as they are, for the sea is flat here."""
    height, reference = (value * unit, datum) if value is not None else (own, own_datum)
    if height is None or (value is not None and value >= NO_CEILING):
        return None
    return height + ground_m if str(reference).upper() == "AGL" else height


def _parts(geometry: Mapping[str, Any], layer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    own = {"layer": geometry.get("layer") or layer}
    if geometry.get("type") == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _parts(part, own["layer"])
    else:
        yield {**geometry, **own}


def _outlines(
    zone_id: str, geometry: Mapping[str, Any], radius_m: float | None
) -> Iterator[tuple[Ring, ...]]:
    match geometry.get("type"):
        case "Polygon":
            yield _rings(geometry["coordinates"])
        case "MultiPolygon":
            yield from (_rings(one) for one in geometry["coordinates"])
        case "Point" if radius_m is not None:
            yield (_circle(geometry["coordinates"], radius_m),)
        case other:
            raise SimError(f"zone {zone_id!r}: {other!r} encloses nothing that the judge can check")


def _rings(coordinates: list[list[list[float]]]) -> tuple[Ring, ...]:
    return tuple(tuple((p[0], p[1]) for p in ring) for ring in coordinates)


def _circle(centre: list[float], radius_m: float) -> Ring:
    east, north = metres_per_degree(centre[1])
    turns = (2 * math.pi * i / CIRCLE_CORNERS for i in range(CIRCLE_CORNERS))
    return tuple(
        (centre[0] + radius_m * math.sin(t) / east, centre[1] + radius_m * math.cos(t) / north) for t in turns
    )
