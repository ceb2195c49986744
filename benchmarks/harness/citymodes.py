"""What every way but ours is finished with: given who brings which parcel, sorties one after the other, compartments,
and PyVRP for the vans. What finds no machine, port or compartment goes by van."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.harness.cityvans import Deadline, driven
from fleet.planner.city import City
from fleet.planner.jointly import Box, JointPlan, Sortie

DOOR, LOCKER, SORTIE = "door", "locker", "sortie"
Choice = tuple[str, int]
"""How a parcel goes, and the row among the city's ways of lockers or sorties."""


def finished(city: City, choices: Sequence[Choice], seconds: float, seed: int) -> JointPlan:
    """A plan of these choices, vans searched for in so many seconds of CPU."""
    deadline = Deadline(seconds)
    yard = Yard(city)
    by_locker = defaultdict[int, list[int]](list)
    for parcel, (how, row) in enumerate(choices):
        if how == LOCKER and yard.box(parcel, int(city.locker_ways.locker[row]), 0):
            by_locker[int(city.locker_ways.locker[row])].append(parcel)
    flown = [int(row) for how, row in choices if how == SORTIE]
    sent = {int(city.sortie_ways.parcel[row]) for row in sorted(flown, key=yard.latest) if yard.send(row)}
    held = {parcel for parcels in by_locker.values() for parcel in parcels}
    doors = [parcel for parcel in range(len(choices)) if parcel not in sent and parcel not in held]
    routes, left = driven(city, doors, by_locker, deadline, seed)
    slots = {p: s.slot for route in routes for s in route.stops if s.locker >= 0 for p in s.parcels}
    boxes = [
        Box(b.parcel, b.locker, b.size, slots.get(b.parcel, b.slot))
        for b in yard.boxes
        if b.parcel not in left
    ]
    return JointPlan(tuple(routes), tuple(yard.sorties), tuple(boxes), tuple(left), 0.0, 0)


@dataclass
class Yard:
    """What is booked: machines, pilots, chargers, ports, compartments. First come, first served."""

    city: City
    sorties: list[Sortie] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    of_group: defaultdict[int, list[Sortie]] = field(default_factory=lambda: defaultdict(list))
    at_port: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    used: Any = None

    def __post_init__(self) -> None:
        self.used = np.zeros_like(self.city.lockers.room)

    def latest(self, row: int) -> float:
        """When a sortie departs at the latest."""
        ways, group = self.city.sortie_ways, self.city.sortie_ways.group[row]
        closes = self.city.parcels.closes[ways.parcel[row]]
        return float(min(closes - ways.there[row], self.city.groups.closes[group] - ways.away[row]))

    def box(self, parcel: int, locker: int, slot: int) -> bool:
        """Book the smallest compartment that is free from a slot to the last one."""
        kept, slots = self.city.parcels.kept[parcel], self.city.slots
        span = [s for s in range(slot, len(slots) - 1) if slots[s] < kept]
        for size in range(int(self.city.parcels.size[parcel]), self.used.shape[1]) if span else ():
            if all(self.used[locker, size, s] < self.city.lockers.room[locker, size, s] for s in span):
                self.used[locker, size, span] += 1
                self.boxes.append(Box(parcel, locker, size, slot))
                return True
        return False

    def send(self, row: int) -> bool:
        """Book the earliest sortie that is possible."""
        ways, group = self.city.sortie_ways, int(self.city.sortie_ways.group[row])
        parcel, port, there = int(ways.parcel[row]), int(ways.locker[row]), float(ways.there[row])
        opens = float(self.city.parcels.opens[parcel]) if port < 0 else 0.0
        earliest, latest = max(float(self.city.groups.opens[group]), opens - there), self.latest(row)
        away, charge = float(ways.away[row]), float(ways.charge[row])
        moments = {earliest}
        for other in self.of_group[group]:
            back = other.depart + float(ways.away[other.way])
            ready = back + float(ways.charge[other.way])
            moments |= {back, ready, ready - away}
        moments |= {over + float(self.city.lockers.port_s[port]) - there for over in self.at_port[port]}
        for moment in sorted(m for m in moments if earliest <= m <= latest):
            machine = self._machine(group, moment, moment + away + charge)
            if machine is None or self._crowded(group, moment, away, charge):
                continue
            if port >= 0 and not self._hands_over(parcel, port, moment + there):
                continue
            self.sorties.append(Sortie(row, machine, moment))
            self.of_group[group].append(self.sorties[-1])
            return True
        return False

    def _machine(self, group: int, begin: float, end: float) -> int | None:
        """One that does nothing then."""
        ways = self.city.sortie_ways
        taken = {
            other.machine
            for other in self.of_group[group]
            if other.depart < end
            and begin < other.depart + float(ways.away[other.way]) + float(ways.charge[other.way])
        }
        free = (m for m in range(int(self.city.groups.machines[group])) if m not in taken)
        return next(free, None)

    def _crowded(self, group: int, begin: float, away: float, charge: float) -> bool:
        """Whether there is no pilot, or no charger, for all of the time."""
        ways, others = self.city.sortie_ways, self.of_group[group]
        flights = [(o.depart, o.depart + float(ways.away[o.way])) for o in others]
        charging = [
            (end, end + float(ways.charge[o.way])) for (_, end), o in zip(flights, others, strict=True)
        ]
        return _depth(flights, begin, begin + away) >= self.city.groups.away[group] or (
            charge > 0
            and _depth(charging, begin + away, begin + away + charge) >= self.city.groups.chargers[group]
        )

    def _hands_over(self, parcel: int, port: int, moment: float) -> bool:
        """Book port and compartment."""
        lasts = float(self.city.lockers.port_s[port])
        if any(moment < other + lasts and other < moment + lasts for other in self.at_port[port]):
            return False
        slot = int(np.searchsorted(self.city.slots, moment, "right")) - 1
        if moment >= self.city.slots[-1] or not self.box(parcel, port, slot):
            return False
        self.at_port[port].append(moment)
        return True


def _depth(intervals: list[tuple[float, float]], begin: float, end: float) -> int:
    """How many of these lie above each other at most between two moments."""
    within = [(a, b) for a, b in intervals if a < end and begin < b]
    return max(
        (sum(a <= at < b for a, b in within) for at in [begin, *(a for a, _ in within if a > begin)]),
        default=0,
    )
