"""A diversion is within what the battery carries and free down to the ground where it ends, foretold and made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.around import way_around
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.zonechecks import zone_ahead
from fleet.domain.evolve import evolve
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.messages import Action, StepReport, Telemetry
from geofences import Interval, Terrain
from geofences.model.altitude import ANYTHING, Box
from tests.support.bench import LOCKERS, Bench, Peer
from tests.support.wayphysics import way_wh
from tests.unit.dispatch.test_monitor import block, guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import AT_HOME, along, change, guard_time, preview

NEAR = (-8.012, 41.003)
"""600 m from the drone's place, halfway out."""


def gives_up(folder: Path) -> tuple[Bench, Peer, Telemetry]:
    """A drone that returns halfway out, and a locker with a port nearby."""
    lockers = f"{LOCKERS}L1,Locker,{NEAR[0]},{NEAR[1]},1,1,1,1\n"
    bench, drone = on_its_way(Bench(folder, lockers=lockers))
    here = along(bench, 0.5)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    back = here.model_copy(update={"state": "returning", "step_id": None})
    given_up: dict[str, Any] = {"step_id": "out", "state": "failed", "code": "returned_on_command"}
    bench.say(drone, StepReport(mission_id=guard_of(bench).mission_id, at=bench.now, **given_up))
    bench.sample(drone, back)
    return bench, drone, back


@pytest.mark.parametrize(("above_floor", "action"), [(0.5, Action.DIVERT), (0.002, Action.LAND)])
def test_no_drone_is_told_to_divert_beyond_its_battery(
    tmp_path: Path, above_floor: float, action: Action
) -> None:
    """Home is closed: the locker if it is in reach, else down. The preview promises no more."""
    bench, drone, back = gives_up(tmp_path)
    low = sinks(bench, drone, back, guard_of(bench).sortie.floor_fraction + above_floor)
    before = preview(bench, fire=AT_HOME)
    assert [flight.action for flight in before.flights] == [action]
    assert change(bench, fire=AT_HOME).ok
    bench.sample(drone, low)
    assert {one.action for one in bench.core.state.commands.values()} == {action}


def sinks(bench: Bench, drone: Peer, here: Telemetry, soc: float) -> Telemetry:
    """Its charge falls to so much, as fast as a gauge may fall that is believed."""
    shown = 1.0
    while shown > soc:
        shown = max(soc, shown - 0.04)
        here = here.model_copy(update={"soc": shown, "at": bench.now})
        bench.sample(drone, here)
        bench.run(0.99)
    return here


def advice(guard: Guard, back: Telemetry, bench: Bench) -> Action | None:
    """What is told about a zone across the way home."""
    found = zone_ahead(guard, back, bench.now)
    assert found is not None
    return found.advice


def test_the_limit_is_the_floor_with_the_margin(tmp_path: Path) -> None:
    """A drone that would come down just anywhere else uses its reserve, and not a thing below it. Its way, by other
    formulas: up to the height of its cruise, over to the place in the wind of the day, and down to the ground."""
    bench, _, back = gives_up(tmp_path)
    assert change(bench, fire=AT_HOME).ok
    guard = guard_of(bench)
    budget = guard.energy
    assert budget is not None
    assert back.alt_amsl_m is not None
    assert budget.reserve_wh > 0
    high_m = max(point.alt_amsl_m for point in guard.out.path) if guard.out is not None else 0.0
    way = [(back.lon, back.lat, back.alt_amsl_m), (back.lon, back.lat, high_m), (*NEAR, high_m), (*NEAR, 0.0)]
    takes_wh = way_wh(vehicle_of(guard.sortie), way, 0.8, (2.0, 270.0), guard.sortie.cruise_mps, 15.0)
    limit = (takes_wh * (1 + budget.margin) + budget.floor_wh) / budget.full_wh
    assert advice(guard, back.model_copy(update={"soc": limit + 0.001}), bench) is Action.DIVERT
    assert advice(guard, back.model_copy(update={"soc": limit - 0.001}), bench) is Action.LAND
    assert advice(guard, back.model_copy(update={"soc": None}), bench) is Action.DIVERT


class Valley(Terrain):
    """The ground is at 0 m, and around the locker so high."""

    def __init__(self, there: Interval) -> None:
        self.there = there

    def ground_within(self, box: Box) -> Interval:
        return self.there if box.south <= NEAR[1] <= box.north and box.west <= NEAR[0] <= box.east else FLAT


FLAT = Interval(0.0, 0.0)


def low_zone() -> dict[str, Any]:
    """Over the locker, up to 30 m above its ground: in a valley of 80 m all of it lies below the mission's lowest."""
    feature = block(NEAR[0] - 0.0005, NEAR[1] - 0.0005)
    return feature | {"properties": feature["properties"] | {"upper_m": 30.0, "upper_datum": "AGL"}}


@pytest.mark.parametrize(
    ("there", "low", "action"),
    [
        pytest.param(FLAT, False, Action.DIVERT, id="as high as the rest"),
        pytest.param(Interval(-80.0, -80.0), False, Action.DIVERT, id="in a valley"),
        pytest.param(Interval(-80.0, -80.0), True, Action.LAND, id="in a valley with a zone in it"),
        pytest.param(ANYTHING, False, Action.LAND, id="nobody knows how high"),
    ],
)
def test_a_diversion_is_asked_about_down_to_its_own_ground(
    tmp_path: Path, there: Interval, low: bool, action: Action
) -> None:
    bench, _, back = gives_up(tmp_path)
    assert change(bench, fire=AT_HOME).ok
    assert not low or change(bench, "c2", low=low_zone()).ok
    guard = guard_of(bench)
    context = evolve(guard.context, terrain=Valley(there))
    assert advice(evolve(guard, context=context), back, bench) is action


@pytest.mark.parametrize(("there", "found"), [(FLAT, True), (ANYTHING, False)])
def test_a_way_around_ends_on_known_ground(tmp_path: Path, there: Interval, found: bool) -> None:
    """Both straight ways are closed halfway."""
    bench, _, back = gives_up(tmp_path)
    between = block((back.lon + NEAR[0]) / 2 - 0.0005, (back.lat + NEAR[1]) / 2 - 0.0005)
    assert change(bench, fire=AT_HOME, second=between).ok
    guard = guard_of(bench)
    around = way_around(evolve(guard, context=evolve(guard.context, terrain=Valley(there))), back, bench.now)
    assert (around is not None) is found
