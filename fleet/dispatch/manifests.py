"""Manifests: what the driver of a route carries, as rows, CSV, GPX 1.1 and GeoJSON.

Rows hold references. Addresses and names appear only where the caller hands in the contacts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from fleet.domain.state import MissionRecord, State
from fleet.kinds import kind_of
from fleet.protocol.mission import Stop
from fleet.protocol.values import Contact, Place

GPX = "http://www.topografix.com/GPX/1/1"
"""The namespace of GPX 1.1."""

COLUMNS = (
    "route_id",
    "asset_id",
    "stop",
    "status",
    "arrive",
    "expected",
    "window_from",
    "window_until",
    "lon",
    "lat",
    "address",
    "recipient",
    "deliver",
    "collect",
    "locker_id",
    "site_id",
    "service_min",
)


@dataclass(frozen=True, slots=True)
class ManifestStop:
    """One stop. Times are in the depot's time zone; ``arrive`` is as planned, ``expected`` with the delay that the
    van has now (none once the stop is over). ``address`` names the place: as the contact says, our own name for it,
    or a reference to the order.
    """

    number: int
    status: str
    arrive: datetime
    expected: datetime | None
    window: tuple[datetime, datetime]
    place: Place
    address: str
    recipient: str
    deliver: tuple[str, ...]
    collect: tuple[str, ...]
    locker_id: str | None
    site_id: str | None
    service_s: float

    @property
    def task(self) -> str:
        """What is to be done there, in words."""
        tasks = (("deliver", self.deliver), ("collect", self.collect))
        return ", ".join(f"{verb} {' '.join(ids)}" for verb, ids in tasks if ids)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One route with its stops in order; it starts and ends at ``home``."""

    route_id: str
    asset_id: str
    status: str
    revision: int
    start: datetime
    home: Place
    stops: tuple[ManifestStop, ...]


def is_route(record: MissionRecord) -> bool:
    """Whether a mission is a route of stops, so that there can be a manifest."""
    return kind_of(record.kind).archetype == "route"


def manifest(
    record: MissionRecord, state: State, *, contacts: Mapping[str, Contact] | None = None
) -> Manifest:
    """The manifest of a route as it stands now. ``contacts``, by order, put addresses and names into it."""
    mission = record.mission
    zone = _zone(record, state)
    stops = [s for s in mission.steps if isinstance(s, Stop)]
    rows = [_row(n, s, record, state, zone, contacts or {}) for n, s in enumerate(stops, start=1)]
    return Manifest(
        route_id=mission.mission_id,
        asset_id=mission.asset_id,
        status=record.status.value,
        revision=mission.revision,
        start=mission.start_at.astimezone(zone),
        home=mission.home,
        stops=tuple(rows),
    )


def _zone(record: MissionRecord, state: State) -> tzinfo:
    site_id = state.assets[record.mission.asset_id].record.site_id
    return ZoneInfo(state.sites[site_id].timezone)


def _row(
    number: int,
    stop: Stop,
    record: MissionRecord,
    state: State,
    zone: tzinfo,
    contacts: Mapping[str, Contact],
) -> ManifestStop:
    over = stop.step_id in record.ended
    people = [contacts[o] for o in dict.fromkeys((*stop.deliver, *stop.collect)) if o in contacts]
    at_door = stop.locker_id is None and stop.site_id is None
    return ManifestStop(
        number=number,
        status="done" if over else "now" if stop.step_id == record.current else "to do",
        arrive=stop.eta.astimezone(zone),
        expected=None if over else (stop.eta + timedelta(seconds=record.late_s)).astimezone(zone),
        window=(stop.window.start.astimezone(zone), stop.window.end.astimezone(zone)),
        place=stop.place,
        address=_address(stop, state, people),
        recipient=_joined(p.recipient for p in people) if at_door else "",
        deliver=stop.deliver,
        collect=stop.collect,
        locker_id=stop.locker_id,
        site_id=stop.site_id,
        service_s=stop.service_s,
    )


def _address(stop: Stop, state: State, people: Sequence[Contact]) -> str:
    if stop.locker_id is not None:
        return state.lockers[stop.locker_id].name or stop.locker_id
    if stop.site_id is not None:
        site = state.sites.get(stop.site_id)
        return stop.site_id if site is None else site.name or stop.site_id
    reference = next(iter((*stop.deliver, *stop.collect)), stop.step_id)
    return _joined(p.address for p in people) or f"see order {reference}"


def _joined(texts: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(text for text in texts if text))


# --- formats ---------------------------------------------------------------------------------------------------------


