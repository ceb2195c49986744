"""One plan for vans, drones, robots and lockers together, searched for by the compiled kernel: a city and a budget in,
routes, sorties and compartments out. What comes out holds; what can't be brought, or isn't worth it, is named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.citycolumns import Columns
from fleet.planner.joint.blend import Blend
from fleet.planner.joint.state import State
from fleet.planner.kernels.undo import best, best_breaks
from fleet.planner.routing import CHUNK, HOT, Budget, VanType, typical

NOBODY, DOOR, LOCKER, SORTIE = 0, 1, 2, 3
"""The kernel's numbers of how a parcel is brought."""

RAMP, MILD = 0.8, 1.3
"""In the first part of the search penalties count less, at first so many times what a parcel costs in the first plan.
Vans that are too many can go then: for the few parcels that find no room at once, some is made later. One van is 2 % of
a plan of 2,000 parcels: with 0.5 and 2.0, and vans sacked a third as often (`Blend.sackings`), plans had 17 to 20 vans
and cost 2,952 on average, so 15 to 17 and 2,827 (six seeds of one city, 10 s each). What else was tried:
`benchmarks/RESULTS.md`. Hours above the mean count for nothing at first, and whole only in the end: whole from the
beginning on their price kept vans that are too many, for without one of them the others are uneven."""

COLD = 0.02
"""The last temperature, in prices of a typical leg: colder than that of vans alone (`routing.COLD`). Of 0.003, 0.01,
0.02 and 0.04 the first was worst by 2 %, the others as good as each other (2,000 parcels, 10 s)."""

NEAREST_FIRST = 3
"""The kernel's number of an order in which parcels are put back: those near a depot first. Of the seven orders it left
the cheapest plans after a repair and 0.2 s of polishing (three disruptions of 90 to 130 parcels among 2,000, two seeds
each)."""

START, MOST_STARTS, MOST_TYPES = 0.06, 4, 16
"""The share of the budget of each start; how many kinds and types of van are told apart for starts at most."""

SACKINGS = 2500
"""How often, in ten thousand iterations of a start, vans lose all stops (`Blend.sackings`; 300 in the search that goes
on). A first plan has twice as many vans as large ones need, and until most of them are gone it does not tell which kind
is better left out. What else was tried: `benchmarks/RESULTS.md`."""

Kind = tuple[float, ...]
"""What a kind of van can do, and costs."""

BANNED = 1e9
"""Added to the price of a van that may not be used."""

FEWER = 0.8
"""Parcels that a first plan leaves are searched for as long as each chunk leaves no more than so many times as many as
there were: one chunk nearly always brings all that vans can take, and few vans stay few."""

FEW = 0.002
"""Of its parcels a first plan may leave so many without a search for them, which takes longer than the plan itself."""


@dataclass(frozen=True, slots=True)
class VanStop:
    """Where a van stops: at the door of the one parcel, or at a locker in a slot with some (`locker` -1: a door).
    `late`: how long after the parcel's window service at its door may begin (s), which is counted with."""

    parcels: tuple[int, ...]
    locker: int = -1
    slot: int = -1
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """One trip of a van: its type, and its stops in turn. `follows`: the number of the route in the plan that the same
    van drives before (-1: none). The driver's break is on the way behind so many stops (`pause`, -1: not on this trip).
    """

    van_type: int
    stops: tuple[VanStop, ...]
    follows: int = -1
    pause: int = -1


@dataclass(frozen=True, slots=True)
class Sortie:
    """A trip to one parcel: its row among the city's ways, which machine of the group, and when it departs (s)."""

    way: int
    machine: int
    depart: float


@dataclass(frozen=True, slots=True)
class Box:
    """A compartment that a parcel has: of which locker, of which size, from which slot on."""

    parcel: int
    locker: int
    size: int
    slot: int


@dataclass(frozen=True, slots=True)
class JointPlan:
    """What was found: routes, sorties, compartments, parcels that nobody brings, the cost with their penalties, how
    many iterations that took, and what went wrong in parts of the search, which ended none."""

    routes: tuple[Route, ...]
    sorties: tuple[Sortie, ...]
    boxes: tuple[Box, ...]
    unserved: tuple[int, ...]
    cost: float
    iterations: int
    troubles: tuple[str, ...] = ()


