"""OpenAir: any text is refused or read, no airspace gets lost, and arcs contain what they draw."""

import contextlib
import re

from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Point

from geofences import (
    PolygonShape,
    Restriction,
    Waypoint,
    ZoneFileError,
    ZoneSet,
    check_point,
    distance_to_nearest,
    read_zones,
)
from geofences.geometry.shapes import lonlat_polygon
from tests.unit.geofences.make import NOON, SEA

EARTH = Geod(ellps="WGS84")
MILE = 1852.0
LINES = [
    "AC R",
    "ac D",
    "AC\tUNC",
    "  AC Q * danger",
    "AN Somewhere",
    "AY TMZ",
    "AI 12",
    "AL GND",
    "AH FL100",
    "AH 2500",
    "AH 99999m AGL",
    "AA NONE",
    "AA 2026-01-01T00:00Z/9999-12-31T24:00Z",
    "V X=41:30:00 N 007:30:00 W",
    "V X=89:59:59 N 179:59:59 E",
    "V D=-",
    "DC 5",
    "DA 5,10,200",
    "DA 270,1,359.5",
    "DB 41:36:00 N 007:30:00 W, 41:30:00 N 007:10:00 W",
    "DP 41:00:00 N 008:00:00 W",
    "DP 41:00:00 N 007:00:00 W",
    "DP 42:00.000 N 007:00.000 W",
    "DP 41:30:00 S 179:00:00 E",
    "DP 41:40:00 S 179:00:00 W",
    "TO Lake",
    "* nothing",
    "",
]
SQUARE = ["AC P", "AL GND", "AH UNL", *LINES[20:23]]
text = st.one_of(
    st.sampled_from(LINES), st.text(max_size=20), st.from_regex(r"(A[CLHNYA]|D[PABC]|V) [ -~]{0,20}")
)
files = st.lists(text, max_size=25).flatmap(
    lambda rows: st.sampled_from([rows, [*SQUARE, *rows], [*rows, *SQUARE]])
)
ends = st.sampled_from(["\n", "\r\n", "\r"])


def airspaces(raw: bytes) -> int:
    """How many lines begin an airspace."""
    lines = re.split(r"[\r\n]", raw.decode("latin-1").removeprefix("\xef\xbb\xbf"))
    said = [line.split("*")[0].strip(" \t\v\f") for line in lines]
    return sum(1 for one in said if re.match(r"AC([ \t\v\f]|$)", one, re.IGNORECASE))


@given(rows=files, end=ends, encoding=st.sampled_from(["utf-8", "utf-8-sig"]), spoilt=st.binary(max_size=3))
def test_any_text_is_refused_or_read_and_no_airspace_is_lost(
    rows: list[str], end: str, encoding: str, spoilt: bytes
) -> None:
    raw = end.join(rows).encode(encoding) + spoilt
    try:
        found = read_zones(raw, "fuzzed.txt", strict=False)
    except ZoneFileError:
        assert airspaces(raw) == 0 or raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
        return
    if found.format != "openair":
        return
    numbered = [one for one in found.refused if one.zone.startswith("number")]
    assert len(found.zones) + len(numbered) == airspaces(raw)
    zones = ZoneSet(found.zones)
    assert zones.version
    distance_to_nearest(zones, -7.5, 41.5)
    if any(one.restriction is not Restriction.NO_RESTRICTION for one in found.refused):
        assert not check_point(ZoneSet.of(found), Waypoint(0.0, 0.0, 50.0, NOON), SEA).is_clear
    assert all(zone.volumes and zone.zone_id for zone in zones.zones)
    with contextlib.suppress(ZoneFileError):
        assert read_zones(raw, "fuzzed.txt").zones == found.zones


def _position(lon: float, lat: float) -> str:
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{_angle(abs(lat))} {north} {_angle(abs(lon))} {east}"


def _angle(degrees: float) -> str:
    whole, minutes = divmod(round(degrees * 60.0, 9), 60.0)
    return f"{int(whole)}:{minutes:.9f}"


@given(
    lon=st.floats(-170.0, 170.0),
    lat=st.floats(-75.0, 75.0),
    inner=st.floats(0.1, 60.0),
    thick=st.floats(0.05, 40.0),
    start=st.integers(0, 359),
    sweep=st.integers(1, 350),
    share=st.floats(0.0, 1.0),
    inner_first=st.booleans(),
)
def test_a_sector_contains_its_arcs_and_reaches_hardly_beyond(
    lon: float,
    lat: float,
    inner: float,
    thick: float,
    start: int,
    sweep: int,
    share: float,
    inner_first: bool,
) -> None:
    """The oracle goes out from the centre along a geodesic and knows no polygon."""
    near, far = round(inner, 3), round(inner + thick, 3)
    end = (start + sweep) % 360
    assume(start != end)
    arcs = [f"DA {far},{start},{end}", f"DA {near},{end},{start}"]
    turns = ["V D=+", "V D=-"]
    if inner_first:
        arcs = [f"DA {near},{start},{end}", f"DA {far},{end},{start}"]
    centre = f"V X={_position(lon, lat)}"
    rows = ["AC D", "AL GND", "AH UNL", centre, turns[0], arcs[0], turns[1], arcs[1]]
    (zone,) = read_zones("\n".join(rows).encode(), "arcs.txt").zones
    shape = zone.volumes[0].shape
    assert isinstance(shape, PolygonShape)
    polygon = lonlat_polygon(shape)
    bearing = start + sweep * (0.001 + 0.998 * share)
    for metres, inside in (
        (far * MILE - 0.001, True),
        (near * MILE + 0.001, True),
        (far * MILE + 0.4, False),
        (near * MILE - 0.4, False),
    ):
        x, y, _ = EARTH.fwd(lon, lat, bearing, metres)
        assert polygon.covers(Point(x, y)) is inside
