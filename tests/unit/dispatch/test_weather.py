"""Reported weather in the hub: what is taken in, what grounds, what calls home, and what a restart remembers."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.handovers import TRIED_ONCE
from fleet.dispatch.monitor.battery import _raised as raised
from fleet.dispatch.monitor.checks import weather
from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.weather import in_force
from fleet.domain.weather import KEEP_BEHIND, MOST_OF_SOURCE, MOST_SOURCES
from fleet.hub.contexts import Contexts
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    Command,
    CommandReply,
    MissionReply,
    Reply,
    ReportWeather,
    Role,
    StepReport,
    Telemetry,
)
from fleet.protocol.mission import Travel
from fleet.protocol.values import Place
from fleet.protocol.weather import MOST_ROWS, WeatherRow, WeatherSort
from fleet.weather.field import WeatherField, Where
from fleet.weather.series import Worst
from tests.support.bench import DAY, WEATHER, Bench, Peer
from tests.support.legs import leg_wh
from tests.support.weather import weather_report, weather_row

DRONE = "S1/drone-1"
FORECAST = WeatherSort.FORECAST
STORM_MPS = 12.0
"""Wind above the drone's limit of 10 m/s, with gusts of 18 m/s."""


def now(bench: Bench) -> datetime:
    """The hub's time."""
    return bench.core.clock.now(bench.wall)


def reply(peer: Peer) -> Reply:
    """The last answer that a peer has had."""
    found = peer.of(Reply)[-1]
    assert isinstance(found, Reply)
    return found


def stored(bench: Bench, kind: str) -> list[Any]:
    """The stored events of a type."""
    return [s.event for s in bench.store.events() if getattr(s.event, "type", "") == kind]


def wind_at(bench: Bench, moment: datetime) -> float:
    """The wind that decisions rest on."""
    series = in_force(bench.inputs.context.weather, bench.core.state)
    assert series is not None
    return series.at(moment).wind_mps  # type: ignore[union-attr]


def station(bench: Bench) -> Peer:
    """A weather station that has connected."""
    return bench.connect("harbour", Role.WEATHER)


def ready(bench: Bench) -> tuple[Peer, Peer]:
    """An operator, and a drone that stands at its site."""
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    return operator, drone


def assigned(bench: Bench, drone: Peer, *, seconds: float = 1800) -> Assign | None:
    """The mission that the drone is sent within a time; none where it is not."""
    end = bench.wall + seconds
    while not drone.of(Assign) and bench.wall < end:
        bench.run(30)
    return next((a for a in drone.of(Assign) if isinstance(a, Assign)), None)


def fly(bench: Bench) -> Peer:
    """A drone on its way out."""
    operator, drone = ready(bench)
    bench.submit(operator)
    assign = assigned(bench, drone)
    assert assign is not None
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    for step_id, state, moved in (("load", "done", ("P-1",)), ("out", "started", ())):
        report: dict[str, Any] = {"step_id": step_id, "state": state, "order_ids": moved}
        bench.say(drone, StepReport(mission_id=mission_id, at=DAY, **report))
    return drone


def guard_of(bench: Bench) -> Guard:
    """What the drone is held against."""
    return bench.core._monitor._guards[DRONE]


def sample(bench: Bench, step_id: str | None = "out", **values: Any) -> Telemetry:
    """A sample of the drone at the beginning of a leg, high up."""
    guard = guard_of(bench)
    legs = {way.step_id: way for way in (guard.out, guard.back) if way is not None}
    start = legs[step_id if step_id in legs else "out"].path[0]
    known: dict[str, Any] = {
        "at": DAY,
        "lon": start.lon,
        "lat": start.lat,
        "alt_amsl_m": 60.0,
        "soc": 1.0,
        "mission_id": guard.mission_id,
        "step_id": step_id,
        "state": "travelling",
    }
    return Telemetry(**known | values)


