"""Where to land from each part of a path: the nearest site to which there is a clear way, straight or around zones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import Unpack

from geofences.checks.check import check_path
from geofences.checks.result import Conflict
from geofences.checks.rules import Asked, rules_of
from geofences.errors import PathError
from geofences.geometry.track import Waypoint, judge_path
from geofences.landings.diversions import Diverting, Part
from geofences.landings.sites import Found, LandingSite, SiteSearch, parts_of
from geofences.model.altitude import Terrain
from geofences.model.spans import NOWHERE, Span, Spans, difference, intersection, union
from geofences.model.zone import Position
from geofences.zones.overlap import WHOLE
from geofences.zones.zoneset import ZoneSet

FARTHEST_M = 15_000.0
"""Sites that are farther away do not fit on one plane together with the ways around."""


class NoSiteWhy(StrEnum):
    """Why there is no site."""

    TOO_FAR = "too_far"
    """None lies within the range."""
    NO_CLEAR_WAY = "no_clear_way"
    """To none within the range a clear way was found."""
    PATH_NOT_CLEAR = "path_not_clear"
    """The path itself is in a zone there, or may be."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LandingStretch:
    """A part of a path, in metres along it and in time, and the site to land at from anywhere on it; or why there is
    none, and the zones that stand in the way.

    The way leads straight to each point of `via`, and from the last to the site; it is `least_m` to `most_m` long.
    """

    from_m: float
    to_m: float
    from_at: datetime
    to_at: datetime
    site_id: str | None
    via: tuple[Position, ...] = ()
    least_m: float | None = None
    most_m: float | None = None
    why: NoSiteWhy | None = None
    zones: tuple[str, ...] = ()


def landing_sites(
    zone_set: ZoneSet,
    path: Sequence[Waypoint],
    sites: Sequence[LandingSite],
    terrain: Terrain,
    flying: Diverting,
    stop: Callable[[], bool],
    *,
    tolerance_m: float = 2.0,
    most_around: int = 4,
    **asked: Unpack[Asked],
) -> tuple[LandingStretch, ...]:
    """The stretches of a path with the site that is nearest by a clear way: level at the path's height, leaving when
    the path is there; straight where that is clear, else around zones; then straight down.

    A way counts as clear if it is at each time at which it may be flown, at any speed of `flying`, from every point of
    the stretch: that is proved, not sampled. Where one site takes over from another, or a way begins or ends to be
    clear, is found to `tolerance_m`, on the side of caution; sites whose ways differ by less are equally near. Ways
    around are sought from points 250 m apart to the `most_around` nearest sites that may be nearer than one with a
    straight way, so that one may be 250 m and 1 % longer than the shortest. `stop` is asked before each stretch, and by
    each search. Raises `PathError` for a path or a site that cannot be checked, `ValueError` for other bad input.
    """
    judge_path(path)
    _judge(sites, flying, tolerance_m, most_around)
    rules = rules_of(**asked)
    search = SiteSearch(zone_set, tuple(sites), terrain, rules, flying, stop, tolerance_m, most_around)
    own = check_path(zone_set, path, terrain, **asked)
    found: list[LandingStretch] = []
    for part in parts_of(path, rules.time_margin_s):
        met = [(each, _within(part, each)) for each in own.conflicts]
        inside = union(*(spans for _, spans in met))
        found += [_inside(part, each, met) for each in inside]
        for low, high in difference(WHOLE, inside):
            free = part.between(low, high)
            found += _told(free, search.look(free), sites)
    return tuple(_joined(found))


