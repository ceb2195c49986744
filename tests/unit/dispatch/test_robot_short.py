"""A robot's battery is watched as a drone's is: on its way, at its drop, and when it comes home before its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.driven import driven
from fleet.dispatch.monitor.guard import Guard, guard_of
from fleet.dispatch.monitor.instead import flown_on, way_instead
from fleet.dispatch.monitor.remaining import path_home
from fleet.domain.evolve import evolve
from fleet.energy.catalog import ground_robot
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Action, Assign, Command, Role, StepReport, Telemetry
from fleet.protocol.mission import Mission, Step, Travel
from geofences import Waypoint
from tests.support.bench import DAY, ORDER_COLUMNS, Bench, Peer
from tests.support.script import accepted, ready, report, sent

DEPOTS = """depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
S1,Launch site,-8.0,41.0,0,0,1,1,07:00,21:00
"""
ORDERS = ORDER_COLUMNS + (
    "P-1,acme,delivery,Ana,Rua 1,-8.001,41.009,0.8,0.3,0.2,0.1,standard,10,,"
    "2026-11-24T07:00:00+00:00,2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,\n"
)


class Trip:
    """A robot under way, about a kilometre out, and what the monitor says of its samples."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, orders=ORDERS, depots=DEPOTS)
        operator = self.bench.connect("operator-1", Role.OPERATOR)
        (self.robot_id,) = self.bench.core.state.assets
        self.robot: Peer = ready(self.bench, self.robot_id, "S1")
        self.bench.submit(operator)
        self.assign: Assign = sent(self.bench, self.robot)
        accepted(self.bench, self.robot, self.assign)
        self.bench.say(self.robot, report(self.assign, "load", "P-1"))
        begun = StepReport(
            mission_id=self.mission.mission_id, step_id="out", state="started", at=self.bench.now
        )
        self.bench.say(self.robot, begun)

    @property
    def mission(self) -> Mission:
        return self.assign.mission

    @property
    def guard(self) -> Guard:
        return self.bench.core._monitor._guards[self.robot_id]

    def sample(self, along: float, step_id: str | None = "out", **values: Any) -> Telemetry:
        """Where it is at a share of its way out, which is its way home turned round."""
        travel = next(step for step in self.mission.steps if isinstance(step, Travel))
        a, b = travel.path[0], travel.path[-1]
        known: dict[str, Any] = {
            "at": self.bench.now,
            "lon": a.lon + along * (b.lon - a.lon),
            "lat": a.lat + along * (b.lat - a.lat),
            "soc": 0.9,
            "mission_id": self.mission.mission_id,
            "step_id": step_id,
            "state": "travelling",
        }
        return Telemetry(**known | values)

    def check(self, sample: Telemetry, at: datetime | None = None) -> tuple[Finding, ...]:
        found = self.bench.core._monitor.check(self.robot_id, sample, at or self.bench.now)
        return tuple(one for one in found if one.code == "energy_short")

    def soc_for(self, wh: float) -> float:
        """The state of charge that leaves so many Wh above the reserve."""
        budget = self.guard.energy
        assert budget is not None
        return (wh + budget.floor_wh + budget.reserve_wh) / budget.full_wh


@pytest.fixture
def trip(tmp_path: Path) -> Trip:
    made = Trip(tmp_path)
    assert made.bench.core.state.missions[made.mission.mission_id].status is MissionStatus.ACTIVE
    return made


def per_m_wh(trip: Trip) -> float:
    """By hand: its whole trip's energy over what it drives, the least that a metre can take on the mean."""
    ways = [step.path for step in trip.mission.steps if isinstance(step, Travel)]
    assert trip.mission.energy_wh is not None
    assert len(ways) == 2
    return trip.mission.energy_wh / 2


@pytest.mark.parametrize("along", [0.3, 0.6, 1.0])
def test_one_that_broke_its_trip_off_is_judged_by_its_way_home(trip: Trip, along: float) -> None:
    """Turned round at a share of its way it needs at least that share of a way's energy: with half of that above its
    reserve it is told, and with three times that it is not."""
    home_wh = along * per_m_wh(trip)
    enough = trip.sample(along, None, state="returning", soc=trip.soc_for(3 * home_wh + 3))
    assert trip.check(enough) == ()
    short = trip.sample(along, None, state="returning", soc=trip.soc_for(0.5 * home_wh))
    (found,) = trip.check(short, trip.bench.now + timedelta(seconds=10))
    assert found.advice is None  # the reserve carries it: it goes on, and is watched