def test_a_storm_elsewhere_stops_nobody_here(tmp_path: Path) -> None:
    """A report that names a place counts where it reaches; the same without one grounds all."""
    for place, flies in ((Place(lon=-8.61, lat=43.0), True), (None, False)):
        (folder := tmp_path / str(flies)).mkdir()
        bench = Bench(folder)
        operator, drone = ready(bench)
        storm = weather_row(now(bench), STORM_MPS)
        bench.say(
            station(bench), weather_report(storm, place=place, height_m=None if place is None else 10.0)
        )
        bench.submit(operator)
        assert (assigned(bench, drone) is not None) is flies
        (event,) = stored(bench, "weather_reported")
        assert event.place == place


# --- what is taken in ------------------------------------------------------------------------------------------------


def test_a_station_reports_and_the_hub_rests_on_it(tmp_path: Path) -> None:
    """Over the rows of the file."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    bench.say(harbour, weather_report(weather_row(now(bench), 6.0)))
    assert (reply(harbour).ok, reply(harbour).detail) == (True, "1 rows of harbour taken in")
    assert wind_at(bench, now(bench)) == pytest.approx(6.0, abs=0.1)
    event = stored(bench, "weather_reported")[0]
    assert (event.source, event.by) == ("harbour", "harbour")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_source_speaks_of_several_places_and_heights_at_a_time(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    """What it says of one replaces nothing that it says of another, in whatever order; said again it is known."""
    bench = Bench(tmp_path, weather=STALE)
    harbour, moment = station(bench), now(bench)
    here, there = Place(lon=-8.0, lat=41.0), Place(lon=-8.3, lat=41.3)
    said = [(25.0, here, None), (1.0, there, None), (2.0, here, 10.0)]
    for mps, place, height_m in (said[number] for number in order):
        bench.say(harbour, weather_report(weather_row(moment, mps), place=place, height_m=height_m))
        assert reply(harbour).detail == "1 rows of harbour taken in"
    field = in_force(bench.inputs.context.weather, bench.core.state)
    assert isinstance(field, WeatherField)
    winds = []
    for place in (here, there):
        found = field.worst_along(Where(((place.lon, place.lat),), 60.0), moment, moment)
        assert isinstance(found, Worst)
        winds.append(found.wind_mps)
    assert winds == [25.0, 1.0]
    bench.say(harbour, weather_report(weather_row(moment, 25.0), place=here))
    assert reply(harbour).detail == "0 rows of harbour taken in, 1 known already"
    before = bench.core.state.weather
    bench.restart()
    assert bench.core.state.weather == before


@pytest.mark.parametrize("issued", [True, False])
def test_a_report_that_comes_twice_changes_nothing(tmp_path: Path, issued: bool) -> None:
    """Neither with the issue that it states, nor without one."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    row, stamp = weather_row(now(bench), 6.0), now(bench) if issued else None
    bench.say(harbour, weather_report(row, issued_at=stamp))
    state = bench.core.state
    bench.run(60)
    bench.say(harbour, weather_report(row, issued_at=stamp))
    assert bench.core.state.weather is state.weather
    assert len(stored(bench, "weather_reported")) == 1
    assert reply(harbour).detail == "0 rows of harbour taken in, 1 known already"


