"""A flight rather than a path: where the vehicle may be grows with time, and what it falls on counts too.

The path is cut where the error has grown by a step, each stage is checked with the error at its end. Zones that protect
people below are asked about within the ground risk buffer, at whatever height they state: what falls passes them all.
"""

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from geofences.altitude import Terrain, UnknownTerrain
from geofences.check import check_path
from geofences.geodesy import bearing_deg, destination, distance_m
from geofences.result import CheckResult, Conflict, Status, Why, joined, overall
from geofences.sora import Margins
from geofences.track import Waypoint, judge_path
from geofences.zone import Held
from geofences.zoneset import ZoneSet

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
    held: Collection[Held] = frozenset(),
    areas: Collection[str] | None = None,
) -> CheckResult:
    """Check a flight: its operational volume against the zones, and its ground risk buffer against those `below`.

    `margins` are those of `geofences.sora`; without them only the uncertainty counts. `below` are the zones that
    nothing may fall on (see `protecting`). Otherwise as `check_path`, whose errors it raises.
    """
    judge_path(path)
    aside, up, buffer_m = (0.0, 0.0, 0.0) if margins is None else _reach(margins)
    found: list[Conflict] = []
    widened = replace(uncertainty, sideways_m=uncertainty.sideways_m + aside)
    for stage in stages(path, widened):
        result = check_path(
            zone_set,
            stage.path,
            terrain,
            margin_m=stage.sideways_m,
            vertical_margin_m=stage.vertical_m + up,
            held=held,
            areas=areas,
        )
        found += (_moved(one, stage.from_m) for one in result.conflicts)
        if below is not None and (below.zones or below.missing):
            fallen_on = check_path(
                below, stage.path, UnknownTerrain(), margin_m=stage.sideways_m + buffer_m, held=held, areas=()
            )
            found += (_moved(_as_ground_risk(one), stage.from_m) for one in fallen_on.conflicts)
    conflicts = joined(found)
    return CheckResult(overall(conflicts), conflicts, zone_set.version)


def protecting(zone_set: ZoneSet, reasons: Collection[str]) -> ZoneSet:
    """The zones that state one of the reasons, such as `POPULATION`, from the ground to the sky. What the set lacks may
    state it too.
    """
    kept = [zone for zone in zone_set.zones if set(zone.reasons) & set(reasons)]
    return ZoneSet(
        (
            replace(zone, volumes=tuple(replace(each, lower=None, upper=None) for each in zone.volumes))
            for zone in kept
        ),
        missing=zone_set.missing,
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


def _reach(margins: Margins) -> tuple[float, float, float]:
    return margins.contingency_m, margins.contingency_up_m, margins.buffer_m


def _moved(conflict: Conflict, by_m: float) -> Conflict:
    return replace(conflict, from_m=conflict.from_m + by_m, to_m=conflict.to_m + by_m)


def _as_ground_risk(conflict: Conflict) -> Conflict:
    """What is blocked below is so because something may fall on it; what was not evaluated stays that."""
    return replace(conflict, why=Why.GROUND_RISK) if conflict.status is Status.BLOCKED else conflict
