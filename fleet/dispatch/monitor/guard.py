"""Everything that the checks of one mission need, worked out before the first sample comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise

import geofences
from fleet.dispatch.monitor.battery import Energy, during_this_weather, energy_of, is_handed_over, turned_in
from fleet.dispatch.monitor.instead import way_instead
from fleet.dispatch.monitor.remaining import (
    Leg,
    doing_instead,
    legs_ahead,
    path_home,
    travels_of,
    turned,
    way_of,
)
from fleet.dispatch.monitor.restsky import hop_of, rest_sky, unsure, with_elsewhere
from fleet.dispatch.monitor.track import Plane
from fleet.dispatch.monitor.way import Way
from fleet.domain.energy import EnergyTrack
from fleet.domain.evolve import evolve
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.airspace import ask_path
from fleet.feasibility.clearance import Clearance, clearance_at
from fleet.feasibility.context import Context
from fleet.feasibility.slopes import level_metres
from fleet.kinds import kind_of
from fleet.protocol.messages import Telemetry
from fleet.protocol.mission import Drop, Mission, Travel
from fleet.protocol.values import Place, Reason
from geofences import Flight


@dataclass(frozen=True, slots=True)
class Refuge:
    """A place to divert to, and where on the plane it lies."""

    place_id: str
    place: Place
    x: float
    y: float


PLANE_ERROR, SLACK_M = 1.01, 1.0
"""What is added where the monitor's plane (0.6 %, see ``Plane``) meets the exact one of the zones."""


@dataclass(frozen=True)
class Guard:
    """What one mission is held against.

    ``blocked`` is why the rest of its path may not be flown, as of now, and ``weather`` why its type may not be out
    for the rest of its time; ``before`` are the steps before it leaves, ``step_ids`` all. ``keeps`` is what all of
    its ways keep free. ``doubts`` is what its fuel gauge has shown that can't be, ``lost`` which of its packs give
    nothing any more, ``holds`` what meter and gauge say that its battery holds, as a share of what it should, where
    they do not agree, ``meter`` why its meter is not believed. ``turn`` is the way out the other way round, with
    all on board. ``doing`` is the state in which it breaks its trip off (empty: it does not), ``ahead`` what it has
    still to fly, ``instead`` the way that it takes then, with what that takes (none: not known). ``held_soc`` is
    what staying where it was has taken so far, told to hold or at its drop, and lost packs have, as a share of all:
    the way has not; ``dropping_s`` how long it has been at its drop, which is over once it has ``handed_over``.
    ``taken`` is how many times what was predicted its trip had taken when it left it.
    """

    mission_id: str
    asset_id: str
    kind: str
    flies: bool
    plane: Plane
    out: Way | None
    back: Way | None
    keeps: Clearance
    sortie: SortieType
    energy: Energy | None
    refuges: tuple[Refuge, ...]
    home: tuple[float, float]
    blocked: tuple[Reason, ...]
    weather: tuple[Reason, ...]
    before: frozenset[str]
    step_ids: frozenset[str]
    context: Context
    record: MissionRecord
    doing: str
    ahead: tuple[Leg, ...]
    start_soc: float | None
    earlier: Earlier | None = None
    doubts: tuple[Reason, ...] = ()
    lost: tuple[Reason, ...] = ()
    holds: float | None = None
    meter: Reason | None = None
    held_soc: float = 0.0
    turn: Way | None = None
    instead: Way | None = None
    drop_id: str = ""
    handed_over: bool = False
    dropping_s: float = 0.0
    taken: float = 1.0

    @property
    def reach_m(self) -> float:
        """How far beside its legs a zone may be that matters to what is worked out for it."""
        return PLANE_ERROR * self.keeps.widest_m + SLACK_M

    @property
    def ground(self) -> geofences.GroundRisk | None:
        """The same of what it may not fall on."""
        ground = self.keeps.ground
        return None if ground is None else replace(ground, reach_m=self.reach_m)

    @cached_property
    def around(self) -> Flight:
        """Its ways as one path, to see whether a zone may be near; times do not count."""
        nowhen = datetime.min.replace(tzinfo=UTC)
        ways = (way for way in (self.out, self.back) if way is not None)
        points = [geofences.Waypoint(p.lon, p.lat, p.alt_amsl_m, nowhen) for way in ways for p in way.path]
        points += [point for leg in self.ahead for point in leg.path]
        home = geofences.Waypoint(self.plane.lon, self.plane.lat, 0.0, nowhen)
        return Flight((home, *points), self.reach_m)

    def legs(self) -> Iterator[tuple[LonLat, LonLat]]:
        """The straight pieces of its ways."""
        for way in (self.out, self.back):
            if way is not None:
                yield from pairwise((p.lon, p.lat) for p in way.path)
        if self.doing:
            yield from (ends for leg in self.ahead for ends in pairwise((p.lon, p.lat) for p in leg.path))