def test_a_forecast_does_not_overrule_an_observation(tmp_path: Path) -> None:
    """However late it is issued."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    moment = now(bench)
    bench.say(harbour, weather_report(weather_row(moment, 8.0)))
    calm = (
        weather_row(moment, 1.0, sort=FORECAST),
        weather_row(moment + timedelta(minutes=5), 1.0, sort=FORECAST),
    )
    bench.run(60)
    bench.say(harbour, weather_report(*calm))
    bench.say(bench.connect("service", Role.WEATHER), weather_report(*calm, source="service"))
    assert wind_at(bench, moment) == 8.0
    assert wind_at(bench, moment + timedelta(minutes=5)) == 8.0


@pytest.mark.parametrize("order", [("met", "api"), ("api", "met")])
def test_of_two_services_the_worse_counts_whichever_spoke_last(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    """Of each its newest issue: one that takes its own storm back is believed."""
    bench = Bench(tmp_path, weather=STALE)
    operator, begin = bench.connect("operator-1", Role.OPERATOR), now(bench)

    def says(source: str, mps: float) -> None:
        rows = [weather_row(begin + timedelta(minutes=30 * n), mps, sort=FORECAST) for n in range(4)]
        bench.say(operator, weather_report(*rows, source=source))
        assert reply(operator).ok
        bench.run(60)

    for source in order:
        says(source, {"met": 14.0, "api": 2.0}[source])
    assert wind_at(bench, begin + timedelta(minutes=40)) == 14.0
    says("met", 3.0)
    assert wind_at(bench, begin + timedelta(minutes=40)) == 3.0


@pytest.mark.parametrize(
    ("minutes", "more", "why"),
    [
        ((3.0,), {}, "rows[0].time: nobody can have observed"),
        ((0.0, 0.0), {}, "rows: two rows"),
        ((0.0,), {"issued_min": 3}, "issued_at: "),
        ((0.0, 30 * 1440.0), {"sort": FORECAST}, "rows[1].time: "),
    ],
)
def test_an_impossible_report_is_refused_as_a_whole(
    tmp_path: Path, minutes: tuple[float, ...], more: dict[str, Any], why: str
) -> None:
    """The answer names the field; nothing of the report is believed."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    begin = now(bench)
    issued = begin + timedelta(minutes=more["issued_min"]) if "issued_min" in more else None
    sort = more.get("sort", WeatherSort.OBSERVED)
    rows = [weather_row(begin + timedelta(minutes=m), sort=sort) for m in minutes]
    bench.say(harbour, weather_report(*rows, issued_at=issued))
    assert not reply(harbour).ok
    assert why in reply(harbour).detail
    assert reply(harbour).reasons[0].code == "bad_weather_report"
    assert stored(bench, "weather_reported") == []


def test_a_station_speaks_for_itself_and_a_person_for_any(tmp_path: Path) -> None:
    """One peer can't pass for many, nor overrule what another has said."""
    bench = Bench(tmp_path)
    harbour, operator = station(bench), bench.connect("operator-1", Role.OPERATOR)
    bench.say(harbour, weather_report(weather_row(now(bench)), source="hill"))
    assert not reply(harbour).ok
    assert reply(harbour).detail == "source: a station speaks for itself, and this one is 'harbour'"
    assert stored(bench, "weather_reported") == []
    bench.say(operator, weather_report(weather_row(now(bench)), source="hill"))
    assert reply(operator).ok


def ahead(bench: Bench, batch: int) -> list[WeatherRow]:
    """A full report of forecasts by the minute, from now or farther ahead; two of them are a source's share."""
    begin = now(bench) + timedelta(minutes=MOST_ROWS * batch)
    return [weather_row(begin + timedelta(minutes=n), sort=FORECAST) for n in range(MOST_ROWS)]


def test_one_source_takes_nobodys_room(tmp_path: Path) -> None:
    """However much a service says, as much as its share stays; others, and what it says of now, are taken in."""
    bench = Bench(tmp_path)
    harbour, operator = station(bench), bench.connect("operator-1", Role.OPERATOR)
    for batch in range(18, 0, -1):
        bench.say(harbour, weather_report(*ahead(bench, batch)))
    assert len(bench.core.state.weather) == MOST_OF_SOURCE
    bench.say(harbour, weather_report(weather_row(now(bench), 8.0)))
    assert reply(harbour).ok
    bench.say(operator, weather_report(weather_row(now(bench), 9.0), source="hill"))
    assert reply(operator).ok
    assert {key.source for key in bench.core.state.weather} == {"harbour", "hill"}
    assert len(bench.core.state.weather) == MOST_OF_SOURCE + 1
    assert wind_at(bench, now(bench)) == 9.0


