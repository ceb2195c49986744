"""What a sortie that was drafted or sent counts for in its asset's charge, for who plans around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.planning import snapshot
from fleet.domain.fleet import Assumptions
from fleet.domain.plan import SortiePlan
from fleet.energy.battery import TemperatureCurve
from fleet.feasibility.committed import drawn_and_needed
from fleet.feasibility.vehicles import battery_of
from fleet.protocol.messages import Role
from fleet.weather.series import WeatherSeries
from tests.support.bench import LOCKERS, ORDERS, Bench
from tests.support.script import DRONE, desk_after, ready, sent
from tests.unit.feasibility.world import DRONE as KIND
from tests.unit.feasibility.world import NOON, context, weather

FAR_PORT = LOCKERS + "L1,Port,-8.01,41.06,4,2,1,true\n"
"""More than 5 km from the drop, which is 1.4 km from home: it takes more to end there than to come home."""
LATER = ORDERS.replace("2026-11-24T08:00:00", "2026-11-24T10:30:00")


def counted(bench: Bench) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the planner is told of the drone's missions."""
    (slot,) = [one for one in snapshot(desk_after(bench), "any", ()).assets if one.asset_id == DRONE]
    return slot.takes, slot.needs


def planned(bench: Bench) -> SortiePlan:
    (made,) = [s.event for s in bench.store.events() if getattr(s.event, "type", "") == "plan_committed"]
    (sortie,) = made.plan.sorties  # type: ignore[attr-defined]
    assert isinstance(sortie, SortiePlan)
    return sortie


@pytest.mark.parametrize(("released", "killed"), [(False, False), (False, True), (True, True)])
def test_a_committed_sortie_counts_with_its_alternate_as_its_own_check_did(
    tmp_path: Path, released: bool, killed: bool
) -> None:
    """By its plan's own sum: what is neither reserve nor to spare is drawn, and in the battery with the reserve. A hub
    that was killed still knows."""
    bench = Bench(tmp_path, lockers=FAR_PORT, orders=ORDERS if released else LATER)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), ready(bench)
    bench.submit(operator)
    bench.run(60)
    if released:
        sent(bench, drone)
    if killed:
        bench.restart()
        bench.connect(DRONE)
    sortie = planned(bench)
    assert sortie.alternate_id == "L1"
    full_wh = sortie.usable_wh / 0.9
    drawn = (sortie.usable_wh - sortie.reserve_wh - sortie.margin_wh) / full_wh
    assert drawn * full_wh > 1.3 * sortie.energy_wh
    (takes,), (needs,) = counted(bench)
    assert takes == pytest.approx(drawn, rel=0.01)
    assert needs == pytest.approx(0.1 + drawn + sortie.reserve_wh / full_wh, rel=0.01)


@pytest.mark.parametrize("assumed_c", [15.0, -5.0])
def test_where_the_weather_is_not_known_a_pack_counts_as_cold_as_its_type_goes_out(assumed_c: float) -> None:
    """Whatever temperature the fleet file would assume, which it does not say that it does."""
    energy, times = (300.0, 140.0), (NOON, NOON + timedelta(minutes=20))
    nobody_knows = context(weather=None, assumptions=Assumptions(assumed_temperature_c=assumed_c))
    found = drawn_and_needed(nobody_knows, KIND, energy, times)
    coldest = drawn_and_needed(context(weather=weather(temperature_c=-5.0)), KIND, energy, times)
    assert all(one >= other for one, other in zip(found, coldest, strict=True))


def test_a_pack_that_gives_less_in_warmth_counts_as_warm_as_it_gets() -> None:
    """As in the sortie's own check: only the coldest counted."""
    rows = weather(temperature_c=0.0).rows
    warm = tuple(
        replace(row, conditions=replace(row.conditions, temperature_c=40.0 if row.time >= NOON else 0.0))
        for row in rows
    )
    curve = TemperatureCurve(points=((-20.0, 0.9), (0.0, 1.0), (40.0, 0.5)), source="a test")
    energy, times = (300.0, 140.0), (NOON - timedelta(minutes=20), NOON + timedelta(minutes=20))
    with pytest.MonkeyPatch.context() as patch:
        pack = replace(battery_of(KIND, 1.0), curve=curve)
        patch.setattr("fleet.feasibility.committed.battery_of", lambda *_: pack)
        found = drawn_and_needed(context(weather=WeatherSeries(warm)), KIND, energy, times)
        hot = drawn_and_needed(context(weather=weather(temperature_c=40.0)), KIND, energy, times)
    assert found == hot
