"""Whether a stop on a leg of a tour holds, exactly, without walking the tour: from sums that are kept for its pieces.

A piece of a tour, as a function of when it begins, ends at the later of two moments: what it takes after that, or what
its windows make of it (Vidal et al. 2013). So the length of the shift with one more stop is known from the piece before
it and that behind it. What the van's battery gives is a sum over the legs, each linear in what rides on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.energy.ground import JOULES_PER_WH
from fleet.energy.van import driven_wh
from fleet.feasibility.route_energy import RouteRange
from fleet.planner.nearways import Legs
from fleet.planner.problem import NO_WAY_S
from fleet.planner.visits import FOREVER_S, GRAMS_PER_UNIT

if TYPE_CHECKING:
    from fleet.planner.tours import Tour

Floats = NDArray[np.float64]

KG_PER_UNIT = GRAMS_PER_UNIT / 1000

CLOSE = 1e-6
"""A battery that is enough, or not, by less than this share of it is asked exactly: sums in another order differ."""

LONG_AGO_S = -(10**12)
"""Before any window."""


class Piece(NamedTuple):
    """A piece of a tour as its beginning ``t`` is still open: it ends at ``max(t + takes_s, not_before_s)``, and no
    window is missed up to ``latest_s``."""

    takes_s: int
    not_before_s: int
    latest_s: int

    def then(self, way_s: int, early_s: int, late_s: int, service_s: int) -> Piece:
        """The piece with a way and a stop after it."""
        arrives_s, opens_s = self.takes_s + way_s, max(self.not_before_s + way_s, early_s)
        latest_s = min(self.latest_s, late_s - arrives_s) if opens_s <= late_s else LONG_AGO_S
        return Piece(arrives_s + service_s, opens_s + service_s, latest_s)

    def joined(self, way_s: int, other: Piece) -> Piece:
        """The piece with a way and another piece after it."""
        arrives_s, opens_s = self.takes_s + way_s, self.not_before_s + way_s
        latest_s = min(self.latest_s, other.latest_s - arrives_s) if opens_s <= other.latest_s else LONG_AGO_S
        ends_s = max(opens_s + other.takes_s, other.not_before_s)
        return Piece(arrives_s + other.takes_s, ends_s, latest_s)

    def shortest_s(self, early_s: int) -> int:
        """How long it takes when it begins at ``early_s`` or later, as late as it may without ending any later."""
        ends_s = max(early_s + self.takes_s, self.not_before_s)
        return ends_s - max(early_s, min(self.latest_s, ends_s - self.takes_s))


@dataclass(frozen=True)
class Slack:
    """What is left of a feasible tour's time, load and battery, leg by leg."""

    tour: Tour

    def holds(self, visit: int, legs: list[int]) -> list[bool]:
        """Whether the tour holds with the visit put on each of these legs, on which its window and load fit
        (``construct.leg_costs``)."""
        tour, stop = self.tour, self.tour.case.visits[visit]
        # Where the break goes then is asked of the tour itself.
        if not self._feasible or tour.breaks is not None:
            return [tour.with_visit(visit, leg).feasible for leg in legs]
        lasts = [self._lasts_s(visit, leg) for leg in legs]
        left = self._left_wh(visit, legs, lasts)
        # What sums don't tell is asked of the tour itself: how long goods that do not keep are under way.
        asked = not self._keeps or stop.ride_s < FOREVER_S
        return [
            wh >= -self._close_wh
            and (tour.with_visit(visit, leg).feasible if asked or wh <= self._close_wh else True)
            for leg, wh in zip(legs, left, strict=True)
        ]

    @cached_property
    def _feasible(self) -> bool:
        """Whether the tour holds as it is, but for its battery and for goods that do not keep."""
        return self.tour.line.feasible and bool((self.tour.line.travel_s < NO_WAY_S).all())

    @cached_property
    def _keeps(self) -> bool:
        """Whether all goods keep for as long as anybody may be under way."""
        return all(self.tour.case.visits[v].ride_s >= FOREVER_S for v in self.tour.visits)

    @property
    def _close_wh(self) -> float:
        limit = self.tour.van.range
        return 0.0 if limit is None else CLOSE * limit.usable_wh

    # --- time --------------------------------------------------------------------------------------------------------

    def _lasts_s(self, visit: int, leg: int) -> int | None:
        """How long the tour takes with the stop; none where a window or the end of the shift is missed."""
        line, case, nodes = self.tour.line, self.tour.case, self.tour.nodes
        stop, node, seconds = case.visits[visit], case.first + visit, case.legs.seconds
        to_s, from_s = int(seconds[nodes[leg], node]), int(seconds[node, nodes[leg + 1]])
        early_s = max(int(line.early_s[0]), stop.release_s)
        with_stop = self._before[leg].then(to_s, stop.early_s, stop.late_s, stop.service_s)
        whole = with_stop.joined(from_s, self._behind[leg + 1])
        if max(to_s, from_s) >= NO_WAY_S or early_s > whole.latest_s:
            return None
        takes_s = whole.shortest_s(early_s)
        return takes_s if takes_s <= self.tour.van.type.max_shift_s else None

    @cached_property
    def _before(self) -> list[Piece]:
        """From the start of loading to the end of service at each node."""
        line = self.tour.line
        ways, early, late, service = _lists(line.travel_s, line.early_s, line.late_s, line.service_s)
        pieces = [Piece(service[0], LONG_AGO_S, late[0])]
        for node, way in enumerate(ways, 1):
            pieces.append(pieces[-1].then(way, early[node], late[node], service[node]))
        return pieces

    @cached_property
    def _behind(self) -> list[Piece]:
        """From the begin of service at each node to the end."""
        line = self.tour.line
        ways, early, late, service = _lists(line.travel_s, line.early_s, line.late_s, line.service_s)
        nodes = [Piece(s, e + s, w) for e, w, s in zip(early, late, service, strict=True)]
        pieces = [nodes[-1]]
        for node, way in zip(reversed(nodes[:-1]), reversed(ways), strict=True):
            pieces.append(node.joined(way, pieces[-1]))
        return pieces[::-1]

    # --- battery -----------------------------------------------------------------------------------------------------

    def _left_wh(self, visit: int, legs: list[int], lasts: list[int | None]) -> list[float]:
        """What is left of the battery with the stop on each leg (without end where nobody asks); less than nothing
        where its load is too heavy, or the tour takes too long."""
        tour, limit = self.tour, self.tour.van.range
        if limit is None or all(took is None for took in lasts):
            return [-inf if took is None else inf for took in lasts]
        if limit.strange is not None:
            return [-inf for _ in legs]
        stop, around, sums, nodes = (
            tour.case.visits[visit],
            tour.case.around(visit, limit),
            self._sums,
            tour.nodes,
        )
        deliver, collect = stop.deliver[0], stop.collect[0]
        found = []
        for leg, took in zip(legs, lasts, strict=True):
            heaviest = max(sums.until[leg] + deliver, sums.since[leg] + collect) * KG_PER_UNIT
            if took is None or heaviest > limit.van.max_payload_kg:
                found.append(-inf)
                continue
            riding, before, after = sums.load[leg], nodes[leg], nodes[leg + 1]
            driven = sums.whole_wh - sums.leg_wh[leg] + float(around.to_wh[before] + around.from_wh[after])
            loaded = float(around.to_per_kg[before]) * (riding + deliver)
            loaded += float(around.from_per_kg[after]) * (riding + collect)
            loaded += sums.per_kg_until[leg] * deliver + sums.per_kg_since[leg] * collect
            standing = limit.standing_w * took / JOULES_PER_WH
            found.append(limit.left_wh(driven + loaded * KG_PER_UNIT + standing))
        return found

    @cached_property
    def _sums(self) -> _Sums:
        tour, limit = self.tour, self.tour.van.range
        assert limit is not None, "asked of vans whose battery counts"
        metres = tour.driven.metres.astype(np.float64)
        empty, per_kg = linear_wh(limit, metres, tour.line.travel_s.astype(np.float64))
        load = tour.line.load[0]
        leg_wh = empty + per_kg * load * KG_PER_UNIT
        until = np.concatenate(([0.0], np.cumsum(per_kg)))
        return _Sums(
            whole_wh=float(leg_wh.sum()),
            leg_wh=leg_wh.tolist(),
            load=load.tolist(),
            until=np.maximum.accumulate(load).tolist(),
            since=np.maximum.accumulate(load[::-1])[::-1].tolist(),
            per_kg_until=until[:-1].tolist(),
            per_kg_since=(until[-1] - until[1:]).tolist(),
        )


