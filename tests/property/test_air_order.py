"""Drones of one site that are late, slow or held up: who waits for whom never goes round, and no two come too near.

The aircraft of these days are moved by hand second by second; where they truly were is compared with a rule that knows
nothing of intents.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter
from itertools import combinations, pairwise
from random import Random
from typing import Any, NamedTuple

import pytest

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.air import Air
from fleet.dispatch.monitor.aside import Aside
from fleet.dispatch.separation.flights import Seen, planned_intent, room_of, waypoints
from fleet.dispatch.separation.goingon import Flight, may_go_on
from fleet.domain.evolve import evolve
from fleet.domain.fleet import Separation, SortieType
from fleet.domain.punctuality import late_after
from fleet.domain.state import MissionRecord
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.mission import Drop, Load, Mission, Travel, Unload
from fleet.protocol.values import Place, TimeWindow, Waypoint
from geofences import Intent, clear_after_s
from tests.support.soak import chosen

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME = Place(lon=-8.0, lat=41.0)
RULE = Separation()
HEIGHT_M, CRUISE_MPS, UP_S, DOWN_S, LOAD_S, DROP_S = 60.0, 16.0, 15.0, 25.0, 90.0, 40.0
LOOK_S, LONGEST_S = 5, 3600
NORTH_M = 111_100.0
EAST_M = NORTH_M * math.cos(math.radians(HOME.lat))


def drone() -> SortieType:
    kind = default_fleet().spec.types["courier-x4"]
    assert isinstance(kind, SortieType)
    return kind


KIND = drone()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def mission(number: int, start_s: float, door: Place, far_m: float) -> Mission:
    """Loads from ``start_s`` on, out to a door that is so far away, and home the same way."""
    cruise_s = far_m / CRUISE_MPS

    def way(name: str, a: Place, b: Place, begins_s: float) -> Travel:
        times = (begins_s, begins_s + UP_S, begins_s + UP_S + cruise_s, begins_s + UP_S + cruise_s + DOWN_S)
        places = zip((a, a, b, b), (0.0, HEIGHT_M, HEIGHT_M, 0.0), times, strict=True)
        path = tuple(Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=h, at=at(t)) for p, h, t in places)
        return Travel(step_id=name, path=path, corridor_m=KIND.corridor_m)

    out_s = start_s + LOAD_S
    back_s = out_s + UP_S + cruise_s + DOWN_S + DROP_S
    order_id = f"P{number}"
    window = TimeWindow(start=NOON, end=at(2 * LONGEST_S))
    return Mission(
        mission_id=f"M{number:02d}",
        asset_id=f"S1/drone-{number}",
        steps=(
            Load(step_id="load", site_id="S1", order_ids=(order_id,)),
            way("out", HOME, door, out_s),
            Drop(step_id="drop", order_id=order_id, place=door, service_s=DROP_S, window=window),
            way("back", door, HOME, back_s),
            Unload(step_id="unload", site_id="S1"),
        ),
        start_at=at(start_s),
        expires_at=at(2 * LONGEST_S),
        home=HOME,
    )


class Slip(NamedTuple):
    """How much longer loading and drop take than planned, in s, and how fast it flies, of what was planned."""

    load_s: float
    drop_s: float
    pace: float


@dataclass
class Drone:
    """One aircraft: where it truly is, and what the hub knows of it."""

    record: MissionRecord
    slip: Slip
    step: int = 0
    gone_s: float = 0.0
    told_s: float | None = None
    """When what it was told last is done: a second after it was told."""
    holds: bool = False
    to_hold: bool = False
    waited_s: int = 0
    """In the air."""

    @property
    def over(self) -> bool:
        return self.step >= 4

    @property
    def flies(self) -> bool:
        return self.step in (1, 3)

    def where(self) -> tuple[float, float, float]:
        """Longitude, latitude, height."""
        step = self.record.mission.steps[self.step]
        if not isinstance(step, Travel):
            place = HOME if self.step in (0, 4) else step.place  # type: ignore[union-attr]
            return place.lon, place.lat, 0.0
        path = waypoints(step)
        due = path[0].at + timedelta(seconds=self.gone_s)
        for a, b in pairwise(path):
            if due <= b.at:
                share = (due - a.at) / (b.at - a.at)
                return (
                    a.lon + share * (b.lon - a.lon),
                    a.lat + share * (b.lat - a.lat),
                    a.alt_amsl_m + share * (b.alt_amsl_m - a.alt_amsl_m),
                )
        return path[-1].lon, path[-1].lat, path[-1].alt_amsl_m

    def lasts_s(self) -> float:
        """How long its present step takes, in planned seconds."""
        step = self.record.mission.steps[self.step]
        if isinstance(step, Travel):
            path = waypoints(step)
            return (path[-1].at - path[0].at).total_seconds()
        return LOAD_S + self.slip.load_s if self.step == 0 else DROP_S + self.slip.drop_s

    def sample(self, now_s: float) -> Telemetry:
        lon, lat, height_m = self.where()
        state = ("loading", "travelling", "dropping", "travelling")[self.step]
        return Telemetry(
            at=at(now_s),
            lon=lon,
            lat=lat,
            alt_amsl_m=height_m,
            soc=0.9,
            mission_id=self.record.mission.mission_id,
            step_id=self.record.mission.steps[self.step].step_id,
            state="holding" if self.holds else state,
        )


@dataclass
class Day:
    """All aircraft of the site, the monitor that watches them, and what came of it."""

    drones: list[Drone]
    losses: list[str] = field(default_factory=list)
    not_answered: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    held_at_once: int = 0
    now_s: int = 0

    def __post_init__(self) -> None:
        self.air = Air(lambda *_: True, lambda *_: iter(()))
        self.by_id: dict[str, Drone] = {drone.record.mission.asset_id: drone for drone in self.drones}

    def watch(self, drone: Drone) -> None:
        if drone.over:
            self.air.forget(drone.record.mission.asset_id)
            return
        begun = self.now_s >= (drone.record.mission.start_at - NOON).total_seconds()
        sample = drone.sample(self.now_s) if begun else None
        self.air.watch(
            drone.record.mission.asset_id, drone.record, KIND, RULE, sample, lost=False, now=at(self.now_s)
        )

    def run(self) -> None:
        for drone in self.drones:
            self.watch(drone)
        while self.now_s < LONGEST_S and not all(drone.over for drone in self.drones):
            self.now_s += 1
            for drone in self.drones:
                self.second(drone)
            self.compare()
            if self.now_s % LOOK_S == 0:
                self.look_for_rings()

    def second(self, drone: Drone) -> None:
        start_s = (drone.record.mission.start_at - NOON).total_seconds()
        if drone.over or self.now_s < start_s:
            return
        if drone.record.status is not MissionStatus.ACTIVE:
            drone.record = evolve(drone.record, status=MissionStatus.ACTIVE, current="load")
            self.watch(drone)
        if drone.told_s is not None and self.now_s >= drone.told_s and drone.step != 2:
            drone.holds, drone.told_s = drone.to_hold, None
        if drone.holds:
            drone.waited_s += drone.flies
        elif self.is_over(drone):
            return
        for finding in self.air.check(
            drone.record.mission.asset_id, drone.sample(self.now_s), at(self.now_s)
        ):
            self.heed(finding)
        if drone.holds and self.now_s % LOOK_S == 0 and self.may_go_on(drone):
            drone.to_hold, drone.told_s = False, self.now_s + 1

    def is_over(self, drone: Drone) -> bool:
        """Whether it has come to its end with this second."""
        drone.gone_s += drone.slip.pace if drone.flies else 1.0
        if drone.gone_s < drone.lasts_s():
            return False
        ended = drone.record.mission.steps[drone.step].step_id
        late_s = late_after(drone.record, ended, at(self.now_s))
        drone.step, drone.gone_s = drone.step + 1, 0.0
        current = drone.record.mission.steps[drone.step].step_id
        ends = drone.record.ended | {ended}
        drone.record = evolve(drone.record, ended=ends, current=current, late_s=late_s)
        self.watch(drone)
        return drone.over

    def heed(self, finding: Finding) -> None:
        drone = self.by_id[finding.asset_id]
        if finding.advice is Action.HOLD and not drone.to_hold:
            drone.to_hold, drone.told_s = True, self.now_s + 1
            self.waits.append(f"{self.now_s} {finding.mission_id}: {finding.reasons[0].source}")
        elif finding.advice is not Action.HOLD:
            self.not_answered.append(f"{self.now_s} {finding.mission_id}: {finding.reasons[0].detail}")

    def look_for_rings(self) -> None:
        """Who holds waits for others that hold: raises ``CycleError`` where that goes round."""
        held = [drone for drone in self.drones if drone.holds and not drone.over]
        self.held_at_once = max(self.held_at_once, len(held))
        waits_for = {
            one.record.mission.mission_id: {
                other.record.mission.mission_id
                for other in held
                if other is not one and not may_go_on(self.seen(one), [self.seen(other)], RULE)
            }
            for one in held
        }
        TopologicalSorter(waits_for).prepare()

    def may_go_on(self, drone: Drone) -> bool:
        others = (self.seen(other) for other in self.drones if other is not drone and not other.over)
        return may_go_on(self.seen(drone), others, RULE)

    def seen(self, drone: Drone) -> Flight:
        begun = drone.record.status is MissionStatus.ACTIVE
        return Flight(
            drone.record, KIND, Seen(drone.sample(self.now_s) if begun else None, False, at(self.now_s))
        )

    def compare(self) -> None:
        """The judge's rule: two in the air are too near when both distances are less at once."""
        flying = [(drone, drone.where()) for drone in self.drones if drone.flies]
        for (one, a), (other, b) in combinations(flying, 2):
            beside_m = math.hypot((a[0] - b[0]) * EAST_M, (a[1] - b[1]) * NORTH_M)
            if beside_m < RULE.lateral_m and abs(a[2] - b[2]) < RULE.vertical_m:
                ids = one.record.mission.mission_id, other.record.mission.mission_id
                self.losses.append(f"{self.now_s} {ids}")


