"""Whether a plan can do without the vans that a repair has sent out.

A repair sends a van out for the first parcel that fits nowhere, and polishing then fills it: its price is paid, so no
single parcel gains by leaving it. So it loses all its stops at once, as in the fleet minimisation of SISR (Christiaens
and Vanden Berghe, Transportation Science 54, 2020), and the search looks near those who are left over, and near nobody
else, until it has found room for them. If it finds none in time the plan is as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.planner.joint.blend import Blend
from fleet.planner.joint.standing import release, restore
from fleet.planner.joint.state import State
from fleet.planner.jointly import LOCKER, NOBODY
from fleet.planner.kernels.undo import best
from fleet.planner.routing import CHUNK, Budget
from fleet.planner.warmstart import VanName, Warm

UNTIL, SHARE = 0.7, 0.6
"""How much of the budget may be used when all attempts are over, and how much of what is left until then by one."""

COUNTS = 0.2
"""What a parcel that is left over counts for meanwhile, in what the van took. If it is little, ever more are left over
(2 EUR of 2,000 parcels in six cities: hundreds); if it is much, none waits until room is made. With 0.2 five
such plans cost 1.004 of a search that began anew, with 0.3 1.007, without any attempt 1.016; with whole vans sacked and
lockers called meanwhile 0.1 to 0.4 gave 1.007, 1.007, 1.010 and 1.013."""

Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Thrift:
    """A search that stands, what drivers were `shown`, and its temperatures (in units of cost), first and last."""

    warm: Warm
    search: Blend
    shown: Collection[VanName]
    hot: float
    cold: float

    def try_all(self, budget: Budget, used: float) -> float:
        """Do without each van that nobody was shown, if that costs less, the one with the fewest parcels first; how
        much of the budget is used then. No more are left for it than before, though others may be, where that costs
        less."""
        tried, near = set[int](), self.search.near()
        sackings, calls = self.search.sackings, self.search.calls
        self.search.sackings, self.search.calls = 0, 0  # see COUNTS
        while used < UNTIL and (new := {van: who for van, who in self._new() if van not in tried}):
            van = min(new, key=lambda van: (len(new[van]), van))
            tried.add(van)
            used = self._without(van, new[van], budget, used)
            self.search.look_near(near)
        self.search.sackings, self.search.calls = sackings, calls
        return used

    def _new(self) -> Iterator[tuple[int, Indexes]]:
        """The vans that nobody was shown and that may lose all their stops, and whom each brings in the best plan."""
        state = self.warm.state
        fixed, locked = np.asarray(state.routes.fixed), np.asarray(state.locked)
        for van, trips in best(state.routes):
            nodes = np.concatenate([np.asarray(trip, np.int64) for trip in trips])
            if self.warm.name(van) not in self.shown and not fixed[nodes].any():
                parcels = self._parcels(nodes)
                if not locked[parcels].any():
                    yield van, parcels

    def _parcels(self, nodes: Indexes) -> Indexes:
        """Who is brought at some stops of the best plan, to doors and into lockers."""
        state = self.warm.state
        whole = np.asarray(state.best_whole)[: state.count]
        carried = (whole[:, 0] == LOCKER) & np.isin(whole[:, 2], nodes[nodes >= state.size] - state.size)
        return np.concatenate((nodes[nodes < state.size], np.flatnonzero(carried)))

    def _without(self, van: int, parcels: Indexes, budget: Budget, used: float) -> float:
        """Try to do without one, which brings those; how much of the budget is used then."""
        state, begun = self.warm.state, used
        before, penalties = Written.of(state), np.asarray(state.parcels.penalty)
        left = _left(np.asarray(state.best_whole)[: state.count, 0])
        release(state, parcels.astype(np.int32), np.array([van], np.int32))
        whole = float(penalties[parcels].sum())
        took = before.cost + whole - state.routes.best_cost
        lenience = min(1.0, COUNTS * took * len(parcels) / whole) if whole > 0.0 else 1.0
        until = begun + SHARE * (UNTIL - begun)
        while used < until and len(out := _left(np.asarray(state.mode)[: state.count])) > len(left):
            self.search.look_near(out.tolist())
            cooled = (used - begun) / (until - begun)
            self.search.run(CHUNK, self.hot * (self.cold / self.hot) ** cooled, lenience, 1.0)
            used = budget()
        out = _left(np.asarray(state.best_whole)[: state.count, 0])
        if len(out) <= len(left) and state.routes.best_cost < before.cost:
            restore(state)
        else:
            before.restore(state)
        return used


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as the kernel has it written down as its best, to come back to, and what it costs."""

    cost: float
    columns: tuple[npt.NDArray[np.generic], ...]

    @classmethod
    def of(cls, state: State) -> Written:
        """The best plan that a search has at present."""
        return cls(state.routes.best_cost, tuple(map(np.array, _columns(state))))

    def restore(self, state: State) -> None:
        """Make it the best one again, and the present one."""
        for column, old in zip(_columns(state), self.columns, strict=True):
            np.copyto(column, old)
        restore(state)


def _columns(state: State) -> Iterator[npt.NDArray[np.generic]]:
    """What says how the best plan brings each parcel, and what each machine and van does in it."""
    routes = state.routes
    for column in (state.best_whole, state.best_time, state.best_row, state.best_length):
        yield np.asarray(column)
    for row in (routes.best_next, routes.best_van, routes.best_before, routes.best_rest):
        yield np.asarray(row)


def _left(modes: npt.NDArray[np.int32]) -> Indexes:
    """Whom nobody brings."""
    return np.flatnonzero(modes == NOBODY)
