"""The zones in force: those of the files, with those that people have added by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from fleet.domain.evolve import evolve, without
from fleet.domain.state import State
from fleet.feasibility.incident import incident
from fleet.protocol.values import Reason
from geofences import GeofenceError, Refused, Zone, ZoneFileError, ZoneSet
from geofences.readers import read_zones


def parse_feature(zone_id: str, feature: dict[str, Any]) -> Zone:
    """A zone from one GeoJSON feature; raises ``geofences.ZoneFileError`` that names the field."""
    return _only(zone_id, read_zones(_document(feature), zone_id).zones)


def stored_zone(zone_id: str, feature: dict[str, Any]) -> Zone | Refused:
    """A zone that was taken before. It may be from a version that took more: what is plainly meant is read (more is
    closed rather than less), and what can't be read is told apart, never left out.
    """
    try:
        found = read_zones(_document(feature), zone_id, strict=False)
        if found.refused:
            return found.refused[0]._replace(zone=zone_id)
        zone = _only(zone_id, found.zones)
        ZoneSet((zone,))  # judges its shapes
    except GeofenceError as error:
        return Refused(zone_id, str(error))
    return zone


def by_hand(state: State) -> tuple[tuple[Zone, ...], tuple[Refused, ...]]:
    """The zones that people have added, and those among them that can't be read any more."""
    stored = [stored_zone(zone_id, feature) for zone_id, feature in sorted(state.zones.items())]
    zones = tuple(one for one in stored if isinstance(one, Zone))
    return zones, tuple(one for one in stored if isinstance(one, Refused))


def in_force(base: ZoneSet, state: State) -> ZoneSet:
    """The files' zones with the added ones; those of these that can't be read are missing in it."""
    added, missing = by_hand(state)
    zones = ZoneSet(base.zones, missing=(*base.missing, *missing)) if missing else base
    return reduce(ZoneSet.with_zone, added, zones)


def _document(feature: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def _only(zone_id: str, zones: tuple[Zone, ...]) -> Zone:
    if len(zones) != 1:
        raise ZoneFileError(zone_id, zone_id, "feature", f"one area is expected, {len(zones)} were found")
    return replace(zones[0], zone_id=zone_id)


def end_of(zone: Zone) -> datetime | None:
    """When a zone ends for good; none where it does not."""
    ends = [period.end for period in zone.applicability.periods]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


class BadChange(Exception):
    """A change of zones that can't be made; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Change:
    """A change that can be made to the zones that people have closed: what closes, by id, and which ids open.

    ``zones`` are those that close, ``gone`` those that they replace and those that open, as far as these can be read.
    """

    add: Mapping[str, dict[str, Any]]
    remove: tuple[str, ...]
    zones: tuple[Zone, ...]
    gone: tuple[Zone, ...]

    @classmethod
    def asked(
        cls, state: State, now: datetime, add: Iterable[tuple[str, dict[str, Any]]], remove: Iterable[str]
    ) -> Change:
        """The change that was asked for. Raises ``BadChange`` where any part of it can't be made."""
        pairs, opened = list(add), tuple(remove)
        features = dict(pairs)
        _check_ids([*(zone_id for zone_id, _ in pairs), *opened])
        zones = tuple(_closed(zone_id, feature, now) for zone_id, feature in pairs)
        for zone_id in opened:
            if zone_id not in state.zones:
                raise BadChange(incident("unknown_zone", _not_closed(state, zone_id), source="operator"))
        stored = [
            stored_zone(zone_id, feature)
            for zone_id, feature in sorted(state.zones.items())
            if zone_id in features or zone_id in opened
        ]
        return cls(features, opened, zones, tuple(one for one in stored if isinstance(one, Zone)))

    def made(self, state: State) -> State:
        """The state as it would be with the change, for questions about it."""
        zones = state.zones
        for zone_id in self.remove:
            zones = without(zones, zone_id)
        return evolve(state, zones=zones.update(self.add))


def _not_closed(state: State, zone_id: str) -> str:
    known = ", ".join(map(repr, sorted(state.zones)))
    closed = f"closed by hand: {known}" if known else "none is closed by hand"
    return f"no zone {zone_id!r} was added by hand ({closed}); zones from files are changed in the files"


def _check_ids(ids: list[str]) -> None:
    if not ids:
        raise BadChange(incident("bad_zone", "no zone is named, to close or to open", source="operator"))
    twice = sorted({zone_id for zone_id in ids if ids.count(zone_id) > 1})
    if twice:
        raise BadChange(incident("bad_zone", f"{twice[0]!r} is named twice", source="operator"))


def _closed(zone_id: str, feature: dict[str, Any], now: datetime) -> Zone:
    try:
        zone = parse_feature(zone_id, feature)
    except ZoneFileError as error:
        raise BadChange(incident("bad_zone", str(error), source="operator")) from error
    end = end_of(zone)
    if end is not None and end <= now:
        detail = f"zone {zone_id!r} is over: it ended at {end.isoformat()}, and for the hub it is {now.isoformat()}"
        raise BadChange(incident("zone_over", detail, source="operator"))
    return zone
