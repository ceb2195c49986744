"""A plan for a city of any size: few parcels in one search, many in tiles that are planned beside each other.

First each tile is planned by itself, which together is a complete plan. Then, round by round, other tiles are drawn
around what is planned, and each is searched from there on. Where vans make several trips, or drivers have breaks,
tiles are drawn once, and a van with all its trips is one tile's: no tile is cut out of a plan that has either. What
is found is the same for a seed and a number of iterations, however many workers there are: a tile is one piece of work
that knows nothing of the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from fleet.planner.city import City
from fleet.planner.citycolumns import Columns
from fleet.planner.holding import cost_of
from fleet.planner.jointly import JointPlan, Route, Run, kinds, plan_jointly, plan_of
from fleet.planner.legs import Measured, Parted, Straight
from fleet.planner.purse import Purse, purse_of
from fleet.planner.routing import Budget, Iterations, typical
from fleet.planner.scouts import Spared, spared
from fleet.planner.stop import Stop
from fleet.planner.tilecity import Cut, Cuts, Tile
from fleet.planner.tiling import MOST_DEPOTS, Ground, Indexes, Tiling
from fleet.planner.warmstart import Warm, named

AT_ONCE = 6000
"""Parcels that are planned in one search at most. Of 10,000 one search found plans of 14,679 and 14,731 in 60 s of CPU,
tiles such of 14,739 and 14,794 (one seed, two runs each), but theirs is the first plan that is there sooner (0.25 s
instead of 0.4 s), and several workers can share them."""

SIZE, FIRST_SIZE = 5000, 3000
"""Parcels of a tile at most: in a round; in the first plan, where more of them gain nothing."""

ONE_TABLE = 4000
"""The same where legs are looked up: a table of 270 MB, which takes some seconds."""

LOOKED_UP, FIRST_LOOKED_UP, FEW_ROUNDS = 2500, 1200, 3
"""Parcels of a tile at most, such of the first plan, and rounds, where legs are looked up: that takes as long as a tile
has parcels, for each parcel and round (10,000 parcels in tiles of 2,500: about 3 s of CPU a round)."""

ROUNDS, STARTS, SCOUTS = 8, 0.18, 0.08
"""Rounds after the first plan; the share of the budget of the first one, in which tiles may begin anew without a kind
of van; what it may take at most to find out without which."""

FIRST_BREADTH = 60
"""Stops held near each one in a tile's first plan, less than a search has (`citycolumns.BREADTH`), since it is to be
there at once: with 80 one of 100,000 parcels costs 4 % less, and took as long or up to a seventh longer."""

QUICK = 0.12
"""Of the budget, what a first plan may have taken so that tiles begin anew: else there is time for little more than to
make a second one. Tiles of 25,000 parcels that began anew without small vans cost 11 % more at 5 s (where a first plan
takes 0.19 of it), 7 % more and 6 % less at 6.5 s (0.14; two cities), 3 % less at 8 s (0.11), 10 % less at 10 s."""

MANY = 1_000_003
"""More than there are rounds or tiles: each has a seed of its own."""

AT_FIRST, BY_TILES = 0.2, 0.7
"""Of the time for a first plan, what may have passed before the first tile, and what more by the last one; once it is
later, tiles leave what finds no van at once, which takes a third of the time."""

LEAST = 0.02
"""Of the budget, what tiles of a round are searched for at the least."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Where tiles are searched: threads will do, since the kernels let others run, or processes, if the budget's clock
    is the same in all; and how many are at once."""

    executor: Executor
    at_once: int


@dataclass(frozen=True, eq=False)
class Job:
    """One tile's search: from a plan that stands or from none, for a budget, as from one share of the whole time to
    another. One that `starts` cools down as if there were no more time, and begins anew without the types of van to be
    `spared`, as bits, if there are any. Parcels that were put off are brought before anything else."""

    city: City
    standing: JointPlan | None
    seed: int
    budget: Budget
    begin: float
    end: float
    starts: bool
    put_off: tuple[int, ...] = ()
    spared: int = 0
    whole: bool = False
    """Whether it is a search of its own, with which the tile is done."""
    hurried: bool = False
    """Whether a first plan has no time for parcels that find no van at once: other tiles would not be reached."""


def plan_city(
    city: City, *, seed: int, budget: Budget, workers: Workers | None = None, first: Stop | None = None
) -> JointPlan:
    """The cheapest plan that is found within the budget. Of counted iterations there always is a first plan of all
    parcels; where time is up before a tile was reached, its parcels are left, and `JointPlan.troubles` says so. That is
    when the budget is used up, or later, where ``first`` says when it is too late for a first plan.

    What goes wrong in a tile ends nothing: its parcels stay as they were, which is said there, too.
    """
    depot, count = city.parcels.depot, len(city.parcels.place)
    depots = len(np.unique(depot)) if depot is not None else 0
    if not isinstance(city.legs, Parted):
        return plan_jointly(city, seed=seed, budget=budget)
    most = AT_ONCE if isinstance(city.legs, Straight) else ONE_TABLE
    if count <= most and depots <= MOST_DEPOTS:
        whole = replace(city, legs=city.legs.part(np.arange(city.legs.places)))
        return plan_jointly(whole, seed=seed, budget=budget)
    purse = purse_of(budget, at_once_of(workers), None if first is None else first.late)
    return _Search(city, city.legs, seed, purse, workers, first).plan()


def at_once_of(workers: Workers | None) -> int:
    """How many tiles are searched at a time."""
    return workers.at_once if workers is not None else 1


class _Search:
    """The rounds over one city."""

    def __init__(
        self,
        city: City,
        legs: Parted,
        seed: int,
        purse: Purse,
        workers: Workers | None,
        begin: Stop | None = None,
    ) -> None:
        self.city, self.legs, self.seed, self.workers, self.begin = city, legs, seed, workers, begin
        looked_up = isinstance(legs, Measured)
        self.most, self.rounds = (LOOKED_UP, FEW_ROUNDS) if looked_up else (SIZE, ROUNDS)
        self.first = min(self.most, FIRST_LOOKED_UP if looked_up else FIRST_SIZE)
        self.once = any(van.trips > 1 or van.break_s > 0.0 for van in city.vans)
        self.purse, self.looking_up = purse, 0.0
        self.spared: Spared = {}

    @cached_property
    def ground(self) -> Ground:
        """What stays the same in all tilings."""
        return Ground(self.city, self.legs)

    @cached_property
    def cuts(self) -> Cuts:
        """Cuts tiles out of it."""
        return Cuts(self.ground, self.legs)

    def plan(self) -> JointPlan:
        """The first plan, and what the rounds make of it."""
        if self.purse.late():
            return _unreached(self.city, np.arange(len(self.city.parcels.place)))
        plan = self._round(None, 0, 0.0, 1.0) if self.once else self._searched()
        # Each tile has counted with the mean of its own vans.
        return plan if self.city.fairness <= 0.0 else replace(plan, cost=cost_of(self.city, plan))

    def _searched(self) -> JointPlan:
        """The first plan of tiles that are drawn anew, round by round, and what becomes of it."""
        plan = self._round(None, 0, 0.0, 0.0)
        used = self.purse.used()
        if used <= QUICK:
            plan = self._scouted(plan, used)
            used = self.purse.used()
        # Looking up the legs of a round's larger tiles takes so much longer.
        beside = self.looking_up * self.most / self.first if isinstance(self.legs, Measured) else 0.0
        for number in range(1, self.rounds + 1):
            if used + beside >= 1.0:
                break
            share = STARTS if number == 1 else (1.0 - used) / (self.rounds + 1 - number)
            plan = self._round(plan, number, used, min(1.0 - beside, used + max(share - beside, LEAST)))
            used = self.purse.used()
        return plan

    def _scouted(self, plan: JointPlan, begun: float) -> JointPlan:
        """Find out which kinds of van tiles had better begin without, from a moment of the whole time on; of iterations
        that takes none. The plan stays as it is, and says so if something goes wrong with it: then tiles spare none."""

        def time() -> float:
            return (self.purse.used() - begun) / SCOUTS

        try:
            self.spared = spared(self.cuts, self.first, self.seed, time)
        except Exception as fault:  # noqa: BLE001 - as in a tile: it may not end the others' plans
            trouble = (
                f"tiles began with all kinds of van: which one to spare could not be found out: {fault!r}"
            )
            return replace(plan, troubles=(*plan.troubles, trouble))
        return plan

    def _round(self, plan: JointPlan | None, number: int, begin: float, end: float) -> JointPlan:
        """All tiles of one tiling searched, from a share of the whole time to another; without a plan the first one."""
        size = self.first if plan is None and not self.once else self.most
        tiling = self.ground.tiling(plan, size, number)
        cut = self.cuts.cut(tiling, plan, trips=self.once)
        pending, found, turns = deque[tuple[Tile, Job]](), list[JointPlan](), self._turns(tiling)
        for result in _done(self._jobs(cut, turns, plan, number, (begin, end), pending), self.workers):
            tile, job = pending.popleft()
            found.append(tile.outward(result if isinstance(result, JointPlan) else _stays(job, result)))
        if len(found) < tiling.count:
            found.append(_unreached(self.city, np.flatnonzero(np.isin(tiling.parcel, turns[len(found) :]))))
        return _joined(plan, found)

    def _cut_out(self, cut: Cut, number: int) -> tuple[Tile, JointPlan]:
        """A tile of the first plan; it is noted how much of the budget its legs took, if they are looked up."""
        if not isinstance(self.legs, Measured):
            return cut.tile(number)
        begun, found = self.purse.used(), cut.tile(number)
        self.looking_up += self.purse.used() - begun
        return found

    def _turns(self, tiling: Tiling) -> list[int]:
        """The tiles, those first whose parcels it is dearest to leave: a first plan may find no time for the last."""
        parcels = np.maximum(1, np.bincount(tiling.parcel, minlength=tiling.count))
        left = np.bincount(tiling.parcel, self.city.parcels.penalty, tiling.count) / parcels
        return [int(tile) for tile in np.argsort(-np.round(left, 6), kind="stable")]

    def _jobs(
        self,
        cut: Cut,
        turns: list[int],
        plan: JointPlan | None,
        number: int,
        span: tuple[float, float],
        pending: deque[tuple[Tile, Job]],
    ) -> Iterator[Job]:
        """A job for each tile, which is noted as pending; of a first plan as long as there is time."""
        (begin, end), everybody = span, len(self.city.parcels.place)
        ahead = everybody
        for k in turns:
            if plan is None and self.purse.late():
                return
            tile, standing = self._cut_out(cut, k) if plan is None else cut.tile(k)
            share = (end - begin) * len(tile.parcels) / everybody
            if self.once:  # of what is left: legs that are looked up take time, too
                share = (1.0 - self.purse.used()) * len(tile.parcels) / max(1, ahead)
            behind = (
                self.begin is not None and self.begin.gone > AT_FIRST + (1 - ahead / everybody) * BY_TILES
            )
            ahead -= len(tile.parcels)
            there = kinds(tile.city) if number == 1 else {}
            spare = self.spared.get(frozenset(there))
            job = Job(
                tile.city,
                standing if plan is not None else None,
                (self.seed * MANY + number) * MANY + k,
                self.purse.part(share),
                begin,
                end,
                number == 1,
                tile.put_off,
                there[spare] if spare is not None else 0,
                whole=self.once,
                hurried=behind,
            )
            pending.append((tile, job))
            yield job


def searched(job: Job) -> JointPlan:
    """What one tile's search finds."""
    if not len(job.city.parcels.place):
        return JointPlan((), (), (), (), 0.0, 0)
    if job.whole:
        return plan_jointly(job.city, seed=job.seed, budget=job.budget)
    if job.standing is None:
        visits = Columns(job.city, breadth=FIRST_BREADTH)
        run = Run(visits, job.seed)
    else:
        warm = Warm(job.city)
        warm.take_over(job.standing, named(job.standing))
        visits, run = warm.columns, Run(warm.columns, job.seed, standing=warm.state)
        run.bring(job.put_off)
    used, spent = job.budget(), 0
    if job.standing is None and used >= 1.0 and not job.hurried:
        run.bring_left()
    if used < 1.0:
        price = typical(visits.case)
        if job.starts:
            run, spent = _started(job, run, used, price)
        else:
            run.anneal(job.budget, used, price, job.begin, job.end)
    return plan_of(visits, run.state, spent + run.search.iterations)