def test_what_would_not_stay_is_not_recorded(tmp_path: Path) -> None:
    """Said again and again, it would fill the log; the answer counts it."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    bench.say(harbour, weather_report(*ahead(bench, 0)), weather_report(*ahead(bench, 1)))
    before = bench.core.state.weather
    bench.say(harbour, weather_report(*ahead(bench, 2)))
    assert reply(harbour).detail == "0 rows of harbour taken in, 512 beyond the 1024 kept"
    assert bench.core.state.weather == before
    assert len(stored(bench, "weather_reported")) == 2


def test_only_sources_that_still_count_leave_no_room_for_others(tmp_path: Path) -> None:
    """One too many is refused; when what the others said is out of date, nobody has to drop it first."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    for number in range(MOST_SOURCES):
        bench.say(operator, weather_report(weather_row(now(bench)), source=f"s{number}"))
        assert reply(operator).ok
    bench.say(operator, weather_report(weather_row(now(bench)), source="hill"))
    assert not reply(operator).ok
    assert reply(operator).detail.startswith("source: the hub listens to 16 at most: s0, s1, s10")
    bench.say(operator, weather_report(weather_row(now(bench), 8.0), source="s0"))
    assert reply(operator).ok
    bench.run(KEEP_BEHIND.total_seconds() + 60)
    bench.say(operator, weather_report(weather_row(now(bench), 8.0), source="hill"))
    assert reply(operator).ok
    assert [key.source for key in bench.core.state.weather] == ["hill"]


def test_rows_that_lie_far_behind_are_not_taken_in(tmp_path: Path) -> None:
    """The answer counts them."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    moment = now(bench)
    bench.say(harbour, weather_report(weather_row(moment), weather_row(moment - timedelta(hours=4))))
    assert reply(harbour).detail == "1 rows of harbour taken in, 1 too old"
    assert [key.time for key in bench.core.state.weather] == [moment]


def test_a_killed_hub_remembers_the_weather(tmp_path: Path) -> None:
    """It is in the events: the state after a restart is the one before."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    bench.say(
        harbour,
        weather_report(
            weather_row(now(bench), 6.0), weather_row(now(bench) + timedelta(hours=1), 7.0, sort=FORECAST)
        ),
    )
    before = bench.core.state.weather
    bench.restart()
    assert bench.core.state.weather == before
    assert len(before) == 2


def test_other_weather_keeps_what_was_worked_out(tmp_path: Path) -> None:
    """Shapes of trips do not depend on the weather; zones do away with them."""
    bench = Bench(tmp_path)
    contexts = Contexts(bench.inputs.context)
    first = contexts(bench.core.state)
    harbour = station(bench)
    bench.say(harbour, weather_report(weather_row(now(bench), 6.0)))
    second = contexts(bench.core.state)
    assert second.weather != first.weather
    assert second.memory is first.memory
    assert contexts(bench.core.state) is second


# --- what does not fly -----------------------------------------------------------------------------------------------

STALE = "".join(WEATHER.splitlines(keepends=True)[:1]) + "2026-11-24T06:00:00+00:00,2,3,270,15,0,10000\n"
"""A file whose only row is stale when the day begins at eight."""


def withdrawn_for(bench: Bench) -> set[str]:
    """The reasons for which the parcel was taken away from the drone."""
    return {
        r.code for e in stored(bench, "parcel_freed") if e.excluded == f"{TRIED_ONCE}drone" for r in e.why
    }


def test_a_fresh_feed_lets_fly_where_the_file_is_stale(tmp_path: Path) -> None:
    """Observations are enough."""
    bench = Bench(tmp_path, weather=STALE)
    harbour, (operator, drone) = station(bench), ready(bench)
    bench.say(harbour, weather_report(weather_row(now(bench))))
    bench.submit(operator)
    assert assigned(bench, drone) is not None


