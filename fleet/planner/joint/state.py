# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Who brings each parcel: the routes of vans, and beside them the machines' rows of sorties, ports and compartments.

What an iteration changes is written down at its first touch; `undo.take_back` puts it back. The cost of everything is
kept in the routes' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fleet.planner.joint.ways import Lockers, Machines, Parcels, Sorties
    from fleet.planner.kernels.routes import Routes

NOBODY, DOOR, LOCKER, SORTIE = 0, 1, 2, 3
"""How a parcel is brought: not at all, by van to the door, by van into a locker, by a machine."""


class State:
    """The plan as it is, how it was before the iteration, and the best one.

    Of each parcel: `mode`; `way`, the number of its sortie or locker among all; `at`, its machine or its visit; `box`
    and `slot`, the size of compartment and the first slot in which it is taken (-1: none); `since` and `until`, between
    which its sortie departs, which are the same where the departure is fixed; `locked`: that stays as it is. Rows from
    `count` on are for parcels that may still come.
    """

    def __init__(
        self, routes: Routes, parcels: Parcels, sorties: Sorties, machines: Machines, lockers: Lockers
    ) -> None:
        self.routes, self.parcels, self.sorties, self.machines = routes, parcels, sorties, machines
        self.lockers = lockers
        self.size, self.count = self.parcels.count, self.parcels.count
        self._make_parcels(self.size)
        visits = self.lockers.visit_count
        self.first, self.held = np.full(visits, -1, np.int32), np.zeros(visits, np.int32)
        self.behind, self.ahead = np.full(self.size, -1, np.int32), np.full(self.size, -1, np.int32)
        shape = (self.machines.count, self.machines.rows)
        self.row, self.length = np.zeros(shape, np.int32), np.zeros(shape[0], np.int32)
        self.early, self.late = np.zeros(shape), np.zeros(shape)
        self.used = np.zeros_like(np.asarray(self.lockers.room))
        self.port, self.queue = (
            np.zeros((self.lockers.count, self.lockers.ports), np.int32),
            np.zeros(self.lockers.count, np.int32),
        )
        self._make_log(visits, shape)
        self._make_best(shape)
        self.routes.cost += float(np.sum(np.asarray(self.parcels.penalty)))
        self.lenience = 1.0
        self.found_machine, self.found_row, self.found_box, self.found_slot = -1, -1, -1, -1
        self.found_since, self.found_until = 0.0, 0.0
        self.seen_machine, self.seen_visit = np.zeros(shape[0], np.int64), np.zeros(visits, np.int64)

    def _make_parcels(self, size: int) -> None:
        self.mode, self.way, self.at = (np.full(size, value, np.int32) for value in (NOBODY, -1, -1))
        self.box, self.slot = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
        self.since, self.until = np.zeros(size), np.zeros(size)
        self.alone, self.alone_at = np.arange(size, dtype=np.int32), np.arange(size, dtype=np.int32)
        self.left, self.freed = size, 0
        self.locked = np.zeros(size, np.int32)
        self.shown_first, self.shown_next, self.shown_visit, self.shown_held = (
            np.zeros(0, np.int32) for _ in range(4)
        )

    def _make_log(self, visits: int, shape: tuple[int, int]) -> None:
        """Mirrors of what can be touched, each with the number of the iteration in which it was last."""
        size, lockers = self.size, self.lockers.count
        self.now, self.touches, self.machine_touches, self.visit_touches, self.port_touches = 0, 0, 0, 0, 0
        self.stamp, self.touched = np.full(size, -1, np.int64), np.zeros(size, np.int32)
        self.log_whole, self.log_time = np.zeros((size, 5), np.int32), np.zeros((size, 2))
        self.machine_stamp = np.full(shape[0], -1, np.int64)
        self.machine_touched, self.log_length = np.zeros(shape[0], np.int32), np.zeros(shape[0], np.int32)
        self.log_row = np.zeros(shape, np.int32)
        self.visit_stamp, self.visit_touched = np.full(visits, -1, np.int64), np.zeros(visits, np.int32)
        self.log_load = np.zeros((visits, 4))
        self.port_stamp, self.port_touched = np.full(lockers, -1, np.int64), np.zeros(lockers, np.int32)
        self.log_port, self.log_queue = np.zeros_like(self.port), np.zeros(lockers, np.int32)

    def _make_best(self, shape: tuple[int, int]) -> None:
        """Room for the best plan, and for what differs from it."""
        size = self.size
        self.best_whole, self.best_time = np.full((size, 5), -1, np.int32), np.zeros((size, 2))
        self.best_row, self.best_length = np.zeros(shape, np.int32), np.zeros(shape[0], np.int32)
        self.best_whole[:, 0] = NOBODY
        self.dirty, self.dirty_list, self.dirties = np.zeros(size, np.int32), np.zeros(size, np.int32), 0
        self.stale, self.stale_list = np.zeros(shape[0], np.int32), np.zeros(shape[0], np.int32)
        self.stales = 0

    def begin(self) -> None:
        """What is changed from here on can be taken back."""
        self.routes.begin()
        self.now += 1
        self.touches, self.machine_touches, self.visit_touches, self.port_touches = 0, 0, 0, 0
        self.freed = 0

    def touch(self, parcel: int) -> None:
        """Write down how a parcel is brought, before that is changed for the first time."""
        if self.stamp[parcel] == self.now:
            return
        self.stamp[parcel] = self.now
        self.touched[self.touches] = parcel
        self.touches += 1
        self.log_whole[parcel, 0], self.log_whole[parcel, 1] = self.mode[parcel], self.way[parcel]
        self.log_whole[parcel, 2], self.log_whole[parcel, 3] = self.at[parcel], self.box[parcel]
        self.log_whole[parcel, 4] = self.slot[parcel]
        self.log_time[parcel, 0], self.log_time[parcel, 1] = self.since[parcel], self.until[parcel]

    def touch_machine(self, machine: int) -> None:
        """Write a machine's row down."""
        if self.machine_stamp[machine] == self.now:
            return
        self.machine_stamp[machine] = self.now
        self.machine_touched[self.machine_touches] = machine
        self.machine_touches += 1
        self.log_length[machine] = self.length[machine]
        for k in range(self.length[machine]):
            self.log_row[machine, k] = self.row[machine, k]

    def touch_port(self, locker: int) -> None:
        """Write down who hands over at a locker's port."""
        if self.port_stamp[locker] == self.now:
            return
        self.port_stamp[locker] = self.now
        self.port_touched[self.port_touches] = locker
        self.port_touches += 1
        self.log_queue[locker] = self.queue[locker]
        for k in range(self.queue[locker]):
            self.log_port[locker, k] = self.port[locker, k]

    def touch_visit(self, visit: int) -> None:
        """Write down what is brought by a visit."""
        if self.visit_stamp[visit] == self.now:
            return
        self.visit_stamp[visit] = self.now
        self.visit_touched[self.visit_touches] = visit
        self.visit_touches += 1
        node = self.size + visit
        self.log_load[visit, 0] = self.routes.stops.weight[node]
        self.log_load[visit, 1] = self.routes.stops.volume[node]
        self.log_load[visit, 2] = self.routes.service[node]
        self.log_load[visit, 3] = self.routes.stops.release[node]

    def miss(self, parcel: int) -> None:
        """Count a parcel among those that nobody brings."""
        self.mode[parcel] = NOBODY
        self.alone[self.left], self.alone_at[parcel] = parcel, self.left
        self.left += 1

    def found_again(self, parcel: int) -> None:
        """Count a parcel no more among those that nobody brings."""
        self.left -= 1
        last, at = self.alone[self.left], self.alone_at[parcel]
        self.alone[at], self.alone_at[last] = last, at
