"""Zone files with something replaced by anything: refused or read, never a crash, never silently fewer zones."""

import contextlib
import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.dispatch.zones import parse_feature
from geofences import (
    Restriction,
    Status,
    Surface,
    Waypoint,
    Zone,
    ZoneFile,
    ZoneFileError,
    ZoneSet,
    check_drive,
    check_point,
    distance_to_nearest,
    read_zones,
)
from geofences.readers import FORMATS
from tests.unit.geofences.make import NOON, SEA
from tests.unit.geofences.test_readers import POLYGON, ed269, ed318, feature

LAYER = {"upper": 150, "upperReference": "AGL", "lower": 50, "lowerReference": "AGL", "uom": "m"}
TIMES = {
    "startDateTime": "2026-01-01T00:00Z",
    "endDateTime": "2026-12-31T00:00Z",
    "schedule": [{"day": ["MON"], "startTime": "06:00Z", "endEvent": "SS"}],
}
CIRCLE = {
    "type": "Point",
    "coordinates": [6.9, 46.4],
    "extent": {"subType": "Circle", "radius": 300},
    "layer": LAYER,
}
SIDES = {"lower_m": 0, "lower_datum": "AGL", "upper_m": 50, "upper_datum": "AGL"}
START = "2026-01-01T00:00Z"
DOCUMENTS: list[dict[str, Any]] = [
    {"features": [ed269(applicability=[{"permanent": "NO", **TIMES}])]},
    {
        "type": "FeatureCollection",
        "features": [ed318({**POLYGON, "layer": LAYER}, limitedApplicability=[TIMES])],
    },
    {"type": "FeatureCollection", "features": [ed318(CIRCLE)]},
    {"type": "FeatureCollection", "features": [feature(CEILING=200, OBJECTID=1)]},
    {"type": "FeatureCollection", "features": [feature(id="a", upper_m=50, upper_datum="AGL")]},
    {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": [feature(id="o", restriction="OPERATING_AREA", volumes=[SIDES], periods=[TIMES])],
    },
    {
        "type": "FeatureCollection",
        "features": [
            feature(id="p", restriction="PERMIT_AREA", max_speed_mps=2, max_count=3, starts_at=START)
        ],
    },
]

IDLE_IN_THE_AIR = (Restriction.NO_RESTRICTION, Restriction.PERMIT_AREA)

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-200, 100_000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            [
                "",
                "Circle",
                "Polygon",
                "ANY",
                "SR",
                "AGL",
                "PROHIBITED",
                "06:00",
                "24:00Z",
                "9" * 30,
                "OPERATING_AREA",
                "PERMIT_AREA",
                "NO_RESTRICTION",
                "operating area",
                "EPSG:4326",
                "EPSG:3857",
            ]
        ),
        st.sampled_from(
            ["OPERATING_AREA", "PERMIT_AREA", "NO_RESTRICTION", "operating area", "EPSG:4326", "EPSG:3857"]
        ),
        st.sampled_from([10**400, -(10**400), 10**30, 1e308, -1e308, 5e-324, -0.0, 99_999, 2**63]),
        st.sampled_from(
            ["\ud800", "\0", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "EST", "USA"]
        ),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*at, key) for key, _ in children] + [
        p for key, child in children for p in places(child, (*at, key))
    ]


def put(document: dict[str, Any], way: tuple[Any, ...], value: Any) -> None:
    """Have another value in one place."""
    holder: Any = document
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value


def refused_or_accounted_for(document: dict[str, Any]) -> None:
    """Tolerant reading refuses the whole file, or what it takes and what it lists is all there is."""
    raw = json.dumps(document).encode()
    try:
        found = read_zones(raw, "fuzzed.json", strict=False)
    except ZoneFileError:
        return
    judged(document, raw, found)


@given(data=st.data(), value=anything)
def test_anything_anywhere_is_refused_or_read(data: st.DataObject, value: Any) -> None:
    """Tolerant reading accounts for every zone; what it takes can be indexed and checked against."""
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    put(document, data.draw(st.sampled_from(places(document))), value)
    refused_or_accounted_for(document)


def outcome(raw: bytes, *, strict: bool) -> ZoneFile | ZoneFileError:
    """What was read, or why it was not."""
    try:
        return read_zones(raw, "fuzzed.json", strict=strict)
    except ZoneFileError as error:
        return error


