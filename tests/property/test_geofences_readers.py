"""Zone files with something replaced by anything: refused or read, never a crash, never silently fewer zones."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import Restriction, ZoneFile, ZoneFileError, ZoneSet, distance_to_nearest, read_zones
from geofences.readers import FORMATS
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
DOCUMENTS: list[dict[str, Any]] = [
    {"features": [ed269(applicability=[{"permanent": "NO", **TIMES}])]},
    {
        "type": "FeatureCollection",
        "features": [ed318({**POLYGON, "layer": LAYER}, limitedApplicability=[TIMES])],
    },
    {"type": "FeatureCollection", "features": [ed318(CIRCLE)]},
    {"type": "FeatureCollection", "features": [feature(CEILING=200, OBJECTID=1)]},
    {"type": "FeatureCollection", "features": [feature(id="a", upper_m=50, upper_datum="AGL")]},
]

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-200, 100_000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            ["", "Circle", "Polygon", "ANY", "SR", "AGL", "PROHIBITED", "06:00", "24:00Z", "9" * 30]
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


@given(data=st.data(), value=anything)
def test_anything_anywhere_is_refused_or_read(data: st.DataObject, value: Any) -> None:
    """Tolerant reading accounts for every zone; what it takes can be indexed and checked against."""
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    put(document, data.draw(st.sampled_from(places(document))), value)
    raw = json.dumps(document).encode()
    try:
        found = read_zones(raw, "fuzzed.json", strict=False)
    except ZoneFileError:
        return
    judged(document, raw, found)


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
    raw = json.dumps(document).encode()
    try:
        found = read_zones(raw, "fuzzed.json", strict=False)
    except ZoneFileError:
        return
    judged(document, raw, found)


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
