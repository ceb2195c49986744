"""A small hub for the console's tests: takes commands over a ROUTER, logs them into the store, publishes a feed.

Its assets acknowledge each command a moment later, apart from those in ``deaf`` (never) and ``unwilling`` (they
refuse).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import zmq

from fleet.dispatch.handlers.operations import MOVING
from fleet.domain import events as ev
from fleet.domain.state import State
from fleet.protocol.codec import decode_control, encode
from fleet.protocol.messages import (
    Action,
    ChangeZones,
    ExplainOrder,
    Hello,
    Message,
    OperatorCommand,
    PreviewZones,
    Reply,
    Role,
    StopAll,
    Telemetry,
)
from fleet.protocol.options import Option, OrderOptions, Status
from fleet.protocol.session import HubSession
from fleet.protocol.values import Reason
from fleet.protocol.zones import ConcernedFlight, Consequences, ZoneEntry
from fleet.store import Batch, SqlStore
from tests.browser.recording import Recording, along

ACKNOWLEDGED_AFTER_S = 0.3
FEED_EVERY_S = 0.2


@dataclass
class FakeHub:
    """Use it as a context manager. ``now`` is its business time; ``feeding`` turns the feed on and off; ``told`` is
    telemetry that takes the place of an asset's own. ``busy``: its planner answers no question.
    """

    recording: Recording
    path: Path
    now: datetime
    deaf: frozenset[str] = frozenset()
    unwilling: frozenset[str] = frozenset()
    busy: bool = False
    feeding: threading.Event = field(default_factory=threading.Event)
    taken: list[Message] = field(default_factory=list)
    told: dict[str, Telemetry] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _sessions: dict[bytes, HubSession] = field(default_factory=dict)
    _answers: list[tuple[float, ev.Event]] = field(default_factory=list)
    _replies: list[tuple[bytes, Reply]] = field(default_factory=list)

    def __enter__(self) -> FakeHub:
        self._store = SqlStore.open(self.path)
        self._store.commit(Batch(events=tuple(self.recording.events)))
        self._context = zmq.Context()
        self._control, self.control = self._bind(zmq.ROUTER)
        self._feed, self.feed = self._bind(zmq.PUB)
        self.feeding.set()
        self._thread = threading.Thread(target=self._run, name="fake hub")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._control.close(linger=0)
        self._feed.close(linger=0)
        self._context.term()
        self._store.close()

    def _bind(self, kind: int) -> tuple[zmq.Socket[bytes], str]:
        bound = self._context.socket(kind)
        port = bound.bind_to_random_port("tcp://127.0.0.1")
        return bound, f"tcp://127.0.0.1:{port}"

    @property
    def state(self) -> State:
        """The state after everything that was logged."""
        return self.recording.state

    def log(self, *events: ev.Event) -> None:
        """Commit events. Only before the hub is entered, or from its own thread."""
        before = len(self.recording.events)
        self.recording.add(*events)
        position = self._store.commit(Batch(events=tuple(self.recording.events[before:])))
        self._publish(b"events", {"position": position})

    def _run(self) -> None:
        next_s = 0.0
        while not self._stop.is_set():
            if self._control.poll(20):
                self._take(self._control.recv_multipart())
            self._acknowledge()
            if self.feeding.is_set() and time.monotonic() >= next_s:
                next_s = time.monotonic() + FEED_EVERY_S
                self._tell()

    # --- commands ----------------------------------------------------------------------------------------------------

    def _take(self, frames: list[bytes]) -> None:
        route, envelope = frames[0], decode_control(frames[1:])
        now = time.monotonic()
        if isinstance(envelope.message, Hello):
            session = self._sessions[route] = HubSession(envelope.message.peer_id, Role.OPERATOR)
            session.greet(envelope, now)
            session.resume([], sent=0)
            self._send(route, session.welcome(now, token="token", wall=self.now))
            return
        session = self._sessions[route]
        for delivery in session.receive(envelope, session.epoch, now):
            if delivery.seq is not None:
                session.taken(delivery.seq)
            self._decide(session, delivery.message)
        self._send(route, session.poll(now))

    def _send(self, route: bytes, envelopes: list[Any]) -> None:
        for envelope in envelopes:
            self._control.send_multipart([route, *encode(envelope)])

    def _decide(self, session: HubSession, message: Message) -> None:
        self.taken.append(message)
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            session.send(handler(self, message))

    def _one(self, message: OperatorCommand) -> Reply:
        asset = self.state.assets[message.asset_id]
        if asset.status not in MOVING:
            detail = f"{message.asset_id} is {asset.status.value}: it can't {message.action.value} now"
            return Reply(request_id=message.request_id, ok=False, detail=detail)
        told = self._command(message.asset_id, message)
        detail = f"{message.action.value} sent to {message.asset_id}"
        return Reply(request_id=message.request_id, ok=True, detail=detail, ids=(told,))

    def _all(self, message: StopAll) -> Reply:
        moving = sorted(a.record.asset_id for a in self.state.assets.values() if a.status in MOVING)
        told = tuple(self._command(asset_id, message) for asset_id in moving)
        detail = f"{message.action.value} sent to {len(told)} assets"
        return Reply(request_id=message.request_id, ok=True, detail=detail, ids=told)

    def _preview(self, message: PreviewZones | ChangeZones) -> Reply:
        """One drone turns back wherever an area is closed; an area of this name is refused."""
        if any(zone.zone_id == "bad" for zone in message.add):
            return Reply(request_id=message.request_id, ok=False, detail="bad: geometry: crosses itself")
        entry = ZoneEntry(zone_id="z", code="prohibited", at=self.now, lon=-3.7, lat=43.3)
        flight = ConcernedFlight(
            asset_id="depot/drone-1",
            mission_id="sortie-1",
            order_ids=("D-2",),
            entry=entry,
            action=Action.RETURN,
            detail="return home: the way out meets z",
        )
        found = Consequences(
            version_before="sha256:1",
            version="sha256:2",
            added=tuple(zone.zone_id for zone in message.add),
            removed=message.remove,
            flights=(flight,) if message.add else (),
        )
        detail = "1 flight gets into it (1 return)" if message.add else "no flight is concerned"
        return Reply(request_id=message.request_id, ok=True, detail=detail, zones=found)

    def _change(self, message: ChangeZones) -> Reply:
        reply = self._preview(message)
        if reply.ok:
            closed = [
                ev.ZoneAdded(at=self.now, zone_id=zone.zone_id, feature=zone.feature, by=message.by)
                for zone in message.add
            ]
            opened = [
                ev.ZoneRemoved(at=self.now, zone_id=zone_id, by=message.by) for zone_id in message.remove
            ]
            self.log(*closed, *opened)
        return reply

    def _ways(self, message: ExplainOrder) -> Reply:
        """A drone from the depot, as it is drafted, and a locker that is full; where its planner is ``busy`` that."""
        if self.busy:
            return Reply(
                request_id=message.request_id, ok=False, detail="the planner answers 4 other questions"
            )
        full = Reason(
            code="no_room", detail="L1 has no compartment left for a small parcel", source="planner"
        )
        drone = Option(
            mode="drone", type_id="d1", site_id="depot", verdict=Status.FEASIBLE, cost=1.25, chosen=True
        )
        locker = Option(
            mode="locker", type_id="wall", locker_id="L1", verdict=Status.FEASIBLE, cost=0.75, reasons=(full,)
        )
        found = OrderOptions(
            order_id=message.order_id,
            at=self.now,
            currency="EUR",
            zones_version="sha256:1",
            beside=3,
            options=(drone, locker),
            assumptions=("wind 4 m/s",),
        )
        return Reply(request_id=message.request_id, ok=True, options=found)

    def _command(self, asset_id: str, message: OperatorCommand | StopAll) -> str:
        command_id = f"cmd-{self.state.serial + 1}"
        why = message.why or "told by an operator"
        self.log(
            ev.CommandIssued(
                at=self.now,
                command_id=command_id,
                asset_id=asset_id,
                action=message.action,
                by=message.by,
                why=why,
            )
        )
        if asset_id not in self.deaf:
            accepted = asset_id not in self.unwilling
            detail = "" if accepted else "no safe place to stop here"
            answer = ev.CommandAnswered(at=self.now, command_id=command_id, accepted=accepted, detail=detail)
            self._answers.append((time.monotonic() + ACKNOWLEDGED_AFTER_S, answer))
        return command_id

    def _acknowledge(self) -> None:
        due = [answer for at_s, answer in self._answers if at_s <= time.monotonic()]
        self._answers = [entry for entry in self._answers if entry[1] not in due]
        if due:
            self.log(*due)

    # --- the feed ----------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        samples = [{"asset_id": a, **t.model_dump(mode="json")} for a, t in self.samples().items()]
        now = self.now.isoformat()
        self._publish(b"live", {"now": now, "samples": samples})
        health = {"now": now, "loop_lag_ms": 3.2, "refused": {}, "planning": False, "lockstep": True}
        self._publish(b"health", health)

    def _publish(self, topic: bytes, body: dict[str, Any]) -> None:
        if self.feeding.is_set():
            self._feed.send_multipart([topic, json.dumps(body).encode()])

    def samples(self) -> dict[str, Telemetry]:
        """Where the assets with a mission under way are now, by their planned times."""
        found = {}
        for asset_id, asset in self.state.assets.items():
            record = self.state.mission_of(asset_id)
            if record is None or record.status.value != "active" or asset.status.value == "link_lost":
                continue
            where = along(timed_path(self.recording, record.mission.mission_id), self.now)
            if where is not None:
                lon, lat, heading = where
                soc = round(0.35 + (sum(map(ord, asset_id)) * 37 % 60) / 100, 2)
                found[asset_id] = Telemetry(
                    at=self.now, lon=lon, lat=lat, heading_deg=heading, soc=soc, state="moving"
                )
        return found | self.told


def timed_path(recording: Recording, mission_id: str) -> list[tuple[float, float, datetime]]:
    """A mission's way with the planned time at each point."""
    plan = recording.day.plan
    for sortie in plan.sorties:
        if sortie.sortie_id == mission_id:
            return [(p.lon, p.lat, p.at) for p in sortie.path]
    route = next(r for r in plan.routes if r.route_id == mission_id)
    home = next(s.place for s in recording.day.sites if s.site_id == route.depot_id)
    points = [(home.lon, home.lat, route.start)]
    for stop in route.stops:
        points += [(stop.lon, stop.lat, stop.arrive), (stop.lon, stop.lat, stop.depart)]
    return [*points, (home.lon, home.lat, route.end)]


_HANDLERS: dict[type, Callable[[FakeHub, Any], Reply]] = {
    OperatorCommand: FakeHub._one,
    StopAll: FakeHub._all,
    PreviewZones: FakeHub._preview,
    ChangeZones: FakeHub._change,
    ExplainOrder: FakeHub._ways,
}
