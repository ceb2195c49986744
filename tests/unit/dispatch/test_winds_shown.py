"""The wind that a flight shows by how it moves: in the hub, from samples to the decisions of all who are out."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.winds import TOLD_EVERY, Winds
from fleet.dispatch.weather import in_force
from fleet.domain.events import WindShown
from fleet.domain.evolve import evolve
from fleet.feasibility.sky import Sky, sky_of, sky_over, way_in
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from fleet.weather.field import WeatherField
from fleet.weather.series import Missing
from geofences.geometry.geodesy import destination
from tests.support.bench import WEATHER, Bench, Peer
from tests.unit.dispatch.test_weather import fly, guard_of, now, sample

AIRSPEED_MPS = 16.0


def shown(bench: Bench) -> list[WindShown]:
    """The winds that are stored."""
    return [s.event for s in bench.store.events() if isinstance(s.event, WindShown)]


def moves(
    wind_mps: float, from_deg: float, track_deg: float, airspeed_mps: float | None = AIRSPEED_MPS
) -> dict[str, Any]:
    """What its instruments show on a track in a wind: found with the nose turned until it does not drift."""
    back = math.radians(from_deg)
    wind = complex(-wind_mps * math.sin(back), -wind_mps * math.cos(back))
    track = math.radians(track_deg)
    along = complex(math.sin(track), math.cos(track))
    cross = (wind * along.conjugate()).imag
    air = along * complex(math.sqrt(AIRSPEED_MPS**2 - cross**2), -cross)
    return {
        "ground_speed_mps": abs(air + wind),
        "heading_deg": math.degrees(math.atan2(air.real, air.imag)) % 360.0,
        "airspeed_mps": airspeed_mps,
    }


def flies_on(bench: Bench, drone: Peer, seconds: int, **said: Any) -> None:
    """It flies along its first leg, a sample a second."""
    way = guard_of(bench).out
    assert way is not None
    start = way.path[1]
    track_deg = said.pop("track_deg", 323.0)
    mps = said["ground_speed_mps"]
    for number in range(seconds):
        lon, lat = destination(start.lon, start.lat, track_deg, 1.0 + mps * number)
        bench.sample(drone, sample(bench, at=bench.now, lon=lon, lat=lat, **said))
        bench.run(0.99)


def wind_around(bench: Bench, moment: datetime, place: Place) -> float:
    """The wind that decisions rest on there, at 60 m."""
    context = bench.core._monitor._make_context(bench.core.state)
    found = sky_over(context, moment, moment, way_in(context, (place,), 60.0))
    assert isinstance(found, Sky)
    return found.wind_mps


def test_a_wind_that_is_stronger_than_was_thought_is_kept_and_raises_that_of_others(tmp_path: Path) -> None:
    """The file says 2 m/s; the drone flies in 9. Told once, though it flies on; it counts for 15 minutes."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    assert guard_of(bench).weather == ()
    flies_on(bench, drone, 60, **moves(9.0, 300.0, 323.0))
    (event,) = shown(bench)
    assert event.asset_id == guard_of(bench).asset_id
    assert event.wind_mps == pytest.approx(9.0, abs=0.3)
    assert event.wind_from_deg == pytest.approx(300.0, abs=3)
    assert event.height_m == pytest.approx(55.0), "above ground that is 5 m high at most"
    assert wind_around(bench, bench.now, event.place) == pytest.approx(event.wind_mps * (60 / 55) ** 0.2)
    assert wind_around(bench, bench.now, Place(lon=-8.0, lat=42.5)) == 2.0
    assert wind_around(bench, event.at + timedelta(seconds=901), event.place) == 2.0
    before = bench.core.state.winds
    bench.restart()
    assert bench.core.state.winds == before


def test_a_wind_above_its_limit_calls_home(tmp_path: Path) -> None:
    """12 m/s, where its type goes out in 10 at most."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    flies_on(bench, drone, 60, **moves(12.0, 300.0, 323.0))
    assert "wind_too_strong" in {reason.code for reason in guard_of(bench).weather}
    assert "weather_limit" in {found.code for found in bench.core.state.open_exceptions()}


@pytest.mark.parametrize("wind_mps", [0.5, 2.0, 3.5])
def test_what_is_no_surely_stronger_wind_is_not_kept(tmp_path: Path, wind_mps: float) -> None:
    """A milder one least of all: nothing that an aircraft shows makes the weather kinder."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    flies_on(bench, drone, 100, **moves(wind_mps, 270.0, 323.0))
    assert shown(bench) == []
    assert not isinstance(in_force(bench.inputs.context.weather, bench.core.state), WeatherField)


