"""A plan as the missions that were drafted from it, to be looked at again; by its own reading of the plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from fleet.domain.fleet import SortieType
from fleet.domain.plan import Plan
from fleet.planner import Snapshot
from fleet.planner.snapshot import Drafted, DraftedStop


def drafted_of(snapshot: Snapshot, plan: Plan) -> tuple[Drafted, ...]:
    """Each sortie and route of the plan as a mission."""
    return (*_sorties(snapshot, plan), *_routes(plan))


def _sorties(snapshot: Snapshot, plan: Plan) -> list[Drafted]:
    types = {slot.asset_id: snapshot.context.fleet.types[slot.type_id] for slot in snapshot.assets}
    found = []
    for sortie in plan.sorties:
        kind = types[sortie.asset_id]
        assert isinstance(kind, SortieType)
        stops = (DraftedStop(sortie.locker_id, sortie.order_ids),)
        start = sortie.depart - timedelta(seconds=kind.load_s)
        found.append(Drafted(sortie.sortie_id, 0, sortie.asset_id, start, stops))
    return found


def _routes(plan: Plan) -> list[Drafted]:
    found = []
    for route in plan.routes:
        stops = tuple(DraftedStop(s.locker_id, (*s.deliver, *s.collect)) for s in route.stops)
        found.append(Drafted(route.route_id, 0, route.asset_id, route.start, stops))
    return found


def in_force(snapshot: Snapshot, plan: Plan, *, but: Collection[str] = ()) -> Snapshot:
    """The same moment with the plan in force, without some assets: their parcels wait again."""
    assets = tuple(slot for slot in snapshot.assets if slot.asset_id not in but)
    drafted = tuple(one for one in drafted_of(snapshot, plan) if one.asset_id not in but)
    return replace(snapshot, assets=assets, drafted=drafted)
