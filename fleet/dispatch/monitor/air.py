"""Whether aircraft that are out keep apart: conformance with their intents, and what is done where two would meet.

An aircraft conforms while it is where its intent says, give or take a few seconds and its corridor. As long as it does
nothing needs to be compared: its intent was found free of others. When it does not, or begins something else, its
intent is made anew from where it is and compared with all others (ASTM F3548: conformance monitoring, and contingent
intents). What would happen in minutes may never: it is done something about shortly before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.aside import Aside
from fleet.dispatch.separation.flights import HOVERS, Seen, has_left, intents_of, nearest, position, room_of
from fleet.dispatch.separation.timetable import Timetable
from fleet.domain.fleet import Separation, SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.traffic import air_not_free
from fleet.kinds import kind_of
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Reason
from geofences import Encounter, Intent, Waypoint, are_apart, encounters

UNDER_WAY_SHARE = 0.5
"""Under way less time is kept than beforehand: where everybody is is known, and only the next minutes count."""

DRIFT_SHARE = 1 / 6
"""Of the time that is kept beforehand: by so much may an aircraft be early or late before all is compared anew. Two
that drift so much both towards each other still keep something of what is kept under way."""

AHEAD_TIMES = 2.0
"""So long before two would meet, in times that are kept beforehand, something is done about it."""

HOLD_ASKED = timedelta(seconds=60)
"""For so long a battery must carry a hold at most to be told to hold: how long one that hangs there itself goes on with
that nobody knows, and who holds is looked at again all the time (see ``energycheck.energy``)."""

AIR_CONFLICT = "air_conflict"
"""The exception about two that would meet."""


@dataclass(slots=True)
class _Flight:
    """One aircraft: its mission, its newest sample, and what it was last found to mean."""

    record: MissionRecord
    kind: SortieType
    lost: bool
    sample: Telemetry | None = None
    doing: tuple[str | None, str] | None = None
    intents: tuple[Intent, ...] = ()
    timetable: Timetable | None = None
    again: datetime | None = None
    """When to compare it again, though it conforms: it would meet somebody later."""


Lasts = Callable[[str, Telemetry, timedelta, datetime], bool | None]
"""Whether an aircraft's battery carries a hold of so long from a sample on and all that comes after it; none where that
is not known."""

WaysAside = Callable[[str, Telemetry, datetime], Iterator[Aside]]
"""Where else an aircraft can go, the best first."""


class Air:
    """All aircraft that are out or about to go."""

    def __init__(self, lasts: Lasts, aside: WaysAside) -> None:
        self._lasts, self._aside = lasts, aside
        self._flights: dict[str, _Flight] = {}
        self._rule = Separation(enabled=False)

    def watch(
        self,
        asset_id: str,
        record: MissionRecord,
        kind: SortieType,
        rule: Separation,
        sample: Telemetry | None,
        *,
        lost: bool,
        now: datetime,
    ) -> None:
        """Its mission, or what is known of it, has changed: it may mean something else than before."""
        self._rule = rule
        if not rule.enabled or not kind_of(kind.kind).needs_airspace:
            self.forget(asset_id)
            return
        flight = _Flight(record, kind, lost, sample)
        self._flights[asset_id] = flight
        self._mean(flight, now)

    def forget(self, asset_id: str) -> None:
        """It is not out any more."""
        self._flights.pop(asset_id, None)

    def _mean(self, flight: _Flight, now: datetime) -> None:
        room = room_of(flight.kind, self._rule, share=UNDER_WAY_SHARE)
        seen = Seen(flight.sample, flight.lost, now)
        flight.intents = intents_of(flight.record, flight.kind, room, seen, held_goes_on=False)
        drift_s, beside_m = DRIFT_SHARE * self._rule.time_s, flight.kind.corridor_m
        meant = flight.intents[0].path if flight.intents else ()
        flight.timetable = Timetable.of(meant, beside_m, drift_s) if meant else None

    def check(self, asset_id: str, sample: Telemetry, now: datetime) -> tuple[Finding, ...]:
        """What is to be done, by whom, where a new sample shows that two would meet."""
        flight = self._flights.get(asset_id)
        if flight is None or sample.mission_id != flight.record.mission.mission_id:
            return ()
        flight.sample = sample
        doing = (sample.step_id, sample.state)
        is_due = flight.again is not None and now >= flight.again
        if doing == flight.doing and not is_due and self._conforms(flight, sample, now):
            return ()
        flight.doing, flight.again = doing, None
        self._mean(flight, now)
        return tuple(self._found(asset_id, flight, now))

    def _conforms(self, flight: _Flight, sample: Telemetry, now: datetime) -> bool:
        if flight.timetable is None or flight.timetable.agrees(sample, now.timestamp()):
            return True
        path = flight.intents[0].path
        if len(path) < 2 or now <= path[0].at:
            return True  # it has still to set out
        here = nearest(path, sample, now)
        drift = abs(now - here.due)
        return (
            drift <= timedelta(seconds=DRIFT_SHARE * self._rule.time_s)
            and here.away_m <= flight.kind.corridor_m
        )

    def _found(self, asset_id: str, flight: _Flight, now: datetime) -> Iterator[Finding]:
        others = self._others(asset_id)
        by_mission = {other.record.mission.mission_id: other_id for other_id, other in self._flights.items()}
        met = [one for intent in flight.intents for one in encounters(intent, others, after=now)]
        soon = now + timedelta(seconds=AHEAD_TIMES * self._rule.time_s)
        for one in {each.other_id: each for each in reversed(met)}.values():
            first = min(one.from_at, one.from_at + (one.other_at - one.at))
            if first > soon:
                flight.again = min(first - (soon - now), flight.again or first)
                continue
            yield self._answer(asset_id, by_mission[one.other_id], one, now)

    def _answer(self, asset_id: str, other_id: str, met: Encounter, now: datetime) -> Finding:
        """Who gives way holds where that is free of everybody and its battery carries it, else the other does; then one
        whose battery is not known. Where none can, one of them turns aside, else somebody must look."""
        losers = self._by_right(asset_id, other_id)
        holding = [loser_id for loser_id in losers if self._can_hold(loser_id, met, now)]
        lasting = {loser_id: self._outlasts(loser_id, met, now) for loser_id in holding}
        can = [*(x for x in holding if lasting[x]), *(x for x in holding if lasting[x] is None)]
        if can:
            return self._told(can[0], met, (asset_id, other_id), Action.HOLD)
        for loser_id in losers:
            aside = self._way_aside(loser_id, now)
            if aside is not None:
                return self._told(loser_id, met, (asset_id, other_id), aside.action, aside.place_id)
        return self._told(asset_id, met, (asset_id, other_id), None)

    def _told(
        self,
        loser_id: str,
        met: Encounter,
        of: tuple[str, str],
        advice: Action | None,
        place_id: str | None = None,
    ) -> Finding:
        asset_id, other_id = of
        winner_id = other_id if loser_id == asset_id else asset_id
        reason = self._reason(met, winner_id, of_other=loser_id == asset_id)
        mission_id = self._flights[loser_id].record.mission.mission_id
        return Finding(loser_id, mission_id, AIR_CONFLICT, advice, (reason,), place_id)

    def _outlasts(self, asset_id: str, met: Encounter, now: datetime) -> bool | None:
        """Whether its battery carries waiting until the other has passed. On the ground that takes nothing."""
        sample = self._flights[asset_id].sample
        if sample is None or sample.state == "loading":
            return None if sample is None else True
        return self._lasts(asset_id, sample, min(max(met.until - now, timedelta(0)), HOLD_ASKED), now)

    def _way_aside(self, asset_id: str, now: datetime) -> Aside | None:
        """The best of its ways aside on which it meets nobody; none for one that does not follow its mission."""
        flight = self._flights[asset_id]
        sample, kind = flight.sample, flight.kind
        if sample is None or flight.lost or sample.state != "travelling":
            return None
        room, others = room_of(kind, self._rule, share=UNDER_WAY_SHARE), self._others(asset_id)
        for one in self._aside(asset_id, sample, now):
            meant = intents_of(one.record, kind, room, Seen(one.would, lost=False, now=now))
            if all(are_apart(intent, others) for intent in meant):
                return one
        return None

    def _reason(self, met: Encounter, asset_id: str, *, of_other: bool) -> Reason:
        """As the one sees it who gives way: whom it would meet."""
        if not of_other:
            mission_id = self._flights[asset_id].record.mission.mission_id
            met = replace(met, other_id=mission_id, at=met.other_at, other_at=met.at)
        return air_not_free(met, asset_id, self._rule)

    def _by_right(self, *asset_ids: str) -> list[str]:
        """Who gives way first: who does not something else than planned, is not on the way home, has not left yet, has
        the later id. No two are alike, so that nobody waits in a ring."""
        return sorted(asset_ids, key=self._right)

    def _right(self, asset_id: str) -> tuple[int, bool, tuple[int, ...]]:
        flight = self._flights[asset_id]
        priority = max((intent.priority for intent in flight.intents), default=0)
        left = has_left(flight.record, flight.sample)
        return priority, left, tuple(-ord(c) for c in flight.record.mission.mission_id)

    def _can_hold(self, asset_id: str, met: Encounter, now: datetime) -> bool:
        """Whether it is under way as planned and may stay where it is until the other has passed, and off the ways of
        all that hold already. So whoever holds can only wait for who has held for longer, and nobody waits in a ring.
        """
        flight = self._flights[asset_id]
        sample, hovers = flight.sample, kind_of(flight.kind.kind).hovers
        if not hovers or sample is None or flight.lost or sample.state not in MAY_HOLD:
            return False
        if sample.state == "loading":
            return True  # it stands on the ground
        here = position(sample, flight.intents[0].path[0].alt_amsl_m if flight.intents else 0.0, now)
        until = max(met.until, now) + HOVERS
        path = (here, Waypoint(here.lon, here.lat, here.alt_amsl_m, until))
        room = room_of(flight.kind, self._rule, share=UNDER_WAY_SHARE)
        stays = Intent(flight.record.mission.mission_id, path, room)
        return are_apart(stays, [*self._others(asset_id), *self._held_up(asset_id, now)], after=now)

    def _held_up(self, asset_id: str, now: datetime) -> list[Intent]:
        """The rest of the ways of all others that hold, whenever they go on."""
        held = [
            each
            for other_id, each in sorted(self._flights.items())
            if other_id != asset_id and each.sample is not None and each.sample.state == HOLDING
        ]
        return [
            intent
            for each in held
            for intent in intents_of(
                each.record,
                each.kind,
                room_of(each.kind, self._rule, share=UNDER_WAY_SHARE),
                Seen(each.sample, each.lost, now),
            )
        ]

    def _others(self, asset_id: str) -> list[Intent]:
        others = (other for other_id, other in sorted(self._flights.items()) if other_id != asset_id)
        return [intent for other in others for intent in other.intents]


HOLDING = "holding"
"""What a sample says of one that stays where it was told to."""

MAY_HOLD = frozenset({"loading", "travelling"})
"""What a sample says of one that follows its mission and can stay where it is."""