LonLat = tuple[float, float]

Earlier = tuple[datetime, Telemetry]
"""A sample that came a while before the one that is checked, in the same leg, and when."""


def guard_of(
    record: MissionRecord,
    kind: SortieType,
    context: Context,
    now: datetime,
    sample: Telemetry | None,
    start_soc: float | None,
    brings_back_kg: float = 0.0,
    known: EnergyTrack | None = None,
    doing: str = "",
) -> Guard:
    """The guard of a sortie that is released or under way; ``sample`` is the last word of where it is,
    ``brings_back_kg`` what is on board on its way back that was not to be (see ``aboard.py``), ``known`` what
    was learned of its energy, ``doing`` how it broke its trip off until now."""
    context = context.of(kind)
    mission = record.mission
    kind = kind.at_speed(mission.cruise_mps)
    left = [travel for travel in travels_of(mission) if travel.step_id not in record.ended]
    bare = airspace_guard(record, kind, context, now, sample, doing)
    during = _time_left(left, bare.ahead, now)
    rest = rest_sky(context, kind, during, bare.ahead, left)
    rest = with_elsewhere(rest, context, during, bare.ahead, mission)
    ways = during_this_weather((bare.out, bare.back), record, kind, rest.sky, brings_back_kg)
    carries_kg = (sum(item.weight_kg for item in mission.items), brings_back_kg)
    not_sure = unsure(context, kind, rest, ways, carries_kg, hop_of(context, record, ways))
    energy = energy_of(record, kind, context, ways, rest, not_sure.log_sd, brings_back_kg, known)
    turn = (
        None
        if bare.out is None
        else turned_in(rest.sky, turned(bare.out, bare.plane, _rise(mission, kind)), record, kind)
    )
    return evolve(
        bare,
        out=ways[0],
        back=ways[1],
        turn=turn,
        instead=way_instead(record, kind, _way_ahead(bare, sample, now), bare.doing, bare.plane, energy),
        energy=energy,
        weather=(*rest.reasons, *not_sure.reasons),
        start_soc=start_soc,
    )


def airspace_guard(
    record: MissionRecord,
    kind: SortieType,
    context: Context,
    now: datetime,
    sample: Telemetry | None,
    doing: str = "",
) -> Guard:
    """Its side that zones have to do with: enough to tell what is done about a zone, and made in a quarter of the
    time.
    """
    context = context.of(kind)
    mission = record.mission
    kind = kind.at_speed(mission.cruise_mps)
    plane = Plane.at(mission.home)
    flies = kind_of(kind.kind).needs_airspace
    out, back = _ways(mission, travels_of(mission), plane, kind)
    ahead = tuple(legs_ahead(record, kind, sample, now, doing)) if flies else ()
    return Guard(
        mission_id=mission.mission_id,
        asset_id=mission.asset_id,
        kind=kind.kind,
        flies=flies,
        plane=plane,
        out=out,
        back=back,
        keeps=mission_clearance(context, kind, mission),
        sortie=kind,
        energy=None,
        weather=(),
        before=_steps_before(mission),
        step_ids=frozenset(step.step_id for step in mission.steps),
        refuges=tuple(
            Refuge(a.place_id, a.place, *plane.xy(a.place.lon, a.place.lat)) for a in mission.alternates
        ),
        home=plane.xy(mission.home.lon, mission.home.lat),
        blocked=_blocked(ahead, kind, context),
        context=context,
        record=record,
        doing=doing_instead(record, sample, doing),
        ahead=ahead,
        start_soc=None,
        handed_over=is_handed_over(record),
        drop_id=next((step.step_id for step in mission.steps if isinstance(step, Drop)), ""),
    )


