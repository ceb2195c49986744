"""What the console knows from committed events: the hub's own state, and beside it what the state forgets.

The state holds what is true now. A person asks how it came about, so the ledger also keeps the history of each parcel,
and what each plan was made from. Frozen like the state: a page is always made from one moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from immutables import Map

from fleet.console.views.base import stamp
from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.plan import RoutePlan, SortiePlan
from fleet.domain.state import State
from fleet.protocol.mission import Mission
from fleet.protocol.values import Reason
from fleet.store.base import StoredEvent


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a parcel's history. ``what`` is the type of the event; ``facts`` are further fields of it."""

    at: datetime
    what: str
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan rests on: everything of it but its parts."""

    plan_id: str
    snapshot_id: str
    made_at: datetime
    at: datetime
    seed: int
    zones_version: str
    currency: str
    assumptions: tuple[str, ...]


def _map() -> Map[Any, Any]:
    return Map()


@dataclass(frozen=True, slots=True)
class Ledger:
    """The state with its histories. ``plan_of`` says which plan chose for a parcel, ``sorties`` are as planned, and
    ``assumed`` what a mission's release rested on."""

    state: State = field(default_factory=State)
    histories: Map[str, tuple[Entry, ...]] = field(default_factory=_map)
    plans: Map[str, PlanFacts] = field(default_factory=_map)
    plan_of: Map[str, str] = field(default_factory=_map)
    sorties: Map[str, SortiePlan] = field(default_factory=_map)
    routes: Map[str, RoutePlan] = field(default_factory=_map)
    assumed: Map[str, tuple[str, ...]] = field(default_factory=_map)
    last_at: datetime | None = None

    @property
    def position(self) -> int:
        """The position of the last event that is taken in."""
        return self.state.position

    def history(self, order_id: str) -> tuple[Entry, ...]:
        """What has happened to a parcel, oldest first."""
        return self.histories.get(order_id, ())


def record(ledger: Ledger, event: ev.Event) -> Ledger:
    """The ledger after ``event``."""
    note = _NOTES.get(type(event))
    noted = ledger if note is None else note(ledger, event)
    return replace(noted, state=apply(ledger.state, event), last_at=event.at)


def record_all(ledger: Ledger, stored: Iterable[StoredEvent]) -> Ledger:
    """The ledger after all of them, in order."""
    for one in stored:
        ledger = record(ledger, one.event)
    return ledger


def _tell(
    ledger: Ledger, order_id: str, event: Any, *, reasons: tuple[Reason, ...] = (), **facts: Any
) -> Ledger:
    entry = Entry(event.at, event.type, {k: v for k, v in facts.items() if v is not None}, reasons)
    return replace(ledger, histories=ledger.histories.set(order_id, (*ledger.history(order_id), entry)))


def who(custodian: ev.Custodian) -> str:
    """A custodian in words."""
    if custodian.kind == "recipient" or custodian.id == custodian.kind:
        return custodian.kind
    return f"{custodian.kind} {custodian.id}"


def _order_placed(ledger: Ledger, event: ev.OrderPlaced) -> Ledger:
    custodian = who(event.custodian)
    return _tell(ledger, event.order.order_id, event, custodian=custodian, placed_by=event.subject or None)


def _plan_committed(ledger: Ledger, event: ev.PlanCommitted) -> Ledger:
    plan = event.plan
    facts = PlanFacts(
        plan.plan_id,
        plan.snapshot_id,
        plan.made_at,
        plan.at,
        plan.seed,
        plan.zones_version,
        plan.currency,
        plan.assumptions,
    )
    return replace(
        ledger,
        plans=ledger.plans.set(plan.plan_id, facts),
        plan_of=ledger.plan_of.update({p.order_id: plan.plan_id for p in plan.parcels}),
        sorties=ledger.sorties.update({s.sortie_id: s for s in plan.sorties}),
        routes=ledger.routes.update({r.route_id: r for r in plan.routes if r.energy_wh is not None}),
    )


def _plan_revised(ledger: Ledger, event: ev.PlanRevised) -> Ledger:
    for one in event.moved:
        was, now = _brought("was_", one.was), _brought("", one.now)
        ledger = _tell(ledger, one.order_id, event, reasons=one.why, plan=event.plan_id, **was, **now)
    return ledger


def _arrivals_moved(ledger: Ledger, event: ev.ArrivalsMoved) -> Ledger:
    for order_id, eta in event.etas.items():
        ledger = _tell(ledger, order_id, event, mission=event.mission_id, eta=stamp(eta))
    return ledger