def day_of(seed: int, drones: int, worst: Slip) -> Day:
    """Sorties that meet nobody as they are sent, as close to each other as that allows; each slips as drawn."""
    rng, sent = Random(seed), list[Intent]()
    found = []
    for number in range(1, drones + 1):
        far_m, bearing = rng.uniform(600, 3000), rng.uniform(0, 2 * math.pi)
        door = Place(
            lon=HOME.lon + far_m * math.sin(bearing) / EAST_M,
            lat=HOME.lat + far_m * math.cos(bearing) / NORTH_M,
        )
        made = mission(number, 10.0, door, far_m)
        wait_s = clear_after_s(_intent(made), sent, LONGEST_S)
        assert wait_s is not None
        made = mission(number, 10.0 + wait_s, door, far_m)
        sent.append(_intent(made))
        slip = Slip(
            rng.uniform(-5, worst.load_s), rng.uniform(-2, worst.drop_s), rng.uniform(worst.pace, 1.05)
        )
        found.append(Drone(MissionRecord(made, "drone", MissionStatus.ACCEPTED, NOON), slip))
    return Day(found)


def _intent(made: Mission) -> Intent:
    path = [point for step in made.steps if isinstance(step, Travel) for point in waypoints(step)]
    return planned_intent(made.mission_id, path, room_of(KIND, RULE))


