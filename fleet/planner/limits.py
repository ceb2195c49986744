"""Limits that keep one parcel from a mode, and the change that lifts each: one row for the code of each reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fleet.domain.fleet import AssetType, RouteType, SortieType
from fleet.planner.snapshot import Snapshot
from fleet.planner.trial import Change
from fleet.protocol.values import Dimensions, Order, Reason

FARTHEST_WALK_M = 3000
"""Nobody is asked to walk farther to a locker than that, or than three times what is allowed."""


@dataclass(frozen=True)
class Refusal:
    """One reason for which a type does not take a parcel; ``name`` is what the type is called."""

    parcel: Order
    type: AssetType
    name: str
    reason: Reason
    locker_id: str | None = None
    """The locker that was asked about, if one was."""


def lifted(refusal: Refusal) -> Change | None:
    """The change that lifts the limit which a reason names; none where nobody can lift it, or not so far."""
    row = LIMITS.get(refusal.reason.code)
    return None if row is None else row(refusal)


def typed(snapshot: Snapshot, changed: AssetType) -> Snapshot:
    """The snapshot with a type of its fleet as it is given."""
    fleet = snapshot.context.fleet
    types = {**fleet.types, changed.type_id: changed}
    context = replace(snapshot.context, fleet=fleet.model_copy(update={"types": types}))
    return replace(snapshot, context=context)


def ordered(snapshot: Snapshot, order_id: str, **changed: Any) -> Snapshot:
    """The snapshot with one of its orders changed in these fields."""
    orders = (o.model_copy(update=changed) if o.order_id == order_id else o for o in snapshot.orders)
    return replace(snapshot, orders=tuple(orders))


# --- rows -------------------------------------------------------------------------------------------------------------


def _type_with(refusal: Refusal, text: str, **fields: object) -> Change:
    changed = refusal.type.type_id, fields
    return Change(text, 2.0, lambda s: _with_fields(s, *changed), sorties=_flies(refusal))


def _with_fields(snapshot: Snapshot, type_id: str, fields: Mapping[str, object]) -> Snapshot:
    """The snapshot with fields of a type changed, and those of its carriage rules that are named so."""
    kind = snapshot.context.fleet.types[type_id]
    carriage = {k: v for k, v in fields.items() if k in type(kind.carriage).model_fields}
    own = {k: v for k, v in fields.items() if k not in carriage}
    changed = {"carriage": kind.carriage.model_copy(update=carriage), **own}
    return typed(snapshot, kind.model_copy(update=changed))


def _flies(refusal: Refusal) -> bool:
    return isinstance(refusal.type, SortieType)


def _weight(refusal: Refusal) -> Change:
    needed, kind = refusal.parcel.weight_kg, refusal.type
    fields = {"max_parcel_kg": max(needed, kind.carriage.max_parcel_kg)}
    if isinstance(kind, RouteType):
        fields["capacity_kg"] = max(needed, kind.capacity_kg)
    text = f"a {refusal.name} that takes {needed:g} kg instead of {_plain(refusal.reason.limit)} kg"
    return _type_with(refusal, text, **fields)


def _size(refusal: Refusal) -> Change | None:
    if refusal.locker_id is not None and f" compartments of {refusal.locker_id}," in refusal.reason.detail:
        return None  # its compartments are too small: nobody builds larger ones for one parcel
    box, hold = refusal.parcel.size.ordered(), refusal.type.carriage.hold.ordered()
    edges = [max(pair) for pair in zip(box, hold, strict=True)]
    room = Dimensions(length_m=edges[2], width_m=edges[1], height_m=edges[0])
    asked = " x ".join(f"{edge:g}" for edge in edges)
    text = f"a {refusal.name} with a hold of {asked} m instead of {_plain(refusal.reason.limit)} m"
    return _type_with(refusal, text, hold=room)


def _goods(refusal: Refusal) -> Change:
    goods = refusal.type.carriage.goods | {refusal.parcel.goods}
    return _type_with(refusal, f"a {refusal.name} that carries {refusal.parcel.goods} goods", goods=goods)


def _cold(refusal: Refusal) -> Change:
    minutes = math.ceil(float(refusal.reason.actual or 0))
    limit = _plain(refusal.reason.limit)
    text = f"a {refusal.name} that keeps goods cold for {minutes} min instead of {limit} min"
    return _type_with(refusal, text, chilled_minutes=minutes)


def _service(refusal: Refusal) -> Change:
    services = refusal.type.carriage.services | {refusal.parcel.service}
    return _type_with(
        refusal, f"a {refusal.name} that offers the service {refusal.parcel.service}", services=services
    )


def _crew(refusal: Refusal) -> Change:
    text = f"a crew of {refusal.parcel.crew} instead of {_plain(refusal.reason.limit)} on a {refusal.name}"
    return replace(_type_with(refusal, text, crew=refusal.parcel.crew), effort=1.0)


def _skills(refusal: Refusal) -> Change:
    skills = refusal.type.carriage.skills | refusal.parcel.skills
    named = ", ".join(sorted(refusal.parcel.skills))
    return replace(
        _type_with(refusal, f"a {refusal.name} with the skills {named}", skills=skills), effort=1.0
    )


def _age(refusal: Refusal) -> Change:
    return _type_with(refusal, f"a {refusal.name} that checks the recipient's age", age_check=True)


def _collecting(refusal: Refusal) -> Change:
    return _type_with(refusal, f"a {refusal.name} that collects parcels", collects=True)


def _reach(refusal: Refusal) -> Change:
    metres = math.ceil(float(refusal.reason.actual or 0)) + 1
    limit = _plain(refusal.reason.limit)
    return _type_with(
        refusal, f"a {refusal.name} that goes {metres} m instead of {limit} m far", max_radius_m=metres
    )


def _walk(refusal: Refusal) -> Change | None:
    walk, limit = refusal.reason.actual, refusal.reason.limit
    if not isinstance(walk, float | int) or not isinstance(limit, float | int):
        return None  # no way on foot
    if walk > max(FARTHEST_WALK_M, 3 * limit):
        return None
    text = f"a walk of {walk:.0f} m instead of {limit:g} m to {refusal.locker_id}"
    change = _type_with(refusal, text, max_walk_m=math.ceil(walk) + 1)
    return replace(change, effort=0.3 * walk / limit, sorties=True)


def _consent(refusal: Refusal) -> Change:
    order_id = refusal.parcel.order_id
    return Change(
        "the recipient's consent to a locker",
        0.8,
        lambda snapshot: ordered(snapshot, order_id, locker_ok=True),
        sorties=True,
    )


def _another_try(refusal: Refusal) -> Change:
    order_id, kind = refusal.parcel.order_id, refusal.type.kind

    def allowed(snapshot: Snapshot) -> Snapshot:
        barred = snapshot.excluded.get(order_id, frozenset()) - {kind}
        return replace(snapshot, excluded={**snapshot.excluded, order_id: barred})

    return Change(f"another try by {kind}", 3.0, allowed, sorties=True)


def _plain(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, float | int) else str(value)


LIMITS: dict[str, Callable[[Refusal], Change | None]] = {
    "too_heavy": _weight,
    "too_large": _size,
    "goods_not_carried": _goods,
    "chilled_too_long": _cold,
    "service_not_offered": _service,
    "crew_too_small": _crew,
    "skill_missing": _skills,
    "age_check_needed": _age,
    "does_not_collect": _collecting,
    "out_of_reach": _reach,
    "locker_too_far": _walk,
    "no_locker_consent": _consent,
    "failed_before": _another_try,
}
"""What is refused for weather, zones, batteries or streets has no row: nobody lifts that for a parcel."""
