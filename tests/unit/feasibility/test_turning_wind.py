"""Winds that turn, stations that see several directions, and trips that last longer than it seemed in still air."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.feasibility import Context, assess_sortie
from fleet.feasibility.motion import Departure, Planned, plan_trip
from fleet.feasibility.sky import Sky, sky_over
from fleet.feasibility.verdict import Verdict
from fleet.weather.blend import blended
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import Missing, WeatherSeries, Worst
from fleet.weather.winds import Winds
from tests.unit.feasibility.world import DRONE, NOON, SITE, away, context, order

Row = tuple[float, float, float]
"""A minute after noon, a wind in m/s, and where it comes from."""


def row(minute: float, wind_mps: float, from_deg: float) -> Observation:
    """Dry and clear, without gusts."""
    said = Conditions(wind_mps, wind_mps, from_deg, 18.0, 0.0, 10_000.0)
    return Observation(NOON + timedelta(minutes=minute), said)


def blown(*rows: Row) -> Context:
    """In this weather, without places to divert to."""
    return context(weather=WeatherSeries(tuple(row(*each) for each in rows)), lockers={})


def trip(ctx: Context, north_m: float) -> Planned:
    found = plan_trip(ctx, order(place=away(north_m=north_m)), DRONE, Departure(SITE, NOON))
    assert isinstance(found, Planned)
    return found


def leg_s(metres: float, wind_mps: float, from_deg: float, track_deg: float) -> float:
    """How long a leg takes by the wind's vector: found by halving, without the wind triangle's formula."""
    angle = math.radians(track_deg)
    along = (math.sin(angle), math.cos(angle))
    back = math.radians(from_deg)
    wind = (-wind_mps * math.sin(back), -wind_mps * math.cos(back))
    low, high = 0.0, 40.0
    for _ in range(60):
        ground = (low + high) / 2
        air = math.hypot(ground * along[0] - wind[0], ground * along[1] - wind[1])
        low, high = (ground, high) if air < DRONE.cruise_mps else (low, ground)
    return metres / low


def test_a_wind_that_turns_on_the_way_blows_against_every_leg() -> None:
    """9 m/s from the north, from the eighth minute on from the south: against it both ways, as it will be flown."""
    turning = blown((-30, 9, 0), (8, 9, 0), (9, 9, 180), (60, 9, 180))
    found = trip(turning, 3000.0)
    assert found.sky.winds.anywhere
    flown_s = leg_s(3000, 9, 0, 0) + leg_s(3000, 9, 180, 180)
    assert found.trip.flight_s > flown_s
    steady = trip(blown((-30, 9, 0), (60, 9, 0)), 3000.0)
    assert steady.sky.winds == Winds(9, 9, 0)
    assert steady.trip.energy_wh < found.trip.energy_wh
    assert not assess_sortie(turning, order(place=away(north_m=5000.0)), DRONE, SITE, NOON).verdict.feasible


def test_stations_that_see_opposite_winds_leave_no_direction() -> None:
    """Of equal winds the first was believed."""
    sources = {"a": [row(-10, 9, 180)], "b": [row(-10, 9, 0)]}
    series = blended(None, sources, [])
    assert isinstance(series, WeatherSeries)
    sky = sky_over(replace(context(), weather=series), NOON, NOON + timedelta(minutes=20))
    assert isinstance(sky, Sky)
    assert sky.wind_mps == 9
    assert sky.winds.anywhere
    light = blended(None, {**sources, "b": [row(-10, 0.9, 0)]}, [])
    assert isinstance(light, WeatherSeries)
    assert worst(light).winds == Winds(9, 0.9, 180, 0, 0.9)


@pytest.mark.parametrize(("second", "turns"), [(29.0, 14.5), (179.0, 89.5), (181.0, 89.5), (180.0, 180.0)])
def test_winds_from_several_directions_are_an_arc(second: float, turns: float) -> None:
    """Of less than half the circle; at 180° nobody knows by which way it turned."""
    found = worst(WeatherSeries((row(0, 5, 0), row(30, 6, second)))).winds
    assert found.turns_deg == pytest.approx(turns)
    assert found.anywhere == (second == 180.0)


def worst(series: WeatherSeries) -> Worst:
    found = series.worst_between(NOON, NOON + timedelta(minutes=30))
    assert not isinstance(found, Missing)
    return found


@settings(max_examples=100, deadline=None)
@given(
    st.floats(6, 16),
    st.floats(0, 0.97),
    st.floats(0, 359),
    st.floats(100, 4000),
)
def test_the_weather_of_all_of_a_trip_is_looked_at(
    cruise_mps: float, share: float, from_deg: float, north_m: float
) -> None:
    """However long the wind makes it: a storm that comes before it is back is a reason not to go."""
    slow = DRONE.model_copy(update={"cruise_mps": cruise_mps, "cruise_height_agl_m": 100.0})
    before = [(minute, share * cruise_mps, from_deg) for minute in range(-60, 600, 60)]
    calm = blown(*before)
    parcel = order(place=away(north_m=north_m))
    found = plan_trip(calm, parcel, slow, Departure(SITE, NOON))
    if isinstance(found, Verdict):
        return
    last = (found.trip.return_at - NOON).total_seconds() / 60
    storm = blown(
        *(each for each in before if each[0] < last - 1),
        (last - 0.5, 30.0, from_deg),
        (last + 300, 30.0, 0.0),
    )
    again = assess_sortie(storm, parcel, slow, SITE, NOON)
    assert not again.verdict.feasible
