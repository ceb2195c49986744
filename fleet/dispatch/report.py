"""The report of a day, ``lastmile-report/1``: what became of each parcel, how safe it was, and what it cost.

It is made from the log of events, so it can be made again at any time and by anyone who has the log. In a simulated day
the world's own judge says what truly happened; on a real day there is nobody but us, and the report says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fleet.dispatch.audit import Audit, audit
from fleet.dispatch.history import History, read_history
from fleet.dispatch.incurred import Incurred, by_component, by_kind, co2_kg, incurred
from fleet.dispatch.separation.told import untold
from fleet.domain.events import CustodyPassed, Event
from fleet.domain.plan import ParcelPlan
from fleet.domain.punctuality import Punctuality, punctuality
from fleet.domain.state import ExceptionRecord, MissionRecord, Parcel, State
from fleet.kinds import emissions_of, kind_of
from fleet.network.base import Network
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.options import Status
from fleet.protocol.values import Direction

FORMAT = "lastmile-report/1"
End = Literal["delivered", "in_locker", "in_driver_route", "returned", "unresolved"]
ENDS: tuple[End, ...] = ("delivered", "in_locker", "in_driver_route", "returned", "unresolved")
SERVED: tuple[End, ...] = ("delivered", "in_locker")
INCURRED = "incurred: flown, driven and kept in lockers, incidents and late parcels included"
FIRST_PLAN = "planned: what the day's first plan expected for the parcels known then, nothing going wrong"
HINDSIGHT = "planned with hindsight: all parcels of the day known from the start, nothing going wrong"
JUDGED = ("zone_breaches", "reserve_breaches", "custody_breaks")
"""What the judge of a simulated day must have an opinion on."""


class ReportError(ValueError):
    """No report can be made of this; the message says why."""


def report(
    events: Iterable[Event],
    *,
    judge: Mapping[str, Any] | None,
    wall_s: float | None,
    seed: int | None,
    network: Network | None = None,
) -> dict[str, Any]:
    """The report of the day that ``events`` tell, ready for JSON.

    ``judge`` is what the simulated world said of the day, none for a real one: zones and reserves are then what our own
    monitor and the assets' reports know, and ``judged_by`` says ``hub``. ``wall_s`` is how long the run took,
    ``network`` what driven ways are measured on (straight distances with circuity unless told).
    Raises ``ReportError`` when no day was opened, or the judge's file lacks a count.
    """
    log = tuple(events)
    history = read_history(log)
    state = history.state
    if state.opened_at is None or history.last_at is None:
        raise ReportError("the log holds no day that was opened")
    ends = {order_id: how_it_ended(state, parcel) for order_id, parcel in state.parcels.items()}
    costs = incurred(history, network or GeodesicNetwork())
    return {
        "format": FORMAT,
        "seed": seed,
        "wall_s": wall_s,
        "simulated_s": round((history.last_at - state.opened_at).total_seconds(), 3),
        "parcels": len(ends),
        "ended": _counted(ENDS, ends.values()),
        "by_mode": _by_mode(history, ends),
        "handed_on": _handed_on(history),
        "on_time_share": _on_time_share(history, ends),
        **_safety(history, audit(log), judge),
        "cost": _cost(history, costs),
        "co2_kg": _co2(history.state, costs),
        "energy_wh": _energy(state),
        "exceptions": [
            _exception(state, e)
            for e in sorted(state.exceptions.values(), key=lambda e: (e.at, e.exception_id))
        ],
        "stopped": _stopped(history),
        "unresolved": sorted(order_id for order_id, end in ends.items() if end == "unresolved"),
    }


# --- what became of the parcels --------------------------------------------------------------------------------------


def how_it_ended(state: State, parcel: Parcel) -> End:
    """Where a parcel is when the log ends. Whatever is neither done nor on its planned way is unresolved.

    A parcel that was given up counts as returned only where nobody is carrying it about any more.
    """
    if _planned_after_the_end(state, parcel):
        return "in_driver_route"
    if parcel.status in (ParcelStatus.DELIVERED, ParcelStatus.COLLECTED):
        return "delivered"
    if parcel.status is ParcelStatus.IN_LOCKER:
        return "in_locker"
    if parcel.status is ParcelStatus.RETURNED and parcel.custodian.kind != "asset":
        return "returned"
    return "unresolved"


def _planned_after_the_end(state: State, parcel: Parcel) -> bool:
    """Whether a driver's route was to bring it after the day's end: it still is, or it was brought after that end."""
    if state.until is None or parcel.eta is None or parcel.eta <= state.until:
        return False
    if parcel.mission_id is None or kind_of(state.missions[parcel.mission_id].kind).archetype != "route":
        return False
    if parcel.status is ParcelStatus.DELIVERED:
        return parcel.ended_at is not None and parcel.ended_at > state.until
    waits = parcel.status in (ParcelStatus.PLANNED, ParcelStatus.UNDER_WAY)
    return waits and parcel.mission_id in state.live_missions


def _by_mode(history: History, ends: Mapping[str, End]) -> dict[str, int]:
    """Parcels by what served them in the end: the locker they lie in, or the kind of asset that handed them over."""
    served = (_served_by(history, order_id) for order_id, end in ends.items() if end in SERVED)
    kinds = {asset.record.kind for asset in history.state.assets.values()}
    return _counted(sorted(kinds), (mode for mode in served if mode is not None))


def _served_by(history: History, order_id: str) -> str | None:
    last = _arrival(history, order_id)
    if last is None:
        return None
    server = last.taker if last.taker.kind == "locker" else last.giver
    return history.state.assets[server.id].record.kind


def _arrival(history: History, order_id: str) -> CustodyPassed | None:
    """The hand-off that brought a parcel to its end: to the recipient, into a locker, or, for a pick-up, our site."""
    order = history.state.parcels[order_id].order
    ends_at = ("recipient", "locker") if order.direction is Direction.DELIVERY else ("site",)
    passes = reversed(history.hand_offs.get(order_id, []))
    return next((p for p in passes if p.giver.kind == "asset" and p.taker.kind in ends_at), None)


def _on_time_share(history: History, ends: Mapping[str, End]) -> float | None:
    """The share of all parcels that were served in their window; none where there were no parcels."""
    if not ends:
        return None
    parcels = history.state.parcels
    on_time = (punctuality(parcels[o]) is Punctuality.ON_TIME for o, end in ends.items() if end in SERVED)
    return round(sum(on_time) / len(ends), 4)


def _handed_on(history: History) -> dict[str, Any]:
    """``planned``: parcels that the plan gave to a van since no machine may bring them. ``under_way``: parcels that
    were handed on to another mode later, with the first reason of each.
    """
    choices = history.state.choices
    planned = {order_id for order_id, choice in choices.items() if _only_a_van(history.state, choice)}
    reasons = Counter(event.why[0].code if event.why else "unstated" for event in history.handed_on.values())
    return {
        "planned": len(planned | history.left_over),
        "under_way": len(history.handed_on),
        "reasons": dict(sorted(reasons.items())),
    }


def _only_a_van(state: State, choice: ParcelPlan) -> bool:
    asset = state.assets.get(choice.asset_id or "")
    driven = asset is not None and choice.mode == asset.record.kind
    is_route = driven and kind_of(choice.mode).archetype == "route"
    return is_route and not any(other.verdict is Status.FEASIBLE for other in choice.alternatives)


# --- how safe it was -------------------------------------------------------------------------------------------------


def _safety(history: History, found: Audit, judge: Mapping[str, Any] | None) -> dict[str, Any]:
    evidence = _own_evidence(history) if judge is None else _judges_evidence(judge)
    if judge is not None:
        evidence["too_near"] = untold(history.state, judge.get("too_near", ()))
    return {
        "judged_by": "hub" if judge is None else "simulated world",
        **{name: len(entries) for name, entries in evidence.items()},
        "custody_breaks": len(evidence.get("custody_breaks", ())) + len(found.custody_breaks),
        "lost_messages": len(found.lost),
        "duplicated_effects": len(found.duplicates),
        "contradictions": len(history.contradictions),
        "evidence": {
            **evidence,
            "custody_in_log": list(found.custody_breaks),
            "lost_messages": list(found.lost),
            "duplicated_effects": list(found.duplicates),
            "contradictions": list(history.contradictions),
        },
    }


def _judges_evidence(judge: Mapping[str, Any]) -> dict[str, list[Any]]:
    missing = [name for name in JUDGED if not isinstance(judge.get(name), list)]
    if missing:
        raise ReportError(
            f"the judge's file has no list {', '.join(missing)}: was it written by another release?"
        )
    return {name: list(judge[name]) for name in (*JUDGED, "crashes", "overfull") if name in judge}


def _own_evidence(history: History) -> dict[str, list[Any]]:
    state = history.state
    entered = [e.exception_id for e in state.exceptions.values() if e.code == "zone_breach"]
    into_reserve = [m for m, record in state.missions.items() if _used_reserve(history, record)]
    return {"zone_breaches": sorted(entered), "reserve_breaches": sorted(into_reserve)}


def _used_reserve(history: History, record: MissionRecord) -> bool:
    """Whether a sortie used more than its battery gives without the reserve, as its asset reported."""
    planned, used_wh = history.sorties.get(record.mission.mission_id), record.energy_used_wh
    return planned is not None and used_wh is not None and used_wh > planned.usable_wh - planned.reserve_wh


# --- what it cost ----------------------------------------------------------------------------------------------------


def _co2(state: State, costs: Sequence[Incurred]) -> float | None:
    """Kilograms of CO2; none where the fleet file does not say what its vehicles emit."""
    types = () if state.fleet is None else state.fleet.types.values()
    stated = any(emissions_of(one) is not None for one in types)
    found = co2_kg(costs) if stated else None
    return None if found is None else round(found, 3)


def _cost(history: History, found: Sequence[Incurred]) -> dict[str, Any]:
    """Incurred cost, beside what the first plan with baselines expected of itself, of vans alone and of greedy.

    These are not of one sort: ``basis`` says what each figure is.
    """
    by_mode = by_kind(found)
    first = next((p for p in history.plans if p.summary.van_only_cost is not None), None)
    summary = None if first is None else first.summary
    fleet = history.state.fleet
    return {
        "currency": None if fleet is None else fleet.currency,
        "total": round(sum(by_mode.values()), 2),
        "by_mode": {mode: round(cost, 2) for mode, cost in by_mode.items()},
        "by_component": {name: round(cost, 2) for name, cost in by_component(found).items()},
        "planned": None if summary is None else _money(summary.cost.total),
        "planned_parcels": None if summary is None else summary.parcels,
        "planned_hindsight": None,
        "planned_hindsight_unassigned": None,
        "van_only": None if summary is None else _money(summary.van_only_cost),
        "van_only_unassigned": None if summary is None else summary.van_only_unassigned,
        "greedy": None if summary is None else _money(summary.greedy_cost),
        "greedy_unassigned": None if summary is None else summary.greedy_unassigned,
        "compared_parcels": None if summary is None else summary.parcels,
        "basis": basis(FIRST_PLAN),
    }


def basis(compared: str) -> dict[str, str]:
    """What each figure of the cost is; ``compared`` is what vans alone and greedy are."""
    return {
        "total": INCURRED,
        "planned": FIRST_PLAN,
        "planned_hindsight": HINDSIGHT,
        "van_only": compared,
        "greedy": compared,
    }


def _money(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 2)


def _energy(state: State) -> dict[str, Any]:
    """Predicted and used energy of the missions that were completed and have both; what all van routes that were driven
    were predicted to take, where their types state batteries."""
    both = [
        (record.mission.energy_wh, record.energy_used_wh)
        for record in state.missions.values()
        if record.status is MissionStatus.COMPLETED
        and record.mission.energy_wh is not None
        and record.energy_used_wh is not None
    ]
    routes = [
        record.mission.energy_wh
        for record in state.missions.values()
        if record.status is MissionStatus.COMPLETED
        and record.mission.energy_wh is not None
        and not record.mission.is_sortie
    ]
    found: dict[str, Any] = {
        "predicted": round(sum(predicted for predicted, _ in both), 1),
        "used": round(sum(used for _, used in both), 1),
        "missions": len(both),
    }
    if routes:
        found["routes"] = {"predicted": round(sum(routes), 1), "missions": len(routes)}
    return found


def _stopped(history: History) -> dict[str, str] | None:
    """Who stopped all operations, when and why; none where they go on."""
    stop = history.stopped
    return None if stop is None else {"by": stop.by, "at": stop.at.isoformat(), "why": stop.why}


def _exception(state: State, found: ExceptionRecord) -> dict[str, Any]:
    return {
        "exception_id": found.exception_id,
        "at": found.at.isoformat(),
        "code": found.code,
        "owner": found.owner,
        "asset_id": found.asset_id,
        "order_id": found.order_id,
        "mission_id": found.mission_id,
        "order_ids": list(state.concerned(found)),
        "action": found.action,
        "outcome": found.outcome,
    }


def _counted(names: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    """How often each name was found, those that were not found included."""
    counts = Counter(found)
    return {name: counts[name] for name in names}