def _started(job: Job, run: Run, used: float, price: float) -> tuple[Run, int]:
    """The search of the plan that stands or, without the types of van that are spared, of one that was begun anew, all
    of the budget spent: whichever found the cheaper one; and the iterations of the other."""
    tried = Run(run.visits, job.seed, banned=job.spared) if job.spared else run
    tried.started(job.budget, used, 1.0, price)
    if run.state.routes.best_cost < tried.state.routes.best_cost:
        return run, tried.search.iterations
    return tried, 0


def _done(jobs: Iterable[Job], workers: Workers | None) -> Iterator[JointPlan | Exception]:
    """What is found for each job, in their order; no more jobs are made beforehand than keep the workers busy, one for
    each and one more: the legs of a tile may be a table of 100 MB."""
    waiting = deque[Callable[[], JointPlan]]()
    for job in jobs:
        waiting.append(_given(job, workers))
        if len(waiting) > (0 if workers is None else workers.at_once):
            yield _tried(waiting.popleft())
    while waiting:
        yield _tried(waiting.popleft())


def _given(job: Job, workers: Workers | None) -> Callable[[], JointPlan]:
    """A job given to a worker, and how to ask for what is found; without any, or any more, it is done when asked."""
    if workers is not None:
        with suppress(BrokenExecutor):
            return workers.executor.submit(searched, job).result
    return partial(searched, job)


