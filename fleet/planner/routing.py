"""Routes of vans over stops, searched for by the compiled kernel: a case and a budget in, routes out.

It knows windows, service, weight and volume, several types of van with depots, shifts, prices and skills of their own,
a limit of a trip's duration, drivers' breaks, several trips of a van, stops that are not there from the beginning, and
a price for each stop that is left out. What comes out holds; what can't be served is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from statistics import median
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fleet.planner.kernels.anneal import Search
from fleet.planner.kernels.columns import Stops, Vans
from fleet.planner.kernels.routes import Routes
from fleet.planner.kernels.undo import best, best_breaks, mean_length
from fleet.planner.legs import BadCase, Legs
from fleet.planner.neighbours import BREADTH, near
from fleet.planner.stoprows import StopRows

NEVER = 1e300
"""More than any capacity or duration, for the kernel's arithmetic, which knows no infinity."""

CHUNK = 200
"""Iterations between two looks at the budget: some milliseconds with a thousand stops."""

FAR_S = 1e15
"""Stands for a window or shift without an end."""

HOT, COLD = 6.0, 0.1
"""The first and the last temperature, in prices of a typical leg (`typical`). Of 2, 6 and 16 the first
temperature of 6 was best, or within 0.4 % of it, on each of seven instances with short and long trips, scattered and
clustered. Down to 0.01 in place of 0.1, plans were 0.7 % dearer with long trips, and as dear with short ones (three
instances, eight seconds, one seed)."""


MILD, RAMP = 2.0, 0.8
"""A stop that waits costs at first so many times what one costs on average in the first plan, and its whole penalty
after this share of the budget. Vans that are too many can go then: for the few stops that find no room at once, some is
made later (1000 clustered stops, full vans: 1.0 % from the best known in place of 2.1; scattered among clusters 2.7 in
place of 2.2; 15 seconds, one seed)."""


EAGER, SHORT, LONG = 0.5, 10.0, 20.0
"""Where the first plan's trips have `LONG` stops or more, each is rewarded at first with so many times the price of the
mean way to a depot, and less and less until `RAMP`; of trips of `SHORT` stops, a string's length, none is. Long trips
hardly ever come apart, and where vans have no fixed price there were too few: 30 to 32 of them in place of the best
known 37. With short ones there were then too many (1000 stops, 30 seconds: `benchmarks/RESULTS.md`)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somewhere to be served once: service (s) begins in the window and is over later; `penalty` is the price of
    leaving it out; it can't be loaded before `release` (s); `needs` are skills, as bits."""

    place: int
    opens: float = 0.0
    closes: float = FAR_S
    service: float = 0.0
    weight: float = 0.0
    volume: float = 0.0
    release: float = 0.0
    penalty: float = 1e7
    needs: int = 0


@dataclass(frozen=True, slots=True)
class VanType:
    """Vans that are alike: places of start and end, how many, how many trips each makes, capacity of a trip, price of a
    van that is used, of a metre and of a second under way, shift (s), a trip's longest duration (s), skills as bits;
    how far one trip leads (m), of which each second under way takes `drain`, as a battery has it.

    A driver's break of `break_s` (s; 0: none) begins between `break_opens` and `break_closes`, once, wherever the van
    is between two services. It is time under way. A van that is back by `break_closes`, or leaves when a break that
    begins with the window is over, needs none under way: there, or between two trips, it is taken at the depot."""

    start: int
    end: int
    vans: int
    trips: int = 1
    weight: float = inf
    volume: float = inf
    fixed: float = 0.0
    per_metre: float = 1.0
    per_second: float = 0.0
    opens: float = 0.0
    closes: float = FAR_S
    longest: float = inf
    has: int = 0
    reach: float = inf
    drain: float = 0.0
    break_s: float = 0.0
    break_opens: float = 0.0
    break_closes: float = FAR_S