def plan_jointly(city: City, *, seed: int, budget: Budget) -> JointPlan:
    """The cheapest plan that is found within the budget; even without any budget a first complete one."""
    if not len(city.parcels.place):
        return JointPlan((), (), (), (), 0.0, 0)
    visits = Columns(city)
    price, first = typical(visits.case), Run(visits, seed)
    used = budget()
    if used >= 1.0:
        first.bring_left()
    run, used, spent = _best_start(visits, first, budget, used, price)
    before = run.search.iterations
    run.anneal(budget, used, price)
    return plan_of(visits, run.state, spent + run.search.iterations - before)


class Run:
    """A search from a first plan in which some types of van are not used, or from one that stands already."""

    def __init__(self, visits: Columns, seed: int, *, banned: int = 0, standing: State | None = None) -> None:
        self.visits, self.seed, self.banned = visits, seed, banned
        self.city, self.case = visits.city, visits.case
        self.state = standing if standing is not None else visits.state()
        self.search = Blend(self.state, seed)
        self.search.ban(banned, BANNED)
        if standing is None:
            self.search.construct()

    def bring(self, parcels: Sequence[int]) -> None:
        """Bring some parcels that nobody brings, each where it costs least; all else stays as it is."""
        if not parcels:
            return
        self.search.look_near(parcels)
        self.search.mend(NEAREST_FIRST)
        self.search.look_near(())

    def bring_left(self) -> None:
        """Bring those whom a first plan leaves, where they are more than a few, as long as that goes quickly: each
        goes where it costs least at once, so that the last find vans whose time is full of ways that could be shorter.
        It belongs to the first plan, and counts as none of the budget's iterations."""
        left, before, counted = self._left(), math.inf, self.search.iterations
        if left <= FEW * self.state.count:
            return
        cold = typical(self.case) * COLD
        while 0 < left <= FEWER * before:
            self.search.run(CHUNK, cold, 1.0, 0.0)
            left, before = self._left(), left
        self.search.iterations = counted

    def _left(self) -> int:
        """How many parcels nobody brings in the best plan there is."""
        return int(np.count_nonzero(np.asarray(self.state.best_whole)[: self.state.count, 0] == NOBODY))

    def started(self, budget: Budget, used: float, until: float, price: float) -> float:
        """Search, cooling down, until so much of the budget is used; how much is."""
        begun = used
        while used < min(until, 1.0):
            cooled = (used - begun) / (until - begun)
            self.search.run(CHUNK, price * HOT * (COLD / HOT) ** cooled, 1.0, 0.0)
            used = budget()
        return used

    def anneal(self, budget: Budget, used: float, price: float, begin: float = 0.0, end: float = 1.0) -> None:
        """Search until the budget is used, as one does from one share of the whole time to another."""
        mildest = _mildest(self.city, self.state)
        while used < 1.0:
            at = begin + (end - begin) * used
            temperature = price * HOT * (COLD / HOT) ** at
            self.search.run(CHUNK, temperature, mildest ** max(0.0, 1.0 - at / RAMP), at)
            used = budget()


def _best_start(
    visits: Columns, first: Run, budget: Budget, used: float, price: float
) -> tuple[Run, float, int]:
    """Of short searches, each with a share of the budget and but for the first without some types of van, the one that
    found the cheapest plan; how much of the budget is used, and the iterations of all."""
    runs, usual = [first], first.search.sackings
    bans = list(kinds(visits.city).values())
    for number in range(len(bans) + 1 if bans else 0):
        if number and used < 1.0:
            runs.append(Run(visits, first.seed, banned=bans[number - 1]))
        runs[-1].search.sackings = SACKINGS
        used = runs[-1].started(budget, used, used + START, price)
    best = min(runs, key=lambda run: run.state.routes.best_cost)
    best.search.ban(best.banned, -BANNED)
    best.search.sackings = usual
    return best, used, sum(run.search.iterations for run in runs)


