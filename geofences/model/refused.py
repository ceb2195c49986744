"""Zones that were refused in reading: a set that lacks them can't say that anything is clear of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from geofences.model.zone import Restriction, Zone


class Refused(NamedTuple):
    """A zone that was not taken, and why: tolerant reading lists it, nothing is skipped silently (rule E10).

    `restriction` is what it demands; None where that could not be made out: it may then be a zone of any kind.
    """

    zone: str
    reason: str
    restriction: Restriction | None = None


def because(message: str, *where: str | None) -> str:
    """A reason: the places that are known (a line, a field), and what is wrong there."""
    known = ", ".join(part for part in where if part)
    return f"{known}: {message}" if known else message


class ReadZones(Protocol):
    """What a reader gives."""

    @property
    def zones(self) -> tuple[Zone, ...]: ...

    @property
    def refused(self) -> tuple[Refused, ...]: ...


IDLE = frozenset({Restriction.NO_RESTRICTION})
"""What neither forbids nor allows anything is not missed."""

DRIVES_ONLY = frozenset({Restriction.PERMIT_AREA})
"""What binds robots only."""


def missed_in_the_air(missing: Iterable[Refused], areas: frozenset[str] | None) -> tuple[str, ...]:
    """The names of those without which nobody knows whether a flight is clear: all that may block, and operating areas
    unless the caller says by name of which of them (or of none) to stay inside: one of those that is missing blocks.
    """
    passed_over = IDLE | DRIVES_ONLY | (frozenset() if areas is None else {Restriction.OPERATING_AREA})
    return tuple(one.zone for one in missing if one.restriction not in passed_over)


def missed_on_the_ground(missing: Iterable[Refused]) -> tuple[str, ...]:
    """The names of those without which nobody knows on which terms a robot may drive: permit areas, and what may be
    one.
    """
    return tuple(one.zone for one in missing if one.restriction is None or one.restriction in DRIVES_ONLY)


MOST_NAMED = 3


def named(zones: Sequence[str]) -> str:
    """Some of them by name."""
    return ", ".join(zones[:MOST_NAMED]) + (", …" if len(zones) > MOST_NAMED else "")
