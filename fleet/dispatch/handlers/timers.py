"""Timers that are due: what they are for stands before the colon of their id."""

from __future__ import annotations

from collections.abc import Callable

from fleet.dispatch.charge import look_at_charge
from fleet.dispatch.charging import look_at_charging
from fleet.dispatch.deposits import deposit_unconfirmed
from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.assets import link_grace_over
from fleet.dispatch.handlers.contacts import retention
from fleet.dispatch.handlers.holding import air_may_be_free
from fleet.dispatch.handlers.notbegun import not_begun, unanswered
from fleet.dispatch.handlers.overdue import overdue
from fleet.dispatch.handlers.zones import tell_unreadable, zone_over
from fleet.dispatch.handovers import try_again
from fleet.dispatch.inputs import Resume, TimerDue
from fleet.dispatch.lateness import still_late
from fleet.dispatch.planning import start_planning, to_be_planned, want_plan
from fleet.dispatch.release import release
from fleet.domain.events import TimerRang


def timer_due(desk: Desk, message: TimerDue) -> None:
    """Take the timer off and do what it is for."""
    if message.timer_id not in desk.state.timers:
        return
    desk.emit(TimerRang(at=desk.now, timer_id=message.timer_id))
    what, _, subject = message.timer_id.partition(":")
    _DUE[what](desk, subject)


def _plan_again(desk: Desk, _subject: str) -> None:
    want_plan(desk)


def _charge(desk: Desk, asset_id: str) -> None:
    if look_at_charge(desk, asset_id):
        want_plan(desk)


_DUE: dict[str, Callable[[Desk, str], None]] = {
    "release": release,
    "begin": not_begun,
    "cancel": unanswered,
    "overdue": overdue,
    "late": still_late,
    "deposit": deposit_unconfirmed,
    "handon": try_again,
    "link": link_grace_over,
    "plan": _plan_again,
    "charge": _charge,
    "charging": look_at_charging,
    "contacts": retention,
    "zone": zone_over,
    "air": air_may_be_free,
}


def resume(desk: Desk, _message: Resume) -> None:
    """After a restart: the plan that was being made is asked for again, and what flies is watched again. Zones that
    can't be read any more are told.
    """
    tell_unreadable(desk)
    state = desk.state
    if state.planning is not None:
        start_planning(desk, state.planning, to_be_planned(desk), revise=state.revises)
    desk.watch_all()
