"""A place at a height that nobody knows."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    FlatTerrain,
    Limit,
    Refused,
    Restriction,
    Status,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    Why,
    ZoneSet,
    check_column,
    check_point,
)
from tests.unit.geofences.make import NOON, SEA, agl, amsl, circle, leave_air, place, square, zone

HERE = Waypoint(*place(0, 0), 0.0, NOON)
BLOCK = square(0, 0, 100)


@pytest.mark.parametrize(
    ("lower", "upper", "wanted"),
    [
        (None, None, Status.BLOCKED),
        (agl(0), None, Status.BLOCKED),
        (None, amsl(float("inf")), Status.BLOCKED),
        (agl(0), agl(120), Status.UNKNOWN),
        (amsl(300), None, Status.UNKNOWN),
    ],
)
def test_only_a_zone_at_every_height_is_surely_met(
    lower: Limit | None, upper: Limit | None, wanted: Status
) -> None:
    """Whatever the ground is."""
    for terrain in (SEA, FlatTerrain(500.0, 50.0), UnknownTerrain()):
        found = check_column(ZoneSet([zone(BLOCK, lower=lower, upper=upper)]), HERE, terrain)
        assert found.status is wanted
        if wanted is Status.UNKNOWN:
            assert [one.why for one in found.conflicts] == [Why.HEIGHT_UNKNOWN]


def test_beside_a_zone_and_out_of_its_time_nothing_is_met() -> None:
    """By place, margin, time and what is held."""
    zones = ZoneSet([zone(BLOCK, upper=agl(120), restriction=Restriction.REQ_AUTHORISATION)])
    beside = Waypoint(*place(110, 0), 0.0, NOON)
    assert check_column(zones, beside, SEA).is_clear
    assert not check_column(zones, beside, SEA, margin_m=11.0).is_clear
    assert check_column(zones, HERE, SEA, held={"Z"}).is_clear
    later = Applicability((TimePeriod(NOON + timedelta(seconds=60), None),))
    timed = ZoneSet([zone(BLOCK, applicability=later)])
    assert check_column(timed, HERE, SEA).is_clear
    assert check_column(timed, HERE, SEA, time_margin_s=61.0).status is Status.BLOCKED


def test_two_volumes_of_one_zone_fill_the_column() -> None:
    """What lies between them belongs to neither."""
    low, high = zone(BLOCK, upper=amsl(100)).volumes[0], zone(BLOCK, lower=amsl(100)).volumes[0]
    gap = zone(BLOCK, lower=amsl(101)).volumes[0]
    for other, wanted in ((high, Status.BLOCKED), (gap, Status.UNKNOWN)):
        one = zone(BLOCK)
        filled = type(one)(one.zone_id, one.restriction, (low, other))
        assert check_column(ZoneSet([filled]), HERE, SEA).status is wanted


def test_operating_areas_hold_at_some_heights() -> None:
    """Inside of one with a ceiling nobody knows; outside of all it is sure."""
    area = zone(BLOCK, upper=agl(120), restriction=Restriction.OPERATING_AREA, zone_id="A")
    zones = ZoneSet([area])
    assert check_column(zones, HERE, SEA).conflicts[0].why is Why.HEIGHT_UNKNOWN
    outside = check_column(zones, Waypoint(*place(200, 0), 0.0, NOON), SEA)
    assert (outside.status, outside.conflicts[0].why) == (Status.BLOCKED, Why.OUTSIDE_OPERATING_AREA)
    endless = ZoneSet([zone(BLOCK, restriction=Restriction.OPERATING_AREA)])
    assert check_column(endless, HERE, SEA).is_clear
    named = check_column(endless, HERE, SEA, areas={"B"})
    assert Why.NO_SUCH_OPERATING_AREA in {one.why for one in named.conflicts}


def test_a_zone_that_was_refused_may_be_there() -> None:
    """Wherever the place is."""
    lacking = ZoneSet([], missing=[Refused("R", "for a test")])
    found = check_column(lacking, HERE, SEA)
    assert [(one.zone_id, one.why, one.status) for one in found.conflicts] == [
        ("R", Why.ZONE_REFUSED, Status.UNKNOWN)
    ]


heights = st.one_of(st.none(), st.floats(0.0, 3_000.0).map(amsl), st.floats(0.0, 3_000.0).map(agl))


def leave_something(limits: tuple[Limit | None, Limit | None]) -> bool:
    """Whether there is anything between a lower and an upper limit."""
    lower, upper = limits
    return leave_air(lower, upper)


@given(
    st.lists(
        st.tuples(
            st.floats(-300.0, 300.0),
            st.floats(20.0, 300.0),
            st.tuples(heights, heights).filter(leave_something),
        ),
        max_size=3,
    ),
    st.lists(st.floats(-400.0, 9_000.0), min_size=8, max_size=8),
    st.sampled_from([SEA, FlatTerrain(50.0, 30.0), UnknownTerrain()]),
)
def test_it_says_what_holds_at_all_heights_that_are_asked_about_one_by_one(
    volumes: list[tuple[float, float, tuple[Limit | None, Limit | None]]],
    asked: list[float],
    terrain: FlatTerrain | UnknownTerrain,
) -> None:
    """CLEAR is clear at each of them, BLOCKED is at none."""
    zones = ZoneSet(
        [
            zone(circle(east, 0, radius), lower=lower, upper=upper, zone_id=str(number))
            for number, (east, radius, (lower, upper)) in enumerate(volumes)
        ]
    )
    found = check_column(zones, HERE, terrain).status
    each = {check_point(zones, Waypoint(HERE.lon, HERE.lat, one, NOON), terrain).status for one in asked}
    if found is Status.CLEAR:
        assert each == {Status.CLEAR}
    if found is Status.BLOCKED:
        assert Status.CLEAR not in each
