"""Asking for a plan: which parcels, and what the assets are already committed to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fleet.dispatch.charge import await_charge, charge_known, is_cut, told_charge
from fleet.dispatch.compartments import EMPTY
from fleet.dispatch.desk import Desk
from fleet.dispatch.duties import ROUTE_OVER_S, outings_of, shift_of
from fleet.dispatch.effects import StartPlanning
from fleet.dispatch.expected import expected
from fleet.dispatch.health import health_of
from fleet.dispatch.lying import lying_packs
from fleet.dispatch.packs import sortie_type_in
from fleet.dispatch.revisable import PLANNED_FROM, drafted_near, revisable
from fleet.dispatch.running import out_today
from fleet.dispatch.sent import sent
from fleet.domain.events import PlanRequested
from fleet.domain.fleet import RouteType, SortieType
from fleet.domain.state import Asset, MissionRecord, Parcel
from fleet.feasibility.appetite import appetite
from fleet.feasibility.approvals import Sent, has_count
from fleet.feasibility.committed import drawn_and_needed
from fleet.planner.snapshot import AssetSlot, Drafted, Held, PassedOver, Snapshot
from fleet.protocol.lifecycle import AssetStatus, CompartmentStatus, MissionStatus
from fleet.protocol.mission import Stop, Travel
from fleet.protocol.values import Order, TimeWindow


def want_plan(desk: Desk, *, revise: bool = True) -> None:
    """Ask for a plan of all parcels that wait for one, unless one is being made already. With ``revise`` it may change
    what was drafted and nobody was shown yet.
    """
    order_ids = to_be_planned(desk)
    if desk.state.planning is not None or not order_ids or desk.state.until is None:
        return
    plan_id = f"plan-{desk.state.plans + 1}"
    desk.emit(PlanRequested(at=desk.now, plan_id=plan_id, order_ids=order_ids, revise=revise))
    start_planning(desk, plan_id, order_ids, revise=revise)


def start_planning(desk: Desk, plan_id: str, order_ids: Sequence[str], *, revise: bool = True) -> None:
    """Have a plan made. Whoever it has to do without, as nobody knows how full he is, is looked at again."""
    job = snapshot(desk, plan_id, order_ids, revise=revise)
    desk.effects.append(StartPlanning(plan_id, job))
    for passed in job.passed_over:
        await_charge(desk, passed.asset_id)


def to_be_planned(desk: Desk) -> tuple[str, ...]:
    """The parcels that wait for a plan. Not those that ride on a vehicle, which can only be handed on, and not those
    for which nobody was found just now: they are tried again by a timer."""
    state = desk.state
    return tuple(
        order_id
        for order_id in sorted(state.waiting)
        if state.parcels[order_id].custodian.kind in PLANNED_FROM and f"handon:{order_id}" not in state.timers
    )


def snapshot(desk: Desk, plan_id: str, order_ids: Sequence[str], *, revise: bool = False) -> Snapshot:
    """What the planner is given for these parcels; with ``revise``, what of the plan in force it may change too."""
    slots = _slots(desk, frozenset())
    usable = {slot.asset_id for slot in slots}
    drafted = revisable(desk, order_ids, usable) if revise else ()
    return _snapshot(desk, plan_id, order_ids, drafted, slots, at=_begins(desk))


def question(desk: Desk, order_id: str) -> Snapshot:
    """What the planner is given where one parcel is asked about: that one, the drafts near it as they stand, and the
    moment of now. Raises ``ValueError`` where no day is open."""
    slots = _slots(desk, frozenset())
    drafted = drafted_near(desk, order_id, {slot.asset_id for slot in slots})
    return _snapshot(desk, f"ask-{order_id}", (order_id,), drafted, slots, at=_whole(desk.now))


def _snapshot(
    desk: Desk,
    name: str,
    order_ids: Sequence[str],
    drafted: tuple[Drafted, ...],
    slots: tuple[AssetSlot, ...],
    *,
    at: datetime,
) -> Snapshot:
    """Of parcels, and of those of some drafts; ``slots`` are the assets beside all drafts."""
    state = desk.state
    if state.until is None:
        raise ValueError("no day is open")
    again = frozenset(one.mission_id for one in drafted)
    open_again = frozenset(o for one in drafted for o in one.order_ids)
    parcels = [state.parcels[o] for o in (*order_ids, *sorted(open_again.difference(order_ids)))]
    return Snapshot(
        snapshot_id=f"{name}@{state.position}",
        at=at,
        until=state.until,
        orders=tuple(_as_planned(desk, p) for p in parcels),
        assets=_slots(desk, again) if again else slots,
        passed_over=_passed_over(desk),
        context=desk.context,
        held=_held(desk, open_again),
        standing={p.order.order_id: p.custodian.id for p in parcels if _stands(desk, p)},
        excluded={p.order.order_id: p.excluded for p in parcels if p.excluded},
        sent=_sent(desk, again),
        packs=lying_packs(desk),
        drafted=drafted,
    )


def _begins(desk: Desk) -> datetime:
    """When a plan begins that is asked for now: at a whole second, so that what was drafted by one plan is at times
    that the next one counts in too, and what was worked out of it need not be worked out anew."""
    return _whole(desk.now + timedelta(seconds=desk.settings.lead_to_plan_s))


def _whole(at: datetime) -> datetime:
    """The moment, or the next one at a whole second."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def _sent(desk: Desk, again: frozenset[str]) -> tuple[Sent, ...]:
    """The sorties that count beside those of the plan, where anything counts them; but those that are planned again."""
    context = desk.context
    areas = () if context.permits is None else context.permits.zones
    counts = (
        bool(context.fleet.pilots)
        or any(has_count(one) for one in context.authorisations)
        or any(area.permit is not None and area.permit.max_count is not None for area in areas)
    )
    return tuple(one for one in sent(desk, drafts=True) if one.mission[0] not in again) if counts else ()


