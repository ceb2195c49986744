"""A mission under way that is late: what it still has is told anew, and what waits for its asset is looked at again.

The stops of a route under way stay with its driver; those that can't be made in their windows any more are put before a
person. A draft of the same asset begins later where it still holds so, and earlier again, but never before it was to at
first; parcels for which it does not hold are planned again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from fleet.dispatch.desk import Desk
from fleet.dispatch.duties import shift_of
from fleet.dispatch.expected import Arrival, Expected, expected
from fleet.dispatch.handovers import another_way
from fleet.dispatch.lookagain import watch_lateness
from fleet.dispatch.parcels import free
from fleet.dispatch.planning import free_again
from fleet.dispatch.release import withdraw
from fleet.dispatch.revising import begin_at, dropped, kept_break
from fleet.dispatch.taking_back import take_back
from fleet.domain.events import ArrivalsMoved
from fleet.domain.state import ExceptionRecord, MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.mission import Drop, Step, Stop
from fleet.protocol.values import Reason

ROUTE_LATE, ASSET_LATE, LOCKED_LATE = "route_late", "asset_late", "locked_late"
MOST_TOLD = 10
"""So many parcels are named that are expected late."""


def look_at_lateness(desk: Desk, mission_id: str) -> None:
    """What becomes of a mission under way, and of those that wait for its asset, by what is known now."""
    record = desk.mission(mission_id)
    if record is None or record.status is not MissionStatus.ACTIVE:
        return
    if not record.mission.is_sortie:
        found = expected(desk, record)
        _tell(desk, record, found.arrivals)
        _warn(desk, record, found.arrivals)
    _look_behind(desk, record)


def still_late(desk: Desk, mission_id: str) -> None:
    """The timer of a route: it is looked at, and again later."""
    look_at_lateness(desk, mission_id)
    record = desk.mission(mission_id)
    if record is not None:
        watch_lateness(desk, record)


# --- what is under way -----------------------------------------------------------------------------------------------


def _tell(desk: Desk, record: MissionRecord, arrivals: Iterable[Arrival]) -> None:
    """When its parcels are expected, once one of them is by much not when it was told."""
    ours = [
        (order_id, arrival.at.replace(microsecond=0))
        for arrival in arrivals
        for order_id in arrival.serves
        if desk.parcel(order_id).mission_id == record.mission.mission_id
    ]
    differs = dict(one for one in ours if _is_off(desk, *one))
    if differs:
        desk.emit(ArrivalsMoved(at=desk.now, mission_id=record.mission.mission_id, etas=differs))


def _is_off(desk: Desk, order_id: str, at: datetime) -> bool:
    told = desk.parcel(order_id).eta
    return told is not None and abs(at - told) > _much(desk)


def _much(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.settings.late_told_s)


def _warn(desk: Desk, record: MissionRecord, arrivals: Iterable[Arrival]) -> None:
    """Those that come well after their windows are put before a person, until none of those that are left is late."""
    late = [(o, one) for one in arrivals if one.over > _much(desk) for o in one.serves]
    if not any(one.late for one in arrivals):
        _close(desk, record, ROUTE_LATE, "none of its stops that are left is late")
    if not late or _open(desk, record, ROUTE_LATE) is not None:
        return
    more = f" and {len(late) - MOST_TOLD} more" if len(late) > MOST_TOLD else ""
    names = ", ".join(order_id for order_id, _ in late[:MOST_TOLD])
    desk.raise_exception(
        ROUTE_LATE,
        f"they stay with the driver; tell who waits for {names}{more}",
        asset_id=record.mission.asset_id,
        mission_id=record.mission.mission_id,
        owner="operator",
        reasons=tuple(_expected_late(desk, order_id, one) for order_id, one in late[:MOST_TOLD]),
    )


def _open(desk: Desk, record: MissionRecord, code: str) -> ExceptionRecord | None:
    if code not in record.noted:
        return None
    found = (one for one in desk.state.open_exceptions() if one.code == code)
    return next((one for one in found if one.mission_id == record.mission.mission_id), None)


def _close(desk: Desk, record: MissionRecord, code: str, outcome: str) -> None:
    found = _open(desk, record, code)
    if found is not None:
        desk.close_exception(found.exception_id, outcome)


def _expected_late(desk: Desk, order_id: str, arrival: Arrival) -> Reason:
    done, due = arrival.at + timedelta(seconds=arrival.stop.service_s), desk.parcel(order_id).order.due.end
    when, by = (moment.isoformat(timespec="seconds") for moment in (done, due))
    return incident(ROUTE_LATE, f"{order_id} is expected to be served by {when}, due by {by}", source="hub")


# --- what waits for its asset ----------------------------------------------------------------------------------------


def _look_behind(desk: Desk, record: MissionRecord) -> None:
    """The asset's drafts one after the other, each of which may make the next one late, or let it begin earlier again
    that had been made late."""
    asset_id, free_at = record.mission.asset_id, _free_at(desk, record)
    for draft in _drafts(desk, asset_id):
        # A sortie is let go only where it can't be in time: it needs no patience.
        patience = timedelta(0) if draft.mission.is_sortie else _much(desk)
        begins = _begins(draft, free_at)
        if abs(begins - draft.mission.start_at) <= patience:
            return
        why = (incident(ASSET_LATE, f"{asset_id} is back at {free_at:%H:%M} only", source=asset_id),)
        if draft.mission.is_sortie:
            free_at = _sortie_behind(desk, draft, begins, why)
        else:
            free_at = _route_behind(desk, draft, begins, why)


def _begins(draft: MissionRecord, free_at: datetime) -> datetime:
    """When a draft begins: once its asset is back, not before it was to begin at first."""
    first = draft.mission.start_at if draft.first_times is None else draft.first_times.start_at
    return max(free_at, first)


def _free_at(desk: Desk, record: MissionRecord) -> datetime:
    """When the asset is free for its drafts: what it was sent already goes before them."""
    live = _live(desk, record.mission.asset_id)
    sent = (one for one in live if one.status in (MissionStatus.RELEASED, MissionStatus.ACCEPTED))
    return max([free_again(desk, record), *(_home_of(desk, one) for one in sent)])


def _home_of(desk: Desk, record: MissionRecord) -> datetime:
    return free_again(desk, record) if record.mission.is_sortie else expected(desk, record).home


def _live(desk: Desk, asset_id: str) -> Iterable[MissionRecord]:
    return (desk.state.missions[one] for one, whose in desk.state.live_missions.items() if whose == asset_id)


def _drafts(desk: Desk, asset_id: str) -> list[MissionRecord]:
    drafts = (one for one in _live(desk, asset_id) if one.status is MissionStatus.DRAFTED)
    return sorted(drafts, key=lambda one: (one.mission.start_at, one.mission.mission_id))


def _sortie_behind(desk: Desk, draft: MissionRecord, begins: datetime, why: tuple[Reason, ...]) -> datetime:
    """A sortie whose window would be over is planned again; any other waits, and is checked when it is sent. Returns
    when its asset is free again."""
    later, drop = begins - draft.mission.start_at, _drop_of(draft)
    if desk.parcel(drop.order_id).eta is None or _drops_at(desk, drop) + later <= drop.window.end:
        return free_again(desk, draft) + later
    if desk.parcel(drop.order_id).locked:
        _keep_locked(desk, draft, f"{drop.order_id} can't be there by {_minute(drop.window.end)}")
        return free_again(desk, draft) + later
    withdraw(desk, draft, why)
    return begins


def _keep_locked(desk: Desk, draft: MissionRecord, what: str) -> None:
    """People want it brought so: they are told what does not hold any more, once."""
    if _open(desk, draft, LOCKED_LATE) is None:
        desk.raise_exception(
            LOCKED_LATE,
            "kept, as it is locked: see to it, or unlock it so that it is planned again",
            asset_id=draft.mission.asset_id,
            mission_id=draft.mission.mission_id,
            owner="operator",
            reasons=(incident(LOCKED_LATE, what, source="hub"),),
        )


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _drop_of(draft: MissionRecord) -> Drop:
    return next(step for step in draft.mission.steps if isinstance(step, Drop))


def _drops_at(desk: Desk, drop: Drop) -> datetime:
    return desk.parcel(drop.order_id).eta or drop.window.start


def _route_behind(desk: Desk, draft: MissionRecord, begins: datetime, why: tuple[Reason, ...]) -> datetime:
    """A route begins when its van is back, later or earlier than it was to, without the parcels for which that is too
    late: these are planned again. Returns when the van is free again."""
    held = _Held(desk, draft, begins)
    given_up = held.given_up()
    if given_up is None:
        withdraw(desk, draft, why)
        return begins
    modes = {order_id: desk.parcel(order_id).mode for order_id in given_up}
    for order_id in given_up:
        take_back(desk, order_id, why[0].detail)
        free(desk, order_id, why)
    home = _begin_at(desk, desk.state.missions[draft.mission.mission_id], begins)
    for order_id in given_up:
        another_way(desk, order_id, why, handed_on_from=modes[order_id])
    return home


def _begin_at(desk: Desk, draft: MissionRecord, begins: datetime) -> datetime:
    found = expected(desk, draft, start=begins)
    etas = {one.stop.step_id: one.at for one in found.arrivals}
    begin_at(desk, draft, begins, etas, found.rest)
    if found.rest is None or found.rests_in_time:
        _close(desk, draft, LOCKED_LATE, "the driver's break begins in its window again")
    else:
        by = _minute(found.rest.begins.end)
        _keep_locked(desk, draft, f"the driver's break begins at {_minute(found.rest.start)}, due by {by}")
    _tell(desk, draft, found.arrivals)
    send_at = begins - timedelta(seconds=desk.settings.route_lead_s)
    desk.set_timer(f"release:{draft.mission.mission_id}", max(send_at, desk.now))
    return found.home


@dataclass(frozen=True)
class _Held:
    """A drafted route that begins later: what of it still holds."""

    desk: Desk
    draft: MissionRecord
    begins: datetime

    def given_up(self) -> tuple[str, ...] | None:
        """The parcels without which it holds, of which none is locked; none where nothing would be left of it, or its
        driver's break begins too late and none of it is locked."""
        gone = list[str]()
        while True:
            left = _without(self.draft, frozenset(gone))
            found = expected(self.desk, left, start=self.begins)
            if not found.arrivals or not (found.rests_in_time or self._has_locked):
                return None
            more = self._too_late(found)
            if not more:
                return tuple(gone)
            gone += more

    def _too_late(self, found: Expected) -> tuple[str, ...]:
        """Whom to leave out next: at the first stop that is late, else at the last one where the van is out for too
        long."""
        late = (self._may_go(one) for one in found.arrivals if one.late)
        first = next(filter(None, late), ())
        if first or found.home <= self._latest:
            return first
        return next(filter(None, map(self._may_go, reversed(found.arrivals))), ())

    @cached_property
    def _has_locked(self) -> bool:
        return any(self.desk.parcel(one.order_id).locked for one in self.draft.mission.items)

    def _may_go(self, arrival: Arrival) -> tuple[str, ...]:
        return tuple(o for o in arrival.order_ids if not self.desk.parcel(o).locked)

    @cached_property
    def _latest(self) -> datetime:
        """The end of the shift; no later than the longest shift that began with the van's first route allows."""
        mission = self.draft.mission
        beside = shift_of(self.desk, mission.asset_id, mission.start_at, but=(mission.mission_id,))
        return beside.before(self.begins).over_by(beside.span.end)


def _without(draft: MissionRecord, gone: frozenset[str]) -> MissionRecord:
    """A route as it is without some parcels."""
    steps = list[Step]()
    for step in draft.mission.steps:
        if not isinstance(step, Stop):
            steps.append(step)
        elif left := dropped(step, gone):
            steps.append(left)
    rest = kept_break(draft.mission, steps)
    return replace(
        draft, mission=draft.mission.model_copy(update={"steps": tuple(steps), "driver_break": rest})
    )
