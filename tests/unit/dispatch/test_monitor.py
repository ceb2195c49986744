"""Each check of the monitor with a sample just inside its limit and one just outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.checks import DEVIATION_TIMES, deviation
from fleet.dispatch.monitor.energycheck import energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.track import EARTH_M_PER_DEG
from fleet.dispatch.monitor.zonechecks import zone_ahead, zone_here
from fleet.energy.airframe import Airframe
from fleet.feasibility.vehicles import battery_of, vehicle_of
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import (
    Action,
    AddZone,
    AssetReport,
    Assign,
    MissionEnded,
    MissionReply,
    Role,
    StepReport,
    Telemetry,
)
from fleet.protocol.mission import Travel
from tests.support.bench import DAY, Bench, Peer

DRONE = "S1/drone-1"
"""It stands at 8.0 W, 41.0 N and flies to 8.01 W, 41.01 N."""


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, and its hub."""
    return on_its_way(Bench(tmp_path))


def on_its_way(bench: Bench) -> tuple[Bench, Peer]:
    """Let the drone of a hub go out."""
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit(operator)
    sets_out(bench, drone)
    return bench, drone


def sets_out(bench: Bench, drone: Peer) -> None:
    """It takes its first mission and leaves with the parcel."""
    while not drone.of(Assign):
        bench.run(30)
    assign = drone.of(Assign)[0]
    assert isinstance(assign, Assign)
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    for step_id, state, moved in (("load", "done", ("P-1",)), ("out", "started", ())):
        report: dict[str, Any] = {"step_id": step_id, "state": state, "order_ids": moved}
        bench.say(drone, StepReport(mission_id=mission_id, at=DAY, **report))


def guard_of(bench: Bench) -> Guard:
    """What the drone is held against."""
    return bench.core._monitor._guards[DRONE]


def sample(bench: Bench, *, north_m: float = 0.0, **values: Any) -> Telemetry:
    """A sample at the start of the way out, moved north by so much."""
    guard = guard_of(bench)
    assert guard.out is not None
    start = guard.out.path[0]
    known: dict[str, Any] = {
        "at": DAY,
        "lon": start.lon,
        "lat": start.lat + north_m / EARTH_M_PER_DEG,
        "alt_amsl_m": 60.0,
        "soc": 1.0,
        "mission_id": guard.mission_id,
        "step_id": "out",
        "state": "travelling",
    }
    return Telemetry(**known | values)


def block(west: float, south: float, side_deg: float = 0.001) -> dict[str, Any]:
    """A prohibited block of land from its south-western corner."""
    east, north = west + side_deg, south + side_deg
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": "Block"}, "geometry": geometry}


def close_area(bench: Bench, feature: dict[str, Any]) -> None:
    """Have an operator close an area."""
    operator = bench.peers["operator-1"]
    bench.say(operator, AddZone(request_id="z", by="ana", zone_id="Z", feature=feature))
    assert "Z" in bench.core.state.zones


def test_energy_that_is_just_enough_and_just_not(out: tuple[Bench, Peer]) -> None:
    """The limit: what the whole trip takes, with its margin, above reserve and floor."""
    bench, _ = out
    budget = guard_of(bench).energy
    assert budget is not None
    limit = needed(guard_of(bench), budget.planned_wh)
    ground = {"alt_amsl_m": 0.0}
    assert energy(guard_of(bench), sample(bench, soc=limit + 0.001, **ground), DAY) is None
    found = energy(guard_of(bench), sample(bench, soc=limit - 0.001, **ground), DAY)
    assert found is not None
    assert (found.code, found.advice) == ("energy_short", Action.RETURN)


def needed(guard: Guard, rest_wh: float) -> float:
    """The state of charge that is just enough for a rest of so much."""
    budget = guard.energy
    assert budget is not None
    return (rest_wh * (1 + budget.margin) + budget.reserve_wh + budget.floor_wh) / budget.full_wh


def homeward(bench: Bench, share: float, **values: Any) -> Telemetry:
    """A sample on the way back, so far along its cruise."""
    way = guard_of(bench).back
    assert way is not None
    high, home = way.path[1], way.path[-2]
    at = {name: getattr(high, name) * (1 - share) + getattr(home, name) * share for name in ("lon", "lat")}
    return sample(bench, step_id="back", **({**at, "alt_amsl_m": high.alt_amsl_m} | values))


