"""Plain GeoJSON with the properties of our own geofences; whatever a zone says can be said in it."""

from geofences.model.words import REASONS
from geofences.model.zone import CircleShape, Permit, PolygonShape, Volume, Zone
from geofences.readers.ours import TERMS
from geofences.writers.parts import Json, Options, height, judge_clocks, period, refuse, rings, without_empty

NAME = "geojson"
SHORT = (("startDateTime", "starts_at"), ("endDateTime", "ends_at"), ("schedule", "schedule"))


def document(entries: list[Json]) -> Json:
    """The file."""
    return {"type": "FeatureCollection", "features": entries}


def entry(zone: Zone, options: Options) -> Json:  # noqa: ARG001 - every format takes them
    """One zone. Raises `ZoneWriteError` for a reason that no reader knows, which would change what it demands."""
    judge_clocks(zone)
    for one in zone.reasons:
        if one not in REASONS:
            refuse(zone, "reasons", f"{one} is none of {', '.join(sorted(REASONS))}")
    said: Json = {
        "id": zone.zone_id,
        "name": zone.name,
        "country": zone.country,
        "restriction": zone.restriction.value,
        "reasons": list(zone.reasons),
        "conditions": zone.conditions,
        "message": zone.message,
    }
    own = [_own(zone, one) for one in zone.volumes]
    if all(one == own[0] for one in own):
        said.update(own[0] if own else {})
    else:
        said["volumes"] = own
    return {
        "type": "Feature",
        "geometry": _geometry(zone),
        "properties": without_empty(said) | _times(zone) | _terms(zone.permit),
    }


def _terms(permit: Permit | None) -> Json:
    if permit is None:
        return {}
    numbers = {name: getattr(permit, name) for name in TERMS}
    return {"surface": permit.surface.value} | {name: one for name, one in numbers.items() if one is not None}


def _times(zone: Zone) -> Json:
    periods = [period(one) for one in zone.applicability.periods]
    if len(periods) == 1 and periods[0]:
        return {short: periods[0][name] for name, short in SHORT if name in periods[0]}
    return {"periods": periods} if periods else {}


def _own(zone: Zone, volume: Volume) -> Json:
    """What is said of one volume beside its place."""
    said: Json = {}
    for side, limit in (("lower", volume.lower), ("upper", volume.upper)):
        if limit is not None:
            said[f"{side}_m"] = height(zone, limit, side)
            said[f"{side}_datum"] = limit.datum.value
    if isinstance(volume.shape, CircleShape):
        said["radius_m"] = volume.shape.radius_m
    return said


def _geometry(zone: Zone) -> Json:
    parts = [_shape(one.shape) for one in zone.volumes]
    return parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}


def _shape(shape: PolygonShape | CircleShape) -> Json:
    if isinstance(shape, CircleShape):
        return {"type": "Point", "coordinates": [shape.lon, shape.lat]}
    return {"type": "Polygon", "coordinates": rings(shape)}
