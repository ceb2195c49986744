"""A fleet that a front meets on its way: whoever could still be saved by the rule comes down with its reserve."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard
from fleet.domain.evolve import evolve
from fleet.energy.airframe import Airframe
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Action
from tests.support.bench import DAY, WEATHER, Bench
from tests.support.flying import Air, Moment, fly
from tests.support.wayphysics import Spot
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample
from tests.unit.dispatch.test_where_to import PARCEL_KG, hover_wh, options, spots, with_places

FRONTS = {"home against it": (9.5, 135.0), "across": (9.0, 30.0), "out against it": (8.5, 315.0)}
OBEYS_S = 3.0
"""So long after a sample that shows it, a drone does something else."""


@pytest.fixture(params=list(FRONTS.values()), ids=list(FRONTS))
def front(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Bench, Guard, tuple[float, float]]:
    """Out in the wind of a front that is known; how it had gone before does not count."""
    wind = request.param
    rows = WEATHER.replace(",2,3,270,", f",{wind[0]:g},{wind[0] + 1:g},{wind[1]:g},")
    bench, _ = on_its_way(Bench(tmp_path, weather=rows))
    return bench, evolve(guard_of(bench), start_soc=None), wind


def test_who_could_be_saved_is(front: tuple[Bench, Guard, tuple[float, float]]) -> None:
    """Each of two hundred is met somewhere on its way out, with some charge, and takes up to its margin more than the
    model says. It is flown on, sample by sample, and does what it is told. Where any way left the reserve by the rule
    when the front came, it comes down with its reserve: home, elsewhere or at the end of its trip."""
    bench, plain, wind = front
    rng, saved, told = random.Random(f"front {wind}"), 0, set[Action | None]()
    frame = vehicle_of(plain.sortie)
    assert isinstance(frame, Airframe)
    for _ in range(200):
        guard = with_places(plain, rng)
        assert guard.energy is not None
        assert guard.out is not None
        budget, out = guard.energy, spots(guard.out.path)
        share, a, b = rng.random(), out[1], out[2]
        here: Spot = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2])
        air = Air(wind, takes=rng.uniform(0.95, 1.0) * (1 + budget.margin))
        soc = rng.uniform(0.32, 0.5)
        ways = list(options(guard, here, out[2:], out[:2], wind))
        safe = min(way.wh for way in ways) * (1 + budget.margin) + 0.6 <= budget.above_reserve_wh(soc)
        left_wh, action = flown(bench, guard, here, soc, air, frame)
        if safe:
            saved += 1
            told.add(action)
            assert left_wh >= -0.6 - budget.out.watts.along * OBEYS_S / 3600, (action, share, soc)
    assert saved > 50
    assert {None, Action.RETURN, Action.DIVERT} <= told


def flown(
    bench: Bench, guard: Guard, here: Spot, soc: float, air: Air, frame: Airframe
) -> tuple[float, Action | None]:
    """What is left above the reserve when it is down, and what it was told last."""
    budget = guard.energy
    assert budget is not None
    used, action, since = 0.0, None, here
    for step_id, moment in trip(guard, here, air, frame):
        used, since = moment.used_wh, moment.spot
        at = dict(zip(("lon", "lat", "alt_amsl_m"), moment.spot, strict=True))
        shown = max(0.0, soc - used / budget.full_wh)
        found = energy(guard, sample(bench, soc=shown, step_id=step_id, **at), DAY)
        if found is not None and found.advice is not None:
            action = found.advice
            used += instead(guard, step_id, since, air, frame, action, found.place_id)
            break
    return budget.above_reserve_wh(soc - used / budget.full_wh), action


def trip(guard: Guard, here: Spot, air: Air, frame: Airframe) -> Iterator[tuple[str, Moment]]:
    """On to the drop, a hover there, and home; a moment every few seconds."""
    assert guard.out is not None
    assert guard.back is not None
    speed, used = guard.sortie.cruise_mps, 0.0
    yield "out", Moment(0.0, here, 0.0)
    for moment in fly(frame, [here, *spots(guard.out.path)[2:]], PARCEL_KG, air, speed, OBEYS_S):
        used = moment.used_wh
        yield "out", moment
    used += hover_wh(guard, spots(guard.out.path)[1][2]) * air.takes
    for moment in fly(frame, spots(guard.back.path), 0.0, air, speed, OBEYS_S):
        yield "back", Moment(moment.seconds, moment.spot, used + moment.used_wh)


def instead(
    guard: Guard, step_id: str, here: Spot, air: Air, frame: Airframe, action: Action, place_id: str | None
) -> float:
    """What it takes to do what it is told."""
    assert guard.out is not None
    out, high_m = spots(guard.out.path), spots(guard.out.path)[1][2]
    over: Spot = (here[0], here[1], high_m)
    if action is Action.RETURN:
        way = [here, over, out[1], out[0]]
    elif action is Action.DIVERT:
        to = next(one.place for one in guard.refuges if one.place_id == place_id)
        way = [here, over, (to.lon, to.lat, high_m), (to.lon, to.lat, 0.0)]
    else:
        way = [here, (here[0], here[1], 0.0)]
    load_kg = PARCEL_KG if step_id == "out" else 0.0
    *_, last = fly(frame, way, load_kg, air, guard.sortie.cruise_mps, OBEYS_S)
    return last.used_wh
