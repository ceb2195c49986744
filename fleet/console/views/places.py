"""What stands still on the map: sites and zones."""

from __future__ import annotations

import math
from collections.abc import Iterator

from fleet.console.ledger import Ledger
from fleet.console.views.base import Row, point
from fleet.dispatch.zones import by_hand, in_force
from geofences import CircleShape, PolygonShape, Refused, Restriction, Zone, ZoneSet
from geofences.model.zone import NEVER_BLOCKS

CIRCLE_SIDES = 64
METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator; good enough to draw a circle, never used to check one."""


def site_rows(ledger: Ledger) -> list[Row]:
    """Depots and launch sites."""
    return [
        {
            "id": site.site_id,
            "name": site.name,
            "place": point(site.place),
            "vans": site.vans,
            "drone_pads": site.drone_pads,
            "robot_bays": site.robot_bays,
        }
        for _, site in sorted(ledger.state.sites.items())
    ]


def zones_row(base: ZoneSet | None, ledger: Ledger) -> Row:
    """The areas, and whether the files' ones are those that the hub plans with. ``version`` is of what is in force, the
    areas closed by hand with it; of the hub's files alone where these are others.
    """
    files = ledger.state.zones_version
    ours = base if base is not None and base.version == files else None
    return {
        "version": files if ours is None else in_force(ours, ledger.state).version,
        "complete": ours is not None,
        "areas": zone_rows(base, ledger),
    }


def zone_rows(base: ZoneSet | None, ledger: Ledger) -> list[Row]:
    """The zones of the files that the console was given, and those that people have added by hand."""
    of_files = () if base is None else base.zones
    added, unreadable = by_hand(ledger.state)
    return [
        *(_zone(z, by_hand=False) for z in of_files),
        *(_zone(z, by_hand=True) for z in added),
        *(_unreadable(each) for each in unreadable),
    ]


def _unreadable(refused: Refused) -> Row:
    """One that was closed by hand and can't be read any more: it is listed, to be opened, and can't be drawn."""
    return {
        "id": refused.zone,
        "name": refused.zone,
        "restriction": (refused.restriction or Restriction.PROHIBITED).value,
        "closed": True,
        "by_hand": True,
        "message": f"can't be read: {refused.reason}",
        "polygons": [],
    }


def _zone(zone: Zone, *, by_hand: bool) -> Row:
    return {
        "id": zone.zone_id,
        "name": zone.name or zone.zone_id,
        "restriction": zone.restriction.value,
        "closed": zone.restriction not in NEVER_BLOCKS,
        "by_hand": by_hand,
        "message": zone.message,
        "polygons": [list(_rings(v.shape)) for v in zone.volumes],
    }


def _rings(shape: PolygonShape | CircleShape) -> Iterator[list[list[float]]]:
    if isinstance(shape, CircleShape):
        yield _circle(shape)
    else:
        yield from ([[lon, lat] for lon, lat in ring] for ring in (shape.outer, *shape.holes))


def _circle(shape: CircleShape) -> list[list[float]]:
    lat_deg = shape.radius_m / METRES_PER_DEGREE
    lon_deg = lat_deg / max(0.01, math.cos(math.radians(shape.lat)))
    turns = (2 * math.pi * i / CIRCLE_SIDES for i in range(CIRCLE_SIDES + 1))
    return [[shape.lon + lon_deg * math.cos(t), shape.lat + lat_deg * math.sin(t)] for t in turns]
