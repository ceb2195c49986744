"""Whether the hub lives and whether it can be relied on, each check with a reason in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fleet.hub.observability.vitals import Integrity, Phase, Pulse, Vitals

STALLED_S = 5.0
"""A loop that has not turned for so long does not live: idle, it turns many times a second."""

COMMIT_S = 10.0
"""A commit that has been under way for so long: the disk does not answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold, whether it does, and why not."""

    name: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether it holds."""
        return not self.reason


def alive(pulse: Pulse, now_s: float) -> Check:
    """The loop turns. A hub that starts or stops has none; that is no fault, however long it takes."""
    still_s = now_s - pulse.last_s
    stalled = pulse.phase is Phase.RUNNING and still_s > STALLED_S
    return Check("loop", f"the loop has not turned for {still_s:.0f} s" if stalled else "")


def readiness(pulse: Pulse, now_s: float) -> tuple[Check, ...]:
    """Everything that must hold for peers to be served; only the first three can be told before the loop has turned."""
    first = (_phase(pulse), alive(pulse, now_s), _integrity(pulse))
    vitals = pulse.vitals
    return first if vitals is None else (*first, *(Check(name, ask(vitals, now_s)) for name, ask in _CHECKS))


def troubles(pulse: Pulse, now_s: float) -> list[str]:
    """Why the hub is not ready, in plain words; empty while it is."""
    return [check.reason for check in readiness(pulse, now_s) if not check.ok]


def _phase(pulse: Pulse) -> Check:
    if pulse.phase is Phase.RUNNING and pulse.vitals is not None:
        return Check("listening")
    stopping = pulse.phase is Phase.STOPPING
    return Check("listening", "the hub is stopping" if stopping else "the hub is still starting")


def _integrity(pulse: Pulse) -> Check:
    damaged = pulse.integrity is Integrity.BAD
    return Check("integrity", "the store is damaged: stop the hub and restore a backup" if damaged else "")


def _storage(vitals: Vitals, now_s: float) -> str:
    since_s = vitals.commits.under_way_since_s
    if vitals.commits.trouble is not None:
        return f"the store is in trouble: {vitals.commits.trouble}"
    if since_s is not None and now_s - since_s > COMMIT_S:
        return f"a commit has been under way for {now_s - since_s:.0f} s: the disk does not answer"
    return ""


def _planner(vitals: Vitals, now_s: float) -> str:  # noqa: ARG001 - one signature for all checks
    return (
        "" if vitals.planner.available else "the planner's process dies again and again: nothing is planned"
    )


def _keyring(vitals: Vitals, now_s: float) -> str:  # noqa: ARG001 - one signature for all checks
    return "" if vitals.shut_out is None else f"nobody new is let in: {vitals.shut_out}"


_CHECKS: tuple[tuple[str, Callable[[Vitals, float], str]], ...] = (
    ("storage", _storage),
    ("planner", _planner),
    ("keyring", _keyring),
)
