"""OpenAir files: what is read, what is refused, and with which words."""

import math

import pytest
from pyproj import Geod
from shapely.geometry import Point

from geofences import (
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    PolygonShape,
    Restriction,
    Status,
    Waypoint,
    Zone,
    ZoneFile,
    ZoneFileError,
    ZoneSet,
    check_point,
    read_zones,
)
from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import Interval
from geofences.model.refused import because
from geofences.readers.openair_classes import CODES, LONG_NAMES, STRICTNESS
from tests.unit.geofences.make import NOON

EARTH = Geod(ellps="WGS84")
MILE = 1852.0
SQUARE = "DP 41:00:00 N 008:00:00 W\nDP 41:00:00 N 007:00:00 W\nDP 42:00:00 N 007:00:00 W\nDP 42:00:00 N 008:00:00 W"
CENTRE = (-7.5, 41.5)
AT_CENTRE = "V X=41:30:00 N 007:30:00 W"


def airspace(*, head: str = "AC R", low: str = "GND", high: str = "FL100", drawn: str = SQUARE) -> str:
    """One airspace."""
    return f"{head}\nAN Test\nAL {low}\nAH {high}\n{drawn}\n"


def read(text: str | bytes, *, strict: bool = True) -> ZoneFile:
    """What a text holds."""
    return read_zones(text.encode() if isinstance(text, str) else text, "air.txt", strict=strict)


def one(text: str | bytes, *, strict: bool = True) -> Zone:
    """The only zone of a text."""
    found = read(text, strict=strict)
    assert found.format == "openair"
    (zone,) = found.zones
    return zone


def shape_of(drawn: str) -> PolygonShape:
    """The only polygon of what is drawn."""
    (volume,) = one(airspace(drawn=drawn)).volumes
    assert isinstance(volume.shape, PolygonShape)
    return volume.shape


def at(bearing: float, distance_m: float) -> Point:
    """A position around the centre."""
    lon, lat, _ = EARTH.fwd(*CENTRE, bearing, distance_m)
    return Point(lon, lat)


# ---- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"* made by hand\r\n\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_format_is_recognised_whatever_the_line_ends(mark: bytes, end: str) -> None:
    zone = one(mark + airspace().replace("\n", end).encode() + b"\x1a")
    assert (zone.name, zone.zone_id) == ("Test", "test")


def test_comments_and_what_only_draws_are_left_out() -> None:
    text = "SP 0,1,2\n" + airspace(head="AC R * restricted\nAT 41:30:00 N 007:30:00 W") + "* end\n"
    assert one(text).restriction is Restriction.REQ_AUTHORISATION


def test_terrain_before_the_first_airspace_and_labels_are_left_out() -> None:
    zone = one("TC Lake\nDP 10:00:00 N 010:00:00 E\n" + airspace(head="AC R\nTO label\nTC label"))
    assert (len(zone.volumes), zone.flags) == (1, ())


def test_terrain_after_an_airspace_is_no_part_of_it_and_remarked() -> None:
    """Strict refuses: it might be the rest of the airspace."""
    terrain = "TO Lake\nDP 10:00:00 N 010:00:00 E\nDP 10:00:00 N 011:00:00 E\n"
    text = airspace() + terrain + airspace(head="AC P")
    with pytest.raises(ZoneFileError, match=r"air\.txt:10, .* DP: it follows TO or TC"):
        read(text)
    first, second = read(text, strict=False).zones
    assert first.volumes == one(airspace()).volumes
    assert any("taken as terrain" in flag for flag in first.flags)
    assert second.flags == ()


def test_latin_1_is_refused_when_strict_and_remarked_when_tolerant() -> None:
    raw = (airspace() + airspace().replace("Test", "Münster")).encode("latin-1")
    with pytest.raises(ZoneFileError, match=r"air\.txt:10: not UTF-8"):
        read(raw)
    plain, other = read(raw, strict=False).zones
    assert (plain.flags, other.name) == ((), "Münster")
    assert other.flags == ("not UTF-8: taken as Latin-1",)
    assert one(airspace().replace("Test", "Münster")).name == "Münster"


