"""One path twice, its times in UTC and by clocks that are changed on the way: all answers are the same.

Python compares and subtracts two times of one `ZoneInfo` as if these clocks were never changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Diverting,
    FlatTerrain,
    Flight,
    Intent,
    LandingSite,
    PathError,
    Room,
    TimePeriod,
    Uncertainty,
    Velocity,
    Waypoint,
    ZoneSet,
    affected,
    are_apart,
    check_column,
    check_flight,
    check_path,
    check_point,
    clear_after_s,
    encounters,
    landing_sites,
    path_around,
    time_to_breach,
)
from geofences.drawing import Drawn, Pen, draw
from tests.support.soak import chosen
from tests.unit.geofences.make import square, zone

SQUARE = square(0.0, 0.0, 1_100.0, (0.0, 0.0))
FLAT = FlatTerrain(50.0, 5.0)
UNSURE = Uncertainty(sideways_m=3.0, vertical_m=2.0, sideways_mps=0.2, vertical_mps=0.05)
CHANGES = {
    "Europe/Lisbon": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "Europe/London": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "America/New_York": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 15, tzinfo=UTC),
}
"""When the clocks are changed, back or forward, by an hour or half of one."""

Case = tuple[ZoneInfo, tuple[Waypoint, ...], ZoneSet]


@st.composite
def cases(draw_: st.DrawFn) -> Case:
    """A flight of some minutes at about that time past a zone that holds for some minutes too."""
    name = draw_(st.sampled_from(sorted(CHANGES)))
    seconds = st.integers(-4_000, 4_000)
    at = CHANGES[name] + timedelta(seconds=draw_(seconds))
    path = [Waypoint(-0.02, draw_(st.floats(-0.012, 0.012)), draw_(st.floats(60.0, 120.0)), at)]
    for lon in (-0.005, 0.012)[: draw_(st.integers(1, 2))]:
        at += timedelta(seconds=draw_(st.integers(30, 4_000)))
        path.append(Waypoint(lon, draw_(st.floats(-0.012, 0.012)), draw_(st.floats(60.0, 120.0)), at))
    begins = CHANGES[name] + timedelta(seconds=draw_(seconds))
    window = TimePeriod(begins, begins + timedelta(seconds=draw_(st.integers(0, 5_000))))
    held = zone(SQUARE, applicability=Applicability((window,)))
    return ZoneInfo(name), tuple(path), ZoneSet([held])


def shown(path: Sequence[Waypoint], clocks: ZoneInfo) -> tuple[Waypoint, ...]:
    """The same path, its times by some clocks."""
    return tuple(Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at.astimezone(clocks), p.within_s) for p in path)


@given(cases())
def test_checks_answer_the_same(case: Case) -> None:
    clocks, path, zones = case
    local = shown(path, clocks)
    assert check_path(zones, local, FLAT, time_margin_s=30.0) == check_path(
        zones, path, FLAT, time_margin_s=30.0
    )
    for there, here in zip(local, path, strict=True):
        assert check_point(zones, there, FLAT) == check_point(zones, here, FLAT)
        assert check_column(zones, there, FLAT) == check_column(zones, here, FLAT)
    ahead = [time_to_breach(zones, one[0], Velocity(14.0, 1.0), 3_000.0, FLAT) for one in (local, path)]
    assert ahead[0] == ahead[1]
    assert check_flight(zones, local, FLAT, uncertainty=UNSURE) == check_flight(
        zones, path, FLAT, uncertainty=UNSURE
    )
    met = [affected(ZoneSet(), zones, [Flight(one, margin_m=20.0)], FLAT) for one in (local, path)]
    assert met[0] == met[1]


@settings(max_examples=chosen(15, long=1_000))  # each looks for two ways around
@given(cases())
def test_ways_answer_the_same(case: Case) -> None:
    clocks, path, zones = case
    found = [
        path_around(
            zones,
            (-0.02, 0.001),
            (0.012, 0.002),
            80.0,
            one[0].at if clock is UTC else one[0].at.astimezone(clock),
            30.0,
            FLAT,
            stop=lambda: False,
            until=one[-1].at.astimezone(clock),
        )
        for one, clock in ((path, clocks), (path, UTC))
    ]
    assert found[0] == found[1]
    by = Diverting(slowest_mps=8.0, fastest_mps=16.0, range_m=4_000.0, descent_mps=3.0)
    sites = [LandingSite("d", -0.021, 0.013)]
    landed = [
        landing_sites(zones, one, sites, FLAT, by, stop=lambda: False) for one in (shown(path, clocks), path)
    ]
    assert landed[0] == landed[1]


@given(cases(), st.integers(-4_000, 4_000))
def test_intents_answer_the_same(case: Case, by_s: int) -> None:
    clocks, path, _ = case
    room = Room(20.0, 10.0, 15.0)
    here, there = (Intent("a", one, room) for one in (path, shown(path, clocks)))
    assert (there.starts_at, there.ends_at) == (here.starts_at, here.ends_at)
    assert there.later(by_s).starts_at - there.starts_at == timedelta(seconds=by_s)
    assert there.later(by_s).volumes == here.later(by_s).volumes
    other = [replace(here, intent_id="b")]
    assert clear_after_s(there, other, 9_000.0) == clear_after_s(here, other, 9_000.0)
    wait_s = clear_after_s(there, other, 90_000.0)
    assert wait_s is not None
    assert are_apart(there.later(wait_s), other)
    after = path[0].at + timedelta(seconds=40)
    assert encounters(there, other, after=after.astimezone(clocks)) == encounters(here, other, after=after)


@given(cases())
def test_pictures_are_the_same(case: Case) -> None:
    clocks, path, zones = case
    pens = [Pen(at=path[0].at.astimezone(clock)) for clock in (clocks, UTC)]
    assert draw(zones, [Drawn(shown(path, clocks))], pens[0]) == draw(zones, [Drawn(path)], pens[1])


def test_a_path_that_runs_back_is_refused_though_its_clocks_run_on() -> None:
    """01:30 after the clocks of Lisbon were put back is later than the 01:40 before."""
    lisbon = ZoneInfo("Europe/Lisbon")
    later = Waypoint(-0.02, 0.0, 80.0, datetime(2026, 10, 25, 1, 30, tzinfo=lisbon, fold=1))
    path = (later, Waypoint(0.02, 0.0, 80.0, datetime(2026, 10, 25, 1, 40, tzinfo=lisbon)))
    zones = ZoneSet([zone(SQUARE)])
    asks = (
        lambda: check_path(zones, path, FLAT),
        lambda: check_flight(zones, path, FLAT),
        lambda: Intent("a", path, Room(1.0, 1.0, 1.0)).pieces,
        lambda: affected(ZoneSet(), zones, [Flight(path)], FLAT),
    )
    for ask in asks:
        with pytest.raises(PathError, match="waypoint 1 is earlier than the one before it"):
            ask()


def test_a_window_that_runs_back_is_refused_though_its_clocks_run_on() -> None:
    """And one that only its clocks call backward is taken."""
    lisbon = ZoneInfo("Europe/Lisbon")
    first = datetime(2026, 10, 25, 1, 40, tzinfo=lisbon)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=lisbon, fold=1)
    assert TimePeriod(first, second).start == first
    with pytest.raises(ValueError, match="is before its start"):
        TimePeriod(second, first)


def test_times_without_offset_are_refused_by_all_that_take_one() -> None:
    """They would be taken for those of the machine's zone (rule E7)."""
    naive = datetime(2026, 6, 1, 12)  # noqa: DTZ001
    point = Waypoint(0.0, 0.0, 80.0, datetime(2026, 6, 1, 12, tzinfo=UTC))
    intent, zones = Intent("a", (point,), Room(1.0, 1.0, 1.0)), ZoneSet([zone(SQUARE)])
    ends = (zones, (-0.02, 0.0), (0.02, 0.0), 80.0)
    asks = (
        lambda: encounters(intent, [intent], after=naive),
        lambda: are_apart(intent, [intent], after=naive),
        lambda: Pen(at=naive),
        lambda: path_around(*ends, naive, 1.0, FLAT, stop=lambda: False),
        lambda: path_around(*ends, point.at, 1.0, FLAT, stop=lambda: False, until=naive),
        lambda: Applicability().active_at(naive, 0.0, 0.0),
        lambda: check_point(zones, replace(point, at=naive), FLAT),
    )
    for ask in asks:
        with pytest.raises(PathError, match="has no offset from UTC"):
            ask()


@pytest.mark.parametrize("place", [(200.0, 0.0), (0.0, 91.0), (float("nan"), 0.0)])
def test_a_schedule_is_asked_for_at_a_place_on_the_globe(place: tuple[float, float]) -> None:
    with pytest.raises(PathError, match="no place on the globe"):
        Applicability().active_at(datetime(2026, 6, 1, 12, tzinfo=UTC), *place)