SEEDS = range(chosen(2, long=6))
SLOWEST = Slip(load_s=60, drop_s=60, pace=0.85)
"""Up to a minute late from the ground and as much again from the drop, and against winds that were not forecast."""
MOST_WAIT_S = 300


@pytest.mark.parametrize("seed", SEEDS)
def test_twelve_of_one_site_all_come_home(seed: int) -> None:
    """Though each is late in its own way. Some hold, none for long in the air: there nobody waits for who has not left,
    or for who waits for him."""
    day = day_of(seed, 12, SLOWEST)
    day.run()
    assert all(drone.over for drone in day.drones), day.waits
    assert (day.losses, day.not_answered) == ([], [])
    assert day.waits
    assert day.held_at_once > 1
    assert max(drone.waited_s for drone in day.drones) <= MOST_WAIT_S


def test_nobody_holds_on_the_way_of_one_that_holds() -> None:
    """One comes home along the line on which another is going out, and was told to hold 500 m away. The other would
    come to hold between it and its home, each in the other's way: it turns round instead."""
    door = Place(lon=HOME.lon, lat=HOME.lat + 2000 / NORTH_M)
    out, back = mission(1, 10, door, 2000), mission(2, -500, door, 2000)
    now_s = 10 + LOAD_S + UP_S + 300 / CRUISE_MPS
    heard: dict[str, Any] = {"at": at(now_s), "lon": HOME.lon, "alt_amsl_m": HEIGHT_M, "soc": 0.9}
    going = Telemetry(
        **heard, lat=HOME.lat + 300 / NORTH_M, mission_id="M01", step_id="out", state="travelling"
    )
    held = Telemetry(**heard, lat=HOME.lat + 500 / NORTH_M, mission_id="M02", step_id="back", state="holding")
    leaving = MissionRecord(
        out, "drone", MissionStatus.ACTIVE, NOON, current="out", ended=frozenset({"load"})
    )
    homing = MissionRecord(
        back, "drone", MissionStatus.ACTIVE, NOON, current="back", ended=frozenset({"load", "out", "drop"})
    )
    home = Aside(Action.RETURN, None, leaving, going.model_copy(update={"state": "returning"}))
    air = Air(lambda *_: True, lambda *_: iter((home,)))
    air.watch("S1/drone-2", homing, KIND, RULE, held, lost=False, now=at(now_s))
    air.watch("S1/drone-1", leaving, KIND, RULE, going, lost=False, now=at(now_s))
    (told,) = air.check("S1/drone-1", going, at(now_s))
    assert (told.asset_id, told.advice) == ("S1/drone-1", Action.RETURN)


def test_the_judge_of_these_days_sees_it_where_nobody_holds() -> None:
    """The same day, what the monitor says left unheard."""
    day = day_of(0, 12, SLOWEST)
    day.heed = lambda finding: None  # type: ignore[method-assign] # noqa: ARG005
    day.run()
    assert day.losses