def test_one_whose_reserve_is_not_enough_is_to_stop_at_a_safe_place(trip: Trip) -> None:
    """It is said in words that fit a robot, and that people must fetch it."""
    budget = trip.guard.energy
    assert budget is not None
    bench, low = trip.bench, (budget.floor_wh + 0.2) / budget.full_wh
    bench.run(60)
    trip.robot.inbox.clear()
    bench.sample(trip.robot, trip.sample(1.0, None, state="returning", soc=low))
    (told,) = [e for e in bench.core.state.open_exceptions() if e.code == "energy_short"]
    assert told.advice is Action.LAND
    assert "next safe place" in told.action
    assert "fetch" in told.action
    (command,) = [one for one in trip.robot.inbox if isinstance(one, Command)]
    assert command.action is Action.LAND


def test_on_its_way_home_after_its_drop_it_is_judged_whatever_it_calls_that(trip: Trip) -> None:
    """By its leg, and as one that returns."""
    trip.bench.say(trip.robot, report(trip.assign, "drop", "P-1"))
    for step_id, state in (("back", "travelling"), (None, "returning")):
        low = trip.sample(0.9, step_id, state=state, soc=trip.soc_for(0.3 * per_m_wh(trip)))
        assert len(trip.check(low)) == (1 if state == "travelling" else 0)  # told once for a mission
        progress = trip.bench.core._monitor._guards[trip.robot_id]
        assert (progress.doing, progress.instead is not None) == (
            ("", False) if state == "travelling" else ("returning", True)
        )


def test_a_silent_gauge_counts_what_waiting_takes(trip: Trip) -> None:
    """It stands at a crossing for ten minutes: its electronics draw all the time, though it gets no farther."""
    budget = trip.guard.energy
    assert budget is not None
    travel = next(step for step in trip.mission.steps if isinstance(step, Travel))
    assert travel.path[-1].at is not None
    assert travel.path[0].at is not None
    monitor, goes = trip.bench.core._monitor, 0.2 * (travel.path[-1].at - travel.path[0].at)
    begun = trip.bench.now + goes
    for seconds in range(0, 601, 10):
        now = begun + timedelta(seconds=seconds)
        monitor.check(trip.robot_id, trip.sample(0.2, soc=None, at=now), now)
    kept = monitor._gauges._kept[trip.robot_id]
    stands_wh = budget.out.watts.stay * 600 / 3600
    travel_wh = 0.2 * (trip.mission.energy_to_drop_wh or 0)
    assert kept.drawn * budget.full_wh == pytest.approx(travel_wh + stands_wh, rel=0.02)


def test_a_silent_gauge_counts_the_way_home_too(trip: Trip) -> None:
    """One that turned round: each metre back takes as much as one out, standing still or not."""
    budget = trip.guard.energy
    assert budget is not None
    monitor, now = trip.bench.core._monitor, trip.bench.now
    monitor.check(trip.robot_id, trip.sample(0.5, soc=None), now)
    kept = monitor._gauges._kept[trip.robot_id]
    out = kept.drawn
    assert out * budget.full_wh == pytest.approx(0.5 * (trip.mission.energy_to_drop_wh or 0), rel=0.02)
    for along in (0.5, 0.4, 0.3, 0.2, 0.1, 0.0):
        now += timedelta(seconds=1)
        home = trip.sample(along, None, state="returning", soc=None, at=now)
        monitor.check(trip.robot_id, home, now)
    assert kept.drawn >= 1.8 * out


def test_a_silent_gauge_counts_standing_on_the_way_home(trip: Trip) -> None:
    """It stands for 25 minutes: what it is held against is worked out anew all the time, and what it stood is kept."""
    budget = trip.guard.energy
    assert budget is not None
    bench = trip.bench
    bench.sample(trip.robot, trip.sample(0.5, None, state="returning"))
    kept = bench.core._monitor._gauges._kept[trip.robot_id]
    before, begun, worked_out = kept.drawn, bench.now, set()
    for _ in range(150):
        bench.run(9.99)
        bench.sample(trip.robot, trip.sample(0.5, None, state="returning", soc=None))
        assert trip.guard.instead is not None
        worked_out.add(trip.guard.instead.path[0].at)
    stood_s = (bench.now - begun).total_seconds()
    assert stood_s == pytest.approx(1500, abs=1)
    assert len(worked_out) > 10
    stands_wh = budget.out.watts.stay * stood_s / 3600
    assert (kept.drawn - before) * budget.full_wh == pytest.approx(stands_wh, rel=0.02)


