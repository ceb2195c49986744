"""Coordinate systems: WGS 84 in the spellings that are known for it, and nothing that only looks like it."""

import json
from typing import Any

import pytest

from geofences import ZoneFileError, read_zones
from tests.unit.geofences.test_readers import POLYGON, feature

KNOWN = [
    "urn:ogc:def:crs:OGC:1.3:CRS84",
    "urn:ogc:def:crs:OGC::CRS84",
    "urn:ogc:def:crs:OGC::CRS84h",
    "urn:ogc:def:crs:EPSG::4326",
    "urn:ogc:def:crs:EPSG:6.9:4326",
    "urn:x-ogc:def:crs:EPSG:4326",
    "EPSG:4326",
    "epsg:4326",
    "EPSG:4979",
    "OGC:CRS84",
    "CRS84",
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "https://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/gml/srs/epsg.xml#4326",
]
OTHERS = [
    "EPSG::24326",
    "urn:ogc:def:crs:EPSG::24326",
    "urn:ogc:def:crs:EPSG::43260",
    "EPSG:14326",
    "EPSG:3857",
    "EPSG:4258",
    "notCRS84",
    "CRS84x",
    "EPSG:4326+5773",
    "EPSG:4326 EPSG:3857",
    "",
]


def named(name: object) -> dict[str, Any]:
    """A coordinate system as GeoJSON of 2008 states it."""
    return {"type": "name", "properties": {"name": name}}


def raw(**members: Any) -> bytes:
    """A file with members beside its one feature."""
    return json.dumps({"type": "FeatureCollection", "features": [feature()], **members}).encode()


@pytest.mark.parametrize("name", KNOWN)
def test_known_spellings_are_read(name: str) -> None:
    """As text, as a named system, beside the features or within one."""
    for stated in (named(name), name):
        assert len(read_zones(raw(crs=stated), "zones.json").zones) == 1
        inner = {**feature(), "crs": stated}
        assert len(read_zones(raw(features=[inner]), "zones.json").zones) == 1
    assert len(read_zones(raw(coordRefSys=name), "zones.json").zones) == 1


@pytest.mark.parametrize(
    "stated",
    [
        *map(named, OTHERS),
        *OTHERS,
        {"type": "link", "properties": {"href": "http://example.org/4326", "type": "proj4"}},
        {"type": "EPSG", "properties": {"code": 24326}},
        {"name": "EPSG:4326"},
        {"type": "name", "properties": {"name": "EPSG:3857", "alias": "EPSG:4326"}},
        named(["EPSG:4326"]),
        named(named("EPSG:4326")),
        [4326],
        4326,
        {},
    ],
    ids=str,
)
def test_what_only_looks_like_it_is_refused(stated: object) -> None:
    """The whole file, or the feature, or the shape that states it; with what was found and what is needed."""
    for strict in (True, False):
        with pytest.raises(ZoneFileError, match=r"zones\.json, crs: .*only longitude and latitude on WGS 84"):
            read_zones(raw(crs=stated), "zones.json", strict=strict)
    for inner, field in (
        ({**feature(), "crs": stated}, "crs"),
        (feature({**POLYGON, "crs": stated}), "geometry.crs"),
        ({**feature(), "coordRefSys": stated}, "coordRefSys"),
    ):
        with pytest.raises(ZoneFileError, match=rf"number 1, {field}: .*WGS 84"):
            read_zones(raw(features=[inner]), "zones.json")
        found = read_zones(raw(features=[inner, feature()]), "zones.json", strict=False)
        assert (len(found.zones), len(found.refused)) == (1, 1)


def test_none_at_all_is_wgs_84() -> None:
    """As RFC 7946 says; null too."""
    assert len(read_zones(raw(), "zones.json").zones) == 1
    assert len(read_zones(raw(crs=None), "zones.json").zones) == 1
    assert len(read_zones(raw(crs={"type": "EPSG", "properties": {"code": 4326}}), "zones.json").zones) == 1
