"""Why something is not known: by its height, by its time; and what nobody has looked at is never clear."""

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from geofences import (
    Applicability,
    DailyPeriod,
    FlatTerrain,
    Restriction,
    Status,
    SunEvent,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    Why,
    Zone,
    ZoneSet,
    check_column,
    check_path,
)
from geofences.checks.asked import BAD, LONG, STATUSES, legs_of, statuses
from geofences.checks.check import code_of
from geofences.checks.rules import Rules
from geofences.geometry.track import Track, track_of
from geofences.model.sun import sun_time
from tests.unit.geofences.make import HOME, NOON, SEA, agl, path, square, zone

DAYLIGHT = Applicability(
    (TimePeriod(schedule=(DailyPeriod(frozenset(range(7)), SunEvent.SR, SunEvent.SS),)),)
)
AREA = Restriction.OPERATING_AREA
SQUARE = square(0, 0, 1_000)


def at_sunset(alt_m: float) -> list[Waypoint]:
    """A place at the moment at which nobody can say whether the sun has set."""
    found = sun_time(SunEvent.SS, NOON.date(), *HOME)
    assert found is not None
    return [Waypoint(*HOME, alt_m, NOON + timedelta(seconds=found.expected - NOON.timestamp()))]


def whys(zones: ZoneSet, points: list[Waypoint], terrain: FlatTerrain | UnknownTerrain) -> list[Why]:
    """The causes, all of them UNKNOWN."""
    found = check_path(zones, points, terrain).conflicts
    assert {one.status for one in found} <= {Status.UNKNOWN}
    return sorted({one.why for one in found})


def area(**more: object) -> ZoneSet:
    """An operating area in the daylight."""
    made: Zone = replace(zone(SQUARE, restriction=AREA, applicability=DAYLIGHT), **more)  # type: ignore[arg-type]
    return ZoneSet([made])


def test_an_area_that_may_have_closed_is_not_known_by_its_time() -> None:
    """It said the height."""
    assert whys(area(), at_sunset(50.0), SEA) == [Why.TIME_UNKNOWN]
    (column,) = check_column(area(), at_sunset(50.0)[0], SEA).conflicts
    assert (column.why, column.status) == (Why.TIME_UNKNOWN, Status.UNKNOWN)


def test_an_area_whose_ceiling_is_not_known_is_not_known_by_its_height() -> None:
    """At noon, and at sunset too: the time alone would not tell."""
    low = zone(SQUARE, restriction=AREA, upper=agl(120), applicability=DAYLIGHT)
    noon = path((0, 0, 50))
    assert whys(ZoneSet([low]), noon, UnknownTerrain()) == [Why.HEIGHT_UNKNOWN]
    assert whys(ZoneSet([low]), at_sunset(50.0), UnknownTerrain()) == [Why.HEIGHT_UNKNOWN]


def test_one_way_may_be_not_known_by_its_height_here_and_by_its_time_there() -> None:
    """It climbs past a ceiling 10 m uncertain long before sunset, and comes down at sunset."""
    zones = ZoneSet([zone(SQUARE, upper=agl(120), applicability=DAYLIGHT)])
    (dusk,) = at_sunset(50.0)
    early = [replace(dusk, at=dusk.at - timedelta(hours=2), alt_amsl_m=120.0)]
    ground = FlatTerrain(0.0, 10.0)
    assert whys(zones, [*early, replace(early[0], at=dusk.at - timedelta(hours=1))], ground) == [
        Why.HEIGHT_UNKNOWN
    ]
    assert whys(zones, [dusk], ground) == [Why.TIME_UNKNOWN]
    assert whys(
        zones, [dusk, replace(dusk, at=dusk.at + timedelta(seconds=30), alt_amsl_m=125.0)], ground
    ) == [
        Why.HEIGHT_UNKNOWN,
        Why.TIME_UNKNOWN,
    ]


def damaged(**columns: list[float]) -> Track:
    """A piece beside all zones, with a number that is none."""
    return replace(track_of(path((5_000, 0, 50), (5_100, 0, 50))), **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize("terrain", [SEA, UnknownTerrain()])
@pytest.mark.parametrize(
    ("track", "why_left"),
    [
        (damaged(alt0=[math.nan]), BAD),
        (damaged(time1=[NOON.timestamp() - 1e6]), BAD),
        (replace(damaged(), end=np.array([[HOME[0] + 1.0, HOME[1]]])), LONG),
    ],
    ids=["no height", "ends before it begins", "too long for one plane"],
)
def test_what_the_fast_check_leaves_is_never_clear(
    track: Track, why_left: int, terrain: FlatTerrain | UnknownTerrain
) -> None:
    """No path becomes such a piece; should one, it is UNKNOWN and not what an empty answer would be."""
    zones = ZoneSet([zone(square(0, 0, 100))])
    codes, left = statuses(zones, legs_of(track), terrain, Rules())
    assert (STATUSES[codes[0]], left[0]) == (Status.UNKNOWN, why_left)
    assert STATUSES[code_of(zones, track, 0, terrain, Rules())] is not Status.CLEAR
