"""The weather of flights that are out: by place, with what is not known of it, and never kinder than it may be."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from fleet.dispatch.monitor import guard as guard_module
from fleet.dispatch.monitor.battery import HOLD_LOOK_S
from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.noreturn import no_return_of
from fleet.dispatch.monitor.progress import progress_of
from fleet.domain.evolve import evolve
from fleet.domain.fleet import SortieType
from fleet.feasibility import Trip
from fleet.feasibility.appetite import raised_share
from fleet.feasibility.motion import Departure, Planned, plan_trip
from fleet.protocol.messages import Action, Command, Role, StepReport
from fleet.protocol.values import Place
from tests.support.bench import DAY, LOCKERS, WEATHER, Bench, Peer
from tests.support.weather import weather_report, weather_row
from tests.unit.dispatch.test_weather import fly, guard_of, now, sample, station
from tests.unit.dispatch.test_zone_changes import along

HEAD = WEATHER.splitlines(keepends=True)[0]
NOTHING_LATELY = HEAD + "2026-11-24T00:00:00+00:00,2,3,270,15,0,10000\n"
"""A file that was stale before the day began."""
STORM_MPS = 25.0
SITE, DROP, FAR = Place(lon=-8.0, lat=41.0), Place(lon=-8.01, lat=41.01), Place(lon=-8.0, lat=42.5)
"""Where the drone stands, where it flies to, and a place 167 km away."""
NEARBY = "[weather]\nstation_reach_m = 300\n"
ERRS = """[weather.forecast]
now_mps = 0.5
per_sqrt_h_mps = 0.5
most_mps = {most}
"""


def codes(guard: Guard) -> set[str]:
    """Why the drone may not be out."""
    return {reason.code for reason in guard.weather}


def told(drone: Peer) -> list[object]:
    """What the drone was commanded."""
    return [command.action for command in drone.of(Command) if isinstance(command, Command)]


@pytest.mark.parametrize(("place", "called"), [(FAR, False), (DROP, True)])
def test_only_a_storm_on_its_way_calls_one_home(tmp_path: Path, place: Place, called: bool) -> None:
    """One 160 km away is no reason, to nobody."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    storm = weather_report(weather_row(now(bench), STORM_MPS), place=place)
    bench.say(station(bench), storm)
    bench.sample(drone, sample(bench, at=bench.now))
    bench.run(1)
    assert ("wind_too_strong" in codes(guard_of(bench))) is called
    assert bool(told(drone)) is called
    assert bool(bench.core.state.open_exceptions()) is called


def test_a_storm_that_lies_behind_is_no_reason(tmp_path: Path) -> None:
    """At the drop while it flies there; no more once it is well on its way home."""
    bench = Bench(tmp_path, fleet=NEARBY)
    drone = fly(bench)
    harbour = station(bench)
    bench.say(harbour, weather_report(weather_row(now(bench), STORM_MPS), place=DROP))
    assert "wind_too_strong" in codes(guard_of(bench))
    mission_id = guard_of(bench).mission_id
    back = guard_of(bench).back
    assert back is not None
    high, home = back.path[1], back.path[-2]
    halfway = {
        "lon": (high.lon + home.lon) / 2,
        "lat": (high.lat + home.lat) / 2,
        "alt_amsl_m": high.alt_amsl_m,
    }
    bench.sample(drone, sample(bench, "back", at=bench.now, **halfway))
    for step_id, state in (("out", "done"), ("drop", "started"), ("drop", "done"), ("back", "started")):
        order_ids = ("P-1",) if (step_id, state) == ("drop", "done") else ()
        report = {"step_id": step_id, "state": state, "order_ids": order_ids}
        bench.say(drone, StepReport(mission_id=mission_id, at=bench.now, **report))  # type: ignore[arg-type]
    assert codes(guard_of(bench)) == set()


def silent(bench: Bench, nearby: float) -> Guard:
    """The guard of one that is out when the station beside it, which has said how warm it is, has been silent for
    longer than its word counts, while one far away says that it is warm and calm there."""
    near, moment = station(bench), now(bench)
    said = [
        weather_row(moment - timedelta(minutes=minutes), temperature_c=nearby, wind_mps=2.0)
        for minutes in (85, 0)
    ]
    bench.say(near, weather_report(*said, place=SITE))
    fly(bench)
    bench.run(95 * 60)
    far = bench.connect("far", Role.WEATHER)
    bench.say(far, weather_report(weather_row(now(bench), 1.0, temperature_c=18.0), place=FAR, source="far"))
    return guard_of(bench)


