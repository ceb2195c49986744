"""Which day a flight counts for an approval, against an oracle that walks along the flight second by second."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.domain.fleet import SortieType
from fleet.feasibility import Context
from fleet.feasibility.approvals import Sent, approval_full, uses_of
from geofences import Authorisation, Restriction, Waypoint
from tests.unit.feasibility.world import DRONE, HOME, NOON, away, context, zone

OFFSETS_H = st.integers(-11, 12)
"""Of the approval's clocks, ahead of UTC."""

SPEED_MPS, HEIGHT_M, STAY_S = 16.0, 60.0, 30
FAR_M, RADIUS_M = 1000.0, 150.0
STEP_S = 0.25


def named(offset_h: int) -> str:
    """The IANA zone: its signs are the other way round."""
    return f"Etc/GMT{-offset_h:+d}" if offset_h else "Etc/GMT"


def world(most: int, offset_h: int, margin_s: float) -> Context:
    """A zone on approval on the way north, and one approval for so many flights a day."""
    here = zone(radius_m=RADIUS_M, centre=away(north_m=FAR_M), restriction=Restriction.REQ_AUTHORISATION)
    plain = context(
        here, authorisations=(Authorisation("Z", reference="A", max_per_day=most, timezone=named(offset_h)),)
    )
    fleet = plain.fleet.model_copy(update={"zone_time_margin_s": margin_s, "timezone": "Pacific/Kiritimati"})
    return replace(plain, fleet=fleet)


def flight(depart_at: datetime, length_m: float) -> tuple[Waypoint, ...]:
    """North and back, with a stay at the far end; loading was long before."""
    end = away(north_m=length_m)
    over = depart_at + timedelta(seconds=length_m / SPEED_MPS)
    back = over + timedelta(seconds=STAY_S + length_m / SPEED_MPS)
    return (
        Waypoint(HOME.lon, HOME.lat, HEIGHT_M, depart_at),
        Waypoint(end.lon, end.lat, HEIGHT_M, over),
        Waypoint(end.lon, end.lat, HEIGHT_M, over + timedelta(seconds=STAY_S)),
        Waypoint(HOME.lon, HOME.lat, HEIGHT_M, back),
    )


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """By the haversine formula on a sphere."""
    (x1, y1), (x2, y2) = ((radians(lon), radians(lat)) for lon, lat in (a, b))
    h = sin((y2 - y1) / 2) ** 2 + cos(y1) * cos(y2) * sin((x2 - x1) / 2) ** 2
    return 2 * 6_371_009 * asin(sqrt(h))


def walked(path: tuple[Waypoint, ...], within_m: float) -> list[datetime]:
    """When it comes in, each time: every quarter of a second is looked at."""
    centre, found, was_in = away(north_m=FAR_M), [], False
    for a, b in pairwise(path):
        seconds = (b.at - a.at).total_seconds()
        for step in range(int(seconds / STEP_S)):
            share = step * STEP_S / seconds
            here = a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share
            inside = metres(here, (centre.lon, centre.lat)) <= within_m
            if inside and not was_in:
                found.append(a.at + timedelta(seconds=step * STEP_S))
            was_in = inside
    return found


def days_by_oracle(path: tuple[Waypoint, ...], offset_h: int, margin_s: float) -> set[date]:
    """The local days, by adding hours; a flight that comes in within two seconds of the edge of one is left out."""
    days = set()
    for entry in walked(path, RADIUS_M + DRONE.corridor_m):
        local = entry + timedelta(hours=offset_h)
        for edge_s in (-margin_s, margin_s):
            at = local + timedelta(seconds=edge_s)
            since = at.hour * 3600 + at.minute * 60 + at.second
            assume(2 < since < 86_398)
            days.add(at.date())
    return days


FLIGHTS = st.tuples(st.integers(-400, 400), st.sampled_from([500.0, 1000.0, 1900.0]))
"""Departure in s from a local midnight, and how far it goes: short of the zone, into it, and beyond it."""


def flown(offset_h: int, one: tuple[int, float]) -> tuple[Waypoint, ...]:
    midnight = NOON.replace(hour=0) - timedelta(hours=offset_h)
    return flight(midnight + timedelta(seconds=one[0]), one[1])


@given(OFFSETS_H, st.sampled_from([0.0, 60.0]), FLIGHTS)
def test_it_counts_on_the_local_days_of_the_approval_on_which_it_enters(
    offset_h: int, margin_s: float, one: tuple[int, float]
) -> None:
    """Not on that of its departure, nor on the fleet's."""
    path = flown(offset_h, one)
    expected = days_by_oracle(path, offset_h, margin_s)
    uses = uses_of(world(1, offset_h, margin_s), DRONE, path)
    assert [set(use.days) for use in uses] == ([expected] if expected else [])


@given(OFFSETS_H, st.integers(1, 3), st.lists(FLIGHTS, max_size=6), FLIGHTS)
def test_one_more_may_go_while_each_of_its_days_has_room(
    offset_h: int, most: int, others: list[tuple[int, float]], one: tuple[int, float]
) -> None:
    """Flights of the day before, and those that never came in, are no hindrance."""
    counts: Counter[date] = Counter()
    for other in others:
        counts.update(days_by_oracle(flown(offset_h, other), offset_h, 60.0))
    days = days_by_oracle(flown(offset_h, one), offset_h, 60.0)
    sent = [
        Sent((f"M{number}", 0), DRONE, flown(offset_h, other), is_out=False)
        for number, other in enumerate(others)
    ]
    answer = approval_full(world(most, offset_h, 60.0), DRONE, flown(offset_h, one), sent)
    full = any(counts[day] >= most for day in days)
    assert (answer is not None) == full
    if answer is not None:
        assert answer.code == "authorisation_full"


def test_one_that_is_late_may_come_in_on_the_next_day() -> None:
    """Then it counts on both."""
    path = flown(0, (-200, 1000.0))
    (on_time,) = uses_of(world(1, 0, 0.0), DRONE, path)
    (late,) = uses_of(world(1, 0, 0.0), DRONE, path, late_s=300.0)
    assert len(on_time.days) == 1
    assert late.days == on_time.days | {NOON.date()}


@pytest.mark.parametrize("kind", [DRONE, DRONE.model_copy(update={"corridor_m": 60.0})])
def test_the_oracle_can_tell(kind: SortieType) -> None:
    """A wider corridor comes in earlier, by the width at the speed."""
    path = flown(0, (3_600, 1000.0))
    (first,) = uses_of(world(1, 0, 0.0), kind, path)
    (seen,) = walked(path, RADIUS_M + kind.corridor_m)[:1]
    assert abs((first.entries[0] - seen).total_seconds()) < 1.0
