"""Every way of one parcel against the plan in force, asked on demand: nothing is planned and nothing moves.

The drafted missions of the snapshot stand as they are drafted; the parcel's seat among them is what its ways are held
against. What is out, or was sent, is in the snapshot as time in which its asset is busy.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.explain import Explainer
from fleet.planner.flights import Flights
from fleet.planner.planning import assumptions, plan_id
from fleet.planner.present import Present
from fleet.planner.prices import learn
from fleet.planner.problem import PlannerError, Problem
from fleet.planner.render import Sheet
from fleet.planner.snapshot import Snapshot
from fleet.planner.stop import Stop
from fleet.protocol.options import MOST_OPTIONS, Option, OrderOptions

WAYS_SHARE = 0.6
"""Of the time, what finding the ways of all these parcels may take."""


def options_of(snapshot: Snapshot, order_id: str, *, stop: Stop) -> OrderOptions:
    """The ways of one parcel of the snapshot. What there is no time for is left out, and said.

    Raises ``PlannerError`` where the snapshot does not fit together, or has no such parcel.
    """
    stand = _stand(snapshot, stop)
    problem = stand.board.problem
    order = next((o for o, one in enumerate(problem.orders) if one.order_id == order_id), None)
    if order is None:
        raise PlannerError(f"there is no parcel {order_id!r} in {snapshot.snapshot_id}")
    options = stand.explainer.options(order)
    left = None if _has_room(options) else stand.explainer.unassigned(order)
    said = set(assumptions(stand.explainer.sheet))
    if not stand.board.ways[order].asked:
        said.add("time was up before all of its ways were asked about")
    return OrderOptions(
        order_id=order_id,
        at=snapshot.at,
        currency=problem.fleet.currency,
        zones_version=snapshot.context.airspace.version,
        beside=len(problem.orders) - 1,
        options=options[:MOST_OPTIONS],
        more=len(options[MOST_OPTIONS:]),
        reasons=(*stand.present.lost.get(order, ()), *(() if left is None else left.reasons)),
        nearest_change=None if left is None else left.nearest_change,
        assumptions=tuple(sorted(said)),
    )


@dataclass(frozen=True)
class _Stand:
    """The plan in force as far as the snapshot has it, and who answers about its parcels."""

    board: Board
    present: Present
    explainer: Explainer


def _stand(snapshot: Snapshot, stop: Stop) -> _Stand:
    problem = Problem(snapshot)
    flights = Flights(problem)
    ways = find_ways(problem, flights, stop.ahead(WAYS_SHARE).late)
    present = Present(problem, ways, flights)
    draft = present.draft()
    sheet = Sheet(draft, ways, plan_id(snapshot, 0, snapshot.at), late=stop.late)
    sheet.fill()
    board, prices = Board(draft, ways), learn(problem, ways, draft.routing)
    return _Stand(board, present, Explainer(problem, ways, flights, prices, sheet, board, stop.late))


def _has_room(options: tuple[Option, ...]) -> bool:
    """Whether the parcel goes one of its ways, or could: one that has no reason against it."""
    return any(one.chosen or (one.cost is not None and not one.reasons) for one in options)
