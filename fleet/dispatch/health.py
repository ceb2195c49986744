"""How worn an asset's own battery is: the least of what its type is said to be, it says itself, and was measured."""

from __future__ import annotations

from fleet.domain.fleet import SortieType
from fleet.domain.state import State
from fleet.energy.gauge import Doubt
from fleet.feasibility.capacity import measured_wh
from fleet.feasibility.vehicles import vehicle_of

LEAST_SHARE, MOST_SHARE = 0.3, 1.2
"""Of its type's nominal energy an asset's may be so little, or so much: beyond it is another pack, or another unit."""


def as_worn(state: State, asset_id: str, kind: SortieType) -> SortieType:
    """A type with the state of health of one asset's battery."""
    health = health_of(state, asset_id, kind)
    return kind if health >= kind.state_of_health else kind.model_copy(update={"state_of_health": health})


def health_of(state: State, asset_id: str, kind: SortieType) -> float:
    """The state of health that an asset's battery counts for: never more than its type's. What it says of its pack that
    can't be changes nothing (it is suspect then); what meter and gauge say together counts until a person has closed
    the exception about it."""
    told_wh, nominal_wh = state.assets[asset_id].pack_wh, vehicle_of(kind).pack_wh
    known = [kind.state_of_health, measured_wh(state, asset_id) / nominal_wh]
    if told_wh is not None and odd_pack(kind, told_wh) is None:
        known.append(told_wh / nominal_wh)
    return min(known)


def odd_pack(kind: SortieType, told_wh: float) -> Doubt | None:
    """The doubt about a pack that is not of its type."""
    nominal_wh = vehicle_of(kind).pack_wh
    if LEAST_SHARE * nominal_wh <= told_wh <= MOST_SHARE * nominal_wh:
        return None
    detail = (
        f"it says that its pack holds {told_wh:g} Wh, and those of its type hold {nominal_wh:g} Wh when new"
    )
    return Doubt("pack_of_another_type", nominal_wh, told_wh, "Wh", detail)
