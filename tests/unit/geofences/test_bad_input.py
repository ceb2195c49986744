"""What zone files get wrong: strict names file, zone and field, tolerant lists; never a crash, never silently clear."""

import json
import math
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from geofences import (
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Status,
    Waypoint,
    ZoneFile,
    ZoneFileError,
    ZoneSet,
    check_point,
    read_zones,
    read_zones_file,
)
from geofences.model.altitude import Box
from geofences.readers import collection
from geofences.readers.countries import COUNTRIES
from tests.unit.geofences.test_readers import POLYGON, RING, ed269, ed318, feature, one, read, ring_feature

HUGE = 10**400
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def raw(*features: object) -> bytes:
    """A feature collection."""
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def refused_in_both_modes(bad: bytes, field: str, words: str) -> None:
    """The second zone is refused by file, zone and field, or listed; the first is taken."""
    with pytest.raises(ZoneFileError, match=words) as refused:
        read_zones(bad, "zones.json")
    assert refused.value.file == "zones.json"
    assert (refused.value.zone or "").startswith("number 2")
    assert field in (refused.value.field or "")
    tolerant = read_zones(bad, "zones.json", strict=False)
    assert [zone.zone_id for zone in tolerant.zones] == ["good"]
    (listed,) = tolerant.refused
    assert listed.zone.startswith("number 2")
    assert field in listed.reason


FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "endless height": (feature(upper_m=HUGE, upper_datum="AGL"), "upper_m", "finite number"),
    "endless depth": (feature(lower_m=-HUGE, lower_datum="AMSL"), "lower_m", "finite number"),
    "endless place": (
        ring_feature([[HUGE, 0], [1, 0], [1, 1], [HUGE, 0]]),
        "coordinates[0][0]",
        "finite number",
    ),
    "endless radius": (
        feature({"type": "Point", "coordinates": [1, 2]}, radius_m=HUGE),
        "radius_m",
        "finite",
    ),
    "truth for a height": (feature(upper_m=True, upper_datum="AGL"), "upper_m", "finite number"),
    "half a surrogate pair": (
        feature(restriction="PROHIBITED", reasons=["\ud800"]),
        "reason",
        "no character",
    ),
    "before the year 1": (feature(starts_at="0001-01-01T00:00+14:00"), "startDateTime", "before the year 1"),
    "after 9999": (feature(ends_at="9999-12-31T23:59:59-12:00"), "endDateTime", "after 9999"),
    "a pole within": (
        feature({"type": "Point", "coordinates": [0, 90]}, radius_m=1000),
        "coordinates",
        "pole",
    ),
    "holes that share an edge": (
        feature(
            {
                "type": "Polygon",
                "coordinates": [
                    [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]],
                    [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]],
                    [[2, 1], [3, 1], [3, 2], [2, 2], [2, 1]],
                ],
            }
        ),
        "coordinates",
        "not a simple polygon",
    ),
    "hole as large as its zone": (
        feature({"type": "Polygon", "coordinates": [RING, RING]}),
        "coordinates",
        "not a simple polygon|no area",
    ),
    "below everything on Earth": (
        feature(lower_m=9000, lower_datum="AMSL", upper_m=50, upper_datum="AGL"),
        "properties",
        "below the lower limit",
    ),
    "below by the geoid": (
        feature(lower_m=500, lower_datum="AMSL", upper_m=380, upper_datum="WGS84"),
        "properties",
        "below the lower limit",
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_bad_value_is_refused_with_file_zone_and_field(name: str) -> None:
    """Also those that JSON allows and no computation does."""
    bad, field, words = FIELDS[name]
    refused_in_both_modes(raw(feature(id="good"), bad), field, words)


def test_name_stated_twice_in_one_object_is_refused() -> None:
    """JSON takes the last; another program takes the first. A zone must not be open to one of them."""
    text = raw(feature(id="good"), feature(restriction="PROHIBITED")).decode()
    twice = text.replace('"PROHIBITED"', '"PROHIBITED", "restriction": "NO_RESTRICTION"')
    refused_in_both_modes(twice.encode(), "restriction", "stated twice")
    for strict in (True, False):
        with pytest.raises(ZoneFileError, match=r"zones\.json, features: stated twice"):
            read_zones(b'{"features": [], "features": []}', "zones.json", strict=strict)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("kind", [{}, {"type": "FeatureCollection"}])
def test_both_wrappers_in_one_file_are_refused(kind: dict[str, str], strict: bool) -> None:
    """The zones of one of the two would be skipped silently."""
    both = json.dumps({**kind, "features": [feature()], "UASZoneList": []}).encode()
    with pytest.raises(ZoneFileError, match="UASZoneList: stated beside features"):
        read_zones(both, "zones.json", strict=strict)


def test_an_empty_layer_of_its_own_is_not_that_of_the_collection() -> None:
    """Limits that are not stated are unbounded, wherever the others of the collection end."""
    layer = {"lower": 100, "lowerReference": "AGL", "upper": 120, "upperReference": "AGL"}
    parts = {"type": "GeometryCollection", "layer": layer, "geometries": [{**POLYGON, "layer": {}}]}
    zone = one({"type": "FeatureCollection", "features": [ed318(geometry=parts)]}, strict=False)
    assert (zone.volumes[0].lower, zone.volumes[0].upper) == (None, None)


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("strict", [True, False])
def test_wrong_encoding_is_named(code: str, strict: bool) -> None:
    """Notepad writes UTF-16."""
    text = raw(feature()).decode()
    with pytest.raises(ZoneFileError, match=rf"zones\.json: it is {code[:6].upper()}: save it as UTF-8"):
        read_zones(text.encode(code), "zones.json", strict=strict)


def test_latin_1_is_refused() -> None:
    """Its letters are no UTF-8; a guess would change names."""
    with pytest.raises(ZoneFileError, match="not UTF-8 at byte"):
        read_zones(raw(feature(name="X")).replace(b"X", "Militær".encode("latin-1")), "zones.json")


def outcome(text: bytes) -> ZoneFile | ZoneFileError:
    """What is read tolerantly, or why it is not."""
    try:
        return read_zones(text, "zones.json", strict=False)
    except ZoneFileError as error:
        return error


@pytest.mark.parametrize("depth", [100, 900, 3_000, 9_000])
@pytest.mark.parametrize("member", ["id", "restriction", "upper_m", "schedule", "volumes", "unknown"])
def test_deep_nesting_is_no_crash(depth: int, member: str) -> None:
    """Wherever it stands: refused, or ignored where nobody reads it. Python's own limit is not the measure."""
    text = raw(feature(id="good"), feature(**{member: "HERE"})).decode()
    deep = text.replace('"HERE"', "[" * depth + "]" * depth).encode()
    found = outcome(deep)
    if isinstance(found, ZoneFileError):
        assert "nested too deeply" in str(found)
        return
    assert len(found.zones) + len(found.refused) == 2
    assert ZoneSet(found.zones).version


# ---- upper below lower, in different datums ------------------------------------------------------


def test_mixed_limits_that_hold_somewhere_are_read() -> None:
    """0 AGL to 50 AMSL is legal, and so is all that ground above the sea leaves room for."""
    for lower, upper in (
        ((0, "AGL"), (50, "AMSL")),
        ((100, "AGL"), (500, "AMSL")),
        ((500, "AMSL"), (120, "AGL")),
        ((0, "AGL"), (0.5, "WGS84")),
        ((100, "AGL"), (10, "WGS84")),
        ((100, "AGL"), (10, "FL")),
    ):
        zone = one(feature(lower_m=lower[0], lower_datum=lower[1], upper_m=upper[0], upper_datum=upper[1]))
        assert zone.volumes[0].upper == Limit(upper[0], Datum(upper[1]))
        assert zone.flags == ()


@pytest.mark.parametrize(
    "limits",
    [
        {"lower_m": 10, "lower_datum": "AGL", "upper_m": 5, "upper_datum": "AMSL"},
        {"lower_m": 0, "lower_datum": "AGL", "upper_m": 0, "upper_datum": "AGL"},
        {"upper_m": -5, "upper_datum": "AGL"},
        {"lower_m": 0, "lower_datum": "AGL", "upper_m": 0, "upper_datum": "AMSL"},
        {"upper_m": 0, "upper_datum": "AMSL"},
        {"upper_m": 0, "upper_datum": "WGS84"},
        {"lower_m": 0, "lower_datum": "AGL", "upper_m": -0.5, "upper_datum": "WGS84"},
        {"lower_m": 130, "lower_datum": "AGL", "upper_m": 10, "upper_datum": "WGS84"},
        {"upper_m": 0, "upper_datum": "FL"},
        {"lower_m": 0, "lower_datum": "AGL", "upper_m": -30, "upper_datum": "FL"},
        {"lower_m": -20, "lower_datum": "AMSL", "upper_m": -5, "upper_datum": "AMSL"},
    ],
)
def test_limits_that_hold_almost_nowhere_are_never_silently_clear(limits: dict[str, Any]) -> None:
    """Strict refuses them; tolerant takes the zone as unbounded above, and says so."""
    with pytest.raises(ZoneFileError, match="taken as unbounded") as refused:
        read(feature(**limits))
    assert "upper limit" in (refused.value.field or "")
    zone = one(feature(**limits), strict=False)
    assert any("upper limit" in flag for flag in zone.flags)
    point = Waypoint(6.15, 49.65, 400.0, NOON)
    assert check_point(ZoneSet([zone]), point, FlatTerrain(200.0, 5.0)).status is Status.BLOCKED


# ---- swapped coordinates -------------------------------------------------------------------------


def swapped(ring: list[list[float]]) -> list[list[float]]:
    """Latitude first."""
    return [[lat, lon] for lon, lat in ring]


def test_zone_that_is_swapped_out_of_its_country_is_refused() -> None:
    """6 N, 49 E is in range and in the Indian Ocean; nothing at home would meet it."""
    bad = ed269(horizontalProjection={"type": "Polygon", "coordinates": [swapped(RING)]}, identifier="LU-2")
    document = {"features": [ed269(), bad]}
    with pytest.raises(ZoneFileError, match="are they swapped") as refused:
        read(document)
    assert (refused.value.zone, refused.value.field) == ("LU-2", "coordinates")
    tolerant = read_zones(json.dumps(document).encode(), "zones.json", strict=False)
    assert [zone.zone_id for zone in tolerant.zones] == ["LU-1"]
    assert [listed.zone for listed in tolerant.refused] == ["LU-2"]


def test_circle_and_ed318_are_held_against_their_country_too() -> None:
    """The same for every format."""
    circle = {"type": "Point", "coordinates": [46.4, 6.9], "extent": {"subType": "Circle", "radius": 300}}
    with pytest.raises(ZoneFileError, match="are they swapped"):
        read(ed318(circle))


def test_one_zone_that_is_swapped_out_of_its_neighbourhood_is_refused() -> None:
    """A plain file names no country, but its other zones say where it belongs."""
    near = [feature(id=str(number)) for number in range(4)]
    document = {"type": "FeatureCollection", "features": [*near, ring_feature(swapped(RING))]}
    with pytest.raises(ZoneFileError, match="far from most zones of the file"):
        read(document)
    found = read_zones(json.dumps(document).encode(), "zones.json", strict=False)
    assert (len(found.zones), len(found.refused)) == (4, 1)


def test_whole_file_that_is_swapped_is_refused_where_zones_are_expected() -> None:
    """Depots tell."""
    bad = raw(*[ring_feature(swapped(RING))] * 3)
    assert len(read_zones(bad, "zones.json").zones) == 3
    with pytest.raises(ZoneFileError, match="far from where zones are expected"):
        read_zones(bad, "zones.json", expect=Box(6.0, 49.5, 6.3, 49.8))


def test_right_data_is_never_taken_for_swapped(shared_data: Path) -> None:
    """Overseas parts, zones of the whole world, and places where longitude and latitude are alike."""
    overseas = [(55.5, -21.1), (-61.5, 16.2), (165.5, -21.5), (-53.0, 4.0), (45.2, -12.8), (-56.2, 46.8)]
    for lon, lat in overseas:
        ring = [[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]]
        assert read(ed318({"type": "Polygon", "coordinates": [ring]}))
    alike = [
        ring_feature([[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]])
        for lon, lat in ((36.0, 41.0), (36.1, 41.1), (36.2, 41.0), (41.0, 37.0), (43.9, 38.0))
    ]
    assert len(read({"type": "FeatureCollection", "features": alike})) == 5
    for path in (shared_data / "geozones" / "eu_small").glob("*.json"):
        found = read_zones_file(path, strict=False)
        assert not [listed for listed in found.refused if "swapped" in listed.reason]


def test_no_country_lies_where_it_would_be_swapped() -> None:
    """A box that holds its own mirror image could prove nothing; it must not prove anything wrong either."""
    for code, box in COUNTRIES.items():
        assert box.west < box.east
        assert -90.0 <= box.south < box.north <= 90.0
        middle = ((box.west + box.east) / 2, (box.south + box.north) / 2)
        lon, lat = (middle[0] + 180.0) % 360.0 - 180.0, middle[1]
        ring = [[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]]
        assert read(ed318({"type": "Polygon", "coordinates": [ring]}, country=code)), code


# ---- shapes that look odd and are right ----------------------------------------------------------


def test_a_ring_wound_either_way_encloses_the_same() -> None:
    """GeoJSON's rule of the right hand is often broken and changes nothing."""
    for ring in (RING, RING[::-1]):
        zones = ZoneSet([one(ring_feature(ring))])
        assert (
            check_point(zones, Waypoint(6.15, 49.65, 50.0, NOON), FlatTerrain(0.0, 0.0)).status
            is Status.BLOCKED
        )
        assert (
            check_point(zones, Waypoint(7.0, 49.65, 50.0, NOON), FlatTerrain(0.0, 0.0)).status is Status.CLEAR
        )


def test_a_sliver_is_a_zone() -> None:
    """A millimetre wide, and still met by whoever crosses it."""
    sliver = one(ring_feature([[6.1, 49.6], [6.1, 49.7], [6.10000001, 49.65], [6.1, 49.6]]))
    at = Waypoint(6.1, 49.65, 50.0, NOON)
    assert check_point(ZoneSet([sliver]), at, FlatTerrain(0.0, 0.0)).status is Status.BLOCKED


def test_a_ring_across_the_antimeridian_is_taken_the_short_way() -> None:
    """Not around the globe."""
    zones = ZoneSet([one(ring_feature([[179.9, 1], [-179.9, 1], [-179.9, 2], [179.9, 2], [179.9, 1]]))])
    ground = FlatTerrain(0.0, 0.0)
    for lon, status in ((179.95, "blocked"), (-179.95, "blocked"), (180.0, "blocked"), (0.0, "clear")):
        assert check_point(zones, Waypoint(lon, 1.5, 50.0, NOON), ground).status.value == status


def test_a_hole_that_touches_its_ring_in_one_point_is_a_hole() -> None:
    """Valid by the simple-features rules."""
    outer = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    zone = one(feature({"type": "Polygon", "coordinates": [outer, [[0, 0], [1, 1], [1, 2], [0, 0]]]}))
    assert isinstance(zone.volumes[0].shape, PolygonShape)


# ---- size ----------------------------------------------------------------------------------------


def circle_ring(vertices: int) -> list[list[float]]:
    """A closed ring with many vertices."""
    ring = [
        [
            6.15 + 0.05 * math.cos(2 * math.pi * n / vertices),
            49.65 + 0.05 * math.sin(2 * math.pi * n / vertices),
        ]
        for n in range(vertices)
    ]
    return [*ring, ring[0]]


def test_file_of_half_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    """By its size: neither time nor memory is spent on it."""
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(500_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(ZoneFileError, match=r"huge\.json: 500000000 bytes are more than"):
            read_zones_file(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_what_has_no_size_is_read_no_further_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, or /dev/zero, says that it is empty."""
    monkeypatch.setattr("geofences.readers.MAX_BYTES", 1_000)
    with pytest.raises(ZoneFileError, match="1001 bytes are more than 1000"):
        read_zones_file(Path("/dev/zero"))


def test_a_ring_with_very_many_vertices_takes_little_memory() -> None:
    """What is read of it is no larger than what JSON makes of it, and the measure of a file stays small."""
    bytes_of_file = raw(ring_feature(circle_ring(50_000)))
    tracemalloc.start()
    try:
        (zone,) = read_zones(bytes_of_file, "zones.json").zones
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(zone.volumes[0].shape, PolygonShape)
    assert len(zone.volumes[0].shape.outer) == 50_001
    assert peak < 12 * len(bytes_of_file)
    at = Waypoint(6.15, 49.65, 50.0, NOON)
    assert check_point(ZoneSet([zone]), at, FlatTerrain(0.0, 0.0)).status is Status.BLOCKED


@pytest.mark.parametrize(
    ("limit", "most", "text", "words"),
    [
        ("MOST_VALUES", 50, raw(*[feature()] * 3), "brackets and commas are more than 50: split the file"),
        ("MOST_ZONES", 2, raw(*[feature()] * 3), "3 zones are more than 2: split the file"),
        ("MOST_REFUSED", 2, raw({}, {}, {}), "more than 2 zones would be refused: .*number 3"),
    ],
)
def test_what_would_take_too_much_memory_is_refused(
    limit: str, most: int, text: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few bytes can be many things: each empty object takes 64 bytes, each zone that is refused 300."""
    assert outcome(text).__class__ is ZoneFile
    monkeypatch.setattr(collection, limit, most)
    with pytest.raises(ZoneFileError, match=words):
        read_zones(text, "zones.json", strict=False)


def test_as_many_refused_zones_as_allowed_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is none too many."""
    monkeypatch.setattr(collection, "MOST_REFUSED", 2)
    assert len(read_zones(raw({}, feature(), {}), "zones.json", strict=False).refused) == 2


def test_a_file_of_brackets_is_refused_before_it_is_parsed() -> None:
    """30 MB that would be three gigabytes."""
    text = b'{"features":[' + b"{}," * 10_000_000 + b"{}]}"
    tracemalloc.start()
    try:
        with pytest.raises(ZoneFileError, match="20000003 brackets and commas are more than 20000000"):
            read_zones(text, "zones.json", strict=False)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_text_with_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAir has no brackets to count."""
    monkeypatch.setattr("geofences.readers.openair.MOST_LINES", 3)
    with pytest.raises(ZoneFileError, match="4 lines are more than 3"):
        read_zones(b"AC P\n\n\n\n", "zones.txt", strict=False)


def test_a_radius_that_no_point_has_is_told() -> None:
    """Whoever drew a polygon and stated a radius may have meant a wider zone."""
    with pytest.raises(ZoneFileError, match="radius_m: only a Point has a radius"):
        read(feature(radius_m=500))
    assert (
        "radius_m: only a Point has a radius: it is not heeded"
        in one(feature(radius_m=500), strict=False).flags
    )


def test_long_names_are_shortened_in_messages() -> None:
    """A message stays a message."""
    with pytest.raises(ZoneFileError) as refused:
        read(feature({**POLYGON, "type": "Nothing"}, id="x" * 10_000))
    assert len(str(refused.value)) < 300
