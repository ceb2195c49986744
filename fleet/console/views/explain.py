"""Why a parcel goes the way it goes: the chosen mode and each other one, the plan, custody, and what changed."""

from __future__ import annotations

from fleet.console.errors import NoSuchOrder
from fleet.console.ledger import Entry, Ledger, PlanFacts
from fleet.console.views.around import around
from fleet.console.views.base import Row, reasons_of, stamp
from fleet.console.views.missions import no_return_row
from fleet.console.views.orders import order_row
from fleet.dispatch.revisable import no_choice_left
from fleet.domain.plan import Alternative, ParcelPlan, RoutePlan, SortiePlan
from fleet.domain.state import MissionRecord
from geofences import ZoneSet


def explain(ledger: Ledger, order_id: str, zones: ZoneSet | None = None) -> Row:
    """Everything that is known of one parcel; ``zones`` are those of the files. Raises ``NoSuchOrder``."""
    if order_id not in ledger.state.parcels:
        raise NoSuchOrder(f"no order {order_id!r} is known; the table of orders shows all")
    parcel = ledger.state.parcels[order_id]
    history = ledger.history(order_id)
    return {
        "order": order_row(ledger, order_id) | _goods(ledger, order_id),
        "choice": _choice(ledger, order_id),
        "no_choice_left": no_choice_left(ledger.state, parcel),
        "unassigned": _unassigned(ledger, order_id),
        "plan": _plan(ledger, order_id),
        "mission": _mission(ledger, parcel.mission_id, zones),
        "handed_on": [_hand_on(e) for e in history if e.facts.get("handed_on_from")],
        "replanned": [_replanned(e) for e in history if e.what == "plan_revised"],
        "locks": [_lock(e) for e in history if e.what == "locks_changed"],
        "excluded": sorted(parcel.excluded),
        "custody": [_custody(e) for e in history if e.what == "custody_passed"],
        "history": [_entry(e) for e in history],
        "exceptions": sorted(
            e.exception_id for e in ledger.state.exceptions.values() if e.order_id == order_id
        ),
    }


def _goods(ledger: Ledger, order_id: str) -> Row:
    order = ledger.state.parcels[order_id].order
    return {
        "size_m": list(order.size.ordered()),
        "service": order.service.value,
        "crew": order.crew,
        "skills": sorted(order.skills),
        "min_age": order.min_age,
        "locker_ok": order.locker_ok,
        "ready_at": stamp(order.ready_at),
    }


def _lock(entry: Entry) -> Row:
    """Who locked it or let it go, when and why."""
    facts = entry.facts
    return {"at": stamp(entry.at), "locked": facts["locked"], "by": facts["by"], "why": facts.get("why")}


def _choice(ledger: Ledger, order_id: str) -> Row | None:
    """The plan's choice with what the others would have meant; null while nothing is planned."""
    choice = ledger.state.choices.get(order_id)
    if choice is None:
        return None
    return {
        "mode": choice.mode,
        "asset": choice.asset_id,
        "locker": choice.locker_id,
        "cost": choice.cost,
        "saving": choice.saving,
        "eta": stamp(choice.eta),
        "eta_low": stamp(choice.eta_low),
        "eta_high": stamp(choice.eta_high),
        "alternatives": [_alternative(a, choice) for a in choice.alternatives],
        "fallback": None if choice.fallback is None else choice.fallback.model_dump(mode="json"),
    }


def _alternative(other: Alternative, choice: ParcelPlan) -> Row:
    # A share of a route says nothing of what another mode would gain: leaving the route saves less than that.
    mark = choice.cost if choice.saving is None else choice.saving
    extra = None if other.cost is None else other.cost - mark
    return {
        "mode": other.mode,
        "verdict": other.verdict.value,
        "cost": other.cost,
        "extra_cost": extra,
        "reasons": reasons_of(other.reasons),
    }


def _unassigned(ledger: Ledger, order_id: str) -> Row | None:
    """Why nobody was found in the last plan, while that still holds."""
    left_over, parcel = ledger.state.unassigned.get(order_id), ledger.state.parcels[order_id]
    if left_over is None or parcel.mission_id is not None:
        return None
    return {"reasons": reasons_of(left_over.reasons), "nearest_change": left_over.nearest_change}


