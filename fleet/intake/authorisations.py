"""Reads the approvals that the operator holds: the ``[authorisations]`` of a fleet file, by their numbers.

None is taken over from the default fleet: who holds an approval says so himself.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from fleet.intake.cells import CellError, clock, timezone
from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import TomlSource
from fleet.intake.validate import validated
from fleet.protocol.values import Identifier, Positive, Time, Value
from geofences import (
    Applicability,
    Authorisation,
    DailyPeriod,
    Datum,
    Limit,
    LocalTime,
    TimePeriod,
    ZoneSet,
)
from geofences.checks.authorisation import unfit

TABLE = "authorisations"


Day = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
DAYS: tuple[Day, ...] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def _between(value: object) -> object:
    """From ``"06:00-20:00"``."""
    ends = re.split(r"\s*[-–]\s*", value) if isinstance(value, str) else ()
    if len(ends) != 2:
        raise ValueError('must be like "06:00-20:00"')
    try:
        return tuple(clock(end.strip()) for end in ends)
    except CellError as error:
        raise ValueError(f'{error}; hours are like "06:00-20:00"') from None


def _zone(value: object) -> object:
    try:
        return timezone(value) if isinstance(value, str) else value
    except CellError as error:
        raise ValueError(str(error)) from None


class Hours(Value):
    """Hours of some days of the week; those that end at or before their start run over midnight."""

    days: Annotated[frozenset[Day], Field(min_length=1)] = frozenset(DAYS)
    between: Annotated[tuple[time, time], BeforeValidator(_between)] = (time(), time())

    def daily(self, zone: str) -> DailyPeriod:
        """The same on the clocks of a time zone."""
        start, end = (LocalTime(at.hour * 3600.0 + at.minute * 60.0 + at.second, zone) for at in self.between)
        return DailyPeriod(frozenset(DAYS.index(day) for day in self.days), start, end)


class Entry(Value):
    """One approval as a fleet file writes it; without ``valid_from`` or ``valid_until`` it is open on that side."""

    zone: Identifier
    country: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] | None = None
    valid_from: Time | None = None
    valid_until: Time | None = None
    hours: tuple[Hours, ...] = ()
    timezone: Annotated[str, BeforeValidator(_zone)] | None = None
    max_at_once: Annotated[int, Field(ge=1)] | None = None
    max_per_day: Annotated[int, Field(ge=1)] | None = None
    below_m: Positive | None = None
    below_datum: Literal["AGL", "AMSL"] = "AGL"
    vehicles: frozenset[Identifier] = frozenset()
    zone_hash: Annotated[str, Field(pattern=r"^(sha256:)?[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Entry:
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self


def read_authorisations(
    source: TomlSource, vehicles: frozenset[str], zone: str | None = None
) -> tuple[Authorisation, ...]:
    """The approvals, in the order of their numbers. What is wrong is noted in the source.

    ``vehicles`` are the types and kinds that the fleet has: an approval for others is a slip of the pen. Hours and
    days are in ``zone``, that of the fleet, unless an approval states its own.
    """
    raw = source.data.get(TABLE, {})
    if not isinstance(raw, dict):
        source.refuse((TABLE,), "must be written as [authorisations.NUMBER]")
        return ()
    found: list[Authorisation] = []
    for reference, stated in sorted(raw.items()):
        entry = validated(source, (TABLE, reference), stated, Entry)
        if entry is None:
            continue
        for name in sorted(entry.vehicles - vehicles):
            hint = did_you_mean(name, sorted(vehicles)) or f"; known are {', '.join(sorted(vehicles))}"
            source.refuse((TABLE, reference, "vehicles"), f"there is no such type or kind{hint}", name)
        if entry.hours and (entry.timezone or zone) is None:
            message = "is needed for its hours, here or at the top of the file"
            source.refuse((TABLE, reference, "timezone"), message)
            continue
        found.append(_made(reference, entry, entry.timezone or zone or ""))
    return tuple(found)


def _made(reference: str, entry: Entry, zone: str) -> Authorisation:
    hours = tuple(one.daily(zone) for one in entry.hours)
    stated = bool(hours) or entry.valid_from is not None or entry.valid_until is not None
    valid = Applicability((TimePeriod(entry.valid_from, entry.valid_until, hours),) if stated else ())
    below = None if entry.below_m is None else Limit(entry.below_m, Datum(entry.below_datum))
    return Authorisation(
        entry.zone,
        valid,
        below,
        entry.vehicles,
        reference,
        entry.zone_hash or "",
        entry.country or "",
        entry.max_at_once,
        entry.max_per_day,
        "" if entry.max_per_day is None else zone,
    )


def told_of_unfit(zones: ZoneSet, held: tuple[Authorisation, ...]) -> tuple[str, ...]:
    """What to tell whoever holds approvals that lift nothing."""
    named = ((one, unfit(zones, one)) for one in held)
    return tuple(
        f"authorisation {one.reference!r} for zone {_zone_of(one)} lifts nothing: {why.value}"
        for one, why in named
        if why is not None
    )


def _zone_of(one: Authorisation) -> str:
    return f"{one.zone_id!r} of {one.country}" if one.country else repr(one.zone_id)