def kinds(city: City) -> dict[Kind, int]:
    """Of the first `MOST_TYPES` types of van those, as bits, that are alike but for depot and skills, of each kind;
    none where there is one kind alone, or more than can be tried. Of each kind none is used in one start. By one parcel
    the small van is always the cheaper one, and a search that began with small ones seldom finds out."""
    alike = dict[Kind, int]()
    for number, van in enumerate(city.vans[:MOST_TYPES]):
        alike[kind_of(van)] = alike.get(kind_of(van), 0) | 1 << number
    return alike if 2 <= len(alike) <= MOST_STARTS else {}


def kind_of(van: VanType) -> Kind:
    """What types of van that are alike but for depot and skills have in common."""
    return (
        van.weight,
        van.volume,
        van.fixed,
        van.per_metre,
        van.per_second,
        van.opens,
        van.closes,
        van.longest,
    )


def _mildest(city: City, state: State) -> float:
    """What penalties count at first: the usual one so many times what a parcel costs. The median, for a few parcels of
    a high priority would raise the mean, and the others count for less than what they cost: with 25 of 500 fifty times
    as dear, plans of 5 s cost 732 by the mean and 694 by the median (four seeds), which is what they cost without."""
    each, usual = state.routes.best_cost / len(city.parcels.place), float(np.median(city.parcels.penalty))
    return float(min(1.0, MILD * each / usual)) if each > 0.0 and usual > 0.0 else 1.0


def plan_of(visits: Columns, state: State, iterations: int) -> JointPlan:
    """The best plan of a search."""
    doors, ports = state.size, np.asarray(state.sorties.port)
    whole = np.asarray(state.best_whole)[: state.count]
    carried: dict[int, list[int]] = {}
    boxes = list[Box]()
    late = np.asarray(state.best_time)[:, 0] if state.routes.doors else np.zeros(state.size)
    rows = np.flatnonzero(whole[:, 0] >= LOCKER)
    for parcel, (mode, way, at, size, slot) in zip(rows.tolist(), whole[rows].tolist(), strict=True):
        if mode == LOCKER:
            carried.setdefault(at, []).append(parcel)
        if size >= 0 and mode in (LOCKER, SORTIE):
            locker = visits.locker[at] if mode == LOCKER else ports[way]
            boxes.append(Box(parcel, int(locker), size, slot))

    def stop(node: int) -> VanStop:
        if node < doors:
            return VanStop((node,), late=float(late[node]))
        visit = node - doors
        return VanStop(tuple(carried[visit]), int(visits.locker[visit]), int(visits.slot[visit]))

    types, breaks, routes = (
        np.asarray(state.routes.van_type).tolist(),
        best_breaks(state.routes),
        list[Route](),
    )
    for van, trips in best(state.routes):
        on, behind = breaks.get(van, (-1, -1))
        for number, trip in enumerate(trips):
            stops = tuple(stop(int(node)) for node in trip)
            follows = len(routes) - 1 if number else -1
            routes.append(Route(types[van], stops, follows, behind if number == on else -1))
    unserved = tuple(np.flatnonzero(whole[:, 0] == NOBODY).tolist())
    sorties = tuple(_scheduled(state, visits.rows))
    return JointPlan(
        tuple(routes), sorties, tuple(boxes), unserved, float(state.routes.best_cost), iterations
    )


def _scheduled(state: State, rows: npt.NDArray[np.int64]) -> list[Sortie]:
    """Each machine's sorties of the best plan, each as early as it may depart."""
    found, first = list[Sortie](), np.asarray(state.machines.first)
    if not len(rows):
        return found
    whole, since = np.asarray(state.best_whole), np.asarray(state.best_time)[:, 0].tolist()
    way = np.where(whole[:, 0] == SORTIE, whole[:, 1], 0)
    busy = (np.asarray(state.sorties.away)[way] + np.asarray(state.sorties.charge)[way]).tolist()
    own = rows[way].tolist()
    number = (np.arange(state.machines.count) - first[np.asarray(state.machines.group)]).tolist()
    for machine, length in enumerate(np.asarray(state.best_length).tolist()):
        moment = -np.inf
        for parcel in np.asarray(state.best_row)[machine, :length].tolist():
            depart = max(since[parcel], moment)
            found.append(Sortie(own[parcel], number[machine], depart))
            moment = depart + busy[parcel]
    return found
