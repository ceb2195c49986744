"""How high the ground is below a way. A trip flies at one height, taken over the ground along the straight way: where
it leads elsewhere, around a zone, by way of a point beside or on to an alternate, the ground may be higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fleet.feasibility.context import Context
from fleet.protocol.values import Place, Reason
from geofences.model.altitude import Box


def highest_m(ctx: Context, points: Sequence[Place]) -> float:
    """The highest that the ground may be along a way, in metres above the sea; infinite where it is not known."""
    return max(ctx.terrain.ground_within(box_of(a, b)).high for a, b in pairwise(points))


def box_of(start: Place, end: Place) -> Box:
    """The box around a leg."""
    return box_around(((start.lon, start.lat), (end.lon, end.lat)))


def box_around(places: Iterable[tuple[float, float]]) -> Box:
    """The box around places of one flight (degrees), on the short side of the globe: east may exceed 180."""
    lons, lats = zip(*places, strict=True)
    west, east = min(lons), max(lons)
    if east - west > 180.0:
        turned = [lon + 360.0 if lon < 0.0 else lon for lon in lons]
        west, east = min(turned), max(turned)
    return Box(west, min(lats), east, max(lats))


NO_TERRAIN = Reason(
    code="no_terrain",
    detail="the height of the ground along the way is not known, and the fleet assumes none "
    "(assumptions.terrain)",
    unit="m",
    source="terrain",
)