def judged(document: dict[str, Any], raw: bytes, found: ZoneFile) -> None:
    """Every zone is accounted for, and can be checked against; strict reads the same, or says what it refuses."""
    listed = document["features"] if isinstance(document.get("features"), list) else []
    assert len(found.zones) + len(found.refused) >= len(listed)
    assert found.format in {one.NAME for one in FORMATS}
    zones = ZoneSet(found.zones)
    assert zones.version
    distance_to_nearest(zones, 6.15, 49.65)
    lacks = [one for one in found.refused if one.restriction not in IDLE_IN_THE_AIR]
    somewhere = check_point(ZoneSet.of(found), Waypoint(0.0, 0.0, 50.0, NOON), SEA)
    assert not lacks or not somewhere.is_clear
    assert all(zone.restriction in Restriction and zone.volumes for zone in zones.zones)
    strict = outcome(raw, strict=True)
    if isinstance(strict, ZoneFile):
        assert strict.zones == found.zones
        return
    assert strict.file == "fuzzed.json"
    assert not found.refused or (strict.zone and strict.field)
    assert str(strict).encode()


@given(data=st.data(), values=st.lists(anything, min_size=2, max_size=5))
def test_several_things_at_once_are_refused_or_read(data: st.DataObject, values: list[Any]) -> None:
    """One fault must not hide another from the reader."""
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for value in values:
        put(document, data.draw(st.sampled_from(places(document))), value)
    refused_or_accounted_for(document)


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, True, [[]], {}, "\ud800", None], ids=repr)
def test_every_place_takes_every_hard_value(value: Any) -> None:
    """What the search for examples may miss: no place and no such value is left out."""
    for made in DOCUMENTS:
        for way in places(made):
            document = copy.deepcopy(made)
            put(document, way, value)
            raw = json.dumps(document).encode()
            try:
                found = read_zones(raw, "fuzzed.json", strict=False)
            except ZoneFileError:
                continue
            judged(document, raw, found)


WHOLE = [json.dumps(document).encode() for document in DOCUMENTS]


@given(data=st.data())
def test_damaged_bytes_are_refused_or_read(data: st.DataObject) -> None:
    """Cut off, with bytes that are others, doubled or gone: an error of ours, or zones that are whole."""
    raw = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw) - 1))
        stop = min(len(raw), start + data.draw(st.integers(0, 12)))
        raw[start:stop] = data.draw(
            st.sampled_from([b"", b"\0", b"\xff", b"[", b'"', b"9", b",", bytes(raw[start:stop]) * 2])
        )
        if not raw:
            return
    for strict in (True, False):
        found = outcome(bytes(raw), strict=strict)
        assert isinstance(found, ZoneFileError) or ZoneSet(found.zones).version


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    """Nobody's file at all."""
    for strict in (True, False):
        with contextlib.suppress(ZoneFileError):
            read_zones(raw, "noise", strict=strict)


OURS = (Restriction.OPERATING_AREA, Restriction.PERMIT_AREA)


def objects(node: Any) -> list[dict[str, Any]]:
    """Every object of a zone of a document, at whatever depth."""
    if isinstance(node, list):
        return [one for child in node for one in objects(child)]
    return [node, *objects(list(node.values()))] if isinstance(node, dict) else []


@given(data=st.data(), name=st.sampled_from(["restriction", "type", "kind", "zoneType", "Restriction", "x"]))
def test_an_area_of_ours_is_never_taken_for_what_forbids(data: st.DataObject, name: str) -> None:
    """Named wherever in a zone of whatever format: it is one of ours then, or is refused; never a prohibition, with
    all the rest free.
    """
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS[:5])))
    word = data.draw(st.sampled_from(["OPERATING_AREA", "PERMIT_AREA", "operating area", "Permit-Area"]))
    held = data.draw(st.sampled_from([word, [word], {"value": word}]))
    data.draw(st.sampled_from(objects(document["features"])))[name] = held
    found = outcome(json.dumps(document).encode(), strict=False)
    if isinstance(found, ZoneFile):
        assert all(zone.restriction in OURS for zone in found.zones)
        assert all(one.restriction in (None, *OURS) for one in found.refused)
        assert found.zones or found.refused


# ---- a slip of the pen in a zone that allows -----------------------------------------------------

MIDDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLYING = feature(
    id="o",
    restriction="OPERATING_AREA",
    **SIDES,
    starts_at=START,
    ends_at="2026-12-31T00:00Z",
    message="ours",
)
DRIVING = feature(
    id="p",
    restriction="PERMIT_AREA",
    surface="street",
    max_speed_mps=2,
    max_weight_kg=40,
    starts_at=START,
    ends_at="2026-12-31T00:00Z",
)


