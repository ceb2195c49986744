"""Zone files: what is read, what is refused, and with which words."""

import json
import math
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geofences import (
    CircleShape,
    Datum,
    Limit,
    LocalTime,
    PolygonShape,
    Restriction,
    SunEvent,
    Zone,
    ZoneFileError,
    ZoneSet,
    read_zones,
    read_zones_file,
)

RING = [[6.1, 49.6], [6.2, 49.6], [6.2, 49.7], [6.1, 49.7], [6.1, 49.6]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


def ed269(**changes: Any) -> dict[str, Any]:
    """One ED-269 zone."""
    volume = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": POLYGON,
    }
    volume.update({key: changes.pop(key) for key in list(changes) if key in volume})
    return {
        "identifier": "LU-1",
        "country": "LUX",
        "restriction": "PROHIBITED",
        "reason": ["AIR_TRAFFIC"],
        "applicability": [{"permanent": "YES"}],
        "geometry": [volume],
        **changes,
    }


def ed318(geometry: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One ED-318 feature."""
    said = {
        "identifier": "ABC1234",
        "country": "FRA",
        "type": "PROHIBITED",
        "variant": "COMMON",
        "zoneAuthority": [{"purpose": "INFORMATION"}],
        **changes,
    }
    return {"type": "Feature", "geometry": geometry or POLYGON, "properties": said}


def feature(geometry: object = POLYGON, **said: Any) -> dict[str, Any]:
    """One plain feature."""
    return {"type": "Feature", "geometry": geometry, "properties": said}


def read(document: object, *, strict: bool = True) -> tuple[Zone, ...]:
    """The zones of a document."""
    return read_zones(json.dumps(document).encode(), "zones.json", strict=strict).zones


def one(document: object, *, strict: bool = True) -> Zone:
    """The only zone of a document."""
    (found,) = read(document, strict=strict)
    return found


def ring_feature(ring: object) -> dict[str, Any]:
    """A plain feature with this outer ring."""
    return feature({"type": "Polygon", "coordinates": [ring]})


# ---- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", ["features", "UASZoneList"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_both_wrappers_and_a_byte_order_mark_are_read(wrapper: str, mark: bytes) -> None:
    """Rule E1."""
    found = read_zones(mark + json.dumps({wrapper: [ed269()]}).encode(), "zones.json")
    assert found.format == "ed269"
    assert [zone.zone_id for zone in found.zones] == ["LU-1"]


def test_coordinates_are_longitude_then_latitude() -> None:
    """Rule E2."""
    shape = one({"features": [ed269()]}).volumes[0].shape
    assert isinstance(shape, PolygonShape)
    assert shape.outer[1] == (6.2, 49.6)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"features": [ed269(restriction="REQ_AUTHORISATION")]}, Restriction.REQ_AUTHORISATION),
        (ed318(type="REQ_AUTHORIZATION"), Restriction.REQ_AUTHORISATION),
        (ed318(type="USPACE"), Restriction.USPACE),
        (ed318(type="CONDITIONAL", variant="CUSTOMIZED"), Restriction.CONDITIONAL),
        (ed318(type="NO_RESTRICTION"), Restriction.NO_RESTRICTION),
        (feature(restriction="OPERATING_AREA"), Restriction.OPERATING_AREA),
    ],
)
def test_restrictions_are_known_in_both_spellings(document: object, kind: Restriction) -> None:
    """Rule E3."""
    assert one(document).restriction is kind


def test_limits_keep_their_own_datum_and_feet_are_converted() -> None:
    """Rule E4."""
    mixed = one({"features": [ed269(upperLimit=50, upperVerticalReference="AMSL")]}).volumes[0]
    assert (mixed.lower, mixed.upper) == (Limit(0.0, Datum.AGL), Limit(50.0, Datum.AMSL))
    layer = {"upper": 1000, "upperReference": "WGS84", "lower": 0, "lowerReference": "AGL", "uom": "ft"}
    feet = one(ed318({**POLYGON, "layer": layer})).volumes[0]
    assert feet.upper == Limit(304.8, Datum.WGS84)
    del layer["uom"]
    assert one(ed318({**POLYGON, "layer": layer})).volumes[0].upper == Limit(1000.0, Datum.WGS84)


def test_limits_not_stated_are_none_and_flagged() -> None:
    """Rule E5: never 0."""
    zone = one({"features": [ed269(lowerLimit=None, upperLimit=None)]})
    assert (zone.volumes[0].lower, zone.volumes[0].upper) == (None, None)
    assert len(zone.flags) == 2


@pytest.mark.parametrize("reference", ["AGL", "AMSL"])
def test_99999_is_no_ceiling(reference: str) -> None:
    """Rule E5."""
    zone = one({"features": [ed269(upperLimit=99999, upperVerticalReference=reference)]})
    assert zone.volumes[0].upper == Limit(math.inf, Datum(reference))


def test_plain_feature_is_prohibited_from_the_ground_up_always() -> None:
    """Rule E5."""
    zone = one(feature())
    assert zone.restriction is Restriction.PROHIBITED
    assert zone.applicability.is_permanent
    assert (zone.volumes[0].lower, zone.volumes[0].upper) == (None, None)


def test_circles_of_both_standards() -> None:
    """Rule E8."""
    old = one(
        {"features": [ed269(horizontalProjection={"type": "Circle", "center": [6.9, 46.4], "radius": 3000})]}
    )
    new = one(
        ed318({"type": "Point", "coordinates": [6.9, 46.4], "extent": {"subType": "Circle", "radius": 3000}})
    )
    assert old.volumes[0].shape == new.volumes[0].shape == CircleShape(6.9, 46.4, 3000.0)


def test_layers_of_a_collection_are_volumes_of_one_zone() -> None:
    """Rule E9."""
    layers = [
        {**POLYGON, "layer": {"upper": high, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL"}}
        for high in (50, 150)
    ]
    zone = one(ed318({"type": "GeometryCollection", "geometries": layers}))
    assert [v.upper for v in zone.volumes] == [Limit(50.0, Datum.AGL), Limit(150.0, Datum.AGL)]


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": "TOOLONG8"},
        {"identifier": None},
        {"country": "FR"},
        {"type": "REQ_AUTHORISATION"},
        {"variant": None},
        {"zoneAuthority": []},
        {"name": [{"text": "no language"}]},
    ],
)
def test_ed318_strict_refuses_what_tolerant_flags(change: dict[str, Any]) -> None:
    """Rule E11: two separate things."""
    document = ed318(**change)
    with pytest.raises(ZoneFileError) as refused:
        read(document)
    assert refused.value.field == next(iter(change))
    assert any(flag.startswith(next(iter(change))) for flag in one(document, strict=False).flags)


@pytest.mark.parametrize(
    "document",
    [
        {"features": [ed269(restriction="MAYBE")]},
        {"features": [ed269(restriction=None)]},
        {"features": [ed269(restriction="NO_RESTRICTION", reason=["DRAGONS"])]},
        feature(restriction="allowed"),
    ],
)
def test_unknown_restriction_or_reason_is_prohibited_and_reported(document: object) -> None:
    """Rule E12: strict refuses it."""
    with pytest.raises(ZoneFileError, match=r"unknown .*: taken as prohibited") as refused:
        read(document)
    assert (refused.value.zone or "").startswith("number 1")
    assert refused.value.field in ("restriction", "reason")
    zone = one(document, strict=False)
    assert zone.restriction is Restriction.PROHIBITED
    assert any("taken as prohibited" in flag for flag in zone.flags)


def test_faa_cell_needs_approval_below_its_ceiling_and_another_above() -> None:
    """Rule E16."""
    below, above = read(feature(CEILING=200, OBJECTID=7, APT1_ICAO="KLGA"))
    assert (below.zone_id, above.zone_id) == ("KLGA-7", "KLGA-7-above")
    assert below.volumes[0].upper == above.volumes[0].lower == Limit(60.96, Datum.AGL)
    (closed,) = read(feature(CEILING=0, OBJECTID=8, APT1_ICAO="KLGA"))
    assert closed.volumes[0].lower == Limit(0.0, Datum.AGL)


# ---- bad input -----------------------------------------------------------------------------------

BAD_SHAPES: dict[str, tuple[object, str]] = {
    "crossing itself": (ring_feature([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "not a simple polygon"),
    "two points": (ring_feature([[0, 0], [1, 1], [0, 0]]), "at least 3"),
    "empty": (feature({"type": "Polygon", "coordinates": []}), "empty"),
    "no area": (ring_feature([[0, 0], [1, 1], [2, 2], [0, 0]]), "not a simple polygon"),
    "swapped": (ring_feature([[41.1, -108.6], [41.2, -108.6], [41.2, -108.5], [41.1, -108.6]]), "latitude"),
    "off the globe": (ring_feature([[190, 1], [191, 1], [191, 2], [190, 1]]), "longitude"),
    "not closed": (ring_feature([[0, 0], [1, 0], [1, 1], [0, 1]]), "not closed"),
    "text for a number": (ring_feature([["0", 0], [1, 0], [1, 1], [0, 0]]), "finite number"),
    "null geometry": (feature(None), "object"),
    "a point": (feature({"type": "Point", "coordinates": [1, 2]}), "no area"),
    "negative radius": (feature({"type": "Point", "coordinates": [1, 2]}, radius_m=-5), "radius"),
    "endless": (feature({"type": "Point", "coordinates": [1, 2]}, radius_m=1e9), "radius"),
    "hole outside": (
        feature({"type": "Polygon", "coordinates": [RING, [[0, 0], [1, 0], [1, 1], [0, 0]]]}),
        "not a simple polygon",
    ),
    "upper below lower": (
        feature(lower_m=100, lower_datum="AGL", upper_m=50, upper_datum="AGL"),
        "below the lower",
    ),
    "no datum": (feature(upper_m=50), "none of AGL"),
    "naive time": (feature(starts_at="2026-01-01T00:00"), "no offset"),
    "ends first": (feature(starts_at="2026-01-02T00:00Z", ends_at="2026-01-01T00:00Z"), "before it starts"),
    "no day": (feature(schedule=[{"day": []}]), "at least one day"),
    "no such day": (feature(schedule=[{"day": ["SOMEDAY"]}]), "none of MON"),
    "naive clock": (feature(schedule=[{"day": ["ANY"], "startTime": "06:00"}]), "no offset"),
    "no such event": (feature(schedule=[{"day": ["ANY"], "startEvent": "LUNCH"}]), "none of BMCT"),
}


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_bad_zone_is_refused_with_where_and_what(name: str) -> None:
    """Rule E10: strict refuses the file, tolerant takes the rest and lists it; never silent."""
    bad, words = BAD_SHAPES[name]
    document = {"type": "FeatureCollection", "features": [feature(id="good"), bad]}
    with pytest.raises(ZoneFileError, match=words) as refused:
        read(document)
    assert refused.value.file == "zones.json"
    assert refused.value.zone == "number 2"
    assert refused.value.field
    tolerant = read_zones(json.dumps(document).encode(), "zones.json", strict=False)
    if name == "not closed":
        assert len(tolerant.zones) == 2
        assert any("not closed" in flag for flag in tolerant.zones[1].flags)
        return
    assert [zone.zone_id for zone in tolerant.zones] == ["good"]
    assert [entry.zone for entry in tolerant.refused] == ["number 2"]
    assert words in tolerant.refused[0].reason


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", ":1: broken JSON in column 2"),
        (b'{"features": [NaN]}', "NaN"),
        (b'{"features": [Infinity]}', "Infinity"),
        (b"\xff\xfe{\x00}\x00", "it is UTF-16"),
        (b"[]", "JSON object"),
        (b'{"type": "Topology"}', "known format"),
        (b'{"type": "FeatureCollection"}', "array"),
        (b"[" * 200_000, "too deeply|broken JSON"),
        (b'{"type": "FeatureCollection", "crs": {"name": "EPSG:3857"}, "features": []}', "WGS 84"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_broken_document_is_refused_in_both_modes(raw: bytes, words: str, strict: bool) -> None:
    """No list of zones can be made out at all."""
    with pytest.raises(ZoneFileError, match=words):
        read_zones(raw, "zones.json", strict=strict)


def test_number_too_large_for_a_float_is_refused() -> None:
    """JSON knows no infinity, but 1e999 is one."""
    with pytest.raises(ZoneFileError, match="finite number"):
        read_zones(json.dumps(ed318()).replace("49.7", "1e999").encode(), "zones.json")


def test_missing_file_is_named(tmp_path: Path) -> None:
    """An error of ours, not of the system."""
    with pytest.raises(ZoneFileError, match=r"none\.json: cannot be read"):
        read_zones_file(tmp_path / "none.json")


# ---- real files ----------------------------------------------------------------------------------

REAL = {
    "ed269_che_sample.json": ("ed269", 6),
    "eu_small/ed269-lu.json": ("ed269", 2),
    "eu_small/ed269-fi.json": ("ed269", 2),
    "eu_small/ed269-ch.json": ("ed269", 4),
    "eu_small/eans-ee.json": ("ed269", 5),
    "eu_small/ed318-se.json": ("ed318", 3),
    "eu_small/faa-uasfm.json": ("faa_grid", 3),
    "ed318_official/examples/Example_Collection.json": ("ed318", 2),
    "ed318_official/examples/Example_GeoZone_2_Layers.json": ("ed318", 1),
    "ed318_official/examples/Example_GeoZone_Circle.json": ("ed318", 1),
    "ed318_official/examples/Example_GeoZone_with_extension.json": ("ed318", 1),
    "ed318_official/examples/PartialExample_featureGeoJSON.json": ("ed318", 1),
}


@pytest.mark.parametrize("name", REAL)
def test_real_file_is_read_strictly(name: str, shared_data: Path) -> None:
    """National files and the official examples, whole."""
    found = read_zones_file(shared_data / "geozones" / name)
    assert (found.format, len(found.zones), found.refused) == (*REAL[name], ())


def test_invalid_official_example_is_refused(shared_data: Path) -> None:
    """It has an object for a date."""
    examples = shared_data / "geozones" / "ed318_official" / "examples"
    with pytest.raises(ZoneFileError, match=r"metadata\.validFrom"):
        read_zones_file(examples / "InvalidExample_GeoZone_2_Layers.json")


@pytest.mark.parametrize("part", ["GeoZoneProperties", "TimePeriod", "ZoneAuthority"])
def test_fragments_are_no_zone_files(part: str, shared_data: Path) -> None:
    """They are parts of a file."""
    examples = shared_data / "geozones" / "ed318_official" / "examples"
    with pytest.raises(ZoneFileError, match="not a zone file"):
        read_zones_file(examples / f"PartialExample_{part}.json")


def test_danish_file_lists_its_points_as_refused(shared_data: Path) -> None:
    """Points without a distance enclose nothing; areas, and points with one, are taken as prohibited."""
    path = shared_data / "geozones" / "eu_small" / "dronezoner-dk.json"
    with pytest.raises(ZoneFileError, match="has no area"):
        read_zones_file(path)
    found = read_zones_file(path, strict=False)
    assert (len(found.zones), len(found.refused), found.profile) == (8, 3, "dnk")
    assert all("has no area" in entry.reason for entry in found.refused)


def test_porto_zones_are_named_by_content(shared_data: Path) -> None:
    """Ids and version do not depend on the order of the file."""
    path = shared_data / "zones_osm" / "porto_zones.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["features"].reverse()
    turned = read(document)
    found = read_zones_file(path).zones
    assert len({zone.zone_id for zone in found}) == 56
    assert {zone.zone_id for zone in turned} == {zone.zone_id for zone in found}
    assert ZoneSet(turned).version == ZoneSet(found).version


def scheduled(**line: object) -> bytes:
    """A plain GeoJSON zone with one line of a schedule, every day."""
    ring = [[0.0, 0.0], [0.01, 0.0], [0.01, 0.01], [0.0, 0.0]]
    said = {"id": "park", "schedule": [{"day": ["ANY"], **line}]}
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": said}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_a_schedule_of_ours_may_be_in_local_time() -> None:
    """Times without offset, by the clocks of the zone that is named; without a time, the ends of their day."""
    read = read_zones(scheduled(startTime="08:00", timezone="Europe/Lisbon"), "ours.geojson")
    (line,) = read.zones[0].applicability.periods[0].schedule
    assert (line.start, line.end) == (
        LocalTime(28_800.0, "Europe/Lisbon"),
        LocalTime(86_400.0, "Europe/Lisbon"),
    )
    until_dusk = scheduled(startTime="08:00", endEvent="SS", timezone="Europe/Lisbon")
    (line,) = read_zones(until_dusk, "ours.geojson").zones[0].applicability.periods[0].schedule
    assert (line.start, line.end) == (LocalTime(28_800.0, "Europe/Lisbon"), SunEvent.SS)


def on(**line: object) -> list[dict[str, Any]]:
    """ED-269's times with one line of a schedule."""
    return [{"permanent": "NO", "schedule": [line]}]


def test_a_time_zone_in_a_standard_s_schedule_is_not_passed_over() -> None:
    """No such member is there: strictly it is refused, tolerantly the days are those of its clocks, and no others."""
    document = {"features": [ed269(applicability=on(day=["MON"], timezone="Pacific/Auckland"))]}
    with pytest.raises(ZoneFileError, match=r"timezone: the format has no such member"):
        one(document)
    found = one(document, strict=False)
    assert any("timezone" in flag for flag in found.flags)
    noon = datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert [found.applicability.active_at(noon + timedelta(days=n), 174.8, -36.8) for n in (-1, 0, 1)] == [
        False,
        True,
        False,
    ]


def test_days_without_times_are_told_to_be_those_of_utc() -> None:
    """Where every day is named it does not matter."""
    monday, always = (one({"features": [ed269(applicability=on(day=[day]))]}) for day in ("MON", "ANY"))
    assert any("counted in UTC" in flag for flag in monday.flags)
    assert not any("UTC" in flag for flag in always.flags)
    assert one(feature(schedule=[{"day": ["ANY"], "timezone": None}])).applicability == always.applicability


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"startTime": "08:00"}, "startTime: 08:00 has no offset from UTC"),
        ({"startTime": "08:00Z", "timezone": "Europe/Lisbon"}, "has an offset beside the time zone"),
        ({"startTime": "08:00-01:00", "timezone": "Europe/Lisbon"}, "has an offset beside the time zone"),
        ({"startTime": "8 o'clock", "timezone": "Europe/Lisbon"}, "is no ISO 8601 time of day"),
        ({"startTime": "08:00", "timezone": "Europe/Porto"}, "'Europe/Porto' is no IANA time zone"),
        ({"startTime": "08:00", "timezone": "../etc/passwd"}, "is no IANA time zone"),
        ({"startTime": "08:00", "timezone": ""}, "is no IANA time zone"),
        ({"startTime": "08:00", "timezone": 1}, "schedule[0].timezone"),
    ],
)
def test_local_time_that_is_none_is_refused(line: dict[str, object], message: str) -> None:
    with pytest.raises(ZoneFileError, match=re.escape(message)):
        read_zones(scheduled(**line), "ours.geojson")
