"""The simulated van with its driver: drives the stops in their order in the streets' true times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from fleet.domain.fleet import RouteType
from fleet.protocol.messages import Action, Command, FailedItem
from fleet.protocol.mission import Load, Mission, Step, Stop, Unload
from fleet.protocol.values import Place
from fleet.sim.errors import SimError
from fleet.sim.geo import Piece, Point, distance_m, on_ground
from fleet.sim.mover import Mover
from fleet.sim.parcels import Holder
from fleet.sim.tasks import Do, Drive, Move, Task, Until, Wait

UNLOAD_S: Final = 180.0
SHORTEST_STOP_S: Final = 20.0
# One curve for all distances, unlike the hub's bands: 183 s for the first kilometre, less and less for each more.
LEG_S: Final = 178.0
LEG_EXPONENT: Final = 0.79
LEG_SIGMA: Final = 0.14
STREET_M: Final = 1.52
STREET_EXPONENT: Final = 0.96
SERVICE_SIGMA: Final = 0.2


class Van(Mover):
    """A van on its route. Its driver works until the last stop is done."""

    model: RouteType
    telemetry_s: ClassVar[float] = 5.0
    rested: str | None = None
    """The last mission on which its driver has had his break."""

    def plan_piece(self, position: Point, move: Move) -> tuple[Piece, Move | None] | None:
        """Vans are driven leg by leg, never along free points."""
        raise SimError(f"{self.asset_id} at {position} was given {move}: a van is driven leg by leg")

    @property
    def serving(self) -> bool:
        """A stop can be changed until the van is there."""
        piece = self.body.piece
        return piece is None or piece.metres == 0

    def drive_to(self, place: Place) -> Drive:
        """The leg from here, in the time that it truly takes."""
        here = self.body.where()
        leg = (round(here.lon, 5), round(here.lat, 5), round(place.lon, 5), round(place.lat, 5))
        metres, usual_s = self._usual(here, place)
        seconds = usual_s * self.stage.chance.spread(LEG_SIGMA, "leg", *leg) * self.stage.slowness
        return Drive(on_ground(place, self.stage.spec.ground_amsl_m), seconds, metres)

    def _usual(self, here: Point, place: Place) -> tuple[float, float]:
        """Metres and seconds of a leg on a usual day: over the true streets where somebody knows them."""
        roads = self.stage.roads
        known = None if roads is None else roads(here.place, place, self.stage.now)
        if known is not None:
            return known
        crow_km = distance_m(here, place) / 1000
        return 1000 * STREET_M * crow_km**STREET_EXPONENT, LEG_S * crow_km**LEG_EXPONENT

    # Steps

    def load(self, step: Load) -> None:
        """Take over at the depot what the route begins with."""
        self.state = "loading"
        self.started()
        self.body.work(self.pause(self.model.load_s * 0.93, "load"), Do(lambda: self._loaded(step)))

    def _loaded(self, step: Load) -> None:
        failed = self.take_over(step.order_ids, lambda o: self.from_site(step.site_id, o))
        self.finished(tuple(o for o in step.order_ids if o in self.aboard()), tuple(failed))

    def stop(self, step: Stop) -> None:
        """Drive there; wait for the window."""
        self.state = "driving"
        self.site_id = None
        self.started()
        self.body.work(*self._with_break(self.drive_to(step.place)), Do(self._arrived))

    def _with_break(self, drive: Drive) -> tuple[Task, ...]:
        """The drive, with the driver's break where it is due on it: before it, or behind it where its time has not come
        yet."""
        mission = self.mission
        rest = None if mission is None else mission.driver_break
        if (
            mission is None
            or rest is None
            or self.rested == mission.mission_id
            or rest.after not in self.done
        ):
            return (drive,)
        lasts_s = (rest.end - rest.start).total_seconds()
        pause = Until(rest.begins.start), Wait(lasts_s), Do(self._rested)
        there = self.stage.now + timedelta(seconds=drive.seconds)
        early = self.stage.now < rest.begins.start and there <= rest.begins.end
        return (drive, *pause) if early else (*pause, drive)

    def _rested(self) -> None:
        self.rested = self.mission.mission_id if self.mission is not None else None

    def _arrived(self) -> None:
        step = self.step
        assert isinstance(step, Stop)
        self.state = "serving"
        service_s = max(SHORTEST_STOP_S, step.service_s * self.spread(SERVICE_SIGMA, "service", step.step_id))
        self.body.work(Until(step.window.start), Wait(service_s), Do(lambda: self._served(step)))

    def _served(self, step: Stop) -> None:
        failed = self.take_over(step.collect, lambda o: self._collect(step, o))
        failed += [item for o in step.deliver if (item := self._deliver(step, o)) is not None]
        missed = {item.order_id for item in failed}
        self.finished(tuple(o for o in (*step.deliver, *step.collect) if o not in missed), tuple(failed))

    def _deliver(self, step: Stop, order_id: str) -> FailedItem | None:
        if order_id not in self.aboard():
            return self.not_aboard(order_id)
        if (code := self._hand_over(step, order_id)) is not None:
            return FailedItem(order_id=order_id, code=code)
        if step.site_id is None:
            self.stage.judge.handed_over(self.stage.now, self.record.kind, order_id, step.window)
        return None

    def _hand_over(self, step: Stop, order_id: str) -> str | None:
        if step.locker_id is not None:
            return self.stage.deposit(step.locker_id, order_id, self.me)
        if step.site_id is not None:
            self.stage.parcels.pass_on(order_id, self.me, Holder("site", step.site_id))
            return None
        if not self.stage.people.opens(order_id):
            return "recipient_absent"
        self.stage.parcels.pass_on(order_id, self.me, Holder("recipient", order_id))
        return None

    def _collect(self, step: Stop, order_id: str) -> FailedItem | None:
        if step.site_id is not None:
            return self.from_site(step.site_id, order_id)
        if step.locker_id is not None:
            taken = self.stage.give_out(step.locker_id, order_id, self.me)
            return None if taken else self.not_found(order_id, f"not in {step.locker_id}")
        if self.from_vehicle(order_id):
            return None
        return self._from_sender(order_id)

    def _from_sender(self, order_id: str) -> FailedItem | None:
        sender = Holder("sender", order_id)
        if self.stage.parcels.holder(order_id) not in (None, sender):
            return self.not_found(order_id, "not with its sender, and no vehicle stands here that has it")
        if not self.stage.people.opens(order_id):
            return FailedItem(order_id=order_id, code="sender_absent")
        self.stage.parcels.appear(order_id, sender)
        self.stage.parcels.pass_on(order_id, sender, self.me)
        return None

    def unload(self, step: Unload) -> None:
        """Drive back to the depot; new stops may still come on the way there."""
        self.todo.appendleft(step)
        self.step = None
        self.state = "driving"
        site = self.stage.site(step.site_id) or self.home
        self.body.work(*self._with_break(self.drive_to(site.place)), Do(self._back))

    def _back(self) -> None:
        step = self.todo.popleft()
        self.step = step
        if not isinstance(step, Unload):
            self.steps[type(step)](self, step)
            return
        self.site_id = step.site_id
        self.state = "unloading"
        self.started()
        self.body.work(self.pause(UNLOAD_S, "unload"), Do(lambda: self._unloaded(step)))

    def _unloaded(self, step: Unload) -> None:
        given = self.aboard()
        for order_id in given:
            self.stage.parcels.pass_on(order_id, self.me, Holder("site", step.site_id))
        self.finished(given)

    def mission_over_for(self, mission: Mission) -> None:
        """Back at the depot and free, or standing where it broke down."""
        del mission
        self.body.held = False
        self.begun = False
        self.send_telemetry()

    def revised(self) -> None:
        """On the way home, and there is something to do again: turn round."""
        if self.begun and self.step is None and self.todo and not isinstance(self.todo[0], Unload):
            self.body.instead((Do(self.next_step),))

    # Commands

    def hold(self, message: Command) -> None:
        """Stop at the next safe place: where the present leg or stop ends."""
        del message
        self.body.hold_after_leg()

    def resume(self, message: Command) -> None:
        """Go on after a hold."""
        del message
        self.body.resume_legs()

    def go_home(self, message: Command) -> None:
        """Drive to the depot from wherever it is."""
        del message
        if self.ending is not None:
            self.body.resume_legs()
            return
        self.step_failed("returned_on_command", "told to return")
        self.ending = ("cancelled", "returned_on_command")
        assert self.mission is not None
        last = next(s for s in reversed(self.mission.steps) if isinstance(s, Unload))
        self.todo.clear()
        self.body.held = False
        self.body.instead(())
        if self.begun:
            self.unload(last)
        else:
            self.end_mission()

    steps: ClassVar[Mapping[type[Step], Callable[[Any, Any], None]]] = {
        Load: load,
        Stop: stop,
        Unload: unload,
    }
    commands: ClassVar[Mapping[Action, Callable[[Any, Command], None]]] = {
        Action.HOLD: hold,
        Action.RESUME: resume,
        Action.RETURN: go_home,
        Action.LAND: hold,
    }