def test_a_stale_feed_grounds_drones(tmp_path: Path) -> None:
    """A flight that waits for its battery is withdrawn when the station has been silent for too long."""
    bench = Bench(tmp_path, weather=STALE)
    harbour, (operator, drone) = station(bench), ready(bench)
    bench.say(harbour, weather_report(weather_row(now(bench) - timedelta(minutes=70))))
    bench.submit(operator)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.1, site_id="S1"))
    assert assigned(bench, drone, seconds=600) is None
    assert withdrawn_for(bench) == set()
    bench.run(600)
    assert "weather_stale" in withdrawn_for(bench)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    assert assigned(bench, drone) is None


def test_a_storm_that_is_reported_grounds_what_was_planned(tmp_path: Path) -> None:
    """The draft is checked again when it is released."""
    bench = Bench(tmp_path)
    harbour, (operator, drone) = station(bench), ready(bench)
    bench.submit(operator)
    bench.say(harbour, weather_report(weather_row(now(bench), STORM_MPS)))
    assert assigned(bench, drone) is None
    assert withdrawn_for(bench) == {"wind_too_strong", "gusts_too_strong"}


# --- what is out -----------------------------------------------------------------------------------------------------


def test_a_storm_calls_a_drone_home_and_says_that_it_is_the_wind(tmp_path: Path) -> None:
    """The exception names limit and actual wind; the drone is told to return, and does."""
    bench = Bench(tmp_path)
    harbour, drone = station(bench), fly(bench)
    bench.sample(drone, sample(bench))
    assert drone.of(Command) == []
    bench.say(harbour, weather_report(weather_row(now(bench), STORM_MPS)))
    bench.sample(drone, sample(bench))
    told = drone.of(Command)[0]
    assert isinstance(told, Command)
    assert told.action is Action.RETURN
    assert "the wind reaches 12.0 m/s" in told.why
    found = next(e for e in bench.core.state.exceptions.values() if e.code == "weather_limit")
    assert [(r.code, r.limit, r.actual) for r in found.reasons] == [
        ("wind_too_strong", 10.0, 12.0),
        ("gusts_too_strong", 14.0, 18.0),
    ]
    assert (found.asset_id, found.action) == (DRONE, "return home")
    bench.say(drone, CommandReply(command_id=told.command_id, accepted=True))
    assert bench.core.state.assets[DRONE].status is AssetStatus.RETURNING
    bench.say(harbour, weather_report(weather_row(now(bench), STORM_MPS + 1)))
    bench.sample(drone, sample(bench))
    assert len(drone.of(Command)) == 1


def test_wind_at_the_limit_is_within_it(tmp_path: Path) -> None:
    """Touching a limit breaks nothing."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    fly(bench)
    bench.say(harbour, weather_report(weather_row(now(bench), 10.0, gust_mps=14.0)))
    assert weather(guard_of(bench), sample(bench), now(bench)) is None
    bench.say(harbour, weather_report(weather_row(now(bench) + timedelta(seconds=1), 10.0, gust_mps=14.1)))
    assert weather(guard_of(bench), sample(bench), now(bench)) is not None


@pytest.mark.parametrize(
    ("step_id", "state", "advice"),
    [
        (None, "idle", Action.RETURN),
        ("load", "loading", Action.RETURN),
        ("out", "travelling", Action.RETURN),
        ("drop", "dropping", "nothing"),
        ("back", "travelling", None),
        ("back", "returning", "nothing"),
    ],
)
def test_what_a_storm_means_depends_on_where_it_is(
    tmp_path: Path, step_id: str | None, state: str, advice: Action | str | None
) -> None:
    """Not away, or back; on the way home nothing more can be told; a drop is not broken off."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    fly(bench)
    bench.say(harbour, weather_report(weather_row(now(bench), STORM_MPS)))
    found = weather(guard_of(bench), sample(bench, step_id, state=state), now(bench))
    assert ("nothing" if found is None else found.advice) == advice


