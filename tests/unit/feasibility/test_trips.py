"""The exact trip: where it is when, what it takes, what it costs."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from fleet.domain.fleet import Kept, ReserveRule, SortieType
from fleet.energy.air import Wind, air_density
from fleet.energy.airframe import Range, Validity
from fleet.energy.catalog import airframe
from fleet.energy.render import render
from fleet.energy.sortie import SortiePlan, sortie_table
from fleet.feasibility import Context, Trip, assess_sortie
from fleet.feasibility.reachable import farthest_m
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.values import Direction, Waypoint
from fleet.weather.conditions import Observation
from fleet.weather.series import WeatherSeries
from geofences.geometry.geodesy import bearing_deg, distance_m
from tests.support.legs import leg_wh
from tests.unit.feasibility.world import (
    CARRIAGE,
    DRONE,
    HOME,
    NOON,
    ROBOT,
    SITE,
    away,
    context,
    order,
    trip_of,
    weather,
)


def trip(kind: SortieType = DRONE, ctx: Context | None = None, **changes: Any) -> Trip:
    return trip_of(assess_sortie(ctx or context(), order(**changes), kind, SITE, NOON))


def test_a_flight_climbs_cruises_descends_drops_and_comes_back_the_same_way() -> None:
    made = trip()
    heights = [point.alt_amsl_m for point in made.path]
    assert heights == [0, 65, 65, 0, 0, 65, 65, 0]
    assert made.drop_index == 3
    arrival, leaving = made.path[3], made.path[4]
    assert leaving.at - arrival.at == timedelta(seconds=DRONE.drop_s)
    assert (made.depart_at, made.drop_at, made.return_at) == (NOON, arrival.at, made.path[-1].at)
    assert made.flight_s == pytest.approx((made.return_at - NOON).total_seconds())
    assert [(p.lon, p.lat) for p in made.path] == [(p.lon, p.lat) for p in reversed(made.path)]


@pytest.mark.parametrize("kind", [DRONE, ROBOT])
def test_times_rise_and_no_leg_is_faster_than_speed_and_wind_allow(kind: SortieType) -> None:
    made = trip(kind)
    for a, b in pairwise(made.path):
        assert b.at >= a.at
        length = distance_m(a.lon, a.lat, b.lon, b.lat)
        assert length <= (kind.cruise_mps + 3.0) * (b.at - a.at).total_seconds() + 1


def test_energy_and_time_agree_with_the_table_for_planners() -> None:
    """The same physics by another route through ``fleet.energy``."""
    made = trip()
    frame, drop = airframe("courier-x4"), made.path[made.drop_index]
    plan = SortiePlan(
        height_m=65,
        drop_s=DRONE.drop_s,
        wind=Wind(3, 200),
        density_kg_m3=air_density(65, 18),
        airspeed_mps=16,
    )
    bearing = bearing_deg(HOME.lon, HOME.lat, drop.lon, drop.lat)
    table = sortie_table(frame, made.out_m, bearing, made.payload_kg, plan)
    assert made.energy_wh == pytest.approx(float(table.energy_wh), rel=1e-3)
    assert made.flight_s == pytest.approx(float(table.duration_s), rel=1e-3)


@pytest.mark.parametrize("wind_mps", [0.0, 3.0, 8.0])
def test_what_is_left_under_way_is_the_sum_of_the_trip_s_legs(wind_mps: float) -> None:
    """From each point on, in the weather that it was planned in: to the last digits of the points' coordinates."""
    ctx = context(weather=weather(wind_mps=wind_mps, gust_mps=9, wind_from_deg=40))
    made = trip(ctx=ctx)
    out, back = made.path[: made.drop_index + 1], made.path[made.drop_index + 1 :]
    during = made.depart_at, made.return_at
    out_wh = leg_wh(ctx, DRONE, out, during, payload_kg=made.payload_kg, hover_s=DRONE.drop_s)  # type: ignore[arg-type]
    back_wh = leg_wh(ctx, DRONE, back, during, payload_kg=0.0)  # type: ignore[arg-type]
    assert out_wh is not None
    assert back_wh is not None
    assert out_wh[0] == pytest.approx(made.until_drop_wh, rel=1e-12)
    assert out_wh[0] + back_wh[0] == pytest.approx(made.energy_wh, rel=1e-12)
    assert list(out_wh) == sorted(out_wh, reverse=True)
    assert back_wh[-1] == 0


def test_wind_against_the_way_out_makes_it_slower_than_the_way_back() -> None:
    against = trip(ctx=context(weather=weather(wind_mps=8, gust_mps=9, wind_from_deg=0)))
    out = against.drop_at - against.depart_at
    assert out > against.return_at - against.path[4].at
    calm = trip(ctx=context(weather=weather(wind_mps=0, gust_mps=0)))
    assert against.energy_wh > calm.energy_wh


def test_a_collection_flies_out_empty_and_back_loaded() -> None:
    collecting = DRONE.model_copy(update={"carriage": CARRIAGE.model_copy(update={"collects": True})})
    north_wind = context(weather=weather(wind_mps=8, gust_mps=9, wind_from_deg=0))
    out = trip(collecting, north_wind)
    back = trip(collecting, north_wind, direction=Direction.PICKUP)
    assert out.payload_kg == back.payload_kg == 1
    assert back.energy_wh < out.energy_wh  # the parcel rides with the wind


