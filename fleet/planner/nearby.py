"""Which parcels go to places near a given one: of very many, without asking all."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from fleet.protocol.values import Place

IN_A_CELL = 8
"""Places of a cell, were they spread evenly."""

Cell = tuple[int, int]


@dataclass(frozen=True)
class Nearby:
    """Places in the cells of a grid; each is known by its number."""

    places: Sequence[Place]

    def around(self, place: Place, count: int) -> list[int]:
        """The nearest places, at least so many where there are as many; and some that lie hardly farther, as distances
        count by cells."""
        found, empty = list[int](), 0
        middle = self._cell(place)
        for ring in range(self._rings(middle)):
            here = [number for cell in _ring(middle, ring) for number in self._grid.get(cell, ())]
            found += here
            empty = 0 if here else empty + 1
            if len(found) >= count or empty > MOST_EMPTY:
                break
        return self._by_distance(place, found)

    def nearest(self, place: Place, count: int) -> list[int]:
        """So many of the nearest places, and no others; fewer where it lies far off."""
        near = self.around(place, count)[:count]
        if not near:
            return near
        # A place so many rings off is at least that less one side away: beyond these none is nearer.
        reach = 2 + math.floor(self._apart(place, self.places[near[-1]]) / self._side)
        middle = self._cell(place)
        rings = range(min(reach, self._rings(middle)))
        found = [n for ring in rings for cell in _ring(middle, ring) for n in self._grid.get(cell, ())]
        return self._by_distance(place, found)[:count]

    def _by_distance(self, place: Place, numbers: Iterable[int]) -> list[int]:
        return sorted(numbers, key=lambda number: (self._apart(place, self.places[number]), number))

    def _rings(self, middle: Cell) -> int:
        """How many rings of cells there are around one, to the farthest cell."""
        west, east, south, north = self._reach
        return 1 + max(0, middle[0] - west, east - middle[0], middle[1] - south, north - middle[1])

    @cached_property
    def _reach(self) -> tuple[int, int, int, int]:
        columns, rows = zip(*self._grid, strict=True) if self._grid else ((0,), (0,))
        return min(columns), max(columns), min(rows), max(rows)

    @cached_property
    def _narrow(self) -> float:
        """How much shorter a degree of longitude is than one of latitude."""
        lat = [place.lat for place in self.places]
        return math.cos(math.radians(sum(lat) / len(lat))) if lat else 1.0

    @cached_property
    def _side(self) -> float:
        """The side of a cell, in degrees of latitude; the middle half of the places says how dense they lie."""
        if not self.places:
            return 1.0
        lon = sorted(place.lon for place in self.places)
        lat = sorted(place.lat for place in self.places)
        quarter = len(lon) // 4
        wide, high = (lon[-1 - quarter] - lon[quarter]) * self._narrow, lat[-1 - quarter] - lat[quarter]
        return max(1e-5, math.sqrt(wide * high * 2 * IN_A_CELL / len(lon)))

    @cached_property
    def _grid(self) -> dict[Cell, list[int]]:
        grid = defaultdict[Cell, list[int]](list)
        for number, place in enumerate(self.places):
            grid[self._cell(place)].append(number)
        return dict(grid)

    def _cell(self, place: Place) -> Cell:
        return math.floor(place.lon * self._narrow / self._side), math.floor(place.lat / self._side)

    def _apart(self, one: Place, other: Place) -> float:
        return math.hypot((one.lon - other.lon) * self._narrow, one.lat - other.lat)


MOST_EMPTY = 50
"""So many empty rings in a row are looked through: who lies farther off than that has nobody near."""


def _ring(middle: Cell, ring: int) -> Iterator[Cell]:
    """The cells so many steps from the middle one."""
    column, row = middle
    if not ring:
        yield middle
        return
    for step in range(-ring, ring + 1):
        yield column + step, row - ring
        yield column + step, row + ring
    for step in range(1 - ring, ring):
        yield column - ring, row + step
        yield column + ring, row + step