def _as_planned(desk: Desk, parcel: Parcel) -> Order:
    """The order; where nobody opened, not before a while after that, if its window leaves the time."""
    order = parcel.order
    if parcel.tried_at is None:
        return order
    again = parcel.tried_at + timedelta(seconds=desk.settings.absent_wait_s)
    if not order.due.start < again < order.due.end - LEAST_WINDOW:
        return order
    return order.model_copy(update={"due": TimeWindow(start=again, end=order.due.end)})


LEAST_WINDOW = timedelta(minutes=20)
"""What must be left of a window for a second try in it."""


def _stands(desk: Desk, parcel: Parcel) -> bool:
    return parcel.custodian.kind == "site" and parcel.custodian.id in desk.state.sites


def _slots(desk: Desk, again: frozenset[str]) -> tuple[AssetSlot, ...]:
    """The assets that can be counted on, in their time free of missions but for those that are planned again."""
    missions: dict[str, list[MissionRecord]] = defaultdict(list)
    for mission_id, asset_id in desk.state.live_missions.items():
        if mission_id not in again:
            missions[asset_id].append(desk.state.missions[mission_id])
    out = out_today(desk, but=again)
    usable = ((a, a.record.asset_id) for a in desk.state.assets.values() if _can_be_counted_on(desk, a))
    asked = ((a, name, charge_known(desk, a)) for a, name in usable)
    slots = (
        _with_shift(
            desk, _slot(desk, a, missions[name], day_paid=name in out, assumes=known.assumptions), again
        )
        for a, name, known in asked
        if known.feasible
    )
    return tuple(sorted(slots, key=lambda s: s.asset_id))


def _with_shift(desk: Desk, slot: AssetSlot, again: frozenset[str]) -> AssetSlot:
    """A van with its routes that are over, and what these and those to come take of its battery and have of its
    driver's break; any other asset as it is."""
    if not isinstance(desk.context.fleet.types[slot.type_id], RouteType):
        return slot
    routes, at = (
        outings_of(desk, slot.asset_id, but=again),
        desk.now + timedelta(seconds=desk.settings.lead_to_plan_s),
    )
    return replace(
        slot,
        out=tuple(one.away for one in routes if one.over),
        rests=tuple(one.rest for one in routes if one.rest is not None),
        drawn=shift_of(desk, slot.asset_id, at, but=again).drawn,
    )


def _can_be_counted_on(desk: Desk, asset: Asset) -> bool:
    """In service, in contact or expected to come, and at home or on its way there."""
    if asset.withdrawn or asset.status in (AssetStatus.LINK_LOST, AssetStatus.LANDING):
        return False
    missed = asset.status is AssetStatus.OFFLINE and any(
        e.code == "asset_absent" and e.asset_id == asset.record.asset_id for e in desk.state.open_exceptions()
    )
    return not missed and (asset.mission_id is not None or asset.at_home)


def _passed_over(desk: Desk) -> tuple[PassedOver, ...]:
    """Those that the plan has to do without, as nobody knows how full they are."""
    asked = (
        (a.record, charge_known(desk, a)) for a in desk.state.assets.values() if _can_be_counted_on(desk, a)
    )
    passed = (PassedOver(r.asset_id, r.type_id, known.reasons) for r, known in asked if not known.feasible)
    return tuple(sorted(passed, key=lambda one: one.asset_id))


