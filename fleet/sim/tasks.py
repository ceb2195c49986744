"""What a vehicle does one after the other: moving, waiting, doing. Each can be cut short and taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fleet.sim.geo import Point


@dataclass(frozen=True, slots=True)
class Move:
    """Through these points, one after the other, at the vehicle's own speed."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drive:
    """To a point in a time that is given, over so many metres of street."""

    to: Point
    seconds: float
    metres: float


@dataclass(frozen=True, slots=True)
class Wait:
    """On the spot, for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """On the spot, up to a moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Do:
    """At once."""

    run: Callable[[], None]


Task = Move | Drive | Wait | Until | Do
"""Anything that a vehicle can have before it."""
