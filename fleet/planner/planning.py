"""``plan``: the whole way from a snapshot to a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from fleet.domain.plan import CostSummary, Lost, ParcelPlan, Plan, Revised, Summary, Unassigned
from fleet.feasibility.route_energy import assumed_of
from fleet.planner.balance import balance
from fleet.planner.board import Board
from fleet.planner.bound import lower_bound
from fleet.planner.candidates import find_ways
from fleet.planner.draft import Draft
from fleet.planner.exchange import exchange
from fleet.planner.explain import UNASSIGNED, Explainer
from fleet.planner.flights import Flights
from fleet.planner.giveway import give_way
from fleet.planner.late import bring_late
from fleet.planner.machinetime import TIMES
from fleet.planner.parts import PlanParts
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.prices import learn
from fleet.planner.problem import MAX_ATLAS, Problem
from fleet.planner.render import Sheet
from fleet.planner.replan import Replanned, replan
from fleet.planner.search import Found, search
from fleet.planner.settle import settle
from fleet.planner.snapshot import Snapshot
from fleet.planner.standingways import ways_in_force
from fleet.planner.stop import NO_HURRY, Stop
from fleet.planner.tiled import Workers
from fleet.planner.ways import Ways

WAYS_SHARE, SEARCH_SHARE, SETTLE_SHARE = 0.5, 0.7, 0.4
"""Of the time that is left each time: what finding the ways, the search, and the last moves may take; the rest is for
the reasons. Counted iterations wait for all of them."""

MANY_WAYS_SHARE, MANY_SEARCH_SHARE = 0.3, 0.8
"""The same of more places than legs are kept of: machines are few beside the parcels then, and whoever is not asked
about sorties goes by van or into a locker; a parcel more that is brought is worth more than exact reasons."""

EXACT_BY, EXACT_SHARE = 0.85, 0.5
"""Small exact parts are over when so much of all time has passed, and take that share of what is left until then. Of
counted iterations so many are beside the search's, one for each group."""

ETA_ASSUMPTION = "arrival ranges: a tenth of the time since departure, and 3 min more for vans"


def plan(
    snapshot: Snapshot,
    *,
    seed: int,
    stop: Stop,
    made_at: datetime,
    baselines: bool = True,
    explain: frozenset[str] = frozenset(),
) -> Plan:
    """The whole plan at once: see ``plan_in_parts``."""
    return plan_in_parts(
        snapshot, seed=seed, stop=stop, made_at=made_at, baselines=baselines, explain=explain
    ).whole()


def plan_in_parts(
    snapshot: Snapshot,
    *,
    seed: int,
    stop: Stop,
    made_at: datetime,
    baselines: bool = True,
    explain: frozenset[str] = frozenset(),
    workers: Workers | None = None,
) -> PlanParts:
    """Mode, asset, time and cost for every parcel of the snapshot, with the reasons.

    The same snapshot, seed and number of iterations give the same plan. ``baselines`` adds what the same parcels
    would cost by vans alone, by the same router, and what no plan can cost less than. The plan is never worse than the
    greedy one, if that is whole. Of a deadline a share is kept for what comes after the search; what there is no time
    for is left out, which the plan says (``planned.out_of_time``, and among its assumptions).
    Of parcels to ``explain`` (ids) every single way is worked out, whatever time that takes (``ParcelPlan.options``).
    Where the snapshot has drafted missions, the plan begins with these and changes few of them; it has no baselines.
    ``workers`` search the tiles of a large problem beside each other.
    Raises ``PlannerError`` when the snapshot does not fit together; whatever can't be served is unassigned.
    """
    problem = Problem(snapshot)
    flights, exact = Flights(problem), stop.beside(EXACT_BY)
    finding = stop.ahead(WAYS_SHARE if problem.keeps_legs else MANY_WAYS_SHARE)
    if snapshot.drafted:
        ways = ways_in_force(problem, flights, finding.late, time_up=stop.late)
    else:
        ways = find_ways(problem, flights, finding.late)
    searching = stop.ahead(SEARCH_SHARE if problem.keeps_legs else MANY_SEARCH_SHARE)
    if snapshot.drafted:
        again = replan(problem, ways, flights, seed=seed, stop=searching)
        return _revision(again, ways, flights, seed=seed, made_at=made_at, stop=stop)
    found = search(problem, ways, flights, seed=seed, stop=searching, baselines=baselines, workers=workers)
    made = finished(found, ways, flights, seed=seed, made_at=made_at, stop=stop, exact=exact, explain=explain)
    if baselines:
        made = made.then(lambda rest: {"summary": _bounded(rest.summary, problem, ways, stop)})
    if not baselines or found.van_only is not None:
        return made
    said = NO_VANS if found.greedy is not None else NO_BASELINES
    return made.then(lambda rest: {"assumptions": tuple(sorted({*rest.assumptions, said}))})


