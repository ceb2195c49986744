"""Reads the true zones from documents in code of this package's own. What can't be read for certain is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from fleet.sim.errors import SimError
from fleet.sim.geo import metres_per_degree
from fleet.sim.zones import Ring, TrueZone

Times = tuple[tuple[datetime | None, datetime | None], ...]

FEET_M: Final = 0.3048
NO_CEILING: Final = 99_999.0
CIRCLE_CORNERS: Final = 90
HARMLESS: Final = frozenset({"NO_RESTRICTION"})
ON_APPROVAL: Final = frozenset({"REQ_AUTHORISATION", "REQ_AUTHORIZATION", "CONDITIONAL", "USPACE"})


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
    lifted = _lifted(said, kind)
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
        outlines = _outlines(zone_id, part, radius)
        yield from (_volume(zone_id, rings, (low, high), times, since, lifted) for rings in outlines)


def _volume(
    zone_id: str,
    rings: tuple[Ring, ...],
    limits: tuple[float | None, float | None],
    times: Times,
    since: datetime | None,
    lifted: tuple[str, bool],
) -> TrueZone:
    """One volume; a limit that is not stated is none."""
    low, high = limits
    lowest, highest = -math.inf if low is None else low, math.inf if high is None else high
    return TrueZone(zone_id, rings, lowest, highest, times, since, *lifted)


def _lifted(said: Mapping[str, Any], kind: object) -> tuple[str, bool]:
    """Whose zone it is, and whether an approval lifts it."""
    return str(said.get("country") or "").upper(), kind in ON_APPROVAL


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
    lifted = _lifted(item, item.get("restriction"))
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
        outlines = _outlines(zone_id, centred, shape.get("radius"))
        yield from (_volume(zone_id, rings, (low, high), times, since, lifted) for rings in outlines)


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