@dataclass(frozen=True, eq=False)
class Case:
    """What is to be planned; refused with the number of the stop or type of van where it makes no sense."""

    legs: Legs
    stops: tuple[Stop, ...]
    vans: tuple[VanType, ...]

    def __post_init__(self) -> None:
        for number, stop in enumerate(self.stops):
            _check(stop.place in range(self.legs.places), f"stop {number}: there is no place {stop.place}")
            amounts = (stop.service, stop.weight, stop.volume, stop.release, stop.penalty)
            sound = all(isfinite(a) and a >= 0.0 for a in amounts)
            _check(sound, f"stop {number}: service, load, release and penalty must be numbers from 0")
            sound = isfinite(stop.opens) and isfinite(stop.closes)
            _check(sound, f"stop {number}: its window must have finite ends; FAR_S stands for none")
            _check(0 <= stop.needs < 1 << 62, f"stop {number}: skills are bits 0 to 61")
        for number, van in enumerate(self.vans):
            check_van(number, van, self.legs)

    @property
    def breadth(self) -> int:
        """As many as the search for routes needs."""
        return BREADTH

    @property
    def all_asked(self) -> int:
        """As many as can be: where windows are tight, far stops may suit better than near ones."""
        return len(self.stops)

    @property
    def candidates(self) -> int:
        """With half as many, more than one in 500 neighbours are overlooked."""
        return 8

    @cached_property
    def rows(self) -> StopRows:
        """The stops as columns."""

        def column(name: str) -> npt.NDArray[np.float64]:
            return np.array([getattr(stop, name) for stop in self.stops], np.float64)

        return StopRows(
            place=np.array([stop.place for stop in self.stops], np.int64),
            opens=column("opens"),
            closes=column("closes"),
            service=column("service"),
            weight=column("weight"),
            volume=column("volume"),
            release=column("release"),
            penalty=column("penalty"),
            needs=np.array([stop.needs for stop in self.stops], np.int64),
        )


class Rowed(Protocol):
    """What is to be planned, with stops as columns."""

    @property
    def legs(self) -> Legs:
        """How far places are from each other."""

    @property
    def rows(self) -> StopRows:
        """The stops."""

    @property
    def vans(self) -> tuple[VanType, ...]:
        """The types of van."""

    @property
    def breadth(self) -> int:
        """How many stops are held near each one."""

    @property
    def all_asked(self) -> int:
        """With up to so many stops each one's neighbours may be sought among all."""

    @property
    def candidates(self) -> int:
        """Else among so many times as many as are wanted."""


def check_van(number: int, van: VanType, legs: Legs) -> None:
    """Refuse a type of van that makes no sense, by its number."""
    ends = van.start in range(legs.places) and van.end in range(legs.places)
    _check(ends, f"van type {number}: there is no place {van.start} or {van.end}")
    _check(van.vans >= 0 and van.trips >= 1, f"van type {number}: vans from 0, trips from 1")
    prices = (van.fixed, van.per_metre, van.per_second)
    _check(all(isfinite(p) and p >= 0.0 for p in prices), f"van type {number}: prices must be numbers from 0")
    sound = van.weight >= 0.0 and van.volume >= 0.0 and van.longest >= 0.0
    _check(sound, f"van type {number}: capacities and longest trip must be from 0")
    sound = van.reach >= 0.0 and isfinite(van.drain) and van.drain >= 0.0
    _check(sound, f"van type {number}: reach must be from 0, drain a number from 0")
    _check(isfinite(van.opens) and isfinite(van.closes), f"van type {number}: its shift must be finite")
    _check(0 <= van.has < 1 << 62, f"van type {number}: skills are bits 0 to 61")
    sound = isfinite(van.break_s) and van.break_s >= 0.0
    sound &= isfinite(van.break_opens) and isfinite(van.break_closes)
    _check(sound, f"van type {number}: its break must last from 0 s, and begin between finite times")
    sound = van.break_s <= 0.0 or van.break_opens <= van.break_closes
    _check(
        sound, f"van type {number}: its break must begin by {van.break_closes} s, after {van.break_opens} s"
    )


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadCase(otherwise)