def _brought(when: str, by: ev.Brought | None) -> dict[str, Any]:
    """By whom, as facts whose names begin so; nothing by nobody."""
    if by is None:
        return {}
    facts = {"mode": by.mode, "asset": by.asset_id, "locker": by.locker_id, "eta": stamp(by.eta)}
    return {f"{when}{name}": fact for name, fact in facts.items()}


def _mission_released(ledger: Ledger, event: ev.MissionReleased) -> Ledger:
    ledger = replace(ledger, assumed=ledger.assumed.set(event.mission.mission_id, event.assumptions))
    return _each_item(ledger, event.mission, event)


def _mission_revised(ledger: Ledger, event: ev.MissionRevised) -> Ledger:
    return _each_item(ledger, event.mission, event, detail=event.why)


def _mission_over(ledger: Ledger, event: ev.MissionOver) -> Ledger:
    mission = ledger.state.missions[event.mission_id].mission
    return _each_item(
        ledger, mission, event, outcome=event.outcome, code=event.code, detail=event.detail or None
    )


def _each_item(ledger: Ledger, mission: Mission, event: ev.Event, **facts: Any) -> Ledger:
    for item in mission.items:
        ledger = _tell(
            ledger, item.order_id, event, mission=mission.mission_id, asset=mission.asset_id, **facts
        )
    return ledger


def _parcel_assigned(ledger: Ledger, event: ev.ParcelAssigned) -> Ledger:
    return _tell(
        ledger,
        event.order_id,
        event,
        reasons=event.why,
        mode=event.mode,
        asset=event.asset_id,
        mission=event.mission_id,
        locker=event.locker_id,
        handed_on_from=event.handed_on_from,
    )


def _parcel_freed(ledger: Ledger, event: ev.ParcelFreed) -> Ledger:
    return _tell(ledger, event.order_id, event, reasons=event.why, excluded=event.excluded)


def _custody_passed(ledger: Ledger, event: ev.CustodyPassed) -> Ledger:
    place = None if event.place is None else [event.place.lon, event.place.lat]
    giver, taker = who(event.giver), who(event.taker)
    return _tell(
        ledger,
        event.order_id,
        event,
        giver=giver,
        taker=taker,
        mission=event.mission_id,
        place=place,
        proof=event.proof,
    )


def _delivery_failed(ledger: Ledger, event: ev.DeliveryFailed) -> Ledger:
    return _tell(
        ledger, event.order_id, event, code=event.code, detail=event.detail or None, mission=event.mission_id
    )


def _parcel_given_up(ledger: Ledger, event: ev.ParcelGivenUp) -> Ledger:
    return _tell(ledger, event.order_id, event, reasons=event.why)


def _compartment_wanted(ledger: Ledger, event: ev.CompartmentWanted) -> Ledger:
    return _tell(ledger, event.order_id, event, locker=event.locker_id, size=event.size.value)


def _compartment_changed(ledger: Ledger, event: ev.CompartmentChanged) -> Ledger:
    return _tell(
        ledger, event.order_id, event, locker=event.locker_id, change=event.change.value, code=event.code
    )


def _exception_raised(ledger: Ledger, event: ev.ExceptionRaised) -> Ledger:
    if event.order_id is None:
        return ledger
    return _tell(ledger, event.order_id, event, reasons=event.reasons, code=event.code, detail=event.action)


def _locks_changed(ledger: Ledger, event: ev.LocksChanged) -> Ledger:
    for order_id in event.order_ids:
        ledger = _tell(ledger, order_id, event, locked=event.locked, by=event.by, why=event.why or None)
    return ledger


_NOTES: dict[type[ev.Event], Callable[[Ledger, Any], Ledger]] = {
    ev.OrderPlaced: _order_placed,
    ev.PlanCommitted: _plan_committed,
    ev.PlanRevised: _plan_revised,
    ev.ArrivalsMoved: _arrivals_moved,
    ev.MissionReleased: _mission_released,
    ev.MissionRevised: _mission_revised,
    ev.MissionOver: _mission_over,
    ev.ParcelAssigned: _parcel_assigned,
    ev.ParcelFreed: _parcel_freed,
    ev.CustodyPassed: _custody_passed,
    ev.DeliveryFailed: _delivery_failed,
    ev.ParcelGivenUp: _parcel_given_up,
    ev.CompartmentWanted: _compartment_wanted,
    ev.CompartmentChanged: _compartment_changed,
    ev.ExceptionRaised: _exception_raised,
    ev.LocksChanged: _locks_changed,
}