def _plan(ledger: Ledger, order_id: str) -> Row | None:
    plan_id = ledger.plan_of.get(order_id)
    return None if plan_id is None else _plan_row(ledger.plans[plan_id])


def _plan_row(facts: PlanFacts) -> Row:
    return {
        "plan_id": facts.plan_id,
        "snapshot_id": facts.snapshot_id,
        "made_at": stamp(facts.made_at),
        "at": stamp(facts.at),
        "seed": facts.seed,
        "zones_version": facts.zones_version,
        "currency": facts.currency,
        "assumptions": list(facts.assumptions),
    }


def _mission(ledger: Ledger, mission_id: str | None, zones: ZoneSet | None) -> Row | None:
    """The mission that it rides on now, with the energy it was checked with."""
    if mission_id is None:
        return None
    record = ledger.state.missions[mission_id]
    return {
        "mission_id": mission_id,
        "asset": record.mission.asset_id,
        "status": record.status.value,
        "revision": record.mission.revision,
        "zones_version": record.mission.zones_version,
        "assumptions": list(ledger.assumed.get(mission_id, ())),
        "waits": reasons_of(record.waits),
        "avoids": reasons_of(record.avoids),
        "around": around(ledger, record, zones),
        "energy": _energy(ledger, record),
        "no_return": no_return_row(record.no_return),
    }


def _energy(ledger: Ledger, record: MissionRecord) -> Row | None:
    """What it is expected to take, and the sum that its plan was held against: planned use (or that of a trip that
    ends at the alternate, where it is more), margin, reserve and what is to spare are together what is usable. Null
    for a mission whose energy is not planned."""
    mission = record.mission
    if mission.energy_wh is None:
        return None
    # A revised route is another one than was planned.
    route = None if mission.revision else ledger.routes.get(mission.mission_id)
    planned = ledger.sorties.get(mission.mission_id) or route
    return {
        "energy_wh": mission.energy_wh,
        **_summed(planned),
        "reserve_wh": mission.reserve_wh if planned is None else planned.reserve_wh,
        "used_wh": record.energy_used_wh,
    }


def _summed(planned: SortiePlan | RoutePlan | None) -> Row:
    """The parts of a plan's sum but the reserve."""
    names = ("planned_wh", "alternate", "alternate_wh", "margin_wh", "margin_share", "spare_wh", "usable_wh")
    if planned is None or planned.energy_wh is None:
        return dict.fromkeys(names)
    usable_wh, spare_wh = planned.usable_wh or 0.0, planned.margin_wh or 0.0
    alternate, worst_wh = None, planned.energy_wh
    if isinstance(planned, SortiePlan) and planned.worst_wh is not None:
        alternate, worst_wh = planned.alternate_id, planned.worst_wh
    raised_wh = max(0.0, usable_wh - (planned.reserve_wh or 0.0) - spare_wh - worst_wh)
    return {
        "planned_wh": planned.energy_wh,
        "alternate": alternate,
        "alternate_wh": None if alternate is None else worst_wh,
        "margin_wh": raised_wh,
        "margin_share": raised_wh / worst_wh if worst_wh > 0 else None,
        "spare_wh": spare_wh,
        "usable_wh": usable_wh,
    }


def _hand_on(entry: Entry) -> Row:
    return {
        "at": stamp(entry.at),
        "from": entry.facts["handed_on_from"],
        "to": entry.facts["mode"],
        "asset": entry.facts["asset"],
        "reasons": reasons_of(entry.reasons),
    }


def _replanned(entry: Entry) -> Row:
    """By whom it was to be brought before a plan, and is now (null: it waits)."""
    return {
        "at": stamp(entry.at),
        "plan": entry.facts["plan"],
        "was": _brought(entry, "was_"),
        "now": _brought(entry, ""),
        "reasons": reasons_of(entry.reasons),
    }


def _brought(entry: Entry, when: str) -> Row | None:
    if f"{when}asset" not in entry.facts:
        return None
    return {name: entry.facts.get(f"{when}{name}") for name in ("mode", "asset", "locker", "eta")}


def _custody(entry: Entry) -> Row:
    return {"at": stamp(entry.at), "proof": None, "mission": None, "place": None, **entry.facts}


def _entry(entry: Entry) -> Row:
    return {"at": stamp(entry.at), "what": entry.what, **entry.facts, "reasons": reasons_of(entry.reasons)}