def test_going_home_as_planned_counts_no_standing(trip: Trip) -> None:
    """Its way is worked out anew under it: the metres hold what is always on, and no more is drawn than they take."""
    budget = trip.guard.energy
    assert budget is not None
    bench = trip.bench
    bench.sample(trip.robot, trip.sample(1.0, None, state="returning"))
    kept = bench.core._monitor._gauges._kept[trip.robot_id]
    way = trip.guard.instead
    assert way is not None
    assert way.path[0].at is not None
    assert way.path[-1].at is not None
    before, begun, along = kept.drawn, bench.now, 1.0
    takes = way.path[-1].at - way.path[0].at
    while bench.now - begun < takes * 0.9:
        bench.run(9.99)
        along = 1 - (bench.now - begun) / takes
        bench.sample(trip.robot, trip.sample(along, None, state="returning", soc=None))
    went_wh = (1 - along) * way.planned_wh
    assert takes > timedelta(minutes=5)
    assert (kept.drawn - before) * budget.full_wh == pytest.approx(went_wh, rel=0.02)


def test_what_is_driven_home_while_the_hub_is_down_counts(trip: Trip) -> None:
    """Behind a silent gauge: nobody has seen how far it came, so that it counts as driving for all of that time."""
    bench = trip.bench
    goes = trip.sample(1.0, None, state="returning", soc=None)
    bench.sample(trip.robot, goes)
    before = bench.core._monitor._gauges._kept[trip.robot_id].drawn
    way = trip.guard.instead
    assert way is not None
    assert way.path[0].at is not None
    assert way.path[-1].at is not None
    bench.restart()
    bench.run(0.5 * (way.path[-1].at - way.path[0].at).total_seconds())
    trip.robot = bench.heard_again(trip.robot)
    bench.sample(trip.robot, trip.sample(0.5, None, state="returning", soc=None))
    budget, kept = trip.guard.energy, bench.core._monitor._gauges._kept[trip.robot_id]
    assert budget is not None
    assert kept.is_by_model
    drawn_wh = (kept.drawn - before) * budget.full_wh
    assert 0.5 * way.planned_wh <= drawn_wh < 0.8 * way.planned_wh


def test_a_way_home_begins_with_what_was_drawn_before(trip: Trip) -> None:
    """Of one that is already on it when it is first heard, as after a restart: never below that."""
    sample = trip.sample(0.5, None, state="returning", soc=None)
    trip.check(sample)
    guard, now = trip.guard, trip.bench.now
    assert guard.doing == "returning"
    since, drawn = driven(guard, None, 0.3, sample, now)
    assert drawn == 0.3
    _, later = driven(guard, since, drawn, sample, now + timedelta(minutes=10))
    assert guard.energy is not None
    stands_wh = guard.energy.out.watts.stay * 600 / 3600
    assert later == pytest.approx(0.3 + stands_wh / guard.energy.full_wh)


def test_another_place_to_go_to_is_another_way(trip: Trip) -> None:
    """Sent on to one that is farther away, it goes there as planned: it has not stood, and what it took is kept."""
    sample = trip.sample(0.5, None, state="diverting", soc=None)
    trip.check(sample)
    guard, now = trip.guard, trip.bench.now
    assert guard.energy is not None
    since, drawn = driven(guard, None, 0.3, sample, now)
    there, goes = sample.lat + 0.02, timedelta(minutes=20)
    path = [Waypoint(sample.lon, lat, 0.0, at) for lat, at in ((sample.lat, now), (there, now + goes))]
    way = way_instead(guard.record, guard.sortie, path, "diverting", guard.plane, guard.energy)
    assert way is not None
    farther = evolve(guard, instead=way)
    for share in (0.0, 0.5, 1.0):
        on_it = sample.model_copy(update={"lat": sample.lat + 0.02 * share})
        since, drawn = driven(farther, since, drawn, on_it, now + share * goes)
    assert drawn == pytest.approx(0.3 + way.planned_wh / guard.energy.full_wh, rel=1e-3)


