"""Early, on time or late: the one definition, for what was served and for what is expected."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from fleet.domain.events import CustodyPassed
from fleet.domain.state import MissionRecord, Parcel
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Stop, Travel
from fleet.protocol.values import Direction

_BY_LOCKER = frozenset({ParcelStatus.IN_LOCKER, ParcelStatus.COLLECTED})


class Punctuality(StrEnum):
    """How a moment of service lies to a parcel's window."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


def served_at(parcel: Parcel, passed: CustodyPassed) -> datetime | None:
    """When a parcel was served, after a hand-off; see ``Parcel``. What leaves a locker with us was not served."""
    giver, taker = passed.giver.kind, passed.taker.kind
    if parcel.order.direction is not Direction.DELIVERY:
        return passed.at if giver == "client" else parcel.served_at
    if giver == "asset" and taker in ("recipient", "locker"):
        return passed.at
    return None if giver == "locker" and taker != "recipient" else parcel.served_at


def late_after(record: MissionRecord, step_id: str, at: datetime) -> float:
    """How far behind its times a mission is, in s, after a step that ended at ``at``: by a route's stop, or a sortie's
    way; other steps leave it as it was. Stops may be made in another order than theirs: it is behind when so many of
    them should have been made."""
    step = next((s for s in record.mission.steps if s.step_id == step_id), None)
    if isinstance(step, Stop):
        expected = _due_by_now(record, step)
        return (at - expected.eta).total_seconds() - expected.service_s
    if isinstance(step, Travel) and (due := step.path[-1].at) is not None:
        return (at - due).total_seconds()
    return record.late_s


def _due_by_now(record: MissionRecord, step: Stop) -> Stop:
    """The stop that should be the last with which as many are made as with this one."""
    stops = [one for one in record.mission.steps if isinstance(one, Stop)]
    before = record.ended - {step.step_id}
    return stops[sum(one.step_id in before for one in stops)]


def punctuality(parcel: Parcel) -> Punctuality | None:
    """How a parcel was served; none while it was not.

    A delivery counts when it is handed over at the door, or when the locker is filled, whenever that is emptied; a
    pick-up when it is collected, whenever the vehicle comes home. A locker alone may be served before the window.
    """
    return None if parcel.served_at is None else _of(parcel, parcel.served_at)


def is_late(parcel: Parcel) -> bool:
    """Whether a parcel was served after its window, or is expected to be; false where no time is known, and for one
    that was given up: nobody serves it.
    """
    moment = parcel.served_at or parcel.eta
    if moment is None or parcel.status is ParcelStatus.RETURNED:
        return False
    return _of(parcel, moment) is Punctuality.LATE


def _of(parcel: Parcel, moment: datetime) -> Punctuality:
    due = parcel.order.due
    if moment > due.end:
        return Punctuality.LATE
    early = moment < due.start and not _may_be_early(parcel)
    return Punctuality.EARLY if early else Punctuality.ON_TIME


def _may_be_early(parcel: Parcel) -> bool:
    return parcel.order.direction is Direction.DELIVERY and parcel.status in _BY_LOCKER
