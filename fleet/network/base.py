"""What planners ask of a street network: time and distance between two points, and a path to draw or drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from fleet.protocol.values import Place

Profile = Literal["drive", "walk", "roll"]
"""How one goes: in a van, on foot as recipients do, or on a sidewalk robot's wheels, which take no steps."""

FASTEST_MPS = 130 / 3.6
"""Nobody gets ahead faster as the crow flies: four fifths of 160 km/h, the highest limit on any road (Abu Dhabi,
2025), rounded up; vans are counted at four fifths of what is allowed."""

BARRED: frozenset[Profile] = frozenset({"drive", "roll"})
"""Who is kept out of closed streets; people on foot pass."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A way from one point to another: distance in metres, duration in seconds (without stops).

    What costs energy besides is none where the network does not know it: the sums of all climbs and of all descents in
    metres, how often one stops on the way, and how many metres lead over which surface.
    """

    distance_m: float
    duration_s: float
    climb_m: float | None = None
    descent_m: float | None = None
    stops: float | None = None
    surfaces_m: tuple[tuple[str, float], ...] | None = None

    def reversed(self) -> Leg:
        """The same way back."""
        return replace(self, climb_m=self.descent_m, descent_m=self.climb_m)


@dataclass(frozen=True, slots=True)
class Legs:
    """Ways from ``starts[i]`` to ``ends[i]``: distances and durations (inf where there is no way)."""

    distance_m: NDArray[np.float64]
    duration_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Many-to-many legs: ``distance_m[i, j]`` and ``duration_s[i, j]`` (inf where there is no way)."""

    distance_m: NDArray[np.float64]
    duration_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gap:
    """Why there is no way between two points.

    ``off_streets``: a point (the ``end``, or else the start) lies ``away_m`` from the nearest street, more than the
    ``limit_m`` up to which it counts as being at that street; whether there is a way is not known. ``no_way``: both are
    at streets, and none leads from the one to the other. ``closed``: none does since streets are closed at ``part``,
    the first point of a closed part's border.
    """

    cause: Literal["off_streets", "no_way", "closed"]
    away_m: float | None = None
    limit_m: float | None = None
    end: bool = True
    part: Place | None = None


class Network(Protocol):
    """A source of travel times. ``assumption`` names what it rests on, for the plan's list.

    A distance is never shorter than the straight line between the two points, and a duration never shorter than that
    line at ``FASTEST_MPS``.
    """

    @property
    def assumption(self) -> str | None:
        """What the answers rest on."""

    @property
    def version(self) -> str | None:
        """A name of the data that the answers come from, another for other data; none where there are none."""

    @property
    def credit(self) -> str | None:
        """Whose data the answers come from, to be shown with what is drawn of them; none where nobody asks for that."""

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg | None:
        """The way between two points; none where there is none."""

    def legs(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Legs:
        """The ways between two points each, pair by pair."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """The ways from each of some points to each of others."""

    def matrix(self, points: Sequence[Place], profile: Profile) -> Matrix:
        """All ways between the points."""

    def gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:
        """Why there is no way between two points; none where there is one."""

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...] | None:
        """The way's shape, from ``start`` to ``end``; none where there is none."""
