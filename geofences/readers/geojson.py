"""Plain GeoJSON, and our own geofences in it.

A feature that states nothing is prohibited from the ground up, always (rule E5). A feature may state, as
properties:
`id`, `name`, `country`, `restriction` (a `Restriction`; OPERATING_AREA makes it an area to stay inside of), `reasons`,
`lower_m` with `lower_datum`, `upper_m` with `upper_datum` (AGL, AMSL, WGS84, FL), `starts_at`, `ends_at` (with offset),
`schedule` (as in ED-318), `conditions`, `message`, and `radius_m` for a Point. A PERMIT_AREA may state `surface`
(sidewalk, street, any), `max_speed_mps`, `max_count` and `max_weight_kg`. Where its shapes differ in limits or
radius, `volumes` has one object for each shape with these; `periods` has several times (as `limitedApplicability` in
ED-318).

An area of our own (OPERATING_AREA, PERMIT_AREA) that states anything else is refused, strictly read or not: see `ours`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from geofences.model.altitude import Datum
from geofences.model.applicability import ALWAYS, Applicability
from geofences.model.zone import Permit, Restriction, Surface, Volume, Zone
from geofences.readers import demands, fields, times
from geofences.readers.collection import ZoneFile, features_of, read_each
from geofences.readers.fields import Context, Json
from geofences.readers.naming import content_id
from geofences.readers.ours import LIMITS, TERMS, judge_members
from geofences.readers.profiles import STANDARD, Profile

NAME = "geojson"
TYPES = ("FeatureCollection", "Feature", "Polygon", "MultiPolygon", "GeometryCollection", "Point")


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether it is GeoJSON at all."""
    return document.get("type") in TYPES


def read(document: Mapping[str, Any], source: str, *, strict: bool, profile: Profile = STANDARD) -> ZoneFile:
    """Read the zones of a parsed document. Strict raises `ZoneFileError` for any fault."""
    return read_each(
        features_of(document, source),
        _zone,
        NAME,
        source,
        counts=("properties", "restriction"),
        strict=strict,
        profile=profile,
    )


def _zone(item: Any, ctx: Context) -> list[Zone]:
    feature = fields.member(ctx, item, "feature")
    said = fields.member(ctx, feature.get("properties") or {}, "properties")
    demanded = _demanded(ctx, said)
    judge_members(ctx, feature, said, demanded)
    reasons, demanded = demands.reasons(ctx, said.get("reasons"), demanded)
    geometry = fields.member(ctx, feature.get("geometry"), "geometry")
    volumes = _volumes(ctx, tuple(_parts(ctx, geometry, "geometry")), said)
    return [
        Zone(
            zone_id=_identifier(feature, said),
            restriction=demanded,
            volumes=volumes,
            name=_text(said.get("name")),
            country=_text(said.get("country")),
            reasons=reasons,
            applicability=_applicability(ctx, said),
            conditions=_text(said.get("conditions")),
            message=_text(said.get("message")),
            source=ctx.file,
            permit=_permit(ctx, said, demanded),
            flags=tuple(ctx.flags),
        )
    ]


def _demanded(ctx: Context, said: Json) -> Restriction:
    if said.get("restriction") is not None:
        return demands.restriction(ctx, said["restriction"], "restriction", ours=True)
    ctx.demands = Restriction.PROHIBITED
    return ctx.demands


def _permit(ctx: Context, said: Json, demanded: Restriction) -> Permit | None:
    """The terms of a permit area."""
    if demanded is not Restriction.PERMIT_AREA:
        return None
    surface = said.get("surface", Surface.ANY.value)
    if surface not in tuple(Surface):
        ctx.fault("surface", f"{fields.shortened(surface)} is none of {', '.join(Surface)}")
    speed, count, weight = (_term(ctx, said, name) for name in TERMS)
    if count is not None and count != int(count):
        ctx.fault("max_count", f"a whole number is needed, got {count:g}")
    return Permit(Surface(surface), speed, None if count is None else int(count), weight)