@pytest.mark.parametrize("nearby", [-4.0, 0.0, 25.0])
def test_a_station_far_away_does_not_stand_in_for_a_silent_one(tmp_path: Path, nearby: float) -> None:
    """Its weather is not known any more; and the pack counts as cold as the fleet file lets it be out in, whatever it
    was when somebody said so last: at -5 °C a pack gives 81 % by the default curve."""
    bench = Bench(tmp_path, weather=NOTHING_LATELY)
    guard = silent(bench, nearby)
    assert codes(guard) <= {"weather_stale", "weather_unknown"}
    assert codes(guard)
    assert guard.energy is not None
    assert guard.energy.full_wh == pytest.approx(799.2 * (0.75 + (0.87 - 0.75) / 2))


def test_the_coldest_that_anybody_has_said_counts_where_that_is_colder(tmp_path: Path) -> None:
    """A limit that the type does not have makes it no warmer: without one the curve's coldest counts, 60 %."""
    bench = Bench(tmp_path, weather=NOTHING_LATELY)
    guard = silent(bench, 5.0)
    unbound = guard.sortie.model_copy(
        update={"weather": guard.sortie.weather.model_copy(update={"min_temperature_c": None})}
    )
    found = anew(bench, guard, unbound)
    assert found.energy is not None
    assert found.energy.full_wh == pytest.approx(799.2 * 0.6)
    mild = guard.sortie.weather.model_copy(update={"min_temperature_c": 10.0})
    found = anew(bench, guard, guard.sortie.model_copy(update={"weather": mild}))
    assert found.energy is not None
    at_c = 5.0 - 0.0065 * 120
    assert found.energy.full_wh == pytest.approx(799.2 * (0.87 + 0.08 * at_c / 10))


def test_without_any_weather_hovering_is_thought_to_take_the_most(tmp_path: Path) -> None:
    """In air as warm as the fleet file lets it be out in: 40 °C, which is thinner than at 15."""
    bench = Bench(tmp_path, weather=NOTHING_LATELY)
    unknown = silent(bench, 15.0).energy
    (other := tmp_path / "known").mkdir()
    calm = Bench(other)
    fly(calm)
    known = guard_of(calm).energy
    assert unknown is not None
    assert known is not None
    # b1 m^1.5 / sqrt(rho) + b0 of the courier's take-off: only the first term depends on the air.
    assert (unknown.out.watts.stay - 233) / (known.out.watts.stay - 233) == pytest.approx(
        (313.15 / 288.15) ** 0.5, rel=1e-4
    )


def anew(bench: Bench, guard: Guard, kind: SortieType) -> Guard:
    """The guard as it would be of another type."""
    return guard_module.guard_of(guard.record, kind, guard.context, now(bench), None, None)


def at_dispatch(bench: Bench, guard: Guard, kind: SortieType) -> float:
    """The margin that a trip like this is released with, near which there is no alternate."""
    trip = trip_at_dispatch(bench, guard, kind)
    assert trip.alternate is None
    return margin_of(trip)


def margin_of(trip: Trip) -> float:
    """What a trip has been given besides what it takes, as a share of that."""
    return (trip.usable_wh - trip.reserve_wh - trip.margin_wh) / trip.worst_wh - 1


def trip_at_dispatch(bench: Bench, guard: Guard, kind: SortieType) -> Trip:
    """A trip like this as it is released."""
    context, mission = guard.context, guard.record.mission
    order = next(iter(bench.inputs.orders.orders))
    departs = mission.steps[1].path[0].at  # type: ignore[union-attr]
    assert departs is not None
    found = plan_trip(context, order, kind, Departure(context.sites["S1"], departs))
    assert isinstance(found, Planned)
    return found.trip


