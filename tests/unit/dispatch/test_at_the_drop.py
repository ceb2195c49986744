"""Over its drop a drone hovers: what that takes is watched, and a drop that takes too long ends in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.battery import HOLD_LOOK_S
from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.gauges import Gauges
from fleet.dispatch.monitor.guard import Guard
from fleet.domain.evolve import evolve
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Action, Command, StepReport, Telemetry
from tests.support.bench import DAY, WEATHER, Bench, Peer
from tests.support.wayphysics import Spot, way_wh
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample

PARCEL_KG = 0.8
WINDS = {"calm": (0.0, 0.0), "out against it": (7.0, 315.0), "home against it": (7.0, 135.0)}
"""The way out leads to the north-west."""


def windy(folder: Path, wind: tuple[float, float]) -> Bench:
    """A day with this wind."""
    return Bench(folder, weather=WEATHER.replace(",2,3,270,", f",{wind[0]:g},{wind[0] + 1:g},{wind[1]:g},"))


def hangs(bench: Bench, drone: Peer) -> Telemetry:
    """It has come to its drop."""
    mission_id = guard_of(bench).mission_id
    for step_id, state in (("out", "done"), ("drop", "started")):
        report: dict[str, Any] = {"step_id": step_id, "state": state}
        bench.say(drone, StepReport(mission_id=mission_id, at=bench.now, **report))
    way = guard_of(bench).out
    assert way is not None
    end = way.path[-1]
    return sample(
        bench, lon=end.lon, lat=end.lat, alt_amsl_m=end.alt_amsl_m, step_id="drop", state="dropping"
    )


def spots(guard: Guard) -> list[Spot]:
    """The way home from the drop, up and down with it."""
    assert guard.back is not None
    return [(p.lon, p.lat, p.alt_amsl_m) for p in guard.back.path]


def home_wh(guard: Guard, wind: tuple[float, float], payload_kg: float) -> float:
    """By other formulas than the fleet's."""
    frame, speed = vehicle_of(guard.sortie), guard.sortie.cruise_mps
    return way_wh(frame, spots(guard), payload_kg, wind, speed, 15.0)


def hover_w(guard: Guard) -> float:
    """With the parcel: a hover stands for take-off's coefficients."""
    spot = spots(guard)[0]
    up: list[Spot] = [spot, (spot[0], spot[1], spot[2] + 4.0)]
    frame, high_m = vehicle_of(guard.sortie), max(s[2] for s in spots(guard))
    second_s = 4.0 / frame.climb_mps  # type: ignore[union-attr]
    # In the air at the height of its ways, as all of a flight is counted: the thinnest.
    high: list[Spot] = [(s[0], s[1], s[2] + high_m - 4.0) for s in up]
    return 3600 * way_wh(frame, high, PARCEL_KG, (0.0, 0.0), 16.0, 15.0, lands=False) / second_s


@pytest.fixture(params=list(WINDS.values()), ids=list(WINDS))
def hanging(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Guard, Telemetry, Any]:
    bench, drone = on_its_way(windy(tmp_path, request.param))
    here = hangs(bench, drone)
    return evolve(guard_of(bench), start_soc=None), here, request.param


def soc_for(guard: Guard, wh: float) -> float:
    """The charge at which so much may be drawn above the reserve."""
    budget = guard.energy
    assert budget is not None
    return (wh + budget.reserve_wh + budget.floor_wh) / budget.full_wh


def test_as_long_as_planned_it_must_last_for_the_rest_of_the_drop_and_home(
    hanging: tuple[Guard, Telemetry, Any],
) -> None:
    """Empty, as it goes home then; at least for the ten seconds until something can be done."""
    guard, here, wind = hanging
    assert guard.energy is not None
    for since_s, stays_s in (
        (0.0, guard.sortie.drop_s),
        (12.0, guard.sortie.drop_s - 12.0),
        (35.0, HOLD_LOOK_S),
    ):
        at = evolve(guard, dropping_s=since_s)
        needs = (home_wh(guard, wind, 0.0) + hover_w(guard) * stays_s / 3600) * (1 + guard.energy.margin)
        for more_wh, is_short in ((1.5, False), (-1.5, True)):
            found = energy(at, here.model_copy(update={"soc": soc_for(guard, needs + more_wh)}), DAY)
            assert (found is not None) is is_short, (since_s, more_wh)


def test_longer_than_planned_it_must_last_for_going_home_with_the_parcel(
    hanging: tuple[Guard, Telemetry, Any],
) -> None:
    """It may be told to, and takes ten seconds to do it."""
    guard, here, wind = hanging
    assert guard.energy is not None
    late = evolve(guard, dropping_s=guard.sortie.drop_s + HOLD_LOOK_S + 1)
    stays_wh = hover_w(guard) * HOLD_LOOK_S / 3600
    needs = (home_wh(guard, wind, PARCEL_KG) + stays_wh) * (1 + guard.energy.margin)
    assert energy(late, here.model_copy(update={"soc": soc_for(guard, needs + 1.5)}), DAY) is None
    found = energy(late, here.model_copy(update={"soc": soc_for(guard, needs - 1.5)}), DAY)
    assert found is not None
    assert (found.code, found.advice) == ("energy_short", Action.RETURN)


def told(drone: Peer) -> list[Action]:
    return [c.action for c in drone.of(Command) if isinstance(c, Command)]


