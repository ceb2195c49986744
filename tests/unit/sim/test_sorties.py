"""Drones and robots in the small world: missions, failures, commands, charging."""

import math
from datetime import timedelta
from itertools import pairwise

import pytest

from fleet.protocol.messages import Action, CancelMission, ReserveCompartment
from fleet.protocol.values import Place
from fleet.sim.geo import Point, distance_m, moved, offset_m
from fleet.sim.sortie import SortieVehicle
from tests.unit.sim.small_world import (
    BANK,
    DAY,
    DOOR,
    DRONE,
    HOME,
    LOCKER,
    OTHER,
    ROBOT,
    SIZE,
    START,
    TYPES,
    Play,
    command,
    sortie,
)

STEPS = ["load", "out", "drop", "back", "unload"]


@pytest.mark.parametrize("asset_id", [DRONE, ROBOT])
def test_a_sortie_brings_its_parcel_and_comes_home_to_charge(asset_id: str) -> None:
    """Each step is reported begun and done, with what changed hands; then it charges until it is full."""
    play = Play()
    play.tell(asset_id, sortie(asset_id=asset_id, to=moved(HOME, 0, 1200)))
    ended = play.run_until(asset_id, "mission_ended")
    assert play.steps(asset_id) == [(s, state) for s in STEPS for state in ("started", "done")]
    assert play.last(asset_id, "step_report", step_id="load", state="done").order_ids == ("P1",)
    assert play.last(asset_id, "step_report", step_id="drop", state="done").order_ids == ("P1",)
    assert (ended.outcome, ended.site_id, ended.on_board) == ("completed", "A", ())
    assert ended.energy_used_wh > 10
    charging = play.run_until(asset_id, "asset_report", condition="charging")
    assert charging.soc < 0.99
    play.run_until(asset_id, "asset_report", condition="ready", site_id="A")
    play.run(60)
    assert play.last(asset_id, "asset_report").condition == "ready"
    assert play.last(asset_id, "asset_report").soc > 0.998
    assert play.verdict["ok"]


def test_it_waits_for_its_start_and_takes_its_time() -> None:
    """Nothing begins before ``start_at``."""
    play = Play()
    play.tell(DRONE, sortie(at=START + timedelta(minutes=10)))
    play.run(9.9)
    assert play.steps(DRONE) == []
    play.run(0.2)
    assert play.steps(DRONE) == [("load", "started")]


def test_refusals_have_codes() -> None:
    """Busy, not at that site, no such step, too late."""
    play = Play()
    play.tell(DRONE, sortie())
    play.tell(DRONE, sortie("P2", mission_id="M2"))
    assert play.last(DRONE, "mission_reply").code == "busy"
    play.tell(ROBOT, sortie("P3", mission_id="M3", asset_id=ROBOT, at=START - timedelta(hours=13)))
    assert play.last(ROBOT, "mission_reply").code == "expired"
    far = sortie("P4", mission_id="M4", asset_id=ROBOT)
    load = far.steps[0].model_copy(update={"site_id": "B"})
    play.tell(ROBOT, far.model_copy(update={"steps": (load, *far.steps[1:])}))
    assert play.last(ROBOT, "mission_reply").code == "not_at_site"
    play.tell(BANK, sortie("P5", asset_id=BANK))
    assert play.last(BANK, "mission_reply").code == "no_missions"


def test_telemetry_is_frequent_under_way_and_rare_when_idle() -> None:
    """Every second in the air, once a minute on the ground; what it says is measured."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.telemetry.clear()
    play.run(seconds=60)
    mine = [t for a, t in play.telemetry if a == DRONE]
    assert len(mine) == 60
    assert {t.mission_id for t in mine} == {"M1"}
    assert mine[-1].alt_amsl_m == 65
    drone = play.world._stage.movers[DRONE]
    assert isinstance(drone, SortieVehicle)
    assert mine[-1].soc == pytest.approx(drone.pack.soc(play.world.now), abs=0.001)
    used = [t.energy_used_wh or 0.0 for t in mine]
    assert used == sorted(used)
    assert used[-1] > used[0] > 0
    robot = [t for a, t in play.telemetry if a == ROBOT]
    assert len(robot) == 1
    assert robot[0].mission_id is None


def test_absent_recipient_sends_the_parcel_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The drop fails with a code; the parcel rides home and is given back there."""
    play = Play()
    monkeypatch.setattr(play.world._stage.people, "opens", lambda _order_id: False)
    play.tell(DRONE, sortie())
    ended = play.run_until(DRONE, "mission_ended")
    assert play.last(DRONE, "step_report", step_id="drop").code == "recipient_absent"
    assert play.last(DRONE, "step_report", step_id="unload", state="done").order_ids == ("P1",)
    assert ended.outcome == "completed"
    assert play.verdict["parcels"] == {"site": 1}


