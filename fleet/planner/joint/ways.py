# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""In which ways parcels can be brought, as columns of numbers. Nodes of the routes are the parcels' doors, by the
parcels' numbers, and behind them the visits: a van fills a locker in a slot of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fleet.planner.kernels.columns import Floats, Indexes, Masks


class Parcels:
    """Load, when the parcel is there (s), size of the compartment that is needed, last slot in which one is kept, price
    of leaving the parcel out, which of the distinct needs it has, where its sorties and its lockers begin in their
    columns (one more than there are parcels)."""

    def __init__(
        self,
        weight: Floats,
        volume: Floats,
        release: Floats,
        size: Indexes,
        last: Indexes,
        penalty: Floats,
        need: Indexes,
        sorties: Indexes,
        lockers: Indexes,
    ) -> None:
        self.count = len(weight)
        self.weight, self.volume, self.release, self.size, self.last = weight, volume, release, size, last
        self.penalty, self.need, self.sorties, self.lockers = penalty, need, sorties, lockers


class Sorties:
    """What one trip to one parcel takes, cheapest first for each parcel: group of machines, seconds from departure to
    hand-over, to the return, and on the charger, cost, locker whose port is used (or -1), earliest and latest
    departure."""

    def __init__(
        self,
        group: Indexes,
        there: Floats,
        away: Floats,
        charge: Floats,
        cost: Floats,
        port: Indexes,
        earliest: Floats,
        latest: Floats,
    ) -> None:
        self.group, self.there, self.away, self.charge, self.cost = group, there, away, charge, cost
        self.port, self.earliest, self.latest = port, earliest, latest


class Machines:
    """Groups of machines that are alike: the first of each (one more than there are groups), how many may be away and
    how many charge at a time. Where that is fewer than there are, departures are `fixed` when they are planned. A
    machine departs neither before `since` nor after `until` (s)."""

    def __init__(
        self, first: Indexes, away: Indexes, chargers: Indexes, fixed: Indexes, rows: int, group: Indexes
    ) -> None:
        self.count = len(group)
        self.first, self.away, self.chargers, self.fixed, self.group = first, away, chargers, fixed, group
        self.rows = rows
        self.since, self.until = np.full(self.count, -1e300), np.full(self.count, 1e300)


class Lockers:
    """Compartments (locker, size, slot) that are free, when slots begin (s), how long a port is taken by one hand-over
    (s), how long a stop at one lasts and how much longer for each parcel (s); the visit that serves a locker for a need
    in a slot, or -1; of each visit its locker and slot. Of each parcel's lockers: which, cost, slots as bits. Of each
    locker: whose it can be, dearest last, and where they begin."""

    def __init__(
        self,
        room: Indexes,
        begins: Floats,
        port_s: Floats,
        stop_s: Floats,
        each_s: Floats,
        visit: Indexes,
        visit_locker: Indexes,
        visit_slot: Indexes,
        locker: Indexes,
        cost: Floats,
        slots: Masks,
        whose: Indexes,
        first: Indexes,
        ports: int,
    ) -> None:
        self.count, self.slot_count = len(port_s), len(begins)
        self.room, self.begins, self.port_s, self.stop_s, self.each_s = room, begins, port_s, stop_s, each_s
        self.visit, self.visit_locker, self.visit_slot = visit, visit_locker, visit_slot
        self.locker, self.cost, self.slots, self.whose, self.first = locker, cost, slots, whose, first
        self.ports, self.visit_count = ports, len(visit_slot)

    def slot_of(self, moment: float) -> int:
        """The slot of the day in which a moment lies; the last one has no end."""
        slot = self.slot_count - 1
        while slot > 0 and moment < self.begins[slot]:
            slot -= 1
        return slot