def test_the_margin_scale_and_the_reserve_are_what_the_fleet_says() -> None:
    plain = trip()
    bare = trip(ctx=context(reserve=ReserveRule(margin_scale=0)))
    assert bare.margin_wh == pytest.approx(bare.usable_wh - bare.energy_wh - bare.reserve_wh)
    assert plain.reserve_wh == pytest.approx(0.2 * plain.usable_wh)
    assert (bare.margin_wh - plain.margin_wh) / plain.energy_wh == pytest.approx(0.106, abs=0.002)
    assert "energy margin scaled by 0" in bare.assumptions
    hovering = trip(ctx=context(reserve=ReserveRule(fraction_of_usable=0, minutes=10)))
    assert hovering.reserve_wh > 200
    own = DRONE.model_copy(update={"reserve": Kept(fraction_of_usable=0, minutes=10)})
    assert trip(own).reserve_wh == hovering.reserve_wh
    assert farthest_m(context(), own, 1.0) > farthest_m(context(), DRONE, 1.0)  # a sieve counts shares only


def test_the_reserve_is_not_smaller_on_half_a_charge() -> None:
    half = trip_of(assess_sortie(context(), order(), DRONE, SITE, NOON, soc=0.55))
    full = trip()
    assert half.usable_wh == pytest.approx(full.usable_wh / 2)
    assert half.reserve_wh == full.reserve_wh
    assert half.recharge_s > full.recharge_s


def test_a_robot_drives_the_network_s_distance_at_its_own_speed() -> None:
    made = trip(ROBOT)
    leg = GeodesicNetwork().leg(HOME, away(north_m=2000), "walk")
    assert made.out_m == leg.distance_m
    assert (made.drop_at - made.depart_at).total_seconds() == pytest.approx(leg.distance_m / 1.6)
    assert made.alternate is None
    assert context().network.assumption in made.assumptions


def test_the_cost_is_what_the_kind_makes_of_the_rates() -> None:
    made = trip()
    assert made.cost == pytest.approx(1 + 3 * made.flight_s / 3600 + 0.25 * made.energy_wh / 1000)


def test_beyond_what_was_measured_a_trip_has_a_wider_margin_and_says_so() -> None:
    """An airframe of one's own whose flights carried half a kilogram at most, with a whole one."""
    frame = airframe("courier-x4")
    known = {"mass_kg": Range(9.0, 9.5), "density_kg_m3": Range(0.9, 1.4)}
    sources = frame.sources | {"validity": "test"}
    mine = frame.model_copy(update={"validity": Validity(**known), "sources": sources})
    kind = DRONE.model_copy(update={"energy_model": "mine.toml", "energy_data": render(mine)})
    plain = DRONE.model_copy(update={"energy_model": "same.toml", "energy_data": render(frame)})
    built_in, same, heavy, light = trip(), trip(plain), trip(kind), trip(kind, weight_kg=0.5)
    assert same == built_in
    assert heavy.energy_wh == built_in.energy_wh
    assert heavy.margin_wh < built_in.margin_wh
    assert light.margin_wh == trip(weight_kg=0.5).margin_wh
    assert any("mass_kg 10 lies 5.3% beyond" in said for said in heavy.assumptions)
    assert not any("beyond" in said for said in light.assumptions)


def warming(*celsius: float) -> WeatherSeries:
    """Rows every two minutes from noon on, which differ in temperature only; then it stays as it is."""
    base = weather().rows[0].conditions
    steps = [*celsius, *[celsius[-1]] * 40]
    return WeatherSeries(
        tuple(
            Observation(NOON + timedelta(minutes=2 * n), replace(base, temperature_c=c))
            for n, c in enumerate(steps)
        )
    )


def test_the_air_is_as_thin_as_the_warmest_makes_it_and_the_pack_as_cold_as_the_coldest() -> None:
    """Thin air takes more power, a cold pack gives less: neither is taken from the kinder end of the trip."""
    cold, warm, both = (trip(ctx=context(weather=warming(*some))) for some in ((5,), (25,), (5, 25)))
    assert cold.energy_wh < warm.energy_wh
    assert both.energy_wh == pytest.approx(warm.energy_wh)
    assert both.usable_wh == pytest.approx(cold.usable_wh)
    path = tuple(Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=p.alt_amsl_m) for p in both.path[1:3])
    during = (NOON, NOON + timedelta(minutes=15))
    legs = [
        leg_wh(context(weather=warming(*some)), DRONE, path, during, payload_kg=1)
        for some in ((25,), (5, 25))
    ]
    assert legs[0] == pytest.approx(legs[1])


@pytest.mark.parametrize("cruise_mps", [14.0, 16.0, 18.0, 20.0])
def test_a_fast_flight_pays_for_dense_air_and_a_slow_one_for_thin_air(cruise_mps: float) -> None:
    """Whichever costs more counts, at any speed, and the sieve allows for the air that costs least."""
    kind = DRONE.model_copy(update={"cruise_mps": cruise_mps})
    cold, warm, both = (trip(kind, context(weather=warming(*some))) for some in ((-5,), (25,), (-5, 25)))
    assert both.energy_wh == pytest.approx(max(cold.energy_wh, warm.energy_wh))
    assert (cold.energy_wh > warm.energy_wh) is (cruise_mps == 20.0)
    for some in ((-5,), (25,), (-5, 25)):
        ctx = context(weather=warming(*some))
        bound_m = farthest_m(ctx, kind, 1.0)
        assert trip(kind, ctx, place=away(north_m=bound_m + 1)).margin_wh < 0
