"""ED-318 zone files: GeoJSON with vertical layers and circles (rules E3, E4, E6, E8, E11).

Strict reading enforces what the public schema requires of a zone: identifier, country, type, variant, an
authority; tolerant reading takes a zone whose shape, heights and times are sound and remarks on the rest.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from geofences.model.applicability import Applicability
from geofences.model.zone import CircleShape, PolygonShape, Restriction, Volume, Zone
from geofences.readers import demands, fields, times
from geofences.readers.collection import ZoneFile, features_of, peek, read_each
from geofences.readers.fields import Context, Json
from geofences.readers.naming import content_id
from geofences.readers.profiles import STANDARD, Profile

NAME = "ed318"
# Tuples, because what stands in a file may be an array or an object, which no set can look up.
TYPES = ("CONDITIONAL", "NO_RESTRICTION", "PROHIBITED", "REQ_AUTHORIZATION", "USPACE")
VARIANTS = ("COMMON", "CUSTOMIZED")
MARKS = frozenset({"variant", "zoneAuthority", "limitedApplicability"})
METADATA_TIMES = ("validFrom", "validTo", "issued")


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether any feature carries a member that only ED-318 has."""
    return document.get("type") in ("FeatureCollection", "Feature") and any(
        _is_marked(one) for one in peek(document)
    )


def _is_marked(feature: Any) -> bool:
    if not isinstance(feature, Mapping):
        return False
    inner, geometry = feature.get("properties"), feature.get("geometry")
    marked = isinstance(inner, Mapping) and not MARKS.isdisjoint(inner)
    return marked or (isinstance(geometry, Mapping) and ("layer" in geometry or "extent" in geometry))


def read(document: Mapping[str, Any], source: str, *, strict: bool, profile: Profile = STANDARD) -> ZoneFile:
    """Read the zones of a parsed document. Strict raises `ZoneFileError` for any fault, in the metadata
    too.
    """
    if strict:
        _judge_metadata(document.get("metadata"), Context(source, strict))
    return read_each(
        features_of(document, source),
        _zone,
        NAME,
        source,
        counts=("properties", "type"),
        strict=strict,
        profile=profile,
    )


def _judge_metadata(metadata: object, ctx: Context) -> None:
    if metadata is not None:
        entry = fields.member(ctx, metadata, "metadata")
        for name in METADATA_TIMES:
            times.moment(ctx, entry.get(name), f"metadata.{name}")


def _zone(item: Any, ctx: Context) -> list[Zone]:
    feature = fields.member(ctx, item, "feature")
    entry = fields.member(ctx, feature.get("properties"), "properties")
    _judge_required(ctx, entry)
    found = demands.restriction(ctx, entry.get("type"), "type")
    reasons, found = demands.reasons(ctx, entry.get("reason"), found)
    geometry = fields.member(ctx, feature.get("geometry"), "geometry")
    volumes = tuple(_volumes(ctx, geometry, "geometry", {}))
    if not volumes:
        ctx.fault("geometry", "it is empty")
    return [_made(ctx, feature, entry, volumes, reasons, found)]


def _made(
    ctx: Context,
    feature: Json,
    entry: Json,
    volumes: tuple[Volume, ...],
    reasons: tuple[str, ...],
    demanded: Restriction,
) -> Zone:
    listed = fields.members(ctx, entry.get("limitedApplicability") or [], "limitedApplicability")
    periods = [
        times.time_period(ctx, one, f"limitedApplicability[{index}]") for index, one in enumerate(listed)
    ]
    return Zone(
        zone_id=_identifier(entry) or content_id(feature),
        restriction=demanded,
        volumes=volumes,
        name=_first_text(ctx, entry.get("name"), "name"),
        country=entry["country"] if isinstance(entry.get("country"), str) else "",
        reasons=reasons,
        applicability=Applicability(tuple(periods)),
        conditions=fields.text(ctx, entry.get("restrictionConditions"), "restrictionConditions"),
        message=_first_text(ctx, entry.get("message"), "message"),
        source=ctx.file,
        flags=tuple(ctx.flags),
    )


