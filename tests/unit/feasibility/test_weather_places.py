"""Trips in weather that differs by place and height, in forecasts that err, and where ice may form."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.domain.fleet import Assumptions, SortieType, WeatherCaps
from fleet.domain.weatherrule import ForecastError, WeatherRule
from fleet.feasibility import Context, SortieAssessment, assess_sortie
from fleet.feasibility.reachable import farthest_m
from fleet.feasibility.weather import weather_between
from fleet.protocol.values import Waypoint
from fleet.weather.conditions import Said, Spot
from fleet.weather.error import wind_sd
from fleet.weather.field import Part, Sort, WeatherField
from fleet.weather.series import WeatherSeries
from tests.support.legs import leg_wh
from tests.unit.feasibility.world import (
    CAPS,
    DRONE,
    NOON,
    ROBOT,
    SITE,
    away,
    context,
    order,
    trip_of,
    weather,
)

HOUR = timedelta(hours=1)
ERR = ForecastError(now_mps=0.5, per_sqrt_h_mps=0.5, most_mps=3.0, source="assumption")


def part(name: str, north_m: float | None, height_m: float | None = None, **changes: float) -> Part:
    """A station so far to the north; the area's where it has no place."""
    where = None if north_m is None else away(north_m=north_m)
    spot = Spot(None if where is None else where.lon, None if where is None else where.lat, height_m)
    return Part(name, Sort.OBSERVED, spot, weather(**changes).rows)


def in_field(
    *parts: Part, rule: WeatherRule | None = None, assumptions: Assumptions | None = None
) -> Context:
    ctx = context(weather=WeatherField(parts, source="stations"), assumptions=assumptions or Assumptions())
    return replace(ctx, fleet=ctx.fleet.model_copy(update={"weather": rule}))


def sortie(ctx: Context, north_m: float = 2000, kind: SortieType = DRONE, **changes: Any) -> SortieAssessment:
    return assess_sortie(ctx, order(place=away(north_m=north_m), **changes), kind, SITE, NOON)


def codes(found: SortieAssessment) -> list[str]:
    return [one.code for one in found.verdict.reasons]


def test_a_storm_that_only_a_far_station_sees_stops_no_trip_beside_it() -> None:
    """It does stop the one that comes near it, and one whose rows name no place stops all."""
    ctx = in_field(part("here", 0), part("storm", 16_000, wind_mps=20, gust_mps=25))
    assert sortie(ctx, north_m=2000).verdict.feasible
    assert "wind_too_strong" in codes(sortie(ctx, north_m=6500))
    everywhere = in_field(part("here", 0), part("storm", None, wind_mps=20, gust_mps=25))
    assert codes(sortie(everywhere)) == ["wind_too_strong"]


def test_beyond_the_reach_of_stations_the_weather_is_unknown() -> None:
    """Unless the fleet names an assumption for weather that is not known."""
    rule = WeatherRule(station_reach_m=1500)
    ctx = in_field(part("here", 0), rule=rule)
    assert sortie(ctx, north_m=1000).verdict.feasible
    found = sortie(ctx, north_m=3000)
    assert codes(found) == ["weather_unknown"]
    assert "every point of the way" in found.verdict.reasons[0].detail
    assumed = in_field(part("here", 0), rule=rule, assumptions=Assumptions(calm_weather=True))
    assert sortie(assumed, north_m=3000).verdict.feasible


def test_one_station_without_place_or_height_is_what_a_file_was() -> None:
    """The very same trip, to the last bit."""
    plain, field = sortie(context(weather=weather())), sortie(in_field(part("w.csv", None)))
    assert trip_of(plain) == trip_of(field)


