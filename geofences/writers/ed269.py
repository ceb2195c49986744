"""ED-269 zone files, in the wrapper `features`. No flight levels, ellipsoidal heights, sun events or U-space."""

from geofences.model.altitude import Datum
from geofences.model.applicability import Applicability
from geofences.model.words import REASONS
from geofences.model.zone import CircleShape, Restriction, Volume, Zone
from geofences.writers.parts import (
    Json,
    Options,
    height,
    judge,
    names_the_sun,
    period,
    refuse,
    rings,
    spelled,
    without_empty,
)

NAME = "ed269"
TITLE = "ED-269"
DATUMS = (Datum.AGL, Datum.AMSL)
SPELLINGS = {
    one: one.value
    for one in (
        Restriction.PROHIBITED,
        Restriction.REQ_AUTHORISATION,
        Restriction.CONDITIONAL,
        Restriction.NO_RESTRICTION,
    )
}


def document(entries: list[Json]) -> Json:
    """The file."""
    return {"features": entries}


def entry(zone: Zone, options: Options) -> Json:
    """One zone. Raises `ZoneWriteError` for what ED-269 cannot express."""
    judge(zone, TITLE, REASONS, DATUMS)
    if any(names_the_sun(one) for one in zone.applicability.periods):
        refuse(zone, "applicability", f"{TITLE} knows no schedule by the sun")
    said = without_empty(
        {
            "identifier": zone.zone_id,
            "country": zone.country,
            "name": zone.name,
            "type": "COMMON",
            "restriction": spelled(zone, SPELLINGS, TITLE),
            "restrictionConditions": zone.conditions,
            "reason": list(zone.reasons),
            "message": zone.message,
        }
    )
    authority = without_empty({"name": options.authority, "purpose": "INFORMATION"})
    return {
        **said,
        "applicability": _applicability(zone.applicability),
        "zoneAuthority": [authority],
        "geometry": [_volume(zone, one) for one in zone.volumes],
    }


def _applicability(when: Applicability) -> list[Json]:
    if when.is_permanent:
        return [{"permanent": "YES"}]
    return [{"permanent": "NO", **period(one)} for one in when.periods]


def _volume(zone: Zone, volume: Volume) -> Json:
    said: Json = {"uomDimensions": "M"}
    for side, limit in (("lower", volume.lower), ("upper", volume.upper)):
        if limit is not None:
            said[f"{side}Limit"] = height(zone, limit, side)
            said[f"{side}VerticalReference"] = limit.datum.value
    shape = volume.shape
    said["horizontalProjection"] = (
        {"type": "Circle", "center": [shape.lon, shape.lat], "radius": shape.radius_m}
        if isinstance(shape, CircleShape)
        else {"type": "Polygon", "coordinates": rings(shape)}
    )
    return said