def names(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member of every object."""
    if isinstance(node, list):
        return [way for index, child in enumerate(node) for way in names(child, (*at, index))]
    if not isinstance(node, dict):
        return []
    return [(*at, key) for key in node] + [
        way for key, child in node.items() for way in names(child, (*at, key))
    ]


def misspelt(name: str, edit: str, place: int, letter: str) -> str:
    """The name with a letter gone, doubled, replaced or swapped, or in other capitals."""
    at = place % len(name)
    return {
        "gone": name[:at] + name[at + 1 :],
        "doubled": name[:at] + name[at] * 2 + name[at + 1 :],
        "replaced": name[:at] + letter + name[at + 1 :],
        "swapped": name[: at - 1] + name[at : at - 2 : -1] + name[at + 1 :] if at > 1 else name[::-1],
        "capital": name.upper(),
        "ended": name + letter,
    }[edit]


def slipped(made: dict[str, Any], data: st.DataObject) -> bytes:
    """A file with the feature, in which one name is misspelt."""
    document: dict[str, Any] = {"type": "FeatureCollection", "features": [copy.deepcopy(made)]}
    *way, name = data.draw(st.sampled_from(names(document)))
    holder: Any = document
    for key in way:
        holder = holder[key]
    edit = data.draw(st.sampled_from(["gone", "doubled", "replaced", "swapped", "capital", "ended"]))
    other = misspelt(name, edit, data.draw(st.integers(0, 20)), data.draw(st.sampled_from("abtx_s2")))
    holder[other] = holder.pop(name)
    return json.dumps(document).encode()


def whole_or_none(raw: bytes, made: dict[str, Any]) -> ZoneSet | None:
    """What a tolerant reading makes of the file; strictly, only what was meant is read without a word."""
    meant = json.dumps({"type": "FeatureCollection", "features": [made]}).encode()
    strict = outcome(raw, strict=True)
    if isinstance(strict, ZoneFile):
        said = [one.content_hash() for one in strict.zones]
        assert said == [one.content_hash() for one in read_zones(meant, "fuzzed.json").zones]
    found = outcome(raw, strict=False)
    return ZoneSet.of(found) if isinstance(found, ZoneFile) else None


@given(st.data())
def test_a_misspelt_name_in_an_operating_area_allows_nothing_more(data: st.DataObject) -> None:
    """Wherever the slip is: outside, above, before and after stay forbidden, or unknown."""
    zones = whole_or_none(slipped(FLYING, data), FLYING)
    if zones is None:
        return
    for lon, lat, up, at in (
        (0.0, 0.0, 40.0, MIDDAY),
        (6.15, 49.65, 60.0, MIDDAY),
        (6.15, 49.65, 40.0, MIDDAY - timedelta(days=365)),
        (6.15, 49.65, 40.0, MIDDAY + timedelta(days=365)),
    ):
        assert not check_point(zones, Waypoint(lon, lat, up, at), SEA).is_clear


@given(st.data())
def test_a_misspelt_name_in_a_permit_allows_nothing_more(data: st.DataObject) -> None:
    """Too fast, too heavy, elsewhere, before, after, and on the sidewalk."""
    zones = whole_or_none(slipped(DRIVING, data), DRIVING)
    if zones is None:
        return
    street, sidewalk = Surface.STREET, Surface.SIDEWALK
    for lon, speed, weight, days, surface in (
        (6.15, 3.0, 30.0, 0, street),
        (6.15, 1.0, 50.0, 0, street),
        (0.0, 1.0, 30.0, 0, street),
        (6.15, 1.0, 30.0, -365, street),
        (6.15, 1.0, 30.0, 365, street),
        (6.15, 1.0, 30.0, 0, sidewalk),
    ):
        at = MIDDAY + timedelta(days=days)
        way = [
            Waypoint(lon, 49.65, 0.0, at),
            Waypoint(lon, 49.6509, 0.0, at + timedelta(seconds=100.0 / speed)),
        ]
        assert check_drive(zones, way, surface, weight).status is not Status.CLEAR


def test_what_is_not_misspelt_is_allowed() -> None:
    """The scenes of both are what they seem."""
    for made in (FLYING, DRIVING):
        raw = json.dumps({"type": "FeatureCollection", "features": [made]}).encode()
        zones = ZoneSet.of(read_zones(raw, "zones.json"))
        if made is FLYING:
            assert check_point(zones, Waypoint(6.15, 49.65, 40.0, MIDDAY), SEA).is_clear
        else:
            way = [
                Waypoint(6.15, 49.65, 0.0, MIDDAY),
                Waypoint(6.15, 49.6509, 0.0, MIDDAY + timedelta(seconds=100.0)),
            ]
            assert check_drive(zones, way, Surface.STREET, 30.0).status is Status.CLEAR


@given(data=st.data(), value=anything)
def test_an_area_that_is_closed_by_hand_is_refused_or_one_zone(data: st.DataObject, value: Any) -> None:
    """What comes over the wire as a feature: an error that names the zone, or exactly one that can be checked."""
    made = copy.deepcopy(data.draw(st.sampled_from([FLYING, DRIVING, DOCUMENTS[2]["features"][0]])))
    put(made, data.draw(st.sampled_from(places(made))), value)
    with contextlib.suppress(ZoneFileError):
        judged_alone(parse_feature("closed", made))


def judged_alone(found: Zone) -> None:
    """It has the name that it was given, and can be checked."""
    assert found.zone_id == "closed"
    assert check_point(ZoneSet([found]), Waypoint(0.0, 0.0, 50.0, NOON), SEA).status in Status
