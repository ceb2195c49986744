"""What a check answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geofences.checks.rules import Rules
from geofences.model.spans import Spans, difference
from geofences.model.zone import Restriction, Surface, Zone


class Status(StrEnum):
    """CLEAR flies; BLOCKED and UNKNOWN do not (rule E13)."""

    CLEAR = "clear"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Why a stretch of a path is not clear."""

    PROHIBITED = "prohibited"
    AUTHORISATION_NOT_HELD = "authorisation_not_held"
    CONDITIONS_NOT_MET = "conditions_not_met"
    USPACE_NOT_HELD = "uspace_not_held"
    BEYOND_AUTHORISATION = "beyond_authorisation"
    """An authorisation is held, but not for this time, height or vehicle."""
    HEIGHT_UNKNOWN = "height_unknown"
    TIME_UNKNOWN = "time_unknown"
    OUTSIDE_OPERATING_AREA = "outside_operating_area"
    NO_SUCH_OPERATING_AREA = "no_such_operating_area"
    GROUND_RISK = "ground_risk"
    """It could fall on what the zone protects."""
    NOT_CONFIRMED = "not_confirmed"
    """The fast check found a zone there, and working out where found none: one of the two errs."""
    OUTSIDE_PERMIT = "outside_permit"
    ABOVE_PERMIT_SPEED = "above_permit_speed"
    ABOVE_PERMIT_WEIGHT = "above_permit_weight"
    ZONE_REFUSED = "zone_refused"
    """The set lacks a zone that was refused in reading: where it is and what it demands, nobody knows."""


WHY_BLOCKED = {
    Restriction.PROHIBITED: Why.PROHIBITED,
    Restriction.REQ_AUTHORISATION: Why.AUTHORISATION_NOT_HELD,
    Restriction.CONDITIONAL: Why.CONDITIONS_NOT_MET,
    Restriction.USPACE: Why.USPACE_NOT_HELD,
}


def why_blocked(zone: Zone) -> Why:
    """Why a zone may not be entered."""
    return Why.BEYOND_AUTHORISATION if zone.unfit else WHY_BLOCKED[zone.restriction]


def unknown_why(unknown: Spans, if_timed: Spans) -> tuple[tuple[Why, Spans], ...]:
    """What is not known, by cause: the times, where it would be known with them (`if_timed`), else the height. Together
    these are all of it.
    """
    by_height = difference(unknown, if_timed)
    return (Why.HEIGHT_UNKNOWN, by_height), (Why.TIME_UNKNOWN, difference(unknown, by_height))


@dataclass(frozen=True, slots=True)
class Conflict:
    """A stretch of a path, in metres along it and in time, that a zone forbids or that could not be
    evaluated.
    """

    zone_id: str
    why: Why
    status: Status
    from_m: float
    to_m: float
    entered_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class Driven:
    """What a robot's way was held to: what it drives on, and its weight with its load, for which permits have terms."""

    surface: Surface
    weight_kg: float

    @property
    def said(self) -> str:
        """In words, so that an answer can be had again."""
        return f"{self.surface.value}, {self.weight_kg:g} kg"


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer, the stretches behind it in the order of the path, and what was asked, so that it can be had again
    (rule E14): the zone set, the terrain (`Terrain.said`), and what the path was held to.

    Of a flight whose error grows, `rules` are those at its beginning, and `grows_mps` how fast it does, sideways and in
    height. `below_version` is of the zones that it was not to fall on, from farther than `below_m` at its beginning.
    `driven` is for ways on the ground only, which have no terrain and of the rules only `time_margin_s`.
    """

    status: Status
    conflicts: tuple[Conflict, ...]
    zones_version: str
    terrain: str = ""
    rules: Rules = NO_RULES
    grows_mps: tuple[float, float] = (0.0, 0.0)
    below_version: str = ""
    below_m: float = 0.0
    driven: Driven | None = None

    @property
    def is_clear(self) -> bool:
        """Whether it may be flown."""
        return self.status is Status.CLEAR


JOIN_M = 0.5
"""Stretches of the same zone that are closer than this are one."""


def joined(stretches: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Join stretches that follow each other in the same zone; ordered by where they begin."""
    chains: dict[tuple[str, Why, Status], list[Conflict]] = {}
    for one in sorted(stretches, key=lambda it: (it.from_m, it.entered_at, it.to_m)):
        chains.setdefault((one.zone_id, one.why, one.status), []).append(one)
    return in_order(whole for chain in chains.values() for whole in _links(chain))


def in_order(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """By where they begin."""
    return tuple(sorted(conflicts, key=lambda it: (it.from_m, it.entered_at, it.zone_id, it.why, it.status)))


def _links(chain: list[Conflict]) -> Iterator[Conflict]:
    current = chain[0]
    for one in chain[1:]:
        if one.from_m - current.to_m > JOIN_M or (one.entered_at - current.left_at).total_seconds() > 1.0:
            yield current
            current = one
        else:
            current = _spanning(current, one)
    yield current


def _spanning(first: Conflict, second: Conflict) -> Conflict:
    return Conflict(
        first.zone_id,
        first.why,
        first.status,
        first.from_m,
        max(first.to_m, second.to_m),
        min(first.entered_at, second.entered_at),
        max(first.left_at, second.left_at),
    )


def overall(conflicts: Iterable[Conflict]) -> Status:
    """BLOCKED if any stretch surely is, else UNKNOWN if any is, else CLEAR."""
    statuses = {one.status for one in conflicts}
    return next((one for one in (Status.BLOCKED, Status.UNKNOWN) if one in statuses), Status.CLEAR)
