"""Ways that no plan has: the wind may be behind or ahead, and zones come and go meanwhile."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.fleet import ZONE_TIME_MARGIN_S, FleetSpec
from fleet.feasibility import assess_sortie
from fleet.feasibility.alternate import near_drop
from fleet.feasibility.shape import TripShape, sortie_shape
from fleet.feasibility.unplanned import FASTEST, SLOWEST, in_any_wind, straight_on
from geofences import Interval, Terrain, TimePeriod, Waypoint, check_path
from geofences.geometry.geodesy import distance_m
from geofences.model.altitude import Box
from tests.unit.feasibility.world import DRONE, LOCKER, NOON, SITE, away, context, order, trip_of, zone

SECOND = timedelta(seconds=1)

spots = st.tuples(st.floats(-8.7, -8.5), st.floats(41.1, 41.2), st.floats(0.0, 120.0))


@given(
    spots,
    st.lists(spots, min_size=1, max_size=5),
    st.lists(st.floats(SLOWEST, FASTEST), min_size=5, max_size=5),
)
def test_whoever_flies_it_is_where_it_is_thought_to_be(
    start: tuple[float, float, float],
    places: list[tuple[float, float, float]],
    pace: list[float],
) -> None:
    """At any pace between the slowest and the fastest on each part of the way."""
    begin = Waypoint(*start, NOON)
    path = straight_on(begin, places, 16.0)
    thought = in_any_wind(path)
    assert [(one.lon, one.lat, one.alt_amsl_m) for one in thought] == [start, *places]
    at = NOON
    for (before, after), meant, speed in zip(pairwise(path), thought[1:], pace, strict=False):
        at += (after.at - before.at) / speed
        assert abs((at - meant.at).total_seconds()) <= meant.within_s + 1e-3


def test_in_still_air_it_takes_what_the_distance_and_the_height_take() -> None:
    """Whichever takes longer."""
    path = straight_on(Waypoint(-8.6, 41.15, 60.0, NOON), [(-8.6, 41.16, 60.0), (-8.6, 41.16, 0.0)], 16.0)
    there_s = distance_m(-8.6, 41.15, -8.6, 41.16) / 16.0
    assert [(one.at - NOON).total_seconds() for one in path] == pytest.approx([0.0, there_s, there_s + 20.0])


def alternate_is_free(begins: datetime | None, ends: datetime | None) -> bool:
    """Whether a drone leaves for a drop with a locker in reach, above which there is a zone for a while."""
    closed = zone(centre=LOCKER.place, radius_m=60, period=TimePeriod(begins, ends))
    trip = trip_of(assess_sortie(context(closed), order(), DRONE, SITE, NOON))
    return trip.alternate is not None


def hop() -> tuple[datetime, float]:
    """When the drop is over, and the seconds from there to the locker in still air."""
    trip = trip_of(assess_sortie(context(), order(), DRONE, SITE, NOON))
    ctx, leaves = context(), trip.path[trip.drop_index + 1].at
    shape = sortie_shape(ctx, DRONE, SITE, away(north_m=2000), NOON)
    assert isinstance(shape, TripShape)
    ((_, metres),) = near_drop(ctx, DRONE, shape, SITE)
    return leaves, metres / DRONE.cruise_mps


def test_a_zone_that_is_gone_before_the_slowest_comes_may_still_be_there_for_the_fastest() -> None:
    """The locker's pad is closed until a still-air flight is about to arrive, and for a short while on the way."""
    leaves, still_s = hop()
    spare = ZONE_TIME_MARGIN_S + 5.0
    assert still_s / FASTEST < 0.9 * still_s
    assert not alternate_is_free(None, leaves + 1.1 * still_s * SECOND)
    assert not alternate_is_free(leaves + 0.9 * still_s * SECOND, leaves + 1.1 * still_s * SECOND)
    assert alternate_is_free(None, leaves - (spare + 30.0) * SECOND)
    assert not alternate_is_free(leaves + 1.5 * still_s * SECOND, None)


@pytest.mark.parametrize(("over_s", "feasible"), [(-10.0, False), (10.0, True)])
def test_a_planned_flight_keeps_the_fleets_margin_of_time(over_s: float, feasible: bool) -> None:
    """A zone over the drop that ends before it comes, by a little less and a little more than the margin."""
    clear = trip_of(assess_sortie(context(), order(), DRONE, SITE, NOON))
    near = clear.drop_at - timedelta(
        seconds=2 * DRONE.cruise_height_agl_m
    )  # it comes within reach before it sinks
    ends = near - timedelta(seconds=ZONE_TIME_MARGIN_S + over_s + 30.0)
    ctx = context(zone(centre=away(north_m=2000), radius_m=150, period=TimePeriod(None, ends)))
    exact = check_path(ctx.airspace, clear.path, ctx.terrain, margin_m=DRONE.corridor_m)
    assert exact.is_clear
    entered = _enters(clear.path)
    closed = zone(
        centre=away(north_m=2000),
        radius_m=150,
        period=TimePeriod(None, entered - timedelta(seconds=ZONE_TIME_MARGIN_S + over_s)),
    )
    found = assess_sortie(context(closed), order(), DRONE, SITE, NOON)
    assert found.verdict.feasible is feasible


def _enters(path: tuple[Waypoint, ...]) -> datetime:
    """When the flight comes within its corridor of a zone over the drop that is always there."""
    ctx = context(zone(centre=away(north_m=2000), radius_m=150))
    return check_path(ctx.airspace, path, ctx.terrain, margin_m=DRONE.corridor_m).conflicts[0].entered_at


def test_the_margin_is_the_fleets_and_only_a_stated_one_is_written() -> None:
    """What was written before there was one reads as before."""
    plain = context().fleet
    assert "zone_time_margin_s" not in plain.model_dump()
    other = FleetSpec.model_validate(plain.model_dump() | {"zone_time_margin_s": 5.0})
    assert other.model_dump()["zone_time_margin_s"] == 5.0


def test_a_way_from_half_the_world_away_can_be_asked_about() -> None:
    """A position that can't be is no error of the path."""
    home = SITE.place
    way = straight_on(Waypoint(-home.lon, -home.lat, 60.0, NOON), [(home.lon, home.lat, 60.0)], 16.0)
    assert way[-1].at - NOON > timedelta(days=5)
    ctx = context()
    assert check_path(ctx.airspace, in_any_wind(way), ctx.terrain, time_margin_s=ZONE_TIME_MARGIN_S).is_clear


class Hill(Terrain):
    """The drop is on a hill; the site and the locker are 80 m below it."""

    def ground_within(self, box: Box) -> Interval:
        return Interval(15.0 if box.south < 41.163 else 95.0, 105.0 if box.north > 41.163 else 25.0)


def test_an_alternate_below_the_drop_is_asked_about_down_to_its_own_ground() -> None:
    """A zone up to 50 m above the locker's pad lies below the height of the drop."""
    low = zone(centre=LOCKER.place, radius_m=60, upper_m=50.0)
    assert trip_of(assess_sortie(context(terrain=Hill()), order(), DRONE, SITE, NOON)).alternate is not None
    assert trip_of(assess_sortie(context(low, terrain=Hill()), order(), DRONE, SITE, NOON)).alternate is None
