"""Handing parcels on to human-driven routes: where each may still go, in the order in which it is tried.

A parcel goes where it was to go if it can be on time there: to its locker, else to the door. When no van can be on
time, the best one that is late is taken, then one that works overtime. When no van has time or room at all the parcel
waits where it is and is tried again, since vans come home; what nobody can bring by the day's end is given up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from fleet.dispatch.compartments import give_back, keep_at, kept_for
from fleet.dispatch.desk import Desk
from fleet.dispatch.parcels import NOBODY_OPENED, free, give_up
from fleet.dispatch.placing import Goal, best_place, take_place
from fleet.dispatch.planning import to_be_planned, want_plan
from fleet.dispatch.revising import resend
from fleet.dispatch.running import stand_of
from fleet.dispatch.taking_back import take_back
from fleet.dispatch.waiting import day_is_over, is_missing, lose, nobody, stop_waiting, waits
from fleet.domain.fleet import StationType
from fleet.domain.plan import RoutePlan
from fleet.domain.sites import Locker
from fleet.domain.state import FINAL_PARCEL, Parcel
from fleet.feasibility import assess_locker
from fleet.feasibility.incident import incident
from fleet.protocol.messages import FailedItem
from fleet.protocol.mission import Stop
from fleet.protocol.values import CompartmentSize, Order, Reason, TimeWindow

_FAILED_AT_THE_PLACE = frozenset({"locker_full", "recipient_absent"})
"""After these a locker is asked (another one, if it was one that was full)."""


def hand_on(desk: Desk, order_id: str, why: tuple[Reason, ...], *, handed_on_from: str | None) -> str:
    """Put the parcel into a van's route; returns what came of it, in words for the exception's record."""
    parcel = desk.parcel(order_id)
    stand = stand_of(desk, parcel)
    for goal in _goals(desk, parcel, why):
        found = best_place(desk, goal, stand)
        if found is not None:
            keep_at(desk, parcel, goal.locker_id)
            outcome = take_place(desk, found, goal, why, handed_on_from)
            stop_waiting(desk, order_id, outcome)
            return outcome
    give_back(desk, order_id)
    return nobody(desk, order_id, stand, why)


def another_way(desk: Desk, order_id: str, why: tuple[Reason, ...], *, handed_on_from: str | None) -> None:
    """A way for a parcel that lost its own: a new plan where it stands at one of our sites, since a machine may still
    bring it; else a van that fetches it. It was freed before."""
    if order_id in to_be_planned(desk):
        give_back(desk, order_id)
        want_plan(desk)
    else:
        hand_on(desk, order_id, why, handed_on_from=handed_on_from)


def spent(desk: Desk, order_id: str, kind: str) -> str:
    """What is ruled out for a parcel after a machine of this kind failed to bring it: once may be the machine, the
    weather, a zone or the recipient, and another try is worth it; twice is the mode."""
    once = f"{TRIED_ONCE}{kind}"
    return kind if once in desk.parcel(order_id).excluded else once


TRIED_ONCE = "once:"


def try_again(desk: Desk, order_id: str) -> None:
    """A parcel that waits is tried again, unless it has found its way meanwhile; one that a person looks for is not
    sent for before it is found, and is given up when the day is over."""
    parcel = desk.parcel(order_id)
    if order_id not in desk.state.waiting or parcel.status in FINAL_PARCEL:
        return
    found = waits(desk, order_id)
    why = parcel.handed_on if found is None else found.reasons
    if not is_missing(desk, order_id):
        another_way(desk, order_id, why, handed_on_from=parcel.mode)
    elif day_is_over(desk):
        give_up(desk, order_id, why)


def room_again(desk: Desk, locker_id: str) -> None:
    """A locker has a compartment left, or is there, again: parcels for which nobody was found, and that it would take,
    are tried at once, not only when their time comes."""
    locker = desk.state.lockers[locker_id]
    for order_id in sorted(desk.state.waiting):
        timer_id, parcel = f"handon:{order_id}", desk.parcel(order_id)
        waits_for_room = timer_id in desk.state.timers and not is_missing(desk, order_id)
        if waits_for_room and _walk(desk, parcel, locker) is not None:
            desk.set_timer(timer_id, desk.now)


def join_running(desk: Desk, order_id: str, most: float, planned: Sequence[RoutePlan]) -> bool:
    """Put a new parcel into a running route, on time and for at most ``most``, beside routes that are ``planned`` and
    not drafted yet; whether that could be done."""
    parcel = desk.parcel(order_id)
    goal = Goal(parcel.order)
    found = best_place(desk, goal, stand_of(desk, parcel), new_routes=False, planned=planned)
    if found is None or found.cost > most:
        return False
    take_place(desk, found, goal, (), None)
    return True


# --- where it may go -------------------------------------------------------------------------------------------------


def _goals(desk: Desk, parcel: Parcel, why: tuple[Reason, ...]) -> Iterator[Goal]:
    """On time, then late, then with overtime; each to the locker that keeps a compartment, to the door, to another
    locker.
    """
    for late, overtime in ((False, False), (True, False), (True, True)):
        order = _with_window(desk, parcel.order, late=late)
        if order is None:
            continue
        for locker_id in _lockers(desk, parcel, why):
            yield Goal(_to_locker(desk, order, desk.state.lockers[locker_id]), locker_id, late, overtime)
        yield Goal(order, None, late, overtime)


def _with_window(desk: Desk, order: Order, *, late: bool) -> Order | None:
    """The order as it is (none when that is over), or with its window held open: late is better than never."""
    if not late:
        return order if order.due.end > desk.now else None
    until = max(order.due.end, desk.state.until or desk.now) + timedelta(hours=desk.settings.late_hours)
    return order.model_copy(update={"due": TimeWindow(start=order.due.start, end=until)})


def _to_locker(desk: Desk, order: Order, locker: Locker) -> Order:
    """The order as a van sees it that brings it to a locker: any time until it is due, and quickly done."""
    due = TimeWindow(start=min(desk.now, order.due.end), end=order.due.end)
    return order.model_copy(
        update={"place": locker.place, "drop_point": None, "service_minutes": LOCKER_MINUTES, "due": due}
    )


LOCKER_MINUTES = 0.5
"""What one more parcel takes at a locker."""


def _lockers(desk: Desk, parcel: Parcel, why: tuple[Reason, ...]) -> list[str]:
    """The locker that keeps a compartment for it; else, after it failed at its place, others that would take it."""
    kept = [
        where for where in kept_for(desk, parcel.order.order_id) if f"locker:{where}" not in parcel.excluded
    ]
    if kept or not any(reason.code in _FAILED_AT_THE_PLACE for reason in why):
        return kept
    found = [
        (walk, x.locker_id)
        for x in desk.state.lockers.values()
        if (walk := _walk(desk, parcel, x)) is not None
    ]
    return [locker_id for _, locker_id in sorted(found)[:MOST_LOCKERS]]


MOST_LOCKERS = 2
"""So many of the nearest lockers are asked."""


def _walk(desk: Desk, parcel: Parcel, locker: Locker) -> float | None:
    """How far the recipient would walk to a locker that may and can take the parcel; none when it may not or can't."""
    kind = desk.context.fleet.types[desk.asset(locker.locker_id).record.type_id]
    if f"locker:{locker.locker_id}" in parcel.excluded or not isinstance(kind, StationType):
        return None
    found = assess_locker(desk.context, parcel.order, locker, kind)
    if not found.verdict.feasible or found.size is None or not _has_room(desk, locker, found.size):
        return None
    return found.walk_m


