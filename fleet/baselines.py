"""What the day would have cost if planned with hindsight: all parcels known from the start, nothing going wrong.

Our own planner stands beside two plainer ways, so that like stands beside like: what the day really cost holds
parcels that came in late, incidents and hand-ons, and can be compared with none of them. Vans alone get as many more
vans as it takes, so that they serve what the mixed fleet serves; greedy has the same fleet and takes for each parcel
in turn what is cheapest at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fleet.app import Setup
from fleet.config import RunInputs
from fleet.dispatch.report import HINDSIGHT, basis
from fleet.planner import AssetSlot, MaxIterations, Snapshot
from fleet.protocol.values import Order

EXTRA_VANS = 3
"""So many more for each van that there is: enough for any day of which machines carry most parcels."""


def baselines(
    setup: Setup, inputs: RunInputs, orders: Iterable[Order], *, iterations: int = 30
) -> dict[str, Any]:
    """Costs of the three ways in major units, how many parcels each could not serve, and what the figures are: fields
    of the report's ``cost``, in the place of those of the day's first plan.
    """
    from fleet.planner import plan  # here, because who only describes a day needs no solver

    snapshot = Snapshot(
        snapshot_id="baseline",
        at=setup.at,
        until=setup.until,
        orders=tuple(orders),
        assets=inputs.assets,
        context=inputs.context,
    )
    vans = plan(
        replace(snapshot, assets=tuple(_vans(inputs))),
        seed=setup.seed,
        stop=MaxIterations(iterations),
        made_at=setup.at,
        baselines=False,
    ).summary
    ours = plan(
        snapshot, seed=setup.seed, stop=MaxIterations(iterations), made_at=setup.at, baselines=False
    ).summary
    return {
        "planned_hindsight": round(ours.cost.total, 2),
        "planned_hindsight_unassigned": ours.by_mode.get("unassigned", 0),
        "van_only": round(vans.cost.total, 2),
        "van_only_unassigned": vans.by_mode.get("unassigned", 0),
        "greedy": None if ours.greedy_cost is None else round(ours.greedy_cost, 2),
        "greedy_unassigned": ours.greedy_unassigned,
        "compared_parcels": len(snapshot.orders),
        "basis": basis(HINDSIGHT),
    }


def _vans(inputs: RunInputs) -> Iterable[AssetSlot]:
    types = inputs.context.fleet.types
    for slot in inputs.assets:
        if types[slot.type_id].archetype == "route":
            yield slot
            for extra in range(1, EXTRA_VANS + 1):
                yield replace(slot, asset_id=f"{slot.asset_id}+{extra}")