@pytest.mark.parametrize("wind", WINDS.values(), ids=list(WINDS))
def test_a_drop_that_never_ends_leaves_enough_to_come_home_with_the_reserve(
    tmp_path: Path, wind: tuple[float, float]
) -> None:
    """Nobody comes. It hovers, by its gauge; once it is told it hesitates for as long as is allowed for, then flies
    home with all on board, and takes as much more than the model says as the margin holds."""
    bench, drone = on_its_way(windy(tmp_path, wind))
    here, guard = hangs(bench, drone), guard_of(bench)
    bench.core._monitor._guards[guard.asset_id] = evolve(
        guard, start_soc=None
    )  # how it came there does not matter
    budget = guard.energy
    assert budget is not None
    takes_more = 1 + budget.margin
    w, soc, seconds = hover_w(guard) * takes_more, 0.72, 0
    while not told(drone):
        here = here.model_copy(update={"soc": round(soc, 5), "at": bench.now})
        bench.sample(drone, here)
        bench.run(0.99)
        soc, seconds = soc - w / 3600 / budget.full_wh, seconds + 1
        assert seconds < 1200
    assert told(drone) == [Action.RETURN]
    assert seconds > guard.sortie.drop_s + HOLD_LOOK_S, "it was let drop as long as was planned"
    left_wh = soc * budget.full_wh - w * (HOLD_LOOK_S - 1) / 3600
    left_wh -= home_wh(guard, wind, PARCEL_KG) * takes_more
    assert -1.5 < left_wh - budget.floor_wh - budget.reserve_wh < 6.0


@pytest.mark.parametrize("state", ["dropping", "unloading", "holding"])
def test_a_frozen_gauge_is_noticed_over_the_drop(tmp_path: Path, state: str) -> None:
    """Whatever it calls what it does there: the model counts on, and calls it home."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = hangs(bench, drone)
    suspect_s = None
    for seconds in range(0, 3600, 2):
        bench.sample(drone, here.model_copy(update={"soc": 0.8, "at": bench.now, "state": state}))
        bench.run(1.99)
        codes = [r.code for e in bench.core.state.open_exceptions() for r in e.reasons]
        if suspect_s is None and "soc_frozen" in codes:
            suspect_s = seconds
        if told(drone):
            break
    budget = guard_of(bench).energy
    assert budget is not None
    assert suspect_s is not None
    assert suspect_s == pytest.approx(0.03 * budget.full_wh * 3600 / hover_w(guard_of(bench)), abs=4)
    assert told(drone) == [Action.RETURN]


def test_what_stands_at_a_locker_may_rest(tmp_path: Path) -> None:
    """Landed there it draws nothing, and its gauge stands still."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = hangs(bench, drone)
    for _ in range(200):
        bench.sample(drone, here.model_copy(update={"soc": 0.8, "at": bench.now, "state": "landed"}))
        bench.run(1.99)
    assert not [e for e in bench.core.state.open_exceptions() if e.code == "battery_suspect"]


@pytest.mark.parametrize("wind", WINDS.values(), ids=list(WINDS))
def test_behind_a_silent_gauge_counts_what_each_part_of_the_flight_takes(
    tmp_path: Path, wind: tuple[float, float]
) -> None:
    """Up, along with the parcel, over the drop, and back without it: by other formulas; not the mean of the trip."""
    bench, _ = on_its_way(windy(tmp_path, wind))
    guard = guard_of(bench)
    assert guard.out is not None
    assert guard.back is not None
    out, back = guard.out.path, guard.back.path
    frame, speed = vehicle_of(guard.sortie), guard.sortie.cruise_mps

    def takes(leg: list[Spot], seconds: float, payload_kg: float) -> float:
        return (
            3600 * way_wh(frame, leg, payload_kg, wind, speed, 15.0, lands=False, from_ground=True) / seconds
        )

    high_m = out[1].alt_amsl_m
    over: Spot = (out[0].lon, out[0].lat, high_m)
    cruise: list[Spot] = [over, (out[2].lon, out[2].lat, high_m)]
    cruise_s = (out[2].at - out[1].at).total_seconds()  # type: ignore[operator]
    climb_s = high_m / frame.climb_mps  # type: ignore[union-attr]
    spoken = {
        "up": (sample(bench, alt_amsl_m=high_m / 2), takes([(*over[:2], 0.0), over], climb_s, PARCEL_KG)),
        "out": (between(bench, out[1], out[2], "out"), takes(cruise, cruise_s, PARCEL_KG)),
        "over the drop": (between(bench, back[0], back[0], "drop"), hover_w(guard)),
        "back": (between(bench, back[1], back[2], "back"), takes(cruise, cruise_s, 0.0)),
    }
    for part, (here, watts) in spoken.items():
        drawn_w = drawn(guard, here)
        assert drawn_w == pytest.approx(watts, rel=0.003), part
        assert (part in ("up", "over the drop")) <= (drawn_w > 1.02 * mean_w(guard)), part


def between(bench: Bench, a: Any, b: Any, step_id: str) -> Telemetry:
    """Halfway between two points of a way."""
    at = {name: (getattr(a, name) + getattr(b, name)) / 2 for name in ("lon", "lat", "alt_amsl_m")}
    return sample(bench, step_id=step_id, **at)


def drawn(guard: Guard, here: Telemetry) -> float:
    """The power in W by which a silent gauge is counted down, before its margin."""
    gauges, shown = Gauges(), []
    for seconds in (0, 60):
        seen, _ = gauges.check(guard, here.model_copy(update={"soc": None}), DAY + timedelta(seconds=seconds))
        assert seen.soc is not None
        shown.append(seen.soc)
    assert guard.energy is not None
    return (shown[0] - shown[1]) * guard.energy.full_wh * 60 / (1 + guard.energy.margin)


def mean_w(guard: Guard) -> float:
    """Of the whole trip as planned."""
    assert guard.energy is not None
    assert guard.out is not None
    assert guard.back is not None
    begins, ends = guard.out.path[0].at, guard.back.path[-1].at
    assert begins is not None
    assert ends is not None
    return guard.energy.planned_wh * 3600 / (ends - begins).total_seconds()
