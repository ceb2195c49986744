"""What the day would have cost in two plainer ways, planned with all its parcels known from the start.

Vans alone get as many more vans as it takes, so that they serve what the mixed fleet serves; greedy has the same
fleet and takes for each parcel in turn what is cheapest at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fleet.app import Setup
from fleet.config import RunInputs
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.snapshot import AssetSlot
from fleet.protocol.values import Order

EXTRA_VANS = 3
"""So many more for each van that there is: enough for any day of which machines carry most parcels."""


def baselines(
    setup: Setup, inputs: RunInputs, orders: Iterable[Order], *, iterations: int = 30
) -> dict[str, Any]:
    """Costs of the two ways in major units, and how many parcels each could not serve."""
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
    mixed = plan(snapshot, seed=setup.seed, stop=MaxIterations(0), made_at=setup.at, baselines=True).summary
    return {
        "van_only": round(vans.cost.total, 2),
        "van_only_unserved": vans.by_mode.get("unassigned", 0),
        "greedy": None if mixed.greedy_cost is None else round(mixed.greedy_cost, 2),
        "greedy_unserved": mixed.greedy_unassigned,
    }


def _vans(inputs: RunInputs) -> Iterable[AssetSlot]:
    types = inputs.context.fleet.types
    for slot in inputs.assets:
        if types[slot.type_id].archetype == "route":
            yield slot
            for extra in range(1, EXTRA_VANS + 1):
                yield replace(slot, asset_id=f"{slot.asset_id}+{extra}")
