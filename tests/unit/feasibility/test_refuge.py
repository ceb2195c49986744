"""Energy for the alternate: in the weather of the way there, down to its own ground, and only where it may land."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import pytest

from fleet.domain.fleet import Assumptions
from fleet.domain.sites import Locker
from fleet.domain.weatherrule import WeatherRule
from fleet.energy.airframe import Range, Validity
from fleet.energy.catalog import airframe
from fleet.energy.render import render
from fleet.feasibility import Context, Trip
from fleet.weather.conditions import Spot
from fleet.weather.field import Part, Sort, WeatherField
from geofences import FlatTerrain, Terrain
from geofences.model.altitude import Box, Interval
from tests.unit.feasibility.test_weather_places import ERR, part, sortie
from tests.unit.feasibility.world import DRONE, away, context, trip_of, weather

DROP_M = 5000.0


def port(north_m: float, locker_id: str = "L") -> Locker:
    """A locker with a drone port so far to the north."""
    place = away(north_m=north_m)
    return Locker(
        locker_id=locker_id, name=locker_id, place=place, small=4, medium=2, large=1, drone_port=True
    )


def out_there(*parts: Part, ports: tuple[Locker, ...] = (port(9700),), **changes: object) -> Context:
    """A drop 5 km to the north; a station at home reaches it and not the ports beyond."""
    return context(
        weather=WeatherField((part("home", -4000, wind_mps=2.0, gust_mps=3.0), *parts), source="stations"),
        lockers={one.locker_id: one for one in ports},
        **changes,
    )


def trip(ctx: Context) -> Trip:
    return trip_of(sortie(ctx, DROP_M))


def cruise_wh(metres: float, ground_mps: float, mass_kg: float, celsius: float = 18.0) -> float:
    """What the file of courier-x4 says of a cruise, worked out here: (29.98 m^1.5 / sqrt(rho) + 825.5) W at 65 m."""
    rho = 101_325 * (1 - 0.0065 * 65 / 288.15) ** 5.25588 / (287.053 * (celsius + 273.15))
    return float(metres / ground_mps * (29.98 * mass_kg**1.5 / sqrt(rho) + 825.5) / 3600)


def test_the_way_to_the_alternate_is_counted_in_its_own_weather() -> None:
    """At home the air is calm, beyond the drop a wind of 9.9 m/s blows."""
    there = trip(out_there(part("beyond", 15_200, wind_mps=9.9, gust_mps=12.0)))
    assert there.alternate is not None
    upwind_wh = cruise_wh(4700, 16 - 9.9, 9.0)
    on_wh = there.worst_wh - there.until_drop_wh
    assert upwind_wh < on_wh < upwind_wh + 50, "with climb and descent"
    calm = trip(out_there(part("beyond", 15_200, wind_mps=2.0, gust_mps=3.0)))
    assert there.energy_wh == calm.energy_wh
    assert there.margin_wh < calm.margin_wh - 100


@pytest.mark.parametrize(
    "beyond",
    [
        (),  # nobody knows the weather there
        (part("storm", 15_200, wind_mps=11.0, gust_mps=13.0),),
        (part("rain", 15_200, precipitation_mm_h=3.0),),
        (part("frost", 15_200, temperature_c=-20.5),),
    ],
)
def test_a_place_whose_weather_is_unknown_or_not_allowed_is_no_alternate(beyond: tuple[Part, ...]) -> None:
    """No energy can be kept for going there, and the trip says so."""
    found = sortie(out_there(*beyond), DROP_M)
    assert trip_of(found).alternate is None
    assert any("no alternate landing place" in one for one in found.verdict.assumptions)


def test_the_next_place_is_the_alternate_where_the_nearest_is_in_a_storm() -> None:
    storm = part("storm", 15_200, wind_mps=11.0, gust_mps=13.0)
    ports = port(8000, "near"), port(-1000, "behind")
    found = trip(out_there(storm, ports=ports)).alternate
    assert found is not None
    assert found.place_id == "behind"


def test_the_pack_counts_as_cold_as_it_gets_on_the_way_to_the_alternate() -> None:
    """A pack that has lost a tenth of what it gives when it must go there is not the one that the trip began with."""
    cold = trip(out_there(part("beyond", 15_200, temperature_c=0.0)))
    mild = trip(out_there(part("beyond", 15_200)))
    assert cold.usable_wh < 0.92 * mild.usable_wh
    assert cold.needed_soc > mild.needed_soc


def test_the_error_of_a_forecast_of_the_way_to_the_alternate_counts() -> None:
    """The wind at home is measured, that beyond the drop is a forecast."""

    def believed(sort: Sort) -> Trip:
        beyond = replace(part("beyond", 15_200, wind_mps=6.0, gust_mps=7.0), sort=sort)
        ctx = out_there(beyond)
        return trip(replace(ctx, fleet=ctx.fleet.model_copy(update={"weather": WeatherRule(forecast=ERR)})))

    measured, foreseen = believed(Sort.OBSERVED), believed(Sort.FORECAST)
    assert measured.alternate is not None
    assert foreseen.margin_wh < measured.margin_wh - 20


def test_assumed_weather_of_the_way_to_the_alternate_is_named() -> None:
    ctx = out_there(assumptions=Assumptions(calm_weather=True, assumed_wind_mps=4.0))
    found = sortie(ctx, DROP_M)
    assert trip_of(found).alternate is not None
    assert any("4 m/s from anywhere" in one for one in found.verdict.assumptions)


@dataclass(frozen=True)
class Plateau(Terrain):
    """So high up to some metres north of home; sea level beyond."""

    high_m: float
    until: float

    def ground_within(self, box: Box) -> Interval:
        if box.south > self.until:
            return Interval(0.0, 0.0)
        return Interval(self.high_m if box.north < self.until else 0.0, self.high_m)


def test_the_way_to_the_alternate_ends_on_its_own_ground() -> None:
    """From a plateau of 400 m down into the valley: 400 m more at the 2.5 m/s and (52.43 m^1.5 / sqrt(rho) + 50) W of
    the file of courier-x4."""
    valley = Plateau(400.0, away(north_m=6000).lat)
    ports = {"L": port(10_600)}
    down, level = (
        trip_of(sortie(context(terrain=terrain, lockers=ports), DROP_M))
        for terrain in (valley, FlatTerrain(400.0, 0.0))
    )
    assert level.alternate is not None
    assert down.alternate is not None
    assert level.worst_wh > level.energy_wh, "the alternate is the worse of the two"
    rho = 101_325 * (1 - 0.0065 * 460 / 288.15) ** 5.25588 / (287.053 * 291.15)
    more_wh = 400 / 2.5 * (52.43 * 9**1.5 / sqrt(rho) + 50.0) / 3600
    assert down.worst_wh - level.worst_wh == pytest.approx(more_wh, rel=0.01)


def test_an_area_of_one_weather_has_one_for_the_alternate_too() -> None:
    """Rows that name no place hold everywhere, for as long as it takes to get there."""
    spot = Spot(None, None, None)
    field = WeatherField((Part("area", Sort.OBSERVED, spot, weather(wind_mps=6.0, gust_mps=8.0).rows),))
    ports = {"L": port(9700)}
    series, parts = (
        trip(context(weather=known, lockers=ports)) for known in (weather(wind_mps=6.0, gust_mps=8.0), field)
    )
    assert series.worst_wh == pytest.approx(parts.worst_wh)
    assert series.alternate == parts.alternate


@pytest.mark.parametrize(("leg_m", "beyond"), [((500, 9000), False), ((500, 5500), True)])
def test_a_way_to_the_alternate_longer_than_was_measured_widens_the_margin(
    leg_m: tuple[float, float], beyond: bool
) -> None:
    """It is 6 km there; out and home are 5 km each."""
    frame = airframe("courier-x4")
    ranges = {"mass_kg": Range(9.0, 11.5), "density_kg_m3": Range(0.9, 1.4), "leg_m": Range(*leg_m)}
    sources = frame.sources | {"validity": "test"}
    mine = frame.model_copy(update={"validity": Validity(**ranges), "sources": sources})
    kind = DRONE.model_copy(update={"energy_model": "mine.toml", "energy_data": render(mine)})
    found = trip_of(sortie(out_there(part("beyond", 15_200), ports=(port(11_000),)), DROP_M, kind))
    assert found.alternate is not None
    assert found.worst_wh > found.energy_wh
    assert (found.more_log_sd > 0) is beyond
    assert any("leg_m 59" in said for said in found.assumptions) is beyond
