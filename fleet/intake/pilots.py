"""``[[pilots]]`` of a fleet file: the shifts of remote pilots, and how many machines each supervises at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fleet.domain.fleet import AssetType, SortieType
from fleet.domain.pilots import Pilots, crossing
from fleet.intake.fleetentries import Shift, hours
from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import Key, TomlSource
from fleet.intake.validate import validated
from fleet.protocol.values import Identifier

TABLE = "pilots"

AROUND_THE_CLOCK: Shift = (time(0), time(0))


class PilotsEntry(BaseModel):
    """One shift: how many pilots, for machines of which kind and sites (none named: of all), between which local times
    (none: around the clock)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    sites: frozenset[Identifier] = frozenset()
    pilots: Annotated[int, Field(ge=1, le=9999)]
    machines_each: Annotated[int, Field(ge=1, le=9999)]
    shift: Annotated[Shift, BeforeValidator(hours)] = AROUND_THE_CLOCK


def read_pilots(source: TomlSource, types: Mapping[str, AssetType]) -> tuple[Pilots, ...]:
    """The rows of the table. What is wrong is noted in the source."""
    stated = source.data.get(TABLE, [])
    if not isinstance(stated, list):
        source.refuse((TABLE,), "must be a list of tables: [[pilots]]", stated)
        return ()
    kinds = {one.kind for one in types.values() if isinstance(one, SortieType)}
    found: list[Pilots] = []
    for number, raw in enumerate(stated):
        key: Key = (TABLE, number)
        entry = validated(source, key, raw, PilotsEntry)
        if entry is None:
            continue
        if entry.kind not in kinds:
            hint = did_you_mean(entry.kind, kinds)
            source.refuse((*key, "kind"), f"is no kind of drones or robots{hint}", entry.kind)
            continue
        one = _pilots(entry)
        other = crossing(one, found)
        if other is None:
            found.append(one)
        else:
            names = ", ".join(other.sites)
            message = f"are partly those of another row ({names}): name the same sites, all of them or others"
            source.refuse((*key, "sites"), message, ", ".join(one.sites))
    return tuple(found)


def _pilots(entry: PilotsEntry) -> Pilots:
    begins, ends = entry.shift
    return Pilots(
        kind=entry.kind,
        sites=tuple(sorted(entry.sites)),
        pilots=entry.pilots,
        machines_each=entry.machines_each,
        begins=begins,
        ends=ends,
    )
