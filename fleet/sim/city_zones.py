"""The zones of the invented city, as files: plain GeoJSON, and one zone as a state would publish it (ED-318)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fleet.sim.city_map import CITY, Layout, Spot

PARK: Final = (Spot(-710, 2457), Spot(-1634, 1407), Spot(-1290, 1103), Spot(-366, 2153))
"""Across the straight way from Base Norte to Alto do Moinho."""

HOSPITAL: Final = (Spot(-1400, 380), 260.0)
SCHOOL: Final = (Spot(900, -2550), 320.0)
PRISON: Final = (Spot(3180, -1300), 380.0)
GLIDERS: Final = (Spot(-2300, -3900), Spot(1600, -3900), Spot(1600, -2700), Spot(-2300, -2700))
GLIDERS_FROM_M: Final = 120.0
LOW_FLIGHT_M: Final = 120.0
CORNERS: Final = 24

Times = tuple[datetime, datetime]


def zones_geojson(layout: Layout, school: Times) -> str:
    """Four zones as GeoJSON: a nature park, a hospital, a school during its hours, and gliders far above the drones."""
    limits = {"lower_m": 0, "lower_datum": "AGL", "upper_m": LOW_FLIGHT_M, "upper_datum": "AGL"}
    begins, ends = (moment.isoformat() for moment in school)
    features = [
        _feature(layout, PARK, id="park", name="Mata do Moinho, nature park"),
        _feature(layout, _round(*HOSPITAL), id="hospital", name="Hospital de São Brás"),
        _feature(
            layout,
            _round(*SCHOOL),
            id="school",
            name="Escola da Ladeira",
            starts_at=begins,
            ends_at=ends,
            **limits,
        ),
        _feature(
            layout,
            GLIDERS,
            id="gliders",
            name="Glider practice area",
            lower_m=GLIDERS_FROM_M,
            lower_datum="AGL",
            upper_m=600,
            upper_datum="AMSL",
        ),
    ]
    return _text({"type": "FeatureCollection", "name": f"{CITY}: local geofences", "features": features})


def zones_ed318(layout: Layout, applies: Times) -> str:
    """One circle with height limits and a time, as ED-318. Its country code is one that ISO 3166 leaves to its
    users.
    """
    centre, radius_m = PRISON
    begins, ends = (moment.isoformat() for moment in applies)
    layer = {"lower": 0, "lowerReference": "AGL", "upper": LOW_FLIGHT_M, "upperReference": "AGL", "uom": "m"}
    authority = {"name": [{"text": f"{CITY}, civil protection", "lang": "en-GB"}], "purpose": "INFORMATION"}
    feature = {
        "type": "Feature",
        "geometry": {
            "type": "Point",
            "coordinates": _lonlat(layout, centre),
            "extent": {"subType": "Circle", "radius": radius_m},
            "layer": layer,
        },
        "properties": {
            "identifier": "XVC0001",
            "country": "XVC",
            "name": [{"text": "Estabelecimento Prisional do Cabo", "lang": "pt-PT"}],
            "type": "PROHIBITED",
            "variant": "COMMON",
            "reason": ["SENSITIVE"],
            "zoneAuthority": [authority],
            "limitedApplicability": [{"startDateTime": begins, "endDateTime": ends}],
        },
    }
    return _text({"type": "FeatureCollection", "title": f"{CITY}: published zones", "features": [feature]})


def _feature(layout: Layout, corners: Sequence[Spot], **properties: Any) -> dict[str, Any]:
    ring = [_lonlat(layout, corner) for corner in (*corners, corners[0])]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _round(middle: Spot, radius_m: float) -> list[Spot]:
    """A polygon around a circle's middle, drawn against the clock as GeoJSON asks."""
    return [middle.towards(-360.0 * corner / CORNERS, radius_m) for corner in range(CORNERS)]


def _lonlat(layout: Layout, spot: Spot) -> list[float]:
    place = layout.place(spot)
    return [place.lon, place.lat]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