def test_an_id_is_taken_else_made_from_the_name_and_where_that_is_shared_from_the_content() -> None:
    assert one(airspace(head="AC D\nAI 67fc5d9f")).zone_id == "67fc5d9f"
    assert one(airspace()).zone_id == one(airspace(high="FL110")).zone_id == "test"
    low, high = (zone.zone_id for zone in read(airspace() + airspace(high="FL110")).zones)
    assert low != high
    assert low.startswith("test-")
    assert {low, high} == {zone.zone_id for zone in read(airspace(high="FL110") + airspace()).zones}
    assert one(airspace().replace("Test", "Тест")).zone_id.startswith("zone-")


# ---- classes and types ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "restriction", "words"),
    [
        ("AC P", Restriction.PROHIBITED, "prohibited area"),
        ("AC R", Restriction.REQ_AUTHORISATION, "restricted area"),
        ("AC Q", Restriction.CONDITIONAL, "danger area"),
        ("AC ctr", Restriction.REQ_AUTHORISATION, "control zone"),
        ("AC D", Restriction.REQ_AUTHORISATION, "class D"),
        ("AC E\nAY RMZ", Restriction.CONDITIONAL, "class E"),
        ("AC G\nAY TMZ", Restriction.CONDITIONAL, "transponder mandatory zone"),
        ("AC G\nAY P", Restriction.PROHIBITED, "prohibited area"),
        ("AC C\nAY FIR", Restriction.REQ_AUTHORISATION, "class C"),
        ("AC UNC\nAY DANGER", Restriction.CONDITIONAL, "danger area"),
        ("AC G\nAY NONE", Restriction.NO_RESTRICTION, "class G"),
    ],
)
def test_the_stricter_of_class_and_type_holds(head: str, restriction: Restriction, words: str) -> None:
    zone = one(airspace(head=head))
    assert (zone.restriction, zone.conditions, zone.flags) == (restriction, words, ())


@pytest.mark.parametrize("head", ["AC XYZ", "AC UNC", "AC UNC\nAY NONE", "AC G\nAY CUSTOM", "AC"])
def test_what_is_not_known_is_prohibited_and_reported(head: str) -> None:
    """Rule E12: a code that is not known is refused when strict."""
    zone = read(airspace() + airspace(head=head), strict=False).zones[1]
    assert zone.restriction is Restriction.PROHIBITED
    assert any("taken as prohibited" in flag for flag in zone.flags)


def test_the_table_of_classes_is_whole() -> None:
    assert set(LONG_NAMES.values()) <= set(CODES)
    assert all(demand.restriction in STRICTNESS for demand in CODES.values())
    assert {"A", "B", "C", "D", "E", "F", "G", "R", "Q", "P", "W", "GP", "CTR", "TMZ", "RMZ"} <= set(CODES)


def test_whom_to_ask_and_when() -> None:
    """The records of the extended format."""
    head = "AC D\nAF 123.300\nAG Nordholz Radar\nAX 7000\nAA 2026-06-01T10:00Z/2026-06-01T24:00Z ; Monday"
    zone = one(airspace(head=head))
    assert zone.message == "Nordholz Radar 123.300 transponder 7000"
    assert [zone.applicability.active_at(NOON.replace(hour=hour), 0.0, 0.0) for hour in (9, 12, 23)] == [
        False,
        True,
        True,
    ]
    assert (
        one(airspace(head="AC D\nAA NONE/2026-06-01T11:00Z")).applicability.active_at(NOON, 0.0, 0.0) is False
    )
    notice = one(airspace(head="AC D\nAA NONE"))
    assert notice.applicability.is_permanent
    assert any("taken as always" in flag for flag in notice.flags)


# ---- heights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ("FL100", Limit(3048.0, Datum.FL)),
        ("FL 065", Limit(1981.2, Datum.FL)),
        ("5000ft STD", Limit(1524.0, Datum.FL)),
        ("2500 MSL", Limit(762.0, Datum.AMSL)),
        ("2500ft AMSL", Limit(762.0, Datum.AMSL)),
        ("ALT 2500 ft", Limit(762.0, Datum.AMSL)),
        ("2500F ALT", Limit(762.0, Datum.AMSL)),
        ("1000 agl", Limit(304.8, Datum.AGL)),
        ("300m AGL", Limit(300.0, Datum.AGL)),
        ("1500 GND", Limit(457.2, Datum.AGL)),
        ("UNL", Limit(math.inf, Datum.AMSL)),
        ("Unlimited", Limit(math.inf, Datum.AMSL)),
    ],
)
def test_heights_keep_their_datum(said: str, limit: Limit) -> None:
    """Rule E4."""
    (volume,) = one(airspace(high=said)).volumes
    assert volume.lower == Limit(0.0, Datum.AGL)
    assert volume.upper is not None
    assert volume.upper.datum is limit.datum
    assert volume.upper.value_m == pytest.approx(limit.value_m)


