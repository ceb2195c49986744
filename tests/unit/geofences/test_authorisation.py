"""What authorisations lift, and what they do not: times, heights, vehicles, zones that have changed."""

import math
from datetime import timedelta

import numpy as np
import pytest

from geofences import (
    Applicability,
    Authorisation,
    CheckResult,
    DailyPeriod,
    Limit,
    Restriction,
    Status,
    TimeOfDay,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    Why,
    Zone,
    ZoneSet,
    authorised,
    check_path,
    check_segments,
)
from geofences.checks.authorisation import Unfit, unfit
from tests.unit.geofences.make import NOON, SEA, agl, amsl, path, place, square, zone

APPROVAL = Restriction.REQ_AUTHORISATION
HERE = zone(square(0, 0, 500), zone_id="CTR", restriction=APPROVAL, lower=agl(0), upper=amsl(300))


def hours(start: float, end: float) -> Applicability:
    """From and until so many hours after noon."""
    return Applicability((TimePeriod(NOON + timedelta(hours=start), NOON + timedelta(hours=end)),))


def fly(
    *held: Authorisation,
    zones: tuple[Zone, ...] = (HERE,),
    after_h: float = 0.0,
    up: float = 80.0,
    **names: object,
) -> CheckResult:
    """A flight of two minutes through the zone."""
    vehicle = names.get("vehicle", ())
    assert isinstance(vehicle, tuple)
    flown = [
        Waypoint(one.lon, one.lat, up, one.at + timedelta(hours=after_h))
        for one in path((-800, 0, up), (0, 0, up), (800, 0, up))
    ]
    return check_path(authorised(ZoneSet(zones), held, vehicle), flown, SEA)


def test_it_lifts_the_zone_while_it_is_valid_and_not_after() -> None:
    """Outside of the validity the answer has a cause of its own."""
    held = Authorisation("CTR", hours(0, 2))
    assert fly(held, after_h=1.0).is_clear
    for after_h in (-1.0, 3.0):
        (conflict,) = fly(held, after_h=after_h).conflicts
        assert (conflict.status, conflict.why) == (Status.BLOCKED, Why.BEYOND_AUTHORISATION)
    (never,) = fly().conflicts
    assert never.why is Why.AUTHORISATION_NOT_HELD


def test_a_flight_during_which_it_ends_is_blocked_from_then_on() -> None:
    """The check is in four dimensions: a minute into the flight the approval is over."""
    (conflict,) = fly(
        Authorisation("CTR", Applicability((TimePeriod(None, NOON + timedelta(seconds=60)),)))
    ).conflicts
    assert (conflict.entered_at - NOON).total_seconds() == pytest.approx(60.0, abs=0.01)
    assert conflict.from_m == pytest.approx(800.0, abs=1.0)


def test_the_first_and_the_last_moment_belong_to_it() -> None:
    """Who may fly from eight o'clock may take off at eight o'clock."""
    zones = authorised(ZoneSet([HERE]), [Authorisation("CTR", hours(0, 1))])
    for after_s, clear in ((0, True), (3600, True), (-1, False), (3601, False)):
        at = Waypoint(*place(0, 0), 80.0, NOON + timedelta(seconds=after_s))
        assert check_path(zones, [at], SEA).is_clear is clear


def test_hours_of_the_week_count() -> None:
    """Validity is a whole applicability: mornings only."""
    mornings = DailyPeriod(frozenset(range(7)), TimeOfDay(6 * 3600.0), TimeOfDay(10 * 3600.0))
    held = Authorisation("CTR", Applicability((TimePeriod(schedule=(mornings,)),)))
    assert fly(held, after_h=-4.0).is_clear
    assert fly(held).conflicts[0].why is Why.BEYOND_AUTHORISATION


def test_a_cap_stops_the_flight_at_its_height() -> None:
    """As with the FAA's cells: approval up to the cap, another above it."""
    held = Authorisation("CTR", hours(0, 2), below=amsl(100))
    assert fly(held, up=99.0).is_clear
    assert fly(held, up=101.0).conflicts[0].why is Why.BEYOND_AUTHORISATION
    assert fly(held, up=301.0).is_clear


def test_the_higher_of_two_caps_counts_while_it_is_valid() -> None:
    """Each for its own time."""
    held = (
        Authorisation("CTR", hours(0, 8), below=amsl(100)),
        Authorisation("CTR", hours(2, 4), below=amsl(200)),
    )
    assert fly(*held, up=150.0, after_h=3.0).is_clear
    assert not fly(*held, up=150.0, after_h=5.0).is_clear
    assert fly(*held, up=90.0, after_h=5.0).is_clear
    assert not fly(*held, up=210.0, after_h=3.0).is_clear


