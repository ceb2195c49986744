"""ED-318 zone files: GeoJSON with layers and circles. No flight levels; identifiers of 7 characters at most (E11)."""

from geofences.model.altitude import Datum
from geofences.model.words import REASONS
from geofences.model.zone import CircleShape, Restriction, Volume, Zone
from geofences.writers.parts import (
    Json,
    Options,
    height,
    judge,
    period,
    refuse,
    rings,
    spelled,
    without_empty,
)

NAME = "ed318"
TITLE = "ED-318"
DATUMS = (Datum.AGL, Datum.AMSL, Datum.WGS84)
KNOWN_REASONS = REASONS - {"FOREIGN_TERRITORY"}
MOST_REASONS = 9
LONGEST_ID, LONGEST_TEXT = 7, 200
SPELLINGS = {
    Restriction.PROHIBITED: "PROHIBITED",
    Restriction.REQ_AUTHORISATION: "REQ_AUTHORIZATION",
    Restriction.CONDITIONAL: "CONDITIONAL",
    Restriction.NO_RESTRICTION: "NO_RESTRICTION",
    Restriction.USPACE: "USPACE",
}


def document(entries: list[Json]) -> Json:
    """The file."""
    return {"type": "FeatureCollection", "features": entries}


def entry(zone: Zone, options: Options) -> Json:
    """One zone. Raises `ZoneWriteError` for what ED-318 cannot express."""
    judge(zone, TITLE, KNOWN_REASONS, DATUMS)
    if not 1 <= len(zone.zone_id) <= LONGEST_ID:
        refuse(zone, "zone_id", f"{TITLE} takes 1 to {LONGEST_ID} characters")
    if len(zone.reasons) > MOST_REASONS:
        refuse(zone, "reasons", f"{TITLE} takes at most {MOST_REASONS}")
    said = without_empty(
        {
            "identifier": zone.zone_id,
            "country": zone.country,
            "name": _texts(zone, "name", zone.name, options),
            "type": spelled(zone, SPELLINGS, TITLE),
            "variant": "COMMON",
            "restrictionConditions": zone.conditions,
            "reason": list(zone.reasons),
            "message": _texts(zone, "message", zone.message, options),
            "limitedApplicability": [period(one) for one in zone.applicability.periods],
        }
    )
    name = _texts(zone, "authority", options.authority, options)
    said["zoneAuthority"] = [without_empty({"name": name, "purpose": "INFORMATION"})]
    return {"type": "Feature", "geometry": _geometry(zone), "properties": said}


def _texts(zone: Zone, field: str, text: str, options: Options) -> list[Json]:
    if len(text) > LONGEST_TEXT:
        refuse(zone, field, f"{TITLE} takes at most {LONGEST_TEXT} characters, got {len(text)}")
    return [{"text": text, "lang": options.language}] if text else []


def _geometry(zone: Zone) -> Json:
    parts = [_volume(zone, one) for one in zone.volumes]
    return parts[0] if len(parts) == 1 else {"type": "GeometryCollection", "geometries": parts}


def _volume(zone: Zone, volume: Volume) -> Json:
    layer: Json = {"uom": "m"}
    for side, limit in (("lower", volume.lower), ("upper", volume.upper)):
        if limit is not None:
            layer[side] = height(zone, limit, side)
            layer[f"{side}Reference"] = limit.datum.value
    shape = volume.shape
    if isinstance(shape, CircleShape):
        extent = {"subType": "Circle", "radius": shape.radius_m}
        return {"type": "Point", "coordinates": [shape.lon, shape.lat], "extent": extent, "layer": layer}
    return {"type": "Polygon", "coordinates": rings(shape), "layer": layer}
