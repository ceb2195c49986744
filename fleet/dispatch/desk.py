"""The dispatcher's desk: where one message is decided on.

A handler reads ``desk.state`` and the feasibility ``context``, and puts down events and effects. Each event is
applied at once, so that a later part of the same decision sees what the earlier part did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.dispatch.effects import Answer, Effect, Send, Watch
from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.state import Asset, MissionRecord, Parcel, State
from fleet.feasibility.context import Context
from fleet.protocol.lifecycle import LifecycleError
from fleet.protocol.messages import Action, Message, Role, Telemetry
from fleet.protocol.values import Reason


@dataclass(frozen=True, slots=True)
class Settings:
    """How the dispatcher works; durations in seconds.

    ``release_lead_s``: a sortie is checked again and sent this long before loading begins. ``route_lead_s``: a route
    is sent this long before it starts. ``retry_s``: when its asset is not ready yet, look again after this, for at most
    ``patience_s``. ``again_s``: what failed by our fault is tried again after this. ``lead_to_plan_s``: a plan begins
    so long after it was asked for. ``frozen_stops``: how many of the next stops a driver has been shown and keeps.
    ``attempts``: so often nobody may open. ``absent_wait_s``: where nobody opened, a machine comes again no sooner.
    ``late_hours``, ``overtime_hours``: how far a hand-on may go beyond the day and the shift. ``late_hour_cost``: what
    an hour of lateness weighs, in money, where nobody can be on time. ``hand_on_again_s``: a parcel for which no van
    has time is tried again after this.

    ``begin_grace_s``, ``route_begin_grace_s``: how long after its start a mission, or a route, may not have begun
    before it is taken back. ``overdue_grace_s``: how long it may go on after it should have ended.
    ``late_told_s``: by so much what is expected may differ from what was told before it is told anew, and a trip may
    begin late that waits for its van. ``late_look_s``: so long after a stop should have been over it is asked what
    becomes of those behind it. ``deposit_grace_s``: how long a locker may take to confirm what was put in.

    ``charging_look_s``: so often it is looked at whether a battery charges as its curve says.

    ``replans``: whether a new plan may change what was drafted and not shown to anybody; ``keep_before_s``: how long
    before its release a draft stays as it is. So many parcels of drafts are planned again at most: ``replanned_few``
    and ``replanned_each`` for each parcel that waits, but never more than ``most_replanned``.

    ``keep_contacts_days``: how long after a parcel's end the personal data behind it is kept.
    """

    release_lead_s: float = 30
    retry_s: float = 60
    again_s: float = 300
    frozen_stops: int = 2
    route_lead_s: float = 600
    hand_on_again_s: float = 900
    deposit_grace_s: float = 900
    overdue_grace_s: float = 900
    late_told_s: float = 300
    late_look_s: float = 600
    begin_grace_s: float = 300
    route_begin_grace_s: float = 1800
    lead_to_plan_s: float = 60
    patience_s: float = 1800
    attempts: int = 2
    late_hours: float = 4
    overtime_hours: float = 3
    late_hour_cost: float = 6
    absent_wait_s: float = 2700
    keep_contacts_days: float = 30
    charging_look_s: float = 300
    replans: bool = False
    keep_before_s: float = 120
    replanned_few: int = 16
    replanned_each: int = 4
    most_replanned: int = 300


MOST_WHY = 1000
"""Characters of a reason that an asset is told. People read it there; as a peer may give one that just fits its own
message, it would not fit another. The log has all of it."""


Measured = tuple[float, datetime]
"""A state of charge, and the hub's time at which it was measured, as far as that is known."""