def test_the_wind_at_a_mast_is_stronger_where_the_drone_flies() -> None:
    """7.5 m/s at 10 m are 10.7 at 60 m; a robot on the ground has them as they were measured."""
    ctx = in_field(part("mast", 0, 10.0, wind_mps=7.5, gust_mps=9))
    found = sortie(ctx)
    assert codes(found) == ["wind_too_strong"]
    assert found.verdict.reasons[0].actual == pytest.approx(
        7.5 * 7**0.2, abs=0.01
    )  # terrain +-5 m: 65 m, taken as 70
    robot = ROBOT.model_copy(update={"weather": WeatherCaps(max_wind_mps=7.6)})
    assert assess_sortie(ctx, order(place=away(north_m=800)), robot, SITE, NOON).verdict.feasible
    assert "wind by height: power law, exponent 0.2" in trip_of(found).assumptions


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 9),
    st.floats(0, 359),
    st.floats(2, 80),
    st.floats(0, 0.5),
    st.sampled_from([0.1, 1.0, 2.5]),
    st.floats(-4, 30),
    st.floats(0, 2.0),
)
def test_height_and_error_only_shrink_the_range_and_the_sieve_stays_above(
    wind_mps: float,
    from_deg: float,
    height_m: float,
    exponent: float,
    kg: float,
    celsius: float,
    sd_mps: float,
) -> None:
    """Against the same rows without height and error; what the sieve calls out of reach no exact check accepts."""
    rows = {
        "wind_mps": wind_mps,
        "gust_mps": wind_mps + 1,
        "wind_from_deg": from_deg,
        "temperature_c": celsius,
    }
    error = ForecastError(now_mps=sd_mps, per_sqrt_h_mps=0, most_mps=sd_mps)
    ctx = in_field(
        part("mast", 0, height_m, **rows), rule=WeatherRule(wind_exponent=exponent, forecast=error)
    )
    assert ctx.weather is not None
    bound_m = farthest_m(ctx, DRONE, kg)
    for north_m in (bound_m * 0.5, bound_m * 1.01):
        found = sortie(replace(ctx, sites=ctx.sites), north_m=min(north_m, 9_900), weight_kg=kg)
        plain = sortie(context(weather=weather(**rows)), north_m=min(north_m, 9_900), weight_kg=kg)
        if found.trip is None:
            continue
        assert plain.trip is not None
        certain = sortie(
            in_field(part("mast", 0, height_m, **rows), rule=WeatherRule(wind_exponent=exponent)),
            north_m=min(north_m, 9_900),
            weight_kg=kg,
        )
        assert found.trip.margin_wh <= trip_of(certain).margin_wh + 1e-9
        if min(north_m, 9_900) > bound_m:
            assert found.trip.margin_wh < 0


def forecast(lead_h: float | None, **changes: float) -> Context:
    """Rows for the hours around noon that were said so long before it, or nobody knows when."""
    said_at = None if lead_h is None else NOON - lead_h * HOUR
    rows = tuple(Said(row.time, row.conditions, said_at) for row in weather(**changes).rows)
    ctx = context(weather=WeatherSeries(rows, source="forecast"))
    return replace(ctx, fleet=ctx.fleet.model_copy(update={"weather": WeatherRule(forecast=ERR)}))


def test_the_error_grows_with_the_root_of_the_hours_and_not_without_bound() -> None:
    """sqrt(0.5^2 + 0.5^2 * 3) = 1.0 after three hours."""
    assert wind_sd(0.0, 0.5, 0.5, 3.0) == pytest.approx(0.5)
    assert wind_sd(3 * 3600, 0.5, 0.5, 3.0) == pytest.approx(1.0)
    assert wind_sd(1e9, 0.5, 0.5, 3.0) == 3.0
    assert wind_sd(None, 0.5, 0.5, 3.0) == 3.0


def test_the_older_a_forecast_the_less_energy_is_left_over_and_the_assumption_is_named() -> None:
    trips = [trip_of(sortie(forecast(hours, wind_mps=4))) for hours in (0, 1, 6, 24)]
    left = [trip.margin_wh for trip in trips]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == len(left)
    certain = trip_of(sortie(context(weather=weather(wind_mps=4))))
    assert left[0] < certain.margin_wh
    assert {trip.energy_wh for trip in trips} == {certain.energy_wh}, "the prediction stays, the margin grows"
    named = [one for one in trips[0].assumptions if one.startswith("wind of forecasts: ")]
    assert len(named) == 1
    assert named[0].endswith("(standard deviation; assumption)")
    assert not any(one.startswith("wind of forecasts: ") for one in certain.assumptions)


def test_the_margin_covers_the_wind_that_the_accepted_probability_allows() -> None:
    """Flying in that wind takes no more than what is kept: energy times one and the margin, for each direction."""
    ctx = forecast(3, wind_mps=4, wind_from_deg=0, gust_mps=12)
    trip = trip_of(sortie(ctx))
    needed_wh = trip.usable_wh - trip.reserve_wh - trip.margin_wh
    for from_deg in (0, 180):
        off = trip_of(
            sortie(context(weather=weather(wind_mps=4 + 3.09 * 1.0, wind_from_deg=from_deg, gust_mps=12)))
        )
        assert off.energy_wh < needed_wh
    assert needed_wh < trip.energy_wh * 2, "and not by keeping everything"


