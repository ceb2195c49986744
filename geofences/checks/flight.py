"""A flight rather than a path: where the vehicle may be grows with time, and what it falls on counts too.

The path is cut where the error has grown by a step, each stage is checked with the error at its end. Zones that protect
people below are asked about within the ground risk buffer, at whatever height they state: what falls passes them all.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Unpack

from geofences.checks.check import check_by, fallen_on
from geofences.checks.ground import protecting
from geofences.checks.result import CheckResult, Conflict, joined, overall
from geofences.checks.rules import Asked, Rules, rules_of
from geofences.checks.sora import Margins
from geofences.geometry.geodesy import bearing_deg, destination, distance_m
from geofences.geometry.track import Waypoint, judge_path
from geofences.model.altitude import Terrain
from geofences.zones.zoneset import ZoneSet

STEP_M = 5.0
"""A stage lasts until an error has grown by so much. Margins are whole steps, so that flights share maps."""

MOST_STAGES = 400
"""More stages than this are not made: steps are then larger."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far from its path the vehicle may be when the flight begins, and how much farther each second.

    A speed that may be wrong by so much makes it early or late, which is an error of place that grows as fast.
    Raises `ValueError` for negative numbers and for what is none.
    """

    sideways_m: float = 0.0
    vertical_m: float = 0.0
    sideways_mps: float = 0.0
    vertical_mps: float = 0.0

    def __post_init__(self) -> None:
        for value in (self.sideways_m, self.vertical_m, self.sideways_mps, self.vertical_mps):
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"errors and their growth must be numbers of 0 or more, got {self}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a flight: where it begins along it, and the largest errors during it."""

    path: tuple[Waypoint, ...]
    from_m: float
    sideways_m: float
    vertical_m: float


def check_flight(
    zone_set: ZoneSet,
    path: Sequence[Waypoint],
    terrain: Terrain,
    *,
    uncertainty: Uncertainty = Uncertainty(),
    margins: Margins | None = None,
    below: ZoneSet | None = None,
    **asked: Unpack[Asked],
) -> CheckResult:
    """Check a flight: its operational volume against the zones, and its ground risk buffer against those `below`.

    `margins` are those of `geofences.checks.sora`; without them only the uncertainty counts. `below` are the zones that
    nothing may fall on: with margins those of `protecting` with this terrain, unless others are passed; an empty set is
    none. Otherwise as `check_path`, whose errors it raises: `margin_m` and `vertical_margin_m` are kept from wherever
    the vehicle may be, its contingency volume included, and the `ground` reaches from wherever it may be without.
    """
    judge_path(path)
    kept, own = rules_of(**asked), uncertainty
    aside, up, buffer_m = (0.0, 0.0, 0.0) if margins is None else _reach(margins)
    if below is None and margins is not None:
        below = protecting(zone_set, terrain=terrain)
    room = kept.margin_m, kept.vertical_margin_m + up
    widened = replace(own, sideways_m=own.sideways_m + aside)
    first = _widened(kept, room, widened.sideways_m, widened.vertical_m, own.sideways_m)
    found: list[Conflict] = []
    for stage in stages(path, widened):
        rules = _widened(kept, room, stage.sideways_m, stage.vertical_m, stage.sideways_m - aside)
        met = [*check_by(zone_set, stage.path, terrain, rules).conflicts]
        if below is not None and (below.zones or below.missing):
            met += fallen_on(below, stage.path, terrain, rules, stage.sideways_m + buffer_m)
        found += (_moved(one, stage.from_m) for one in met)
    conflicts = joined(found)
    return CheckResult(
        overall(conflicts),
        conflicts,
        zone_set.version,
        terrain.said,
        first,
        grows_mps=(uncertainty.sideways_mps, uncertainty.vertical_mps),
        below_version="" if below is None else below.version,
        below_m=0.0 if below is None else widened.sideways_m + buffer_m,
    )


