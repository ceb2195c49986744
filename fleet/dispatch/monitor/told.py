"""What an asset is told of what the monitor finds, and whether it has been told already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.energycheck import ENERGY_SHORT
from fleet.dispatch.monitor.zonechecks import GIVEN_UP_CODES
from fleet.domain.state import ExceptionRecord
from fleet.protocol.messages import Action
from fleet.protocol.values import Reason
from fleet.protocol.versions import PASSES_POINTS


def as_told(finding: Finding, wire: int | None) -> Finding:
    """What is told to an asset that is spoken to in a version of the wire (none: not known). One that can't be told
    points to pass comes down where it is: so it would be put to it (``for_version``), and so it is stored, shown and
    watched.
    """
    if not finding.way or wire is None or wire >= PASSES_POINTS:
        return finding
    return replace(finding, advice=Action.LAND, place_id=None, way=())


Told = dict[str, Action | None]
"""What was found of one mission, by code, and what was advised."""

_URGENCY: Final = (None, Action.RETURN, Action.DIVERT, Action.LAND)
MOST_URGENT: Final = Action.LAND


def is_more_urgent(finding: Finding, before: Action | None) -> bool:
    """Whether it is about a battery that is less than it was when something else was advised for it: a thing is told
    once, but for what has become more urgent."""
    if finding.code != ENERGY_SHORT or finding.advice not in _URGENCY:
        return False
    return before in _URGENCY and _URGENCY.index(finding.advice) > _URGENCY.index(before)


def is_told(finding: Finding, still_open: Iterable[ExceptionRecord]) -> bool:
    """Whether an exception of its code is open for its mission that says as much. What it breaks its trip off for is
    told anew where the zones are others: it was to go another way, and that is closed now; and what has become more
    urgent is.
    """
    alike = alike_of(finding, still_open)
    if finding.code in GIVEN_UP_CODES:
        return bool(alike) and _zones(finding.reasons) <= _zones(why for e in alike for why in e.reasons)
    return bool(alike) and not all(is_more_urgent(finding, one.advice) for one in alike)


def alike_of(finding: Finding, still_open: Iterable[ExceptionRecord]) -> list[ExceptionRecord]:
    """The open ones of its code for its mission."""
    return [e for e in still_open if (e.code, e.mission_id) == (finding.code, finding.mission_id)]


def _zones(reasons: Iterable[Reason]) -> set[tuple[str, str | None]]:
    """Which zones they are about, and as of which version of all: one may have grown under its name."""
    return {(str(why.limit), why.source) for why in reasons}
