"""The whole picture: map, zones, paths, and beside them the legend."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.result import CheckResult, Conflict, Status
from geofences.drawing import furniture, svg
from geofences.drawing.styles import ELSEWHEN, INK, LAND, LOOKS, PAPER, UNSURE, WAYS, Look
from geofences.drawing.view import View, window_around, window_of
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import distance_m
from geofences.geometry.shapes import lonlat_polygon
from geofences.geometry.track import Waypoint
from geofences.model.altitude import NO_TERRAIN, Box, Terrain, lower_amsl, upper_amsl
from geofences.model.moments import utc
from geofences.model.told import ground_in, undulation_in
from geofences.model.zone import Volume, Zone
from geofences.zones.describe import limit_text
from geofences.zones.zoneset import ZoneSet

WIDTH_PX, LEGEND_PX, HEAD_PX, EDGE_PX = 880.0, 300.0, 58.0, 16.0
MOST_LABELS = 80
LABEL_PX = 11.0
SMALLEST_LABELLED_PX = 60.0
"""A zone whose area is smaller than this, in pixels, has no label unless a path meets it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A path to draw, with the answer to it where it was checked."""

    path: tuple[Waypoint, ...]
    result: CheckResult | None = None


@dataclass(frozen=True, slots=True)
class Pen:
    """How it is drawn. `at` and `alt_amsl_m`: zones that do not hold then, or not at that height, are only outlined.
    `window` is what is shown (none: the paths, else all zones). Raises `PathError` for a time without offset.
    """

    title: str = ""
    at: datetime | None = None
    alt_amsl_m: float | None = None
    terrain: Terrain = NO_TERRAIN
    window: Box | None = None

    def __post_init__(self) -> None:
        if self.at is not None:
            object.__setattr__(self, "at", utc(self.at, "the time of a picture"))


class _Shown(NamedTuple):
    """A volume as it is seen."""

    zone: Zone
    volume: Volume
    look: Look
    shape: BaseGeometry


def draw(zones: ZoneSet, paths: Sequence[Drawn] = (), pen: Pen = Pen()) -> str:
    """The picture as SVG. Raises `ValueError` where there is neither a zone, nor a path, nor a window."""
    view = View.of(_window(zones, paths, pen), WIDTH_PX)
    shown = sorted(_shown(zones, view, pen), key=lambda one: (one.look is not ELSEWHEN, -one.shape.area))
    met = {conflict.zone_id for one in paths if one.result for conflict in one.result.conflicts}
    looks = Counter(one.look for one in {(each.zone, each.look): each for each in shown}.values())
    width = WIDTH_PX + LEGEND_PX + 3 * EDGE_PX
    names = {one.zone_id: one.name or one.zone_id for one in zones.zones}
    beside = list(furniture.legend(looks, paths, names, LEGEND_PX))
    height = HEAD_PX + max(view.height_px, beside[-1].bottom if beside else 0.0) + EDGE_PX
    inside = (
        svg.element("rect", width=view.width_px, height=view.height_px, fill=LAND),
        *furniture.grid(view),
        *map(_area, shown),
        *(part for one in paths for part in _way(one, view)),
        *_labels(shown, met, [box for one in paths for _, box in _ends(one, view)], view),
        *(named for one in paths for named, _ in _ends(one, view)),
        *furniture.scale(view),
    )
    clip = svg.element("rect", width=view.width_px, height=view.height_px)
    return (
        svg.element(
            "svg",
            svg.title(pen.title or "Zones"),
            svg.element("defs", svg.element("clipPath", clip, id="frame")),
            svg.element("rect", width="100%", height="100%", fill=PAPER),
            *furniture.head(pen.title, _subtitle(zones, shown, pen), EDGE_PX),
            svg.element(
                "g",
                svg.element("g", *inside, clip_path="url(#frame)"),
                svg.element(
                    "rect",
                    width=view.width_px,
                    height=view.height_px,
                    fill="none",
                    stroke="#9aa3ad",
                    stroke_width=1.0,
                ),
                transform=f"translate({EDGE_PX:g} {HEAD_PX:g})",
            ),
            svg.element(
                "g",
                *(part.element for part in beside),
                transform=f"translate({WIDTH_PX + 2 * EDGE_PX:g} {HEAD_PX:g})",
            ),
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {width:g} {height:.0f}",
            font_family=svg.FONT,
            fill=INK,
        )
        + "\n"
    )


def _window(zones: ZoneSet, paths: Sequence[Drawn], pen: Pen) -> Box:
    if pen.window is not None:
        return pen.window
    points = [(point.lon, point.lat) for one in paths for point in one.path]
    if points:
        return window_around(points)
    polygons = [lonlat_polygon(volume.shape) for zone in zones.zones for volume in zone.volumes]
    if not polygons:
        raise ValueError("there is nothing to draw: no zone, no path and no window")
    return window_of(polygons)


def _subtitle(zones: ZoneSet, shown: Sequence[_Shown], pen: Pen) -> str:
    lacks = f", {len(zones.missing)} more refused in reading" if zones.missing else ""
    said = [f"{len({one.zone for one in shown})} of {len(zones)} zones{lacks}"]
    said += [] if pen.at is None else [pen.at.isoformat(timespec="seconds")]
    said += [] if pen.alt_amsl_m is None else [f"{pen.alt_amsl_m:g} m AMSL"]
    return " · ".join([*said, zones.version[:19]])


def _shown(zones: ZoneSet, view: View, pen: Pen) -> Iterator[_Shown]:
    for zone in zones.zones:
        for volume in zone.volumes:
            polygon = lonlat_polygon(volume.shape)
            seen = view.shape(polygon)
            if not seen.is_empty:
                yield _Shown(zone, volume, _look(zone, volume, Box(*polygon.bounds), pen), seen)


def _look(zone: Zone, volume: Volume, box: Box, pen: Pen) -> Look:
    holds = [_holds_then(zone, volume, pen.at), _holds_there(volume, box, pen.alt_amsl_m, pen.terrain)]
    if False in holds:
        return ELSEWHEN
    return (UNSURE if None in holds else LOOKS)[zone.restriction]


def _holds_then(zone: Zone, volume: Volume, at: datetime | None) -> bool | None:
    return True if at is None else zone.applicability.active_within(at, where_of(zone, volume))


def _holds_there(volume: Volume, box: Box, alt_amsl_m: float | None, terrain: Terrain) -> bool | None:
    if alt_amsl_m is None:
        return True
    level = ground_in(terrain, box), undulation_in(terrain, box)
    lower, upper = lower_amsl(volume.lower, *level), upper_amsl(volume.upper, *level)
    if lower.high <= alt_amsl_m <= upper.low:
        return True
    return None if lower.low <= alt_amsl_m <= upper.high else False


def _area(one: _Shown) -> str:
    zone, volume, look = one.zone, one.volume, one.look
    limits = f"{limit_text(volume.lower)} to {limit_text(volume.upper)}"
    named = f"{zone.name} ({zone.zone_id})" if zone.name and zone.name != zone.zone_id else zone.zone_id
    return svg.element(
        "path",
        svg.title(f"{named}: {LOOKS[zone.restriction].name}, {limits}"),
        d=svg.area(one.shape),
        fill=look.fill,
        fill_opacity=f"{look.opacity:g}",
        fill_rule="evenodd",
        stroke=look.stroke,
        stroke_width=look.width,
        stroke_dasharray=look.dashes,
    )


def _way(one: Drawn, view: View) -> Iterator[str]:
    """The path, over it the stretches that are not clear, and its waypoints."""
    points = [view.point(point.lon, point.lat) for point in one.path]
    halo = {"stroke_linejoin": "round", "stroke_linecap": "round"}
    yield svg.line(points, stroke=PAPER, stroke_width=6.0, stroke_opacity="0.8", **halo)
    yield svg.line(points, stroke=WAYS[Status.CLEAR], stroke_width=2.6, **halo)
    for conflict in one.result.conflicts if one.result else ():
        stretch = [view.point(*place) for place in _between(one.path, conflict)]
        yield svg.line(stretch, stroke=WAYS[conflict.status], stroke_width=4.2, **halo)
    for number, (x, y) in enumerate(points):
        ends = number in (0, len(points) - 1)
        yield svg.element(
            "circle",
            cx=x,
            cy=y,
            r=4.2 if ends else 2.6,
            fill=PAPER,
            stroke=WAYS[Status.CLEAR],
            stroke_width=1.8,
        )


def _ends(one: Drawn, view: View) -> Iterator[tuple[str, BaseGeometry]]:
    """The names of the path's ends, and the room that they take."""
    first, last = (view.point(point.lon, point.lat) for point in (one.path[0], one.path[-1]))
    for said, (x, y) in (("start", first), ("end", last))[: 1 if first == last else 2]:
        named = furniture.label(said, x, y - 9.0, anchor="middle", size=LABEL_PX)
        yield named, furniture.label_box(said, x, y - 9.0 - LABEL_PX / 3, LABEL_PX)