def _has_room(desk: Desk, locker: Locker, size: CompartmentSize) -> bool:
    taken = sum(
        where == locker.locker_id and kept.size is size
        for (where, _), kept in desk.state.compartments.items()
    )
    return taken < locker.count(size)


def resend_route(desk: Desk, mission_id: str, why: str) -> None:
    """A van refused a revision because it was further on than we knew: send what is left again."""
    record = desk.mission(mission_id)
    if record is None:
        return
    if record.mission.revision - record.accepted_revision > MOST_RESENT:
        desk.raise_exception(
            "revision_refused",
            "the driver goes on with what he has; an operator must call him",
            asset_id=record.mission.asset_id,
            mission_id=mission_id,
            owner="operator",
            reasons=(incident("revision_refused", why, source=record.mission.asset_id),),
        )
        return
    resend(desk, record, why)


MOST_RESENT = 5
"""So often a route is sent again that its driver's side refuses; then a person has to look."""


def after_failed_stop(desk: Desk, mission_id: str, step: Stop, failed: FailedItem) -> None:
    """A parcel could not be handed over, or taken in: the same van tries again, or takes it back. What was not where it
    should be is a person's business."""
    why = (incident(failed.code, failed.detail, source=mission_id),)
    parcel = desk.parcel(failed.order_id)
    if failed.order_id in step.collect and failed.code not in NOBODY_OPENED:
        take_back(desk, failed.order_id, why[0].detail)
        lose(desk, failed.order_id, why)
        return
    found = desk.raise_exception(
        failed.code,
        "trying again later on the same route",
        order_id=failed.order_id,
        mission_id=mission_id,
        reasons=why,
    )
    if parcel.attempts >= desk.settings.attempts:
        desk.close_exception(found, "no further attempt today")
        give_up(desk, failed.order_id, why)
        return
    if failed.code == "locker_full" and step.locker_id is not None:
        free(desk, failed.order_id, why, excluded=f"locker:{step.locker_id}")
    outcome = hand_on(desk, failed.order_id, why, handed_on_from=parcel.mode)
    desk.close_exception(found, outcome)
