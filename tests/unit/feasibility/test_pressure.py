"""The pressure of the weather counts in trips, ranges and under way where the weather has it; else it is named."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fleet.domain.fleet import SortieType
from fleet.energy.catalog import airframe
from fleet.energy.legs import MOST_KG_M3
from fleet.feasibility import Trip, assess_sortie, prefilter_sorties
from fleet.feasibility.flight import air_at, too_dense
from fleet.feasibility.motion import STANDARD_PRESSURE
from fleet.feasibility.reachable import farthest_m
from fleet.feasibility.sky import Sky, sky_over
from fleet.feasibility.underway import leg_wh_in, watts
from fleet.intake.errors import IntakeError
from fleet.protocol.values import Waypoint
from fleet.weather.blend import blended, merged
from fleet.weather.bounds import interpolate
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.errors import InvalidWeather
from fleet.weather.reader import read_weather
from fleet.weather.series import WeatherSeries
from tests.unit.feasibility.world import CAPS, DRONE, NOON, ROBOT, SITE, away, context, order, trip_of

LOW_HPA = 980.0
HEADER = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m"


def conditions(pressure_hpa: float | None = None, temperature_c: float = 15.0) -> Conditions:
    hpa = None if pressure_hpa is None else (pressure_hpa, pressure_hpa)
    return Conditions(2.0, 3.0, 0.0, temperature_c, 0.0, 10_000.0, hpa=hpa)


def rows(*pressures: float | None, every_s: float = 3600.0) -> tuple[Observation, ...]:
    begins = NOON - timedelta(hours=1)
    return tuple(
        Observation(begins + timedelta(seconds=every_s * n), conditions(hpa))
        for n, hpa in enumerate(pressures)
    )


def trip(*pressures: float | None, kind: SortieType = DRONE) -> Trip:
    ctx = context(weather=WeatherSeries(rows(*pressures)))
    return trip_of(assess_sortie(ctx, order(place=away(north_m=1500)), kind, SITE, NOON))


def test_thin_air_takes_what_the_regime_model_says() -> None:
    """P = b1 m^1.5 / sqrt(rho) + b0 with the density in proportion to the pressure, by hand: the share of b1 of each
    regime grows by the root of 1013.25 / 980, 1.68 %; no regime is without b0."""
    usual, low = trip(None, None, None), trip(LOW_HPA, LOW_HPA, LOW_HPA)
    most = math.sqrt(1013.25 / LOW_HPA)
    assert 1 + 0.25 * (most - 1) < low.energy_wh / usual.energy_wh < most
    frame, sky = (
        airframe("courier-x4"),
        sky_over(context(weather=WeatherSeries(rows(LOW_HPA, LOW_HPA))), NOON, NOON),
    )
    assert isinstance(sky, Sky)
    assert sky.hpa == (LOW_HPA, LOW_HPA)
    hover = watts(
        DRONE,
        [[Waypoint(lon=0, lat=0, alt_amsl_m=0), Waypoint(lon=0, lat=0.01, alt_amsl_m=0)]],
        sky,
        15.0,
        0.0,
    )
    rho = LOW_HPA * 100 / (287.053 * 288.15)
    by_hand = 62.97 * frame.empty_mass_kg**1.5 / math.sqrt(rho) + 233
    assert hover.stay == pytest.approx(by_hand, rel=1e-3)


def test_the_lowest_of_the_trip_s_time_counts_and_nothing_is_assumed_then() -> None:
    """It falls while the drone is out; a robot has no air to speak of."""
    falling, low = trip(1020.0, 1000.0, LOW_HPA), trip(1000.0, 1000.0, 1000.0)
    assert falling.energy_wh > low.energy_wh
    assert STANDARD_PRESSURE not in falling.assumptions
    assert STANDARD_PRESSURE in trip(None, None, None).assumptions
    assert STANDARD_PRESSURE not in trip(None, None, None, kind=ROBOT).assumptions
    assert trip(1013.25, 1013.25, 1013.25).energy_wh == pytest.approx(trip(None, None, None).energy_wh)


def test_under_way_it_counts_too() -> None:
    path = [
        Waypoint(lon=-8.6, lat=41.15 + n / 100, alt_amsl_m=80, at=NOON + timedelta(minutes=n)) for n in (0, 1)
    ]
    found = []
    for hpa in (None, LOW_HPA):
        sky = sky_over(context(weather=WeatherSeries(rows(hpa, hpa))), NOON, NOON)
        assert isinstance(sky, Sky)
        left = leg_wh_in(sky, DRONE, path, payload_kg=1.0)
        assert left is not None
        found.append(left[0])
    assert 1.003 < found[1] / found[0] < math.sqrt(1013.25 / LOW_HPA)


@pytest.mark.parametrize("hpa", [960.0, 1050.0])
def test_the_sieve_lets_through_what_thick_air_carries(hpa: float) -> None:
    """It takes the air at its densest: never nearer than without, and where the exact check says yes it does."""
    known, usual = (
        context(weather=WeatherSeries(rows(hpa, hpa, hpa))),
        context(weather=WeatherSeries(rows(None, None))),
    )
    assert farthest_m(known, DRONE, 1.0) >= farthest_m(usual, DRONE, 1.0) * (1 - 1e-9)
    parcels = [order(place=away(north_m=metres)) for metres in range(1000, 14_000, 1000)]
    kept = prefilter_sorties(known, parcels, DRONE, SITE, NOON)
    exact = [assess_sortie(known, one, DRONE, SITE, NOON).verdict.feasible for one in parcels]
    assert all(may or not does for may, does in zip(kept.tolist(), exact, strict=True))


@pytest.mark.parametrize(("celsius", "hpa"), [(-20.0, 1040.0), (-25.0, 1069.0)])
@pytest.mark.parametrize("cruise_mps", [16.0, 19.0])
def test_thick_air_of_a_cold_high_stops_no_plan(celsius: float, hpa: float, cruise_mps: float) -> None:
    """On the lowest land it is denser than the models know, and the second so on a coast. It ended plans."""
    kind = DRONE.model_copy(
        update={"cruise_mps": cruise_mps, "weather": CAPS.model_copy(update={"min_temperature_c": -30})}
    )
    cold = tuple(replace(row, conditions=conditions(hpa, celsius)) for row in rows(hpa, hpa, hpa))
    ctx = context(weather=WeatherSeries(cold))
    parcels = [order(place=away(north_m=metres)) for metres in range(1000, 9000, 2000)]
    kept = prefilter_sorties(ctx, parcels, kind, SITE, NOON).tolist()
    found = [assess_sortie(ctx, one, kind, SITE, NOON).verdict for one in parcels]
    assert all(may or not each.feasible for may, each in zip(kept, found, strict=True))
    assert found[0].feasible == (celsius == -20.0)
    sky = sky_over(ctx, NOON, NOON)
    assert isinstance(sky, Sky)
    shore = [Waypoint(lon=-8.6, lat=lat, alt_amsl_m=-5, at=NOON) for lat in (41.15, 41.16)]
    assert leg_wh_in(sky, kind, shore, payload_kg=1.0) is not None
    assert watts(kind, [shore], sky, celsius, 1.0).along > 0


def test_a_flight_in_air_that_is_too_dense_is_unknown() -> None:
    """Also where its pack is known to give something in it; who flies already is told of the densest that is known."""
    cold = tuple(replace(row, conditions=conditions(1069.0, -25.0)) for row in rows(None, None))
    sky = sky_over(context(weather=WeatherSeries(cold)), NOON, NOON)
    assert isinstance(sky, Sky)
    found = too_dense(-5.0, sky)
    assert found is not None
    assert [one.code for one in found.reasons] == ["air_density_unknown"]
    assert too_dense(200.0, sky) is None
    assert air_at(-5.0, -25.0, 1069.0) == MOST_KG_M3


def test_a_station_without_a_barometer_does_not_hide_what_was_forecast() -> None:
    base = WeatherSeries(rows(LOW_HPA, LOW_HPA, LOW_HPA))
    measured = {"roof": (Observation(NOON, conditions()),)}
    series = blended(base, measured, ())
    assert series is not None
    worst = series.worst_between(NOON, NOON + timedelta(minutes=20))
    assert worst.hpa == (LOW_HPA, LOW_HPA)  # type: ignore[union-attr]
    own = blended(base, {"roof": (Observation(NOON, conditions(1001.0)),)}, ())
    assert own is not None
    assert own.worst_between(NOON, NOON).hpa == (1001.0, 1001.0)  # type: ignore[union-attr]
    several = merged([base, WeatherSeries(rows(1000.0, 1000.0, 1000.0))])
    assert several is not None
    assert several.worst_between(NOON, NOON).hpa == (LOW_HPA, 1000.0)  # type: ignore[union-attr]


def test_between_two_rows_it_changes_evenly_and_holds_where_one_says_nothing() -> None:
    assert interpolate(conditions(1000.0), conditions(980.0), 0.25).hpa == pytest.approx((995.0, 995.0))
    assert interpolate(conditions(None), conditions(980.0), 0.25).hpa == (980.0, 980.0)
    assert interpolate(conditions(None), conditions(None), 0.25).hpa is None


def test_a_file_may_have_it_by_row_and_what_can_t_be_is_refused() -> None:
    at = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
    lines = [f"{HEADER},pressure_hpa", f"{at.isoformat()},2,3,0,15,0,10000,985.5"]
    later = f"{(at + timedelta(hours=1)).isoformat()},2,3,0,15,0,10000,"
    found = read_weather([*lines, later], "w.csv")
    assert [row.conditions.hpa for row in found.rows] == [(985.5, 985.5), None]
    with pytest.raises(IntakeError, match=r"w.csv:2: pressure_hpa"):
        read_weather([lines[0], lines[1].replace("985.5", "98550")], "w.csv")
    with pytest.raises(InvalidWeather, match="pressure_hpa"):
        replace(conditions(), hpa=(700.0, 1000.0))