def _bounded(figures: Summary, problem: Problem, ways: Sequence[Ways], stop: Stop) -> Summary:
    """With what no plan can cost less than, where there is time for that: it is worked out last."""
    return figures if stop.late() else figures.model_copy(update={"bound": lower_bound(problem, ways, stop)})


def finished(
    found: Found,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    made_at: datetime,
    stop: Stop = NO_HURRY,
    exact: Stop = NO_HURRY,
    explain: frozenset[str] = frozenset(),
) -> PlanParts:
    """The plan of the best draft that was found, after the last moves to other modes, and of ``exact`` few parcels
    together, with all reasons that there is time for."""
    settling = stop.ahead(SETTLE_SHARE)
    boards = [_settled(draft, ways, settling, exact.beside(EXACT_SHARE)) for draft in found.drafts]
    board = min(boards, key=lambda one: one.draft().objective)
    sheet = Sheet(board.draft(), ways, plan_id(board.problem.snapshot, seed, made_at), late=stop.late)
    sheet.fill()
    settled = not settling.late()
    return _written(
        board,
        sheet,
        summary(found, sheet),
        flights,
        seed=seed,
        made_at=made_at,
        stop=stop,
        settled=settled,
        explain=explain,
    )


def _settled(draft: Draft, ways: Sequence[Ways], settling: Stop, exact: Stop) -> PricedBoard:
    """A draft after the last moves to other modes, of ``exact`` few parcels together, and of what is weighed then."""
    board = PricedBoard(draft, ways)
    settle(board, settling.late)
    if exchange(board, exact):
        settle(board, settling.late)
    board.hasten()
    _weigh_the_rest(board, settling)
    board.hasten()
    return board


def _weigh_the_rest(
    board: Board, stop: Stop, touched: Callable[[], Sequence[int] | None] = lambda: None
) -> None:
    """What is looked at once the search is over: who gives way to parcels of a higher price, fairness and lateness,
    where they have a price. What that changes is settled, all of it or the parcels that are touched by then."""
    fleet, late = board.problem.fleet, stop.late
    moved = give_way(board, late)
    if moved + balance(board, fleet.fairness.per_hour, late) + bring_late(board, fleet.lateness, late):
        settle(board, late, touched())


def _revision(
    again: Replanned,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    made_at: datetime,
    stop: Stop,
) -> PlanParts:
    """The plan in force as it is to be from now on: what stays has the ids of the missions that were drafted."""
    board = again.board
    settling = stop.ahead(SETTLE_SHARE)
    _weigh_the_rest(board, settling, again.touched)
    board.hasten()
    sheet = Sheet(board.as_driven(), ways, plan_id(board.problem.snapshot, seed, made_at), late=stop.late)
    sheet.fill()
    kept = named_as_drafted(again, sheet)
    plain, settled = board.plain(), not settling.late()
    stays = frozenset(o for one in board.standing if one.mission.mission_id in kept for o in one.orders)
    made = _written(
        plain,
        sheet,
        summary(None, sheet),
        flights,
        seed=seed,
        made_at=made_at,
        stop=stop,
        settled=settled,
        stays=stays,
        tries=False,
    )
    revised = tuple(
        Revised(mission_id=m.mission_id, revision=m.revision, kept=m.mission_id in kept)
        for m in board.problem.snapshot.drafted
    )
    orders = board.problem.orders
    lost = tuple(Lost(order_id=orders[o].order_id, why=why) for o, why in sorted(again.present.lost.items()))
    return made.then(lambda _: {"revised": revised, "lost": lost})


