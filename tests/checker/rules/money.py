"""Money: sums that add up, a route's cost by the rates, the fleet's currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from tests.checker.context import Case
from tests.checker.violation import Code, Violation

_SUM_SHARE, _ROUTE_SHARE, _CENT = 0.005, 0.01, 0.011


def check_sums(case: Case) -> Iterator[Violation]:
    """The total is the sum over the modes and over the parcels; each mode's is that of its parcels."""
    plan = case.plan
    by_mode: dict[str, float] = defaultdict(float)
    for parcel in plan.parcels:
        by_mode[parcel.mode] += parcel.cost
    if plan.currency != case.fleet.currency:
        yield Violation(Code.MONEY, "currency", f"{plan.currency}, the fleet's is {case.fleet.currency}")
    yield from _unequal("summary.cost.by_mode", sum(plan.cost_by_mode.values()), plan.total_cost)
    yield from _unequal("parcels", sum(by_mode.values()), plan.total_cost)
    for mode in sorted({*by_mode, *plan.cost_by_mode}):
        yield from _unequal(f"summary.cost.by_mode.{mode}", by_mode[mode], plan.cost_by_mode.get(mode, 0.0))


def _unequal(where: str, found: float, stated: float) -> Iterator[Violation]:
    if abs(found - stated) > max(_SUM_SHARE * stated, _CENT):
        yield Violation(Code.MONEY, where, f"adds up to {found:.2f}, stated {stated:.2f}")


def check_route_costs(case: Case) -> Iterator[Violation]:
    """A route costs what the van's rates make of its time, way and parcels; its day counts once a local day."""
    driven: set[tuple[str, date]] = set()
    for route, facts in sorted(case.drives(), key=lambda drive: drive[0].start):
        parcels = sum(len(stop.deliver) + len(stop.collect) for stop in route.stops if not stop.site_id)
        seconds = (route.end - route.start).total_seconds()
        day = route.asset_id, route.start.astimezone(case.local_time(route.depot_id)).date()
        wanted = facts.rates.cost(seconds, route.distance_m, parcels, fixed=day not in driven)
        driven.add(day)
        if abs(wanted - route.cost) > max(_ROUTE_SHARE * wanted, _CENT):
            detail = f"says {route.cost:.2f}, the rates make {wanted:.2f}"
            yield Violation(Code.MONEY, f"route {route.route_id}", detail)
