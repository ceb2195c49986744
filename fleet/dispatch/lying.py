"""What is in the packs that lie at sites: those that were taken out of assets, charged there since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heapreplace
from math import inf

from fleet.dispatch.desk import Desk
from fleet.domain.fleet import SortieType
from fleet.domain.sites import Site
from fleet.domain.state import LyingPack
from fleet.feasibility.charging import charging_between
from fleet.protocol.lifecycle import AssetStatus

PACK_FULL = 0.99
"""A pack with so much in it is full."""


def lying_packs(desk: Desk) -> dict[tuple[str, str], tuple[float, ...]]:
    """What is in the packs that were taken out of assets, those that are not full again, by site and type.

    Each is charged from when it came, in the order in which all of a site came, as its chargers get free. An asset that
    charges there now keeps a charger from them all the while: since when it does is not known.
    """
    charging = Counter(
        asset.site_id or asset.record.site_id
        for asset in desk.state.assets.values()
        if asset.status is AssetStatus.CHARGING
    )
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for site_id, site in sorted(desk.state.sites.items()):
        lying = sorted(_lying(desk, site_id), key=lambda one: (one[1].at, one[0].type_id))
        now = _charged(desk, site, lying, max(0, site.chargers - charging[site_id]))
        for kind in {kind.type_id: None for kind, _ in lying}:
            levels = (soc for (its, _), soc in zip(lying, now, strict=True) if its.type_id == kind)
            found[site_id, kind] = tuple(soc for soc in levels if soc < PACK_FULL)
    return found


def _lying(desk: Desk, site_id: str) -> Iterator[tuple[SortieType, LyingPack]]:
    """The packs that can still lie at a site: no more of a type than the fleet has there, the last that came."""
    fleet = desk.context.fleet
    for (at_site, type_id), packs in desk.state.lying_packs.items():
        kind = fleet.types.get(type_id)
        there = fleet.spares_at(type_id, site_id)
        if at_site == site_id and isinstance(kind, SortieType) and there:
            yield from ((kind, pack) for pack in packs[-there:])


def _charged(desk: Desk, site: Site, lying: list[tuple[SortieType, LyingPack]], chargers: int) -> list[float]:
    """What is in each now, with so many chargers for all of them. Times are in s from now."""
    free = [-inf] * chargers
    found: list[float] = []
    for kind, pack in lying:
        came_s = (pack.at - desk.now).total_seconds()
        charging = charging_between(
            desk.context, kind, site, pack.at, max(pack.at, desk.now), kind.state_of_health
        )
        takes_s = inf if charging is None else charging.wait_s(pack.soc, 1.0)
        if charging is None or not free or takes_s == inf:  # in the cold it keeps no charger from others
            found.append(pack.soc)
            continue
        begins_s = max(came_s, free[0])
        heapreplace(free, begins_s + takes_s)
        found.append(charging.soc_after(pack.soc, max(0.0, -begins_s)))
    return found
