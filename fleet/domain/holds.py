"""Who has an asset hold: a person, a stop of everything, or the hub so that another flight may pass."""

from __future__ import annotations

from fleet.domain.state import AIR, NO_PERSON, PERSON, STOP
from fleet.protocol.messages import Action


def whose(by: str, *, stop: bool) -> str:
    """Whose hold it is."""
    return STOP if stop else AIR if by in NO_PERSON else PERSON


def holds_after(holds: frozenset[str], action: Action, who: str) -> frozenset[str]:
    """Going on by a person's word lifts every hold, by the hub's only that one; leaving lifts them all."""
    if action is Action.HOLD:
        return holds | {who}
    return holds - {who} if action is Action.RESUME and who != PERSON else frozenset()