def test_a_pack_gives_what_it_gives_as_cold_as_it_is(out: tuple[Bench, Peer]) -> None:
    """At the 15 °C of the day 2.5 % less than when it is warm, as it was counted for the plan."""
    bench, _ = out
    guard = guard_of(bench)
    assert guard.energy is not None
    pack = battery_of(guard.sortie, 1.0)
    assert guard.energy.full_wh == pytest.approx(pack.nominal_wh * 0.975)
    assert guard.energy.above_reserve_wh(1.0) == pytest.approx(pack.usable_wh(15.0) - guard.energy.reserve_wh)


def test_what_could_not_be_handed_over_is_carried_home(out: tuple[Bench, Peer]) -> None:
    """Once nobody has opened, the way back takes what it takes with the parcel on board, and as long as it took."""
    bench, drone = out
    before = guard_of(bench)
    assert before.back is not None
    mission_id = before.mission_id
    for step_id, state, code in (
        ("out", "done", None),
        ("drop", "started", None),
        ("drop", "failed", "absent"),
    ):
        report: dict[str, Any] = {"step_id": step_id, "state": state, "code": code}
        bench.say(drone, StepReport(mission_id=mission_id, at=DAY, **report))
    after = guard_of(bench)
    assert after.back is not None
    frame, empty = vehicle_of(before.sortie), before.back.planned_wh
    assert isinstance(frame, Airframe)
    heavier = (frame.empty_mass_kg + 0.8) / frame.empty_mass_kg
    assert empty * (1 + (heavier - 1) / 2) < after.back.planned_wh < empty * heavier**1.5
    assert after.back.slower == before.back.slower


def test_what_was_handed_over_is_not(out: tuple[Bench, Peer]) -> None:
    """The same with somebody at the door."""
    bench, drone = out
    before = guard_of(bench)
    for step_id, state in (("out", "done"), ("drop", "started"), ("drop", "done")):
        report: dict[str, Any] = {"step_id": step_id, "state": state, "order_ids": ("P-1",)}
        bench.say(drone, StepReport(mission_id=before.mission_id, at=DAY, **report))
    bench.core._monitor.watch(DRONE, bench.core.state, bench.now, None)
    assert before.back is not None
    assert guard_of(bench).back is not None
    assert guard_of(bench).back.planned_wh == pytest.approx(before.back.planned_wh)  # type: ignore[union-attr]


def test_the_descent_is_still_ahead_above_home(out: tuple[Bench, Peer]) -> None:
    """Over the end of its way a drone has yet to come down; what that takes is left until its height says otherwise."""
    bench, _ = out
    way = guard_of(bench).back
    assert way is not None
    down_wh = way.left_wh[-2]
    assert down_wh > 1
    for height, left_wh in ((1.0, down_wh), (0.5, down_wh / 2), (0.0, 0.0)):
        above = homeward(bench, 1.0, alt_amsl_m=height * way.path[-2].alt_amsl_m)
        along = way.track.locate(*guard_of(bench).plane.xy(above.lon, above.lat))[0]
        reached = way.reached(along, above.alt_amsl_m)
        assert way.left_at(reached) == pytest.approx(left_wh, abs=0.01)
    unsure = replace(guard_of(bench), start_soc=None)
    limit = needed(unsure, down_wh)
    assert energy(unsure, homeward(bench, 1.0, soc=limit + 0.001), DAY) is None
    assert energy(unsure, homeward(bench, 1.0, soc=limit - 0.001), DAY) is not None


@pytest.mark.parametrize(("slower", "short"), [(1.0, False), (1.02, False), (1.2, True)])
def test_a_wind_that_no_station_told_of_shows_in_the_pace(
    out: tuple[Bench, Peer], slower: float, short: bool
) -> None:
    """The last minute on the way home took longer than planned: the rest of the way will, and that is told in time."""
    bench, _ = out
    monitor, guard = bench.core._monitor, replace(guard_of(bench), start_soc=None)
    monitor._guards[DRONE] = guard
    assert guard.back is not None
    cruise_s = (guard.back.path[-2].at - guard.back.path[1].at).total_seconds()  # type: ignore[operator]
    places = [homeward(bench, 0.2), homeward(bench, 0.2 + 62 / cruise_s / slower)]
    along = guard.back.track.locate(*guard.plane.xy(places[1].lon, places[1].lat))[0]
    reached = guard.back.reached(along, places[1].alt_amsl_m)
    soc = needed(guard, guard.back.left_at(reached) * 1.1)
    found = [
        monitor.check(DRONE, place.model_copy(update={"soc": level}), DAY + timedelta(seconds=62 * n))
        for n, (place, level) in enumerate(zip(places, (soc + 0.2, soc), strict=True))
    ]
    assert [[f.code for f in each] for each in found] == [[], ["energy_short"] if short else []]


