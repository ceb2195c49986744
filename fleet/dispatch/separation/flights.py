"""What an aircraft still means to do in the air, as an operational intent (ASTM F3548): the rest of its mission from
where it is, or of whatever it does instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from fleet.domain.fleet import Separation, SortieType
from fleet.domain.state import OVER, MissionRecord
from fleet.feasibility.unplanned import Spot, straight_on
from fleet.kinds import ByItself, kind_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Telemetry
from fleet.protocol.mission import Drop, Mission, Travel
from geofences import Intent, IntentState, Room, Waypoint
from geofences.geometry.geodesy import METRES_PER_DEGREE

HOVERS = timedelta(seconds=60)
"""One may be told to hold only where nobody comes for so long after the one that it lets pass."""

HOLDS_AT_MOST = timedelta(seconds=600)
"""For so long from now one that holds may go on holding: about as long as a full battery lasts hovering. It is counted
anew whenever it is looked at."""

BREAKS_OFF = frozenset({"returning", "diverting", "landing"})
"""What a sample says of one that does not follow its mission any more."""


def room_of(kind: SortieType, rule: Separation, *, share: float = 1.0) -> Room:
    """Its half of what two keep from each other; ``share`` of the times."""
    return Room(
        beside_m=max(rule.lateral_m / 2, kind.corridor_m),
        above_m=rule.vertical_m / 2,
        time_s=share * rule.time_s / 2,
        upright_s=share * rule.pad_s / 2,
    )


def planned_intent(mission_id: str, path: Sequence[Waypoint], room: Room) -> Intent:
    """A flight that is not released yet."""
    return Intent(mission_id, tuple(path), room)


class Seen(NamedTuple):
    """What is known of an aircraft: its newest sample (none after a restart), whether its link is lost, and now; and
    whether nobody has it hold, so that one whose newest sample holds still is about to go on."""

    sample: Telemetry | None
    lost: bool
    now: datetime
    free: bool = False


def intents_of(
    record: MissionRecord, kind: SortieType, room: Room, seen: Seen, *, held_goes_on: bool = True
) -> tuple[Intent, ...]:
    """What the rest of a mission that was sent needs of the air; nothing where it is over, on the ground again, or does
    not fly. One that is not heard may follow its mission or do what its kind does by itself: both are kept free.

    One that holds needs its place for as long as it may hold (on the ground none), and the rest of its way from any
    moment until then on. Without ``held_goes_on`` that rest is left out: who holds is compared with all before it goes
    on, and two that hold would wait for each other for ever. Only of one that nobody has hold any more it counts, from
    now on: it was compared, and told.
    """
    left = [s for s in record.mission.steps if isinstance(s, Travel) and s.step_id not in record.ended]
    flies = kind_of(kind.kind).needs_airspace
    if not flies or not left or record.status in OVER or record.status is MissionStatus.DRAFTED:
        return ()
    sample = _of_this(record, seen.sample)
    if sample is not None and sample.state in BREAKS_OFF:
        return (_instead(record, kind, room, sample, seen.now),)
    meant = _meant(record, left, room, sample, seen.now)
    on_ground = not has_left(record, sample)
    if sample is not None and _is_held(left, sample, on_ground=on_ground):
        stays = () if on_ground else (replace(meant, path=_stays(meant.path[0], seen.now)),)
        rest = replace(meant, path=_at_any_time(meant.path)) if held_goes_on else meant
        meant_so_far = (*stays, rest) if held_goes_on or seen.free else stays
    else:
        meant_so_far = (meant,)
    home = kind_of(kind.kind).lost_link.by_itself is ByItself.RETURN_HOME
    if seen.lost and home and sample is not None:
        back = sample.model_copy(update={"state": "returning"})
        return *meant_so_far, _instead(record, kind, room, back, seen.now)
    return meant_so_far


def _is_held(left: Sequence[Travel], sample: Telemetry, *, on_ground: bool) -> bool:
    """Whether it stays somewhere on the way that it is on, or where it is to set out from."""
    return sample.state == "holding" and (on_ground or sample.step_id == left[0].step_id)


def has_left(record: MissionRecord, sample: Telemetry | None) -> bool:
    """Whether its first way has begun."""
    first = next((step.step_id for step in record.mission.steps if isinstance(step, Travel)), "")
    ours = _of_this(record, sample)
    return first in record.ended or first == record.current or (ours is not None and ours.step_id == first)


def _stays(here: Waypoint, now: datetime) -> tuple[Waypoint, ...]:
    return here, replace(here, at=now + HOLDS_AT_MOST)


def _at_any_time(path: Sequence[Waypoint]) -> tuple[Waypoint, ...]:
    """A way that may begin now, or at any moment for as long as it may hold."""
    half = HOLDS_AT_MOST / 2
    return tuple(replace(point, at=point.at + half, within_s=half.total_seconds()) for point in path)


def _of_this(record: MissionRecord, sample: Telemetry | None) -> Telemetry | None:
    """The sample, if it was sent on this mission: what it says of an earlier one means nothing."""
    ours = sample is not None and sample.mission_id == record.mission.mission_id
    return sample if ours and record.status is MissionStatus.ACTIVE else None


def _meant(
    record: MissionRecord, left: Sequence[Travel], room: Room, sample: Telemetry | None, now: datetime
) -> Intent:
    """What is left of the mission, as much later as it is now."""
    state = IntentState.ACTIVATED if record.status is MissionStatus.ACTIVE else IntentState.ACCEPTED
    homeward = len(left) == 1
    if sample is not None and sample.step_id == left[0].step_id:
        here, rest, late = rest_of_leg(waypoints(left[0]), sample, now)
        later = (replace(point, at=point.at + late) for travel in left[1:] for point in waypoints(travel))
        path = [position(sample, here.height_m, now), *rest, *later]
    else:
        path = _not_under_way(record, left, [point for each in left for point in waypoints(each)], now)
    return Intent(record.mission.mission_id, tuple(path), room, state, priority=int(homeward))


def rest_of_leg(
    leg: Sequence[Waypoint], sample: Telemetry, now: datetime
) -> tuple[Here, list[Waypoint], timedelta]:
    """Where on a leg an aircraft is, the points that follow at the times at which it will get there, and how late it
    is. Where its height is not known, all of a climb or descent where it is is still ahead."""
    here = nearest(leg, sample, now)
    if sample.alt_amsl_m is None:
        here = min(
            (one for one in _places(leg, sample, now) if one.away_m <= here.away_m + SAME_M),
            key=lambda one: one.leg,
        )
    late = now - here.due
    return here, [replace(point, at=point.at + late) for point in leg[here.leg + 1 :]], late


def _not_under_way(
    record: MissionRecord, left: Sequence[Travel], path: Sequence[Waypoint], now: datetime
) -> list[Waypoint]:
    """It loads, waits to set out, or hangs over its drop; also one of which nothing is known since a restart."""
    begun = record.status is MissionStatus.ACTIVE
    due = path[0].at if begun else record.mission.start_at
    behind = timedelta(seconds=record.late_s if begun and len(left) == 1 else 0.0)
    under_way = record.current == left[0].step_id
    later = max(behind, timedelta(0) if under_way else now - due)
    moved = [replace(point, at=point.at + later) for point in path]
    if under_way:
        return _not_yet_passed(moved, now)
    over_drop = begun and len(left) == 1
    return [replace(moved[0], at=min(now, moved[0].at)), *moved] if over_drop else moved


def _not_yet_passed(path: Sequence[Waypoint], now: datetime) -> list[Waypoint]:
    """The rest of a path by its times; of one that should be over, its last leg from now on."""
    last = path[-2:]
    rest = [b for b in path if b.at >= now]
    if not rest:
        return [replace(point, at=now + (point.at - last[0].at)) for point in last]
    before = path[max(0, len(path) - len(rest) - 1)]
    return [before, *rest] if before is not rest[0] else rest


# Something else than was planned


def _instead(record: MissionRecord, kind: SortieType, room: Room, sample: Telemetry, now: datetime) -> Intent:
    """It returns, diverts or lands: how fast is not known well, so that twice the time is kept before and after."""
    wide = replace(room, time_s=2 * room.time_s, upright_s=2 * room.at_pads_s)
    path = path_instead(record, kind, sample, now)
    return Intent(record.mission.mission_id, path, wide, IntentState.CONTINGENT, priority=2)


def path_instead(
    record: MissionRecord, kind: SortieType, sample: Telemetry, now: datetime
) -> tuple[Waypoint, ...]:
    """The way of one that breaks its trip off, from where it is down to the ground, in still air."""
    places = list(_PLACES[sample.state](record, sample, now))
    cruise_mps = record.mission.cruise_mps or kind.cruise_mps
    return straight_on(position(sample, places[0][2], now), places, cruise_mps)


def _way_home(record: MissionRecord, sample: Telemetry, now: datetime) -> Iterator[Spot]:
    """Back by the way that was flown, or on by the way back once the drop is over. A way that was broken off is over
    too: that alone does not say that it led to the drop."""
    travels = [s for s in record.mission.steps if isinstance(s, Travel)]
    out, back = waypoints(travels[0]), waypoints(travels[-1])
    handed_over = any(isinstance(s, Drop) and s.step_id in record.ended for s in record.mission.steps)
    # A report may come later than a sample.
    if len(travels) > 1 and (handed_over or sample.step_id == travels[-1].step_id):
        yield from _spots(back[nearest(back, sample, now).leg + 1 :])
    else:
        yield from _spots(reversed(out[: nearest(out, sample, now).leg + 1]))


def _down(record: MissionRecord, sample: Telemetry, now: datetime) -> Iterator[Spot]:
    del now
    yield sample.lon, sample.lat, _ground_m(record)


def _away(record: MissionRecord, sample: Telemetry, now: datetime) -> Iterator[Spot]:
    """Up to the height of the way, to the place that it was told by way of the points that it was told, and down."""
    height_m = cruise_amsl_m(record.mission)
    place = record.diverted_to or record.mission.home
    yield sample.lon, sample.lat, height_m
    way = [Waypoint(each.lon, each.lat, height_m, now) for each in (*record.diverted_way, place)]
    yield from _spots(way[nearest(way, sample, now).leg + 1 :] if len(way) > 1 else way)
    yield place.lon, place.lat, _ground_m(record)


def cruise_amsl_m(mission: Mission) -> float:
    """The height of its ways: the highest of their points."""
    return max(point.alt_amsl_m for s in mission.steps if isinstance(s, Travel) for point in s.path)


_PLACES = {"returning": _way_home, "landing": _down, "diverting": _away}


def _ground_m(record: MissionRecord) -> float:
    return min(point.alt_amsl_m for s in record.mission.steps if isinstance(s, Travel) for point in s.path)


def _spots(points: Iterable[Waypoint]) -> Iterator[Spot]:
    return ((point.lon, point.lat, point.alt_amsl_m) for point in points)


# Where on its path it is


class Here(NamedTuple):
    """A place on a path: after which point, when it is due there, where that is (degrees, metres AMSL), and how far
    away it is: in three dimensions, and over ground."""

    leg: int
    due: datetime
    lon: float
    lat: float
    height_m: float
    away_m: float
    beside_m: float


SAME_M = 2.0
"""Places on a path that are as near as that are told apart by when they are due: out and back lead along one line."""


def nearest(path: Sequence[Waypoint], sample: Telemetry, now: datetime) -> Here:
    """Where on a path an aircraft is, in three dimensions where its height is known: of a climb and the cruise above
    it, the height tells which."""
    places = list(_places(path, sample, now))
    best_m = min(one.away_m for one in places) + SAME_M
    return min((one for one in places if one.away_m <= best_m), key=lambda one: (abs(one.due - now), one.leg))


def _places(path: Sequence[Waypoint], sample: Telemetry, now: datetime) -> Iterator[Here]:
    """The nearest place of each leg; while it stands somewhere it is due there all the time."""
    east_m = METRES_PER_DEGREE * math.cos(math.radians(sample.lat))
    height_m = sample.alt_amsl_m
    for index, (a, b) in enumerate(pairwise(path)):
        start, end = _offset(a, sample, east_m, height_m), _offset(b, sample, east_m, height_m)
        step = [y - x for x, y in zip(start, end, strict=True)]
        square = sum(s * s for s in step)
        if square == 0:
            due = min(max(now, a.at), b.at)
            yield Here(index, due, a.lon, a.lat, a.alt_amsl_m, math.hypot(*start), math.hypot(*start[:2]))
            continue
        share = min(1.0, max(0.0, -sum(x * s for x, s in zip(start, step, strict=True)) / square))
        away = [x + share * s for x, s in zip(start, step, strict=True)]
        lon, lat, up_m = (
            x + share * (y - x) for x, y in ((a.lon, b.lon), (a.lat, b.lat), (a.alt_amsl_m, b.alt_amsl_m))
        )
        due = a.at + share * (b.at - a.at)
        yield Here(index, due, lon, lat, up_m, math.hypot(*away), math.hypot(*away[:2]))


def _offset(
    point: Waypoint, sample: Telemetry, east_m: float, height_m: float | None
) -> tuple[float, float, float]:
    up = 0.0 if height_m is None else point.alt_amsl_m - height_m
    return (point.lon - sample.lon) * east_m, (point.lat - sample.lat) * METRES_PER_DEGREE, up


def position(sample: Telemetry, height_m: float, now: datetime) -> Waypoint:
    """Where an aircraft is now, at a height where it does not tell its own."""
    return Waypoint(sample.lon, sample.lat, height_m if sample.alt_amsl_m is None else sample.alt_amsl_m, now)


def waypoints(travel: Travel) -> list[Waypoint]:
    """A leg of a mission for the checks. A leg without times, which no mission of ours has, can't be kept free."""
    if any(point.at is None for point in travel.path):
        raise ValueError(f"the way {travel.step_id!r} has no times")
    return [Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at) for p in travel.path if p.at is not None]
