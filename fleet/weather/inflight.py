"""The wind that an aircraft shows by how it moves: over ground, through the air, and where its nose points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

AIRSPEED_MPS: Final = 0.5
HEADING_DEG: Final = 3.0
GROUND_MPS: Final = 0.2
"""Standard deviations of an airspeed, a heading and a velocity over ground (assumptions: what makers state for
multirotors). They stay the same from sample to sample, so no number of samples makes them smaller."""

FEWEST: Final = 5
"""Samples below which nothing is said."""

MOST_SD_MPS: Final = 2.0
"""A wind that is no better known than that is not known."""

CERTAIN: Final = 2.0
"""A wind counts as stronger than another by so many of its standard deviations."""


class Motion(NamedTuple):
    """How an aircraft moves at a moment: velocity over ground, where its nose points, and its airspeed where it
    measures that. Angles in degrees from true north."""

    track_deg: float
    ground_mps: float
    heading_deg: float
    airspeed_mps: float | None = None


class Shown(NamedTuple):
    """A wind, where it comes from, and the standard deviation of its strength."""

    wind_mps: float
    wind_from_deg: float
    sd_mps: float


def wind_shown(motions: Sequence[Motion]) -> Shown | None:
    """The wind in which an aircraft has moved so; none where that can't be said well enough.

    With an airspeed the wind is what is left of the velocity over ground: the mean of all samples. Without one the
    airspeed is taken as the same in all, and found with the wind: by the least squares of ground velocity = airspeed
    times nose + wind. That needs several headings: on one alone a tailwind and a fast aircraft look alike.
    """
    if len(motions) < FEWEST:
        return None
    with_air = [one for one in motions if one.airspeed_mps is not None]
    found = _by_airspeed(with_air) if len(with_air) == len(motions) else _by_headings(motions)
    if found is None:
        return None
    east, north, sd_mps = found
    if not sd_mps <= MOST_SD_MPS:
        return None
    return Shown(math.hypot(east, north), math.degrees(math.atan2(-east, -north)) % 360.0, sd_mps)


Found = tuple[float, float, float]
"""The air's movement to the east and to the north, and its standard deviation, in m/s."""


def _by_airspeed(motions: Sequence[Motion]) -> Found:
    winds = [_minus(_ground(one), _along(one.heading_deg, one.airspeed_mps or 0.0)) for one in motions]
    count = len(winds)
    east, north = (math.fsum(axis) / count for axis in zip(*winds, strict=True))
    scatter = math.fsum((e - east) ** 2 + (n - north) ** 2 for e, n in winds) / (2 * count - 2)
    fastest = max(one.airspeed_mps or 0.0 for one in motions)
    steady = math.hypot(AIRSPEED_MPS, fastest * math.radians(HEADING_DEG), GROUND_MPS)
    return east, north, math.sqrt(steady**2 + scatter / count)


def _by_headings(motions: Sequence[Motion]) -> Found | None:
    """The normal equations are solved by hand. With the headings' mean resultant length R (0: all round, 1: all the
    same) the wind's largest standard deviation is that of a sample over sqrt(n (1 - R^2))."""
    count = len(motions)
    noses, grounds = [_along(one.heading_deg, 1.0) for one in motions], [_ground(one) for one in motions]
    nose = [math.fsum(axis) / count for axis in zip(*noses, strict=True)]
    ground = [math.fsum(axis) / count for axis in zip(*grounds, strict=True)]
    spread = 1.0 - nose[0] ** 2 - nose[1] ** 2
    if spread < 1e-6:
        return None
    ahead = math.fsum(n[0] * g[0] + n[1] * g[1] for n, g in zip(noses, grounds, strict=True)) / count
    airspeed = (ahead - nose[0] * ground[0] - nose[1] * ground[1]) / spread
    if airspeed <= 0:
        return None
    east, north = ground[0] - airspeed * nose[0], ground[1] - airspeed * nose[1]
    left = math.fsum(
        (g[0] - airspeed * n[0] - east) ** 2 + (g[1] - airspeed * n[1] - north) ** 2
        for n, g in zip(noses, grounds, strict=True)
    )
    sample = max(left / (2 * count - 3), GROUND_MPS**2 + (airspeed * math.radians(HEADING_DEG)) ** 2)
    return east, north, math.sqrt(sample / (count * spread) + GROUND_MPS**2)


def _ground(one: Motion) -> tuple[float, float]:
    return _along(one.track_deg, one.ground_mps)


def _along(angle_deg: float, mps: float) -> tuple[float, float]:
    angle = math.radians(angle_deg)
    return mps * math.sin(angle), mps * math.cos(angle)


def _minus(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] - other[0], one[1] - other[1]
