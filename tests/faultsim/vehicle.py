"""What is really there: vehicles, lockers and parcels, which forget nothing when a computer dies; and the adapter that
drives one of them.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.sdk.adapter import Adapter, Instruction, Report
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Factsheet,
    MissionEnded,
    MissionReply,
    ReleaseCompartment,
    ReserveCompartment,
    StepReport,
    Telemetry,
)
from fleet.protocol.mission import Drop, Load, Mission, Step, Stop, Unload
from fleet.protocol.values import CompartmentSize, Place


def named(mission: Mission) -> str:
    """What it is. A hub that was put back from a backup may give the name of one that it has forgotten to another."""
    return f"mission {mission.mission_id} {mission.revision} {mission.start_at.isoformat()}"


@dataclass(slots=True)
class Parcels:
    """Where each parcel really is: with which asset, in which locker, with its recipient; at its site if nowhere."""

    where: dict[str, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)

    def take(self, order_id: str, asset_id: str) -> bool:
        """An asset takes a parcel aboard; false where it is not there any more."""
        holder = self.where.get(order_id, "site")
        if holder not in ("site", asset_id):
            self.wrongs.append(f"{asset_id} was sent for {order_id}, which is with {holder}")
            return False
        self.where[order_id] = asset_id
        return True

    def give(self, order_id: str, asset_id: str, taker: str) -> bool:
        """An asset hands a parcel over; false where it does not have it."""
        if self.where.get(order_id) == taker:
            return True  # done before the computer died
        if self.where.get(order_id) != asset_id:
            return False
        self.where[order_id] = taker
        return True


@dataclass(slots=True)
class Vehicle:
    """One machine. ``executed`` counts what it really did, by the instruction's own name."""

    asset_id: str
    kind: str
    site: Place
    parcels: Parcels
    rng: random.Random
    chatter: float = 0.15
    executed: Counter[str] = field(default_factory=Counter)
    clock_error: timedelta = timedelta(0)
    results: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The parcels that changed hands at each step that was done."""
    life: int = 1
    """How often the computer has begun without its memory, or with an old one."""

    @property
    def aboard(self) -> tuple[str, ...]:
        """The parcels that it carries."""
        return tuple(o for o, holder in sorted(self.parcels.where.items()) if holder == self.asset_id)


class SimAdapter(Adapter):
    """Drives one vehicle: takes missions, does them step by step, and says now and then how it is."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.kind = vehicle.kind
        self._vehicle = vehicle
        self._serial = 0
        self._mission: Mission | None = None
        self._done: list[str] = []
        self._started: str | None = None
        self._boxes: dict[str, str] = {}

    def factsheet(self) -> Factsheet:
        return Factsheet(type_id=self.kind, model="sim", software="1")

    # --- what it is told -----------------------------------------------------------------------------------------

    def on_assign(self, assign: Assign, now: datetime) -> Iterator[Report]:
        mission = assign.mission
        self._vehicle.executed[named(mission)] += 1
        other = self._mission is not None and self._mission.mission_id != mission.mission_id
        if not other:
            self._mission = mission
        yield MissionReply(
            mission_id=mission.mission_id,
            revision=mission.revision,
            accepted=not other,
            code="under_way" if other else None,
        )

    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterator[Report]:
        self._vehicle.executed[f"cancel {cancel.mission_id}"] += 1
        ours = self._mission is not None and self._mission.mission_id == cancel.mission_id
        if ours and (self._done or self._started):
            return
        if ours:
            self._mission = None
        yield MissionEnded(mission_id=cancel.mission_id, outcome="cancelled", at=self._clock(now))

    def on_command(self, command: Command, now: datetime) -> Iterator[Report]:
        self._vehicle.executed[f"command {command.command_id} {command.why}"] += 1
        # Under way it knows better than a person who guesses; what matters here is that it is asked once.
        free = self._mission is None or command.action in (Action.HOLD, Action.RESUME)
        yield CommandReply(command_id=command.command_id, accepted=free)

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterator[Report]:
        self._boxes.setdefault(reserve.order_id, "reserved")
        yield self._box(reserve.order_id, "reserved", now, size=reserve.size)

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterator[Report]:
        if self._boxes.pop(release.order_id, None) is not None:
            yield self._box(release.order_id, "released", now)

    def on_interrupted(self, instruction: Instruction, now: datetime) -> Iterator[Report]:
        """Look at the vehicle: what it did before the computer died is not done again, only told."""
        match instruction:
            case Command(command_id=command_id, why=why):
                done = f"command {command_id} {why}"
            case Assign(mission=mission):
                done = named(mission)
            case CancelMission(mission_id=mission_id):
                done = f"cancel {mission_id}"
            case _:
                done = ""
        self._vehicle.executed[done] -= self._vehicle.executed[done] > 0
        yield from super().on_interrupted(instruction, now)

    # --- what it does by itself ----------------------------------------------------------------------------------

    def tick(self, now: datetime) -> Iterator[Report]:
        rng = self._vehicle.rng
        if self.kind == "locker":
            yield from self._tend_boxes(now)
        elif self._mission is not None and rng.random() < 0.5:
            yield from self._go_on(self._mission, now)
        if self._mission is None and rng.random() < self._vehicle.chatter:
            yield self._own_report(now)
        if self._mission is None and self.kind != "locker":
            yield self._sample(now)

    def _own_report(self, now: datetime) -> AssetReport:
        self._serial += 1
        return AssetReport(
            condition=self._vehicle.rng.choice(("ready", "charging")),
            at=self._clock(now),
            soc=1.0,
            detail=f"{self._vehicle.life}:{self._serial}",
        )

    def _sample(self, now: datetime) -> Telemetry:
        site = self._vehicle.site
        return Telemetry(at=self._clock(now), lon=site.lon, lat=site.lat, soc=1.0)

    def _go_on(self, mission: Mission, now: datetime) -> Iterator[Report]:
        step = next((s for s in mission.steps if s.step_id not in self._done), None)
        if step is None:
            self._mission, self._done, self._started = None, [], None
            yield MissionEnded(
                mission_id=mission.mission_id,
                outcome="completed",
                at=self._clock(now),
                on_board=self._vehicle.aboard,
            )
        elif self._started != step.step_id:
            self._started = step.step_id
            yield self._step(mission, step, "started", now)
        else:
            name = f"{mission.mission_id} {step.step_id}"
            if name not in self._vehicle.results:
                self._vehicle.results[name] = self._perform(step)
            moved = self._vehicle.results[name]
            self._done.append(step.step_id)
            yield self._step(mission, step, "done", now, moved)

    def _perform(self, step: Step) -> tuple[str, ...]:
        """Do it; the parcels that changed hands."""
        parcels, me = self._vehicle.parcels, self._vehicle.asset_id
        match step:
            case Load(order_ids=order_ids):
                return tuple(o for o in order_ids if parcels.take(o, me))
            case Drop(order_id=order_id, locker_id=locker_id):
                taker = f"locker:{locker_id}" if locker_id else "recipient"
                return (order_id,) if parcels.give(order_id, me, taker) else ()
            case Stop(deliver=deliver, collect=collect, locker_id=locker_id):
                taker = f"locker:{locker_id}" if locker_id else "recipient"
                given = [o for o in deliver if parcels.give(o, me, taker)]
                return (*given, *(o for o in collect if parcels.take(o, me)))
            case Unload():
                return tuple(o for o in self._vehicle.aboard if parcels.give(o, me, "site"))
            case _:
                return ()

    def _tend_boxes(self, now: datetime) -> Iterator[Report]:
        here = f"locker:{self._vehicle.asset_id}"
        for order_id, holder in sorted(self._vehicle.parcels.where.items()):
            if holder == here and self._boxes.get(order_id) != "deposited":
                self._boxes[order_id] = "deposited"
                yield self._box(order_id, "deposited", now, size=CompartmentSize.SMALL)

    # --- how it is said ------------------------------------------------------------------------------------------

    def _clock(self, now: datetime) -> datetime:
        """What its own clock shows, however wrong."""
        return now + self._vehicle.clock_error

    def _step(
        self, mission: Mission, step: Step, state: str, now: datetime, moved: tuple[str, ...] = ()
    ) -> StepReport:
        return StepReport(
            mission_id=mission.mission_id,
            step_id=step.step_id,
            state=state,  # type: ignore[arg-type]
            at=self._clock(now),
            order_ids=moved,
        )

    def _box(
        self, order_id: str, state: str, now: datetime, size: CompartmentSize | None = None
    ) -> CompartmentReport:
        return CompartmentReport(order_id=order_id, state=state, at=self._clock(now), size=size)  # type: ignore[arg-type]

    # --- its memory ----------------------------------------------------------------------------------------------

    def save(self) -> str:
        mission = None if self._mission is None else self._mission.model_dump_json()
        return json.dumps([self._serial, mission, self._done, self._started, self._boxes])

    def restore(self, saved: str) -> None:
        self._serial, mission, self._done, self._started, self._boxes = json.loads(saved)
        self._mission = None if mission is None else Mission.model_validate_json(mission)
