"""A vehicle with a mission: takes it, works off its steps, reports each, follows commands, ends it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from fleet.domain.events import AssetRecord
from fleet.domain.fleet import RouteType, SortieType
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    FailedItem,
    MissionEnded,
    PackState,
    StepReport,
    Telemetry,
)
from fleet.protocol.mission import Drop, Load, Mission, Step, Stop, Unload
from fleet.sim.agenda import Ticket
from fleet.sim.asset import Asset
from fleet.sim.body import Body
from fleet.sim.geo import Piece, Point, on_ground
from fleet.sim.parcels import Holder
from fleet.sim.stage import Stage
from fleet.sim.tasks import Do, Move, Until, Wait

IDLE_TELEMETRY_S: Final = 60.0


class Refusal(Exception):
    """The vehicle won't: a code and words for a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Mover(Asset, ABC):
    """A vehicle. Derived classes say how it moves, what its steps mean, and what its commands do."""

    telemetry_s: ClassVar[float]
    steps: ClassVar[Mapping[type[Any], Callable[[Any, Any], None]]]
    commands: ClassVar[Mapping[Action, Callable[[Any, Command], None]]]

    def __init__(self, stage: Stage, record: AssetRecord, asset_type: SortieType | RouteType) -> None:
        super().__init__(stage, record)
        self.model = asset_type
        home = stage.site(record.site_id)
        assert home is not None, record.site_id
        self.home = home
        position = on_ground(home.place, stage.spec.ground_amsl_m)
        self.body = Body(stage, position, self.plan_piece, self.piece_begun, self.piece_done)
        self.site_id: str | None = home.site_id
        self.mission: Mission | None = None
        self.step: Step | None = None
        self.todo: deque[Step] = deque()
        self.done: dict[str, Step] = {}
        self.faulted = False
        self.state = "idle"
        self.ending: tuple[str, str] | None = None
        self.begun = False
        self._missing: set[str] = set()
        self._last_mission: str | None = None
        self._telemetry: Ticket | None = None

    # What derived classes say

    @abstractmethod
    def plan_piece(self, position: Point, move: Move) -> tuple[Piece, Move | None] | None:
        """The next piece of a move; none when it is at its end."""

    def piece_begun(self, piece: Piece) -> None:
        """A piece of movement or standing begins."""

    def piece_done(self, piece: Piece) -> None:
        """A piece lies behind."""
        mission_id = self.mission.mission_id if self.mission else None
        self.stage.judge.moved(self.record, mission_id, piece, airborne=self.airborne)

    @property
    def airborne(self) -> bool:
        """Whether it is in the air."""
        return False

    def energy_used_wh(self) -> float | None:
        """What this trip has taken so far, as measured; none where nothing measures it."""
        return None

    def soc(self) -> float | None:
        """State of charge as measured; none where nothing measures it."""
        return None

    # Missions

    def on_assign(self, message: Assign) -> None:
        """Take a mission or a revision of the present one, or say why not."""
        try:
            if self.mission is not None and self.mission.mission_id == message.mission.mission_id:
                self._revise(message.mission)
            else:
                self._check(message.mission)
                self._take(message.mission)
        except Refusal as refusal:
            self._reply(message, refusal.code, refusal.detail)
            return
        self._reply(message)
        self.body.go()

    def _check(self, mission: Mission) -> None:
        if self.faulted:
            raise Refusal("faulted", f"{self.asset_id} is out of order")
        if self.mission is not None:
            raise Refusal("busy", f"{self.asset_id} is on {self.mission.mission_id}")
        if mission.mission_id == self._last_mission:
            raise Refusal("over", "this mission is over")
        if self.stage.now > mission.expires_at:
            raise Refusal("expired", f"it was to begin by {mission.expires_at.isoformat()}")
        self._check_steps(mission)
        first = mission.steps[0]
        if isinstance(first, Load) and first.site_id != self.site_id:
            raise Refusal("not_at_site", f"{self.asset_id} is not at {first.site_id}")

    def _check_steps(self, mission: Mission) -> None:
        strange = next((s for s in mission.steps if type(s) not in self.steps), None)
        if strange is not None:
            raise Refusal("unknown_step", f"a {self.record.kind} knows no step {strange.step!r}")

    def _take(self, mission: Mission) -> None:
        self.mission, self.todo, self.done = mission, deque(mission.steps), {}
        self.step = self.ending = None
        self.begun = False
        self._missing = set()
        self.body.queue.clear()
        self.body.queue.extend((Until(mission.start_at), Do(self._set_out)))

    def _set_out(self) -> None:
        """Begin, unless it is too late for that: the hub has then given the parcels to another."""
        assert self.mission is not None
        if self.stage.now > self.mission.expires_at:
            self.ending = ("cancelled", "expired")
            self.end_mission("it was too late to begin")
        else:
            self._begin()

    def _begin(self) -> None:
        self.begun = True
        self.send_telemetry()
        self.next_step()

    def _revise(self, mission: Mission) -> None:
        assert self.mission is not None
        if mission.revision <= self.mission.revision:
            return
        if self.ending is not None:
            raise Refusal("ending", "the trip is being ended")
        self._check_steps(mission)
        self._check_fresh(mission)
        self.mission = mission
        by_id = {s.step_id: s for s in mission.steps}
        if self.step is not None:
            self.step = by_id[self.step.step_id]
        under_way = self.step.step_id if self.step else None
        self.todo = deque(s for s in mission.steps if s.step_id not in self.done and s.step_id != under_way)
        if not self.begun:
            self.body.instead((Until(mission.start_at), Do(self._set_out)))
        self.revised()

    def revised(self) -> None:
        """The part not yet done was replaced."""

    def _check_fresh(self, mission: Mission) -> None:
        """What is done may stand in a revision as history, but not changed; what is under way must be in it."""
        by_id = {s.step_id: s for s in mission.steps}
        for step_id, step in self.done.items():
            if step_id in by_id and work_of(by_id[step_id]) != work_of(step):
                raise Refusal("stale_revision", f"step {step_id!r} is done already")
        if self.step is None:
            return
        new = by_id.get(self.step.step_id)
        if new is None or (self.serving and work_of(new) != work_of(self.step)):
            raise Refusal("stale_revision", f"step {self.step.step_id!r} is under way")

    @property
    def serving(self) -> bool:
        """Whether the step under way can't be changed any more."""
        return True

    def on_cancel(self, message: CancelMission) -> None:
        """Drop the mission if nothing of it has begun; one that is not known has not begun either."""
        if self.mission is not None and self.mission.mission_id == message.mission_id:
            if not self.begun:
                self.body.instead(())
                self.ending = ("cancelled", "cancelled")
                self.end_mission(message.why)
        elif message.mission_id != self._last_mission:
            self.say(
                MissionEnded(
                    mission_id=message.mission_id,
                    outcome="cancelled",
                    at=self.stage.now,
                    place=self.body.where().place,
                    site_id=self.site_id,
                    on_board=self.aboard(),
                    code="unknown_mission",
                )
            )

    def next_step(self) -> None:
        """Go on to the next step, or end the mission."""
        self.step = None
        if self.todo:
            self.step = self.todo.popleft()
            self.steps[type(self.step)](self, self.step)
        else:
            self.end_mission()

    def started(self) -> None:
        """Report that the step under way has begun."""
        self._report("started")

    def finished(self, order_ids: tuple[str, ...] = (), failed: tuple[FailedItem, ...] = ()) -> None:
        """Report that the step under way is done, and go on."""
        self._report("done", order_ids, failed)
        self._over()
        self.next_step()

    def step_failed(self, code: str, detail: str, failed: tuple[FailedItem, ...] = ()) -> None:
        """Report that the step under way came to nothing; the caller says what follows."""
        if self.step is not None:
            self._report("failed", (), failed, code, detail)
            self._over()

    def _over(self) -> None:
        if self.step is not None:
            self.done[self.step.step_id] = self.step
            self.step = None

    def _report(
        self,
        state: Any,
        order_ids: tuple[str, ...] = (),
        failed: tuple[FailedItem, ...] = (),
        code: str | None = None,
        detail: str = "",
    ) -> None:
        assert self.mission is not None
        assert self.step is not None
        self.say(
            StepReport(
                mission_id=self.mission.mission_id,
                step_id=self.step.step_id,
                state=state,
                at=self.stage.now,
                place=self.body.where().place,
                site_id=self.site_id,
                order_ids=order_ids,
                failed=failed,
                code=code,
                detail=detail,
            )
        )

    def end_mission(self, detail: str = "") -> None:
        """Report the end; whatever was not reported as another ending is a completion."""
        assert self.mission is not None
        outcome, code = self.ending or ("completed", None)
        mission, self.mission = self.mission, None
        self._last_mission = mission.mission_id
        self.todo.clear()
        self.step = self.ending = None
        self.state = "idle"
        self.say(
            MissionEnded(
                mission_id=mission.mission_id,
                outcome=outcome,  # type: ignore[arg-type]
                at=self.stage.now,
                place=self.body.where().place,
                site_id=self.site_id,
                on_board=self.aboard(),
                energy_used_wh=self.energy_used_wh() if self.begun else None,
                code=code,
                detail=detail,
            )
        )
        self.mission_over_for(mission)
        if not self.at_home:
            self.stage.stranded(self)

    @property
    def at_home(self) -> bool:
        """Whether it stands at the site that it belongs to."""
        return self.site_id == self.home.site_id

    def brought_home(self) -> None:
        """People have brought it to its site, with all that is on board, and have unloaded it."""
        for order_id in self.aboard():
            self.stage.parcels.pass_on(order_id, self.me, Holder("site", self.home.site_id))
        self.body.instead(())
        self.body.position = on_ground(self.home.place, self.stage.spec.ground_amsl_m)
        self.site_id = self.home.site_id
        self.send_telemetry()

    def mission_over_for(self, mission: Mission) -> None:
        """What follows when a mission has ended."""

    # Parcels

    def aboard(self) -> tuple[str, ...]:
        """The parcels on board."""
        return self.stage.parcels.at(self.me)

    def take_over(
        self, order_ids: tuple[str, ...], find: Callable[[str], FailedItem | None]
    ) -> list[FailedItem]:
        """Take parcels over, each with ``find``; those that failed, which this mission then does not miss."""
        failed = [item for o in order_ids if (item := find(o)) is not None]
        self._missing |= {item.order_id for item in failed}
        return failed

    def from_site(self, site_id: str, order_id: str) -> FailedItem | None:
        """Take one parcel from a site, or from a vehicle that stands there. One never seen came with the linehaul."""
        parcels, site = self.stage.parcels, Holder("site", site_id)
        if order_id in self.aboard():
            return None
        parcels.appear(order_id, site)
        if parcels.pass_on(order_id, site, self.me) or self.from_vehicle(order_id):
            return None
        return self.not_found(order_id, f"not at {site_id}")

    def from_vehicle(self, order_id: str) -> bool:
        """Take one parcel from a vehicle that stands here without a mission."""
        holder = self.stage.parcels.holder(order_id)
        found = (
            holder is not None
            and holder.kind == "asset"
            and self.stage.stands_near(holder.id, self.body.where())
        )
        return holder is not None and found and self.stage.parcels.pass_on(order_id, holder, self.me)

    def not_found(self, order_id: str, detail: str) -> FailedItem:
        """A parcel that is not where it should be: for the hub a failure, for the judge a break of custody."""
        holder = self.stage.parcels.holder(order_id)
        truth = "nobody knows it" if holder is None else f"{holder.kind} {holder.id} has it"
        self.stage.judge.custody_broken(self.stage.now, self.asset_id, order_id, f"{detail}; {truth}")
        return FailedItem(order_id=order_id, code="not_found", detail=detail)

    def not_aboard(self, order_id: str) -> FailedItem:
        """A parcel to be handed over that is not on board; no surprise when it could not be taken over before."""
        if order_id in self._missing:
            return FailedItem(order_id=order_id, code="not_found", detail="it could not be taken over before")
        return self.not_found(order_id, "not on board")

    # Commands and condition

    def on_command(self, message: Command) -> None:
        """Do it now, or say why not."""
        try:
            if self.mission is None or self.faulted:
                raise Refusal("not_under_way", f"{self.asset_id} has no mission under way")
            follow = self.commands.get(message.action)
            if follow is None:
                raise Refusal("impossible", f"a {self.record.kind} can't {message.action.value}")
            if message.action is Action.DIVERT and message.place is None:
                raise Refusal("no_place", "a diversion needs a place")
            self.say(CommandReply(command_id=message.command_id, accepted=True))
            follow(self, message)
        except Refusal as refusal:
            self.say(CommandReply(command_id=message.command_id, accepted=False, detail=refusal.detail))

    def break_down(self, code: str, detail: str) -> None:
        """It stops where it is, for the day."""
        self.faulted = True
        self.body.instead(())
        place = self.body.where().place
        self.say(AssetReport(condition="faulted", at=self.stage.now, place=place, code=code, detail=detail))
        if self.mission is not None:
            self.step_failed(code, detail)
            self.ending = ("failed", code)
            self.end_mission(detail)
        self.state = "faulted"

    def lose_link(self) -> None:
        """The radio is silent from now on."""
        self.radio.silent = True

    def regain_link(self) -> None:
        """The radio works again."""
        self.radio.come_back()

    # Telemetry

    def start(self) -> None:
        """The day begins."""
        self.say(
            AssetReport(
                condition="ready",
                at=self.stage.now,
                soc=self.soc(),
                packs=self.packs(),
                place=self.home.place,
                site_id=self.site_id,
            )
        )
        self.send_telemetry()

    def send_telemetry(self) -> None:
        """Tell where it is and how it is, and plan the next time."""
        if self._telemetry is not None:
            self._telemetry.cancel()
        self.radio.say(self.sample())
        under_way = self.mission is not None and self.begun
        self._telemetry = self.stage.agenda.after(
            self.telemetry_s if under_way else IDLE_TELEMETRY_S, self.send_telemetry
        )

    def sample(self) -> Telemetry:
        """One sample of telemetry, of what is measured."""
        where, piece, mission = self.body.where(), self.body.piece, self.mission
        return Telemetry(
            at=self.stage.now,
            lon=where.lon,
            lat=where.lat,
            alt_amsl_m=self.altitude(where),
            ground_speed_mps=0.0 if piece is None else piece.speed_mps,
            heading_deg=self.heading_deg(piece),
            airspeed_mps=self.airspeed_mps(piece),
            soc=self.soc(),
            energy_used_wh=self.energy_used_wh() if mission and self.begun else None,
            packs=self.packs(),
            mission_id=mission.mission_id if mission and self.begun else None,
            step_id=self.step.step_id if self.step else None,
            state="holding" if self.body.held else self.state,
        )

    def packs(self) -> tuple[PackState, ...] | None:
        """What each of its packs says; none where it has one, or none that is measured."""
        return None

    def altitude(self, where: Point) -> float | None:
        """The measured height; none for what does not measure it."""
        del where
        return None

    def heading_deg(self, piece: Piece | None) -> float | None:
        """Where its nose points on its present piece: along it; none where it has none, or stands."""
        return None if piece is None else piece.heading_deg

    def airspeed_mps(self, piece: Piece | None) -> float | None:
        """How fast it goes through the air; none for what does not measure it."""
        del piece
        return None

    def spread(self, sigma: float, *names: object) -> float:
        """A factor of chance for this asset and mission."""
        mission_id = self.mission.mission_id if self.mission else ""
        return self.stage.chance.spread(sigma, self.asset_id, mission_id, *names)

    def pause(self, seconds: float, *names: object) -> Wait:
        """A time with some spread."""
        return Wait(seconds * self.spread(0.08, *names))


def work_of(step: Step) -> tuple[object, ...]:
    """What a step does, without its times."""
    if isinstance(step, Stop):
        return (step.step, step.place, step.deliver, step.collect, step.locker_id, step.site_id)
    if isinstance(step, Load | Unload):
        return (step.step, step.site_id, frozenset(step.order_ids))
    if isinstance(step, Drop):
        return (step.step, step.order_id, step.place, step.locker_id)
    return (step.step, step.step_id)
