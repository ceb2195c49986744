"""The tours of a board, by the numbers of their vans: which trips a van makes, who stops at a locker and which vans
stand is known without looking through all of them. On a very large day there are tens of thousands, and each parcel
that is lifted or offered a seat asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from fleet.network.geodesic import straight_table_m
from fleet.planner.construct import standing_vans
from fleet.planner.problem import Van
from fleet.planner.tours import Tour
from fleet.planner.visits import Bases
from fleet.protocol.values import Place

NEAR_VANS = 6
"""Where vans are very many, those that stand near a stop and are offered it."""


class Driven(dict[int, Tour]):
    """Tours by the numbers of their vans. What is told of them is gathered when it is asked for first, and kept up
    from then on; always in the order in which the tours stand here."""

    def __init__(self, tours: Iterable[Tour] = ()) -> None:
        super().__init__((tour.van.index, tour) for tour in tours)
        self._places: dict[int, int] | None = None
        self._of_asset: dict[str, dict[int, int]] = {}
        self._at_locker: dict[str, dict[int, int]] = {}
        self._standing: list[Van] | None = None

    def __setitem__(self, number: int, tour: Tour) -> None:
        """Drive a tour in place of the one with its number, or beside all others."""
        before = self.get(number)
        super().__setitem__(number, tour)
        if self._places is not None and (before is None or before.lockers != tour.lockers):
            if before is not None:
                self._forget(number, before)
            self._note(self._places, number, tour)
        if before is None:
            self._standing = None

    def __delitem__(self, number: int) -> None:
        """Have nobody drive it."""
        tour = self[number]
        super().__delitem__(number)
        self._standing = None
        if self._places is not None:
            self._forget(number, tour)
            del self._places[number]

    def copy(self) -> Driven:
        """The same, to be changed apart."""
        return Driven(self.values())

    def of_asset(self, asset_id: str) -> list[Tour]:
        """All trips of a van."""
        self._gathered()
        return [self[number] for number in self._of_asset.get(asset_id, ())]

    def at_locker(self, locker_id: str) -> list[Tour]:
        """Those that stop at a locker."""
        places, numbers = self._gathered(), self._at_locker.get(locker_id, {})
        return [self[number] for number in sorted(numbers, key=places.__getitem__)]

    def some(self, numbers: Iterable[int | None]) -> list[Tour]:
        """Those of these numbers, as far as they are driven."""
        places = self._gathered()
        there = {number for number in numbers if number is not None and number in places}
        return [self[number] for number in sorted(there, key=places.__getitem__)]

    def standing(self, vans: Sequence[Van]) -> list[Van]:
        """One unused van of each group of a problem's ``vans``."""
        if self._standing is None:
            self._standing = standing_vans(list(self.values()), vans)
        return self._standing

    def standing_near(self, vans: Sequence[Van], to: Place, bases: Bases | None = None) -> list[Van]:
        """Those of them, of these ``bases`` if told, that stand nearest to a place, a few."""
        standing = [van for van in self.standing(vans) if bases is None or van.base in bases]
        if len(standing) <= NEAR_VANS:
            return standing
        away = straight_table_m([to], [van.site.place for van in standing])[0]
        return [standing[i] for i in np.argsort(away, kind="stable")[:NEAR_VANS].tolist()]

    def _gathered(self) -> dict[int, int]:
        """The tours' places in their order, once what is told of them has been gathered."""
        if self._places is None:
            self._places, self._of_asset, self._at_locker = {}, defaultdict(dict), defaultdict(dict)
            for number, tour in self.items():
                self._note(self._places, number, tour)
        return self._places

    def _note(self, places: dict[int, int], number: int, tour: Tour) -> None:
        place = places.setdefault(number, next(reversed(places.values()), -1) + 1)
        self._of_asset[tour.van.slot.asset_id][number] = place
        for locker_id in tour.lockers:
            self._at_locker[locker_id][number] = place

    def _forget(self, number: int, tour: Tour) -> None:
        if number not in self:
            del self._of_asset[tour.van.slot.asset_id][number]
        for locker_id in tour.lockers:
            del self._at_locker[locker_id][number]
