"""What is to be delivered, and by whom it can be, as columns of numbers: what `fleet.planner.jointly` searches over.

It knows nothing of drones, robots or rules: whoever makes a `City` has asked already which sorties hold, and says of
each what it takes. Seconds, metres, kilograms and money are whatever the caller means by them, the same throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from fleet.planner.legs import BadCase, Legs
from fleet.planner.routing import VanType, check_van

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]
Whole = npt.NDArray[np.int64]

LONGEST_DAY = 62
"""Slots of a day at most: they are bits."""


@dataclass(frozen=True, eq=False)
class Parcels:
    """One row for each parcel: place of the door, window in which service there begins (s), service (s), load, size of
    the compartment that it needs (0 is the smallest), until when one is kept for it (s), skills of the van as bits, the
    price of leaving it out, and the place from which a van must start that brings it (-1: any)."""

    place: Indexes
    opens: Floats
    closes: Floats
    service: Floats
    weight: Floats
    volume: Floats
    size: Indexes
    kept: Floats
    needs: Whole
    penalty: Floats
    depot: Indexes | None = None
    """Without the column vans may start anywhere. A depot may as well be one of the `needs`, of which there are 62."""
    release: Floats | None = None
    """Before when neither a van's trip nor a sortie leaves with the parcel (s); without the column all are there."""


@dataclass(frozen=True, eq=False)
class Lockers:
    """Places; free compartments by locker, size and slot of the day; how long a hand-over takes a port (s), how long a
    van's stop lasts and how much longer for each parcel (s)."""

    place: Indexes
    room: Indexes
    port_s: Floats
    stop_s: Floats
    each_s: Floats


@dataclass(frozen=True, eq=False)
class LockerWays:
    """Which parcels a van may bring into which lockers: what that costs, the van's way aside, and between which times
    it may come there (s)."""

    parcel: Indexes
    locker: Indexes
    cost: Floats
    opens: Floats
    closes: Floats


@dataclass(frozen=True, eq=False)
class Groups:
    """Machines that are alike and start at one site: how many, between which times they are away (s), how many may be
    away at a time (pilots), how many can charge at a time."""

    machines: Indexes
    opens: Floats
    closes: Floats
    away: Indexes
    chargers: Indexes


@dataclass(frozen=True, eq=False)
class SortieWays:
    """Which parcels a machine of which group may bring by a trip of their own: seconds from departure to the hand-over,
    to the return, and then on the charger; cost; the locker whose port takes the parcel, or -1 for the door."""

    parcel: Indexes
    group: Indexes
    there: Floats
    away: Floats
    charge: Floats
    cost: Floats
    locker: Indexes