def stages(path: Sequence[Waypoint], uncertainty: Uncertainty) -> Iterator[Stage]:
    """The parts of a path, each with the errors at its end; sideways they are whole steps where they grow."""
    lasts_s = (path[-1].at - path[0].at).total_seconds()
    beside = _Growing(uncertainty.sideways_m, uncertainty.sideways_mps, lasts_s)
    above = _Growing(uncertainty.vertical_m, uncertainty.vertical_mps, lasts_s)
    marks = sorted({*beside.crossings(), *above.crossings()})
    from_m = 0.0
    for part, (begin_s, end_s) in zip(_cut(path, marks), pairwise((0.0, *marks, lasts_s)), strict=True):
        yield Stage(part, from_m, beside.most(begin_s, end_s), above.most(begin_s, end_s))
        from_m += sum(distance_m(a.lon, a.lat, b.lon, b.lat) for a, b in pairwise(part))


@dataclass(frozen=True, slots=True)
class _Growing:
    """An error that begins at `first` and grows by `growth` a second, for so many seconds."""

    first: float
    growth: float
    lasts_s: float

    @property
    def step(self) -> float:
        """The smallest step, doubled until there are few enough of them."""
        steps = max(1.0, self.growth * self.lasts_s / STEP_M / MOST_STAGES)
        return STEP_M * 2.0 ** math.ceil(math.log2(steps))

    def crossings(self) -> Iterator[float]:
        """The times at which it is a whole number of steps."""
        number = math.floor(self.first / self.step) + 1
        while self.growth > 0.0 and (at_s := (number * self.step - self.first) / self.growth) < self.lasts_s:
            yield at_s
            number += 1

    def most(self, begin_s: float, end_s: float) -> float:
        """The error at the end of a stage, as whole steps where it grows: no crossing lies within a stage."""
        if self.growth == 0.0 or self.lasts_s == 0.0:
            return self.first
        middle = self.first + self.growth * (begin_s + end_s) / 2.0
        return math.ceil(middle / self.step) * self.step


def _cut(path: Sequence[Waypoint], marks: Sequence[float]) -> Iterator[tuple[Waypoint, ...]]:
    """The path in parts that end at some seconds after its beginning; a waypoint there is not passed twice."""
    points = list(path)
    times = [(one.at - path[0].at).total_seconds() for one in points]
    begin = 0
    for mark in marks:
        index = bisect_left(times, mark)
        if times[index] != mark:
            share = (mark - times[index - 1]) / (times[index] - times[index - 1])
            points.insert(index, _between(points[index - 1], points[index], share))
            times.insert(index, mark)
        yield tuple(points[begin : index + 1])
        begin = index
    yield tuple(points[begin:])


def _between(a: Waypoint, b: Waypoint, share: float) -> Waypoint:
    """A point of a leg, along its geodesic."""
    lon, lat = destination(
        a.lon, a.lat, bearing_deg(a.lon, a.lat, b.lon, b.lat), share * distance_m(a.lon, a.lat, b.lon, b.lat)
    )
    alt = a.alt_amsl_m + share * (b.alt_amsl_m - a.alt_amsl_m)
    within_s = a.within_s + share * (b.within_s - a.within_s)
    return Waypoint(lon, lat, alt, a.at + share * (b.at - a.at), within_s)


def _widened(
    rules: Rules, room: tuple[float, float], sideways_m: float, vertical_m: float, astray_m: float
) -> Rules:
    """What a stage is held to, whose vehicle may be so far beside its path and off its height."""
    ground = rules.ground
    if ground is not None:
        ground = replace(ground, reach_m=ground.reach_m + astray_m)
    return replace(
        rules, margin_m=room[0] + sideways_m, vertical_margin_m=room[1] + vertical_m, ground=ground
    )


def _reach(margins: Margins) -> tuple[float, float, float]:
    return margins.contingency_m, margins.contingency_up_m, margins.buffer_m


def _moved(conflict: Conflict, by_m: float) -> Conflict:
    return replace(conflict, from_m=conflict.from_m + by_m, to_m=conflict.to_m + by_m)