def test_a_moving_robot_s_waiting_is_not_counted_beside_its_metres(trip: Trip) -> None:
    """At its planned pace the metres hold what is always on: no more is drawn than was planned."""
    budget = trip.guard.energy
    assert budget is not None
    monitor, begun = trip.bench.core._monitor, trip.bench.now
    travel = next(step for step in trip.mission.steps if isinstance(step, Travel))
    assert travel.path[-1].at is not None
    assert travel.path[0].at is not None
    takes_s = int((travel.path[-1].at - travel.path[0].at).total_seconds())
    for seconds in range(0, takes_s + 1, 10):
        now = begun + timedelta(seconds=seconds)
        monitor.check(trip.robot_id, trip.sample(seconds / takes_s, soc=None, at=now), now)
    drawn_wh = monitor._gauges._kept[trip.robot_id].drawn * budget.full_wh
    assert drawn_wh == pytest.approx(trip.mission.energy_to_drop_wh, rel=0.03)


def test_the_day_is_one_with_a_robot(trip: Trip) -> None:
    assert trip.bench.now > DAY
    assert not trip.guard.flies


def on_a_ramp(trip: Trip, heights_m: tuple[float, float, float]) -> Guard:
    """The guard of the same trip whose way out is level up to its half or from there on, and its way back too."""
    record = trip.bench.core.state.missions[trip.mission.mission_id]
    steps: list[Step] = []
    for step in record.mission.steps:
        if isinstance(step, Travel):
            a, b = step.path[0], step.path[-1]
            begins = step.step_id == "out"
            middle = a.model_copy(
                update={
                    "lon": (a.lon + b.lon) / 2,
                    "lat": (a.lat + b.lat) / 2,
                    "at": a.at + (b.at - a.at) / 2 if a.at and b.at else None,
                }
            )
            tall = heights_m if begins else heights_m[::-1]
            path = tuple(
                p.model_copy(update={"alt_amsl_m": h}) for p, h in zip((a, middle, b), tall, strict=True)
            )
            steps.append(step.model_copy(update={"path": path}))
        else:
            steps.append(step)
    mission = record.mission.model_copy(update={"steps": tuple(steps)})
    kind, context = trip.guard.sortie, trip.guard.context
    return guard_of(evolve(record, mission=mission), kind, context, trip.bench.now, None, 1.0)


def test_a_climb_ahead_is_still_to_be_paid_for(trip: Trip) -> None:
    """60 m up in the second half: at its middle more than half is left, by the robot's own equation; up in the first
    half, less."""
    walker = ground_robot("walker-s1")
    up_later, up_first = (on_a_ramp(trip, h) for h in ((0.0, 0.0, 60.0), (0.0, 60.0, 60.0)))
    assert up_later.out is not None
    assert up_first.out is not None
    shares = [guard.out.left_wh[1] / guard.out.left_wh[0] for guard in (up_later, up_first) if guard.out]
    half = Drive(up_later.out.track.length_m / 2, 0.8)
    level_wh, climb_wh = (float(drive_energy_wh(walker, one)) for one in (half, replace(half, uphill_m=60.0)))
    exact = climb_wh / (level_wh + climb_wh)
    assert shares == pytest.approx([exact, 1 - exact], abs=1e-3)
    assert exact > 0.6


def test_turning_round_downhill_of_its_way_home_costs_the_climb(trip: Trip) -> None:
    """It has gone down 60 m: home is up again, with its parcel, and takes more than the way it came; one that went up
    takes less."""
    down, up = on_a_ramp(trip, (60.0, 30.0, 0.0)), on_a_ramp(trip, (0.0, 30.0, 60.0))
    for guard, dearer in ((down, True), (up, False)):
        assert guard.turn is not None
        assert guard.out is not None
        assert guard.energy is not None
        assert (guard.turn.planned_wh > guard.out.planned_wh) is dearer
        low = trip.sample(1.0, None, state="returning", soc=0.5)
        path = path_home(guard.record, guard.sortie, low, trip.bench.now)
        assert path[0].alt_amsl_m == pytest.approx(0.0 if dearer else 60.0, abs=0.5)
        assert (
            flown_on(guard.sortie, path, guard.energy, guard.energy.out).left_wh[0]
            >= guard.turn.planned_wh * 0.99
        )
