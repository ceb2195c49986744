"""The spare packs that lie at sites, and those that were taken out of assets there."""

from __future__ import annotations

from fleet.console.views.base import Row, stamp
from fleet.domain.state import State


def spare_packs(state: State) -> list[Row]:
    """By site and type: how many there are, and of those that were taken out last when, and with how much in them."""
    if state.fleet is None:
        return []
    stands = {(a.record.site_id, a.record.type_id) for a in state.assets.values()}
    rows: list[Row] = []
    for site_id, type_id in sorted(stands):
        there = state.fleet.spares_at(type_id, site_id)
        if there:
            lying = state.lying_packs.get((site_id, type_id), ())[-there:]
            taken_out = [{"at": stamp(pack.at), "soc": pack.soc} for pack in lying]
            rows.append({"site": site_id, "type": type_id, "packs": there, "taken_out": taken_out})
    return rows
