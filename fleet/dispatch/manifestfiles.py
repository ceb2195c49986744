"""Manifests as CSV, GPX 1.1 and GeoJSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from fleet.dispatch.manifests import Manifest, ManifestBreak, ManifestStop, as_row, break_row, moment_text
from fleet.protocol.values import Place

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


def to_csv(manifests: Iterable[Manifest]) -> str:
    """One line for each stop of each route, and for a break where the driver has one on the way, under a header, with
    lines that end as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for each in manifests:
        rows, rest = [_cells(each, stop) for stop in each.stops], each.driver_break
        if rest is not None:
            rows.insert(rest.after, _break_cells(each, rest))
        writer.writerows(rows)
    return text.getvalue()


def _break_cells(route: Manifest, rest: ManifestBreak) -> dict[str, Any]:
    """Without a number, a place or parcels."""
    return {
        "route_id": route.route_id,
        "asset_id": route.asset_id,
        "status": "break",
        "arrive": moment_text(rest.start),
        "expected": "" if rest.expected is None else moment_text(rest.expected),
        "service_min": rest.minutes,
    }


def _cells(route: Manifest, stop: ManifestStop) -> dict[str, Any]:
    return {
        "route_id": route.route_id,
        "asset_id": route.asset_id,
        "stop": stop.number,
        "status": stop.status,
        "arrive": moment_text(stop.arrive),
        "expected": "" if stop.expected is None else moment_text(stop.expected),
        "window_from": moment_text(stop.window[0]),
        "window_until": moment_text(stop.window[1]),
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


def _plain_text(text: str) -> str:
    """Text that others wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def to_gpx(manifests: Iterable[Manifest]) -> str:
    """Waypoints for all stops and a route for each manifest, from home through the stops and back; its streets, where
    they are known, as a track with a segment for each way between two stops.

    Numbers have leading zeros, since devices sort waypoints by name. Elements follow the sequence of the schema.
    """
    root = ET.Element("gpx", xmlns=GPX, version="1.1", creator="lastmile-fleet")
    routes = list(manifests)
    for credit in sorted({each.credit for each in routes if each.credit is not None}):
        _gpx_text(ET.SubElement(root, "metadata"), "desc", credit)
    for each in routes:
        for stop in each.stops:
            _gpx_point(root, "wpt", each, stop)
    for each in routes:
        _gpx_route(root, each)
    for each in routes:
        if each.ways:
            _gpx_track(root, each)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _gpx_route(root: ET.Element, route: Manifest) -> None:
    element = ET.SubElement(root, "rte")
    _gpx_text(element, "name", route.route_id)
    rest = "" if route.driver_break is None else f", {route.driver_break.text}"
    _gpx_text(element, "desc", f"{route.asset_id}, starts {moment_text(route.start)}{rest}")
    _gpx_home(element, route, "start")
    for stop in route.stops:
        _gpx_point(element, "rtept", route, stop)
    _gpx_home(element, route, "end")


def _gpx_track(root: ET.Element, route: Manifest) -> None:
    element = ET.SubElement(root, "trk")
    _gpx_text(element, "name", route.route_id)
    for way in route.ways:
        segment = ET.SubElement(element, "trkseg")
        for point in way:
            ET.SubElement(segment, "trkpt", _gpx_position(point))


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
    """A point for each stop and a line for each route, as one FeatureCollection: along its streets where they are
    known, else straight from stop to stop."""
    features = [
        feature for each in manifests for feature in (_line(each), *(_point(each, s) for s in each.stops))
    ]
    return (
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=2) + "\n"
    )


def _line(route: Manifest) -> dict[str, Any]:
    credit = {} if route.credit is None else {"attribution": route.credit}
    rest = {} if route.driver_break is None else {"break": break_row(route.driver_break)}
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[p.lon, p.lat] for p in route.line]},
        "properties": {
            "route_id": route.route_id,
            "asset_id": route.asset_id,
            "status": route.status,
            "revision": route.revision,
            "start": moment_text(route.start),
            "stops": len(route.stops),
            **rest,
            **credit,
        },
    }


def _point(route: Manifest, stop: ManifestStop) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [stop.place.lon, stop.place.lat]},
        "properties": {"route_id": route.route_id, **as_row(stop)},
    }


FORMATS = {"csv": to_csv, "gpx": to_gpx, "geojson": to_geojson}
"""The formats of a manifest by name."""

DRAWN = frozenset({"gpx", "geojson"})
"""The formats that show the way."""