def test_a_battery_that_was_not_measured_is_not_judged(out: tuple[Bench, Peer]) -> None:
    """Missing telemetry is missing: neither fine nor short, and the other checks go on."""
    bench, _ = out
    assert energy(guard_of(bench), sample(bench, soc=None), DAY) is None


def test_deviation_just_within_and_just_beyond_the_limit(out: tuple[Bench, Peer]) -> None:
    """Behind the start of a way that leads north-west, the distance to it is the distance to its start."""
    bench, _ = out
    limit = DEVIATION_TIMES * guard_of(bench).sortie.corridor_m
    assert deviation(guard_of(bench), sample(bench, north_m=-(limit - 1)), DAY) is None
    found = deviation(guard_of(bench), sample(bench, north_m=-(limit + 1)), DAY)
    assert found is not None
    assert (found.code, found.advice) == ("deviation", Action.RETURN)


def test_inside_a_zone_and_beside_it(out: tuple[Bench, Peer]) -> None:
    """A metre south of the block nothing is wrong; a metre inside it is a breach."""
    bench, _ = out
    now = bench.core.clock.now(bench.wall)
    close_area(bench, block(-7.9999, 40.9))
    edge_m = (40.9 - sample(bench).lat) * EARTH_M_PER_DEG
    within = {"lon": -7.9995}
    assert zone_here(guard_of(bench), sample(bench, north_m=edge_m - 1, **within), now) is None
    found = zone_here(guard_of(bench), sample(bench, north_m=edge_m + 1, **within), now)
    assert found is not None
    assert (found.code, found.reasons[0].code) == ("zone_breach", "zone_entered")


@pytest.mark.parametrize(("over_m", "blocked"), [(-40, False), (1, True)])
def test_a_zone_on_the_way_and_one_beside_it(out: tuple[Bench, Peer], over_m: float, blocked: bool) -> None:
    """An area that reaches into the corridor of the way back to base is ahead; one that ends before it is not."""
    bench, _ = out
    step = next(
        s
        for s in bench.core.state.missions[guard_of(bench).mission_id].mission.steps
        if isinstance(s, Travel)
    )
    highest = max(p.lat for p in step.path)
    corridor = guard_of(bench).sortie.corridor_m
    south = highest + (corridor - over_m) / EARTH_M_PER_DEG
    close_area(bench, block(-8.0105, south))
    found = zone_ahead(guard_of(bench), sample(bench), bench.core.clock.now(bench.wall))
    assert (found is not None) is blocked
    commands = [c.action.value for c in bench.core.state.commands.values()]
    assert commands == []  # the next sample brings it, not the zone itself
    bench.sample(bench.peers[DRONE], sample(bench))
    assert [c.action for c in bench.core.state.commands.values()] == ([Action.RETURN] if blocked else [])


def test_silence_up_to_the_limit_and_past_it(out: tuple[Bench, Peer]) -> None:
    """A link is lost after its kind's time, found again with the next word, and the exception is closed."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    limit_s = kind_of("drone").lost_link.silent_s
    assert limit_s is not None
    drone.silent = True
    bench.run(limit_s - 1)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    bench.run(2)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
    bench.heard_again(drone)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    assert [e.code for e in bench.core.state.open_exceptions()] == []


def test_who_is_heard_but_says_not_where_it_is(out: tuple[Bench, Peer]) -> None:
    """Heartbeats keep the link, which is not lost; but that nothing can be checked is a person's business, once, until
    samples come again, also across a restart of the hub.
    """
    bench, drone = out
    bench.sample(drone, sample(bench))
    limit_s = kind_of("drone").lost_link.silent_s
    assert limit_s is not None
    bench.run(limit_s - 1)
    assert bench.core.state.open_exceptions() == ()
    bench.run(2)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    (found,) = bench.core.state.open_exceptions()
    assert (found.code, found.owner, found.asset_id) == ("no_samples", "operator", DRONE)
    bench.restart()
    drone = bench.connect(DRONE)
    bench.run(2 * limit_s)
    assert bench.core.state.open_exceptions() == (found,)
    bench.sample(drone, sample(bench))
    bench.run(1)
    assert bench.core.state.open_exceptions() == ()


def test_samples_that_can_t_be_read_say_nothing(out: tuple[Bench, Peer]) -> None:
    """A drone whose firmware sends nonsense is as blind to us as one that sends none."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    for _ in range(30):
        bench.core.telemetry(b"t-" + drone.route, [b"1", b"telemetry", b"{}"], bench.wall)
        bench.run(0.5)
    assert [e.code for e in bench.core.state.open_exceptions()] == ["no_samples"]
    assert bench.core.sessions.refused["malformed"] == 30


