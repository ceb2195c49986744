"""The entries of a fleet file that say how many of a type stand where: ``[[drone]]``, ``[[van]]`` …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from fleet.domain.breaks import DriverBreak
from fleet.domain.fleet import AssetType, PerPlace, RouteType, Stand
from fleet.domain.walking import Walking
from fleet.intake.cells import CellError, clock
from fleet.protocol.values import Goods, Identifier, ServiceLevel

Shift = tuple[time, time]


class Entry(BaseModel):
    """What every entry may say. ``per_site`` is a number for each site, whatever the depots file states."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    type: Identifier
    sites: frozenset[Identifier] = frozenset()
    per_site: PerPlace | None = None
    per_place: PerPlace = 1


class DroneEntry(Entry):
    """Drones: ``per_pad`` for each pad of the depots file."""

    per_place: PerPlace = Field(default=1, alias="per_pad")


class RobotEntry(Entry):
    """Sidewalk robots: ``per_bay`` for each bay of the depots file."""

    per_place: PerPlace = Field(default=1, alias="per_bay")


class SpareEntry(BaseModel):
    """Batteries of a type that lie at sites (none named: at each where the type stands) to be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Identifier
    sites: frozenset[Identifier] = frozenset()
    per_site: PerPlace


class StationEntry(BaseModel):
    """Stations: only their type; which there are is what the lockers file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Identifier


def hours(value: object) -> object:
    """From ``"07:00-19:00"`` or ``["07:00", "19:00"]``."""
    return _two_times(value, "a shift", "07:00-19:00")


def break_hours(value: object) -> object:
    """From ``"11:00-13:00"`` or ``["11:00", "13:00"]``."""
    return _two_times(value, "when a break begins", "11:00-13:00")


def _two_times(value: object, what: str, example: str) -> object:
    ends = re.split(r"\s*[-–]\s*", value) if isinstance(value, str) else value
    if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, str) for end in ends):
        raise ValueError(f'must be like "{example}"')
    try:
        return tuple(clock(end.strip()) for end in ends)
    except CellError as error:
        raise ValueError(f'{error}; {what} is like "{example}"') from None


