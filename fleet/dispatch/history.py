"""What the state forgets and the day's report needs: when trips went out, and every hand-off, in one pass over the log.

A log that contradicts itself is read to its end all the same: what can't have happened is set aside and named, so that
the report can say it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.plan import Plan, SortiePlan
from fleet.domain.state import State
from fleet.protocol.lifecycle import LifecycleError
from fleet.protocol.mission import Travel


@dataclass(slots=True)
class Times:
    """When a mission began, and from when to when it travelled (none while it has not)."""

    begun: datetime | None = None
    left: datetime | None = None
    arrived: datetime | None = None


@dataclass(slots=True)
class History:
    """A day as its log tells it. ``hand_offs`` are by order, ``times`` by mission, ``sorties`` as planned, by mission;
    ``handed_on`` has, by order, the last hand-on to another mode after planning; ``contradictions`` are events that
    can't have happened, in words; ``stopped`` is who stopped everything, while nobody has let it go on.
    """

    state: State = field(default_factory=State)
    last_at: datetime | None = None
    plans: list[Plan] = field(default_factory=list)
    sorties: dict[str, SortiePlan] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=lambda: defaultdict(Times))
    hand_offs: dict[str, list[ev.CustodyPassed]] = field(default_factory=lambda: defaultdict(list))
    handed_on: dict[str, ev.ParcelAssigned] = field(default_factory=dict)
    left_over: set[str] = field(default_factory=set)
    contradictions: list[str] = field(default_factory=list)
    stopped: ev.OperationsStopped | None = None

    def take(self, event: ev.Event) -> None:
        """Take in the next event."""
        try:
            changed = apply(self.state, event)
        except (LifecycleError, KeyError) as error:
            self.contradictions.append(f"event {self.state.position + 1}, {type(event).__name__}: {error}")
            return
        self.state, self.last_at = changed, event.at
        note = _NOTES.get(type(event))
        if note is not None:
            note(self, event)


def read_history(events: Iterable[ev.Event]) -> History:
    """The history of a whole log."""
    history = History()
    for event in events:
        history.take(event)
    return history


UNASSIGNED = "unassigned"
"""What a parcel was handed on from when the plan had found nobody for it."""


def _plan_committed(history: History, event: ev.PlanCommitted) -> None:
    history.plans.append(event.plan)
    history.sorties.update({s.sortie_id: s for s in event.plan.sorties})


def _parcel_assigned(history: History, event: ev.ParcelAssigned) -> None:
    if event.handed_on_from == UNASSIGNED:
        history.left_over.add(event.order_id)
    elif event.handed_on_from not in (None, event.mode):
        history.handed_on[event.order_id] = event


def _custody_passed(history: History, event: ev.CustodyPassed) -> None:
    history.hand_offs[event.order_id].append(event)


def _mission_begun(history: History, event: ev.MissionBegun) -> None:
    history.times[event.mission_id].begun = event.at


def _step_begun(history: History, event: ev.StepBegun) -> None:
    times = history.times[event.mission_id]
    if times.left is None and _is_travel(history, event.mission_id, event.step_id):
        times.left = event.at


def _step_ended(history: History, event: ev.StepEnded) -> None:
    if _is_travel(history, event.mission_id, event.step_id):
        history.times[event.mission_id].arrived = event.at


def _is_travel(history: History, mission_id: str, step_id: str) -> bool:
    steps = history.state.missions[mission_id].mission.steps
    return any(isinstance(s, Travel) and s.step_id == step_id for s in steps)


def _stopped(history: History, event: ev.OperationsStopped) -> None:
    history.stopped = event


def _resumed(history: History, _event: ev.OperationsResumed) -> None:
    history.stopped = None


_NOTES: dict[type[ev.Event], Callable[[History, Any], None]] = {
    ev.PlanCommitted: _plan_committed,
    ev.ParcelAssigned: _parcel_assigned,
    ev.CustodyPassed: _custody_passed,
    ev.MissionBegun: _mission_begun,
    ev.StepBegun: _step_begun,
    ev.StepEnded: _step_ended,
    ev.OperationsStopped: _stopped,
    ev.OperationsResumed: _resumed,
}
