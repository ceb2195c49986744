"""Van routing: tours for a set of visits, constructed by insertion and improved cluster by cluster."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.planner.construct import insert_all
from fleet.planner.line import Ints
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

MAX_LEFT = 400
"""The same of visits that no earlier tour of a large day has: each is asked of all new tours of its area."""

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
    kept, many = list[Tour](), bool(warm) and len(visits) > MAX_CASE
    if many:
        kept, visits = _as_driven(problem, visits, warm)
    out = {tour.van.slot.asset_id for tour in kept}
    free = [van for van in problem.vans if van.slot.asset_id not in out]
    shares = _by_site(visits, free) if many else _dealt(visits, free, MAX_CASE)
    routings = [Routing(tuple(kept), ())]
    for i, (area, vans) in enumerate(shares):
        part = stop and stop.part(1 / (len(shares) - i))
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
    case = Case(problem, tuple(visits), () if problem.keeps_legs else _sites(vans))
    tours, left = _completed(case, _revived(case, vans, warm), vans, late)
    if stop is not None and not late():
        tours, left = improved(case, tours, vans, seed=seed, stop=stop, late=late)
    return Routing(tuple(t for t in tours if t.visits), tuple(case.visits[v] for v in left))


def _sites(vans: Sequence[Van]) -> tuple[str, ...]:
    return tuple(sorted({van.site.site_id for van in vans}))


def _dealt(visits: Sequence[Visit], vans: Sequence[Van], most: int) -> list[tuple[list[Visit], list[Van]]]:
    """The visits, cut into areas of so many at most, and for each a part of the vans."""
    areas = _areas(visits, most)
    return [(area, list(vans[i :: len(areas)])) for i, area in enumerate(areas)]


def _by_site(visits: Sequence[Visit], vans: Sequence[Van]) -> list[tuple[list[Visit], list[Van]]]:
    """The same, where vans are very many: those of the nearest site from which some may make each visit."""
    at = dict[str, list[Van]]()
    for van in vans:
        at.setdefault(van.site.site_id, []).append(van)
    if not at:
        return [(list(visits), [])]
    nearest, shares = _nearest(visits, list(at.values())), list[tuple[list[Visit], list[Van]]]()
    for number, here in enumerate(at.values()):
        around = [visits[i] for i in np.flatnonzero(nearest == number).tolist()]
        shares += _dealt(around, here, MAX_LEFT)
    return shares


def _nearest(visits: Sequence[Visit], sites: Sequence[Sequence[Van]]) -> Ints:
    """The number of each visit's nearest site of those that have vans which may make it, each with its vans."""
    alike = {bases: number for number, bases in enumerate(dict.fromkeys(visit.bases for visit in visits))}
    kind = np.array([alike[visit.bases] for visit in visits], np.int64)
    lon, lat = np.array([(v.place.lon, v.place.lat) for v in visits]).reshape(-1, 2).T
    nearest, least = np.zeros(len(visits), np.int64), np.full(len(visits), np.inf)
    for number, vans in enumerate(sites):
        at, there = vans[0].site.place, {van.base for van in vans}
        able = np.array([not bases.isdisjoint(there) for bases in alike], bool)
        away = np.hypot((lon - at.lon) * math.cos(math.radians(at.lat)), lat - at.lat)
        away[~able[kind]] = np.inf
        nearest[away < least], least = number, np.minimum(away, least)
    return nearest


def _areas(visits: Sequence[Visit], most: int) -> list[list[Visit]]:
    """The visits, cut at the longer side's median until each area is small enough."""
    if len(visits) <= most:
        return [list(visits)]
    lon = np.array([v.place.lon for v in visits])
    lat = np.array([v.place.lat for v in visits])
    wide = np.ptp(lon) * math.cos(math.radians(float(lat.mean()))) >= np.ptp(lat)
    order = np.argsort(lon if wide else lat, kind="stable").tolist()
    half = len(order) // 2
    return _areas([visits[i] for i in order[:half]], most) + _areas([visits[i] for i in order[half:]], most)


def _revived(case: Case, vans: Sequence[Van], warm: Warm, ease: Callable[[Tour], Tour] = eased) -> list[Tour]:
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
            tour = None if trip is None else ease(Tour(case, trip, kept))
            trips += [tour] if tour is not None and tour.visits else []
        tours += settled_in_turn(trips) if len(trips) > 1 else trips
    return tours


def _as_driven(problem: Problem, visits: Sequence[Visit], warm: Warm) -> tuple[list[Tour], list[Visit]]:
    """The earlier tours, each van's with the legs of its visits alone, and the visits that are in none. What a van
    can't make where it was, it makes where that costs least."""
    rest: dict[Key, list[Visit]] = defaultdict(list)
    for visit in visits:
        rest[visit.key].append(visit)
    tours = list[Tour]()
    for van in problem.vans:
        keys = [key for trip in warm.get(van.index, ()) for key in trip]
        its = tuple(rest[key].pop(0) for key in keys if rest.get(key))
        if not its:
            continue
        case = Case(problem, its, (van.site.site_id,))
        found = _revived(case, (van,), warm, _without_long_waits)
        if sum(len(tour.visits) for tour in found) < len(its):
            found = _completed(case, found, (), never)[0]
        tours += found
        made = {number for tour in found for number in tour.visits}
        for number, visit in enumerate(its):
            if number not in made:
                rest[visit.key].append(visit)
    return tours, [visit for some in rest.values() for visit in some]


def _without_long_waits(tour: Tour) -> Tour:
    """The tour eased: first without the lockers at which it waits so long that it comes too late elsewhere. All that
    lies in a locker shares a stop as far as windows allow, and the van that was there earlier for some of it may have
    to wait for the others'."""
    while tour.visits and len(late := np.flatnonzero(tour.line.begin_s > tour.line.late_s)):
        stops = [tour.case.visits[v].locker_id is not None for v in tour.visits[: int(late[0])]]
        waits = np.diff(tour.line.wait_until)[: len(stops)] * np.array(stops, np.int64)
        if not waits.any():
            break
        tour = tour.without(int(np.argmax(waits)))
    return eased(tour)


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
