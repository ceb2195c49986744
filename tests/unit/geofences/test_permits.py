"""Permits to drive: read, written, compared, and held against a way: place, hours, speed, weight, count."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Permit,
    PolygonShape,
    Restriction,
    Status,
    Surface,
    TimePeriod,
    Waypoint,
    Why,
    Zone,
    ZoneFileError,
    ZoneSet,
    ZoneWriteError,
    check_drive,
    check_path,
    compare,
    permits_met,
    read_zones,
    speed_limits,
    write_zones,
)
from geofences.zones.describe import describe
from tests.unit.geofences.make import EARTH, HOME, NOON, SEA, circle, path, place, square, zone
from tests.unit.geofences.test_readers import feature

MPH = 0.44704


def area(
    zone_id: str = "P",
    shape: PolygonShape | None = None,
    when: Applicability | None = None,
    **terms: Any,
) -> Zone:
    """A permit area of a kilometre and a half."""
    made = zone(shape or square(0, 0, 750), zone_id=zone_id, restriction=Restriction.PERMIT_AREA)
    return replace(made, permit=Permit(**terms), applicability=when or Applicability())


def drive(*areas: Zone, mps: float = 1.5, surface: Surface = Surface.SIDEWALK, kg: float = 30.0) -> list[Why]:
    """Why a kilometre to the east can't be driven."""
    way = path((-500, 0, 0), (500, 0, 0), every_s=1000.0 / mps)
    return [one.why for one in check_drive(ZoneSet(areas), way, surface, kg).conflicts]