def redirected(guard: Guard, sample: Telemetry, now: datetime) -> Guard:
    """The guard of one that has begun or ceased to break its trip off: another way is ahead of it."""
    ahead = tuple(legs_ahead(guard.record, guard.sortie, sample, now, guard.doing)) if guard.flies else ()
    doing = doing_instead(guard.record, sample, guard.doing)
    guard = evolve(
        guard, doing=doing, ahead=ahead, blocked=_blocked(ahead, guard.sortie, guard.context), instead=None
    )
    way = _way_ahead(guard, sample, now)
    return evolve(
        guard, instead=way_instead(guard.record, guard.sortie, way, doing, guard.plane, guard.energy)
    )


def _way_ahead(guard: Guard, sample: Telemetry | None, now: datetime) -> Sequence[geofences.Waypoint]:
    """The way of one that breaks its trip off; of one on the ground nothing else asks for it, since no zone does."""
    if not guard.doing or sample is None:
        return ()
    if guard.flies:
        return guard.ahead[0].path if guard.ahead else ()
    off = sample if sample.state == guard.doing else sample.model_copy(update={"state": guard.doing})
    return path_home(guard.record, guard.sortie, off, now)


OFF_TIME_SHARE = 0.5
"""An aircraft is off its time when it differs by more than so much of the fleet's margin of time around zones."""


def is_off_time(guard: Guard, sample: Telemetry, now: datetime) -> bool:
    """Whether what is ahead of it will be over at another time than its guard was worked out for: it holds, or the wind
    is another one.
    """
    ahead = tuple(legs_ahead(guard.record, guard.sortie, sample, now, guard.doing))
    if not (ahead and guard.ahead):
        return bool(ahead) != bool(guard.ahead)
    off_s = abs((ahead[-1].path[-1].at - guard.ahead[-1].path[-1].at).total_seconds())
    return off_s > OFF_TIME_SHARE * guard.context.fleet.zone_time_margin_s


def mission_clearance(context: Context, kind: SortieType, mission: Mission) -> Clearance:
    """What is kept free around all legs of a mission."""
    points = [point for travel in travels_of(mission) for point in travel.path]
    places = [(mission.home.lon, mission.home.lat), *((point.lon, point.lat) for point in points)]
    highest = max((point.alt_amsl_m for point in points), default=0.0)
    return clearance_at(context, kind, highest, places)


def _blocked(legs: Iterable[Leg], kind: SortieType, context: Context) -> tuple[Reason, ...]:
    """What stands in the way of the steps that are not over, at the times at which they will be flown."""
    reasons: list[Reason] = []
    for leg in legs:
        reasons += ask_path(context, kind, leg.path, f"the way {leg.step_id}").reasons
    return tuple(reasons)


def _ways(
    mission: Mission, travels: list[Travel], plane: Plane, kind: SortieType
) -> tuple[Way | None, Way | None]:
    planned = mission.energy_wh or 0.0
    to_drop = mission.energy_to_drop_wh if mission.energy_to_drop_wh is not None else planned / 2
    rise = _rise(mission, kind)
    shares = (to_drop, planned - to_drop)
    found = [way_of(t, plane, e, rise) for t, e in zip(travels, shares, strict=False)]
    return (found[0] if found else None), (found[1] if len(found) > 1 else None)


def _rise(mission: Mission, kind: SortieType) -> float:
    """How many level metres a metre of rise is worth with all on board; 0 in the air."""
    return level_metres(kind, sum(item.weight_kg for item in mission.items))


def _time_left(left: list[Travel], ahead: tuple[Leg, ...], now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when it is still out on the legs that are left, by their planned times, and as late as it is by
    now; none once it is back."""
    if not left:
        return None
    start = max(now, left[0].path[0].at or now)
    ends = [leg.path[-1].at for leg in ahead]
    return start, max([start, left[-1].path[-1].at or start, *ends])


def _steps_before(mission: Mission) -> frozenset[str]:
    first = next((n for n, s in enumerate(mission.steps) if isinstance(s, Travel)), 0)
    return frozenset(s.step_id for s in mission.steps[:first])