def test_the_margin_under_way_is_that_of_the_release(tmp_path: Path) -> None:
    """The forecast's error is in both, on the way out and on the way back."""
    bench = Bench(tmp_path, fleet=ERRS.format(most=1.5))
    drone = fly(bench)
    guard = guard_of(bench)
    assert guard.energy is not None
    assert guard.energy.margin == pytest.approx(at_dispatch(bench, guard, guard.sortie), rel=1e-4)
    assert guard.energy.margin > raised_share(guard.context.fleet, guard.sortie) + 0.005
    assert guard.energy.model_error == guard.energy.margin
    bench.say(
        drone, StepReport(mission_id=guard.mission_id, at=DAY, step_id="out", state="done", order_ids=())
    )
    later = guard_of(bench).energy
    assert later is not None
    assert later.margin == pytest.approx(guard.energy.margin, rel=1e-4)


def test_what_was_never_measured_widens_the_margin_under_way(tmp_path: Path) -> None:
    """By as much as at the release."""
    bench = Bench(tmp_path)
    fly(bench)
    guard = guard_of(bench)
    for masses, wider in (("[9.0, 11.5]", False), ("[9.0, 9.5]", True)):
        kind = measured(guard, "", masses)
        found = anew(bench, guard, kind).energy
        assert found is not None
        assert found.margin == pytest.approx(at_dispatch(bench, guard, kind), rel=1e-9)
        assert (found.margin > raised_share(guard.context.fleet, kind) * 1.0001) is wider


@pytest.mark.parametrize(
    ("height_m", "wider"), [((20.0, 200.0), False), ((20.0, 25.0), True), ((200.0, 250.0), True)]
)
def test_a_height_that_was_never_measured_counts_once_under_way(
    tmp_path: Path, height_m: tuple[float, float], wider: bool
) -> None:
    """It climbs from home and comes down there: as at the release that is one height, not two that add up."""
    bench = Bench(tmp_path)
    fly(bench)
    guard = guard_of(bench)
    kind = measured(guard, f"height_m = {list(height_m)}")
    found = anew(bench, guard, kind).energy
    assert found is not None
    assert found.margin == pytest.approx(at_dispatch(bench, guard, kind), rel=1e-9)
    assert (found.margin > raised_share(guard.context.fleet, kind) * 1.0001) is wider


@pytest.mark.parametrize("known", ["leg_m = [100, 1500]", "height_m = [20, 61]"])
def test_the_way_on_to_the_alternate_that_it_left_for_counts_under_way(tmp_path: Path, known: str) -> None:
    """As at the release: it is farther there than home, and its ground may be lower."""
    bench = Bench(tmp_path, lockers=LOCKERS + "far,Far,-8.03,41.01,1,1,1,true\n")
    fly(bench)
    guard = guard_of(bench)
    kind = measured(guard, known)
    found = anew(bench, guard, kind).energy
    assert found is not None
    trip = trip_at_dispatch(bench, guard, kind)
    assert trip.alternate is not None
    assert found.margin == pytest.approx(margin_of(trip), rel=1e-9)
    untold = anew(bench, evolve(guard, record=evolve(guard.record, needs=None)), kind).energy
    assert untold is not None
    assert untold.margin < found.margin


def measured(guard: Guard, known: str, mass_kg: str = "[9.0, 11.5]") -> SortieType:
    """The type with an airframe of its own that was measured within these ranges."""
    text = files("fleet.energy").joinpath("data/airframes/courier-x4.toml").read_text(encoding="utf-8")
    said = text.replace("[sources]\n", '[sources]\nvalidity = "said here"\n')
    ranges = f"\n[validity]\nmass_kg = {mass_kg}\ndensity_kg_m3 = [1.0, 1.3]\n{known}\n"
    return guard.sortie.model_copy(update={"energy_data": said + ranges})


def test_a_wind_that_may_turn_out_too_strong_is_a_reason_to_come_home(tmp_path: Path) -> None:
    """As it is one not to leave."""
    bench = Bench(tmp_path, fleet=ERRS.format(most=2.5))
    drone = fly(bench)
    assert codes(guard_of(bench)) == set()
    service = station(bench)
    bench.say(service, weather_report(weather_row(now(bench), 9.0, gust_mps=9.5)))
    bench.sample(drone, sample(bench, at=bench.now))
    assert "wind_too_uncertain" in codes(guard_of(bench))


