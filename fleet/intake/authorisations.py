"""Reads the approvals that the operator holds: the ``[authorisations]`` of a fleet file, by their numbers.

None is taken over from the default fleet: who holds an approval says so himself.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import TomlSource
from fleet.intake.validate import validated
from fleet.protocol.values import Identifier, Positive, Time, Value
from geofences import Applicability, Authorisation, Datum, Limit, TimePeriod, ZoneSet
from geofences.authorisation import unfit

TABLE = "authorisations"


class Entry(Value):
    """One approval as a fleet file writes it; without ``valid_from`` or ``valid_until`` it is open on that side."""

    zone: Identifier
    country: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")] | None = None
    valid_from: Time | None = None
    valid_until: Time | None = None
    below_m: Positive | None = None
    below_datum: Literal["AGL", "AMSL"] = "AGL"
    vehicles: frozenset[Identifier] = frozenset()
    zone_hash: Annotated[str, Field(pattern=r"^(sha256:)?[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Entry:
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self


def read_authorisations(source: TomlSource, vehicles: frozenset[str]) -> tuple[Authorisation, ...]:
    """The approvals, in the order of their numbers. What is wrong is noted in the source.

    ``vehicles`` are the types and kinds that the fleet has: an approval for others is a slip of the pen.
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
        found.append(_made(reference, entry))
    return tuple(found)


def _made(reference: str, entry: Entry) -> Authorisation:
    stated = entry.valid_from is not None or entry.valid_until is not None
    valid = Applicability((TimePeriod(entry.valid_from, entry.valid_until),) if stated else ())
    below = None if entry.below_m is None else Limit(entry.below_m, Datum(entry.below_datum))
    return Authorisation(
        entry.zone, valid, below, entry.vehicles, reference, entry.zone_hash or "", entry.country or ""
    )


def told_of_unfit(zones: ZoneSet, held: tuple[Authorisation, ...]) -> tuple[str, ...]:
    """What to tell whoever holds approvals that lift nothing."""
    named = ((one, unfit(zones, one)) for one in held)
    return tuple(
        f"authorisation {one.reference!r} for zone {one.zone_id!r} lifts nothing: {why.value}"
        for one, why in named
        if why is not None
    )
