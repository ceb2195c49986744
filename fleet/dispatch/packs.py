"""What of a battery is counted where an asset says how each of its packs is."""

from __future__ import annotations

from fleet.domain.fleet import SortieType
from fleet.domain.state import State
from fleet.energy.gauge import Doubt
from fleet.energy.packs import Left, PackReading, left
from fleet.protocol.batteries import Packs


def what_is_left(kind: SortieType, soc: float | None, packs: Packs) -> Left:
    """What a type's packs hold together."""
    readings = (
        PackReading(one.pack, one.soc, one.voltage_v, one.health, in_order=one.condition == "ok")
        for one in packs
    )
    return left(readings, kind.packs, soc, kind.state_of_health or 1.0)


def counted_charge(
    state: State, asset_id: str, soc: float | None, packs: Packs | None
) -> tuple[float | None, tuple[Doubt, ...]]:
    """The state of charge that is counted of what an asset tells, and what is doubtful about it. Of one whose type has
    several packs a total alone says nothing: a pack that has failed does not show in it.
    """
    kind = sortie_type_in(state, asset_id)
    if kind is None:
        return soc, ()
    if packs is None:
        return (soc if kind.packs is None or kind.packs < 2 else None), ()
    found = what_is_left(kind, soc, packs)
    return found.soc, found.doubts


def sortie_type_in(state: State, asset_id: str) -> SortieType | None:
    """The type of an asset, if that makes sorties."""
    asset = state.assets.get(asset_id)
    if asset is None or state.fleet is None:
        return None
    kind = state.fleet.types.get(asset.record.type_id)
    return kind if isinstance(kind, SortieType) else None
