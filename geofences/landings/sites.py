"""The ways from one part of a path after the other to landing sites, the nearest first: straight, and around zones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

import numpy as np

from geofences.checks.rules import Rules
from geofences.geometry.geodesy import EARTH, densify
from geofences.geometry.planar import Cell
from geofences.geometry.track import Waypoint
from geofences.landings.diversions import (
    Beginning,
    Chosen,
    Diverting,
    Part,
    Way,
    choose,
    ends_on,
    on_plane,
)
from geofences.landings.swept import Air
from geofences.model.altitude import Box, Interval, Terrain
from geofences.model.told import ground_in
from geofences.model.zone import Position
from geofences.paths.around import middle_cell, path_around
from geofences.paths.search import NoPath
from geofences.zones.zoneset import ZoneSet

LONGEST_PART_M = 250.0
"""A path is looked at in parts so long at most; ways around are sought from their ends."""

FIRST_SITES = 4
"""So many of the nearest sites are looked at first; twice as many each time that these do not settle a part."""

DEEPEST_M = -500.0
"""No ground is lower, AMSL: so far down is looked at where the height of a site is not known."""


@dataclass(frozen=True, slots=True)
class LandingSite:
    """A place where a vehicle may land. Without a height it is the terrain's; whether it is open, and for how many, is
    the caller's to know.
    """

    site_id: str
    lon: float
    lat: float
    ground_amsl_m: float | None = None


def parts_of(path: Sequence[Waypoint], margin_s: float) -> list[Part]:
    """A path in straight parts; one waypoint alone is a path that stands still. All its times may be wrong by a margin,
    besides what it says of them.
    """
    points = list(path) if len(path) > 1 else [path[0], path[0]]
    lonlat = np.array([(one.lon, one.lat) for one in points], dtype=np.float64)
    pieces = densify(lonlat[:-1], lonlat[1:], LONGEST_PART_M)
    reached = np.concatenate(([0.0], np.cumsum(pieces.leg_m)))
    columns = (pieces.leg, pieces.u0, pieces.u1, pieces.start, pieces.end)
    parts = []
    for number, low, high, start, end in zip(*(each.tolist() for each in columns), strict=True):
        leg = points[number], points[number + 1]
        alts = [leg[0].alt_amsl_m + (leg[1].alt_amsl_m - leg[0].alt_amsl_m) * each for each in (low, high)]
        begin, lasts = leg[0].at.timestamp(), leg[1].at.timestamp() - leg[0].at.timestamp()
        along = [float(reached[number] + pieces.leg_m[number] * each) for each in (low, high)]
        times = Interval(begin + lasts * low, begin + lasts * high)
        within_s = margin_s + max(leg[0].within_s, leg[1].within_s)
        parts.append(Part(Interval(*along), (alts[0], alts[1]), times, (tuple(start), tuple(end)), within_s))
    return parts


@dataclass(frozen=True, eq=False)
class Found:
    """What was found from one part: the ways that are taken, and the zones that searches for others have met."""

    chosen: list[Chosen]
    range_m: float
    met: frozenset[str]
    own: frozenset[str]
    """The zones that the part itself comes too near to, at its ends."""


class SiteSearch:
    """Looks at one part of a path after the other."""

    def __init__(
        self,
        zone_set: ZoneSet,
        sites: tuple[LandingSite, ...],
        terrain: Terrain,
        rules: Rules,
        flying: Diverting,
        stop: Callable[[], bool],
        tolerance_m: float,
        most_around: int,
    ) -> None:
        self._zones, self._sites, self._terrain, self._rules = zone_set, sites, terrain, rules
        self._flying, self._stop = flying, stop
        self._tolerance_m, self._most_around = tolerance_m, most_around
        self._places = np.array([(one.lon, one.lat) for one in sites], dtype=np.float64).reshape(-1, 2)
        self._air: dict[Cell, Air] = {}
        self._around: dict[tuple[object, ...], list[Position] | NoPath] = {}

    def look(self, part: Part) -> Found:
        """The shortest clear ways from all of a part."""
        numbers, away_m = self._in_range(part)
        half_m = (part.along.high - part.along.low) / 2.0
        count = min(FIRST_SITES, len(numbers))
        ways = self._straight(part, numbers[:count])
        air = self._air_between(*part.places)
        own = Beginning(air, ends_on(air, part))
        while True:
            chosen = choose(part, own, ways, self._flying, self._tolerance_m, self._stop)
            longest_m = max((_longest_m(each) for each in chosen), default=math.inf)
            if count == len(numbers) or away_m[count] - half_m > longest_m or self._stop():
                break
            more = min(2 * count, len(numbers))
            ways += self._straight(part, numbers[count:more])
            count = more
        return self._with_detours(part, own, ways, chosen)

    def _in_range(self, part: Part) -> tuple[list[int], list[float]]:
        """The sites within range of a part, the nearest to its middle first, and how far they are from there."""
        if not len(self._places):
            return [], []
        (lon, lat), (to_lon, to_lat) = part.places
        middle = lon + ((to_lon - lon + 180.0) % 360.0 - 180.0) / 2.0, (lat + to_lat) / 2.0
        reach_m = self._flying.range_m + part.along.high - part.along.low
        near = np.flatnonzero(np.abs(self._places[:, 1] - middle[1]) <= reach_m / 110_000.0)
        there = self._places[near]
        here = np.broadcast_to(middle, there.shape)
        away_m = np.asarray(EARTH.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])[2])
        order = np.argsort(away_m, kind="stable")
        order = order[away_m[order] <= reach_m]
        return near[order].tolist(), away_m[order].tolist()

    def _straight(self, part: Part, numbers: Sequence[int]) -> list[Way]:
        """The straight ways to some sites, drawn on each plane at once."""
        by_air: dict[Air, list[int]] = {}
        for number in numbers:
            by_air.setdefault(self._air_to(part, number), []).append(number)
        made: dict[int, Way] = {}
        for air, members in by_air.items():
            ends, gates = ends_on(air, part), on_plane(air, self._places[members])
            for number, gate in zip(members, gates, strict=True):
                ground = self._ground(self._sites[number])
                made[number] = Way(number, air, ends, (gate,), (), ground)
        return [made[number] for number in numbers]

    def _way(self, part: Part, number: int, points: Sequence[Position], via: tuple[Position, ...]) -> Way:
        air = self._air_to(part, number)
        return Way(
            number, air, ends_on(air, part), on_plane(air, points), via, self._ground(self._sites[number])
        )

    def _air_to(self, part: Part, number: int) -> Air:
        site = self._sites[number]
        return self._air_between(part.places[0], (site.lon, site.lat))

    def _air_between(self, a: Position, b: Position) -> Air:
        cell = middle_cell(a, b)
        found = self._air.get(cell)
        if found is None:
            found = self._air[cell] = Air(self._zones, cell, self._terrain, self._rules)
        return found

    def _ground(self, site: LandingSite) -> Interval:
        if site.ground_amsl_m is not None:
            return Interval(site.ground_amsl_m, site.ground_amsl_m)
        known = ground_in(self._terrain, Box(site.lon, site.lat, site.lon, site.lat))
        return known if math.isfinite(known.low) else Interval(DEEPEST_M, known.high)

    # Ways around

    def _with_detours(self, part: Part, own: Beginning, ways: list[Way], chosen: list[Chosen]) -> Found:
        """The same with ways around to sites that would be nearer than what was chosen."""
        limit_m = max((_longest_m(each) for each in chosen), default=0.0)
        wanted = {way.site: way for each in chosen for way in each.missed}
        nearest = sorted(wanted.values(), key=lambda way: way.lengths_m(0.0, 1.0).low)
        open_ = (way for way in nearest if not self._is_shut(part, way))
        more: list[Way] = []
        met: set[str] = set()
        for way in islice(open_, self._most_around):
            if way.lengths_m(0.0, 1.0).low > limit_m or self._stop():
                break
            for end in (0, 1):
                found = self._path_around(part, end, self._sites[way.site])
                if isinstance(found, NoPath):
                    met.update(found.zones)
                else:
                    more += self._gates(part, way.site, found)
            limit_m = min(limit_m, *(each.lengths_m(0.0, 1.0).high for each in more), math.inf)
        if more:
            chosen = choose(part, own, [*ways, *more], self._flying, self._tolerance_m, self._stop)
        return Found(chosen, self._flying.range_m, frozenset(met), frozenset(own.met))

    def _is_shut(self, part: Part, way: Way) -> bool:
        """Whether nothing can come down at a site, from any height of a part at any time that it may be there."""
        heights = part.heights(0.0, 1.0)
        bottom = min(way.ground.low, heights.low)
        longest_s = self._flying.range_m / self._flying.slowest_mps
        lasts_s = (heights.high - bottom) / self._flying.descent_mps
        leave = part.when(0.0, 1.0)
        there = Interval(leave.low, leave.high + longest_s + lasts_s)
        return way.ground.low > heights.high or way.is_shut(bottom, heights, there)

    def _path_around(self, part: Part, end: int, site: LandingSite) -> list[Position] | NoPath:
        key = (part.places[end], part.alts[end], part.times[end], site.site_id)
        found = self._around.get(key)
        if found is None:
            found = self._around[key] = self._search(part, end, site)
        return found

    def _search(self, part: Part, end: int, site: LandingSite) -> list[Position] | NoPath:
        flown_s = self._flying.range_m / self._flying.slowest_mps
        rules = self._rules
        at_s = part.times[end]
        return path_around(
            self._zones,
            part.places[end],
            (site.lon, site.lat),
            part.alts[end],
            datetime.fromtimestamp(at_s - part.within_s, UTC),
            # A hair more, so that corners do not touch what is drawn around a rounded margin.
            _hair_more(rules.margin_m),
            self._terrain,
            self._stop,
            until=datetime.fromtimestamp(at_s + part.within_s + flown_s, UTC),
            vertical_margin_m=rules.vertical_margin_m,
            held=rules.held,
            areas=rules.areas,
            ground=None
            if rules.ground is None
            else replace(rules.ground, reach_m=_hair_more(rules.ground.reach_m)),
        )

    def _gates(self, part: Part, number: int, found: list[Position]) -> Iterator[Way]:
        """Ways that join one that was found: at its first corner, or by flying along the path to where it begins."""
        if len(found) > 2:
            yield self._way(part, number, found[1:], tuple(found[1:-1]))
        yield self._way(part, number, found, tuple(found[:-1]))


def _hair_more(margin_m: float) -> float:
    return min(10_000.0, margin_m * 1.002 + 0.5)


def _longest_m(chosen: Chosen) -> float:
    """How long the way is at most that is taken; endless where more sites may be of use."""
    if chosen.from_zone:
        return 0.0
    return math.inf if chosen.way is None else chosen.way.lengths_m(chosen.low, chosen.high).high
