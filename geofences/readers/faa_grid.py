"""The FAA's facility-map grid: one ceiling for each cell, in feet above ground (rule E16).

Every cell is controlled airspace. From the ground to the ceiling an automatic approval can be had, above it
only one by hand; a ceiling of 0 means that there is no automatic approval. Each is a zone of its own, so
that an operator who holds the automatic approval (`held`) is still stopped at the ceiling.
"""

import math
from collections.abc import Mapping
from typing import Any

from geofences.model.altitude import METRES_PER_FOOT, Datum, Limit
from geofences.model.zone import PolygonShape, Restriction, Volume, Zone
from geofences.readers import fields
from geofences.readers.collection import ZoneFile, features_of, peek, read_each
from geofences.readers.fields import Context
from geofences.readers.naming import content_id
from geofences.readers.profiles import STANDARD, Profile

NAME = "faa_grid"
ABOVE = "-above"
"""Ends the id of the zone above a cell's ceiling."""


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether any feature has a ceiling."""
    return document.get("type") in ("FeatureCollection", "Feature") and any(
        isinstance(one, Mapping)
        and isinstance(one.get("properties"), Mapping)
        and "CEILING" in one["properties"]
        for one in peek(document)
    )


def read(document: Mapping[str, Any], source: str, *, strict: bool, profile: Profile = STANDARD) -> ZoneFile:
    """Read the zones of a parsed document. Strict raises `ZoneFileError` for any fault."""
    return read_each(features_of(document, source), _zones, NAME, source, strict=strict, profile=profile)


def _zones(item: Any, ctx: Context) -> list[Zone]:
    feature = fields.member(ctx, item, "feature")
    said = fields.member(ctx, feature.get("properties"), "properties")
    feet = fields.number(ctx, said.get("CEILING"), "CEILING")
    if feet < 0.0:
        ctx.fault("CEILING", f"{feet:g} ft is below the ground")
    geometry = fields.member(ctx, feature.get("geometry"), "geometry")
    if geometry.get("type") != "Polygon":
        ctx.fault("geometry.type", f"{geometry.get('type')!r} is not Polygon")
    shape = fields.polygon(ctx, geometry.get("coordinates"), "geometry.coordinates")
    number, airport = said.get("OBJECTID"), str(said.get("APT1_ICAO") or "FAA")
    cell_id = f"{airport}-{number}" if isinstance(number, int) else content_id(feature)
    ceiling = Limit(feet * METRES_PER_FOOT, Datum.AGL)
    above = _cell(ctx, cell_id + ABOVE, Volume(shape, ceiling, Limit(math.inf, Datum.AGL)), "by hand", said)
    if feet == 0.0:
        return [above]
    return [
        _cell(ctx, cell_id, _below(shape, ceiling), f"automatic up to {feet:g} ft above ground", said),
        above,
    ]


def _below(shape: PolygonShape, ceiling: Limit) -> Volume:
    return Volume(shape, Limit(0.0, Datum.AGL), ceiling)


def _cell(ctx: Context, zone_id: str, volume: Volume, how: str, said: Mapping[str, Any]) -> Zone:
    return Zone(
        zone_id=zone_id,
        restriction=Restriction.REQ_AUTHORISATION,
        volumes=(volume,),
        name=str(said.get("APT1_NAME") or ""),
        country="USA",
        reasons=("AIR_TRAFFIC",),
        conditions=f"approval: {how}",
        source=ctx.file,
        flags=tuple(ctx.flags),
    )
