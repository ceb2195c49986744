"""Van routing: tours for a set of visits, constructed by insertion and improved cluster by cluster."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.planner.construct import insert_all
from fleet.planner.polish import Cluster, eased, polished
from fleet.planner.problem import Problem, Van
from fleet.planner.stop import Late, Stop, never
from fleet.planner.tours import Case, Tour, total_cost
from fleet.planner.trips import all_in_turn, apart, behind, settled_in_turn, together
from fleet.planner.visits import Key, Visit

MAX_CLUSTER = 900
"""Visits that are searched together. Beyond it the search slows down more than the borders cost."""

MAX_CASE = 2500
"""Visits with one matrix between them; more are cut into areas first."""

Warm = Mapping[int, Sequence[Sequence[Key]]]
"""Tours of an earlier round: the van's number, and for each of its trips the keys of its visits, in order."""


@dataclass(frozen=True)
class Routing:
    """Tours (over one or several cases) and the visits that no van can make."""

    tours: tuple[Tour, ...]
    left: tuple[Visit, ...]

    @property
    def cost(self) -> float:
        """What the tours cost."""
        return total_cost(self.tours)

    @property
    def warm(self) -> Warm:
        """The tours in a form that outlives the visits' numbers."""
        found: dict[int, list[list[Key]]] = {}
        for trips in together(self.tours).values():
            van = trips[0].case.problem.whole(trips[0].van)
            found[van.index] = [[t.case.visits[v].key for v in t.visits] for t in trips]
        return found


def route(
    problem: Problem,
    visits: Sequence[Visit],
    warm: Warm,
    *,
    seed: int,
    stop: Stop | None,
    late: Late = never,
) -> Routing:
    """Tours for the visits. Without ``stop`` by insertion alone; what that does not come to in time is left. Of many
    visits, earlier tours stay as they are, and the rest is for other vans."""
    kept = list[Tour]()
    if warm and len(visits) > MAX_CASE:
        kept, visits = _as_driven(problem, visits, warm)
    areas, routings = _areas(visits), [Routing(tuple(kept), ())]
    out = {tour.van.slot.asset_id for tour in kept}
    free = [van for van in problem.vans if van.slot.asset_id not in out]
    for i, area in enumerate(areas):
        part = stop and stop.part(1 / (len(areas) - i))
        vans = free[i :: len(areas)]
        routings.append(_route_area(problem, vans, area, warm, seed=seed, stop=part, late=late))
    return Routing(
        tuple(tour for routing in routings for tour in routing.tours),
        tuple(visit for routing in routings for visit in routing.left),
    )


def _route_area(
    problem: Problem,
    vans: Sequence[Van],
    visits: Sequence[Visit],
    warm: Warm,
    *,
    seed: int,
    stop: Stop | None,
    late: Late,
) -> Routing:
    case = Case(problem, tuple(visits))
    tours, left = _completed(case, _revived(case, vans, warm), vans, late)
    if stop is not None and not late():
        tours, left = improved(case, tours, vans, seed=seed, stop=stop, late=late)
    return Routing(tuple(t for t in tours if t.visits), tuple(case.visits[v] for v in left))


def _areas(visits: Sequence[Visit]) -> list[list[Visit]]:
    """The visits, cut at the longer side's median until each area is small enough."""
    if len(visits) <= MAX_CASE:
        return [list(visits)]
    lon = np.array([v.place.lon for v in visits])
    lat = np.array([v.place.lat for v in visits])
    wide = np.ptp(lon) * math.cos(math.radians(float(lat.mean()))) >= np.ptp(lat)
    order = np.argsort(lon if wide else lat, kind="stable").tolist()
    half = len(order) // 2
    return _areas([visits[i] for i in order[:half]]) + _areas([visits[i] for i in order[half:]])


def _revived(case: Case, vans: Sequence[Van], warm: Warm) -> list[Tour]:
    """The earlier tours with the visits that are still there, without those for which there is no room any more."""
    numbers: dict[Key, list[int]] = defaultdict(list)
    for i, visit in enumerate(case.visits):
        numbers[visit.key].append(i)
    tours = list[Tour]()
    for van in vans:
        trips = list[Tour]()
        for keys in warm.get(van.index, ()):
            kept = tuple(numbers[key].pop(0) for key in keys if numbers.get(key))
            trip = behind(case.problem, trips) if trips else van
            tour = None if trip is None else eased(Tour(case, trip, kept))
            trips += [tour] if tour is not None and tour.visits else []
        tours += settled_in_turn(trips) if len(trips) > 1 else trips
    return tours


