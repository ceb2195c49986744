"""Instances and solutions in VRPLIB's format: CVRP, VRPTW, HFVRP and MTVRPTWR, in their families' units.

http://vrp.galgos.inf.puc-rio.br and https://pyvrp.org (VRPLIB fields) describe the format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FAMILIES = {"CVRP": "nearest", "VRPTW": "tenths", "MTVRPTWR": "tenths", "HFVRP": "exact"}
"""How lengths are counted: to the nearest whole number; ten times as long, cut to a whole number (times in tenths too);
as they are."""

NEVER = 10**15
"""The end of a window that has none."""


class BadFile(ValueError):
    """A file that is no instance, and why."""


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


def read_instance(path: Path) -> Instance:
    """Read one; refused with the file's name where it is of no family that is known."""
    head, sections = _parts(path.read_text(encoding="utf-8"))
    family = head.get("TYPE", "")
    if family not in FAMILIES or head.get("EDGE_WEIGHT_TYPE") != "EUC_2D":
        raise BadFile(f"{path}: TYPE must be one of {', '.join(FAMILIES)}, EDGE_WEIGHT_TYPE EUC_2D")
    places, scale = int(head["DIMENSION"]), 10.0 if FAMILIES[family] == "tenths" else 1.0
    lengths = {name: len(rows) for name, rows in sections.items() if name in _PLACES}
    if any(count != places for count in lengths.values()) or "NODE_COORD" not in sections:
        raise BadFile(f"{path}: DIMENSION is {places}, its sections have {lengths}")
    if [int(row[0]) for row in sections.get("DEPOT", [[1]]) if row[0] > 0] != [1]:
        raise BadFile(f"{path}: only one depot, the first place, is known")
    each = float(head.get("SERVICE_TIME", 0)) * scale
    return Instance(
        head["NAME"],
        family,
        tuple((row[1], row[2]) for row in sections["NODE_COORD"]),
        tuple(row[1] for row in sections["DEMAND"]),
        tuple((r[1] * scale, r[2] * scale) for r in sections.get("TIME_WINDOW", []))
        or ((0.0, NEVER),) * places,
        (0.0, *(each for _ in range(places - 1))),
        tuple(row[1] * scale for row in sections.get("RELEASE_TIME", [])) or (0.0,) * places,
        _vans(head, sections, places),
    )


_PLACES = ("NODE_COORD", "DEMAND", "TIME_WINDOW", "RELEASE_TIME")


def _parts(text: str) -> tuple[dict[str, str], dict[str, list[list[float]]]]:
    """The lines `NAME : value`, and the rows of numbers of each section."""
    head: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = {}
    rows: list[list[float]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line == "EOF":
            break
        if found := re.fullmatch(r"(\w+)_SECTION", line):
            rows = sections[found[1]] = []
        elif found := re.fullmatch(r"(\w+)\s*:\s*(.*)", line):
            head[found[1]] = found[2]
        elif line:
            rows.append([float(word) for word in line.split()])
    return head, sections


def _vans(head: dict[str, str], sections: dict[str, list[list[float]]], places: int) -> tuple[Van, ...]:
    """The vans, those that are alike together, in the file's order."""
    count = int(head.get("VEHICLES", places - 1))
    capacity = [row[1] for row in sections.get("CAPACITY", [])] or [float(head["CAPACITY"])] * count
    fixed = [row[1] for row in sections.get("VEHICLES_FIXED_COST", [])] or [0.0] * count
    length = [row[1] for row in sections.get("VEHICLES_UNIT_DISTANCE_COST", [])] or [1.0] * count
    trips = places - 1 if "VEHICLES_RELOAD_DEPOT" in sections else 1
    alike: dict[tuple[float, float, float], int] = {}
    for key in zip(capacity, fixed, length, strict=True):
        alike[key] = alike.get(key, 0) + 1
    return tuple(Van(number, *key, trips) for key, number in alike.items())


def read_solution(path: Path, instance: Instance) -> tuple[list[Tour], float]:
    """The tours of a file of best known ones, and its cost in the instance's units (VRPTW files have tenths of them).

    A route's number is its van's; 0 within a route is a visit to the depot.
    """
    numbered = [number for number, van in enumerate(instance.vans) for _ in range(van.count)]
    tours, cost = list[Tour](), 0.0
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"Route #(\d+):(.*)", line):
            trips = [tuple(map(int, part.split())) for part in re.split(r"\b0\b", found[2])]
            if any(trips):
                tours.append(Tour(numbered[int(found[1]) - 1], tuple(trip for trip in trips if trip)))
        elif found := re.match(r"Cost:?\s*([\d.]+)", line):
            cost = float(found[1])
    return tours, round(cost * 10.0) if instance.family == "VRPTW" else cost
