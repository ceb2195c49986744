"""Which drafted missions a new plan may change: those that nobody was shown yet.

What is released, loaded, under way or due soon stays, and so does what people have locked, with all that the same
mission brings, and whatever a plan can't say: a van that fetches a parcel on its way, a mission whose parcel went
another way meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import route_type
from fleet.dispatch.duties import away_of
from fleet.domain.state import FINAL_PARCEL, MissionRecord, Parcel, State
from fleet.planner.snapshot import Drafted, DraftedStop
from fleet.protocol.lifecycle import MissionStatus, ParcelStatus
from fleet.protocol.mission import Drop, Stop
from fleet.protocol.values import Place

PLANNED_FROM = frozenset({"client", "linehaul", "site"})
"""Who has a parcel that can still be planned."""


MOST_PLACES = 20
"""Of so many of the parcels that wait it is asked which missions come near: this is done in the hub's loop."""


def revisable(desk: Desk, order_ids: Sequence[str], usable: Collection[str]) -> tuple[Drafted, ...]:
    """The drafted missions of ``usable`` assets that a plan of these parcels may change, by id: those nearest to these,
    of so many parcels as the settings allow."""
    if not desk.settings.replans or not order_ids:
        return ()
    some = order_ids[:: -(-len(order_ids) // MOST_PLACES)]
    places = [desk.parcel(order_id).order.place for order_id in some]
    return _nearest(desk, _candidates(desk, usable), places, _room(desk, len(order_ids)))


def drafted_near(desk: Desk, order_id: str, usable: Collection[str]) -> tuple[Drafted, ...]:
    """The drafted missions that a parcel's ways are held against when it is asked about: its own, if it has one that a
    plan can say, and of those that could make room or take it along the nearest."""
    parcel = desk.parcel(order_id)
    own = None if parcel.mission_id is None else desk.mission(parcel.mission_id)
    mine = _drafted(desk, own) if own is not None and _can_be_said(desk, own) else None
    # What else its asset has to do stays as it is.
    asset_id = None if own is None else own.mission.asset_id
    others = (some for some in _candidates(desk, usable) if some[0].asset_id != asset_id)
    near = _nearest(desk, others, [parcel.order.place], BESIDE)
    return near if mine is None else tuple(sorted((mine, *near), key=lambda one: one.mission_id))


def no_choice_left(state: State, parcel: Parcel) -> str | None:
    """Why no plan chooses how a parcel is brought any more, in words that go on behind its id; none where one does."""
    if parcel.status in FINAL_PARCEL or parcel.status is ParcelStatus.IN_LOCKER:
        at = parcel.served_at or parcel.ended_at
        when = "" if at is None else f" since {at.isoformat(timespec='seconds')}"
        return f"is {parcel.status.value.replace('_', ' ')}{when}: there is nothing left to choose"
    if parcel.custodian.kind not in PLANNED_FROM:
        return f"is with {parcel.custodian.id}: it can only be handed on, which no plan chooses"
    record = None if parcel.mission_id is None else state.missions[parcel.mission_id]
    if record is not None and record.status is not MissionStatus.DRAFTED:
        sent = "is out with" if record.status is MissionStatus.ACTIVE else "was sent to"
        mission = record.mission
        return f"goes with {mission.mission_id}, which {sent} {mission.asset_id}: that is not chosen anew"
    return None


BESIDE = 60
"""So many drafted parcels are looked at beside one that is asked about: each is asked whether its draft holds."""


Together = tuple[Drafted, ...]
"""A sortie, or a van's routes one after the other: of these the last ones may be changed alone."""


def _nearest(
    desk: Desk, candidates: Iterable[Together], places: Sequence[Place], room: int
) -> tuple[Drafted, ...]:
    """Of these drafts those that come nearest to some places, of so many parcels in all, by id."""
    found = [(min(_apart(desk, one, places) for one in some), some) for some in candidates]
    chosen = list[Drafted]()
    for _, some in sorted(found, key=lambda pair: (pair[0], pair[1][0].mission_id)):
        for one in reversed(some):
            # A long route that is nearest leaves what lies behind it to be looked at.
            if len(one.order_ids) > room:
                break
            room -= len(one.order_ids)
            chosen.append(one)
    return tuple(sorted(chosen, key=lambda one: one.mission_id))


def _room(desk: Desk, waiting: int) -> int:
    """How many drafted parcels may be planned again for so many that wait: an event touches little, and each draft that
    is looked at must be asked anew whether it holds."""
    settings = desk.settings
    return min(settings.most_replanned, settings.replanned_few + settings.replanned_each * waiting)


def still_as_seen(desk: Desk, mission_id: str, revision: int) -> bool:
    """Whether a mission is a draft still, and the one that a plan was made with."""
    record = desk.mission(mission_id)
    return (
        record is not None
        and record.status is MissionStatus.DRAFTED
        and record.mission.revision == revision
        and all(_may_leave(desk, o, mission_id) for o in _brings(record))
    )


def _may_leave(desk: Desk, order_id: str, mission_id: str) -> bool:
    """Whether a parcel is a mission's to bring, and nobody has locked it there."""
    parcel = desk.parcel(order_id)
    return parcel.mission_id == mission_id and not parcel.locked


def _candidates(desk: Desk, usable: Collection[str]) -> Iterator[Together]:
    routes: dict[str, list[MissionRecord]] = defaultdict(list)
    for mission_id, asset_id in desk.state.live_missions.items():
        record = desk.state.missions[mission_id]
        if asset_id in usable and record.kind == "van":
            routes[asset_id].append(record)
        elif asset_id in usable and _may_change(desk, record):
            yield (_drafted(desk, record),)
    for records in routes.values():
        if some := _last_routes(desk, records):
            yield some


def _last_routes(desk: Desk, records: Sequence[MissionRecord]) -> Together:
    """A van's drafts behind the last of its routes that may not be changed: until that one it is not free. Of a van
    whose driver has a break one alone: a plan gives it one trip."""
    drafts = sum(record.status is MissionStatus.DRAFTED for record in records)
    if drafts > 1 and route_type(desk, records[0].mission.asset_id).driver_break is not None:
        return ()
    found = list[Drafted]()
    for record in sorted(
        records, key=lambda one: (one.mission.start_at, one.mission.mission_id), reverse=True
    ):
        if not _may_change(desk, record):
            break
        found.append(_drafted(desk, record))
    return tuple(reversed(found))


def _drafted(desk: Desk, record: MissionRecord) -> Drafted:
    mission = record.mission
    end = away_of(desk, record).end if record.kind == "van" else None
    return Drafted(
        mission.mission_id, mission.revision, mission.asset_id, mission.start_at, tuple(_stops(record)), end
    )


def _may_change(desk: Desk, record: MissionRecord) -> bool:
    soon_s = desk.settings.lead_to_plan_s + desk.settings.keep_before_s
    due_soon = record.release_at < desk.now + timedelta(seconds=soon_s)
    if due_soon or record.waits or not _can_be_said(desk, record):
        return False
    return not any(desk.parcel(order_id).locked for order_id in _brings(record))


def _can_be_said(desk: Desk, record: MissionRecord) -> bool:
    """Whether a mission is a draft that a plan can say: nothing of it was begun, or is of a sort that no plan makes."""
    if record.status is not MissionStatus.DRAFTED:
        return False
    brings = _brings(record)
    # A van that calls somewhere to fetch what it delivers has it in two of its steps.
    whole = len(set(brings)) == len(brings) and set(brings) == {i.order_id for i in record.mission.items}
    # What was put into it for later than the planned day is more than a plan may make of it.
    until = desk.state.until
    ends_in_time = until is None or all(
        step.eta + timedelta(seconds=step.service_s) < until
        for step in record.mission.steps
        if isinstance(step, Stop)
    )
    return bool(brings) and whole and ends_in_time and all(_is_planned(desk, o, record) for o in brings)


def _is_planned(desk: Desk, order_id: str, record: MissionRecord) -> bool:
    parcel = desk.parcel(order_id)
    ours = parcel.mission_id == record.mission.mission_id
    return ours and parcel.status is ParcelStatus.PLANNED and parcel.custodian.kind in PLANNED_FROM


def _brings(record: MissionRecord) -> list[str]:
    return list(chain.from_iterable(stop.order_ids for stop in _stops(record)))


def _stops(record: MissionRecord) -> Iterator[DraftedStop]:
    for step in record.mission.steps:
        if isinstance(step, Drop):
            yield DraftedStop(step.locker_id, (step.order_id,))
        elif isinstance(step, Stop):
            yield DraftedStop(step.locker_id, (*step.deliver, *step.collect))


def _apart(desk: Desk, one: Drafted, places: Sequence[Place]) -> float:
    """How near a mission comes to any of some places, in degrees squared: good enough to choose by."""
    doors = [desk.parcel(order_id).order.place for order_id in one.order_ids]
    return min((a.lon - b.lon) ** 2 + (a.lat - b.lat) ** 2 for a in doors for b in places)
