"""Which kind of van tiles had better begin without, found out with a few parcels.

By one parcel a small van is always the cheaper one, so that a search which begins with all kinds seldom finds out that
a large one does for three. Searches that begin without one kind each tell, but not before some three iterations for
each parcel, and tiles of large days have fewer: of all their parcels the choice was one by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from fleet.planner.city import City
from fleet.planner.citycolumns import Columns
from fleet.planner.jointly import Kind, Run, kind_of, kinds
from fleet.planner.routing import Budget, Iterations, typical
from fleet.planner.tilecity import Cuts

COUNT, SIZE, EACH = 4, 1000, 3
"""How many pieces of a city are looked at; their parcels at most; iterations for each parcel. With 400 parcels, which
fill two or three vans, the answer for a day of 100,000 depended on the seed. Of 32 pieces of eight cities 30 told that
small vans are better spared, the others that neither kind is; with 2 iterations 29, with 1 some that large ones are."""

Spared = Mapping[frozenset[Kind], Kind | None]
"""Of the kinds that there are in some tile, the one that is better spared at first; none, if all are better there."""


def spared(cuts: Cuts, size: int, seed: int, time: Budget) -> Spared:
    """What searches of some pieces of a city say together, as many as are over before ``time`` is used up: where one
    is cut short, those before it would seem the better ones. No piece has more parcels than a tile of that size. In a
    city of one kind of van nothing is looked at."""
    if len(set(map(kind_of, cuts.city.vans))) < 2:
        return {}
    tiling = cuts.ground.tiling(None, min(size, SIZE), 1)
    cut, costs = cuts.cut(tiling, None), defaultdict[frozenset[Kind], dict[Kind | None, float]](dict)
    for piece in np.linspace(0, tiling.count - 1, min(COUNT, tiling.count)).astype(int):
        if time() >= 1.0:
            break
        city = cut.tile(int(piece))[0].city
        sums = costs[frozenset(kinds(city))]
        for kind, cost in _without_each(city, seed, time).items():
            sums[kind] = sums.get(kind, 0.0) + cost
    return {there: min(sums, key=sums.__getitem__) for there, sums in costs.items() if sums}


def _without_each(city: City, seed: int, time: Budget) -> dict[Kind | None, float]:
    """What a search's plan costs with all kinds of van, and without each; nothing where there is no choice, or time is
    up before all are searched."""
    several = kinds(city)
    if not several:
        return {}
    visits, costs = Columns(city), dict[Kind | None, float]()
    for kind, types in ((None, 0), *several.items()):
        run, counted = Run(visits, seed, banned=types), Iterations(EACH * len(city.parcels.place))
        run.started(_unless_up(time, counted), 0.0, 1.0, typical(visits.case))
        if time() >= 1.0:
            return {}
        costs[kind] = run.state.routes.best_cost
    return costs


def _unless_up(time: Budget, counted: Budget) -> Budget:
    """What is counted, however much of the time is used, by which no search may cool: the next one would begin cold."""
    return lambda: 1.0 if time() >= 1.0 else counted()
