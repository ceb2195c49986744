"""Which coordinate systems are read: longitude and latitude on WGS 84, in the spellings that files have for it."""

import re
from collections.abc import Mapping
from typing import Any

from geofences.readers.fields import shortened

_CODES = r"(?:OGC:(?:[\d.]*:)?CRS84h?|EPSG:(?:[\d.]*:)?4326|EPSG:(?:[\d.]*:)?4979)"
_NAMES = re.compile(
    rf"(?:urn:(?:x-)?ogc:def:crs:)?{_CODES}"
    r"|CRS84"
    r"|https?://www\.opengis\.net/def/crs/(?:OGC/[\d.]+/CRS84h?|EPSG/[\d.]+/(?:4326|4979))/?"
    r"|https?://www\.opengis\.net/gml/srs/epsg\.xml#4326"
    r"|https?://spatialreference\.org/ref/epsg/4326/?",
    re.IGNORECASE,
)
"""CRS84, and EPSG's 4326 and 4979 (with a height, which is dropped). Coordinates are longitude, latitude in GeoJSON
whatever a code says of the order of its axes (rule E2).
"""

NEEDED = (
    'only longitude and latitude on WGS 84 are read (such as "urn:ogc:def:crs:OGC:1.3:CRS84"): convert it'
)


def crs_problem(holder: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with the coordinate system that a document, feature or geometry states, and in which member; none
    where it states none, or null, or WGS 84.
    """
    for member in ("crs", "coordRefSys"):
        stated = holder.get(member)
        if stated is not None and not _is_wgs84(stated):
            return member, f"{shortened(stated)}: {NEEDED}"
    return None


def _is_wgs84(stated: Any) -> bool:
    if isinstance(stated, str):
        return _NAMES.fullmatch(stated.strip()) is not None
    if type(stated) is not dict or stated.keys() - {"type", "properties"}:
        return False
    kind, properties = stated.get("type"), stated.get("properties")
    if type(properties) is not dict:
        return False
    if kind == "name":
        return (
            set(properties) == {"name"}
            and isinstance(properties["name"], str)
            and _is_wgs84(properties["name"])
        )
    return kind == "EPSG" and properties == {"code": 4326}
