"""Exceptions in the state: all that ever were, and which of them nobody has dealt with yet."""

from __future__ import annotations

from fleet.domain import events as ev
from fleet.domain.evolve import evolve, without
from fleet.domain.state import ExceptionRecord, State


def raised(state: State, event: ev.ExceptionRaised) -> State:
    """The state with an exception that nobody has dealt with yet."""
    record = ExceptionRecord(
        event.exception_id,
        event.code,
        event.at,
        event.owner,
        event.action,
        event.asset_id,
        event.order_id,
        event.mission_id,
        event.reasons,
        advice=event.advice,
    )
    about = None if event.mission_id is None else state.missions.get(event.mission_id)
    if about is not None:
        noted = evolve(about, noted=about.noted | {event.code})
        state = evolve(state, missions=state.missions.set(about.mission.mission_id, noted))
    return evolve(
        state,
        exceptions=state.exceptions.set(event.exception_id, record),
        unresolved=state.unresolved.set(event.exception_id, None),
        serial=state.serial + 1,
    )


def closed(state: State, event: ev.ExceptionClosed) -> State:
    """The state after somebody, or the hub itself, has dealt with an exception."""
    record = evolve(state.exceptions[event.exception_id], outcome=event.outcome)
    return evolve(
        state,
        exceptions=state.exceptions.set(event.exception_id, record),
        unresolved=without(state.unresolved, event.exception_id),
    )