def test_a_hub_that_is_started_again_has_heard_nobody(out: tuple[Bench, Peer]) -> None:
    """Who was lost stays so, and is looked for when it was due, however often the hub starts meanwhile."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    drone.silent = True
    bench.run(60)
    (lost,) = bench.core.state.open_exceptions()
    for _ in range(4):
        bench.run(200)
        bench.start()
        bench.run(1)
        assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
        assert lost in bench.core.state.open_exceptions()
    bench.run(100)
    missing = [e for e in bench.core.state.open_exceptions() if e.code == "asset_missing"]
    grace = kind_of("drone").lost_link.missing_s
    assert grace is not None
    assert [e.at - lost.at for e in missing] == [timedelta(seconds=grace)]


def test_samples_that_never_came_again_are_nobodys_business_after_the_trip(out: tuple[Bench, Peer]) -> None:
    """It has landed all the same."""
    bench, drone = out
    bench.run(60)
    assert [e.code for e in bench.core.state.open_exceptions()] == ["no_samples"]
    ended = {"outcome": "failed", "site_id": "S1", "on_board": ("P-1",), "code": "none", "at": DAY}
    bench.say(drone, MissionEnded(mission_id=guard_of(bench).mission_id, **ended))  # type: ignore[arg-type]
    bench.run(1)
    assert "no_samples" not in {e.code for e in bench.core.state.open_exceptions()}


def test_while_the_hub_was_stopped_nobody_was_silent(out: tuple[Bench, Peer]) -> None:
    """A process that stood still for minutes must not call its drones lost; what they said may wait in its sockets."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    limit_s = kind_of("drone").lost_link.silent_s
    assert limit_s is not None
    drone.silent = True
    bench.run(limit_s - 2)
    bench.wall += 300
    bench.turn()
    bench.run(1)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    bench.run(2)  # with what it was silent for before: that is its limit
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST


def test_who_speaks_as_the_hub_comes_round_is_no_later_lost_for_it(out: tuple[Bench, Peer]) -> None:
    """Its word counts from then, not from some time to come."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    bench.wall += 300
    bench.sample(drone, sample(bench))
    drone.silent = True
    limit_s = kind_of("drone").lost_link.silent_s
    assert limit_s is not None
    bench.run(limit_s + 1)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST


def test_silence_past_the_grace_is_a_persons_business(out: tuple[Bench, Peer]) -> None:
    """Who is still silent after the grace is missing, and an operator must look; the parcel is still on board."""
    bench, drone = out
    bench.sample(drone, sample(bench))
    drone.silent = True
    bench.run(timedelta(minutes=16).total_seconds())
    owners = {e.code: e.owner for e in bench.core.state.open_exceptions()}
    assert owners["asset_missing"] == "operator"
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE


def test_a_types_own_times_count(tmp_path: Path) -> None:
    """A drone whose type may be silent for longer is lost later, and looked for when its type says."""
    own = (
        '[[drone]]\ntype = "far-x4"\n[[van]]\ntype = "van-e"\n[types.far-x4]\nbased_on = "courier-x4"\n'
        "[types.far-x4.lost_link]\nsilent_s = 60\nmissing_s = 120\n"
    )
    bench, drone = on_its_way(Bench(tmp_path, fleet=own))
    bench.sample(drone, sample(bench))
    drone.silent = True
    bench.run(59)
    assert bench.core.state.assets[DRONE].status is AssetStatus.ON_MISSION
    bench.run(2)
    assert bench.core.state.assets[DRONE].status is AssetStatus.LINK_LOST
    bench.run(118)
    assert "asset_missing" not in {e.code for e in bench.core.state.open_exceptions()}
    bench.run(4)
    assert "asset_missing" in {e.code for e in bench.core.state.open_exceptions()}


def test_a_fault_of_ours_in_what_a_finding_moves_loses_no_finding(
    out: tuple[Bench, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to return, although from where on it can't go home any more could not be worked out; a person sees
    the fault."""
    bench, drone = out

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nothing is left")

    monkeypatch.setattr("fleet.dispatch.monitor.monitor.no_return_of", broken)
    bench.sample(drone, sample(bench, soc=0.05, alt_amsl_m=60.0))
    assert {e.code for e in bench.core.state.open_exceptions()} >= {"energy_short", "hub_fault"}
    assert any(
        command.action in (Action.RETURN, Action.LAND) for command in bench.core.state.commands.values()
    )
