"""Instances and solutions in VRPLIB's format: CVRP, VRPTW, HFVRP and MTVRPTWR, in their families' units.

http://vrp.galgos.inf.puc-rio.br and https://pyvrp.org (VRPLIB fields) describe the format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from pathlib import Path

FAMILIES = {"CVRP": "nearest", "VRPTW": "tenths", "MTVRPTWR": "tenths", "HFVRP": "exact"}
"""How lengths are counted: to the nearest whole number; ten times as long, cut to a whole number (times in tenths too);
as they are."""

UNITS = {"VRPTW": 10.0, "HFVRP": 100.0}
"""How many of an instance's units are one of the cost that files of solutions of these families give."""

NEVER = 10**15
"""The end of a window that has none."""

OF_PLACES = {"NODE_COORD": 2, "DEMAND": 1, "TIME_WINDOW": 2, "RELEASE_TIME": 1, "SERVICE_TIME": 1}
"""Sections with a row for each place: its number, and so many numbers more."""

OF_VANS = ("CAPACITY", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_RELOAD_DEPOT")
"""Sections with a row for each van: its number, and one number more."""

NO_MATTER = (
    "NAME",
    "COMMENT",
    "TYPE",
    "DIMENSION",
    "EDGE_WEIGHT_TYPE",
    "VEHICLES",
    "CAPACITY",
    "SERVICE_TIME",
)
"""Fields that are known; any other may limit the tours, so that a file with one is refused."""


class BadFile(ValueError):
    """A file that is no instance or solution: which one, where, and why."""


@dataclass(frozen=True, slots=True)
class Van:
    """Vans that are alike: how many, capacity, price of a used one and of a unit of length, most trips of each."""

    count: int
    capacity: float
    fixed: float = 0.0
    per_length: float = 1.0
    trips: int = 1


@dataclass(frozen=True, slots=True)
class Instance:
    """Columns over places, the depot being the first; times in tenths where the family counts in tenths."""

    name: str
    family: str
    xy: tuple[tuple[float, float], ...]
    demand: tuple[float, ...]
    windows: tuple[tuple[float, float], ...]
    service: tuple[float, ...]
    release: tuple[float, ...]
    vans: tuple[Van, ...]

    @property
    def counting(self) -> str:
        """How lengths are counted."""
        return FAMILIES[self.family]

    @property
    def has_windows(self) -> bool:
        """Whether times matter."""
        return self.family in ("VRPTW", "MTVRPTWR")


@dataclass(frozen=True, slots=True)
class Tour:
    """What one van does: which of the instance's vans it is, and the places of each trip in turn, without the depot."""

    van: int
    trips: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A file taken apart: the lines `NAME : value`, and the rows of numbers of each section."""

    path: Path
    head: dict[str, str]
    sections: dict[str, list[list[float]]]

    def number(self, name: str, otherwise: float | None = None) -> float:
        """A field, which must be a number from 0."""
        said = self.head.get(name)
        if said is None and otherwise is not None:
            return otherwise
        value = _number(said or "")
        if value is None or value < 0.0:
            raise BadFile(f"{self.path}: {name} must be a number from 0, not {said or 'missing'}")
        return value

    def whole(self, name: str, least: int, otherwise: int | None = None) -> int:
        """A field, which must be a whole number from `least`."""
        value = self.number(name, otherwise)
        if value != int(value) or value < least:
            raise BadFile(
                f"{self.path}: {name} must be a whole number from {least}, not {self.head.get(name)}"
            )
        return int(value)

    def rows(self, section: str, count: int, width: int) -> list[list[float]]:
        """A section's rows without their numbers, which must be 1, 2 and so on up to `count`; none where the file has
        no such section."""
        if section not in self.sections:
            return []
        found = self.sections[section]
        if [row[0] for row in found] != list(range(1, count + 1)):
            raise BadFile(
                f"{self.path}: {section}_SECTION must have rows 1 to {count}, it has {len(found)} rows"
            )
        if wrong := next((row for row in found if len(row) != 1 + width), None):
            raise BadFile(f"{self.path}: {section}_SECTION, row {wrong[0]:.0f}: {width} numbers must follow")
        if section != "NODE_COORD" and any(value < 0.0 for row in found for value in row):
            raise BadFile(f"{self.path}: {section}_SECTION: numbers must be from 0")
        return [row[1:] for row in found]


def read_instance(path: Path) -> Instance:
    """Read one; refused with the file's name where it is of no family that is known, makes no sense, or says more than
    is understood."""
    parts = _parts(path)
    _known(parts)
    family, places = parts.head["TYPE"], parts.whole("DIMENSION", 2)
    scale = 10.0 if FAMILIES[family] == "tenths" else 1.0
    of_places = {name: parts.rows(name, places, width) for name, width in OF_PLACES.items()}
    if not of_places["NODE_COORD"] or not of_places["DEMAND"]:
        raise BadFile(f"{path}: NODE_COORD_SECTION and DEMAND_SECTION must be there")
    windows = tuple((opens * scale, closes * scale) for opens, closes in of_places["TIME_WINDOW"])
    for number, (opens, closes) in enumerate(windows, 1):
        if opens > closes:
            raise BadFile(f"{path}: TIME_WINDOW_SECTION, row {number}: it closes before it opens")
    each = parts.number("SERVICE_TIME", 0.0) * scale
    return Instance(
        parts.head["NAME"],
        family,
        tuple((x, y) for x, y in of_places["NODE_COORD"]),
        tuple(demand for (demand,) in of_places["DEMAND"]),
        windows or ((0.0, NEVER),) * places,
        tuple(service * scale for (service,) in of_places["SERVICE_TIME"])
        or (0.0, *(each for _ in range(places - 1))),
        tuple(release * scale for (release,) in of_places["RELEASE_TIME"]) or (0.0,) * places,
        _vans(parts, places),
    )


def _known(parts: _Parts) -> None:
    """Refuse what is not understood."""
    head, path = parts.head, parts.path
    if head.get("TYPE", "") not in FAMILIES or head.get("EDGE_WEIGHT_TYPE") != "EUC_2D":
        raise BadFile(f"{path}: TYPE must be one of {', '.join(FAMILIES)}, EDGE_WEIGHT_TYPE EUC_2D")
    if not head.get("NAME"):
        raise BadFile(f"{path}: there is no NAME")
    if unknown := [name for name in head if name not in NO_MATTER]:
        raise BadFile(f"{path}: these fields are not known: {', '.join(unknown)}")
    if unknown := [name for name in parts.sections if name not in (*OF_PLACES, *OF_VANS, "DEPOT")]:
        raise BadFile(f"{path}: these sections are not known: {', '.join(unknown)}")
    timed = {"TIME_WINDOW", "RELEASE_TIME", "SERVICE_TIME"} & set(parts.sections)
    if timed and FAMILIES[head["TYPE"]] != "tenths":
        raise BadFile(f"{path}: {' and '.join(sorted(timed))} in a file of TYPE {head['TYPE']}")
    if [row for row in parts.sections.get("DEPOT", [[1.0]]) if row[0] > 0.0] != [[1.0]]:
        raise BadFile(f"{path}: only one depot, the first place, is known")


def _parts(path: Path) -> _Parts:
    """Take a file apart, line by line."""
    parts = _Parts(path, {}, {})
    rows: list[list[float]] | None = None
    for number, line in enumerate(_lines(path), 1):
        if line == "EOF":
            break
        if found := re.fullmatch(r"(\w+)_SECTION", line):
            if found[1] in parts.sections:
                raise BadFile(f"{path}, line {number}: {line} is there twice")
            rows = parts.sections[found[1]] = []
        elif found := re.fullmatch(r"(\w+)\s*:\s*(.*)", line):
            parts.head[found[1]] = found[2]
        elif line:
            values = [_number(word) for word in line.split()]
            if rows is None or any(value is None for value in values):
                raise BadFile(
                    f"{path}, line {number}: neither a field, a section nor a row of numbers: {line[:60]}"
                )
            rows.append([value for value in values if value is not None])
    return parts


def _lines(path: Path) -> list[str]:
    """A file's lines, stripped."""
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError as failure:
        raise BadFile(f"{path}: it is no text in UTF-8") from failure


def _number(word: str) -> float | None:
    """A finite number, if it is one."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _vans(parts: _Parts, places: int) -> tuple[Van, ...]:
    """The vans in the file's order, those together that are alike and follow each other."""
    count = parts.whole("VEHICLES", 1, places - 1)

    def column(section: str, otherwise: float) -> list[float]:
        return [value for (value,) in parts.rows(section, count, 1)] or [otherwise] * count

    capacity = column("CAPACITY", 0.0) if "CAPACITY" in parts.sections else [parts.number("CAPACITY")] * count
    fixed, length = column("VEHICLES_FIXED_COST", 0.0), column("VEHICLES_UNIT_DISTANCE_COST", 1.0)
    reloads = column("VEHICLES_RELOAD_DEPOT", 0.0)
    if any(depot not in (0.0, 1.0) for depot in reloads):
        raise BadFile(f"{parts.path}: VEHICLES_RELOAD_DEPOT_SECTION: only the first place is a depot")
    trips = [places - 1 if depot else 1 for depot in reloads]
    each = zip(capacity, fixed, length, trips, strict=True)
    return tuple(Van(len(list(vans)), *alike) for alike, vans in groupby(each))


def read_solution(path: Path, instance: Instance) -> tuple[list[Tour], float]:
    """The tours of a file of best known ones, and its cost in the instance's units.

    A route's number is its van's; 0 within a route is a visit to the depot.
    """
    numbered = [number for number, van in enumerate(instance.vans) for _ in range(van.count)]
    tours, cost = list[Tour](), None
    for number, line in enumerate(_lines(path), 1):
        if found := re.match(r"Route #(\d+):([\d\s]*)$", line):
            trips = [tuple(map(int, part.split())) for part in re.split(r"\b0\b", found[2])]
            if not any(trips):
                continue
            if not 1 <= int(found[1]) <= len(numbered):
                raise BadFile(f"{path}, line {number}: there are {len(numbered)} vans")
            tours.append(Tour(numbered[int(found[1]) - 1], tuple(trip for trip in trips if trip)))
        elif found := re.match(r"Cost:?\s*(\S+)", line):
            cost = _number(found[1])
    if cost is None:
        raise BadFile(f"{path}: there is no line with the cost")
    scaled = cost * UNITS.get(instance.family, 1.0)
    return tours, scaled if instance.counting == "exact" else float(round(scaled))