@pytest.mark.parametrize("said", ["GND", "SFC", "0"])
def test_the_ground_needs_no_terrain(said: str) -> None:
    assert one(airspace(low=said)).volumes[0].lower == Limit(0.0, Datum.AGL)


def test_a_height_without_reference_is_above_the_sea_when_tolerant() -> None:
    with pytest.raises(ZoneFileError, match="no reference"):
        read(airspace(high="2500ft"))
    zone = one(airspace(high="2500ft"), strict=False)
    assert zone.volumes[0].upper == Limit(762.0, Datum.AMSL)
    assert any("no reference" in flag for flag in zone.flags)


def test_a_limit_in_words_is_unbounded_and_remarked_when_tolerant() -> None:
    """Rule E5."""
    with pytest.raises(ZoneFileError, match="no height"):
        read(airspace(low="Ask on 122.8"))
    zone = one(airspace(low="Ask on 122.8"), strict=False)
    assert zone.volumes[0].lower is None
    assert any("not stated" in flag for flag in zone.flags)


@pytest.mark.parametrize("said", ["GND", "0", "0 ft AGL", "-5m AGL"])
def test_a_zone_does_not_end_at_the_ground(said: str) -> None:
    """It would hold nowhere; rule E5 instead."""
    with pytest.raises(ZoneFileError, match="no upper limit"):
        read(airspace(high=said))
    zone = one(airspace(high=said), strict=False)
    assert zone.volumes[0].upper is None
    assert any("no upper limit" in flag for flag in zone.flags)


def test_near_a_flight_level_the_answer_is_unknown() -> None:
    """Rule E13: today's pressure and temperature are not known."""
    zones = ZoneSet([one(airspace(low="GND", high="FL100"))])
    sea = FlatTerrain(0.0, 0.0)
    found = {
        height_m: check_point(zones, Waypoint(*CENTRE, height_m, NOON), sea).status
        for height_m in (100.0, 1900.0, 2500.0, 3048.0, 3800.0, 4000.0)
    }
    assert list(found.values()) == [Status.BLOCKED] * 2 + [Status.UNKNOWN] * 3 + [Status.CLEAR]


@pytest.mark.parametrize(
    ("qnh_hpa", "warmth"), [(950.0, 0.0), (1050.0, 0.0), (1013.25, -40.0), (950.0, -40.0), (1050.0, 30.0)]
)
@pytest.mark.parametrize("level_m", [0.0, 300.0, 1371.6, 3048.0, 5943.6])
def test_the_true_height_of_a_level_lies_in_the_interval(
    qnh_hpa: float, warmth: float, level_m: float
) -> None:
    """The standard atmosphere, moved by the pressure at sea level and stretched by an even warmth of the air."""

    def standard_m(pressure_hpa: float) -> float:
        return 44_330.77 * (1.0 - math.pow(pressure_hpa / 1013.25, 0.190263))

    above_sea = level_m - standard_m(qnh_hpa)
    mean_k = 288.15 - 0.0065 * (level_m + standard_m(qnh_hpa)) / 2.0
    true_m = above_sea * (mean_k + warmth) / mean_k
    bounds: Interval = Limit(level_m, Datum.FL).amsl(Interval(0.0, 0.0))
    assert bounds.low <= true_m <= bounds.high
    assert bounds.high - bounds.low < 1_400.0 + 0.4 * level_m