def _tried(ask: Callable[[], JointPlan]) -> JointPlan | Exception:
    try:
        return ask()
    except Exception as fault:  # noqa: BLE001 - one tile's fault, or a worker's end, may not end the others' plans
        return fault


def _stays(job: Job, fault: Exception) -> JointPlan:
    """What a tile is left with whose search failed: what stood there before, or nobody brings anything."""
    trouble = (f"a tile of {len(job.city.parcels.place)} parcels stayed as it was: {fault!r}",)
    if job.standing is None:
        return _left(job.city, np.arange(len(job.city.parcels.place)), trouble)
    stayed = _tried(partial(searched, replace(job, budget=Iterations(0), begin=0.0, end=0.0)))
    if not isinstance(stayed, JointPlan):  # not even taken over: as it is written down, without those put off
        stayed = replace(job.standing, cost=cost_of(job.city, job.standing))
    return replace(stayed, troubles=trouble)


def _unreached(city: City, parcels: Indexes) -> JointPlan:
    """What is planned for parcels that the first plan did not come to in time: nothing."""
    return _left(city, parcels, (f"time was up before {len(parcels)} parcels were reached: they are left",))


def _left(city: City, parcels: Indexes, troubles: tuple[str, ...]) -> JointPlan:
    """Nobody brings these parcels."""
    penalty = float(city.parcels.penalty[parcels].sum())
    return JointPlan((), (), (), tuple(parcels.tolist()), penalty, 0, troubles)


def _in_one_list(parts: Iterable[tuple[Route, ...]]) -> list[Route]:
    """The routes of all tiles; what follows what is by its number among all of them."""
    found = list[Route]()
    for routes in parts:
        first = len(found)
        found += (replace(r, follows=first + r.follows) if r.follows >= 0 else r for r in routes)
    return found


def _joined(before: JointPlan | None, parts: list[JointPlan]) -> JointPlan:
    """Tiles' plans as one, with what was done before."""
    plans = ([before] if before is not None else []) + parts
    return JointPlan(
        tuple(_in_one_list(part.routes for part in parts)),
        tuple(sortie for part in parts for sortie in part.sorties),
        tuple(box for part in parts for box in part.boxes),
        tuple(sorted(parcel for part in parts for parcel in part.unserved)),
        sum(part.cost for part in parts),
        sum(plan.iterations for plan in plans),
        tuple(trouble for plan in plans for trouble in plan.troubles),
    )
