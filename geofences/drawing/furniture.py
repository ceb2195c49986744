"""What is around the zones: heading, grid, scale, legend, labels."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from geofences.checks.result import Conflict, Status
from geofences.drawing import svg
from geofences.drawing.styles import (
    DIM,
    ELSEWHEN,
    GRID,
    INK,
    LOOKS,
    PAPER,
    UNSURE,
    UNSURE_MEANS,
    WAY_NAMES,
    WAYS,
    Look,
)
from geofences.drawing.view import View, round_length

if TYPE_CHECKING:
    from geofences.drawing.picture import Drawn

LINE_PX = 20.0
MOST_CONFLICTS = 14
LONGEST_SCALE = 0.25
"""The scale is at most this share of the map's width."""

GRID_LABEL_PX = 60.0

CHARACTER = 0.56
"""How wide a character is for its height, on average."""


class Part(NamedTuple):
    """An element of the legend, and where it ends."""

    element: str
    bottom: float


def head(title: str, subtitle: str, x: float) -> Iterator[str]:
    """Two lines over the map."""
    yield svg.text(title or "Zones", x, 27.0, font_size=19.0, font_weight=600)
    yield svg.text(subtitle, x, 46.0, font_size=12.0, fill=DIM)


def label(said: str, x: float, y: float, *, anchor: str, size: float) -> str:
    """A text that can be read over anything."""
    return svg.text(
        said,
        x,
        y,
        font_size=size,
        text_anchor=anchor,
        paint_order="stroke",
        stroke=PAPER,
        stroke_width=3.0,
        stroke_opacity="0.85",
        stroke_linejoin="round",
    )


def label_box(said: str, x: float, y: float, size: float) -> BaseGeometry:
    """The room that a label takes around its middle."""
    half = len(said) * size * CHARACTER / 2.0 + 3.0
    return shapely.box(x - half, y - size * 0.75, x + half, y + size * 0.75)


def grid(view: View) -> Iterator[str]:
    """Lines of longitude and latitude at round numbers, with these."""
    west, south, east, north = view.window
    step = round_length((east - west) / 4.0)
    digits = max(0, -math.floor(math.log10(step)))
    for number in range(math.ceil(west / step), math.floor(east / step) + 1):
        x, _ = view.point(number * step, north)
        yield svg.line([(x, 0.0), (x, view.height_px)], stroke=GRID, stroke_width=1.0)
        if x > view.width_px - GRID_LABEL_PX:
            continue
        lon = (number * step + 180.0) % 360.0 - 180.0
        yield svg.text(
            f"{abs(lon):.{digits}f}° {'W' if lon < 0 else 'E'}", x + 3.0, 12.0, font_size=10.0, fill=DIM
        )
    for number in range(math.ceil(south / step), math.floor(north / step) + 1):
        lat = number * step
        _, y = view.point(west, lat)
        yield svg.line([(0.0, y), (view.width_px, y)], stroke=GRID, stroke_width=1.0)
        yield svg.text(
            f"{abs(lat):.{digits}f}° {'S' if lat < 0 else 'N'}", 3.0, y - 3.0, font_size=10.0, fill=DIM
        )


def scale(view: View) -> Iterator[str]:
    """A bar of a round length."""
    metres = round_length(view.width_px * LONGEST_SCALE * view.metres_per_px)
    x, y, px = 16.0, view.height_px - 16.0, metres / view.metres_per_px
    ends = [(x, y - 5.0), (x, y), (x + px, y), (x + px, y - 5.0)]
    yield svg.line(ends, stroke=PAPER, stroke_width=5.0, stroke_opacity="0.85")
    yield svg.line(ends, stroke=INK, stroke_width=1.6)
    said = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    yield label(said, x + px / 2.0, y - 6.0, anchor="middle", size=11.0)


def scale_box(view: View) -> BaseGeometry:
    """The room that the scale takes."""
    return shapely.box(0.0, view.height_px - 40.0, view.width_px * LONGEST_SCALE + 30.0, view.height_px)


def legend(
    looks: Mapping[Look, int], paths: Sequence["Drawn"], names: Mapping[str, str], width: float
) -> Iterator[Part]:
    """What the colours mean, how many zones have each, and what the paths meet."""
    y = 14.0
    for look in (*LOOKS.values(), *UNSURE.values(), ELSEWHEN):
        if looks.get(look):
            yield Part(_sample(look, f"{look.name}: {looks[look]}", y), y + 8.0)
            y += LINE_PX
    if not looks.keys().isdisjoint(UNSURE.values()):
        yield Part(svg.text(UNSURE_MEANS, 32.0, y, font_size=11.0, fill=DIM), y + 8.0)
        y += LINE_PX
    conflicts = [one for path in paths if path.result for one in path.result.conflicts]
    seen = {Status.CLEAR, *(one.status for one in conflicts)} if paths else set[Status]()
    for status in (each for each in WAYS if each in seen):
        yield Part(_way_sample(status, any(path.result is None for path in paths), y), y + 8.0)
        y += LINE_PX
    if not conflicts:
        return
    y += 14.0
    yield Part(svg.text("What the path meets", 0.0, y, font_size=13.0, font_weight=600), y + 4.0)
    for one in conflicts[:MOST_CONFLICTS]:
        y += 2.0 * LINE_PX - 4.0
        yield Part("".join(_met(one, names.get(one.zone_id, one.zone_id), y, width)), y + 6.0)
    if len(conflicts) > MOST_CONFLICTS:
        y += LINE_PX
        more = f"and {len(conflicts) - MOST_CONFLICTS} more stretches"
        yield Part(svg.text(more, 0.0, y, font_size=11.5, fill=DIM), y + 6.0)


def _sample(look: Look, said: str, y: float) -> str:
    box = svg.element(
        "rect",
        x=0.0,
        y=y - 10.0,
        width=22.0,
        height=12.0,
        fill=look.fill,
        fill_opacity=f"{look.opacity:g}",
        stroke=look.stroke,
        stroke_width=look.width,
        stroke_dasharray=look.dashes,
    )
    return box + svg.text(said, 32.0, y, font_size=12.0)


def _way_sample(status: Status, is_unchecked: bool, y: float) -> str:
    said = f"{WAY_NAMES[status]} (not checked)" if is_unchecked else WAY_NAMES[status]
    drawn = svg.line([(0.0, y - 4.0), (22.0, y - 4.0)], stroke=WAYS[status], stroke_width=3.6)
    return drawn + svg.text(said, 32.0, y, font_size=12.0)


def _met(one: Conflict, name: str, y: float, width: float) -> Iterator[str]:
    most = int(width / (12.0 * CHARACTER))
    name = name if len(name) <= most else f"{name[: most - 1]}…"
    yield svg.text(name, 0.0, y - 15.0, font_size=12.0, fill=WAYS[one.status])
    why = one.why.value.replace("_", " ")
    said = f"{why}, metre {one.from_m:.0f} to {one.to_m:.0f}, from {one.entered_at:%H:%M:%S}"
    yield svg.text(said, 0.0, y, font_size=11.0, fill=DIM)
