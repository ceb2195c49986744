"""Authorisations against an oracle that asks one moment at a time and knows nothing of sets and parts."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Authorisation,
    Restriction,
    TimePeriod,
    Waypoint,
    ZoneSet,
    authorised,
    check_path,
)
from tests.unit.geofences.make import NOON, SEA, amsl, place, square, zone

LOWER_M, UPPER_M = 20, 200
MOMENTS = st.integers(-5, 5)
"""Hours from noon at which approvals begin and end; flights are between."""

held_ones = st.builds(
    lambda begins, lasts, cap: (begins, begins + lasts, cap),
    MOMENTS,
    st.integers(1, 6),
    st.one_of(st.none(), st.sampled_from([10, 50, 100, 150, 250])),
)


def blocked(held: list[tuple[int, int, int | None]], hour: float, up: float) -> bool:
    """Whether one place in the middle of the zone is forbidden at one hour and height."""
    if not LOWER_M <= up <= UPPER_M:
        return False
    return not any(begin <= hour <= end and (cap is None or up < cap) for begin, end, cap in held)


def made(held: list[tuple[int, int, int | None]]) -> ZoneSet:
    """A zone on approval, as it applies to whoever holds these."""
    here = zone(
        square(0, 0, 5_000),
        restriction=Restriction.REQ_AUTHORISATION,
        lower=amsl(LOWER_M),
        upper=amsl(UPPER_M),
    )
    hour = [NOON + timedelta(hours=number) for number in range(-6, 13)]
    stated = [
        Authorisation(
            "Z",
            Applicability((TimePeriod(hour[begin + 6], hour[end + 6]),)),
            None if cap is None else amsl(cap),
        )
        for begin, end, cap in held
    ]
    return authorised(ZoneSet([here]), stated)


@given(
    held=st.lists(held_ones, max_size=4),
    hour=st.integers(-6, 12).map(lambda number: number + 0.5),
    up=st.sampled_from([5.0, 15.0, 30.0, 75.0, 125.0, 175.0, 225.0, 300.0]),
)
def test_a_moment_is_blocked_just_when_nothing_that_is_held_covers_it(
    held: list[tuple[int, int, int | None]], hour: float, up: float
) -> None:
    """Neither lenient nor strict."""
    at = Waypoint(*place(0, 0), up, NOON + timedelta(hours=hour))
    assert check_path(made(held), [at], SEA).is_clear is not blocked(held, hour, up)


@given(
    held=st.lists(held_ones, max_size=4),
    start=st.integers(-6, 8).map(lambda number: number + 0.25),
    lasts=st.integers(1, 4),
    low=st.sampled_from([5.0, 30.0, 75.0, 125.0]),
    high=st.sampled_from([30.0, 125.0, 225.0]),
)
def test_a_long_climb_is_blocked_just_when_some_moment_of_it_is(
    held: list[tuple[int, int, int | None]], start: float, lasts: int, low: float, high: float
) -> None:
    """Hours long, so that approvals begin and end under way."""
    way = [
        Waypoint(*place(-2_000, 0), low, NOON + timedelta(hours=start)),
        Waypoint(*place(2_000, 0), high, NOON + timedelta(hours=start + lasts)),
    ]
    shares = [number / 400 for number in range(401)]
    moments = [blocked(held, start + lasts * share, low + (high - low) * share) for share in shares]
    result = check_path(made(held), way, SEA)
    if any(moments):
        assert not result.is_clear
    for one in result.conflicts:  # a stretch longer than the moments are apart holds one that is forbidden
        first = (one.entered_at - way[0].at).total_seconds() / (3600 * lasts)
        last = (one.left_at - way[0].at).total_seconds() / (3600 * lasts)
        inside = [
            bad for share, bad in zip(shares, moments, strict=True) if first + 0.003 < share < last - 0.003
        ]
        assert not inside or any(inside)


PLACES = [(x, y) for x in (-3_000, 0, 3_000) for y in (-3_000, 0)]
kinds = st.sampled_from([Restriction.REQ_AUTHORISATION, Restriction.CONDITIONAL, Restriction.PROHIBITED])
ids, countries = st.sampled_from(["A", "B"]), st.sampled_from(["PRT", "prt", "ESP", ""])


@given(
    said=st.lists(st.tuples(ids, countries, kinds), min_size=1, max_size=6),
    held=st.lists(st.tuples(ids, countries), max_size=3),
    first=st.integers(0, 6),
    known=st.booleans(),
)
def test_an_approval_lifts_just_the_zones_of_its_country(
    said: list[tuple[str, str, Restriction]], held: list[tuple[str, str]], first: int, known: bool
) -> None:
    """However the set came about: at once, or zone by zone on top of one that was in use."""
    zones = [
        replace(zone(square(*where, 500), zone_id=zone_id, restriction=kind), country=country)
        for where, (zone_id, country, kind) in zip(PLACES, said, strict=False)
    ]
    approvals = [Authorisation(zone_id, country=country) for zone_id, country in held]
    grown = ZoneSet(zones[:first])
    if known:
        check_path(authorised(grown, approvals), [Waypoint(*place(0, 0), 50.0, NOON)], SEA)
    for one in zones[first:]:
        grown = grown.with_zone(one)
    for where, (zone_id, country, kind) in zip(PLACES, said, strict=False):
        others = {c.upper() for i, c, k in said if i == zone_id and k is not Restriction.PROHIBITED}
        lifted = kind is not Restriction.PROHIBITED and any(
            i == zone_id and (c.upper() == country.upper() if c else len(others) == 1) for i, c in held
        )
        at = Waypoint(*place(*where), 50.0, NOON)
        for zone_set in (grown, ZoneSet(zones)):
            assert check_path(authorised(zone_set, approvals), [at], SEA).is_clear is lifted