@dataclass(frozen=True, eq=False)
class City:
    """All of it. `slots` are times (s) that part the day, each slot's begin and the last one's end: a compartment is
    taken from the begin of the slot of the hand-over to the end of the slot in which it ceases to be kept."""

    legs: Legs
    parcels: Parcels
    vans: tuple[VanType, ...]
    slots: Floats
    lockers: Lockers
    locker_ways: LockerWays
    groups: Groups
    sortie_ways: SortieWays
    fairness: float = 0.0
    """The price of a second by which a van is out, on all of its trips, longer than the mean of those that are out."""
    lateness: float = 0.0
    """The price of a second by which service at a door, by van, begins after the parcel's window."""
    late_most: float = 0.0
    """How late that may be at most (s); 0: not at all."""

    def __post_init__(self) -> None:
        for name, table in (
            ("parcel", self.parcels),
            ("locker", self.lockers),
            ("locker way", self.locker_ways),
            ("group", self.groups),
            ("sortie way", self.sortie_ways),
        ):
            _check_table(name, table)
        for number, van in enumerate(self.vans):
            check_van(number, van, self.legs)
        self._check_numbers()
        for name in ("fairness", "lateness", "late_most"):
            price = getattr(self, name)
            _check(isfinite(price) and price >= 0.0, f"{name}: it must be a number from 0, not {price}")
        day = self.slots
        sound = 2 <= len(day) <= LONGEST_DAY + 1 and bool(np.all(np.diff(day) > 2.0))
        _check(
            sound,
            f"slots: 1 to {LONGEST_DAY} slots, each longer than two seconds, are parted by rising times",
        )
        shape = np.shape(self.lockers.room)
        sound = len(shape) == 3 and shape[2] == len(day) - 1 and shape[1] > 0
        _check(sound, "lockers: room must be a table of locker, size and slot")

    def may_ride(self, parcel: int, kind: int) -> bool:
        """Whether vans of a type have the skills for a parcel, and start where it stands."""
        van, depot = self.vans[kind], self.parcels.depot
        stands = depot is None or int(depot[parcel]) in (-1, van.start)
        return stands and not int(self.parcels.needs[parcel]) & ~van.has

    def _check_numbers(self) -> None:
        """Whether what points to rows and places points to some, and amounts are none below 0."""
        parcels, lockers, ways, sorties = self.parcels, self.lockers, self.locker_ways, self.sortie_ways
        count, stations, groups = len(parcels.place), len(lockers.place), len(self.groups.machines)
        _within("parcel", "place", parcels.place, 0, self.legs.places)
        _within("parcel", "size", parcels.size, 0, max(1, np.shape(lockers.room)[1]))
        _within("parcel", "needs", parcels.needs, 0, 1 << 62)
        if parcels.depot is not None:
            _within("parcel", "depot", parcels.depot, -1, self.legs.places)
        _within("locker", "place", lockers.place, 0, self.legs.places)
        _within("locker way", "parcel", ways.parcel, 0, count)
        _within("locker way", "locker", ways.locker, 0, stations)
        _within("sortie way", "parcel", sorties.parcel, 0, count)
        _within("sortie way", "group", sorties.group, 0, groups)
        _within("sortie way", "locker", sorties.locker, -1, stations)
        for name in ("service", "weight", "volume", "penalty"):
            _not_negative("parcel", name, getattr(parcels, name))
        if parcels.release is not None:
            _not_negative("parcel", "release", parcels.release)
        for name in ("room", "stop_s", "each_s"):
            _not_negative("locker", name, getattr(lockers, name))
        for name in ("machines", "away", "chargers"):
            _not_negative("group", name, getattr(self.groups, name))
        for name in ("there", "charge", "cost"):
            _not_negative("sortie way", name, getattr(sorties, name))
        _not_negative("locker way", "cost", ways.cost)
        _all(lockers.port_s > 0.0, "locker", "port_s must be above 0")
        _all(
            (sorties.away > 0.0) & (sorties.away >= sorties.there),
            "sortie way",
            "away must be above 0, and no less than there",
        )


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadCase(otherwise)


def _check_table(name: str, table: Any) -> None:
    """Columns of one length, finite."""
    columns = {field.name: getattr(table, field.name) for field in fields(table)}
    columns = {column: values for column, values in columns.items() if values is not None}
    lengths = {column: len(values) for column, values in columns.items()}
    _check(len(set(lengths.values())) == 1, f"{name}: columns of different lengths: {lengths}")
    for column, values in columns.items():
        _all(_by_row(np.isfinite(values)), name, f"{column} must be finite")


def _within(name: str, column: str, values: npt.NDArray[Any], least: int, beyond: int) -> None:
    _all((values >= least) & (values < beyond), name, f"{column} must be from {least}, below {beyond}")


def _not_negative(name: str, column: str, values: npt.NDArray[Any]) -> None:
    _all(_by_row(values >= 0), name, f"{column} must be from 0")


def _by_row(holds: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(np.all(holds, axis=tuple(range(1, holds.ndim))) if holds.ndim > 1 else holds)


def _all(holds: npt.NDArray[Any], name: str, otherwise: str) -> None:
    """Refuse with the number of the first row that does not hold."""
    if not np.all(holds):
        raise BadCase(f"{name} {int(np.argmin(holds))}: {otherwise}")