def named_as_drafted(again: Replanned, sheet: Sheet) -> frozenset[str]:
    """Give sorties and routes that stay as they are drafted the ids of their missions; which these are."""
    kept = again.board.kept()
    flown = {one.mission.order_ids: one.mission.mission_id for one in kept if not one.drives}
    driven = {frozenset(one.mission.order_ids): one.mission.mission_id for one in kept if one.drives}
    named = set[str]()
    for i, sortie in enumerate(sheet.sorties):
        if sortie.order_ids in flown:
            named.add(flown[sortie.order_ids])
            sheet.sorties[i] = sortie.model_copy(update={"sortie_id": flown[sortie.order_ids]})
    for i, route in enumerate(sheet.routes):
        # One that calls elsewhere to fetch a parcel does not stay as it is.
        mission_id = driven.get(frozenset(o for stop in route.stops for o in (*stop.deliver, *stop.collect)))
        if mission_id is not None:
            named.add(mission_id)
            sheet.routes[i] = route.model_copy(update={"route_id": mission_id})
    return frozenset(named)


def _written(
    board: Board,
    sheet: Sheet,
    figures: Summary,
    flights: Flights,
    *,
    seed: int,
    made_at: datetime,
    stop: Stop,
    settled: bool,
    stays: frozenset[int] = frozenset(),
    tries: bool = True,
    explain: frozenset[str] = frozenset(),
) -> PlanParts:
    """A board's draft as a plan, with the reasons that there is time for: those of parcels that nobody brings first,
    none of those whose drafts stay. ``tries``: whether it is looked for what would serve whom nobody brings."""
    draft, ways, problem = sheet.draft, board.ways, board.problem
    prices = learn(problem, ways, draft.routing, set(range(len(ways))) - stays if stays else None)
    explainer = Explainer(problem, ways, flights, prices, sheet, board, stop.late, settled, stays, tries)
    why = {order: explainer.unassigned(order) for order in problem.dearest_first(sheet.left)}
    left = tuple(why[order] for order in sheet.left)
    dear = {order: explainer.parcel(order) for order in _dear(problem)}

    def rest() -> Plan:
        shortcuts = _shortcuts(ways, sheet, settled=settled, explained=not stop.late())
        return _rest(sheet, figures, left, (*assumptions(sheet), *shortcuts), seed=seed, made_at=made_at)

    def parcels() -> Iterator[ParcelPlan]:
        for order in range(len(problem.orders)):
            part = dear.pop(order) if order in dear else explainer.parcel(order)
            yield part if part.order_id not in explain else _with_options(explainer, order, part)

    return PlanParts(parcels(), rest)


def _with_options(explainer: Explainer, order: int, part: ParcelPlan) -> ParcelPlan:
    """Every single way of a parcel as well."""
    return part.model_copy(update={"options": explainer.options(order)})


def _dear(problem: Problem) -> list[int]:
    """The parcels that it is dearer to leave than others of the plan, the dearest first: they are explained before
    time is up, and few enough to be kept."""
    least = min(problem.penalties, default=0.0)
    return problem.dearest_first(o for o, each in enumerate(problem.penalties) if each > least)


def _rest(
    sheet: Sheet,
    figures: Summary,
    left: tuple[Unassigned, ...],
    assumed: Iterable[str],
    *,
    seed: int,
    made_at: datetime,
) -> Plan:
    """All of a plan but its parcels."""
    problem, snapshot = sheet.problem, sheet.problem.snapshot
    return Plan(
        plan_id=sheet.plan_id,
        snapshot_id=snapshot.snapshot_id,
        made_at=made_at,
        at=snapshot.at,
        seed=seed,
        seconds=None,
        zones_version=snapshot.context.airspace.version,
        currency=problem.fleet.currency,
        assumptions=tuple(sorted(set(assumed))),
        summary=figures,
        parcels=(),
        sorties=tuple(sheet.sorties),
        routes=tuple(sheet.routes),
        lockers=sheet.lockers(),
        charging=sheet.charging(),
        unassigned=left,
    )


