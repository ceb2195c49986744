"""From where on a sortie can't go home: by other formulas, kept with the mission, moved when things change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.cli.explanation import explanation_text
from fleet.console.ledger import Ledger, record
from fleet.console.views.explain import explain
from fleet.console.views.missions import mission_row
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.noreturn import is_news, no_return_of
from fleet.domain import events as ev
from fleet.domain.evolve import evolve
from fleet.domain.noreturn import NoReturn
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Role
from fleet.protocol.values import Place
from tests.support.bench import DAY, LOCKERS, WEATHER, Bench
from tests.support.wayphysics import Spot, over_ground, way_wh
from tests.support.weather import weather_report, weather_row
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample
from tests.unit.dispatch.test_where_to import WINDS, options, spots
from tests.unit.dispatch.test_zone_changes import along

NEAR = (-8.0045, 41.0062)


def noted(bench: Bench) -> list[NoReturn]:
    """What is stored."""
    return [s.event.no_return for s in bench.store.events() if isinstance(s.event, ev.NoReturnMoved)]


def test_at_release_home_is_in_reach_all_the_way_and_what_is_to_spare_is_told(tmp_path: Path) -> None:
    """Full, it may hover at its drop until the rest of the way home takes all above the reserve; by hand."""
    bench, drone = on_its_way(Bench(tmp_path))
    bench.sample(drone, along(bench, 0.0))
    (found, *_), guard = noted(bench), guard_of(bench)
    assert guard.energy is not None
    budget = guard.energy
    spare_wh = budget.above_reserve_wh(1.0) - budget.planned_wh * (1 + budget.margin)
    assert (found.place, found.is_passed, found.elsewhere) == (None, False, ())
    assert found.spare_wh == pytest.approx(spare_wh, abs=0.1)
    hover_w = budget.out.watts.stay * (1 + budget.margin)
    assert found.hover_s == pytest.approx(spare_wh * 3600 / hover_w, abs=1)
    assert bench.core.state.missions[guard.mission_id].no_return == noted(bench)[-1]


@pytest.fixture(params=list(WINDS.values()), ids=list(WINDS))
def windy(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Bench, Guard, tuple[float, float]]:
    """On a day with this wind, past a locker's port; how it had gone before does not count."""
    wind = request.param
    rows = WEATHER.replace(",2,3,270,", f",{wind[0]:g},{wind[0] + 1:g},{wind[1]:g},")
    lockers = f"{LOCKERS}L1,Locker,{NEAR[0]},{NEAR[1]},1,1,1,1\n"
    bench, _ = on_its_way(Bench(tmp_path, weather=rows, lockers=lockers))
    return bench, evolve(guard_of(bench), start_soc=None), wind


def turning(guard: Guard, share: float, wind: Any) -> tuple[float, float, Spot]:
    """What it takes along the cruise out to so far, and from there home with the parcel; where that is."""
    frame, speed = vehicle_of(guard.sortie), guard.sortie.cruise_mps
    out = spots(guard.out.path)  # type: ignore[union-attr]
    there: Spot = tuple(a + share * (b - a) for a, b in zip(out[1], out[2], strict=True))  # type: ignore[assignment]
    on = way_wh(frame, [*out[:2], there], 0.8, wind, speed, 15.0, lands=False, from_ground=True)
    return on, way_wh(frame, [there, *reversed(out[:2])], 0.8, wind, speed, 15.0), there


def test_it_is_where_turning_round_takes_all_that_is_left(
    windy: tuple[Bench, Guard, tuple[float, float]],
) -> None:
    """With too little to go on: searched for by halving, by other formulas; and which places are left from there."""
    bench, guard, wind = windy
    assert guard.energy is not None
    assert guard.out is not None
    budget, raised = guard.energy, 1 + guard.energy.margin
    for share in (0.25, 0.5, 0.75):
        on, home, _ = turning(guard, share, wind)
        soc = (((on + home) * raised) + budget.reserve_wh + budget.floor_wh) / budget.full_wh
        start = sample(bench, soc=soc, alt_amsl_m=0.0)
        found = no_return_of(guard, start, DAY)
        assert found is not None
        ways = list(options(guard, spots(guard.out.path)[0], spots(guard.out.path)[1:], [], wind))
        goes_on = ways[0].wh * raised <= budget.above_reserve_wh(soc)
        assert (found.place is None) is goes_on
        if found.place is None:
            continue
        expected = turning(guard, share, wind)[2]
        away_m = over_ground((found.place.lon, found.place.lat, 0.0), (expected[0], expected[1], 0.0))[0]
        assert away_m < 12
        assert (found.step_id, found.is_passed) == ("out", False)
        assert found.spare_wh is not None
        assert found.spare_wh < 0
        first = guard.out.track.along_m[1]
        assert found.along_m == pytest.approx(first + share * (guard.out.track.along_m[2] - first), abs=12)
        # What is left there goes for the port, if anything does.
        there = options(guard, expected, [], [], wind)
        port = next(way for way in there if way.place_id == "L1")
        left_wh = budget.above_reserve_wh(soc) - on * raised
        if abs(port.wh * raised - left_wh) > 0.6:
            assert found.elsewhere == (("L1",) if port.wh * raised <= left_wh else ())


