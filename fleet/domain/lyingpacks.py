"""The batteries that lie at sites: those that were changed for a full one, to be charged for whoever comes next."""

from __future__ import annotations

from fleet.domain.events import AssetChanged
from fleet.domain.evolve import evolve
from fleet.domain.state import LyingPack, State

MOST_PACKS = 99
"""No site has more spare packs of a type; older ones have been given to others since."""


def pack_left(state: State, event: AssetChanged) -> State:
    """The state with the battery that an asset had, lying at the site where it was taken out."""
    if event.taken_out_soc is None:
        return state
    asset = state.assets[event.asset_id]
    key = event.site_id or asset.site_id or asset.record.site_id, asset.record.type_id
    packs = (*state.lying_packs.get(key, ()), LyingPack(event.at, event.taken_out_soc))[-MOST_PACKS:]
    return evolve(state, lying_packs=state.lying_packs.set(key, packs))