def to_csv(manifests: Iterable[Manifest]) -> str:
    """One line for each stop of each route, under a header, with lines that end as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for each in manifests:
        writer.writerows(_cells(each, stop) for stop in each.stops)
    return text.getvalue()


def _cells(route: Manifest, stop: ManifestStop) -> dict[str, Any]:
    return {
        "route_id": route.route_id,
        "asset_id": route.asset_id,
        "stop": stop.number,
        "status": stop.status,
        "arrive": _time(stop.arrive),
        "expected": "" if stop.expected is None else _time(stop.expected),
        "window_from": _time(stop.window[0]),
        "window_until": _time(stop.window[1]),
        "lon": stop.place.lon,
        "lat": stop.place.lat,
        "address": _plain_text(stop.address),
        "recipient": _plain_text(stop.recipient),
        "deliver": " ".join(stop.deliver),
        "collect": " ".join(stop.collect),
        "locker_id": stop.locker_id or "",
        "site_id": stop.site_id or "",
        "service_min": round(stop.service_s / 60, 1),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _plain_text(text: str) -> str:
    """Text that others wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def to_gpx(manifests: Iterable[Manifest]) -> str:
    """Waypoints for all stops and a route for each manifest, from home through the stops and back.

    Numbers have leading zeros, since devices sort waypoints by name. Elements follow the sequence of the schema.
    """
    root = ET.Element("gpx", xmlns=GPX, version="1.1", creator="lastmile-fleet")
    routes = list(manifests)
    for each in routes:
        for stop in each.stops:
            _gpx_point(root, "wpt", each, stop)
    for each in routes:
        _gpx_route(root, each)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _gpx_route(root: ET.Element, route: Manifest) -> None:
    element = ET.SubElement(root, "rte")
    _gpx_text(element, "name", route.route_id)
    _gpx_text(element, "desc", f"{route.asset_id}, starts {_time(route.start)}")
    _gpx_home(element, route, "start")
    for stop in route.stops:
        _gpx_point(element, "rtept", route, stop)
    _gpx_home(element, route, "end")


def _gpx_home(parent: ET.Element, route: Manifest, name: str) -> None:
    point = ET.SubElement(parent, "rtept", _gpx_position(route.home))
    _gpx_text(point, "name", name)


def _gpx_point(parent: ET.Element, tag: str, route: Manifest, stop: ManifestStop) -> None:
    point = ET.SubElement(parent, tag, _gpx_position(stop.place))
    width = max(2, len(str(len(route.stops))))
    # GPX says that its times are UTC.
    moment = stop.expected or stop.arrive
    _gpx_text(point, "time", moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _gpx_text(point, "name", f"{stop.number:0{width}d} {stop.address}")
    _gpx_text(point, "desc", stop.task)
    _gpx_text(point, "type", "locker" if stop.locker_id else "site" if stop.site_id else "door")


def _gpx_position(place: Place) -> dict[str, str]:
    return {"lat": f"{place.lat:.7f}", "lon": f"{place.lon:.7f}"}


def _gpx_text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = "".join(filter(_allowed_in_xml, text))


def _allowed_in_xml(char: str) -> bool:
    """Whether XML 1.0 has the character at all (its production ``Char``)."""
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"


def to_geojson(manifests: Iterable[Manifest]) -> str:
    """A point for each stop and a line for each route (straight from stop to stop), as one FeatureCollection."""
    features = [
        feature for each in manifests for feature in (_line(each), *(_point(each, s) for s in each.stops))
    ]
    return (
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=2) + "\n"
    )


def _line(route: Manifest) -> dict[str, Any]:
    places = [route.home, *(s.place for s in route.stops), route.home]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[p.lon, p.lat] for p in places]},
        "properties": {
            "route_id": route.route_id,
            "asset_id": route.asset_id,
            "status": route.status,
            "revision": route.revision,
            "start": _time(route.start),
            "stops": len(route.stops),
        },
    }


def _point(route: Manifest, stop: ManifestStop) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [stop.place.lon, stop.place.lat]},
        "properties": {"route_id": route.route_id, **as_row(stop)},
    }


def as_row(stop: ManifestStop) -> dict[str, Any]:
    """A stop as JSON."""
    return {
        "stop": stop.number,
        "status": stop.status,
        "arrive": _time(stop.arrive),
        "expected": None if stop.expected is None else _time(stop.expected),
        "window": [_time(moment) for moment in stop.window],
        "address": stop.address,
        "recipient": stop.recipient,
        "deliver": list(stop.deliver),
        "collect": list(stop.collect),
        "locker_id": stop.locker_id,
        "site_id": stop.site_id,
        "service_s": stop.service_s,
    }


FORMATS = {"csv": to_csv, "gpx": to_gpx, "geojson": to_geojson}
"""The formats of a manifest by name."""
