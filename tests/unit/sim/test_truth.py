"""The truth against the hub's models: other equations, within the margin that the hub keeps, beyond half of it."""

import math
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import NamedTuple

import pytest

from fleet.energy.air import Wind, air_density
from fleet.energy.battery import Battery
from fleet.energy.catalog import airframe, ground_robot
from fleet.energy.ground import Drive, drive_energy_wh, unsure
from fleet.energy.margin import margin_fraction
from fleet.energy.multirotor import Cruise, EnergyEstimate, flight_energy, sortie_phases
from fleet.protocol.mission import Drop
from fleet.sim.air import Air, Front
from fleet.sim.chance import Chance
from fleet.sim.geo import moved
from fleet.sim.machines import pack_share
from fleet.sim.spec import TrueWeather
from fleet.sim.world import World
from tests.unit.sim.small_world import DRONE, HOME, ROBOT, START, Play, sortie, spec

EPSILON = 1e-3


class Flight(NamedTuple):
    """True energy over the hub's, less one."""

    whole: float
    out: float
    back: float


def weather(wind_mps: float, from_deg: float, temperature_c: float) -> tuple[TrueWeather, ...]:
    """The same forecast for three hours."""
    return tuple(
        TrueWeather(
            time=START + timedelta(hours=h),
            wind_mps=wind_mps,
            gust_mps=1.4 * wind_mps,
            wind_from_deg=from_deg,
            temperature_c=temperature_c,
        )
        for h in range(3)
    )


def fly(
    seed: int, km: float, bearing_deg: float, kg: float, wind: Wind, temperature_c: float = 15.0
) -> Flight:
    """One sortie in the world, beside what the hub's model says of it."""
    bearing = math.radians(bearing_deg)
    to = moved(HOME, 1000 * km * math.sin(bearing), 1000 * km * math.cos(bearing))
    play = Play(World(seed, spec(weather=weather(wind.speed_mps, wind.from_deg, temperature_c))))
    play.tell(DRONE, sortie(to=to, weight_kg=kg))
    play.run_until(DRONE, "step_report", step_id="drop", state="done")
    used_out = [t for a, t in play.telemetry if a == DRONE][-1].energy_used_wh
    used = play.run_until(DRONE, "mission_ended").energy_used_wh
    there = Cruise(1000 * km, bearing_deg, wind)
    back = Cruise(1000 * km, (bearing_deg + 180) % 360, wind)
    phases = sortie_phases([there], [back], payload_kg=kg, height_m=65, drop_s=40)
    modelled = flight_energy(airframe("courier-x4"), phases, density_kg_m3=air_density(65, temperature_c))
    assert isinstance(modelled, EnergyEstimate)
    assert used_out is not None
    model_out = sum(modelled.by_phase_wh[:4])
    return Flight(
        used / modelled.energy_wh - 1,
        used_out / model_out - 1,
        (used - used_out) / sum(modelled.by_phase_wh[4:]) - 1,
    )


@pytest.mark.parametrize("number", range(24))
def test_no_flight_takes_more_than_the_margin(number: int) -> None:
    """In any wind that the type flies in, loaded or nearly empty, short or at the end of its range."""
    rng = Random(number)
    wind = Wind(rng.uniform(0, 9.5), rng.uniform(0, 360))
    flight = fly(
        number,
        rng.uniform(0.6, 5.5),
        rng.uniform(0, 360),
        rng.choice([0.1, 0.5, 1.0, 2.0, 2.5]),
        wind,
        rng.choice([0, 10, 15, 28]),
    )
    assert flight.whole < margin_fraction(EPSILON, airframe("courier-x4").residual)


@pytest.mark.parametrize("kg", [0.2, 0.8, 1.5, 2.5])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flights_at_the_end_of_the_range_take_more_than_half_the_margin(kg: float, seed: int) -> None:
    """So that a hub that keeps half of it breaks into its reserve."""
    margin = margin_fraction(EPSILON, airframe("courier-x4").residual)
    flight = fly(seed, 6.5, 80.0 * seed, kg, Wind(3.0, 200.0))
    assert margin / 2 < flight.whole < margin
    assert flight.out < flight.back


def test_the_model_is_most_generous_to_the_empty_way_back() -> None:
    """A heavy parcel: out a few per cent more than modelled, back about a tenth."""
    flight = fly(5, 6.0, 40.0, 2.5, Wind(2.0, 90.0))
    assert 0.01 < flight.out < 0.05
    assert 0.07 < flight.back < 0.14


@pytest.mark.parametrize("number", range(12))
def test_robots_stay_within_their_margin(number: int) -> None:
    """Their streets have more kerbs than the hub assumes, and their wheels roll harder: margins are for that."""
    rng = Random(number)
    km, kg = rng.uniform(0.3, 2.3), rng.uniform(0.2, 9.5)
    play = Play(World(number, spec()))
    mission = sortie(asset_id=ROBOT, to=moved(HOME, 1000 * km, 0), weight_kg=kg)
    steps = tuple(
        s.model_copy(update={"service_s": 180}) if isinstance(s, Drop) else s for s in mission.steps
    )
    play.tell(ROBOT, mission.model_copy(update={"steps": steps}))
    used = play.run_until(ROBOT, "mission_ended").energy_used_wh
    robot = ground_robot("walker-s1")
    assumed = [
        Drive(
            0,
            load_kg,
            robot.per_km.climb_m * far_km,
            robot.per_km.stops * far_km,
            robot.per_km.waiting_s * far_km,
        )
        for load_kg, far_km in ((kg, 1.25 * km), (0.0, 1.25 * km))
    ]
    drives = [
        replace(one, distance_m=1250 * km, stops=1 + one.stops, waiting_s=standing_s + one.waiting_s)
        for one, standing_s in zip(assumed, (60 + 180, 0), strict=True)
    ]
    modelled = sum(float(drive_energy_wh(robot, one)) for one in drives)
    margin = margin_fraction(EPSILON, robot.residual, unsure(robot, drives, assumed).log_sd(modelled))
    assert margin / 4 < used / modelled - 1 < 0.8 * margin


@pytest.mark.parametrize("temperature_c", [-20, -5, 0, 10, 15, 20, 30])
def test_a_pack_gives_no_less_than_the_hub_counts_on(temperature_c: float) -> None:
    """The hub's curve is the careful one."""
    believed = Battery(1.0, 1.0, 0.0).usable_wh(temperature_c)
    assert pack_share(temperature_c) >= believed - 1e-9


def test_the_air_is_not_the_forecast() -> None:
    """It veers and is weaker on the mean; a front adds to it and goes again."""
    air = Air(weather(8.0, 350.0, 12.0), Chance(3))
    at = START + timedelta(minutes=20)
    calm = air.wind(at)
    assert 7.5 < calm.mps < 8.0
    assert calm.from_deg != 350.0
    assert air.temperature_c(at) == 12.0
    air.fronts.append(Front(at, timedelta(minutes=4), timedelta(minutes=10), 3.0))
    assert air.wind(at + timedelta(minutes=8)).mps > 10.4
    assert air.wind(at + timedelta(minutes=18)).mps == pytest.approx(calm.mps, abs=0.01)
