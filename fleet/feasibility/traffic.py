"""Reasons that have to do with other flights of ours."""

from __future__ import annotations

from fleet.domain.fleet import Separation
from fleet.protocol.values import Reason
from geofences import Encounter


def air_not_free(met: Encounter, asset_id: str, rule: Separation) -> Reason:
    """Another flight is there then: who, where and when, how near, and how far apart flights are to be."""
    return Reason(
        code="air_not_free",
        detail=f"meets {met.other_id} of {asset_id} at {met.lon:.5f}, {met.lat:.5f}, {met.alt_amsl_m:.0f} m above "
        f"the sea, at {met.at:%H:%M:%S} UTC; that one is due there at {met.other_at:%H:%M:%S}",
        limit=rule.lateral_m,
        actual=round(met.nearest_m, 1),
        unit="m",
        source=f"mission {met.other_id}",
    )


def kept_apart(how: str, actual: float | None, unit: str | None) -> Reason:
    """What is done so that a flight meets nobody."""
    rounded = None if actual is None else round(actual, 1)
    return Reason(
        code="kept_apart", detail=how, actual=rounded, unit=unit, source="separation of the fleet file"
    )
