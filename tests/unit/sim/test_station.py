"""The simulated weather station: the true air, with the errors of its instruments, the same for the same seed."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean, pstdev

from fleet.protocol.names import STATION
from fleet.protocol.weather import WeatherRow, WeatherSort
from fleet.sim.air import Front
from fleet.sim.spec import TrueWeather
from fleet.sim.station import EVERY
from fleet.sim.world import World
from tests.unit.sim.small_world import START, spec

HOURS = 10


def observed(world: World, *, hours: float = HOURS) -> list[WeatherRow]:
    """What the station says until then."""
    world.advance(START + timedelta(hours=hours))
    return [report.rows[0] for report in world.observations()]


def test_it_reports_every_ten_minutes_from_the_start_on() -> None:
    """One observation at a time, of that very moment, under its own name."""
    world = World(1, spec())
    rows = observed(world, hours=1)
    assert [row.time for row in rows] == [START + n * EVERY for n in range(7)]
    assert {row.sort for row in rows} == {WeatherSort.OBSERVED}
    reports = world.observations()
    assert {r.source for r in reports} == {STATION}
    assert [r.issued_at for r in reports] == [row.time for row in rows]


def test_the_same_seed_observes_the_same_and_another_one_does_not() -> None:
    """However time goes on."""
    world = World(1, spec())
    for minute in range(60 * HOURS + 1):
        world.advance(START + timedelta(minutes=minute))
    assert [r.rows[0] for r in world.observations()] == observed(World(1, spec()))
    assert observed(World(2, spec())) != observed(World(1, spec()))


def test_it_shows_the_true_wind_but_for_its_instruments() -> None:
    """A few tenths about the truth, to neither side."""
    world = World(3, spec())
    rows = observed(world)
    errors = [row.wind_mps - world._stage.air.wind(row.time).mps for row in rows]
    assert abs(mean(errors)) < 0.06
    assert 0.05 < pstdev(errors) < 0.25
    assert all(row.gust_mps >= row.wind_mps for row in rows)


def test_rain_and_sight_are_those_of_the_true_air() -> None:
    """Nothing that a type has a limit for is left out."""
    wet = TrueWeather(
        time=START, wind_mps=3, gust_mps=4, wind_from_deg=200, precipitation_mm_h=2.5, visibility_m=1200
    )
    row = observed(World(1, spec(weather=(wet,))), hours=0.5)[-1]
    assert (row.precipitation_mm_h, row.visibility_m) == (2.5, 1200)


def test_a_front_between_two_reports_is_in_the_gusts_of_the_next() -> None:
    """A station reports the strongest gust of its last ten minutes."""
    world = World(1, spec())
    world._stage.air.fronts.append(
        Front(START + timedelta(minutes=21), timedelta(minutes=2), timedelta(minutes=2), 9.0)
    )
    rows = observed(world, hours=1)
    gusts = [row.gust_mps for row in rows]
    assert max(gusts) == gusts[3] > 13
    assert rows[3].wind_mps < 6