@dataclass(frozen=True, slots=True)
class Rounds:
    """What one van does: its type, and the stops of each of its trips, by their numbers. A `pause` under way is on the
    way behind so many stops of a trip (both counted from 0); None: the driver has none, or takes it at the depot."""

    van_type: int
    trips: tuple[tuple[int, ...], ...]
    pause: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """What was found: each van that is used, the stops that nobody serves, the cost with their penalties, and how many
    iterations that took."""

    rounds: tuple[Rounds, ...]
    unserved: tuple[int, ...]
    cost: float
    iterations: int


class Budget(Protocol):
    """Asked before each chunk of work."""

    def __call__(self) -> float:
        """The share that is used up: from 0; the search ends at 1."""


class Iterations:
    """A budget of so many iterations, rounded up to whole chunks: the same number gives the same routes."""

    def __init__(self, iterations: int) -> None:
        if iterations < 0:
            raise ValueError(f"iterations must not be negative, not {iterations}")
        self.chunks, self._asked = -(-iterations // CHUNK), -1

    def __call__(self) -> float:
        """Count one chunk."""
        self._asked += 1
        return self._asked / self.chunks if self.chunks else 1.0


class Seconds:
    """A budget of seconds of a clock, from now on. How much is done in them differs from run to run."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock, self._from, self._seconds = clock, clock(), seconds

    def __call__(self) -> float:
        """What the clock says."""
        return (self._clock() - self._from) / self._seconds if self._seconds > 0.0 else 1.0


def route(case: Case, *, seed: int, budget: Budget) -> Routing:
    """The cheapest routes that are found within the budget; even without any budget a first complete plan."""
    if not case.stops:
        return Routing((), (), 0.0, 0)
    routes = routes_of(case)
    routes.swaps = len(case.vans) > 1
    search = Search(routes, seed)
    search.construct()
    price, mildest, reward = typical(case), _mildest(case, routes), _Reward(case, routes)
    while (used := budget()) < 1.0:
        routes.lenience = mildest ** max(0.0, 1.0 - used / RAMP)
        reward.fade(used)
        temperature = price * HOT * (COLD / HOT) ** used
        search.run(CHUNK, temperature, temperature)
    return _found(case, routes, search.iterations)


class _Reward:
    """What each trip is rewarded with: taken off the vans' prices. Meanwhile no plan is kept as the best, as none of
    them is told at its own price; the first one stays that."""

    def __init__(self, case: Case, routes: Routes) -> None:
        self._routes, self._prices, self._first = routes, np.array(routes.vans.fixed), routes.best_cost
        long = min(1.0, max(0.0, (mean_length(routes) - SHORT) / (LONG - SHORT)))
        priced = any(van.fixed > 0.0 for van in case.vans)
        self._most = 0.0 if priced else EAGER * long * _way_out(case)
        if self._most > 0.0:
            routes.best_cost = -NEVER

    def fade(self, used: float) -> None:
        """Less of it, after so much of the budget."""
        left = self._most * max(0.0, 1.0 - used / RAMP)
        if self._most > 0.0:
            np.asarray(self._routes.vans.fixed)[:] = self._prices - left
        if left <= 0.0 < self._most:
            self._most, self._routes.best_cost = 0.0, self._first


def _mildest(case: Case, routes: Routes) -> float:
    """What penalties count at first: the usual one so many times what a stop costs. The median, which a few of a high
    priority do not raise."""
    each, usual = routes.best_cost / len(case.stops), median(stop.penalty for stop in case.stops)
    return min(1.0, MILD * each / usual) if each > 0.0 and usual > 0.0 else 1.0


def routes_of(case: Rowed) -> Routes:
    """No routes yet, over a case's stops and vans."""
    return Routes(case.legs.metric(), _stop_columns(case), _van_columns(case))


def kernel_types(case: Rowed) -> list[int]:
    """The type of each van, by the kernel's numbers of vans."""
    return [number for number, van in enumerate(case.vans) for _ in range(_useful(case, van.vans))]


def _found(case: Case, routes: Routes, iterations: int) -> Routing:
    """The best plan of the search."""
    types, breaks = kernel_types(case), best_breaks(routes)
    rounds = [
        Rounds(types[van], tuple(tuple(map(int, trip)) for trip in trips), breaks.get(van))
        for van, trips in best(routes)
    ]
    served = {stop for each in rounds for trip in each.trips for stop in trip}
    unserved = tuple(stop for stop in range(len(case.stops)) if stop not in served)
    return Routing(tuple(rounds), unserved, float(routes.best_cost), iterations)


def typical(case: Rowed) -> float:
    """The price of a typical leg: the median to one of the five nearest stops, way and time at the cheapest rates."""
    places, legs = case.rows.place, case.legs
    rate, wage = (min((getattr(v, n) for v in case.vans), default=1.0) for n in ("per_metre", "per_second"))
    few = max(1, min(5, len(places) - 1))
    nearest = []
    for stop in range(0, len(places) if len(places) > 1 else 0, max(1, len(places) // 200)):
        price = rate * legs.metres(places[[stop]], places)[0]
        if wage > 0.0:
            price = price + wage * legs.durations(places[[stop]], places)[0]
        nearest.append(np.partition(np.delete(price, stop), few - 1)[:few])
    middle = float(np.median(nearest)) if nearest else 0.0
    return middle if isfinite(middle) and middle > 0.0 else 1.0


def _way_out(case: Rowed) -> float:
    """The price of the way from the nearest start of a van to a stop, at the cheapest rates; the mean."""
    places, legs = case.rows.place, case.legs
    rate, wage = (min((getattr(v, n) for v in case.vans), default=0.0) for n in ("per_metre", "per_second"))
    starts = np.array([van.start for van in case.vans] or [0])
    price = rate * legs.metres(starts, places)
    if wage > 0.0:
        price = price + wage * legs.durations(starts, places)
    nearest = price.min(axis=0)
    return float(np.mean(nearest[np.isfinite(nearest)])) if np.isfinite(nearest).any() else 0.0


def _useful(case: Rowed, count: int) -> int:
    """So many vans, or trips, but no more than there are stops."""
    return min(count, len(case.rows))


def _stop_columns(case: Rowed) -> Stops:
    def column(name: str) -> npt.NDArray[np.float64]:
        return np.array(getattr(case.rows, name), np.float64)  # a copy: the load of a visit changes

    rows, starts = case.rows, np.array([van.start for van in case.vans] or [0])
    return Stops(
        place=rows.place.astype(np.int32),
        opens=column("opens"),
        closes=column("closes"),
        service=column("service"),
        weight=column("weight"),
        volume=column("volume"),
        release=column("release"),
        penalty=column("penalty"),
        needs=np.array(rows.needs, np.int64),
        radius=np.ascontiguousarray(case.legs.metres(starts, rows.place).min(axis=0)),
        near=near(case, case.breadth),
        windows=bool(np.any((rows.opens > 0.0) | (rows.closes < FAR_S))),
    )


def _van_columns(case: Rowed) -> Vans:
    def whole(name: str) -> npt.NDArray[np.int32]:
        return np.array([getattr(van, name) for van in case.vans], np.int32)

    def useful(name: str) -> npt.NDArray[np.int32]:
        return np.array([_useful(case, getattr(van, name)) for van in case.vans], np.int32)

    def column(name: str) -> npt.NDArray[np.float64]:
        return np.array([min(getattr(van, name), NEVER) for van in case.vans], np.float64)

    return Vans(
        start=whole("start"),
        end=whole("end"),
        vans=useful("vans"),
        trips=useful("trips"),
        weight=column("weight"),
        volume=column("volume"),
        fixed=column("fixed"),
        per_metre=column("per_metre"),
        per_second=column("per_second"),
        opens=column("opens"),
        closes=column("closes"),
        longest=column("longest"),
        reach=column("reach"),
        drain=column("drain"),
        has=np.array([van.has for van in case.vans], np.int64),
        break_s=column("break_s"),
        break_opens=column("break_opens"),
        break_closes=column("break_closes"),
    )
