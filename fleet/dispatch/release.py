"""Sending a mission out: it is checked again against what is true now, not against what was true when it was
planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from fleet.dispatch.approvals import full_approval
from fleet.dispatch.assessing import assess_now, drop_of, site_of
from fleet.dispatch.charge import CODES as CHARGE_CODES
from fleet.dispatch.charge import await_charge, is_cut
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import route_type, sortie_from_trip
from fleet.dispatch.duties import range_left, shift_of
from fleet.dispatch.effects import Watch
from fleet.dispatch.handovers import another_way, spent
from fleet.dispatch.parcels import free
from fleet.dispatch.permits import full_area
from fleet.dispatch.pilots import pilot_missing
from fleet.dispatch.running import route_of
from fleet.dispatch.separation.courses import Course, clear_course
from fleet.domain.events import MissionOver, MissionReleased, MissionWaits
from fleet.domain.fleet import SortieType
from fleet.domain.plan import ChargeNeed
from fleet.domain.state import Asset, MissionRecord, Parcel
from fleet.feasibility import Trip
from fleet.feasibility.alternate import alternates_near
from fleet.feasibility.incident import incident
from fleet.feasibility.route_energy import assumed_of, range_of
from fleet.kinds import kind_of
from fleet.planner.ranges import in_range
from fleet.protocol.lifecycle import AssetStatus, CompartmentStatus, MissionStatus
from fleet.protocol.messages import Assign
from fleet.protocol.mission import Alternate, Drop, Mission
from fleet.protocol.values import Reason

_FIT = frozenset({AssetStatus.READY, AssetStatus.CHARGING})


def release(desk: Desk, mission_id: str) -> None:
    """Release a drafted mission, look again later, or hand its parcels on. While all is stopped it waits: whoever lets
    work go on has it looked at again."""
    record = desk.mission(mission_id)
    if record is None or record.status is not MissionStatus.DRAFTED or desk.state.stopped_by is not None:
        return
    kind = desk.context.fleet.types[desk.asset(record.mission.asset_id).record.type_id]
    _RELEASE[kind.archetype](desk, record)


def _release_route(desk: Desk, record: MissionRecord) -> None:
    asset = desk.asset(record.mission.asset_id)
    if asset.withdrawn:
        withdraw(desk, record, (_not_there(asset),))
    elif asset.status is AssetStatus.OFFLINE or asset.mission_id is not None:
        _later(desk, record, (_not_there(asset),))
    else:
        _send_in_range(desk, record)


def _send_in_range(desk: Desk, record: MissionRecord) -> None:
    """A route is handed to its driver where the van's battery, as it was told last and less what routes took since, is
    enough for it. It waits where one that is as full as its type begins would be, and is handed on where not even that
    one is."""
    kind, network = route_type(desk, record.mission.asset_id), desk.context.network
    driven, asset_id, start = route_of(desk, record), record.mission.asset_id, record.mission.start_at
    beside = shift_of(desk, asset_id, start, but=(record.mission.mission_id,)).before(start)
    now = range_left(desk, asset_id, beside)
    _, verdict = in_range(driven, now, network)
    if verdict.feasible:
        _send(desk, record.mission, tuple(sorted(assumed_of(kind, now))))
        return
    _, once_full = in_range(driven, range_of(desk.context, kind), network)
    if _may_wait(desk, record) and once_full.feasible:
        _later(desk, record, verdict.reasons)
    else:
        withdraw(desk, record, verdict.reasons)


def _release_sortie(desk: Desk, record: MissionRecord) -> None:
    asset = desk.asset(record.mission.asset_id)
    parcel = desk.parcel(drop_of(record).order_id)
    if asset.withdrawn:
        withdraw(desk, record, (_not_there(asset),))
    elif parcel.mission_id != record.mission.mission_id:
        detail = f"{parcel.order.order_id} goes another way"
        withdraw(desk, record, (incident("assigned_elsewhere", detail, source="hub"),))
    elif asset.status not in _FIT or asset.mission_id is not None or asset.site_id != site_of(record):
        _later(desk, record, (_not_there(asset),))
    elif (refusal := _compartment_refusal(desk, parcel)) is not None:
        withdraw(desk, record, (refusal,))
    else:
        _check_and_send(desk, record, parcel)


def _check_and_send(desk: Desk, record: MissionRecord, parcel: Parcel) -> None:
    fresh = assess_now(desk, record, parcel)
    if fresh.verdict.feasible and fresh.trip is not None:
        full = full_area(desk, record, fresh.trip)
        if full is None:
            _send_apart(desk, record, parcel, fresh.trip)
        else:
            _later(desk, record, (full,))
        return
    if any(one.code in CHARGE_CODES for one in fresh.verdict.reasons):
        await_charge(desk, record.mission.asset_id)
    may_fill = _may_wait(desk, record) and not is_cut(desk, record.mission.asset_id)
    if may_fill and assess_now(desk, record, parcel, soc=1.0).verdict.feasible:
        _later(desk, record, fresh.verdict.reasons)
    else:
        withdraw(desk, record, fresh.verdict.reasons)


def _send_apart(desk: Desk, record: MissionRecord, parcel: Parcel, trip: Trip) -> None:
    """Sent so that it meets no other flight; it waits where there is no such way for now, where an approval that this
    way needs has enough flights, and where no pilot is there for all of it.
    """
    course = clear_course(desk, record, parcel, trip)
    if not isinstance(course, Course):
        _later(desk, record, course)
        return
    full = full_approval(desk, record, course.trip) or pilot_missing(desk, record, course.trip)
    if full is not None:
        _later(desk, record, (full,))
        return
    mission = sortie_from_trip(desk, record.mission, course.trip, alternates(desk, record))
    also = course.trip.alternate
    needs = ChargeNeed(
        drawn_soc=course.trip.drawn_soc,
        needed_soc=course.trip.needed_soc,
        alternate_id=None if also is None else also.place_id,
    )
    _send(desk, mission, tuple(sorted(course.trip.assumptions)), course.avoids, needs)


def alternates(desk: Desk, record: MissionRecord) -> tuple[Alternate, ...]:
    """The places where an aircraft could come down instead of at home, nearest to the drop first and none beyond the
    radius of its type; none on the ground.
    """
    kind = desk.context.fleet.types[desk.asset(record.mission.asset_id).record.type_id]
    if not isinstance(kind, SortieType) or not kind_of(record.kind).needs_airspace:
        return ()
    near = alternates_near(desk.context, kind, drop_of(record).place, site_of(record))
    return tuple(place for place, _ in near)


def _send(
    desk: Desk,
    mission: Mission,
    assumptions: tuple[str, ...],
    avoids: tuple[Reason, ...] = (),
    needs: ChargeNeed | None = None,
) -> None:
    desk.emit(
        MissionReleased(at=desk.now, mission=mission, assumptions=assumptions, avoids=avoids, needs=needs)
    )
    desk.send(mission.asset_id, Assign(mission=mission))
    desk.effects.append(Watch(mission.asset_id))
    desk.set_timer(
        f"begin:{mission.mission_id}", max(desk.now, mission.start_at) + begin_grace(desk, mission)
    )


def begin_grace(desk: Desk, mission: Mission) -> timedelta:
    """How long after its start a mission may not have begun: a driver may be late, a machine is on time."""
    settings = desk.settings
    return timedelta(seconds=settings.begin_grace_s if mission.is_sortie else settings.route_begin_grace_s)


def _later(desk: Desk, record: MissionRecord, reasons: tuple[Reason, ...]) -> None:
    if not _may_wait(desk, record):
        _note_absence(desk, desk.asset(record.mission.asset_id))
        withdraw(desk, record, reasons)
        return
    due = desk.now + timedelta(seconds=desk.settings.retry_s)
    if _told(reasons) != _told(record.waits):
        desk.emit(MissionWaits(at=desk.now, mission_id=record.mission.mission_id, until=due, why=reasons))
    desk.set_timer(f"release:{record.mission.mission_id}", due)


def _told(reasons: tuple[Reason, ...]) -> set[tuple[str, str | None]]:
    """What tells reasons apart that are worth an event of their own; figures change with every look."""
    return {(one.code, one.source) for one in reasons}


def _note_absence(desk: Desk, asset: Asset) -> None:
    """It was never heard of and has missed what it was counted on for: it is not counted on again before it comes."""
    if asset.status is AssetStatus.OFFLINE:
        asset_id = asset.record.asset_id
        desk.raise_once(
            ABSENT,
            "not counted on until it is heard; see why it is not there",
            asset_id=asset_id,
            owner="operator",
        )


ABSENT = "asset_absent"


def _may_wait(desk: Desk, record: MissionRecord) -> bool:
    """Whether a later start could still make it: the window must hold the planned travel, and patience its limit."""
    # A route is sent well before it starts, when its van may be out on the trip ahead of it.
    due = record.release_at if record.mission.is_sortie else record.mission.start_at
    since = max(due, desk.state.resumed_at or due)
    waited = desk.now - since
    drops = [s for s in record.mission.steps if isinstance(s, Drop)]
    last = drops[0].window.end if drops else desk.state.until or desk.now
    lead = timedelta(seconds=desk.settings.retry_s)
    return desk.now + lead < last and waited < timedelta(seconds=desk.settings.patience_s)


def withdraw(desk: Desk, record: MissionRecord, reasons: tuple[Reason, ...]) -> None:
    """Cancel a mission that has not begun and hand its parcels on."""
    withdraw_all(desk, [(record, reasons)])


def withdraw_all(desk: Desk, lost: Iterable[tuple[MissionRecord, tuple[Reason, ...]]]) -> None:
    """Cancel missions that have not begun, each for its reasons, and then hand their parcels on: a plan that is asked
    for has all of them to look after, and counts on none of these missions."""
    freed = [one for record, reasons in lost for one in _called_off(desk, record, reasons)]
    for order_id, mode, reasons in freed:
        another_way(desk, order_id, reasons, handed_on_from=mode)


def _called_off(
    desk: Desk, record: MissionRecord, reasons: tuple[Reason, ...]
) -> list[tuple[str, str | None, tuple[Reason, ...]]]:
    """Cancel a mission; the parcels that it gives up, the mode that each had, and why."""
    mission = record.mission
    code = reasons[0].code if reasons else None
    desk.emit(MissionOver(at=desk.now, mission_id=mission.mission_id, outcome="cancelled", code=code))
    freed: list[tuple[str, str | None, tuple[Reason, ...]]] = []
    for carried in mission.items:
        parcel = desk.parcel(carried.order_id)
        if parcel.mission_id == mission.mission_id:
            excluded = spent(desk, carried.order_id, record.kind) if mission.is_sortie else None
            free(desk, carried.order_id, reasons, excluded=excluded)
            freed.append((carried.order_id, parcel.mode, reasons))
    return freed


def _compartment_refusal(desk: Desk, parcel: Parcel) -> Reason | None:
    if parcel.locker_id is None:
        return None
    kept = desk.state.compartments.get((parcel.locker_id, parcel.order.order_id))
    if kept is not None and kept.status is CompartmentStatus.RESERVED:
        return None
    return incident(
        "locker_unconfirmed", "the locker has not confirmed a compartment", source=parcel.locker_id
    )


def _not_there(asset: Asset) -> Reason:
    detail = f"{asset.record.asset_id} is {asset.status.value}" + (", withdrawn" if asset.withdrawn else "")
    return incident("asset_unavailable", detail, source=asset.record.asset_id)


_RELEASE: dict[str, Callable[[Desk, MissionRecord], None]] = {
    "sortie": _release_sortie,
    "route": _release_route,
}