def _term(ctx: Context, said: Json, name: str) -> float | None:
    if said.get(name) is None:
        return None
    found = fields.number(ctx, said[name], name)
    if found <= 0.0:
        ctx.fault(name, f"a number above 0 is needed, got {found:g}")
    return found


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
    if said.get("periods") is None:
        return (
            Applicability((times.time_period(ctx, stated, "properties", local=True),)) if stated else ALWAYS
        )
    if stated:
        ctx.fault("periods", "times are stated beside periods")
    listed = fields.members(ctx, said["periods"], "periods")
    return Applicability(
        tuple(
            times.time_period(ctx, one, f"periods[{index}]", local=True) for index, one in enumerate(listed)
        )
    )


class _Part(NamedTuple):
    """One polygon, or the centre of a circle, and its place in the document."""

    kind: str
    coordinates: Any
    where: str


def _volumes(ctx: Context, parts: tuple[_Part, ...], said: Json) -> tuple[Volume, ...]:
    if not parts:
        ctx.fault("geometry", "it is empty")
    if said.get("radius_m") is not None and all(part.kind != "Point" for part in parts):
        ctx.breach("radius_m", "only a Point has a radius: it is not heeded")
    if said.get("volumes") is None:
        return tuple(_volume(ctx, part, said, "properties") for part in parts)
    for name in LIMITS:
        if said.get(name) is not None:
            ctx.fault("volumes", f"{name} is stated beside volumes: state it in each of them")
    listed = fields.members(ctx, said["volumes"], "volumes")
    if len(listed) != len(parts):
        ctx.fault("volumes", f"as many as there are shapes ({len(parts)}) are needed, got {len(listed)}")
    own = [fields.member(ctx, one, f"volumes[{index}]") for index, one in enumerate(listed)]
    return tuple(
        _volume(ctx, part, one, f"volumes[{index}]")
        for index, (part, one) in enumerate(zip(parts, own, strict=True))
    )


def _volume(ctx: Context, part: _Part, said: Json, where: str) -> Volume:
    lower, upper = (
        fields.limit(ctx, said.get(f"{side}_m"), said.get(f"{side}_datum"), 1.0, f"{side}_m", tuple(Datum))
        for side in ("lower", "upper")
    )
    if part.kind == "Polygon":
        return fields.volume(
            ctx, fields.polygon(ctx, part.coordinates, f"{part.where}.coordinates"), lower, upper, where
        )
    if said.get("radius_m") is None:
        _no_area(ctx, part.kind, part.where)
    radius = fields.number(ctx, said["radius_m"], "radius_m")
    circle = fields.circle(ctx, part.coordinates, radius, f"{part.where}.coordinates")
    return fields.volume(ctx, circle, lower, upper, where)


def _parts(ctx: Context, geometry: Json, where: str) -> Iterator[_Part]:
    coordinates = geometry.get("coordinates")
    match geometry.get("type"):
        case "Polygon" | "Point" as kind:
            yield _Part(kind, coordinates, where)
        case "MultiPolygon":
            for index, one in enumerate(fields.members(ctx, coordinates, f"{where}.coordinates")):
                yield _Part("Polygon", one, f"{where}[{index}]")
        case "GeometryCollection":
            for index, one in enumerate(
                fields.members(ctx, geometry.get("geometries"), f"{where}.geometries")
            ):
                here = f"{where}.geometries[{index}]"
                if isinstance(one, Mapping) and one.get("type") == "GeometryCollection":
                    ctx.fault(here, "a collection within a collection")
                yield from _parts(ctx, fields.member(ctx, one, here), here)
        case other:
            _no_area(ctx, other, where)


def _no_area(ctx: Context, kind: object, where: str) -> NoReturn:
    ctx.fault(f"{where}.type", f"{kind!r} has no area: Polygon, MultiPolygon or Point with radius_m")
