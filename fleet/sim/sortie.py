"""Drones and sidewalk robots: out with a parcel, hand it over, back home, charge."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from fleet.domain.events import AssetRecord
from fleet.domain.fleet import SortieType
from fleet.protocol.messages import Action, AssetReport, Command, Factsheet, PackState
from fleet.protocol.mission import Drop, Load, Mission, Step, Travel, Unload
from fleet.protocol.values import Place
from fleet.sim.agenda import Ticket
from fleet.sim.errors import SimError
from fleet.sim.geo import Piece, Point, on_ground
from fleet.sim.machines import KNOWN, GroundRobot, Multirotor, pack_share
from fleet.sim.mover import Mover
from fleet.sim.pack import Pack
from fleet.sim.parcels import Holder
from fleet.sim.plug import Plug
from fleet.sim.stage import Stage
from fleet.sim.tasks import Do, Move, Wait

UNLOAD_S: Final = 30.0
SOUND_V: Final = 44.4
"""The nominal voltage of twelve lithium cells."""
GAUGE_ERROR: Final = 0.0008
"""A fuel gauge may show too little, never too much: it is set to the safe side by its maker."""


class SortieVehicle(Mover):
    """What drones and robots have in common: a battery, and the shape of their missions."""

    model: SortieType
    drop_sigma: ClassVar[float] = 0.05

    def __init__(self, stage: Stage, record: AssetRecord, asset_type: SortieType) -> None:
        self.machine = true_machine(stage, asset_type)
        ageing = stage.chance.between(0.0, 0.003, record.asset_id, "ageing")
        share = (
            pack_share(stage.air.temperature_c(stage.spec.start)) * asset_type.state_of_health * (1 - ageing)
        )
        parts = asset_type.packs or 1
        self.pack = Pack(self.machine.pack_wh * share, asset_type.floor_fraction, stage.now, parts)
        self.hunger = stage.chance.between(0.998, 1.002, record.asset_id, "hunger")
        self.appetite = stage.spec.appetites.get(record.asset_id, 1.0)
        self._trips = 0
        self.trail: list[Point] = []
        self._used_before_wh = 0.0
        self._lost_on: str | None = None
        self.plug = Plug(self)
        self._empty: Ticket | None = None
        super().__init__(stage, record, asset_type)

    def factsheet(self) -> Factsheet:
        """What it says of itself when it connects."""
        return super().factsheet().model_copy(update={"pack_wh": self.machine.pack_wh})

    # What it measures

    def soc(self) -> float:
        """State of charge as its gauge shows it."""
        true = self.pack.soc(self.stage.now)
        error = self.stage.chance.between(
            0.0, GAUGE_ERROR, self.asset_id, "gauge", self.stage.now.timestamp()
        )
        return round(max(0.0, true - error), 5)

    def packs(self) -> tuple[PackState, ...] | None:
        """What each of several packs says; the last ones are those that have failed."""
        parts, failed = self.pack.parts, self.pack.failed
        if parts == 1:
            return None
        level = min(1.0, round(self.soc() * parts / (parts - failed), 5)) if failed < parts else 0.0
        return tuple(
            PackState(pack=number, soc=level, voltage_v=SOUND_V)
            if number <= parts - failed
            else PackState(pack=number, soc=0.0, voltage_v=0.0, condition="failed")
            for number in range(1, parts + 1)
        )

    def pack_fails(self) -> None:
        """One of its packs gives nothing any more."""
        self.pack.fail(self.stage.now)
        self._lost_on = self.mission.mission_id if self.mission is not None else None
        if self.body.piece is not None:
            self._watch_pack(self.body.piece)

    def energy_used_wh(self) -> float:
        """What this trip has taken so far."""
        return round(max(0.0, self.pack.used_wh(self.stage.now) - self._used_before_wh), 3)

    def payload_kg(self) -> float:
        """What is on board."""
        if self.mission is None:
            return 0.0
        weights = {item.order_id: item.weight_kg for item in self.mission.items}
        return sum(weights.get(order_id, 0.0) for order_id in self.aboard())

    # Power

    @abstractmethod
    def power_w(self, piece: Piece) -> float:
        """What a piece of movement or standing draws."""

    def piece_begun(self, piece: Piece) -> None:
        """Draw power; look ahead whether the pack lasts."""
        if self.mission is None or not self.begun:
            return
        if self.plug.at_site and (piece.metres > 0 or piece.start != piece.end):
            self.plug.pull()
        if not self.plug.on:
            self.pack.run(self.stage.now, self.power_w(piece) * self.hunger * self.appetite)
            self._watch_pack(piece)

    def _watch_pack(self, piece: Piece) -> None:
        if self._empty is not None:
            self._empty.cancel()
        empty_at = self.pack.empty_at()
        self._empty = (
            self.stage.agenda.at(empty_at, self._run_dry) if empty_at and empty_at < piece.ends else None
        )

    def _run_dry(self) -> None:
        self.stage.judge.crashed(
            self.stage.now, self.asset_id, self.mission.mission_id if self.mission else None
        )
        self.site_id = None
        if self.mission is not None:
            self._come_down()
        self.break_down("battery_empty", "the battery ran empty on the way")

    def put_in(self, pack: Pack) -> None:
        """Another pack is put in."""
        self.pack = pack
        self._used_before_wh = pack.used_wh(self.stage.now)

    def tell_condition(self, condition: Any, code: str | None = None, detail: str = "") -> None:
        """Report its own condition, and what is in its battery."""
        place, now = self.body.where().place, self.stage.now
        report = AssetReport(
            condition=condition,
            at=now,
            soc=self.soc(),
            packs=self.packs(),
            place=place,
            site_id=self.site_id,
            code=code,
            detail=detail,
        )
        self.say(report)

    # Steps

    def _begin(self) -> None:
        self.trail = [self.body.where()]
        self._used_before_wh = self.pack.used_wh(self.stage.now)
        super()._begin()

    def load(self, step: Load) -> None:
        """Take the parcel over at the site."""
        self.state = "loading"
        self.started()
        self.body.work(self.pause(self.model.load_s, "load"), Do(lambda: self._loaded(step)))

    def _loaded(self, step: Load) -> None:
        failed = self.take_over(step.order_ids, lambda o: self.from_site(step.site_id, o))
        taken = tuple(o for o in step.order_ids if o in self.aboard())
        if taken:
            self.finished(taken, tuple(failed))
            return
        self.step_failed("not_found", "nothing to load", tuple(failed))
        self.ending = ("failed", "not_loaded")
        self.end_mission()

    def travel(self, step: Travel) -> None:
        """Follow the path that was sent."""
        self.state = "travelling"
        self.started()
        points = tuple(Point(w.lon, w.lat, w.alt_amsl_m) for w in step.path)
        self.set_pace(step)
        self.site_id = None
        self.body.work(Move(points), Do(self._travelled))

    def set_pace(self, step: Travel) -> None:
        """How fast this way is travelled, where that depends on the way."""

    def _travelled(self) -> None:
        self.finished()

    def drop(self, step: Drop) -> None:
        """Set the parcel down, hand it over, or put it into a locker."""
        self.state = "dropping"
        self.started()
        self.body.work(
            Wait(step.service_s * self.spread(self.drop_sigma, "drop")), Do(lambda: self._dropped(step))
        )

    def _dropped(self, step: Drop) -> None:
        if step.order_id not in self.aboard():
            self._not_dropped(self.not_aboard(step.order_id).code, "it is not on board")
        elif (code := self._hand_over(step)) is not None:
            self._not_dropped(code, "the parcel stays on board")
        else:
            self.stage.judge.handed_over(self.stage.now, self.record.kind, step.order_id, step.window)
            self.finished((step.order_id,))

    def _hand_over(self, step: Drop) -> str | None:
        if step.locker_id is not None:
            return self.stage.deposit(step.locker_id, step.order_id, self.me)
        if not self.stage.people.opens(step.order_id):
            return "recipient_absent"
        self.stage.parcels.pass_on(step.order_id, self.me, Holder("recipient", step.order_id))
        return None

    def _not_dropped(self, code: str, detail: str) -> None:
        self.step_failed(code, detail)
        self.next_step()

    def unload(self, step: Unload) -> None:
        """Give back what is on board, at the site where it stands."""
        self.state = "unloading"
        site = self.stage.site_near(self.body.where().place)
        self.site_id = site.site_id if site else None
        self._come_down()
        self.started()
        self.body.work(self.pause(UNLOAD_S, "unload"), Do(lambda: self._unloaded(step)))

    def _unloaded(self, step: Unload) -> None:
        given = self.aboard()
        for order_id in given:
            self.stage.parcels.pass_on(order_id, self.me, Holder("site", self.site_id or step.site_id))
        self.finished(given)

    def _come_down(self) -> None:
        """The trip on the battery is over: the judge looks at what is left."""
        assert self.mission is not None
        now = self.stage.now
        self.pack.run(now, 0.0)
        self.stage.judge.came_down(
            now,
            self.asset_id,
            self.mission.mission_id,
            left_wh=self.pack.above_floor_wh(now),
            # What a failed pack takes with it is what a reserve is for.
            reserve_wh=None if self._lost_on == self.mission.mission_id else self.mission.reserve_wh,
            planned_wh=self.mission.energy_wh,
            used_wh=self.energy_used_wh(),
        )
        self.stage.judge.spent(self.record.kind, self.energy_used_wh())

    def mission_over_for(self, mission: Mission) -> None:
        """Plug in where there is a charger, and tell."""
        del mission
        self.body.held = False
        if self._empty is not None:
            self._empty.cancel()
        if self.faulted:
            self.pack.run(self.stage.now, 0.0)
        elif self.site_id is not None and not self.plug.at_site and self.begun:
            self.plug.fill()
        if self.begun:
            self._age()
        self.begun = False
        self.send_telemetry()

    def _age(self) -> None:
        """After a trip it takes a little more or less than before."""
        self._trips += 1
        drift, most = self.stage.spec.appetite_drift, self.stage.spec.appetite_most
        if drift > 0:
            step = self.stage.chance.of(self.asset_id, "appetite", self._trips).gauss(0.0, drift)
            self.appetite = min(max(self.appetite * math.exp(step), 1 - most), 1 + most)

    def brought_home(self) -> None:
        """Brought to its site it is plugged in, where it still works."""
        super().brought_home()
        if not self.faulted and not self.plug.at_site:
            self.plug.fill()

    # Commands

    def hold(self, message: Command) -> None:
        """Stay on the spot."""
        del message
        self.body.hold()

    def resume(self, message: Command) -> None:
        """Go on after a hold."""
        del message
        self.body.release()

    def go_home(self, message: Command) -> None:
        """Go home by the way it came."""
        del message
        self.return_home("returned_on_command", "told to return")

    def return_home(self, code: str, detail: str) -> None:
        """Leave what it does and go home by the way it came, or on by the way home that it is on."""
        if self.ending is not None:
            self.body.release()
            return
        way = self._way_home()
        at_home = self.site_id is not None
        self._abandon(("cancelled", code), code, detail)
        self.state = "unloading" if at_home else "returning"
        moves = () if at_home else (Move(way),)
        self.body.instead((*moves, Do(self._at_home)))

    def _way_home(self) -> tuple[Point, ...]:
        self.body.cut()
        left = self.body.moves_left()
        homeward = isinstance(self.step, Travel) and not any(isinstance(s, Drop) for s in self.todo)
        return left if homeward and left else tuple(reversed(self.trail))

    def _abandon(self, ending: tuple[str, str], code: str, detail: str) -> None:
        """The mission will end otherwise than planned; whatever is under way is reported as failed."""
        if self.step is not None and not isinstance(self.step, Unload):
            self.step_failed(code, detail)
        self.todo.clear()
        self.ending = ending
        self.body.held = False

    def _at_home(self) -> None:
        if not self.begun:
            self.end_mission()
            return
        self._give_back()

    def _give_back(self) -> None:
        """Unload as the mission's own last step says."""
        assert self.mission is not None
        last = self.mission.steps[-1]
        if isinstance(last, Unload) and last.step_id not in self.done:
            self.step = last
            self.unload(last)
        else:
            self._come_down()
            self.end_mission()

    def divert(self, message: Command) -> None:
        """Go to a place, straight or by way of the points that it is told, come down there and stay."""
        place = message.place
        assert place is not None, "checked when the command came"
        self.body.cut()
        self._abandon(("failed", "diverted"), "diverted", "told to divert")
        self.site_id = None
        self.state = "diverting"
        self.body.instead(
            (Move(self.away_to(place, message.via)), Do(lambda: self._diverted(message.place_id or "")))
        )

    def _diverted(self, detail: str) -> None:
        site = self.stage.site_near(self.body.where().place)
        self.site_id = site.site_id if site else None
        if site is not None and self.aboard():
            self._give_back()
        else:
            self._come_down()
            self.end_mission(detail)

    def land(self, message: Command) -> None:
        """Come down where it is, and stay."""
        del message
        self.body.cut()
        self._abandon(("failed", "landed"), "landed", "told to land")
        self.state = "landing"
        where = self.body.where()
        ground = Point(where.lon, where.lat, self.stage.spec.ground_amsl_m)
        self.body.instead((Move((ground,)), Do(self._landed)))

    def _landed(self) -> None:
        if self.site_id is not None:
            self._at_home()
            return
        self._come_down()
        self.end_mission("on the ground where it was told to land")

    def away_to(self, place: Place, via: tuple[Place, ...]) -> tuple[Point, ...]:
        """The way of a diversion."""
        return tuple(on_ground(each, self.stage.spec.ground_amsl_m) for each in (*via, place))

    def piece_done(self, piece: Piece) -> None:
        """Remember the way."""
        super().piece_done(piece)
        if self.mission is not None and piece.start != piece.end:
            self.trail.append(piece.end)

    steps: ClassVar[Mapping[type[Step], Callable[[Any, Any], None]]] = {
        Load: load,
        Travel: travel,
        Drop: drop,
        Unload: unload,
    }
    commands: ClassVar[Mapping[Action, Callable[[Any, Command], None]]] = {
        Action.HOLD: hold,
        Action.RESUME: resume,
        Action.RETURN: go_home,
        Action.DIVERT: divert,
        Action.LAND: land,
    }


def full_pack(stage: Stage, asset_type: SortieType) -> Pack:
    """A pack of a type as it truly is today, full."""
    share = pack_share(stage.air.temperature_c(stage.spec.start)) * asset_type.state_of_health
    whole_wh = true_machine(stage, asset_type).pack_wh * share
    return Pack(whole_wh, asset_type.floor_fraction, stage.now, asset_type.packs or 1)


def true_machine(stage: Stage, asset_type: SortieType) -> Multirotor | GroundRobot:
    """The true figures behind a type. Raises ``SimError`` with the names that there are."""
    name = asset_type.energy_model
    machine = stage.spec.machines.get(name) or KNOWN.get(name)
    if machine is None:
        known = ", ".join(sorted({*KNOWN, *stage.spec.machines}))
        raise SimError(
            f"type {asset_type.type_id!r}: how {name!r} truly is, is not known: give it in `machines` or use {known}"
        )
    return machine