def _as_driven(problem: Problem, visits: Sequence[Visit], warm: Warm) -> tuple[list[Tour], list[Visit]]:
    """The earlier tours, each van's with the legs of its visits alone, and the visits that are in none."""
    rest: dict[Key, list[Visit]] = defaultdict(list)
    for visit in visits:
        rest[visit.key].append(visit)
    tours = list[Tour]()
    for van in problem.vans:
        keys = [key for trip in warm.get(van.index, ()) for key in trip]
        its = tuple(rest[key].pop(0) for key in keys if rest.get(key))
        case = Case(problem, its, (van.site.site_id,))
        tours += (found := _revived(case, (van,), warm))
        made = {number for tour in found for number in tour.visits}
        for number, visit in enumerate(its):
            if number not in made:
                rest[visit.key].append(visit)
    return tours, [visit for some in rest.values() for visit in some]


def _completed(
    case: Case, tours: Sequence[Tour], vans: Sequence[Van], late: Late
) -> tuple[list[Tour], list[int]]:
    """The tours with all missing visits inserted, and those that fit nowhere."""
    made = {v for tour in tours for v in tour.visits}
    missing = [v for v in range(len(case.visits)) if v not in made]
    return insert_all(case, tours, missing, vans, late)


def improved(
    case: Case, tours: Sequence[Tour], vans: Sequence[Van], *, seed: int, stop: Stop, late: Late
) -> tuple[list[Tour], list[int]]:
    """The better of the tours as they are and as searched, cluster by cluster."""
    clusters = _clusters(case, apart(tours), vans)
    found: list[Tour] = []
    for i, (cluster, inside) in enumerate(clusters):
        part = stop.part(1 / (len(clusters) - i))
        found += inside if late() else polished(cluster, inside, seed=seed, stop=part)
    found = all_in_turn(found)
    return min((_completed(case, t, vans, late) for t in (tours, found)), key=lambda r: _objective(case, *r))


def _objective(case: Case, tours: Sequence[Tour], left: Sequence[int]) -> float:
    return total_cost(tours) + sum(case.visits[v].penalty for v in left)


def _clusters(case: Case, tours: Sequence[Tour], vans: Sequence[Van]) -> list[tuple[Cluster, list[Tour]]]:
    """Neighbouring tours together, up to the size that is searched at once; spare vans and left visits dealt out."""
    made = {v for tour in tours for v in tour.visits}
    parts = max(1, math.ceil(len(case.visits) / MAX_CLUSTER))
    used = {tour.van.slot.asset_id for tour in tours}
    spare = [van for van in vans if van.slot.asset_id not in used]
    left = [v for v in range(len(case.visits)) if v not in made]
    by_angle = sorted(tours, key=_angle)
    dealt = [
        [by_angle[i] for i in chunk.tolist()] for chunk in np.array_split(np.arange(len(by_angle)), parts)
    ]
    return [
        (_cluster(case, inside, spare[i::parts], left[i::parts]), inside) for i, inside in enumerate(dealt)
    ]


def _cluster(case: Case, tours: Sequence[Tour], spare: Sequence[Van], left: Sequence[int]) -> Cluster:
    visits = sorted([*(v for tour in tours for v in tour.visits), *left])
    vans = sorted([*(tour.van for tour in tours), *spare], key=lambda van: van.index)
    return Cluster(case, tuple(visits), tuple(vans))


def _angle(tour: Tour) -> float:
    """The direction in which a tour's middle lies from its depot."""
    places = [tour.case.visits[v].place for v in tour.visits]
    home = tour.van.site.place
    lon = sum(p.lon for p in places) / len(places) - home.lon
    lat = sum(p.lat for p in places) / len(places) - home.lat
    return math.atan2(lat, lon * math.cos(math.radians(home.lat)))
