"""How a flight that would meet others goes all the same: later, higher, or another way round, whichever costs least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fleet.dispatch.assessing import Variant, assess_now
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import sortie_type
from fleet.dispatch.separation.flights import planned_intent, room_of
from fleet.dispatch.separation.traffic import traffic
from fleet.domain.state import MissionRecord, Parcel
from fleet.feasibility import Trip
from fleet.feasibility.courses import other_heights, sidesteps
from fleet.feasibility.traffic import air_not_free, kept_apart
from fleet.kinds import kind_of
from fleet.protocol.values import Reason
from geofences import Encounter, Intent, Room, clear_after_s, encounters

HELD_WAIT_S = 60.0
"""So long a flight is put off at most for one that holds: when that goes on nobody knows, and it is asked again."""

LOOKS = 4
"""So often a wait is lengthened where the wind or a zone makes the later flight another one."""


@dataclass(frozen=True, slots=True)
class Course:
    """A flight that meets nobody. ``avoids``: whom it would have met, and what is done about it."""

    trip: Trip
    avoids: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Air:
    """Who else is about, and what the flight itself keeps free."""

    mission_id: str
    room: Room
    others: tuple[Intent, ...]
    most_s: float

    def met(self, trip: Trip) -> tuple[Encounter, ...]:
        return encounters(planned_intent(self.mission_id, trip.path, self.room), self.others)

    def wait_s(self, trip: Trip, most_s: float, from_s: float) -> float | None:
        meant = planned_intent(self.mission_id, trip.path, self.room)
        return clear_after_s(meant, self.others, most_s, from_s=from_s)

    def in_the_way(self, met: Sequence[Encounter]) -> _Air:
        """The same for a trip that meets some: shortly only is it put off for one that holds."""
        held = {one.intent_id for one in self.others if one.path[-1].within_s > 0}
        if held.isdisjoint(one.other_id for one in met):
            return self
        return replace(self, most_s=min(self.most_s, HELD_WAIT_S))


def clear_course(
    desk: Desk, record: MissionRecord, parcel: Parcel, trip: Trip
) -> Course | tuple[Reason, ...]:
    """The trip as it is where it meets nobody; else the cheapest of those that are possible and do not: by a wait, at
    another height, by way of a point beside, or both. The reasons where there is none for now."""
    mission = record.mission
    kind, rule = sortie_type(desk, mission.asset_id), desk.context.fleet.separation
    if not rule.enabled or not kind_of(kind.kind).needs_airspace:
        return Course(trip)
    others = traffic(desk.state, desk.context.fleet, desk.live, desk.now, but=mission.mission_id)
    air = _Air(mission.mission_id, room_of(kind, rule), others, rule.most_delay_s)
    met = air.met(trip)
    if not met:
        return Course(trip)
    reasons = tuple(air_not_free(one, _asset_id(desk, one.other_id), rule) for one in met)
    air, ways = air.in_the_way(met), _ways(desk, record, parcel, trip, met)
    found = [way for variant in ways if (way := _clear(desk, record, parcel, air, variant)) is not None]
    if not found:
        return reasons
    best = min(found, key=lambda way: (way.cost, way.variant.wait_s, way.number))
    return Course(best.trip, (*reasons, *_how(best.variant)))


def _asset_id(desk: Desk, mission_id: str) -> str:
    return desk.state.missions[mission_id].mission.asset_id


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to do it, with what it costs: the trip, and the time for which its aircraft waits."""

    number: int
    variant: Variant
    trip: Trip
    cost: float


def _ways(
    desk: Desk, record: MissionRecord, parcel: Parcel, trip: Trip, met: Sequence[Encounter]
) -> Iterator[tuple[int, Variant]]:
    """What is tried: the way as it is, each other height, each point beside where it meets the first."""
    kind, rule = sortie_type(desk, record.mission.asset_id), desk.context.fleet.separation
    variants = [
        Variant(),
        *(Variant(height_agl_m=height_m) for height_m in other_heights(desk.context, kind, rule, trip)),
        *(Variant(via=(place,)) for place in sidesteps(trip, met[0], rule)),
    ]
    yield from enumerate(variants)


def _clear(
    desk: Desk, record: MissionRecord, parcel: Parcel, air: _Air, tried: tuple[int, Variant]
) -> _Way | None:
    """One way with the least wait after which it meets nobody; none where it is not possible then."""
    number, variant = tried
    for _ in range(LOOKS):
        fresh = assess_now(desk, record, parcel, variant=variant)
        if not fresh.verdict.feasible or fresh.trip is None:
            return None
        # Of a trip that is worked out for after a wait, the times hold the wait already.
        more_s = air.wait_s(fresh.trip, air.most_s - variant.wait_s, 0.0)
        if more_s is None:
            return None
        if more_s == 0.0:
            rate = sortie_type(desk, record.mission.asset_id).rates.per_hour
            return _Way(number, variant, fresh.trip, fresh.trip.cost + rate * variant.wait_s / 3600)
        variant = replace(variant, wait_s=variant.wait_s + more_s)
    return None


def _how(variant: Variant) -> Iterator[Reason]:
    if variant.wait_s > 0:
        wait = timedelta(seconds=round(variant.wait_s))
        yield kept_apart(f"departs {wait.seconds} s later", variant.wait_s, "s")
    if variant.height_agl_m is not None:
        yield kept_apart(f"flies {variant.height_agl_m:g} m above ground", variant.height_agl_m, "m")
    for place in variant.via:
        yield kept_apart(f"flies by way of {place.lon:.5f}, {place.lat:.5f}", None, None)