def test_nobody_knows_when_it_was_said_counts_as_the_most() -> None:
    """And is refused with its reason where the wind could then be as fast as the drone."""
    known, unknown = sortie(forecast(1, wind_mps=5)), sortie(forecast(None, wind_mps=5))
    assert trip_of(unknown).margin_wh < trip_of(known).margin_wh
    found = sortie(forecast(None, wind_mps=9, gust_mps=11))
    assert found.trip is None
    assert codes(found) == ["wind_too_uncertain"]


def test_a_measurement_brings_the_range_back() -> None:
    """What was just measured is off by the least; without a rule nothing is added to either."""
    rows = weather(wind_mps=4).rows
    old = tuple(Said(row.time, row.conditions, NOON - 24 * HOUR) for row in rows)
    new = tuple(Said(row.time, row.conditions, min(row.time, NOON)) for row in rows)
    rule = WeatherRule(forecast=ERR)
    plain = context(weather=WeatherSeries(old))
    left = [
        trip_of(
            sortie(
                replace(
                    plain, weather=WeatherSeries(some), fleet=plain.fleet.model_copy(update={"weather": rule})
                )
            )
        )
        for some in (old, new)
    ]
    assert left[0].margin_wh < left[1].margin_wh < trip_of(sortie(plain)).margin_wh


def test_a_robot_has_no_margin_for_wind() -> None:
    parcel = order(place=away(north_m=800))
    skies = (context(weather=weather()), forecast(24))
    trips = [trip_of(assess_sortie(ctx, parcel, ROBOT, SITE, NOON)) for ctx in skies]
    assert trips[0].margin_wh == trips[1].margin_wh


@pytest.mark.parametrize(
    ("change", "ices"),
    [
        ({"temperature_c": -1.0, "precipitation_mm_h": 0.1}, True),
        ({"temperature_c": 0.0, "visibility_m": 1550.0}, True),
        ({"temperature_c": -1.0}, False),
        ({"temperature_c": 0.5, "precipitation_mm_h": 0.9}, False),
    ],
)
def test_ice_grounds_a_type_that_says_so(change: dict[str, float], ices: bool) -> None:
    """Moisture and cold together, neither alone; types that say nothing fly as before."""
    wary = DRONE.model_copy(update={"weather": CAPS.model_copy(update={"icing_below_c": 0.0})})
    found = sortie(context(weather=weather(**change)), kind=wary)
    assert codes(found) == (["icing"] if ices else [])
    assert sortie(context(weather=weather(**change))).verdict.feasible
    if ices:
        assert "for ice" in found.verdict.reasons[0].detail


def test_ice_forms_aloft_while_it_thaws_at_the_mast() -> None:
    """0.2 degrees at 2 m are below zero at 60 m."""
    wary = DRONE.model_copy(update={"weather": CAPS.model_copy(update={"icing_below_c": 0.0})})
    wet = {"temperature_c": 0.2, "precipitation_mm_h": 0.5, "wind_mps": 1.0, "gust_mps": 2.0}
    assert codes(sortie(in_field(part("mast", 0, 2.0, **wet)), kind=wary)) == ["icing"]
    assert sortie(in_field(part("mast", 0, None, **wet)), kind=wary).verdict.feasible


def test_under_way_a_leg_has_the_weather_of_its_place_and_height() -> None:
    near, far = part("here", 0, 10.0, wind_mps=3), part("far", 16_000, wind_mps=9, gust_mps=10)
    ends = [away(north_m=north_m) for north_m in (0, 3000)]
    path = tuple(Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=60.0) for p in ends)
    during = (NOON, NOON + timedelta(minutes=5))
    both, one = (
        leg_wh(in_field(*some), DRONE, path, during, payload_kg=1) for some in ((near, far), (near,))
    )
    assert both == one
    assert one is not None
    low = leg_wh(in_field(part("here", 0, 60.0, wind_mps=3)), DRONE, path, during, payload_kg=1)
    assert low is not None
    assert one[0] != low[0], "the height counts"


def test_without_a_way_the_worst_of_all_places_counts() -> None:
    ctx = in_field(part("here", 0), part("storm", 90_000, wind_mps=20, gust_mps=25))
    found = weather_between(ctx, DRONE, NOON, NOON + HOUR)
    assert [one.code for one in found.reasons] == ["wind_too_strong", "gusts_too_strong"]