@dataclass(frozen=True)
class _Sums:
    """Of a tour, for each leg: what it takes (Wh), what rides on it and the heaviest load up to it and from it on
    (units), what a kilogram more takes on all legs before it and after it (Wh)."""

    whole_wh: float
    leg_wh: list[float]
    load: list[int]
    until: list[int]
    since: list[int]
    per_kg_until: list[float]
    per_kg_since: list[float]


@dataclass(frozen=True)
class Around:
    """The ways to a visit and on from it, by the node at their other end: what each takes of an empty van's battery
    (Wh), and what a kilogram adds to that."""

    to_wh: Floats
    to_per_kg: Floats
    from_wh: Floats
    from_per_kg: Floats

    @classmethod
    def of(cls, limit: RouteRange, legs: Legs, node: int) -> Around:
        """Those of a node."""
        return cls(
            *linear_wh(
                limit, legs.metres[:, node].astype(np.float64), legs.seconds[:, node].astype(np.float64)
            ),
            *linear_wh(limit, legs.metres[node].astype(np.float64), legs.seconds[node].astype(np.float64)),
        )


def linear_wh(limit: RouteRange, metres: Floats, seconds: Floats) -> tuple[Floats, Floats]:
    """What each way takes of an empty van's battery (Wh), and what each kilogram adds to that."""
    full_kg = limit.van.max_payload_kg
    empty, full = (driven_wh(limit.van, metres, seconds, kg) for kg in (0.0, full_kg))
    return empty, (full - empty) / full_kg


def _lists(*columns: NDArray[np.int64]) -> list[list[int]]:
    return [column.tolist() for column in columns]