def test_behind_its_drop_home_fails_from_where_it_is(windy: tuple[Bench, Guard, tuple[float, float]]) -> None:
    """It goes by the way back; short, what is left is elsewhere or nowhere. There is no more waiting at the drop."""
    bench, guard, wind = windy
    assert guard.back is not None
    assert guard.energy is not None
    high = guard.back.path[1]
    here: dict[str, Any] = {
        "lon": high.lon,
        "lat": high.lat,
        "alt_amsl_m": high.alt_amsl_m,
        "step_id": "back",
    }
    rest = way_wh(
        vehicle_of(guard.sortie), spots(guard.back.path[1:]), 0.0, wind, guard.sortie.cruise_mps, 15.0
    )
    needs_wh = rest * (1 + guard.energy.margin) + guard.energy.reserve_wh + guard.energy.floor_wh
    for more_wh, is_fine in ((1.0, True), (-1.0, False)):
        found = no_return_of(
            guard, sample(bench, soc=(needs_wh + more_wh) / guard.energy.full_wh, **here), DAY
        )
        assert found is not None
        assert found.hover_s is None
        assert found.spare_wh == pytest.approx(more_wh, abs=0.5)
        where = None if is_fine else Place(lon=high.lon, lat=high.lat)
        assert (found.place, found.is_passed) == (where, not is_fine)


def test_what_is_not_known_has_none(tmp_path: Path) -> None:
    """Neither a charge, nor one that is on another way: it was told where to go."""
    bench, _ = on_its_way(Bench(tmp_path))
    guard = guard_of(bench)
    assert no_return_of(guard, sample(bench, soc=None), DAY) is None
    assert no_return_of(evolve(guard, energy=None), sample(bench), DAY) is None
    assert no_return_of(evolve(guard, doing="returning"), sample(bench, state="returning"), DAY) is None
    assert no_return_of(guard, None, DAY) is not None, "it has not left, and reported its charge"


def test_a_wind_that_rises_moves_it_and_the_console_and_the_command_show_it(tmp_path: Path) -> None:
    """Just enough as planned; a station reports a wind against the way home: home fails from somewhere on, and at once
    it is told to turn round."""
    bench, drone = on_its_way(Bench(tmp_path))
    guard = guard_of(bench)
    assert guard.energy is not None
    budget = guard.energy
    soc = (budget.planned_wh * (1 + budget.margin) + budget.reserve_wh + budget.floor_wh + 4) / budget.full_wh
    monitor = bench.core._monitor
    monitor._guards[guard.asset_id] = evolve(guard, start_soc=soc)
    here = along(bench, 0.05).model_copy(update={"soc": soc - 0.01, "at": bench.now})
    bench.sample(drone, here)
    assert noted(bench)[-1].place is None
    row = weather_row(bench.now, 9.0).model_copy(update={"wind_from_deg": 135.0})
    bench.say(bench.connect("harbour", Role.WEATHER), weather_report(row))
    bench.sample(drone, here.model_copy(update={"at": bench.now}))
    last = noted(bench)[-1]
    assert last.place is not None
    assert last.step_id == "out"
    ledger = Ledger()
    for stored in bench.store.events():
        ledger = record(ledger, stored.event)
    shown = mission_row(ledger, guard.mission_id)["no_return"]
    assert shown["place"] == [last.place.lon, last.place.lat]
    assert shown["spare_wh"] == last.spare_wh
    text = explanation_text(explain(ledger, "P-1"))
    assert f"point of no return: {last.place.lon:.5f},{last.place.lat:.5f}" in text
    assert "then no other place either" in text


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        ({}, False),
        ({"spare_wh": 35.0}, False),
        ({"spare_wh": 60.0}, True),
        ({"spare_wh": None}, True),
        ({"place": Place(lon=-8.0, lat=41.0)}, True),
    ],
)
def test_only_what_differs_is_told(changes: dict[str, Any], news: bool) -> None:
    """By more than a fiftieth of the battery, or in kind."""
    before = NoReturn(spare_wh=30.0, hover_s=60.0)
    assert is_news(before, before.model_copy(update=changes), 800.0) is news
    assert is_news(None, before, 800.0)


@pytest.mark.parametrize(
    ("changes", "news"),
    [
        ({"spare_wh": -90.0}, False),
        ({"place": Place(lon=-8.0, lat=41.0005)}, False),
        ({"place": Place(lon=-8.0, lat=41.0015)}, True),
        ({"elsewhere": ("L2", "L1")}, False),
        ({"elsewhere": ("L1",)}, True),
        ({"is_passed": True}, True),
        ({"place": None}, True),
    ],
)
def test_of_a_point_that_is_there_where_it_is_counts(changes: dict[str, Any], news: bool) -> None:
    """A hundred metres, which places are left, and that it lies behind."""
    before = NoReturn(place=Place(lon=-8.0, lat=41.0), step_id="out", elsewhere=("L1", "L2"), spare_wh=-5.0)
    assert is_news(before, before.model_copy(update=changes), 800.0) is news
