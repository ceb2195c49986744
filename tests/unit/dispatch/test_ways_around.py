"""A drone whose straight ways are blocked is told a way around: it is free, it is sent, and the monitor follows it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.around import way_around
from fleet.dispatch.monitor.guard import redirected
from fleet.dispatch.monitor.zonechecks import zone_ahead, zone_here
from fleet.domain.evolve import evolve
from fleet.protocol.messages import Action, Command, Telemetry
from fleet.protocol.values import Place
from geofences.geometry.geodesy import EARTH
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE
from tests.unit.dispatch.test_monitor import guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import AT_HOME, BEHIND, along, change, guard_time, preview
from tests.unit.dispatch.test_zones_on_return import returning

__all__ = ["returning"]

WEST, SOUTH, SIDE = -8.0032, 41.0022, 0.001
"""The block of `BEHIND`."""


def told_after(bench: Bench, drone: Peer, back: Telemetry) -> Command:
    """What a returning drone is told when the block is closed across its way."""
    assert change(bench, fire=BEHIND).ok
    for _ in range(2):
        bench.sample(drone, back)
        bench.run(1)
    (command,) = (one for one in drone.of(Command) if isinstance(one, Command))
    return command


def nearest_m(way: list[Place]) -> float:
    """How near a way comes to the block: samples every metre on geodesics against samples of its edge."""
    east, north = WEST + SIDE, SOUTH + SIDE
    steps = [number / 40 for number in range(41)]
    edge = [(WEST + SIDE * s, lat) for s in steps for lat in (SOUTH, north)]
    edge += [(lon, SOUTH + SIDE * s) for s in steps for lon in (WEST, east)]
    found = float("inf")
    for a, b in pairwise(way):
        azimuth, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
        for metre in range(0, int(length) + 1, 2):
            lon, lat, _ = EARTH.fwd(a.lon, a.lat, azimuth, metre)
            assert not (WEST <= lon <= east and SOUTH <= lat <= north)
            found = min([found, *(EARTH.inv(lon, lat, *one)[2] for one in edge)])
    return found


def test_it_is_told_to_divert_home_around_the_zone(returning: tuple[Bench, Peer, Telemetry]) -> None:
    """By points that keep its corridor free, from where it is; the command and the event say so."""
    bench, drone, back = returning
    command = told_after(bench, drone, back)
    assert (command.action, command.place_id) == (Action.DIVERT, "S1")
    assert command.via
    assert command.place is not None
    here = Place(lon=back.lon, lat=back.lat)
    corridor_m = guard_of(bench).sortie.corridor_m
    assert corridor_m - 0.5 <= nearest_m([here, *command.via, command.place]) <= corridor_m + 5.0
    record = bench.core.state.missions[guard_of(bench).mission_id]
    assert record.diverted_way == (here, *command.via)


@pytest.mark.parametrize(("versions", "action"), [((1,), Action.LAND), ((1, 2), Action.DIVERT)])
def test_what_is_stored_and_foretold_is_what_the_asset_hears(
    returning: tuple[Bench, Peer, Telemetry], versions: tuple[int, ...], action: Action
) -> None:
    """One of version 1 of the wire can't be told points to pass: it comes down, and nothing says it goes around."""
    bench, drone, back = returning
    drone = bench.upgrade(DRONE, versions)
    bench.run(1)
    foretold = [flight.action for flight in preview(bench, fire=BEHIND).flights if flight.action is not None]
    command = told_after(bench, drone, back)
    (stored,) = bench.core.state.commands.values()
    (raised,) = (e for e in bench.core.state.open_exceptions() if e.code == "zone_on_return")
    record = bench.core.state.missions[guard_of(bench).mission_id]
    assert [command.action, stored.action, *foretold] == [action] * 3
    assert raised.action.startswith("land" if action is Action.LAND else "divert")
    assert (record.diverted_to is None) is (action is Action.LAND)


def test_the_monitor_follows_it_around(returning: tuple[Bench, Peer, Telemetry]) -> None:
    """Nowhere along the way is it found in the way of the zone that it flies around; straight on it would be."""
    bench, drone, back = returning
    command = told_after(bench, drone, back)
    assert command.place is not None
    way = [Place(lon=back.lon, lat=back.lat), *command.via, command.place]
    for a, b in pairwise(way):
        for share in (0.0, 0.3, 0.7, 1.0):
            lon, lat = a.lon + (b.lon - a.lon) * share, a.lat + (b.lat - a.lat) * share
            here = back.model_copy(update={"state": "diverting", "lon": lon, "lat": lat})
            guard = redirected(guard_of(bench), here, bench.now)
            assert guard.blocked == ()
            assert zone_ahead(guard, here, bench.now) is None
    start = back.model_copy(update={"state": "diverting"})
    straight = evolve(guard_of(bench).record, diverted_way=())
    assert redirected(evolve(guard_of(bench), record=straight), start, bench.now).blocked


def test_where_no_way_leads_it_lands(returning: tuple[Bench, Peer, Telemetry]) -> None:
    """Home itself is closed, and there is no other place."""
    bench, _, back = returning
    assert change(bench, fire=AT_HOME).ok
    assert way_around(guard_of(bench), back, bench.now) is None


def test_one_without_the_energy_is_not_sent_around(returning: tuple[Bench, Peer, Telemetry]) -> None:
    """As far as its charge is known."""
    bench, _, back = returning
    assert change(bench, fire=BEHIND).ok
    guard = guard_of(bench)
    assert guard.energy is not None
    assert way_around(guard, back, bench.now) is not None
    low = back.model_copy(update={"soc": guard.energy.floor_wh / guard.energy.full_wh})
    assert way_around(guard, low, bench.now) is None
    untold = back.model_copy(update={"soc": None})
    assert way_around(guard, untold, bench.now) is not None
    assert way_around(guard, back.model_copy(update={"alt_amsl_m": None}), bench.now) is None


def test_out_on_its_way_it_turns_back_straight_where_it_can(tmp_path: Path) -> None:
    """A way around is the last thing before coming down."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = along(bench, 0.9)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    assert change(bench, fire=BEHIND).ok
    guard = guard_of(bench)
    found = zone_here(guard, here, bench.now) or zone_ahead(guard, here, bench.now)
    assert isinstance(found, Finding)
    assert (found.advice, bool(found.way)) == (Action.DIVERT, True)


def test_a_search_that_is_stopped_finds_none(
    returning: tuple[Bench, Peer, Telemetry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted in steps: then it lands."""
    bench, _, back = returning
    assert change(bench, fire=BEHIND).ok
    monkeypatch.setattr("fleet.dispatch.monitor.around.MOST_STEPS", 0)
    assert way_around(guard_of(bench), back, bench.now) is None


def test_a_way_with_more_points_than_a_command_takes_is_none(
    returning: tuple[Bench, Peer, Telemetry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arcs around many zones have hundreds: it lands rather than hears nothing."""
    bench, drone, back = returning
    monkeypatch.setattr("fleet.dispatch.monitor.around.MOST_PASSED", 1)
    assert told_after(bench, drone, back).action is Action.LAND
