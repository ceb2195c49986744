"""What meter and gauge of an asset say together of its battery, where they do not agree."""

from __future__ import annotations

from math import inf

from fleet.domain.fleet import SortieType
from fleet.domain.state import State
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.values import Reason

CAPACITY_CHECK = "capacity_check"
"""The exception about one whose meter and gauge do not agree."""


def capacity_apart(asset_id: str, kind: SortieType, holds: float) -> Reason:
    """Why its battery is to be measured; ``holds`` is what it seems to hold as a share of what it should, ``kind`` its
    type with the state of health that it counted for."""
    should_wh = kind.state_of_health * vehicle_of(kind).pack_wh
    return Reason(
        code="capacity_low" if holds < 1 else "gauge_slow",
        detail=f"by meter and gauge the battery of {asset_id} holds {holds * should_wh:.0f} Wh when full, and should "
        f"hold {should_wh:.0f} Wh",
        limit=round(should_wh, 1),
        actual=round(holds * should_wh, 1),
        unit="Wh",
        source="telemetry",
    )


def measured_wh(state: State, asset_id: str) -> float:
    """What an asset's battery holds when full, by what was measured; any amount where nothing is open about that."""
    opened = (state.exceptions[each] for each in state.unresolved)
    found = (e for e in opened if e.code == CAPACITY_CHECK and e.asset_id == asset_id)
    told = (reason.actual for e in found for reason in e.reasons)
    return min((wh for wh in told if isinstance(wh, int | float) and wh > 0), default=inf)