@pytest.mark.parametrize("celsius", [-30.0, -45.0, -85.0])
def test_air_colder_than_any_model_is_for_is_a_reason_and_no_fault(tmp_path: Path, celsius: float) -> None:
    """A thermometer that is broken, or a night in which nothing flies: what the way home takes is still said."""
    bench = Bench(tmp_path, weather=NOTHING_LATELY)
    bench.say(station(bench), weather_report(weather_row(now(bench)), place=SITE))
    fly(bench)
    later = weather_row(now(bench), temperature_c=celsius)
    bench.say(bench.connect("hill", Role.WEATHER), weather_report(later, place=SITE, source="hill"))
    bench.run(95 * 60)
    bench.say(
        bench.connect("hill", Role.WEATHER),
        weather_report(weather_row(now(bench), temperature_c=celsius), place=SITE, source="hill"),
    )
    guard = guard_of(bench)
    assert {"too_cold", "battery_temperature_unknown"} <= codes(guard)
    assert guard.energy is not None
    assert guard.energy.full_wh == pytest.approx(799.2 * 0.6)
    assert guard.energy.out.watts.stay > 0
    assert "hub_fault" not in {found.code for found in bench.core.state.open_exceptions()}


def in_a_gale(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone far out in a wind that is faster than it flies."""
    bench = Bench(tmp_path)
    drone = fly(bench)
    bench.say(station(bench), weather_report(weather_row(now(bench), STORM_MPS), place=SITE))
    assert guard_of(bench).sortie.cruise_mps < STORM_MPS
    assert "wind_too_strong" in codes(guard_of(bench))
    return bench, drone


def test_who_comes_home_in_a_gale_is_held_against_its_battery(tmp_path: Path) -> None:
    """Nobody knows what that takes: it takes no less than without wind, and is no number that nothing is less than."""
    bench, drone = in_a_gale(tmp_path)
    returns = along(bench, 0.9).model_copy(update={"at": bench.now, "state": "returning", "step_id": None})
    bench.sample(drone, returns)
    guard = guard_of(bench)
    assert guard.doing == "returning"
    assert guard.out is not None
    assert guard.energy is not None
    progress = progress_of(guard, returns, bench.now)
    assert progress is not None
    assert 0.7 * guard.out.planned_wh < progress.left_wh < 1.3 * guard.out.planned_wh
    kept_wh = guard.energy.floor_wh + guard.energy.reserve_wh
    for spare_wh, short in ((2 * progress.left_wh, False), (0.5 * progress.left_wh, True)):
        here = returns.model_copy(update={"soc": (kept_wh + spare_wh) / guard.energy.full_wh})
        assert (energy(guard, here, bench.now) is not None) is short


def test_a_battery_that_is_short_in_a_gale_is_told(tmp_path: Path) -> None:
    """Turning round fails at once, and no fault of the hub keeps that back."""
    bench, drone = in_a_gale(tmp_path)
    guard = guard_of(bench)
    assert guard.energy is not None
    low = (guard.energy.floor_wh + guard.energy.reserve_wh + 1.0) / guard.energy.full_wh
    point = no_return_of(guard, along(bench, 0.3).model_copy(update={"soc": low}), bench.now)
    assert point is not None
    assert point.is_passed
    soc = 1.0
    for share in range(30):
        soc -= (1.0 - low) / 30
        here = along(bench, 0.1 + share / 100).model_copy(update={"at": bench.now, "soc": soc})
        bench.sample(drone, here)
        bench.run(5)
    found = {each.code for each in bench.core.state.open_exceptions()}
    assert "energy_short" in found
    assert "hub_fault" not in found


def test_over_its_drop_in_a_gale_it_is_told_that_it_cannot_come_home(tmp_path: Path) -> None:
    """Longer than planned, it would have to take its parcel home: a battery that is full does not help."""
    bench, _ = in_a_gale(tmp_path)
    guard = guard_of(bench)
    late = evolve(guard, dropping_s=guard.sortie.drop_s + HOLD_LOOK_S + 1)
    found = energy(late, along(bench, 1.0).model_copy(update={"step_id": guard.drop_id}), bench.now)
    assert found is not None
    assert found.advice is Action.LAND
    assert "the wind forbids the rest" in found.reasons[0].detail
