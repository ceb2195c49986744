"""``apply(state, event) -> state``: the only way that the state changes.

Pure and total over the events that the dispatcher makes: one small function for each type of event, found in a table.
An event that contradicts a lifecycle table raises ``LifecycleError``: that is a fault of ours, never of a peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from immutables import Map

from fleet.domain import around, custody, driven, exceptions, learning, wishes
from fleet.domain import events as ev
from fleet.domain.evolve import evolve, evolved, without
from fleet.domain.holds import holds_after, whose
from fleet.domain.lyingpacks import pack_left
from fleet.domain.punctuality import late_after, served_at
from fleet.domain.routesout import routes_of
from fleet.domain.state import (
    NO_PERSON,
    OVER,
    STOP,
    Answered,
    Asset,
    CommandRecord,
    Compartment,
    MissionRecord,
    Parcel,
    State,
)
from fleet.protocol.lifecycle import (
    ASSET,
    COMPARTMENT,
    MISSION,
    PARCEL,
    AssetEvent,
    AssetStatus,
    CompartmentEvent,
    CompartmentStatus,
    LifecycleError,
    MissionEvent,
    MissionStatus,
    ParcelEvent,
    ParcelStatus,
    advance,
)
from fleet.protocol.messages import Action


def apply(state: State, event: ev.Event) -> State:
    """The state after ``event``."""
    changed = _HANDLERS[type(event)](state, event)
    if changed is state:
        return evolve(state, position=state.position + 1)
    # A copy that nobody else has yet: numbering it in place spares each event a second one.
    object.__setattr__(changed, "position", state.position + 1)
    return changed


def apply_all(state: State, events: Iterable[ev.Event]) -> State:
    """The state after all events, in order."""
    for event in events:
        state = apply(state, event)
    return state


def handled() -> frozenset[type[ev.Event]]:
    """The types of event that ``apply`` knows."""
    return frozenset(_HANDLERS)


# --- the day ---------------------------------------------------------------------------------------------------------


def _day_opened(state: State, event: ev.DayOpened) -> State:
    return evolve(
        state,
        opened_at=event.at,
        until=event.until,
        fleet=event.fleet,
        zones_version=event.zones_version,
        sites=Map({s.site_id: s for s in event.sites}),
        lockers=Map({x.locker_id: x for x in event.lockers}),
        assets=Map(
            {
                a.asset_id: Asset(a, site_id=a.site_id, energy=event.energy.get(a.asset_id))
                for a in event.assets
            }
        ),
    )


# --- plans -----------------------------------------------------------------------------------------------------------


def _plan_requested(state: State, event: ev.PlanRequested) -> State:
    return evolve(state, planning=event.plan_id, revises=event.revise, plans=state.plans + 1)


def _plan_dropped(state: State, _event: ev.PlanDropped) -> State:
    return evolve(state, planning=None)


def _plan_committed(state: State, event: ev.PlanCommitted) -> State:
    choices = state.choices.update({p.order_id: p for p in event.plan.parcels})
    left_over = state.unassigned.update({u.order_id: u for u in event.plan.unassigned})
    return evolve(state, planning=None, choices=choices, unassigned=left_over)


# --- parcels ---------------------------------------------------------------------------------------------------------


def _order_placed(state: State, event: ev.OrderPlaced) -> State:
    order_id = event.order.order_id
    parcel = Parcel(event.order, ParcelStatus.RECEIVED, event.custodian)
    return evolve(
        state, parcels=state.parcels.set(order_id, parcel), waiting=state.waiting.set(order_id, None)
    )


def _parcel(state: State, order_id: str, step: ParcelEvent | None, **changes: Any) -> State:
    parcel = state.parcels[order_id]
    if step is not None:
        changes["status"] = advance(PARCEL, parcel.status, step)
    state = evolve(state, parcels=state.parcels.set(order_id, evolved(parcel, changes)))
    ended_at = changes.get("ended_at")
    if ended_at is None or parcel.erased:
        return state
    return evolve(state, personal=state.personal.set(order_id, ended_at))


def _parcel_assigned(state: State, event: ev.ParcelAssigned) -> State:
    state = _parcel(
        state,
        event.order_id,
        ParcelEvent.PLAN,
        mode=event.mode,
        mission_id=event.mission_id,
        asset_id=event.asset_id,
        locker_id=event.locker_id,
        eta=event.eta,
        handed_on=event.why,
    )
    return evolve(state, waiting=without(state.waiting, event.order_id))


def _parcel_freed(state: State, event: ev.ParcelFreed) -> State:
    parcel = state.parcels[event.order_id]
    step = ParcelEvent.UNPLAN if parcel.status is ParcelStatus.PLANNED else None
    excluded = parcel.excluded | ({event.excluded} if event.excluded else set())
    state = _parcel(
        state,
        event.order_id,
        step,
        mission_id=None,
        asset_id=None,
        locker_id=None,
        eta=None,
        excluded=excluded,
        handed_on=event.why,
    )
    return evolve(state, waiting=state.waiting.set(event.order_id, None))


def _delivery_failed(state: State, event: ev.DeliveryFailed) -> State:
    if not event.counts:
        return state
    attempts = state.parcels[event.order_id].attempts + 1
    return _parcel(state, event.order_id, None, attempts=attempts, tried_at=event.at)


def _parcel_given_up(state: State, event: ev.ParcelGivenUp) -> State:
    state = _parcel(
        state, event.order_id, ParcelEvent.GIVE_UP, ended_at=event.at, handed_on=event.why, mission_id=None
    )
    return evolve(state, waiting=without(state.waiting, event.order_id))


def _custody_passed(state: State, event: ev.CustodyPassed) -> State:
    parcel = state.parcels[event.order_id]
    if parcel.custodian != event.giver:
        raise LifecycleError(
            f"{event.order_id} is with {parcel.custodian}, so {event.giver} can't hand it over"
        )
    step = custody.step(state.parcels[event.order_id], event)
    status = parcel.status if step is None else advance(PARCEL, parcel.status, step)
    final = status in (ParcelStatus.DELIVERED, ParcelStatus.COLLECTED)
    state = _parcel(
        state,
        event.order_id,
        step,
        custodian=event.taker,
        place=event.place,
        served_at=served_at(parcel, event),
        ended_at=event.at if final else None,
    )
    state = evolve(state, aboard=custody.aboard(state.aboard, event))
    elsewhere = parcel.mission_id in state.live_missions and parcel.mission_id != event.mission_id
    # Brought back by one mission while another is to bring it: it waits for that one.
    is_planned = status is ParcelStatus.RECEIVED and step is ParcelEvent.BRING_BACK and elsewhere
    return _parcel(state, event.order_id, ParcelEvent.PLAN) if is_planned else state


# --- missions --------------------------------------------------------------------------------------------------------


def _mission_drafted(state: State, event: ev.MissionDrafted) -> State:
    record = MissionRecord(
        event.mission, event.kind, MissionStatus.DRAFTED, event.release_at, needs=event.needs
    )
    mission_id = event.mission.mission_id
    return evolve(
        state,
        missions=state.missions.set(mission_id, record),
        live_missions=state.live_missions.set(mission_id, event.mission.asset_id),
    )


def _mission(state: State, mission_id: str, step: MissionEvent | None, **changes: Any) -> State:
    record = state.missions[mission_id]
    if step is not None:
        changes["status"] = advance(MISSION, record.status, step)
    record = evolved(record, changes)
    state = evolve(state, missions=state.missions.set(mission_id, record))
    return _close_mission(state, mission_id) if record.status in OVER else state


def _close_mission(state: State, mission_id: str) -> State:
    record = state.missions[mission_id]
    asset_id = record.mission.asset_id
    state = evolve(state, live_missions=without(state.live_missions, mission_id))
    asset = state.assets[asset_id]
    if record.ended or record.status is MissionStatus.COMPLETED:
        latest = max(asset.out_for or record.mission.start_at, record.mission.start_at)
        state = _asset(state, asset_id, None, out_for=latest, routes=routes_of(state, asset, record.mission))
        asset = state.assets[asset_id]
    if asset.mission_id != mission_id:
        return state
    # Held on its pad with a mission that came to nothing: there is nothing left to hold.
    status = AssetStatus.READY if asset.status is AssetStatus.HELD else asset.status
    return _asset(state, asset_id, None, mission_id=None, holds=frozenset(), status=status)


def _mission_released(state: State, event: ev.MissionReleased) -> State:
    mission = event.mission
    changes = {"mission": mission, "waits": (), "avoids": event.avoids, "needs": event.needs}
    state = _mission(state, mission.mission_id, MissionEvent.RELEASE, **changes)
    return _asset(state, mission.asset_id, None, mission_id=mission.mission_id)


def _sets(field: str, by: str) -> Callable[[State, Any], State]:
    return lambda state, event: _mission(state, event.mission_id, None, **{field: getattr(event, by)})


def _mission_accepted(state: State, event: ev.MissionAccepted) -> State:
    return _mission(state, event.mission_id, MissionEvent.ACCEPT, accepted_revision=event.revision)


def _mission_begun(state: State, event: ev.MissionBegun) -> State:
    state = _mission(state, event.mission_id, MissionEvent.BEGIN)
    asset_id = state.missions[event.mission_id].mission.asset_id
    return _asset(state, asset_id, AssetEvent.BEGIN)


def _step_begun(state: State, event: ev.StepBegun) -> State:
    changes = learning.step_begun(state.missions[event.mission_id], event)
    return _mission(state, event.mission_id, None, current=event.step_id, **changes)


def _step_ended(state: State, event: ev.StepEnded) -> State:
    record = state.missions[event.mission_id]
    current = None if record.current == event.step_id else record.current
    ended = record.ended | {event.step_id}
    late_s = late_after(record, event.step_id, event.at)
    changes = learning.step_ended(record, event) | driven.step_ended(record, event)
    return _mission(state, event.mission_id, None, ended=ended, current=current, late_s=late_s, **changes)


def _mission_revised(state: State, event: ev.MissionRevised) -> State:
    changes = driven.revised(state.missions[event.mission.mission_id], event.mission)
    return _mission(state, event.mission.mission_id, MissionEvent.REVISE, **changes)


_OUTCOMES = {
    "completed": MissionEvent.COMPLETE,
    "failed": MissionEvent.FAIL,
    "cancelled": MissionEvent.CANCEL,
    "rejected": MissionEvent.REJECT,
}


def _mission_over(state: State, event: ev.MissionOver) -> State:
    return _mission(
        state,
        event.mission_id,
        _OUTCOMES[event.outcome],
        over_at=event.at,
        energy_used_wh=event.energy_used_wh,
        code=event.code,
        current=None,
    )


# --- lockers ---------------------------------------------------------------------------------------------------------


def _compartment_wanted(state: State, event: ev.CompartmentWanted) -> State:
    kept = Compartment(event.order_id, event.size, event.window, CompartmentStatus.WANTED, event.request)
    return evolve(
        state,
        compartments=state.compartments.set((event.locker_id, event.order_id), kept),
        reservations=max(state.reservations, event.request or 0),
    )


def _compartment_changed(state: State, event: ev.CompartmentChanged) -> State:
    key = (event.locker_id, event.order_id)
    kept = state.compartments[key]
    status = advance(COMPARTMENT, kept.status, event.change)
    if event.change in (CompartmentEvent.COLLECT, CompartmentEvent.RELEASE, CompartmentEvent.REFUSE):
        return evolve(state, compartments=state.compartments.delete(key))
    return evolve(state, compartments=state.compartments.set(key, evolve(kept, status=status)))


# --- assets ----------------------------------------------------------------------------------------------------------


def _asset(state: State, asset_id: str, step: AssetEvent | None, **changes: Any) -> State:
    return _asset_with(state, asset_id, step, changes)


def _asset_with(state: State, asset_id: str, step: AssetEvent | None, changes: dict[str, Any]) -> State:
    asset = state.assets[asset_id]
    if step is not None and (status := ASSET.get((asset.status, step))) is not None:
        changes["status"] = status
    return evolve(state, assets=state.assets.set(asset_id, evolved(asset, changes)))


def _asset_connected(state: State, event: ev.AssetConnected) -> State:
    asset = state.assets[event.asset_id]
    wire = asset.wire if event.wire is None else event.wire
    told = event.factsheet
    pack_wh = asset.pack_wh if told is None or told.pack_wh is None else told.pack_wh
    state = _asset(
        state, event.asset_id, AssetEvent.CONNECT, boot_id=event.boot_id, wire=wire, pack_wh=pack_wh
    )
    if asset.status is not AssetStatus.LINK_LOST:
        return state
    heard = AssetStatus.READY if asset.mission_id is None else asset.before_silence
    return _asset(state, event.asset_id, None, status=heard or AssetStatus.ON_MISSION, before_silence=None)


def _asset_changed(state: State, event: ev.AssetChanged) -> State:
    changes: dict[str, Any] = {}
    if event.soc is not None:
        known_at, at = state.assets[event.asset_id].soc_at, event.soc_at or event.at
        if known_at is None or at >= known_at:  # what a lost link held up is older than what came meanwhile
            changes["soc"], changes["soc_at"] = event.soc, at
    if event.place is not None:
        changes["place"], changes["site_id"] = event.place, event.site_id
    elif event.site_id is not None:
        changes["site_id"] = event.site_id
    if "site_id" in changes:
        changes["place_at"] = event.at
    if event.change is AssetEvent.FAULT:
        changes["withdrawn"] = True
    if event.change is AssetEvent.LOSE_LINK:
        changes["before_silence"] = state.assets[event.asset_id].status
    return _asset_with(pack_left(state, event), event.asset_id, event.change, changes)


def _asset_recovered(state: State, event: ev.AssetRecovered) -> State:
    change = AssetEvent.READY if event.fit else AssetEvent.FAULT
    place = state.sites[event.site_id].place
    where = {"site_id": event.site_id, "place": place, "place_at": event.at}
    return _asset(state, event.asset_id, change, **where, withdrawn=not event.fit)


def _operations_stopped(state: State, event: ev.OperationsStopped) -> State:
    return evolve(state, stopped_by=event.by)


def _operations_resumed(state: State, event: ev.OperationsResumed) -> State:
    lifted = {a: evolve(x, holds=x.holds - {STOP}) for a, x in state.assets.items() if STOP in x.holds}
    return evolve(state, stopped_by=None, resumed_at=event.at, assets=state.assets.update(lifted))


_COMMANDED = {
    Action.HOLD: AssetEvent.HOLD,
    Action.RESUME: AssetEvent.RESUME,
    Action.RETURN: AssetEvent.RETURN,
    Action.DIVERT: AssetEvent.RETURN,
    Action.LAND: AssetEvent.LAND,
}


def _command_issued(state: State, event: ev.CommandIssued) -> State:
    record = CommandRecord(
        event.command_id, event.asset_id, event.action, event.by, event.why, event.at, event.stop
    )
    state = evolve(state, commands=state.commands.set(event.command_id, record), serial=state.serial + 1)
    asset = state.assets[event.asset_id]
    if asset.mission_id is not None and event.action is not Action.RESUME:
        state = _mission(state, asset.mission_id, None, **learning.told(event.action))
    if event.action is Action.DIVERT and asset.mission_id is not None:
        state = _mission(state, asset.mission_id, None, diverted_to=event.place, diverted_way=event.way)
    back = event.action in (Action.RETURN, Action.LAND) and event.by not in NO_PERSON
    return _asset(
        state,
        event.asset_id,
        None,
        holds=holds_after(asset.holds, event.action, whose(event.by, stop=event.stop)),
        called_back_at=event.at if back else asset.called_back_at,
    )


def _command_answered(state: State, event: ev.CommandAnswered) -> State:
    record = evolve(state.commands[event.command_id], accepted=event.accepted, detail=event.detail)
    state = evolve(state, commands=state.commands.set(event.command_id, record))
    asset = state.assets[record.asset_id]
    if event.accepted:
        # What is agreed to when the mission is over already changes nothing any more.
        return (
            state if asset.mission_id is None else _asset(state, record.asset_id, _COMMANDED[record.action])
        )
    if record.action is not Action.HOLD:
        return state
    return _asset(state, record.asset_id, None, holds=asset.holds - {whose(record.by, stop=record.stop)})


def _request_taken(state: State, event: ev.RequestTaken) -> State:
    answered = Answered(event.ok, event.detail, event.ids, event.digest)
    return evolve(state, requests=state.requests.set(event.request_id, answered))


def _store_put_back(state: State, event: ev.StorePutBack) -> State:
    return evolve(
        state,
        floor=max(state.floor, event.floor),
        plans=max(state.plans, event.floor),
        serial=max(state.serial, event.floor),
        reservations=max(state.reservations, event.floor),
    )


_HANDLERS: dict[type[ev.Event], Callable[[State, Any], State]] = {
    ev.DayOpened: _day_opened,
    ev.OrderPlaced: _order_placed,
    ev.PlanRequested: _plan_requested,
    ev.PlanCommitted: _plan_committed,
    ev.PlanDropped: _plan_dropped,
    ev.PlanRevised: lambda state, _: state,  # what it tells of was done by events of its own
    ev.MissionDrafted: _mission_drafted,
    ev.MissionReleased: _mission_released,
    ev.MissionWaits: _sets("waits", by="why"),
    ev.ArrivalsMoved: wishes.arrivals_moved,
    ev.NoReturnMoved: _sets("no_return", by="no_return"),
    ev.ChargeNoted: _sets("charge", by="charge"),
    ev.MissionAccepted: _mission_accepted,
    ev.MissionBegun: _mission_begun,
    ev.StepBegun: _step_begun,
    ev.StepEnded: _step_ended,
    ev.MissionRevised: _mission_revised,
    ev.MissionOver: _mission_over,
    ev.EnergyLearned: learning.learned,
    ev.EnergyNotLearned: learning.not_learned,
    ev.ParcelAssigned: _parcel_assigned,
    ev.ParcelFreed: _parcel_freed,
    ev.CustodyPassed: _custody_passed,
    ev.DeliveryFailed: _delivery_failed,
    ev.ParcelGivenUp: _parcel_given_up,
    ev.ContactsErased: wishes.contacts_erased,
    ev.LocksChanged: wishes.locks_changed,
    ev.CompartmentWanted: _compartment_wanted,
    ev.CompartmentChanged: _compartment_changed,
    ev.AssetConnected: _asset_connected,
    ev.AssetChanged: _asset_changed,
    ev.CommandIssued: _command_issued,
    ev.CommandAnswered: _command_answered,
    ev.AssetRecovered: _asset_recovered,
    ev.OperationsStopped: _operations_stopped,
    ev.OperationsResumed: _operations_resumed,
    ev.ExceptionRaised: exceptions.raised,
    ev.ExceptionClosed: exceptions.closed,
    ev.ZoneAdded: around.zone_added,
    ev.ZoneRemoved: around.zone_removed,
    ev.WeatherReported: around.weather_reported,
    ev.WindShown: around.wind_shown,
    ev.RequestTaken: _request_taken,
    ev.StorePutBack: _store_put_back,
    ev.TimerSet: around.timer_set,
    ev.TimerRang: around.timer_rang,
}