@dataclass(slots=True)
class Desk:
    """One decision in the making. ``peer_id`` is who sent the message, and ``role`` as what (none for the hub's own
    inputs); ``subject`` is whose key it came with (empty without
    keys). ``measured`` is the state of charge that each asset's telemetry last told, and when that was measured."""

    state: State
    now: datetime
    live: Mapping[str, Telemetry]
    settings: Settings
    make_context: Callable[[State], Context]
    peer_id: str | None = None
    role: Role | None = None
    subject: str = ""
    measured: Mapping[str, Measured] = field(default_factory=dict)
    events: list[ev.Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    @property
    def context(self) -> Context:
        """What feasibility is asked against, as the state has it now."""
        return self.make_context(self.state)

    def emit(self, event: ev.Event) -> None:
        """Put down an event and apply it."""
        self.state = apply(self.state, event)
        self.events.append(event)

    def send(self, peer_id: str, message: Message) -> None:
        """Send a message to a peer, once the events are on disk; of a long reason its beginning."""
        why = getattr(message, "why", "")
        if len(why) > MOST_WHY:
            message = message.model_copy(update={"why": f"{why[: MOST_WHY - 1]}…"})
        self.effects.append(Send(peer_id, message))

    def answer(self, message: Message) -> None:
        """Answer whoever sent the message that is being decided on."""
        if self.peer_id is not None:
            self.effects.append(Answer(self.peer_id, message))

    def watch_all(self) -> None:
        """Have everything that is out watched anew: what it is held against has changed."""
        self.effects.extend(Watch(asset_id) for asset_id in sorted(set(self.state.live_missions.values())))

    def parcel(self, order_id: str) -> Parcel:
        """A parcel of the day. ``LifecycleError`` for one that does not exist: a peer may speak of anything."""
        found = self.state.parcels.get(order_id)
        if found is None:
            raise LifecycleError(f"there is no parcel {order_id!r}")
        return found

    def site_id(self, site_id: str) -> str:
        """The id of one of our sites, as it was given. ``LifecycleError`` for one that does not exist."""
        if site_id not in self.state.sites:
            raise LifecycleError(f"there is no site {site_id!r}")
        return site_id

    def mission(self, mission_id: str) -> MissionRecord | None:
        """A mission of the day; none where a peer speaks of one that we do not know."""
        return self.state.missions.get(mission_id)

    def asset(self, asset_id: str) -> Asset:
        """An asset of the day."""
        return self.state.assets[asset_id]

    def set_timer(self, timer_id: str, due: datetime) -> None:
        """Have ``timer_id`` come back when ``due`` comes."""
        self.emit(ev.TimerSet(at=self.now, timer_id=timer_id, due=due))

    def raise_exception(
        self,
        code: str,
        action: str,
        *,
        asset_id: str | None = None,
        order_id: str | None = None,
        mission_id: str | None = None,
        owner: str = "dispatcher",
        reasons: tuple[Reason, ...] = (),
        advice: Action | None = None,
    ) -> str:
        """Record something unexpected; returns the exception's id. ``advice``: what its asset is told."""
        exception_id = f"exc-{self.state.serial + 1}"
        self.emit(
            ev.ExceptionRaised(
                at=self.now,
                exception_id=exception_id,
                code=code,
                asset_id=asset_id,
                order_id=order_id,
                mission_id=mission_id,
                owner=owner,
                action=action,
                reasons=reasons,
                advice=advice,
            )
        )
        return exception_id

    def raise_once(
        self,
        code: str,
        action: str,
        *,
        asset_id: str | None = None,
        mission_id: str | None = None,
        owner: str = "dispatcher",
        reasons: tuple[Reason, ...] = (),
    ) -> str | None:
        """The same, unless an exception with this code is open for the same asset and mission; none then."""
        same = (code, asset_id, mission_id)
        if any((e.code, e.asset_id, e.mission_id) == same for e in self.state.open_exceptions()):
            return None
        return self.raise_exception(
            code, action, asset_id=asset_id, mission_id=mission_id, owner=owner, reasons=reasons
        )

    def close_exception(self, exception_id: str, outcome: str, *, by: str = "") -> None:
        """Record what came of an exception, and the person who dealt with it."""
        self.emit(ev.ExceptionClosed(at=self.now, exception_id=exception_id, outcome=outcome, by=by))