def test_the_energy_of_a_leg_is_that_of_the_plan_in_the_same_wind(tmp_path: Path) -> None:
    """The same model, put together from the path that was sent."""
    bench = Bench(tmp_path)
    fly(bench)
    mission = bench.core.state.missions[guard_of(bench).mission_id].mission
    out, back = (s for s in mission.steps if isinstance(s, Travel))
    context = bench.inputs.context
    kind = context.fleet.types["courier-x4"]
    during = (out.path[0].at or DAY, back.path[-1].at or DAY)
    out_wh = leg_wh(context, kind, out.path, during, payload_kg=0.8, hover_s=kind.drop_s)  # type: ignore[arg-type, union-attr]
    back_wh = leg_wh(context, kind, back.path, during, payload_kg=0.0)  # type: ignore[arg-type]
    assert out_wh is not None
    assert back_wh is not None
    assert out_wh[0] == pytest.approx(mission.energy_to_drop_wh, rel=1e-4)
    assert out_wh[0] + back_wh[0] == pytest.approx(mission.energy_wh, rel=1e-4)
    for left in (out_wh, back_wh):
        assert list(left) == sorted(left, reverse=True)


def test_a_stronger_wind_takes_more_energy_than_was_planned(tmp_path: Path) -> None:
    """A battery that was enough for the wind of the plan is short in the one that is observed."""
    bench = Bench(tmp_path)
    harbour = station(bench)
    fly(bench)
    planned = guard_of(bench)
    assert planned.energy is not None
    budget = planned.energy
    enough = budget.planned_wh * (1 + budget.margin) + budget.reserve_wh + budget.floor_wh
    soc = enough / budget.full_wh + 0.001
    assert energy(planned, sample(bench, soc=soc), now(bench)) is None
    bench.say(harbour, weather_report(weather_row(now(bench), 2.0, gust_mps=3.0)))
    assert guard_of(bench).energy == budget
    bench.say(harbour, weather_report(weather_row(now(bench) + timedelta(seconds=1), 9.0)))
    found = energy(guard_of(bench), sample(bench, soc=soc), now(bench))
    assert found is not None
    assert (found.code, found.advice) == ("energy_short", Action.RETURN)


@pytest.mark.parametrize(("share", "counts"), [(-0.2, False), (0.029, False), (0.031, True)])
def test_a_breath_of_wind_is_left_to_the_margin(tmp_path: Path, share: float, counts: bool) -> None:
    """What can't be told from the model's own error calls nobody home."""
    bench = Bench(tmp_path)
    fly(bench)
    way = guard_of(bench).out
    assert way is not None
    now_wh = tuple(wh * (1 + share) for wh in way.left_wh)
    found = raised(way, now_wh)
    assert found.left_wh == pytest.approx(now_wh if counts else way.left_wh)
    assert found.slower == pytest.approx(1 + share if counts else 1)
    assert raised(way, None) is way


def test_the_pressure_that_a_station_tells_counts_in_the_next_mission(tmp_path: Path) -> None:
    """980 hPa: thinner air, and no mission says less; a restart knows it still, and what is said again is no news."""
    energies = {}
    for hpa in (None, 980.0):
        (tmp_path / str(hpa)).mkdir()
        bench = Bench(tmp_path / str(hpa))
        operator, drone = ready(bench)
        harbour = station(bench)
        row = WeatherRow(
            time=bench.now,
            sort=WeatherSort.OBSERVED,
            wind_mps=2,
            gust_mps=3,
            wind_from_deg=270,
            temperature_c=15,
            precipitation_mm_h=0,
            visibility_m=10_000,
        )
        for number in (1, 2):
            bench.say(
                harbour,
                ReportWeather(request_id=f"w-{number}", source="harbour", rows=(row,), pressure_hpa=hpa),
            )
        assert len(stored(bench, "weather_reported")) == 1
        bench.submit(operator)
        assign = assigned(bench, drone)
        assert assign is not None
        assert assign.mission.energy_wh is not None
        energies[hpa] = assign.mission.energy_wh
        before = bench.core.state.weather
        bench.restart()
        assert bench.core.state.weather == before
        assert {said.pressure_hpa for _, said in before.items()} == {hpa}
    assert 1.003 < energies[980.0] / energies[None] < 1.017