def test_drop_into_a_locker_is_confirmed_by_the_locker() -> None:
    """The locker says that it has the parcel; later the recipient takes it."""
    play = Play()
    play.tell(BANK, ReserveCompartment(order_id="P1", size=SIZE, window=DAY))
    play.tell(DRONE, sortie(to=LOCKER, locker_id=BANK))
    deposited = play.run_until(BANK, "compartment_report", state="deposited")
    assert deposited.order_id == "P1"
    assert play.last(DRONE, "step_report", step_id="drop", state="done").order_ids == ("P1",)
    play.run_until(BANK, "compartment_report", state="collected", limit_minutes=1500)


def test_what_is_not_at_the_site_is_not_loaded() -> None:
    """A parcel that went elsewhere is not found, the mission fails at the site, and the judge notes it."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "mission_ended")
    play.tell(ROBOT, sortie(asset_id=ROBOT, mission_id="M2"))
    ended = play.run_until(ROBOT, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id) == ("failed", "not_loaded", "A")
    assert play.last(ROBOT, "step_report", state="failed").failed[0].code == "not_found"
    assert [b["order_id"] for b in play.verdict["custody_breaks"]] == ["P1"]


def test_hold_hovers_and_resume_goes_on() -> None:
    """A held drone stays where it is and burns energy."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(1)
    play.tell(DRONE, command(Action.HOLD))
    assert play.last(DRONE, "command_reply").accepted
    play.run(seconds=5)
    before = [t for a, t in play.telemetry if a == DRONE][-1]
    play.run(1)
    after = [t for a, t in play.telemetry if a == DRONE][-1]
    assert (before.lon, before.lat, after.state) == (after.lon, after.lat, "holding")
    assert (after.energy_used_wh or 0.0) - (before.energy_used_wh or 0.0) > 15
    play.tell(DRONE, command(Action.RESUME))
    assert play.run_until(DRONE, "mission_ended").outcome == "completed"


@pytest.mark.parametrize("asset_id", [DRONE, ROBOT])
@pytest.mark.parametrize("minutes", [0.5, 2.5, 4.0])
def test_return_goes_home_the_way_it_came(asset_id: str, minutes: float) -> None:
    """Whatever it was doing: it unloads at home, and the mission ends cancelled."""
    play = Play()
    play.tell(asset_id, sortie(asset_id=asset_id, to=moved(HOME, 300, 1500)))
    play.run(minutes)
    play.tell(asset_id, command(Action.RETURN))
    ended = play.run_until(asset_id, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id, ended.on_board) == (
        "cancelled",
        "returned_on_command",
        "A",
        (),
    )
    assert play.verdict["ok"]
    held = play.verdict["parcels"]
    assert "asset" not in held


def test_return_after_the_drop_leaves_the_parcel_with_its_recipient() -> None:
    """On the way back a return changes nothing but the ending."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="back", state="started")
    play.run(1)
    play.tell(DRONE, command(Action.RETURN))
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.site_id) == ("cancelled", "A")
    assert play.verdict["parcels"] == {"recipient": 1}
    assert play.verdict["km"]["drone"] == pytest.approx(6.0, rel=0.01)


def test_divert_to_a_site_unloads_there() -> None:
    """It lands at the other site, gives the parcel to it, and charges there."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(2)
    play.tell(DRONE, command(Action.DIVERT, OTHER, "B"))
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id, ended.on_board) == ("failed", "diverted", "B", ())
    report = play.last(DRONE, "step_report", step_id="unload", state="done")
    assert report.order_ids == ("P1",)
    assert distance_m(report.place, OTHER) < 1
    assert play.last(DRONE, "asset_report").condition == "charging"


def test_divert_by_way_of_points_passes_them_at_the_height_of_its_path() -> None:
    """In their order; then straight to the place."""
    play = Play()
    field, first, second = (moved(HOME, *each) for each in ((800, 800), (-200, 300), (-200, 800)))
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(1)
    told = command(Action.DIVERT, field, "field").model_copy(update={"via": (first, second)})
    play.tell(DRONE, told)
    play.run_until(DRONE, "mission_ended")
    away = [one for asset_id, one in play.telemetry if asset_id == DRONE and one.state == "diverting"]
    flown = [Place(lon=one.lon, lat=one.lat) for one in away]
    passed = [min(range(len(flown)), key=lambda n: distance_m(flown[n], spot)) for spot in (first, second)]
    assert passed == sorted(passed)
    assert all(distance_m(flown[n], spot) < 25 for n, spot in zip(passed, (first, second), strict=True))