def _judge(sites: Sequence[LandingSite], flying: Diverting, tolerance_m: float, most_around: int) -> None:
    if not 0.0 < flying.slowest_mps <= flying.fastest_mps < math.inf:
        raise ValueError(f"speeds must be above 0, the slowest first, got {flying}")
    if not (0.0 < flying.range_m <= FARTHEST_M and 0.0 < flying.descent_mps < math.inf):
        raise ValueError(f"range_m must be above 0 to {FARTHEST_M:g}, descent_mps above 0, got {flying}")
    if not 0.1 <= tolerance_m <= 1_000.0 or most_around < 0:
        raise ValueError(
            f"tolerance_m must be 0.1 to 1000, most_around not below 0: {tolerance_m}, {most_around}"
        )
    seen: set[str] = set()
    for site in sites:
        if not (abs(site.lon) <= 180.0 and abs(site.lat) <= 90.0):
            where = f"{site.lon}, {site.lat}"
            raise PathError(f"site {site.site_id!r} is off the globe (longitude, latitude): {where}")
        if site.ground_amsl_m is not None and not math.isfinite(site.ground_amsl_m):
            raise PathError(f"site {site.site_id!r} has a height that is no number: {site.ground_amsl_m}")
        if site.site_id in seen:
            raise ValueError(f"two landing sites are called {site.site_id!r}")
        seen.add(site.site_id)


def _told(part: Part, found: Found, sites: Sequence[LandingSite]) -> Iterator[LandingStretch]:
    for one in found.chosen:
        whole = _stretch(part, (one.low, one.high))
        if one.way is not None:
            lengths = one.way.lengths_m(one.low, one.high)
            site = sites[one.way.site].site_id
            yield replace(whole, site_id=site, via=one.way.via, least_m=lengths.low, most_m=lengths.high)
        elif one.stopped:
            yield replace(whole, why=NoSiteWhy.STOPPED)
        elif one.from_zone:
            yield replace(whole, why=NoSiteWhy.PATH_NOT_CLEAR, zones=tuple(sorted(found.own)))
        else:
            near = [way for way in one.missed if way.lengths_m(one.low, one.high).high <= found.range_m]
            zones = set(found.met).union(*(way.met for way in near)) if near else set()
            why = NoSiteWhy.NO_CLEAR_WAY if near else NoSiteWhy.TOO_FAR
            yield replace(whole, why=why, zones=tuple(sorted(zones)))


def _inside(part: Part, span: Span, met: Sequence[tuple[Conflict, Spans]]) -> LandingStretch:
    """Where the path itself is not clear."""
    zones = {conflict.zone_id for conflict, spans in met if intersection(spans, (span,))}
    return replace(_stretch(part, span), why=NoSiteWhy.PATH_NOT_CLEAR, zones=tuple(sorted(zones)))


def _within(part: Part, conflict: Conflict) -> Spans:
    """Where in a part a conflict of the path is, as fractions; by its times where the path stands."""
    begin, end = (conflict.from_m, conflict.to_m), (conflict.entered_at, conflict.left_at)
    for (low, high), (first, last) in (
        (part.along, begin),
        (part.times, (end[0].timestamp(), end[1].timestamp())),
    ):
        if last < low or first > high:
            return NOWHERE
        if high > low:
            return ((max(0.0, (first - low) / (high - low)), min(1.0, (last - low) / (high - low))),)
    return WHOLE


def _stretch(part: Part, span: Span) -> LandingStretch:
    (begin, end), times = part.along, part.times_between(*span)
    along = [begin + (end - begin) * each for each in span]
    return LandingStretch(along[0], along[1], _moment(times.low), _moment(times.high), None)


def _moment(time_s: float) -> datetime:
    return datetime.fromtimestamp(time_s, UTC)


def _joined(stretches: Iterable[LandingStretch]) -> Iterator[LandingStretch]:
    """Neighbours with the same answer as one, in the order of the path."""
    ordered = sorted(stretches, key=lambda one: (one.from_at, one.from_m, one.to_at, one.to_m))
    for _, group in groupby(ordered, key=lambda one: (one.site_id, one.via, one.why)):
        first, *others = group
        last = others[-1] if others else first
        every = [first, *others]
        yield replace(
            first,
            to_m=last.to_m,
            to_at=last.to_at,
            least_m=min((one.least_m for one in every if one.least_m is not None), default=None),
            most_m=max((one.most_m for one in every if one.most_m is not None), default=None),
            zones=tuple(sorted({zone for one in every for zone in one.zones})),
        )
