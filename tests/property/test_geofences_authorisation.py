"""Authorisations against an oracle that asks one moment at a time and knows nothing of sets and parts."""

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