STATES = {
    "Washington": (Permit(Surface.SIDEWALK, 6 * MPH), {2.6: True, 2.8: False}),
    "Iowa, sidewalk": (Permit(Surface.SIDEWALK, 6 * MPH), {2.6: True, 8.0: False}),
    "Arizona": (Permit(Surface.SIDEWALK, 7 * MPH), {3.1: True, 3.2: False}),
    "Redwood City": (
        Permit(Surface.SIDEWALK, 10 * MPH, max_weight_kg=50 * 0.45359237),
        {4.4: True, 4.5: False},
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_speeds_of_real_rules(name: str) -> None:
    """Data, not code."""
    permit, speeds = STATES[name]
    for mps, allowed in speeds.items():
        found = drive(replace(area(), permit=permit), mps=mps, kg=20.0)
        assert found == ([] if allowed else [Why.ABOVE_PERMIT_SPEED])


def test_sidewalk_and_street_have_their_own_terms() -> None:
    """Iowa: 6 mph on the sidewalk, 20 mph on the street."""
    both = (
        area("walk", surface=Surface.SIDEWALK, max_speed_mps=6 * MPH),
        area("street", surface=Surface.STREET, max_speed_mps=20 * MPH),
    )
    assert drive(*both, mps=5.0) == [Why.ABOVE_PERMIT_SPEED]
    assert drive(*both, mps=5.0, surface=Surface.STREET) == []
    assert drive(both[1]) == [Why.OUTSIDE_PERMIT]


def test_weight_is_with_the_load() -> None:
    """Redwood City: under 50 lb."""
    light = area(max_weight_kg=22.7)
    assert drive(light, kg=22.7) == []
    assert drive(light, kg=22.8) == [Why.ABOVE_PERMIT_WEIGHT]
    assert drive(light, kg=float("nan")) == [Why.ABOVE_PERMIT_WEIGHT]


def test_outside_of_every_permit_is_blocked() -> None:
    """With where it is left."""
    (conflict,) = check_drive(
        ZoneSet([area()]), path((0, 0, 0), (1000, 0, 0)), Surface.SIDEWALK, 10.0
    ).conflicts
    assert (conflict.why, conflict.status) == (Why.OUTSIDE_PERMIT, Status.BLOCKED)
    assert conflict.from_m == pytest.approx(750.0, abs=0.5)
    assert drive() == [Why.OUTSIDE_PERMIT]


def test_areas_that_share_an_edge_have_no_gap() -> None:
    """A seam is no boundary."""
    halves = [area(str(x), square(x, 0, 500)) for x in (-500, 500)]
    assert drive(*halves) == []


def test_the_strictest_of_two_areas_holds() -> None:
    """The city's rule within the state's."""
    state, city = area("state", max_speed_mps=3.0), area("city", square(0, 0, 100), max_speed_mps=1.0)
    (conflict,) = check_drive(
        ZoneSet([state, city]), path((-500, 0, 0), (500, 0, 0), every_s=500.0), Surface.SIDEWALK, 10.0
    ).conflicts
    assert (conflict.zone_id, conflict.why) == ("city", Why.ABOVE_PERMIT_SPEED)
    assert (conflict.from_m, conflict.to_m) == pytest.approx((400.0, 600.0), abs=0.5)


def test_a_permit_has_its_hours() -> None:
    """Outside of them it is none."""
    morning = Applicability((TimePeriod(NOON - timedelta(hours=4), NOON + timedelta(minutes=5)),))
    way = path((-500, 0, 0), (500, 0, 0), every_s=600.0)
    (conflict,) = check_drive(ZoneSet([area(when=morning)]), way, Surface.SIDEWALK, 10.0).conflicts
    assert conflict.why is Why.OUTSIDE_PERMIT
    assert conflict.from_m == pytest.approx(500.0, abs=0.5)
    assert drive(area(when=morning), mps=5.0) == []


def test_aircraft_pass_over_it() -> None:
    """It is no zone of theirs, nor an area that they must stay in."""
    assert check_path(ZoneSet([area()]), path((-2000, 0, 50), (2000, 0, 50)), SEA).is_clear


def test_the_limit_of_a_leg_is_the_lowest_that_it_touches() -> None:
    """At whatever hour: who plans slower is never too fast."""
    zones = ZoneSet([area("wide", max_speed_mps=2.0), area("narrow", square(200, 0, 50), max_speed_mps=1.0)])
    points = [place(east, 0) for east in (-600, 0, 600, 5000)]
    assert speed_limits(zones, points, Surface.SIDEWALK) == (2.0, 1.0, 2.0)
    assert speed_limits(zones, points[:1], Surface.SIDEWALK) == ()
    met = permits_met(zones, path((0, 0, 0), (600, 0, 0)), Surface.STREET)
    assert ([one.zone_id for one in met.zones], met.missing) == (["narrow", "wide"], ())


def test_a_permit_is_read_written_described_and_compared() -> None:
    """What is written reads as the same, terms and hash."""
    terms = {"surface": "sidewalk", "max_speed_mps": 2.68, "max_count": 3, "max_weight_kg": 22.5}
    hours = [{"day": ["MON"], "startTime": "08:00Z", "endTime": "20:00Z"}]
    document = {
        "type": "FeatureCollection",
        "features": [feature(id="P", restriction="PERMIT_AREA", schedule=hours, **terms)],
    }
    (read,) = read_zones(json.dumps(document).encode(), "permits.json").zones
    assert read.permit == Permit(Surface.SIDEWALK, 2.68, 3, 22.5)
    (again,) = read_zones(write_zones([read], "geojson").text.encode(), "again").zones
    assert (again.permit, again.content_hash()) == (read.permit, read.content_hash())
    assert describe(read)["permit"] == "sidewalk, at most 2.68 m/s, 3 at once, up to 22.5 kg"
    slower = replace(read, permit=Permit(Surface.SIDEWALK, 2.0, 3, 22.5))
    (changed,) = compare(ZoneSet([read]), ZoneSet([slower])).changed
    assert [one.what for one in changed.changes] == ["permit"]
    for standard in ("ed269", "ed318"):
        with pytest.raises(ZoneWriteError):
            write_zones([replace(read, country="PRT")], standard)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"max_speed_mps": 0}, "max_speed_mps: a number above 0"),
        ({"max_speed_mps": -1}, "max_speed_mps: a number above 0"),
        ({"max_speed_mps": "6 mph"}, "max_speed_mps: a finite number"),
        ({"max_count": 1.5}, "max_count: a whole number"),
        ({"max_weight_kg": 10**400}, "max_weight_kg: a finite number"),
        ({"surface": "asphalt"}, "surface: 'asphalt' is none of sidewalk, street, any"),
        ({"surface": ["sidewalk"]}, "surface"),
        ({"restriction": "PROHIBITED", "max_speed_mps": 2}, "only a PERMIT_AREA has it"),
    ],
)
def test_a_fault_in_the_terms_is_refused_with_its_field(said: dict[str, Any], words: str) -> None:
    """A term that is misread is one that nobody keeps."""
    document = {"type": "FeatureCollection", "features": [feature(**{"restriction": "PERMIT_AREA", **said})]}
    with pytest.raises(ZoneFileError, match=words):
        read_zones(json.dumps(document).encode(), "permits.json")


