# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Where a parcel is put: of all ways to bring it, by van to the door, by van into a locker, by a machine, the one that
adds least to the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.boxes import (
        begin_visit,
        book,
        join,
        link,
        price_of_joining,
        price_of_visiting,
        room,
    )
    from fleet.planner.joint.changes import close_late, own_cost
    from fleet.planner.joint.pads import put, seek
    from fleet.planner.joint.state import DOOR, LOCKER, NOBODY, SORTIE
    from fleet.planner.kernels.places import ask_all, ask_new, find, insert
    from fleet.planner.kernels.routes import NEVER

if TYPE_CHECKING:
    from fleet.planner.joint.state import State
    from fleet.planner.kernels.chance import Chance
    from fleet.planner.kernels.routes import Routes


BANNED = 1e9
"""Added to the price of a van that may not be used now; no price is higher."""


MOST_OPENED = 64
"""Trips all places of which are asked at most."""


class Offer:
    """The best way that was found for a parcel, and where.

    `blink`: how often a place or way is overlooked; `curious`: how often a locker where no van stops is asked;
    `favoured`: a locker whose stop counts only its `share`, since others will use it too; `opened`: the first
    `openings` of it are trips all places of which are asked, near or not.
    """

    def __init__(self) -> None:
        self.blink, self.curious, self.favoured, self.share = 0.01, 0.25, -1, 1.0
        self.cost, self.mode, self.way, self.visit, self.box = NEVER, NOBODY, -1, -1, -1
        self.trip, self.after, self.van, self.place_behind, self.late = -1, -1, -1, -1, 0.0
        self.opened, self.openings = np.zeros(MOST_OPENED, np.int32), 0

    def open(self, trip: int) -> None:
        """Ask all places of a trip from now on, if there is room for one more."""
        if self.openings < MOST_OPENED:
            self.opened[self.openings] = trip
            self.openings += 1

    def place(self, state: State, parcel: int, chance: Chance, generous: bool) -> bool:
        """Bring a parcel in the cheapest way, where that costs less than leaving it, or at any price if `generous`."""
        self.cost, self.mode = BANNED if generous else state.lenience * state.parcels.penalty[parcel], NOBODY
        self._ask_door(state, parcel, chance)
        self._ask_sorties(state, parcel, chance)
        self._ask_lockers(state, parcel, chance)
        if self.mode == NOBODY:
            return False
        state.touch(parcel)
        state.found_again(parcel)
        state.mode[parcel], state.way[parcel] = self.mode, self.way
        if self.mode == DOOR and state.routes.doors > 0:
            state.since[parcel] = self.late
            close_late(state, parcel)
        state.routes.cost += own_cost(state, parcel) - state.lenience * state.parcels.penalty[parcel]
        if self.mode == SORTIE:
            self._by_machine(state, parcel)
        elif self.mode == LOCKER:
            self._into_locker(state, parcel)
        else:
            self._insert(state.routes, parcel)
        return True

    def first_stop(self, state: State, routes: Routes, parcel: int) -> None:
        """Let a van that was not used begin with a parcel's door, if one may."""
        routes.found, routes.found_trip, routes.found_van = NEVER, -1, -1
        ask_new(routes, parcel)
        if routes.found >= BANNED:
            return
        state.touch(parcel)
        state.found_again(parcel)
        state.freed -= 1
        state.mode[parcel], state.way[parcel] = DOOR, -1
        if routes.doors > 0:
            state.since[parcel] = routes.found_late
            close_late(state, parcel)
        routes.cost += own_cost(state, parcel) - state.lenience * state.parcels.penalty[parcel]
        insert(routes, parcel)

    def _ask_door(self, state: State, parcel: int, chance: Chance) -> None:
        """By van to the door."""
        find(state.routes, parcel, chance, self.blink)
        for k in range(self.openings):
            if state.routes.van[self.opened[k]] >= 0:
                ask_all(state.routes, parcel, self.opened[k])
        if state.routes.found < self.cost:
            self.cost, self.mode, self.way = state.routes.found, DOOR, -1
            self._remember(state.routes)

    def _ask_sorties(self, state: State, parcel: int, chance: Chance) -> None:
        """By the cheapest sortie for which a machine has time."""
        turn = chance.below(1024)
        for sortie in range(state.parcels.sorties[parcel], state.parcels.sorties[parcel + 1]):
            if state.sorties.cost[sortie] >= self.cost:
                return
            if chance.share() >= self.blink and seek(state, parcel, sortie, turn):
                self.cost, self.mode, self.way = state.sorties.cost[sortie], SORTIE, sortie
                return

    def _ask_lockers(self, state: State, parcel: int, chance: Chance) -> None:
        """By van into a locker that has a compartment left: where one stops anyway, or would for this parcel."""
        for way in range(state.parcels.lockers[parcel], state.parcels.lockers[parcel + 1]):
            own = state.lockers.cost[way]
            if own >= self.cost or chance.share() < self.blink:
                continue
            locker = state.lockers.locker[way]
            curious = locker == self.favoured or chance.share() < self.curious
            for slot in range(state.lockers.slot_count):
                visit = state.lockers.visit[locker, state.parcels.need[parcel], slot]
                if (state.lockers.slots[way] >> slot) & 1 == 0 or visit < 0:
                    continue
                box = room(state, parcel, locker, slot)
                if box >= 0 and (state.held[visit] > 0 or curious):
                    self._ask_visit(state, parcel, way, visit, box, own, chance)

    def _ask_visit(
        self, state: State, parcel: int, way: int, visit: int, box: int, own: float, chance: Chance
    ) -> None:
        """By van into a locker, in one slot."""
        new = state.held[visit] == 0
        if new:
            price = own + price_of_visiting(state, parcel, visit, chance, self.blink)
            if state.lockers.visit_locker[visit] == self.favoured:
                price = own + self.share * (price - own)
        else:
            price = own + price_of_joining(state, parcel, visit)
        if price < self.cost:
            self.cost, self.mode, self.way, self.visit, self.box = price, LOCKER, way, visit, box
            if new:
                self._remember(state.routes)

    def _remember(self, routes: Routes) -> None:
        """Where a stop was found to fit, while others are asked for."""
        self.trip, self.after = routes.found_trip, routes.found_after
        self.van, self.place_behind, self.late = routes.found_van, routes.found_behind, routes.found_late

    def _insert(self, routes: Routes, node: int) -> None:
        """Put a stop where it was found to fit."""
        routes.found_trip, routes.found_after = self.trip, self.after
        routes.found_van, routes.found_behind = self.van, self.place_behind
        insert(routes, node)

    def _by_machine(self, state: State, parcel: int) -> None:
        put(state, parcel)
        if state.box[parcel] >= 0:
            book(state, parcel, state.sorties.port[self.way], 1)

    def _into_locker(self, state: State, parcel: int) -> None:
        visit = self.visit
        node, locker = state.size + visit, state.lockers.visit_locker[visit]
        if state.held[visit] == 0:
            begin_visit(state, parcel, visit, node, locker)
            self._insert(state.routes, node)
        else:
            join(state, parcel, visit)
        link(state, parcel, visit)
        state.at[parcel], state.box[parcel] = visit, self.box
        state.slot[parcel] = state.lockers.visit_slot[visit]
        book(state, parcel, locker, 1)
