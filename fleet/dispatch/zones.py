"""The zones in force: those of the files, with those that people have added by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fleet.domain.state import State
from geofences import Zone, ZoneFileError, ZoneSet
from geofences.readers import read_zones


def parse_feature(zone_id: str, feature: dict[str, Any]) -> Zone:
    """A zone from one GeoJSON feature; raises ``geofences.ZoneFileError`` that names the field."""
    document = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    zones = read_zones(document, zone_id).zones
    if len(zones) != 1:
        raise ZoneFileError(zone_id, zone_id, "feature", f"one area is expected, {len(zones)} were found")
    return replace(zones[0], zone_id=zone_id)


def in_force(base: ZoneSet, state: State) -> ZoneSet:
    """The files' zones with the added ones."""
    zones = base
    for zone_id, feature in sorted(state.zones.items()):
        zones = zones.with_zone(parse_feature(zone_id, feature))
    return zones