@given(
    boxes=st.lists(
        st.tuples(st.integers(-8, 8), st.integers(1, 6), st.sampled_from([None, 0.5, 1.0, 2.0])), max_size=4
    ),
    legs=st.lists(st.tuples(st.integers(-9, 9), st.sampled_from([60, 200, 900])), min_size=1, max_size=4),
)
def test_a_moment_breaks_a_permit_just_when_the_check_says_so(
    boxes: list[tuple[int, int, float | None]], legs: list[tuple[int, int]]
) -> None:
    """Against an oracle that walks the way in small steps and knows intervals of metres only."""
    areas = [
        area(f"P{number}", square(100 * at, 0, 100 * half), max_speed_mps=limit)
        for number, (at, half, limit) in enumerate(boxes)
    ]
    spots, seconds = [0], [0]
    for east, lasts in legs:
        spots.append(100 * east + 50)
        seconds.append(seconds[-1] + lasts)
    way = [
        Waypoint(*place(east, 0), 0.0, NOON + timedelta(seconds=after))
        for east, after in zip(spots, seconds, strict=True)
    ]
    bad = False
    for (start, end), (begin, until) in zip(pairwise(spots), pairwise(seconds), strict=True):
        mps = abs(end - start) / (until - begin)
        for step in range(200):
            at = start + (end - start) * (step + 0.5) / 200
            apart = [(abs(at - 100 * middle) - 100 * half, limit) for middle, half, limit in boxes]
            # A step may lie just where two areas touch: it is in both of them, for no length.
            bad |= all(beyond > 0 for beyond, _ in apart)
            bad |= any(beyond < 0 and limit is not None and mps > limit * 1.002 for beyond, limit in apart)
    result = check_drive(ZoneSet(areas), way, Surface.SIDEWALK, 10.0)
    found = [
        one for one in result.conflicts if one.to_m - one.from_m > 1.0
    ]  # areas touch: they are 0.05 m apart
    assert bad is bool(found)


def test_a_speed_of_nothing_is_a_limit() -> None:
    """0 is not "none": where nothing may move, no speed is allowed."""
    points = [place(-500, 0), place(500, 0)]
    assert speed_limits(ZoneSet([area(max_speed_mps=0.0)]), points, Surface.SIDEWALK) == (0.0,)
    assert speed_limits(ZoneSet([area(), area("Q", max_speed_mps=2.0)]), points, Surface.SIDEWALK) == (2.0,)
    assert drive(area(max_speed_mps=0.0), mps=0.1) == [Why.ABOVE_PERMIT_SPEED]


def test_nothing_beyond_the_circle_of_a_permit_is_permitted() -> None:
    """Not by a hand's breadth, in any direction."""
    permit = replace(zone(circle(0, 0, 300.0)), restriction=Restriction.PERMIT_AREA)
    for bearing in range(0, 360, 7):
        for beyond_m, is_clear in ((0.1, False), (-0.6, True)):
            lon, lat, _ = EARTH.fwd(*HOME, bearing, 300.0 + beyond_m)
            still = [Waypoint(lon, lat, 0.0, NOON)]
            assert check_drive(ZoneSet([permit]), still, Surface.SIDEWALK, 20.0).is_clear is is_clear