def test_divert_to_a_field_keeps_the_parcel_on_board() -> None:
    """Where there is no site it stays with what it has."""
    play = Play()
    field = moved(HOME, 800, 800)
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(1)
    play.tell(DRONE, command(Action.DIVERT, field, "field"))
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id, ended.on_board) == ("failed", "diverted", None, ("P1",))
    assert distance_m(ended.place, field) < 1


def test_land_comes_down_on_the_spot_and_takes_no_more_missions() -> None:
    """It lies where it landed, with its parcel."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(2)
    play.tell(DRONE, command(Action.LAND))
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.code, ended.on_board) == ("failed", "landed", ("P1",))
    assert ended.site_id is None
    assert [t for a, t in play.telemetry if a == DRONE][-1].alt_amsl_m == 0
    play.tell(DRONE, sortie("P2", mission_id="M2"))
    assert play.last(DRONE, "mission_reply").code == "not_at_site"


def test_commands_without_a_mission_are_refused() -> None:
    """There is nothing to hold or to return from."""
    play = Play()
    play.tell(DRONE, command(Action.RETURN))
    assert not play.last(DRONE, "command_reply").accepted
    play.tell(BANK, command(Action.HOLD))
    assert not play.last(BANK, "command_reply").accepted
    play.tell(DRONE, sortie())
    play.run(2)
    play.tell(DRONE, command(Action.DIVERT))
    replies = play.all(DRONE, "command_reply", command_id="C-divert")
    assert [r.accepted for r in replies] == [False]


def test_cancel_drops_a_mission_that_has_not_begun() -> None:
    """And changes nothing once it has."""
    play = Play()
    play.tell(DRONE, sortie(at=START + timedelta(minutes=5)))
    play.tell(DRONE, CancelMission(mission_id="M1", why="no need"))
    assert play.last(DRONE, "mission_ended").outcome == "cancelled"
    play.tell(DRONE, sortie("P2", mission_id="M2"))
    play.run(1)
    play.tell(DRONE, CancelMission(mission_id="M2", why="too late"))
    assert play.run_until(DRONE, "mission_ended", mission_id="M2").outcome == "completed"


def test_lost_link_drone_goes_home_after_its_patience() -> None:
    """Nothing is heard of it; then everything, in order; it came home by itself."""
    play = Play()
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(1)
    drone = play.world._stage.movers[DRONE]
    drone.lose_link()
    play.telemetry.clear()
    said = len(play.said)
    play.tell(DRONE, command(Action.HOLD))
    play.run(3.5)
    assert [a for a, _ in play.telemetry if a == DRONE] == []
    assert [a for a, _ in play.said[said:] if a == DRONE] == []
    drone.regain_link()
    play.run(seconds=1)
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id) == ("cancelled", "lost_link", "A")
    assert play.last(DRONE, "command_reply", command_id="C-hold") is not None


def test_lost_link_robot_stands_still_until_it_hears_something() -> None:
    """Then it goes on and completes."""
    play = Play()
    play.tell(ROBOT, sortie(asset_id=ROBOT, to=moved(HOME, 0, 800)))
    play.run(3)
    robot = play.world._stage.movers[ROBOT]
    robot.lose_link()
    where = robot.body.where()
    play.run(2)
    assert robot.body.where() == where
    robot.regain_link()
    assert play.run_until(ROBOT, "mission_ended").outcome == "completed"


def test_broken_robot_stands_with_its_parcel() -> None:
    """It says that it is out of order, where it is and what it has, and takes nothing more."""
    play = Play()
    play.tell(ROBOT, sortie(asset_id=ROBOT, to=DOOR))
    play.run(5)
    robot = play.world._stage.movers[ROBOT]
    robot.site_id = None
    robot.break_down("breakdown", "it does not move")
    play.run(1)
    ended = play.last(ROBOT, "mission_ended")
    assert (ended.outcome, ended.code, ended.on_board, ended.site_id) == (
        "failed",
        "breakdown",
        ("P1",),
        None,
    )
    assert play.last(ROBOT, "asset_report").condition == "faulted"
    play.tell(ROBOT, sortie("P2", mission_id="M2", asset_id=ROBOT))
    assert play.last(ROBOT, "mission_reply").code == "faulted"


@pytest.mark.parametrize("then", [Action.DIVERT, Action.LAND])
def test_what_is_told_later_is_what_it_does(then: Action) -> None:
    """On its way home because it was told so, it is told something more urgent: it leaves that way at once."""
    play = Play()
    field = moved(HOME, 800, 800)
    play.tell(DRONE, sortie())
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(1)
    play.tell(DRONE, command(Action.RETURN))
    play.run(seconds=10)
    assert [t for a, t in play.telemetry if a == DRONE][-1].state == "returning"
    play.tell(DRONE, command(then, field, "field") if then is Action.DIVERT else command(then))
    assert play.last(DRONE, "command_reply", command_id=f"C-{then.value}").accepted
    ended = play.run_until(DRONE, "mission_ended")
    assert (ended.outcome, ended.site_id, ended.on_board) == ("failed", None, ("P1",))
    assert (distance_m(ended.place, field) < 1) is (then is Action.DIVERT)
    assert ended.code == {Action.DIVERT: "diverted", Action.LAND: "landed"}[then]


def test_a_drone_shows_the_wind_by_its_nose_and_its_airspeed() -> None:
    """Within what its instruments err by, all along its ways out and back; on the ground, and of a robot, nothing."""
    play = Play()
    play.tell(DRONE, sortie(asset_id=DRONE, to=moved(HOME, 700, 1800)))
    play.run_until(DRONE, "mission_ended")
    samples = [sample for asset_id, sample in play.telemetry if asset_id == DRONE]
    flown = [each for each in samples if each.airspeed_mps is not None]
    assert len(flown) > 100
    air, looked_at = play.world._stage.air, 0
    for before, each in pairwise(flown):
        if not 0.5 < (each.at - before.at).total_seconds() < 1.5:
            continue
        metres = offset_m(Point(before.lon, before.lat, 0.0), Point(each.lon, each.lat, 0.0))
        if each.heading_deg != before.heading_deg or math.hypot(*metres) < 5:
            continue
        assert each.ground_speed_mps is not None
        assert each.airspeed_mps is not None
        assert each.heading_deg is not None
        share, nose = each.ground_speed_mps / math.hypot(*metres), math.radians(each.heading_deg)
        east = share * metres[0] - each.airspeed_mps * math.sin(nose)
        north = share * metres[1] - each.airspeed_mps * math.cos(nose)
        looked_at += 1
        wind = air.wind(each.at)
        back = math.radians(wind.from_deg)
        off = math.hypot(east + wind.mps * math.sin(back), north + wind.mps * math.cos(back))
        assert off < 2.5, "four deviations of 2 degrees and 2 % at 16 m/s"
    assert looked_at > 100
    assert all(each.airspeed_mps is None for each in samples if not each.ground_speed_mps)


def test_of_two_packs_one_fails_and_the_trip_goes_on_over_the_other() -> None:
    """What was in it is lost, both say how they are, and it comes home and is filled as far as it can be."""
    twin = TYPES["courier-x4"].model_copy(update={"packs": 2})
    play = Play(types={**TYPES, "courier-x4": twin})
    play.tell(DRONE, sortie(to=moved(HOME, 0, 1200)))
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(0.5)
    drone = play.world._stage.movers[DRONE]
    assert isinstance(drone, SortieVehicle)
    before = drone.sample()
    drone.pack_fails()
    after = drone.sample()
    assert before.soc is not None
    assert after.soc == pytest.approx(before.soc / 2, abs=0.002)
    assert before.packs is not None
    assert after.packs is not None
    assert [(p.pack, p.condition) for p in before.packs] == [(1, "ok"), (2, "ok")]
    assert [(p.pack, p.condition, p.voltage_v) for p in after.packs] == [(1, "ok", 44.4), (2, "failed", 0.0)]
    assert after.packs[0].soc == pytest.approx(before.soc, abs=0.004)
    play.run_until(DRONE, "mission_ended", outcome="completed")
    play.run_until(DRONE, "asset_report", condition="charging")
    play.run(120)
    full = play.last(DRONE, "asset_report")
    assert (full.condition, full.soc) == ("ready", pytest.approx(0.5, abs=0.002))
    assert play.verdict["ok"]


def test_one_pack_says_nothing_of_itself() -> None:
    """As it was: a total is all that there is to say."""
    assert all(told.packs is None for _, told in Play().telemetry)