NO_BASELINES = f"of more than {MAX_ATLAS} places no baselines are planned"

NO_VANS = "time was up before vans alone were planned: that baseline is left out"


def _shortcuts(ways: Sequence[Ways], sheet: Sheet, *, settled: bool, explained: bool) -> Iterator[str]:
    """What there was no time for, and what went wrong on the way."""
    unasked = sum(not found.asked for found in ways)
    if unasked:
        yield f"time was up before sorties were asked about for {unasked} parcels"
    farther = sum(bool(found.nearer) for found in ways)
    if farther:
        yield (
            f"sorties were chosen from {TIMES:g} times what machines have time for: {farther} parcels farther away "
            "were not asked about"
        )
    if sheet.draft.cut and not settled:
        yield "time was up before every parcel was tried"
    for trouble in sheet.draft.troubles:
        yield f"in the search over all modes, before what it left was offered its other ways: {trouble}"
    if not settled:
        yield "time was up before every parcel was offered its other ways"
    if not explained:
        yield "time was up before all alternatives were worked out: some are estimated"


def plan_id(snapshot: Snapshot, seed: int, made_at: datetime) -> str:
    """An id that the inputs give: the same plan has the same one."""
    text = f"{snapshot.snapshot_id}|{snapshot.at.isoformat()}|{seed}|{made_at.isoformat()}"
    # What is made anew must not be called like a draft that it begins with.
    text += "".join(f"|{one.mission_id}" for one in snapshot.drafted)
    return f"P-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def assumptions(sheet: Sheet) -> tuple[str, ...]:
    """What the plan rests on without being measured."""
    found: set[str] = {ETA_ASSUMPTION}
    for sortie in sheet.draft.sorties.values():
        found |= sortie.assumptions
    driven = {route.asset_id for route in sheet.routes}
    for van in sheet.problem.vans:
        if van.slot.asset_id in driven:
            found |= assumed_of(van.type, van.range)
            found |= set() if van.type.walking is None else {van.type.walking.assumption}
    context = sheet.problem.snapshot.context
    if sheet.routes and context.network.assumption is not None:
        found.add(context.network.assumption)
    if context.fleet.assumptions.parcels_at_serving_site:
        found.add("parcels stand at the site that serves them when the day begins")
    if context.fleet.reserve.margin_scale < 1:
        found.add(f"energy margin scaled by {context.fleet.reserve.margin_scale:g}: for trials only")
    return tuple(sorted(found))


def summary(found: Found | None, sheet: Sheet) -> Summary:
    """The plan in a few figures, beside its baselines, if there are any."""
    problem, served = sheet.problem, sheet.served
    modes = {t.kind: 0 for t in problem.fleet.types.values()} | {UNASSIGNED: len(sheet.left)}
    costs = {kind: 0.0 for kind in modes if kind != UNASSIGNED}
    for parcel in served.values():
        modes[parcel.mode] += 1
        costs[parcel.mode] += parcel.cost
    vans, greedy = (found.van_only, found.greedy) if found else (None, None)
    return Summary(
        parcels=len(problem.orders),
        by_mode=dict(sorted(modes.items())),
        cost=CostSummary(total=_sum(costs.values()), by_mode=dict(sorted(costs.items()))),
        van_only_cost=vans.cost if vans else None,
        van_only_unassigned=len(vans.unserved) if vans else None,
        greedy_cost=greedy.cost if greedy else None,
        greedy_unassigned=len(greedy.unserved) if greedy else None,
    )


def _sum(costs: Iterable[float]) -> float:
    return sum(sorted(costs))
