"""A path whose times may be wrong, against many paths that are each exactly on their time."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from geofences import (
    STATUSES,
    Applicability,
    Restriction,
    Status,
    TimePeriod,
    ZoneSet,
    check_path,
    check_segments,
)
from tests.unit.geofences.make import NOON, SEA, path, square, zone

SECOND = timedelta(seconds=1)
SHARES = [number / 20.0 for number in range(-20, 21)]
"""By how much of its margin a path is early or late."""

metres = st.floats(-500.0, 500.0)
shapes = st.tuples(st.floats(-200.0, 200.0), st.floats(-200.0, 200.0), st.floats(30.0, 300.0))
spans = st.tuples(st.floats(-150.0, 250.0), st.floats(1.0, 40.0))
"""From when on a zone applies, in seconds, and for how long: mostly while nobody who is on time is in it."""


@given(
    st.lists(st.tuples(metres, metres, st.just(50.0)), min_size=2, max_size=4),
    st.floats(0.0, 60.0),
    st.lists(st.floats(0.0, 60.0), min_size=4, max_size=4),
    shapes,
    spans,
    st.sampled_from([Restriction.PROHIBITED, Restriction.OPERATING_AREA]),
)
def test_it_is_clear_only_if_it_is_whenever_it_may_be_flown(
    points: list[tuple[float, float, float]],
    margin_s: float,
    within: list[float],
    shape: tuple[float, float, float],
    lasts: tuple[float, float],
    restriction: Restriction,
) -> None:
    """Early or late by any share of what it may be: if one such path is not clear, neither is the uncertain one. And
    if it is blocked by a zone, some path between the earliest and the latest nearly is.
    """
    if (
        restriction is Restriction.OPERATING_AREA
    ):  # mostly large enough for the path, and for nearly all of its time
        shape, lasts = (0.0, 0.0, 2.0 * shape[2] + 400.0), (lasts[0] - 100.0, 12.0 * lasts[1])
    flown = [replace(one, within_s=by) for one, by in zip(path(*points), within, strict=False)]
    times = Applicability((TimePeriod(NOON + lasts[0] * SECOND, NOON + sum(lasts) * SECOND),))
    zones = ZoneSet([zone(square(*shape), restriction=restriction, applicability=times)])
    found = check_path(zones, flown, SEA, time_margin_s=margin_s)
    moved = [
        [replace(one, within_s=0.0, at=one.at + share * (one.within_s + margin_s) * SECOND) for one in flown]
        for share in SHARES
    ]
    sound = [each for each in moved if all(a.at <= b.at for a, b in pairwise(each))]
    exact = [check_path(zones, each, SEA) for each in sound]
    if any(not one.is_clear for one in exact):
        assert found.status is Status.BLOCKED
    if found.is_clear or restriction is Restriction.OPERATING_AREA or len(sound) < len(SHARES):
        return
    # Between two of the shares times differ by this much at most.
    step_s = (max(within) + margin_s) / 20.0 + 0.01
    assert any(
        not check_path(zones, each, SEA, time_margin_s=step_s, margin_m=0.1).is_clear for each in sound
    )


@given(
    st.tuples(metres, metres, st.just(50.0)),
    st.tuples(metres, metres, st.just(50.0)),
    st.floats(0.0, 100.0),
    shapes,
    spans,
)
def test_arrays_answer_as_paths_do(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    margin_s: float,
    shape: tuple[float, float, float],
    lasts: tuple[float, float],
) -> None:
    """One leg, asked both ways."""
    assume(abs(start[0] - end[0]) > 1.0)
    times = Applicability((TimePeriod(NOON + lasts[0] * SECOND, NOON + sum(lasts) * SECOND),))
    zones = ZoneSet([zone(square(*shape), applicability=times)])
    flown = path(start, end)
    (first, last), (begin, end_at) = (
        ([(one.lon, one.lat)] for one in flown),
        (one.at.timestamp() for one in flown),
    )
    (code,) = check_segments(zones, first, last, 50.0, 50.0, begin, end_at, SEA, time_margin_s=margin_s)
    assert STATUSES[code] is check_path(zones, flown, SEA, time_margin_s=margin_s).status
