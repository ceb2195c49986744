"""A verdict: feasible, infeasible with reasons, or unknown with what was missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fleet.protocol.options import Status
from fleet.protocol.values import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one question, or to several taken together.

    ``reasons`` name what stands in the way (INFEASIBLE) or what could not be evaluated (UNKNOWN);
    ``assumptions`` are the named assumptions that the answer rests on.
    """

    status: Status
    reasons: tuple[Reason, ...] = ()
    assumptions: frozenset[str] = frozenset()

    @property
    def feasible(self) -> bool:
        """Whether the answer is a plain yes."""
        return self.status is Status.FEASIBLE


def feasible(*assumptions: str) -> Verdict:
    """A yes, resting on the assumptions."""
    return Verdict(Status.FEASIBLE, (), frozenset(assumptions)) if assumptions else _YES


_YES = Verdict(Status.FEASIBLE)
"""One object for all: of a million parcels each is answered several times."""


def infeasible(*reasons: Reason) -> Verdict:
    """A no, with at least one reason."""
    if not reasons:
        raise ValueError("an infeasible verdict needs a reason")
    return Verdict(Status.INFEASIBLE, reasons)


def unknown(*missing: Reason) -> Verdict:
    """Not known: each reason says what was missing."""
    if not missing:
        raise ValueError("an unknown verdict needs to say what was missing")
    return Verdict(Status.UNKNOWN, missing)


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """All questions together: one no makes it a no, else one unknown makes it unknown; reasons are kept in
    order.
    """
    verdicts = tuple(verdicts)
    if all(v is _YES for v in verdicts):
        return _YES
    for status in (Status.INFEASIBLE, Status.UNKNOWN):
        hits = [v for v in verdicts if v.status is status]
        if hits:
            return Verdict(status, tuple(r for v in hits for r in v.reasons))
    return Verdict(Status.FEASIBLE, (), frozenset().union(*(v.assumptions for v in verdicts)))
