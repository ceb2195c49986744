"""Is the drop near enough: the farthest that the operator lets a type go from its site."""

from __future__ import annotations

from fleet.feasibility.case import SortieCase
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Reason
from geofences.geometry.geodesy import distance_m


def ask_reach(case: SortieCase) -> Verdict:
    """Whether the drop lies within the type's ``max_radius_m`` of the site, as the crow flies (where it
    states one).
    """
    limit = case.asset_type.max_radius_m
    if limit is None:
        return feasible()
    site, drop = case.site.place, case.trip.path[case.trip.drop_index]
    actual = distance_m(site.lon, site.lat, drop.lon, drop.lat)
    if actual <= limit:
        return feasible()
    return infeasible(
        Reason(
            code="out_of_reach",
            detail=f"the drop is {actual:.0f} m away, {case.asset_type.type_id} goes {limit:g} m at most",
            limit=limit,
            actual=round(actual),
            unit="m",
            source=case.source,
        )
    )