def test_a_cap_above_ground_needs_the_terrain() -> None:
    """Rule E13."""
    zones = authorised(ZoneSet([HERE]), [Authorisation("CTR", below=agl(120))])
    flown = path((-800, 0, 80), (800, 0, 80))
    assert check_path(zones, flown, SEA).is_clear
    assert check_path(zones, flown, UnknownTerrain()).status is Status.UNKNOWN


def test_it_is_for_its_vehicles_only() -> None:
    """By asset, type or kind."""
    held = Authorisation("CTR", vehicles=frozenset({"courier_quad"}))
    assert fly(held, vehicle=("drone-1", "courier_quad", "drone")).is_clear
    assert fly(held, vehicle=("drone-2", "heavy_lift")).conflicts[0].why is Why.BEYOND_AUTHORISATION
    assert not fly(held).is_clear
    zones = ZoneSet([HERE])
    assert unfit(zones, held, ["courier_quad"]) is None
    assert unfit(zones, held, ["heavy_lift"]) is Unfit.OTHER_VEHICLES
    with pytest.raises(TypeError, match="vehicle is a collection of ids"):
        unfit(zones, held, "courier_quad")


def test_it_lapses_when_the_zone_changes() -> None:
    """It was given for what the zone said then."""
    held = Authorisation("CTR", zone_hash=HERE.content_hash())
    assert fly(held).is_clear
    larger = zone(square(0, 0, 600), zone_id="CTR", restriction=APPROVAL, lower=agl(0), upper=amsl(300))
    assert fly(held, zones=(larger,)).conflicts[0].why is Why.BEYOND_AUTHORISATION
    assert unfit(ZoneSet([larger]), held) is Unfit.ZONE_HAS_CHANGED
    assert unfit(ZoneSet([HERE]), held) is None


def test_what_is_prohibited_stays_so() -> None:
    """No approval is foreseen there."""
    never = zone(square(0, 0, 500), zone_id="CTR")
    assert fly(Authorisation("CTR"), zones=(never,)).conflicts[0].why is Why.PROHIBITED
    assert unfit(ZoneSet([never]), Authorisation("CTR")) is Unfit.NOT_ON_APPROVAL
    assert unfit(ZoneSet([never]), Authorisation("CTX")) is Unfit.NO_SUCH_ZONE


def test_the_version_tells_what_was_held() -> None:
    """Rule E14: a decision can be replayed. Without any authorisation it is the zones' own."""
    zones = ZoneSet([HERE])
    versions = {
        zones.version,
        authorised(zones, [Authorisation("CTR", hours(0, 1))]).version,
        authorised(zones, [Authorisation("CTR", hours(0, 2))]).version,
        authorised(zones, [Authorisation("CTR", below=amsl(100))]).version,
    }
    assert len(versions) == 4
    assert authorised(zones, []) is zones


def test_a_set_that_has_grown_is_resolved_as_if_it_were_new() -> None:
    """What is worked out for the zones before is used again, and says the same."""
    held = [Authorisation("CTR", hours(0, 2)), Authorisation("NEW", below=amsl(100))]
    zones = ZoneSet([HERE])
    first = authorised(zones, held)
    assert not check_path(first, path((-800, 0, 80), (800, 0, 80), every_s=3 * 3600.0), SEA).is_clear
    assert check_path(zones, path((-800, 0, 80), (800, 0, 80)), SEA).status is Status.BLOCKED
    new = zone(square(0, 300, 100), zone_id="NEW", restriction=APPROVAL)
    other = zone(square(0, 900, 100), zone_id="CLOSED")
    grown = authorised(zones.with_zone(new).with_zone(other), held)
    fresh = authorised(ZoneSet([HERE, new, other]), held)
    assert (grown.version, grown.zones) == (fresh.version, fresh.zones)
    assert grown.grown_from[0] is first
    for up in (80.0, 150.0):
        flown = path((-800, 300, up), (800, 300, up))
        assert check_path(grown, flown, SEA).conflicts == check_path(fresh, flown, SEA).conflicts


def test_the_compiled_checks_know_it_too() -> None:
    """They see times and heights only."""
    zones = authorised(ZoneSet([HERE]), [Authorisation("CTR", hours(0, 2), below=amsl(100))])
    start, end = np.array([place(-800, 0)] * 3), np.array([place(800, 0)] * 3)
    heights = np.array([80.0, 80.0, 150.0])
    times = np.array([NOON.timestamp() + one * 3600 for one in (1, 3, 1)])
    codes = check_segments(zones, start, end, heights, heights, times, times + 120.0, SEA)
    assert (codes > 0).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("zone_id", "below", "words"),
    [
        ("", None, "id of its zone"),
        ("CTR", agl(-5), "above 0, got -5"),
        ("CTR", amsl(math.inf), "above 0, got inf"),
    ],
)
def test_one_that_says_nothing_is_none(zone_id: str, below: Limit | None, words: str) -> None:
    """Nobody is lifted over a zone by a slip."""
    with pytest.raises(ValueError, match=words):
        Authorisation(zone_id, below=below)