def _between(path: Sequence[Waypoint], conflict: Conflict) -> list[tuple[float, float]]:
    """Where a path is from the begin of a stretch to its end."""
    found, gone = list[tuple[float, float]](), 0.0
    for before, after in pairwise(path):
        length = distance_m(before.lon, before.lat, after.lon, after.lat)
        begin, end = max(conflict.from_m, gone), min(conflict.to_m, gone + length)
        if begin <= end:
            found += [_along(before, after, (m - gone) / length if length else 0.0) for m in (begin, end)]
        gone += length
    return found or [(path[0].lon, path[0].lat)] * 2


def _along(before: Waypoint, after: Waypoint, share: float) -> tuple[float, float]:
    lon_deg = (after.lon - before.lon + 180.0) % 360.0 - 180.0
    return before.lon + share * lon_deg, before.lat + share * (after.lat - before.lat)


def _labels(
    shown: Iterable[_Shown], met: set[str], ends: Iterable[BaseGeometry], view: View
) -> Iterator[str]:
    """Names, those that a path meets first, then by size; none over another."""
    wanted = [one for one in shown if one.look is not ELSEWHEN]
    wanted.sort(key=lambda one: (one.zone.zone_id not in met, -one.shape.area))
    taken: list[BaseGeometry] = [furniture.scale_box(view), *ends]
    named: set[str] = set()
    for one in wanted:
        if len(named) == MOST_LABELS:
            return
        if one.zone.zone_id in named or not (
            one.zone.zone_id in met or one.shape.area > SMALLEST_LABELLED_PX
        ):
            continue
        place = shapely.point_on_surface(shapely.intersection(one.shape, _frame(view)))
        said = _short(one.zone.name or one.zone.zone_id)
        if place.is_empty:
            continue
        box = furniture.label_box(said, place.x, place.y, LABEL_PX)
        if _frame(view).covers(box) and not any(box.intersects(other) for other in taken):
            taken.append(box)
            named.add(one.zone.zone_id)
            yield furniture.label(said, place.x, place.y + LABEL_PX / 3, anchor="middle", size=LABEL_PX)


def _frame(view: View) -> BaseGeometry:
    return shapely.box(0.0, 0.0, view.width_px, view.height_px)


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:27]}…"
