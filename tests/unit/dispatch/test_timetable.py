"""Where an aircraft is due: what surely agrees, and what must be looked at more closely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.dispatch.separation.timetable import Timetable
from fleet.protocol.messages import Telemetry
from geofences import Waypoint
from geofences.geometry.geodesy import destination

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME = (-8.0, 41.0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


PATH = (
    Waypoint(*HOME, 0.0, at(0)),
    Waypoint(*HOME, 60.0, at(15)),
    Waypoint(*destination(*HOME, 45.0, 1600.0), 60.0, at(115)),
    Waypoint(*destination(*HOME, 45.0, 1600.0), 60.0, at(115)),
    Waypoint(*destination(*HOME, 45.0, 1600.0), 60.0, at(175)),
)
TABLE = Timetable.of(PATH, within_m=25.0, within_s=5.0)


def agrees(seconds: float, along_m: float, *, beside_m: float = 0.0, height_m: float | None = 60.0) -> bool:
    lon, lat = destination(*destination(*HOME, 45.0, along_m), 135.0, beside_m)
    sample = Telemetry(at=at(seconds), lon=lon, lat=lat, alt_amsl_m=height_m, state="travelling")
    return TABLE.agrees(sample, at(seconds).timestamp())


@pytest.mark.parametrize(
    ("along_m", "beside_m", "expected"),
    [(800, 0, True), (824, 0, True), (826, 0, False), (800, 24, True), (800, 26, False), (782, 19, False)],
)
def test_on_the_way_it_agrees_within_the_corridor(along_m: float, beside_m: float, expected: bool) -> None:
    """At 16 m/s, half way at 65 s: 25 m off in any direction, which is 1.6 s."""
    assert agrees(65, along_m, beside_m=beside_m) is expected


@pytest.mark.parametrize(
    ("height_m", "expected"), [(30, True), (49, True), (51, False), (11, True), (9, False)]
)
def test_in_a_climb_by_what_it_climbs_in_the_time(height_m: float, expected: bool) -> None:
    """4 m/s for 5 s are 20 m, less than the corridor; half way up after 7.5 s."""
    assert agrees(7.5, 0, height_m=height_m) is expected


def test_a_height_that_is_not_told_is_not_held_against_it() -> None:
    assert agrees(65, 800, height_m=None)


@pytest.mark.parametrize(("seconds", "expected"), [(150, True), (-1, False), (176, False)])
def test_it_hangs_where_it_is_due_and_is_due_nowhere_before_and_after(seconds: float, expected: bool) -> None:
    assert agrees(seconds, 1600) is expected