# ---- shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "position"),
    [
        ("41:30:36 N 008:15:00 W", (-8.25, 41.51)),
        ("41:30:36N 008:15:00W", (-8.25, 41.51)),
        ("41:30.6 N, 008:15.0 W", (-8.25, 41.51)),
        ("41:30.600N 8:15.000W", (-8.25, 41.51)),
        ("41:30:36.0 n 8:15:0 w ; gate", (-8.25, 41.51)),
        ("41 30 36 N 008 15 00 W", (-8.25, 41.51)),
    ],
)
def test_positions_in_both_forms(said: str, position: tuple[float, float]) -> None:
    """Rule E2: longitude comes first here."""
    ring = shape_of(f"{SQUARE}\nDP {said}").outer
    assert ring[4] == pytest.approx(position, abs=1e-12)
    assert ring[0] == ring[-1]


def test_a_circle_is_a_geodesic_one() -> None:
    """Rule E8."""
    (volume,) = one(airspace(drawn=f"{AT_CENTRE}\nDC 2.5")).volumes
    assert volume.shape == CircleShape(*CENTRE, 2.5 * MILE)
    both = one(airspace(drawn=f"{AT_CENTRE}\nDC 2.5\nV X=42:30:00 N 007:30:00 W\nDC 1"))
    assert len(both.volumes) == 2


SECTOR = f"{AT_CENTRE}\nDA 10,40,130\nV D=-\nDA 4,130,40"


@pytest.mark.parametrize("turned", [False, True])
def test_a_sector_between_two_arcs_is_never_smaller_and_hardly_larger(turned: bool) -> None:
    drawn = f"{AT_CENTRE}\nDA 4,40,130\nV D=-\nDA 10,130,40" if turned else SECTOR
    polygon = lonlat_polygon(shape_of(drawn))
    for bearing in (40.001, 41.0, 77.7, 84.99, 85.0, 101.3, 129.999):
        for mile, sign in ((10.0, -1.0), (4.0, 1.0)):
            assert polygon.covers(at(bearing, mile * MILE + sign * 0.001))
            assert not polygon.covers(at(bearing, mile * MILE - sign * 0.4))
    assert not polygon.covers(at(200.0, 7 * MILE))


def test_the_direction_of_an_arc_is_told_by_d() -> None:
    """Clockwise unless D is -, and clockwise again in the next airspace."""
    ends = "41:30:00 N 007:20:00 W, 41:30:00 N 007:40:00 W"
    closed = "DP 41:30:00 N 007:40:00 W\nDP 41:30:00 N 007:20:00 W"
    south = f"{AT_CENTRE}\nDB {ends}\n{closed}"
    north = f"{AT_CENTRE}\nV D=-\nDB {ends}\n{closed}"
    zones = read(airspace(drawn=south) + airspace(drawn=north) + airspace(drawn=south)).zones
    shapes = [zone.volumes[0].shape for zone in zones]
    assert [lonlat_polygon(shape).covers(at(180.0, 5_000.0)) for shape in shapes] == [True, False, True]
    assert [lonlat_polygon(shape).covers(at(0.0, 5_000.0)) for shape in shapes] == [False, True, False]


def test_angles_may_have_as_many_digits_as_programs_write() -> None:
    drawn = f"{AT_CENTRE}\nDA 5.0,277.9,359.83507529999997"
    assert lonlat_polygon(shape_of(drawn)).covers(at(300.0, 9_250.0))


def test_an_arc_of_360_degrees_is_all_around() -> None:
    polygon = lonlat_polygon(shape_of(f"{AT_CENTRE}\nDA 3,0,360"))
    assert all(polygon.covers(at(bearing, 3 * MILE - 0.001)) for bearing in range(0, 360, 7))
    assert not any(polygon.covers(at(bearing, 3 * MILE + 0.4)) for bearing in range(0, 360, 7))


def test_an_arc_whose_ends_disagree_is_taken_the_larger_way() -> None:
    """The first end is 15 m nearer to the centre than the second: programs take either radius."""
    near, far = at(40.0, 9_985.0), at(130.0, 10_000.0)
    ends = ", ".join(f"{_angle(one.y)} N {_angle(-one.x)} W" for one in (near, far))
    polygon = lonlat_polygon(shape_of(f"{AT_CENTRE}\nDB {ends}\nDP 41:30:00 N 007:30:00 W"))
    assert all(polygon.covers(at(bearing, 9_999.9)) for bearing in (45.0, 85.0, 125.0))
    outward = f"{AT_CENTRE}\nV D=-\nDB {', '.join(reversed(ends.split(', ')))}\nDP 41:50:00 N 007:00:00 W"
    assert lonlat_polygon(shape_of(outward)).covers(at(85.0, 9_985.1))


