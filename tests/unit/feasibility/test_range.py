"""The range of an asset as it is: the same as its trips are judged by, and unknown where it can't be said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fleet.domain.fleet import ReserveRule
from fleet.energy.errors import InvalidInput
from fleet.feasibility import Context, Verdict, assess_sortie
from fleet.feasibility.charge import ToldCharge
from fleet.feasibility.estimate import Question
from fleet.feasibility.range import RangeArea, asset_area, feature
from fleet.protocol.values import Place, Reason
from fleet.weather.conditions import Observation, Spot
from fleet.weather.field import Part, Sort, WeatherField
from geofences import FlatTerrain
from geofences.geometry.geodesy import destination
from tests.unit.feasibility.world import (
    DRONE,
    HOME,
    LOCKER_TYPE,
    NOON,
    ROBOT,
    SITE,
    VAN,
    context,
    order,
    trip_of,
    weather,
)

FULL = ToldCharge("D-1", 1.0)
GROUND_M = 900.0
"""Where the air is thinner by a twelfth."""


def area(ctx: Context, payload_kg: float = 1.0, soc: float | None = 1.0, **more: Any) -> RangeArea | Verdict:
    told = ToldCharge("D-1", soc, **more)
    return asset_area(
        ctx.fleet, ctx.weather, DRONE, HOME, NOON, payload_kg=payload_kg, told=told, ground_amsl_m=GROUND_M
    )


@pytest.mark.parametrize("wind_mps", [0.0, 6.0])
@pytest.mark.parametrize(
    "rule",
    [ReserveRule(), ReserveRule(minutes=6), ReserveRule(epsilon=1e-4), ReserveRule(margin_scale=1.4)],
    ids=["as it comes", "six minutes", "one in ten thousand", "a wider margin"],
)
def test_its_edge_is_where_trips_begin_to_be_refused(wind_mps: float, rule: ReserveRule) -> None:
    """In eight directions, half a per cent within and beyond, by the judge of all trips; without alternates."""
    sky = weather(wind_mps=wind_mps, gust_mps=8, wind_from_deg=250)
    ctx = context(weather=sky, reserve=rule, lockers={}, terrain=FlatTerrain(GROUND_M, 0.0))
    found = area(ctx, soc=0.8)
    assert isinstance(found, RangeArea)
    for at in range(0, 72, 9):
        for share, enough in ((0.995, True), (1.005, False)):
            lon, lat = destination(HOME.lon, HOME.lat, at * 5.0, share * found.radii_m[at])
            parcel = order(place=Place(lon=lon, lat=lat), weight_kg=1.0)
            made = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON, soc=0.8))
            assert (made.margin_wh >= 0) is enough, (at, share, made.margin_wh)


def test_it_is_unknown_where_it_can_t_be_said() -> None:
    """A charge that nobody told, weather that nobody has, what drives or stands; each with its reason."""
    ctx = context()
    for found, code in (
        (area(ctx, soc=None), "soc_unknown"),
        (area(ctx, age_s=1e6), "soc_stale"),
        (area(ctx, doubts=(Reason(code="soc_frozen", detail="it stands still"),)), "soc_frozen"),
        (area(context(weather=None)), "weather_unknown"),
        (area(context(weather=weather(temperature_c=-50))), "battery_temperature_unknown"),
        (asset_area(ctx.fleet, ctx.weather, ROBOT, HOME, NOON, payload_kg=1, told=FULL), "range_by_streets"),
        (asset_area(ctx.fleet, ctx.weather, VAN, HOME, NOON, payload_kg=1, told=FULL), "range_by_streets"),
        (
            asset_area(ctx.fleet, ctx.weather, LOCKER_TYPE, HOME, NOON, payload_kg=1, told=FULL),
            "range_of_a_station",
        ),
    ):
        made = feature(found)
        assert made["geometry"] is None
        assert made["properties"]["verdict"] == "unknown"
        assert [reason["code"] for reason in made["properties"]["reasons"]] == [code]


@pytest.mark.parametrize("payload_kg", [-1.0, float("nan"), float("inf")])
def test_a_payload_that_is_none_is_refused(payload_kg: float) -> None:
    with pytest.raises(InvalidInput, match="payload_kg"):
        area(context(), payload_kg)


def test_the_type_s_radius_is_the_most() -> None:
    ctx = context()
    short = DRONE.model_copy(update={"max_radius_m": 1_500.0})
    found = asset_area(ctx.fleet, ctx.weather, short, HOME, NOON, payload_kg=1, told=FULL)
    assert isinstance(found, RangeArea)
    assert set(found.radii_m) == {1_500.0}


def test_it_is_no_larger_than_trips_may_go_when_it_was_warm_a_while_ago() -> None:
    """Trips are worked out in the warmest air that was measured around their time, with the pack of the coldest."""
    rows = weather(temperature_c=3.0, wind_mps=0.0, gust_mps=0.0).rows
    before = tuple(row for row in rows if row.time < NOON)
    warm = replace(before[-1].conditions, temperature_c=36.0)
    station = Part("hill", Sort.OBSERVED, Spot(HOME.lon, HOME.lat, 2.0), rows)
    heated = (Observation(before[-1].time, warm), *rows[len(before) :])
    field = WeatherField((station, replace(station, name="town", rows=heated)))
    ctx = context(weather=field, lockers={}, terrain=FlatTerrain(GROUND_M, 0.0))
    found = area(ctx)
    assert isinstance(found, RangeArea)
    lon, lat = destination(HOME.lon, HOME.lat, 0.0, 0.999 * found.radii_m[0])
    parcel = order(place=Place(lon=lon, lat=lat), weight_kg=1.0)
    made = trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON, soc=1.0))
    assert made.margin_wh >= 0
    assert made.margin_wh < 0.05 * made.energy_wh
    mild = context(weather=weather(temperature_c=3.0), lockers={}, terrain=FlatTerrain(GROUND_M, 0.0))
    other = area(mild)
    assert isinstance(other, RangeArea)
    assert found.radii_m[0] < other.radii_m[0]


@pytest.mark.parametrize("cruise_mps", [16.0, 20.0])
def test_of_two_pressures_the_one_that_costs_more_counts(cruise_mps: float) -> None:
    """Two stations that do not agree: the lowest for lift, the highest for the drag of who flies fast."""
    kind = DRONE.model_copy(update={"cruise_mps": cruise_mps})

    def radius_m(*pressures: float) -> float:
        rows = weather(wind_mps=0.0, gust_mps=0.0).rows
        parts = (
            Part(
                f"station {hpa}",
                Sort.OBSERVED,
                Spot(HOME.lon, HOME.lat, 2.0),
                tuple(replace(row, conditions=replace(row.conditions, hpa=(hpa, hpa))) for row in rows),
            )
            for hpa in pressures
        )
        found = asset_area(
            context().fleet, WeatherField(tuple(parts)), kind, HOME, NOON, payload_kg=1.0, told=FULL
        )
        assert isinstance(found, RangeArea)
        return found.radii_m[0]

    low, high = radius_m(960.0), radius_m(1045.0)
    assert (high < low) is (cruise_mps > 16.0)
    assert radius_m(960.0, 1045.0) == pytest.approx(min(low, high), rel=1e-6)


def test_a_highest_pressure_below_the_lowest_is_refused() -> None:
    with pytest.raises(InvalidInput, match="highest_hpa"):
        Question(1.0, 0.0, 16.0, 60.0, pressure_hpa=1000.0, highest_hpa=990.0)