def _slot(
    desk: Desk, asset: Asset, missions: list[MissionRecord], *, day_paid: bool, assumes: frozenset[str]
) -> AssetSlot:
    asset_id = asset.record.asset_id
    missions = sorted(missions, key=lambda m: (busy_time(desk, m).start, m.mission.mission_id))
    soc = told_charge(desk, asset_id).soc
    drawn = [_drawn_and_needed(desk, m) for m in missions]
    return AssetSlot(
        asset_id=asset_id,
        type_id=asset.record.type_id,
        site_id=asset.record.site_id,
        busy=tuple(_taken(desk, m) for m in missions),
        # Who has not told is expected full, or makes no sorties.
        soc=1.0 if soc is None else soc,
        takes=tuple(taken for taken, _ in drawn),
        needs=tuple(needed for _, needed in drawn),
        charges=not is_cut(desk, asset_id),
        day_paid=day_paid,
        assumes=assumes,
        energy=asset.energy,
        state_of_health=_health(desk, asset.record.asset_id),
    )


def _drawn_and_needed(desk: Desk, record: MissionRecord) -> tuple[float, float]:
    """What a mission will still draw of its asset's battery, and what must be in it when it begins; nothing of a van's.
    Of one under way, as much as is left of its time."""
    mission, away = record.mission, busy_time(desk, record)
    kind = desk.context.fleet.types[desk.asset(mission.asset_id).record.type_id]
    if not isinstance(kind, SortieType) or mission.energy_wh is None:
        return 0.0, 0.0
    drawn, needed = _counted(desk, kind, record)
    if record.status is not MissionStatus.ACTIVE or desk.now <= away.start:
        return drawn, needed
    whole_s = (away.end - away.start).total_seconds()
    left = max(0.0, (away.end - desk.now).total_seconds()) / whole_s if whole_s > 0 else 0.0
    return drawn * left, 0.0


def _counted(desk: Desk, kind: SortieType, record: MissionRecord) -> tuple[float, float]:
    """By its last check; of one that was checked before that was kept, by its energy alone."""
    if record.needs is not None:
        return min(1.0, record.needs.drawn_soc), min(1.0, record.needs.needed_soc)
    mission, away = record.mission, busy_time(desk, record)
    energy = mission.energy_wh or 0.0, mission.reserve_wh or 0.0
    its = appetite(desk.context.fleet, kind, desk.asset(mission.asset_id).energy)
    return drawn_and_needed(desk.context, kind, energy, (away.start, away.end), its)


def _health(desk: Desk, asset_id: str) -> float:
    kind = sortie_type_in(desk.state, asset_id)
    return 1.0 if kind is None else health_of(desk.state, asset_id, kind)


def busy_time(desk: Desk, record: MissionRecord) -> TimeWindow:
    """From when to when a mission keeps its asset: a sortie until it is turned round, as it is charged after that."""
    mission = record.mission
    end = mission.start_at
    for step in mission.steps:
        if isinstance(step, Travel):
            end = max(end, step.path[-1].at or end)
        elif isinstance(step, Stop):
            end = max(end, step.eta + timedelta(seconds=step.service_s))
    if mission.driver_break is not None:  # it may be on the way home
        end = max(end, mission.driver_break.end)
    kind = desk.context.fleet.types[desk.asset(mission.asset_id).record.type_id]
    after_s = kind.turnaround_s if isinstance(kind, SortieType) else ROUTE_OVER_S
    end += timedelta(seconds=after_s)
    return TimeWindow(start=min(mission.start_at, end), end=end)


def free_again(desk: Desk, record: MissionRecord) -> datetime:
    """When a mission's asset is free for the next one; of one under way by what it has told of how late it is, and no
    earlier than planned, but for a van, which may be home early."""
    if record.status is not MissionStatus.ACTIVE:
        return busy_time(desk, record).end
    if not record.mission.is_sortie:
        return expected(desk, record).home
    return busy_time(desk, record).end + timedelta(seconds=max(0.0, record.late_s))


def _taken(desk: Desk, record: MissionRecord) -> TimeWindow:
    planned = busy_time(desk, record)
    return TimeWindow(start=planned.start, end=max(planned.start, free_again(desk, record)))


def _held(desk: Desk, open_again: frozenset[str]) -> dict[str, tuple[Held, ...]]:
    """Compartments that are taken; but those that wait for parcels which are planned again."""
    held: dict[str, list[Held]] = defaultdict(list)
    for (locker_id, order_id), kept in desk.state.compartments.items():
        waits = order_id in open_again and kept.status in EMPTY
        if kept.status is not CompartmentStatus.FREE and not waits:
            held[locker_id].append(Held(kept.size, kept.window))
    return {k: tuple(sorted(v, key=lambda h: (h.size, h.window.start))) for k, v in sorted(held.items())}
