"""The elements of an SVG, as text. Texts are escaped; what XML can't hold is left out."""

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FONT = "system-ui, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
SIMPLER_PX = 0.15
"""Corners that differ by less are one."""


def element(name: str, *inside: str, **attributes: object) -> str:
    """An element; `_` in names of attributes is written `-`."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>"


def text(said: str, x: float, y: float, **attributes: object) -> str:
    """One line of text."""
    return element("text", escape(NO_XML.sub("", said)), x=x, y=y, **attributes)


def title(said: str) -> str:
    """What a browser shows when one points at the element."""
    return element("title", escape(NO_XML.sub("", said)))


def line(points: Sequence[tuple[float, float]], **attributes: object) -> str:
    """A line through points."""
    return element(
        "polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), fill="none", **attributes
    )


def area(shape: BaseGeometry) -> str:
    """The `d` of a path around everything that a shape encloses; empty where that is nothing."""
    simple = shapely.simplify(shape, SIMPLER_PX)
    return "".join(_ring(ring.coords) for polygon in _polygons(simple) for ring in _rings(polygon))


def _polygons(shape: BaseGeometry) -> Iterable[Polygon]:
    parts = shapely.get_parts(shape).tolist()
    for part in parts:
        if isinstance(part, Polygon):
            yield part
        elif hasattr(part, "geoms"):
            yield from _polygons(part)


def _rings(polygon: Polygon) -> Iterable[shapely.LinearRing]:
    if not polygon.is_empty:
        yield polygon.exterior
        yield from polygon.interiors


def _ring(corners: Iterable[Sequence[float]]) -> str:
    return "M" + "L".join(f"{corner[0]:.1f} {corner[1]:.1f}" for corner in list(corners)[:-1]) + "Z"


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
