"""Zone files, written: what each format holds, and what it is refused for."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from geofences import (
    ALWAYS,
    Applicability,
    CircleShape,
    DailyPeriod,
    Datum,
    Limit,
    PolygonShape,
    Restriction,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Volume,
    WriteOptions,
    Zone,
    ZoneSet,
    ZoneWriteError,
    read_zones,
    read_zones_file,
    write_zones,
)

FORMATS = ["ed269", "ed318", "geojson"]
RING = ((6.1, 49.6), (6.2, 49.6), (6.2, 49.7), (6.1, 49.7), (6.1, 49.6))
HOLE = ((6.12, 49.62), (6.18, 49.62), (6.18, 49.68), (6.12, 49.62))
LOW, HIGH = Limit(0.0, Datum.AGL), Limit(120.0, Datum.AMSL)
SQUARE = Volume(PolygonShape(RING), LOW, HIGH)
START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 12, 31, 22, tzinfo=timezone(timedelta(hours=-2)))
NIGHT = DailyPeriod(frozenset({0, 4}), TimeOfDay(79_200.0, 3_600.0), TimeOfDay(21_600.25))
WHOLE = DailyPeriod(frozenset(range(7)), None, TimeOfDay(86_400.0))
SUN = DailyPeriod(frozenset({6}), SunEvent.SR, SunEvent.EECT)


def zone(*volumes: Volume, **changes: Any) -> Zone:
    """A zone that every format can express."""
    said = Zone("LU-1", Restriction.PROHIBITED, volumes or (SQUARE,), country="LUX")
    return replace(said, **changes)


def back(one: Zone, format_name: str) -> Zone:
    """A zone written and read again."""
    written = write_zones([one], format_name)
    found = read_zones(written.text.encode(), "written.json")
    assert (found.format, written.format, written.refused) == (format_name, format_name, ())
    (again,) = found.zones
    return again


SAID: dict[str, Zone] = {
    "plain": zone(),
    "texts": zone(
        name="Čáslav ✈", conditions="ask first", message="closed", reasons=("AIR_TRAFFIC", "NATURE")
    ),
    "on approval": zone(restriction=Restriction.REQ_AUTHORISATION),
    "conditional": zone(restriction=Restriction.CONDITIONAL),
    "free": zone(restriction=Restriction.NO_RESTRICTION),
    "a hole": zone(Volume(PolygonShape(RING, (HOLE,)), LOW, HIGH)),
    "a circle": zone(Volume(CircleShape(6.9, 46.4, 3000.5), LOW, HIGH)),
    "limits not stated": zone(Volume(PolygonShape(RING))),
    "no ceiling": zone(Volume(PolygonShape(RING), LOW, Limit(math.inf, Datum.AMSL))),
    "volumes": zone(
        SQUARE,
        Volume(CircleShape(6.9, 46.4, 300.0), Limit(10.0, Datum.AGL), HIGH),
        Volume(CircleShape(6.9, 46.5, 400.0)),
    ),
    "alike": zone(SQUARE, replace(SQUARE, shape=PolygonShape(HOLE))),
    "dates": zone(applicability=Applicability((TimePeriod(START, LATER),))),
    "open": zone(applicability=Applicability((TimePeriod(None, LATER),))),
    "a week": zone(applicability=Applicability((TimePeriod(START, None, (NIGHT, WHOLE)),))),
    "a period that says nothing": zone(applicability=Applicability((TimePeriod(),))),
    "periods": zone(applicability=Applicability((TimePeriod(START), TimePeriod(None, None, (NIGHT,))))),
}


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("name", SAID)
def test_what_is_written_reads_as_the_same(name: str, format_name: str) -> None:
    assert back(SAID[name], format_name).content_hash() == SAID[name].content_hash()


SOME: dict[str, tuple[Zone, list[str], str]] = {
    "an operating area": (zone(restriction=Restriction.OPERATING_AREA), ["geojson"], "OPERATING_AREA"),
    "U-space": (zone(restriction=Restriction.USPACE), ["ed318", "geojson"], "USPACE"),
    "a flight level": (zone(replace(SQUARE, upper=Limit(3048.0, Datum.FL))), ["geojson"], "FL"),
    "the ellipsoid": (zone(replace(SQUARE, upper=Limit(9.0, Datum.WGS84))), ["ed318", "geojson"], "WGS84"),
    "the sun": (
        zone(applicability=Applicability((TimePeriod(None, None, (SUN,)),))),
        ["ed318", "geojson"],
        "by the sun",
    ),
    "a long id": (zone(zone_id="LU-P-001"), ["ed269", "geojson"], "1 to 7 characters"),
    "no country": (zone(country=""), ["geojson"], "3 letters"),
    "a long name": (zone(name="n" * 201), ["ed269", "geojson"], "200 characters"),
    "foreign": (zone(reasons=("FOREIGN_TERRITORY",)), ["ed269", "geojson"], "FOREIGN_TERRITORY"),
    "dragons": (zone(reasons=("DRAGONS",)), [], "DRAGONS"),
    "too high": (zone(replace(SQUARE, upper=Limit(1e5, Datum.AMSL))), [], "no ceiling"),
    "crossing itself": (
        zone(Volume(PolygonShape((RING[0], RING[2], RING[1], RING[3], RING[0])))),
        [],
        "not a simple polygon",
    ),
    "finer than a microsecond": (
        zone(
            applicability=Applicability(
                (TimePeriod(None, None, (DailyPeriod(frozenset({1}), TimeOfDay(1.23456789), None),)),)
            )
        ),
        [],
        "something else",
    ),
}


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("name", SOME)
def test_what_a_format_cannot_express_is_refused_with_zone_and_why(name: str, format_name: str) -> None:
    """Rule E10, outward: strict refuses the file, tolerant writes the others and lists it."""
    said, takers, words = SOME[name]
    if format_name in takers:
        assert back(said, format_name).content_hash() == said.content_hash()
        return
    with pytest.raises(ZoneWriteError, match=words) as refused:
        write_zones([said], format_name)
    assert refused.value.zone == said.zone_id
    written = write_zones([zone(), said], format_name, strict=False)
    assert len(read_zones(written.text.encode(), "written.json").zones) == 1
    assert [one.zone for one in written.refused] == [said.zone_id]
    assert words in written.refused[0].reason


def test_a_format_that_is_none_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="ed269, ed318, geojson"):
        write_zones([zone()], "kml")


@pytest.mark.parametrize("format_name", FORMATS)
def test_no_zone_is_a_file_too(format_name: str) -> None:
    assert read_zones(write_zones([], format_name).text.encode(), "empty.json").zones == ()


def test_flags_and_source_are_no_content() -> None:
    remarked = zone(flags=("remarked",), source="elsewhere.json")
    assert back(remarked, "geojson").source == "written.json"


def test_who_is_responsible_is_told_where_a_standard_asks() -> None:
    options = WriteOptions(authority="Traficom", language="fi")
    old = json.loads(write_zones([zone(name="Alue")], "ed269", options=options).text)["features"][0]
    assert old["zoneAuthority"] == [{"name": "Traficom", "purpose": "INFORMATION"}]
    new = json.loads(write_zones([zone(name="Alue")], "ed318", options=options).text)["features"][0][
        "properties"
    ]
    assert new["zoneAuthority"] == [{"name": [{"text": "Traficom", "lang": "fi"}], "purpose": "INFORMATION"}]
    assert new["name"] == [{"text": "Alue", "lang": "fi"}]


@pytest.mark.parametrize("name", [*SAID, *SOME])
def test_ed318_is_valid_by_the_published_schema(name: str, shared_data: Path) -> None:
    folder = shared_data / "geozones" / "ed318_official" / "schema"
    schemas = {one.name: json.loads(one.read_text(encoding="utf-8")) for one in folder.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        [(f"file:///s/{file}", Resource.from_contents(schema)) for file, schema in schemas.items()]
    )
    said = {**SAID, **{key: value[0] for key, value in SOME.items()}}[name]
    text = write_zones([said], "ed318", strict=False).text
    main = {**schemas["Schema_GeoZones.json"], "$id": "file:///s/Schema_GeoZones.json"}
    faults = [
        error.message for error in Draft7Validator(main, registry=registry).iter_errors(json.loads(text))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("name", "format_name"),
    [
        ("ed269_che_sample.json", "ed269"),
        ("eu_small/ed269-lu.json", "ed269"),
        ("eu_small/ed269-fi.json", "ed269"),
        ("eu_small/ed269-ch.json", "ed269"),
        ("eu_small/ed318-se.json", "ed318"),
        ("ed318_official/examples/Example_Collection.json", "ed318"),
        ("ed318_official/examples/Example_GeoZone_2_Layers.json", "ed318"),
        ("eu_small/eans-ee.json", "geojson"),
        ("eu_small/faa-uasfm.json", "geojson"),
        ("eu_small/ed269-ch.json", "geojson"),
        ("ed318_official/examples/Example_Collection.json", "geojson"),
    ],
)
def test_real_files_keep_their_version(name: str, format_name: str, shared_data: Path) -> None:
    zones = read_zones_file(shared_data / "geozones" / name).zones
    written = write_zones(zones, format_name)
    again = read_zones(written.text.encode(), "written.json").zones
    assert ZoneSet(again).version == ZoneSet(zones).version


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ([{}], "as many as there are shapes"),
        ([{}, 5], "object"),
        ("many", "array"),
        ([{"upper_m": 5, "upper_datum": "UP"}, {}], "none of"),
    ],
)
def test_volumes_of_plain_geojson_are_one_for_each_shape(volumes: object, words: str) -> None:
    polygon = {"type": "MultiPolygon", "coordinates": [[[list(p) for p in RING]], [[list(p) for p in RING]]]}
    feature = {"type": "Feature", "geometry": polygon, "properties": {"volumes": volumes}}
    refused = read_zones(json.dumps(feature).encode(), "z.json", strict=False).refused
    assert words in refused[0].reason


def test_periods_of_plain_geojson_exclude_dates_beside_them() -> None:
    said = {"id": "a", "periods": [{}], "starts_at": "2026-01-01T00:00Z"}
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}, "properties": said}
    refused = read_zones(json.dumps(feature).encode(), "z.json", strict=False).refused
    assert "beside periods" in refused[0].reason
    assert zone().applicability is ALWAYS
