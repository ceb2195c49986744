"""ED-269 zone files: both wrappers, and the flattened GeoJSON form that some states publish (rules E1, E3,
E11).
"""

from collections.abc import Mapping
from typing import Any

from geofences.errors import ZoneFileError
from geofences.model.applicability import ALWAYS, Applicability
from geofences.model.periods import TimePeriod
from geofences.model.zone import CircleShape, PolygonShape, Volume, Zone
from geofences.readers import demands, fields, times
from geofences.readers.collection import ZoneFile, features_of, peek, read_each
from geofences.readers.fields import Context, Json
from geofences.readers.profiles import STANDARD, Profile

NAME = "ed269"
WRAPPERS = ("UASZoneList", "features")


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether a document is one of the ED-269 wrappers, or GeoJSON with ED-269 limits among the
    properties.
    """
    if document.get("type") in ("FeatureCollection", "Feature"):
        return any(_is_flattened(one) for one in peek(document))
    return any(isinstance(document.get(name), list) for name in WRAPPERS)


def _is_flattened(feature: Any) -> bool:
    inner = feature.get("properties") if isinstance(feature, Mapping) else None
    return (
        isinstance(inner, Mapping) and "restriction" in inner and isinstance(inner.get("geometry"), Mapping)
    )


def read(document: Mapping[str, Any], source: str, *, strict: bool, profile: Profile = STANDARD) -> ZoneFile:
    """Read the zones of a parsed document. Raises `ZoneFileError`: strict for any fault, tolerant for no
    list.
    """
    if document.get("type") in ("FeatureCollection", "Feature"):
        return read_each(
            features_of(document, source),
            _flattened,
            NAME,
            source,
            counts=("properties", "restriction"),
            strict=strict,
            profile=profile,
        )
    for name in WRAPPERS:
        if isinstance(document.get(name), list):
            return read_each(
                document[name], _zone, NAME, source, counts=("restriction",), strict=strict, profile=profile
            )
    raise ZoneFileError(source, None, None, f"no list of zones: {' or '.join(WRAPPERS)} is needed")


def _flattened(item: Any, ctx: Context) -> list[Zone]:
    feature = fields.member(ctx, item, "feature")
    inner = fields.member(ctx, feature.get("properties"), "properties")
    limits = fields.member(ctx, inner.get("geometry") or {}, "properties.geometry")
    ctx.breach(
        "properties.geometry", "a zone flattened into a feature, where ED-269 has an array", "flattened"
    )
    return _zone({**inner, "geometry": [{**limits, "horizontalProjection": feature.get("geometry")}]}, ctx)


def _zone(item: Any, ctx: Context) -> list[Zone]:
    entry = fields.member(ctx, item, "zone")
    zone_id = fields.text(ctx, entry.get("identifier"), "identifier")
    if not zone_id:
        ctx.fault("identifier", "it is missing")
    demanded = demands.restriction(ctx, entry.get("restriction"), "restriction")
    reasons, demanded = demands.reasons(ctx, entry.get("reason"), demanded)
    listed = fields.members(ctx, entry.get("geometry"), "geometry")
    if not listed:
        ctx.fault("geometry", "it is empty")
    volumes = [one for index, part in enumerate(listed) for one in _volumes(ctx, part, f"geometry[{index}]")]
    return [
        Zone(
            zone_id=zone_id,
            restriction=demanded,
            volumes=tuple(volumes),
            name=fields.text(ctx, entry.get("name"), "name"),
            country=fields.text(ctx, entry.get("country"), "country"),
            reasons=reasons,
            applicability=_applicability(ctx, entry.get("applicability")),
            conditions=_loose(entry.get("restrictionConditions")),
            message=_loose(entry.get("message")),
            source=ctx.file,
            flags=tuple(ctx.flags),
        )
    ]


def _loose(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _volumes(ctx: Context, value: object, where: str) -> list[Volume]:
    entry = fields.member(ctx, value, where)
    metres = fields.unit_m(ctx, entry.get("uomDimensions"), f"{where}.uomDimensions")
    lower, upper = (
        fields.limit(
            ctx,
            entry.get(f"{side}Limit"),
            entry.get(f"{side}VerticalReference"),
            metres,
            f"{where}.{side}Limit",
        )
        for side in ("lower", "upper")
    )
    projection = fields.member(ctx, entry.get("horizontalProjection"), f"{where}.horizontalProjection")
    shapes = _shapes(ctx, projection, f"{where}.horizontalProjection")
    return [fields.volume(ctx, shape, lower, upper, where) for shape in shapes]


def _shapes(ctx: Context, projection: Json, where: str) -> list[PolygonShape | CircleShape]:
    coordinates = projection.get("coordinates")
    match projection.get("type"):
        case "Circle":
            radius = fields.number(ctx, projection.get("radius"), f"{where}.radius")
            return [fields.circle(ctx, projection.get("center"), radius, f"{where}.center")]
        case "Polygon":
            return [fields.polygon(ctx, coordinates, f"{where}.coordinates")]
        case "MultiPolygon":
            parts = fields.members(ctx, coordinates, f"{where}.coordinates")
            return [
                fields.polygon(ctx, one, f"{where}.coordinates[{index}]") for index, one in enumerate(parts)
            ]
        case other:
            return ctx.fault(f"{where}.type", f"{other!r} is none of Circle, Polygon, MultiPolygon")


def _applicability(ctx: Context, value: object) -> Applicability:
    """The union of the entries; `permanent: YES` in any of them is always, whatever its dates (rule E6)."""
    if not value:
        ctx.note("applicability not stated: taken as always")
        return ALWAYS
    listed = fields.members(ctx, value, "applicability")
    periods = [_period(ctx, one, f"applicability[{index}]") for index, one in enumerate(listed)]
    found = tuple(one for one in periods if one is not None)
    return Applicability(found) if len(found) == len(periods) else ALWAYS


def _period(ctx: Context, value: object, where: str) -> TimePeriod | None:
    permanent = fields.member(ctx, value, where).get("permanent")
    if permanent == "YES":
        return None
    if permanent not in ("NO", None):
        ctx.fault(f"{where}.permanent", f"{permanent!r} is neither YES nor NO")
    return times.time_period(ctx, value, where)
