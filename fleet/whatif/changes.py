"""Another number of assets of a day's fleet: ``drone +2``, ``van -1 at OPO-S1``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fleet.config import RunInputs
from fleet.intake.suggest import did_you_mean
from fleet.kinds import kind_of
from fleet.planner.snapshot import AssetSlot

_CHANGE: Final = re.compile(r"\s*(?P<what>\S+)\s+(?P<number>[+-]\d{1,3})(\s+at\s+(?P<site>\S.*?))?\s*")


class ChangeError(ValueError):
    """A change that can't be read, or that this fleet can't have; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """So many assets more (or, below zero, fewer) of a kind or type: at one site, or wherever these stand."""

    what: str
    number: int
    site_id: str | None = None

    def __str__(self) -> str:
        where = "" if self.site_id is None else f" at {self.site_id}"
        return f"{self.what} {self.number:+d}{where}"


def parse_change(text: str) -> Change:
    """From ``drone +2`` or ``van -1 at OPO-S1``. Raises ``ChangeError``."""
    found = _CHANGE.fullmatch(text)
    if found is None:
        raise ChangeError(
            'must be a kind or type, and how many more or fewer, like "drone +2" or "van -1 at S1"'
        )
    number = int(found["number"])
    if number == 0:
        raise ChangeError("changes nothing: give a number like +2 or -1")
    return Change(found["what"], number, found["site"])


def changed(inputs: RunInputs, changes: Iterable[Change]) -> RunInputs:
    """The day with these assets more or fewer. Raises ``ChangeError``."""
    for change in changes:
        slots = _more(inputs, change) if change.number > 0 else _fewer(inputs, change)
        inputs = replace(inputs, assets=slots)
    return inputs


def _more(inputs: RunInputs, change: Change) -> tuple[AssetSlot, ...]:
    """New assets like those that stand there, one after another where there are fewest."""
    slots = list(inputs.assets)
    type_id = _type_of(inputs, change)
    sites = _sites(inputs, change, type_id)
    for _ in range(change.number):
        here = Counter(slot.site_id for slot in slots if slot.type_id == type_id)
        site_id = min(sites, key=lambda site: (here[site], sites.index(site)))
        slots.append(AssetSlot(_new_id(inputs, slots, site_id, type_id), type_id, site_id))
    return tuple(slots)


def _fewer(inputs: RunInputs, change: Change) -> tuple[AssetSlot, ...]:
    """The day's assets without the last ones of the sites where there are most."""
    slots = list(inputs.assets)
    for _ in range(-change.number):
        fitting = [slot for slot in slots if _fits(inputs, slot, change)]
        if not fitting:
            there = sum(_fits(inputs, slot, change) for slot in inputs.assets)
            raise ChangeError(f"takes away more than there are: {there} (found {str(change)!r})")
        here = Counter(slot.site_id for slot in fitting)
        slots.remove(max(reversed(fitting), key=lambda slot: here[slot.site_id]))
    return tuple(slots)


def _fits(inputs: RunInputs, slot: AssetSlot, change: Change) -> bool:
    named = change.what in (slot.type_id, inputs.context.fleet.types[slot.type_id].kind)
    return named and change.site_id in (None, slot.site_id)


def _type_of(inputs: RunInputs, change: Change) -> str:
    """The type of new assets. Raises ``ChangeError`` where nothing says which, or it stands fast."""
    types = inputs.context.fleet.types
    if change.what in types:
        found = [change.what]
    else:
        found = sorted({s.type_id for s in inputs.assets if types[s.type_id].kind == change.what})
    if not found:
        known = sorted({*types, *(each.kind for each in types.values())})
        hint = did_you_mean(change.what, known) or f"; known are {', '.join(known)}"
        raise ChangeError(f"there is no such kind or type in this fleet{hint} (found {str(change)!r})")
    if len(found) > 1:
        raise ChangeError(
            f"there are several types of this kind; name one of {', '.join(found)} (found {str(change)!r})"
        )
    if kind_of(types[found[0]].kind).archetype == "station":
        raise ChangeError(f"lockers are what the lockers file says (found {str(change)!r})")
    return found[0]


def _sites(inputs: RunInputs, change: Change, type_id: str) -> Sequence[str]:
    """Where new assets may stand. Raises ``ChangeError``."""
    known = list(inputs.context.sites)
    if change.site_id is not None:
        if change.site_id not in known:
            hint = did_you_mean(change.site_id, known) or f"; known are {', '.join(known)}"
            raise ChangeError(f"there is no such site{hint} (found {str(change)!r})")
        return [change.site_id]
    kind = inputs.context.fleet.types[type_id].kind
    types = inputs.context.fleet.types
    same = {slot.site_id for slot in inputs.assets if slot.type_id == type_id}
    alike = {slot.site_id for slot in inputs.assets if types[slot.type_id].kind == kind}
    found = [site for site in known if site in (same or alike)]
    if not found:
        raise ChangeError(f'none stand anywhere: say where, as in "{change} at {known[0]}"')
    return found


def _new_id(inputs: RunInputs, slots: Sequence[AssetSlot], site_id: str, type_id: str) -> str:
    """The next free id, as those of the fleet file's assets are made."""
    label = inputs.context.fleet.types[type_id].kind.replace("_", "-")
    taken, number = {slot.asset_id for slot in slots}, 1
    while f"{site_id}/{label}-{number}" in taken:
        number += 1
    return f"{site_id}/{label}-{number}"