def _identifier(entry: Json) -> str:
    found = entry.get("identifier")
    return found if isinstance(found, str) else ""


def _judge_required(ctx: Context, entry: Json) -> None:
    identifier, country = _identifier(entry), entry.get("country")
    if not 1 <= len(identifier) <= 7:
        deviation = "long_identifier" if identifier else ""
        ctx.breach("identifier", f"1 to 7 characters are needed, got {entry.get('identifier')!r}", deviation)
    if not isinstance(country, str) or len(country) != 3:
        ctx.breach("country", f"3 characters are needed, got {country!r}")
    if entry.get("type") not in TYPES:
        ctx.breach("type", f"{entry.get('type')!r} is none of {', '.join(TYPES)}")
    if entry.get("variant") not in VARIANTS:
        ctx.breach("variant", f"{entry.get('variant')!r} is none of {', '.join(VARIANTS)}", "no_variant")
    if not isinstance(entry.get("zoneAuthority"), list) or not entry["zoneAuthority"]:
        ctx.breach("zoneAuthority", "at least one is needed", "no_authority")


def _first_text(ctx: Context, value: object, where: str) -> str:
    """The first of some texts in several languages; strict asks each for its language."""
    if isinstance(value, str):
        ctx.breach(where, "plain text where an array of texts with languages is due", "plain_text")
        return value
    texts = [fields.member(ctx, one, where) for one in fields.members(ctx, value or [], where)]
    if any("lang" not in one for one in texts):
        ctx.breach(where, "a text without its language", "plain_text")
    return next((one["text"] for one in texts if isinstance(one.get("text"), str)), "")


def _volumes(ctx: Context, geometry: Json, where: str, inherited: Json) -> Iterator[Volume]:
    """The volumes of a geometry; members of a collection without a layer of their own take the
    collection's.
    """
    own = geometry.get("layer")
    layer = fields.member(ctx, inherited if own is None else own, f"{where}.layer")
    if geometry.get("type") == "GeometryCollection":
        parts = fields.members(ctx, geometry.get("geometries"), f"{where}.geometries")
        for index, part in enumerate(parts):
            here = f"{where}.geometries[{index}]"
            if isinstance(part, Mapping) and part.get("type") == "GeometryCollection":
                ctx.fault(here, "a collection within a collection")
            yield from _volumes(ctx, fields.member(ctx, part, here), here, layer)
        return
    metres = fields.unit_m(ctx, layer.get("uom"), f"{where}.layer.uom")
    lower, upper = (
        fields.limit(ctx, layer.get(side), layer.get(f"{side}Reference"), metres, f"{where}.layer.{side}")
        for side in ("lower", "upper")
    )
    for shape in _shapes(ctx, geometry, where):
        yield fields.volume(ctx, shape, lower, upper, f"{where}.layer")


def _shapes(ctx: Context, geometry: Json, where: str) -> list[PolygonShape | CircleShape]:
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            extent = fields.member(ctx, geometry.get("extent"), f"{where}.extent")
            if extent.get("subType") != "Circle":
                ctx.fault(f"{where}.extent.subType", f"{extent.get('subType')!r} is not Circle")
            radius = fields.number(ctx, extent.get("radius"), f"{where}.extent.radius")
            return [fields.circle(ctx, coordinates, radius, f"{where}.coordinates")]
        case "Polygon":
            return [fields.polygon(ctx, coordinates, f"{where}.coordinates")]
        case "MultiPolygon":
            parts = fields.members(ctx, coordinates, f"{where}.coordinates")
            return [
                fields.polygon(ctx, one, f"{where}.coordinates[{index}]") for index, one in enumerate(parts)
            ]
        case other:
            return ctx.fault(
                f"{where}.type", f"{other!r} has no area: Polygon, MultiPolygon or Point with extent"
            )