class RouteEntry(Entry):
    """Vans: ``per_depot`` at each depot, or a ``share`` of its vans; without both, all that no other entry takes.

    ``crew``, ``skills``, ``shift`` and break that differ from the type's make a type of its own.
    """

    per_site: PerPlace | None = Field(default=None, alias="per_depot")
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    crew: Annotated[int, Field(ge=1, le=9)] | None = None
    skills: frozenset[Identifier] | None = None
    shift: Annotated[Shift, BeforeValidator(hours)] | None = None
    max_shift_hours: Annotated[float, Field(gt=0, le=24)] | None = None
    break_minutes: Annotated[float, Field(ge=1, le=240)] | None = None
    break_between: Annotated[Shift, BeforeValidator(break_hours)] | None = None
    walk_m: Annotated[float, Field(gt=0, le=500)] | None = None
    carry_kg: Annotated[float, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _break_is_whole(self) -> Self:
        if (self.break_minutes is None) != (self.break_between is None):
            raise ValueError("a break is stated by break_minutes and break_between, when it begins")
        return self

    @model_validator(mode="after")
    def _nobody_carries_without_a_walk(self) -> Self:
        if self.carry_kg is not None and self.walk_m is None:
            raise ValueError("carry_kg is what a driver carries on a walk: state walk_m, how far he walks")
        return self

    @property
    def walking(self) -> Walking | None:
        """How far the driver walks, where that is stated; none: as of the type."""
        if self.walk_m is None:
            return None
        carried = {} if self.carry_kg is None else {"carry_kg": self.carry_kg}
        return Walking.model_validate({"farthest_m": self.walk_m, **carried})

    @property
    def driver_break(self) -> DriverBreak | None:
        """The break that is stated; none: that of the type."""
        if self.break_minutes is None or self.break_between is None:
            return None
        earliest, latest = self.break_between
        return DriverBreak(minutes=self.break_minutes, earliest=earliest, latest=latest)


ENTRY_OF_KIND: Mapping[str, type[Entry]] = {"drone": DroneEntry, "sidewalk_robot": RobotEntry}
ENTRY_OF_ARCHETYPE: Mapping[str, type[Entry | StationEntry]] = {
    "sortie": Entry,
    "route": RouteEntry,
    "station": StationEntry,
}

SERVICE_SKILLS: Mapping[str, ServiceLevel] = {"white_glove": ServiceLevel.WHITE_GLOVE}
GOODS_SKILLS: Mapping[str, Goods] = {"dangerous_goods": Goods.DANGEROUS}


def entry_model(kind: str, archetype: str) -> type[Entry | StationEntry]:
    """What an entry of a kind may say."""
    return ENTRY_OF_KIND.get(kind) or ENTRY_OF_ARCHETYPE[archetype]


def entry_type(entry: Entry | StationEntry, base: AssetType) -> AssetType:
    """The type of an entry's assets: the base type, or one derived from it for another crew, shift or break. Raises
    ``ValueError`` where that break is not in that shift."""
    if isinstance(entry, RouteEntry) and isinstance(base, RouteType):
        return _route_type(entry, base)
    return base


def entry_stand(entry: Entry | StationEntry, type_id: str) -> Stand:
    """Where the assets of an entry stand."""
    if isinstance(entry, StationEntry):
        return Stand(type_id=type_id)
    share = entry.share if isinstance(entry, RouteEntry) else None
    numbers = {"per_place": entry.per_place, "per_site": entry.per_site, "share": share}
    return Stand.model_validate({"type_id": type_id, "sites": entry.sites, **numbers})


def _route_type(entry: RouteEntry, base: RouteType) -> RouteType:
    """The base with the entry's crew, skills, shift, break and walks; the hourly rate grows with the crew."""
    walks = {} if entry.walking in (None, base.walking) else {"walking": entry.walking}
    changes: dict[str, Any] = {**_carriage(entry, base), **_hours(entry, base), **walks}
    if not changes:
        return base
    rest = changes.get("driver_break", base.driver_break)
    start, end = changes.get("shift_start", base.shift_start), changes.get("shift_end", base.shift_end)
    if rest is not None and (misfit := rest.misfit(start, end)) is not None:
        raise ValueError(misfit)
    return base.model_copy(update={"type_id": f"{base.type_id}{_suffix(entry, base)}", **changes})


def _carriage(entry: RouteEntry, base: RouteType) -> dict[str, Any]:
    carriage = base.carriage
    crew = entry.crew or carriage.crew
    skills = carriage.skills if entry.skills is None else entry.skills
    if (crew, skills) == (carriage.crew, carriage.skills):
        return {}
    update = {
        "crew": crew,
        "skills": skills,
        "services": carriage.services | {SERVICE_SKILLS[skill] for skill in skills & SERVICE_SKILLS.keys()},
        "goods": carriage.goods | {GOODS_SKILLS[skill] for skill in skills & GOODS_SKILLS.keys()},
        "age_check": carriage.age_check or "age_check" in skills,
    }
    per_hour = base.rates.per_hour * crew / max(1, carriage.crew)
    return {
        "carriage": carriage.model_copy(update=update),
        "rates": base.rates.model_copy(update={"per_hour": per_hour}),
    }


def _hours(entry: RouteEntry, base: RouteType) -> dict[str, Any]:
    start, end = entry.shift or (base.shift_start, base.shift_end)
    max_shift_s = base.max_shift_s if entry.max_shift_hours is None else entry.max_shift_hours * 3600
    rest = entry.driver_break or base.driver_break
    hours = {"shift_start": start, "shift_end": end, "max_shift_s": max_shift_s, "driver_break": rest}
    current = {name: getattr(base, name) for name in hours}
    return {} if hours == current else hours


def _suffix(entry: RouteEntry, base: RouteType) -> str:
    """What tells a derived type from its base, such as ``+crew2`` or ``+white_glove+0600-1400``."""
    parts = [f"crew{entry.crew}"] if entry.crew not in (None, base.carriage.crew) else []
    parts += sorted((entry.skills or frozenset()) - base.carriage.skills)
    parts += [f"without-{skill}" for skill in _dropped(entry, base)]
    if entry.shift:
        parts.append("-".join(f"{end:%H%M}" for end in entry.shift))
    if entry.max_shift_hours:
        parts.append(f"{entry.max_shift_hours:g}h")
    if entry.break_minutes and entry.break_between:
        when = "-".join(f"{end:%H%M}" for end in entry.break_between)
        parts.append(f"break{entry.break_minutes:g}-{when}")
    if entry.walk_m:
        parts.append(f"walk{entry.walk_m:g}" + (f"-{entry.carry_kg:g}kg" if entry.carry_kg else ""))
    return "".join(f"+{part}" for part in parts)


def _dropped(entry: RouteEntry, base: RouteType) -> list[str]:
    return [] if entry.skills is None else sorted(base.carriage.skills - entry.skills)
