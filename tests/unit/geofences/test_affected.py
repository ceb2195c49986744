"""Whom a change of zones concerns, in what it says; that it is right is for the property test."""

from dataclasses import replace
from math import nan

import pytest

from geofences import Flight, PathError, Restriction, Status, Why, ZoneSet, affected
from tests.unit.geofences.make import NOON, SEA, path, square, zone

OVER = Flight(tuple(path((-1000, 0, 50), (1000, 0, 50))), 10.0)
BESIDE = Flight(tuple(path((-1000, 500, 50), (1000, 500, 50))), 10.0)


def test_a_zone_that_comes_stops_who_flies_through_it_and_frees_them_when_it_goes() -> None:
    free, closed = ZoneSet(), ZoneSet([zone(square(0, 0, 100), zone_id="fire")])
    (one,) = affected(free, closed, [BESIDE, OVER], SEA)
    assert (one.number, one.is_stopped, one.is_freed, one.freed) == (1, True, False, ())
    (stretch,) = one.entered
    assert (stretch.zone_id, stretch.why, stretch.status) == ("fire", Why.PROHIBITED, Status.BLOCKED)
    assert [stretch.from_m, stretch.to_m] == pytest.approx([890, 1110], abs=2)
    assert (stretch.entered_at - NOON).total_seconds() == pytest.approx(26.7, abs=0.1)
    (back,) = affected(closed, free, [BESIDE, OVER], SEA)
    assert (back.number, back.is_stopped, back.is_freed) == (1, False, True)
    assert (back.entered, back.freed, back.after.zones_version) == ((), one.entered, free.version)


def test_who_was_stopped_before_is_told_as_affected_and_not_as_stopped() -> None:
    old = zone(square(-500, 0, 50), zone_id="old")
    (one,) = affected(ZoneSet([old]), ZoneSet([old, zone(square(500, 0, 50))]), [OVER], SEA)
    assert not one.is_stopped
    assert [each.zone_id for each in one.entered] == ["Z"]
    assert [each.zone_id for each in one.after.conflicts] == ["old", "Z"]


def test_a_zone_that_only_says_it_in_other_words_concerns_nobody() -> None:
    said = zone(square(0, 0, 100))
    assert affected(ZoneSet([said]), ZoneSet([replace(said, message="keep out")]), [OVER], SEA) == ()


def test_an_operating_area_concerns_whoever_is_outside_of_it() -> None:
    area = zone(square(0, 600, 300), zone_id="ours", restriction=Restriction.OPERATING_AREA)
    far = Flight(tuple(path((0, 600, 50), (100, 600, 50))))
    found = affected(ZoneSet(), ZoneSet([area]), [OVER, far, replace(OVER, areas=frozenset())], SEA)
    assert [(one.number, one.is_stopped) for one in found] == [(0, True)]


@pytest.mark.parametrize("flight", [Flight(()), Flight((replace(OVER.path[0], lon=nan),))])
def test_a_path_that_is_none_is_refused(flight: Flight) -> None:
    with pytest.raises(PathError):
        affected(ZoneSet(), ZoneSet([zone(square(0, 0, 100))]), [OVER, flight], SEA)
