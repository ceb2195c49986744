"""Where a drone goes whose battery is short: against every way it could go, worked out by other formulas; and flown."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard, Refuge
from fleet.domain.evolve import evolve
from fleet.energy.airframe import Airframe
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Action
from fleet.protocol.mission import Alternate
from fleet.protocol.values import Place
from tests.support.bench import DAY, WEATHER, Bench
from tests.support.wayphysics import Spot, way_wh
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample

PARCEL_KG = 0.8
WINDS = {
    "calm": (0.0, 0.0),
    "against the way out": (9.0, 315.0),
    "against the way home": (9.0, 135.0),
    "across": (9.0, 225.0),
}
"""The way out leads to the north-west."""


class Way(NamedTuple):
    """What could be told, where to, and what that takes as the model has it, in Wh."""

    action: Action | None
    place_id: str | None
    wh: float


@pytest.fixture(params=list(WINDS.values()), ids=list(WINDS))
def windy(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Bench, Guard, tuple[float, float]]:
    """A drone that has set out on a day with this wind; how it had gone before does not count."""
    wind = request.param
    rows = WEATHER.replace(",2,3,270,", f",{wind[0]:g},{wind[0] + 1:g},{wind[1]:g},")
    bench, _ = on_its_way(Bench(tmp_path, weather=rows))
    return bench, evolve(guard_of(bench), start_soc=None), wind


def with_places(guard: Guard, rng: random.Random) -> Guard:
    """With up to four places around where it could come down."""
    found = [
        (f"L{n}", Place(lon=-8.005 + rng.uniform(-0.012, 0.012), lat=41.005 + rng.uniform(-0.009, 0.009)))
        for n in range(rng.randrange(5))
    ]
    refuges = tuple(
        Refuge(place_id, place, *guard.plane.xy(place.lon, place.lat)) for place_id, place in found
    )
    kept = tuple(Alternate(place_id=place_id, place=place, kind="site") for place_id, place in found)
    mission = guard.record.mission.model_copy(update={"alternates": kept})
    return evolve(guard, refuges=refuges, record=evolve(guard.record, mission=mission))


def spots(path: Any) -> list[Spot]:
    return [(p.lon, p.lat, p.alt_amsl_m) for p in path]


def on_the_way(path: list[Spot], rng: random.Random) -> tuple[int, Spot]:
    """A place somewhere on a path, mostly in the cruise, and after which point."""
    index = rng.choice([*range(len(path) - 1), 1, 1, 1])
    share = rng.random()
    a, b = path[index], path[index + 1]
    return index, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))


def options(guard: Guard, here: Spot, left: list[Spot], flown: list[Spot] | None, wind: Any) -> Iterator[Way]:
    """Every way: on to the end as planned, home the way it came (before the drop), straight to each other place."""
    frame, speed = vehicle_of(guard.sortie), guard.sortie.cruise_mps
    high_m = max(p.alt_amsl_m for p in guard.out.path)  # type: ignore[union-attr]

    def takes(way: list[Spot], payload_kg: float, *, lands: bool = True) -> float:
        # All of a flight is counted in the thinnest air that it comes through.
        return way_wh(frame, way, payload_kg, wind, speed, 15.0, lands=lands) if len(way) > 1 else 0.0

    load_kg = PARCEL_KG if flown is not None else 0.0
    if flown is None:
        yield Way(None, None, takes([here, *left], 0.0))
    else:
        back = spots(guard.back.path)  # type: ignore[union-attr]
        on = takes([here, *left], load_kg, lands=False) + hover_wh(guard, high_m) + takes(back, 0.0)
        yield Way(None, None, on)
        yield Way(Action.RETURN, None, takes([here, *reversed(flown)], load_kg))
    for refuge in guard.refuges:
        to = (refuge.place.lon, refuge.place.lat)
        way = [here, (here[0], here[1], high_m), (*to, high_m), (*to, 0.0)]
        yield Way(Action.DIVERT, refuge.place_id, takes(way, load_kg))


def hover_wh(guard: Guard, high_m: float) -> float:
    """Of its drop as planned: the coefficients of a climb stand for it."""
    frame = vehicle_of(guard.sortie)
    assert isinstance(frame, Airframe)
    rise_m = frame.climb_mps * guard.sortie.drop_s
    up: list[Spot] = [(-8.0, 41.0, high_m - rise_m), (-8.0, 41.0, high_m)]
    return way_wh(frame, up, PARCEL_KG, (0.0, 0.0), 16.0, 15.0, lands=False)


def best(ways: list[Way], left_wh: float, reserve_wh: float, raised: float) -> Way:
    """By trying each: on, home, the least of the others that leave the reserve; the least of all that leave the floor;
    down."""
    whole = [way for way in ways if way.wh * raised <= left_wh]
    for action in (None, Action.RETURN):
        for way in whole:
            if way.action is action:
                return way
    for able in (whole, [way for way in ways if way.wh * raised <= left_wh + reserve_wh]):
        if able:
            return min(able, key=lambda way: way.wh)
    return Way(Action.LAND, None, 0.0)


def near_a_limit(ways: list[Way], left_wh: float, reserve_wh: float, raised: float) -> bool:
    """Where two ways differ by less than the spheres of both formulas do, either may be told."""
    needs = [way.wh * raised for way in ways]
    close_wh = 0.6
    return any(
        abs(one - limit) < close_wh for one in needs for limit in (left_wh, left_wh + reserve_wh)
    ) or any(abs(a - b) < close_wh for a, b in pairwise(sorted(needs)))


def test_it_goes_where_trying_each_way_says(windy: tuple[Bench, Guard, tuple[float, float]]) -> None:
    """Hundreds of places, charges and sets of alternates; before the drop and after it."""
    bench, plain, wind = windy
    rng = random.Random(f"{wind}")
    told: dict[Action | None, int] = {}
    for _ in range(400):
        guard = with_places(plain, rng)
        assert guard.energy is not None
        assert guard.out is not None
        assert guard.back is not None
        budget, outward = guard.energy, rng.random() < 0.6
        path = spots((guard.out if outward else guard.back).path)
        index, here = on_the_way(path, rng)
        ways = list(options(guard, here, path[index + 1 :], path[: index + 1] if outward else None, wind))
        soc = rng.uniform(0.1, 0.5)
        left_wh, raised = budget.above_reserve_wh(soc), 1 + budget.margin
        if near_a_limit(ways, left_wh, budget.reserve_wh, raised):
            continue
        at = dict(zip(("lon", "lat", "alt_amsl_m"), here, strict=True))
        seen = sample(bench, soc=soc, step_id="out" if outward else "back", **at)
        found = energy(guard, seen, DAY)
        expected = best(ways, left_wh, budget.reserve_wh, raised)
        is_fine = expected.action is None and expected.wh * raised <= left_wh
        assert (found is None) is is_fine
        if found is not None:
            assert (found.advice, found.place_id) == (expected.action, expected.place_id)
            told[found.advice] = told.get(found.advice, 0) + 1
    assert {Action.RETURN, Action.DIVERT, Action.LAND} <= told.keys(), "every answer came up"
