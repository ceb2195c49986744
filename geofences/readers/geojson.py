"""Plain GeoJSON, and our own geofences in it.

A feature that states nothing is prohibited from the ground up, always (rule E5). A feature may state, as
properties:
`id`, `name`, `restriction` (a `Restriction`; OPERATING_AREA makes it an area to stay inside of), `lower_m`
with
`lower_datum`, `upper_m` with `upper_datum` (AGL, AMSL, WGS84), `starts_at`, `ends_at` (with offset),
`schedule` (as in ED-318), `conditions`, `message`, and `radius_m` for a Point.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from geofences.applicability import ALWAYS, Applicability
from geofences.readers import fields
from geofences.readers.collection import ZoneFile, features_of, read_each
from geofences.readers.fields import Context, Json
from geofences.readers.naming import content_id
from geofences.zone import CircleShape, PolygonShape, Restriction, Zone

NAME = "geojson"
TYPES = ("FeatureCollection", "Feature", "Polygon", "MultiPolygon", "GeometryCollection", "Point")


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether it is GeoJSON at all."""
    return document.get("type") in TYPES


def read(document: Mapping[str, Any], source: str, *, strict: bool) -> ZoneFile:
    """Read the zones of a parsed document. Strict raises `ZoneFileError` for any fault."""
    return read_each(features_of(document, source), _zone, NAME, source, strict=strict)


def _zone(item: Any, ctx: Context) -> list[Zone]:
    feature = fields.member(ctx, item, "feature")
    said = fields.member(ctx, feature.get("properties") or {}, "properties")
    geometry = fields.member(ctx, feature.get("geometry"), "geometry")
    shapes = tuple(_shapes(ctx, geometry, said, "geometry"))
    if not shapes:
        ctx.fault("geometry", "it is empty")
    lower, upper = (
        fields.limit(ctx, said.get(f"{side}_m"), said.get(f"{side}_datum"), 1.0, f"{side}_m")
        for side in ("lower", "upper")
    )
    volumes = tuple(fields.volume(ctx, shape, lower, upper, "properties") for shape in shapes)
    demanded = Restriction.PROHIBITED
    if said.get("restriction") is not None:
        demanded = fields.restriction(ctx, said["restriction"], "restriction")
    return [
        Zone(
            zone_id=_identifier(feature, said),
            restriction=demanded,
            volumes=volumes,
            name=_text(said.get("name")),
            applicability=_applicability(ctx, said),
            conditions=_text(said.get("conditions")),
            message=_text(said.get("message")),
            source=ctx.file,
            flags=tuple(ctx.flags),
        )
    ]


def _identifier(feature: Json, said: Json) -> str:
    for value in (said.get("id"), feature.get("id")):
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
    return content_id(feature)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _applicability(ctx: Context, said: Json) -> Applicability:
    stated = {
        name: said[key]
        for name, key in (
            ("startDateTime", "starts_at"),
            ("endDateTime", "ends_at"),
            ("schedule", "schedule"),
        )
        if said.get(key) is not None
    }
    return Applicability((fields.time_period(ctx, stated, "properties"),)) if stated else ALWAYS


def _shapes(ctx: Context, geometry: Json, said: Json, where: str) -> Iterator[PolygonShape | CircleShape]:
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Polygon":
            yield fields.polygon(ctx, coordinates, f"{where}.coordinates")
        case "MultiPolygon":
            for index, one in enumerate(fields.members(ctx, coordinates, f"{where}.coordinates")):
                yield fields.polygon(ctx, one, f"{where}.coordinates[{index}]")
        case "GeometryCollection":
            for index, one in enumerate(
                fields.members(ctx, geometry.get("geometries"), f"{where}.geometries")
            ):
                here = f"{where}.geometries[{index}]"
                if isinstance(one, Mapping) and one.get("type") == "GeometryCollection":
                    ctx.fault(here, "a collection within a collection")
                yield from _shapes(ctx, fields.member(ctx, one, here), said, here)
        case "Point" if said.get("radius_m") is not None:
            radius = fields.number(ctx, said["radius_m"], "radius_m")
            yield fields.circle(ctx, coordinates, radius, f"{where}.coordinates")
        case other:
            ctx.fault(f"{where}.type", f"{other!r} has no area: Polygon, MultiPolygon or Point with radius_m")