def _angle(degrees: float) -> str:
    return f"{int(degrees)}:{degrees % 1 * 60:.9f}"


def test_a_ring_that_crosses_itself_is_taken_with_all_it_encloses_when_tolerant() -> None:
    rows = SQUARE.split("\n")
    crossed = "\n".join([rows[0], rows[2], rows[1], rows[3]])
    with pytest.raises(ZoneFileError, match="not a simple polygon"):
        read(airspace(drawn=crossed))
    zone = one(airspace(drawn=crossed), strict=False)
    assert len(zone.volumes) == 2
    assert any("all that it encloses" in flag for flag in zone.flags)
    for lon in (-7.8, -7.2):
        assert any(lonlat_polygon(volume.shape).covers(Point(lon, 41.5)) for volume in zone.volumes)


def test_the_antimeridian_is_crossed_the_short_way() -> None:
    drawn = "V X=10:00:00 N 179:59:00 E\nDA 10,0,180\nDA 10,180,360"
    polygon = lonlat_polygon(shape_of(drawn))
    assert polygon.covers(Point(180.1, 10.0)) or polygon.covers(Point(-179.9, 10.0))


# ---- bad input -----------------------------------------------------------------------------------

BAD: dict[str, tuple[str, int, str | None, str]] = {
    "nothing drawn": (airspace(drawn="* nothing"), 1, None, "nothing is drawn"),
    "two points": (airspace(drawn="\n".join(SQUARE.split("\n")[:2])), 1, "DP", "at least 3"),
    "no position": (airspace(drawn="DP somewhere"), 5, "DP", "a position as dd:mm:ss"),
    "two positions": (airspace(drawn=SQUARE + " 41:00:00 N 008:00:00 W"), 8, "DP", "a position as"),
    "decimal degrees": (airspace(drawn="DP 41.5 N 8.5 W"), 5, "DP", "a position as"),
    "minutes": (airspace(drawn="DP 41:61:00 N 008:00:00 W"), 5, "DP", "below 60"),
    "a sign": (airspace(drawn="DP 41:30:00 N -8:00:00 W"), 5, "DP", "a position as"),
    "off the globe": (airspace(drawn="DP 91:00:00 N 008:00:00 W"), 5, "DP", "at most 90"),
    "two fractions": (
        airspace(drawn="DP 41:30.5:10 N 008:00:00 W"),
        5,
        "DP",
        "fraction of minutes and seconds",
    ),
    "no centre": (airspace(drawn="DC 5"), 5, "DC", "no centre"),
    "centre of another": (
        airspace(drawn=f"{AT_CENTRE}\nDC 5") + airspace(drawn="DC 5"),
        11,
        "DC",
        "no centre",
    ),
    "no radius": (airspace(drawn=f"{AT_CENTRE}\nDC 0"), 6, "DC", "radius"),
    "radius in words": (airspace(drawn=f"{AT_CENTRE}\nDC five"), 6, "DC", "a radius in nautical miles"),
    "negative radius": (airspace(drawn=f"{AT_CENTRE}\nDC -5"), 6, "DC", "a radius in nautical miles"),
    "endless": (airspace(drawn=f"{AT_CENTRE}\nDC 9999"), 6, "DC", "radius"),
    "endless arc": (airspace(drawn=f"{AT_CENTRE}\nDA 9999,1,2"), 6, "DA", "more than 500000"),
    "two numbers": (airspace(drawn=f"{AT_CENTRE}\nDA 5,10"), 6, "DA", "start and end angle"),
    "no length": (airspace(drawn=f"{AT_CENTRE}\nDA 5,10,10"), 6, "DA", "ends where it starts"),
    "past 360": (airspace(drawn=f"{AT_CENTRE}\nDA 5,10,400"), 6, "DA", "0 to 360"),
    "one end": (airspace(drawn=f"{AT_CENTRE}\nDB 41:00:00 N 008:00:00 W"), 6, "DB", "2 positions"),
    "an airway": (airspace(drawn=f"V W=5\nDY 41:00:00 N 008:00:00 W\n{SQUARE}"), 6, "DY", "airway"),
    "no direction": (airspace(drawn=f"V D=x\n{SQUARE}"), 5, "V", "D=\\+ or D=-"),
    "unknown drawing": (airspace(drawn=f"{SQUARE}\nDX 1"), 9, "DX", "no record that is known"),
    "a line in words": (airspace(drawn=f"{SQUARE}\nand so on"), 9, None, "no record that is known"),
    "two types": (airspace(head="AC R\nAY G\nAY P"), 3, "AY", "stated twice"),
    "two floors": (airspace(low="GND\nAL 100ft AGL"), 4, "AL", "stated twice"),
    "two references": (airspace(high="ALT 100ft AGL"), 4, "AH", "two references"),
    "floor without end": (airspace(low="UNL"), 1, "AL, AH", "no ceiling"),
    "upside down": (airspace(low="FL100", high="FL090"), 1, "AL, AH", "below the lower"),
    "naive time": (airspace(head="AC R\nAA 2026-01-01T00:00/NONE"), 2, "AA", "no offset"),
    "ends first": (
        airspace(head="AC R\nAA 2026-01-02T00:00Z/2026-01-01T00:00Z"),
        2,
        "AA",
        "before it starts",
    ),
    "no time": (airspace(head="AC R\nAA summer/NONE"), 2, "AA", "no ISO 8601 time"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_airspace_is_refused_with_file_line_zone_record_and_what(name: str) -> None:
    """Rule E10: strict refuses the file, tolerant takes the rest and lists it."""
    bad, line, record, words = BAD[name]
    with pytest.raises(ZoneFileError, match=words) as refused:
        read(bad)
    assert (refused.value.file, refused.value.line, refused.value.field) == ("air.txt", line, record)
    assert "(Test)" in str(refused.value.zone)
    tolerant = read(airspace(head="AC P") + bad, strict=False)
    assert tolerant.zones[0].restriction is Restriction.PROHIBITED
    assert len(tolerant.zones) + len(tolerant.refused) == 1 + bad.count("AC R")
    where = f"line {line + 8}" + (f", {record}: " if record else ": ")
    assert tolerant.refused[0].reason.startswith(where)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (airspace(drawn=f"{AT_CENTRE}\nDC 1\n{SQUARE}"), "a circle and an outline"),
        (airspace(head="AC R\nAQ 7"), "no record that is known"),
        (airspace(head="AC R\nAF 1\nAF 2"), "stated twice"),
        (
            airspace(
                drawn=f"{AT_CENTRE}\nDB 41:36:00 N 007:30:00 W, 41:30:00 N 007:10:00 W\nDP 41:30:00 N 007:30:00 W"
            ),
            "from its centre",
        ),
    ],
)
def test_what_is_plain_but_wrong_is_remarked_when_tolerant(text: str, words: str) -> None:
    with pytest.raises(ZoneFileError, match=words):
        read(text)
    assert any(words in flag for flag in one(text, strict=False).flags)


def test_what_stands_before_the_first_airspace_is_not_lost() -> None:
    text = "DP 41:00:00 N 008:00:00 W\n" + airspace()
    with pytest.raises(ZoneFileError, match=r"air\.txt:1, DP: .* before the first AC"):
        read(text)
    (refused,) = read(text, strict=False).refused
    assert refused.zone == "before the first AC"


def test_as_many_corners_as_no_zone_needs_are_refused() -> None:
    drawn = AT_CENTRE + "\nDA 250,0,180\nDA 250,180,360" * 40
    with pytest.raises(ZoneFileError, match="corners"):
        read(airspace(drawn=drawn))


def test_a_reason_names_the_places_that_are_known_and_no_others() -> None:
    """A line without a field, as of an airspace that is not drawn."""
    raw = b"AC R\nAN Bay\nAL GND\nAH 500 AGL\n"
    (listed,) = read_zones(raw, "airspace.txt", strict=False).refused
    assert listed.reason == "line 1: nothing is drawn: DP, DA, DB or DC is needed"
    assert because("why", None, "name") == "name: why"
    assert because("why", "line 3", "name") == "line 3, name: why"
    assert because("why", None) == "why"