def test_an_autopilot_s_own_word_is_taken(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    drone = fly(bench)
    said = {"ground_speed_mps": 14.0, "wind_mps": 8.0, "wind_from_deg": 200.0}
    flies_on(bench, drone, 40, **said)
    assert [(e.wind_mps, e.wind_from_deg, e.sd_mps) for e in shown(bench)] == [(8.0, 200.0, 1.0)]


def test_without_an_airspeed_one_leg_shows_nothing(tmp_path: Path) -> None:
    """As with peers of version 1 of the wire: a slow aircraft and a headwind look alike."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    flies_on(bench, drone, 60, **moves(9.0, 323.0, 323.0, None))
    assert shown(bench) == []


def test_it_is_told_of_seldom(tmp_path: Path) -> None:
    """However fast the wind grows: an aircraft whose sensor is broken does not fill the log."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    for step in range(30):
        said = {"ground_speed_mps": 14.0, "wind_mps": 6.0 + 3 * step, "wind_from_deg": 200.0}
        flies_on(bench, drone, 10, **said)
    times = [event.at for event in shown(bench)]
    assert 2 <= len(times) <= 300 / TOLD_EVERY.total_seconds() + 1
    assert all(later - before >= TOLD_EVERY for before, later in pairwise(times))


def test_on_the_ground_or_of_another_mission_nothing_is_shown(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    drone = fly(bench)
    said = {"ground_speed_mps": 14.0, "wind_mps": 9.0, "wind_from_deg": 200.0}
    flies_on(bench, drone, 40, state="loading", **said)
    flies_on(bench, drone, 40, mission_id="another", **said)
    assert shown(bench) == []


def test_a_wind_alone_is_no_weather(tmp_path: Path) -> None:
    """Where the weather is not known it stays so."""
    bench = Bench(tmp_path)
    fly(bench)
    guard = guard_of(bench)
    unknown = guard.context.in_weather(None)
    winds, moment = Winds(), now(bench)
    told: Telemetry = sample(bench, wind_mps=9.0, wind_from_deg=200.0, ground_speed_mps=14.0)
    for second in range(0, 90, 3):
        assert winds.check(evolve(guard, context=unknown), told, moment + timedelta(seconds=second)) is None
    found = [winds.check(guard, told, moment + timedelta(seconds=second)) for second in range(100, 190, 3)]
    assert len([one for one in found if one is not None]) == 1


def assuming() -> str:
    """The default fleet, which takes calm weather for granted where it has none."""
    text = (files("fleet.intake") / "data/default_fleet.toml").read_text(encoding="utf-8")
    return text.replace("calm_weather = false", "calm_weather = true ")


def test_a_wind_that_was_shown_counts_over_one_that_is_assumed(tmp_path: Path) -> None:
    """The rows of the file are over; the fleet assumes 4 m/s, and an aircraft flies in 12: more than its type goes out
    in. Elsewhere, and a quarter of an hour later, the assumption holds again."""
    early = "\n".join(WEATHER.splitlines()[:3]) + "\n"
    bench = Bench(tmp_path, fleet=assuming(), weather=early)
    drone = fly(bench)
    assert wind_around(bench, bench.now, Place(lon=-8.0, lat=41.0)) == 4.0
    flies_on(bench, drone, 60, **moves(12.0, 300.0, 323.0))
    (event,) = shown(bench)
    assert wind_around(bench, bench.now, event.place) == pytest.approx(event.wind_mps * (60 / 55) ** 0.2)
    context = bench.core._monitor._make_context(bench.core.state)
    sky = sky_over(context, bench.now, bench.now, way_in(context, (event.place,), 60.0))
    assert isinstance(sky, Sky)
    assert sky.winds.anywhere
    assert any("as an aircraft has shown" in one for one in sky.assumptions)
    assert "wind_too_strong" in {reason.code for reason in guard_of(bench).weather}
    assert wind_around(bench, bench.now, Place(lon=-8.0, lat=42.5)) == 4.0
    assert wind_around(bench, event.at + timedelta(seconds=901), event.place) == 4.0


@pytest.mark.parametrize("assumed", [True, False])
def test_where_no_weather_is_known_at_all_a_wind_raises_what_is_assumed_and_is_no_weather(
    tmp_path: Path, assumed: bool
) -> None:
    bench = Bench(tmp_path)
    drone = fly(bench)
    flies_on(bench, drone, 60, **moves(9.0, 300.0, 323.0))
    state = bench.core.state
    assert state.fleet is not None
    rules = state.fleet.assumptions.model_copy(update={"calm_weather": assumed})
    state = evolve(state, fleet=state.fleet.model_copy(update={"assumptions": rules}))
    (event,) = shown(bench)
    weather = in_force(None, state)
    assert state.fleet is not None
    found = sky_of(weather, state.fleet, bench.now, bench.now, None)
    if not assumed:
        assert weather is None
        assert not isinstance(found, Sky)
        return
    assert isinstance(weather, WeatherField)
    assert isinstance(weather.at(bench.now), Missing)
    assert isinstance(found, Sky)
    assert found.wind_mps >= event.wind_mps > rules.assumed_wind_mps
