"""Charts as SVG text: points and lines over two axes, the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 50
LEGEND = 200
TICKS = 6
"""About so many on an axis."""
COLOURS = ("#1f6feb", "#d1580f", "#2da44e", "#8250df", "#57606a")


class Series(NamedTuple):
    """Points of one kind, or a line through them."""

    name: str
    points: Sequence[tuple[float, float]]
    line: bool = False


class Axis(NamedTuple):
    """What an axis says, and from where to where it leads."""

    label: str
    low: float
    high: float


def chart(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """The text of an SVG file. Points outside the axes are left out. Raises ``ValueError`` for an axis without
    length."""
    for axis in (x, y):
        if not axis.low < axis.high < math.inf:
            raise ValueError(f"axis {axis.label}: must lead from a lower to a higher number")
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="{escape(title, quote=True)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(WIDTH / 2, 22, title, 'text-anchor="middle" font-size="14"'),
        *_grid(x, y),
    ]
    for number, one in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        lines += [
            *(_line(x, y, one, colour) if one.line else _dots(x, y, one, colour)),
            *_legend(number, series),
        ]
    return "\n".join([*lines, "</svg>", ""])


def ticks(axis: Axis) -> list[float]:
    """Round numbers along an axis: 1, 2 or 5 times a power of ten apart."""
    rough = (axis.high - axis.low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = math.ceil(axis.low / step - 1e-9)
    last = math.floor(axis.high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _at(axis: Axis, value: float) -> float:
    return (value - axis.low) / (axis.high - axis.low)


def _x(axis: Axis, value: float) -> float:
    return LEFT + _at(axis, value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - _at(axis, value) * (HEIGHT - TOP - BOTTOM)


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    floor, ceiling = HEIGHT - BOTTOM, TOP
    for value in ticks(x):
        at = _x(x, value)
        yield f'<path d="M{at:.1f} {floor}V{ceiling}" stroke="#d0d7de"/>'
        yield _text(at, floor + 18, f"{value:g}", 'text-anchor="middle"')
    for value in ticks(y):
        at = _y(y, value)
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#d0d7de"/>'
        yield _text(LEFT - 6, at + 4, f"{value:g}", 'text-anchor="end"')
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x.label, 'text-anchor="middle"')
    turned = f'text-anchor="middle" transform="rotate(-90 16 {HEIGHT / 2:.0f})"'
    yield _text(16, HEIGHT / 2, y.label, turned)


def _inside(x: Axis, y: Axis, series: Series) -> list[tuple[float, float]]:
    return [(a, b) for a, b in series.points if x.low <= a <= x.high and y.low <= b <= y.high]


def _dots(x: Axis, y: Axis, series: Series, colour: str) -> Iterator[str]:
    for a, b in _inside(x, y, series):
        yield f'<circle cx="{_x(x, a):.1f}" cy="{_y(y, b):.1f}" r="3" fill="{colour}" fill-opacity="0.7"/>'


def _line(x: Axis, y: Axis, series: Series, colour: str) -> Iterator[str]:
    points = " ".join(f"{_x(x, a):.1f},{_y(y, b):.1f}" for a, b in _inside(x, y, series))
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _legend(number: int, series: Sequence[Series]) -> Iterator[str]:
    """Below on the right, where neither flights along a diagonal nor shares that rise early are."""
    at = HEIGHT - BOTTOM - 12 - 16 * (len(series) - 1 - number)
    x = WIDTH - RIGHT - LEGEND
    yield f'<rect x="{x}" y="{at - 9}" width="10" height="10" fill="{COLOURS[number % len(COLOURS)]}"/>'
    yield _text(x + 16, at, series[number].name, "")


def _text(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'.replace(" >", ">")
