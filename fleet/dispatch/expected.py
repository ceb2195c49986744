"""When a route's stops are reached and its van is home, by what its driver has told: windows and waiting included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import isfinite

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import route_type
from fleet.dispatch.running import route_of
from fleet.domain.state import MissionRecord
from fleet.planner.problem import is_delivery
from fleet.planner.running import Call, RunningRoute
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.mission import BreakDue, Stop
from fleet.protocol.values import Place

LATE_BY = timedelta(minutes=1)
"""A stop that is later than its window by no more than this is on time, as a plan's seconds are not a driver's."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stop that is still to be made, and when its service is expected to begin. ``over``: by how much it does not lie
    in the windows of its parcels any more, beyond what was planned at first. ``serves``: those of its
    parcels for which it is the one that counts; what is fetched on the way is only taken in there."""

    stop: Stop
    at: datetime
    over: timedelta
    serves: tuple[str, ...]

    @property
    def late(self) -> bool:
        """Whether it is later than a plan's seconds may be."""
        return self.over > LATE_BY

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Its parcels."""
        return tuple(dict.fromkeys((*self.stop.deliver, *self.stop.collect)))


@dataclass(frozen=True)
class Expected:
    """What is expected of a route: its stops that are left, its driver's break where that is still to come, and when
    its van is home; ``due``: when it should be, which is over where it is not yet."""

    arrivals: tuple[Arrival, ...]
    rest: BreakDue | None
    home: datetime
    due: datetime

    @property
    def rests_in_time(self) -> bool:
        """Whether the driver's break, if it is still to come, begins in its window."""
        return self.rest is None or self.rest.start <= self.rest.begins.end


def expected(desk: Desk, record: MissionRecord, *, start: datetime | None = None) -> Expected:
    """Of a van's mission as it is now; of one that has not begun, if it begins at ``start``."""
    return _Drive(desk, record, start or record.mission.start_at).expected


def behind_s(desk: Desk, record: MissionRecord) -> float:
    """How late a route under way is, in s, as its driver has told at the last stop, or as the next one should be over,
    or the van be home, since; 0 for any that has not begun."""
    if record.status is not MissionStatus.ACTIVE:
        return 0.0
    left = (s for s in record.mission.steps if isinstance(s, Stop) and s.step_id not in record.ended)
    due = next((stop.eta + timedelta(seconds=stop.service_s) for stop in left), None)
    due = due or _Drive(desk, record, record.mission.start_at).expected.due
    return max(record.late_s, (desk.now - due).total_seconds())


@dataclass(frozen=True)
class _Drive:
    """Drives what is left of a route, stop by stop."""

    desk: Desk
    record: MissionRecord
    start: datetime

    @cached_property
    def expected(self) -> Expected:
        """From where the van is now."""
        arrivals, rest = list[Arrival](), self._rest
        (place, leaves, after), left = self._from, list(self._left)
        ways = self._ways([place, *(stop.place for stop, _ in left), self.record.mission.home])
        for (stop, call), way in zip(left, ways, strict=False):
            leaves, rest = _rested(rest, after, leaves)
            first = self._first(stop)
            opens = min(_moment(call.early), first)  # one that was planned earlier need not wait
            at = max(leaves + way, opens)
            if self.record.current != stop.step_id:
                at = max(at, self._now)
            arrivals.append(Arrival(stop, at, _over(call, first, at), self._serves(stop)))
            after = stop.step_id
            leaves = max(at + timedelta(seconds=stop.service_s), self._now)
        leaves, rest = _rested(rest, after, leaves)
        due = leaves + ways[-1]
        return Expected(tuple(arrivals), rest, self._home(due), due)

    def _home(self, due: datetime) -> datetime:
        """One that is not home long after it should be is not counted on before it is looked at again."""
        look = timedelta(seconds=self.desk.settings.late_look_s)
        return max(due, self._now + look if self._now >= due + look else self._now)

    def _serves(self, stop: Stop) -> tuple[str, ...]:
        return (*stop.deliver, *(o for o in stop.collect if not is_delivery(self.desk.parcel(o).order)))

    def _first(self, stop: Stop) -> datetime:
        """When a stop was planned at first: what it has come to since is no plan's choice."""
        first = self.record.first_times
        return stop.eta if first is None else first.etas.get(stop.step_id, stop.eta)

    @property
    def _now(self) -> datetime:
        """What has not happened under way happens from now on; a draft may be asked about as of any time."""
        return self.desk.now if self.record.status is MissionStatus.ACTIVE else self.start

    @property
    def _stops(self) -> Sequence[Stop]:
        return [step for step in self.record.mission.steps if isinstance(step, Stop)]

    @property
    def _left(self) -> Iterator[tuple[Stop, Call]]:
        """The stops that are left; goods that are kept cold keep from when they are loaded."""
        driven, kind = route_of(self.desk, self.record), route_type(self.desk, self.record.mission.asset_id)
        begun = driven.route.model_copy(update={"start": self._loaded - timedelta(seconds=kind.load_s)})
        route = RunningRoute(begun, kind, driven.depot, begun.end, driven.orders)
        for stop, call in zip(self._stops, route.calls, strict=True):
            if stop.step_id not in self.record.ended:
                yield stop, call

    @property
    def _from(self) -> tuple[Place, datetime, str]:
        """Where the van was last, when it left there, and behind which step; that of the driver's break where this is
        over, as stops may be made in another order."""
        mission, last, rest = self.record.mission, self.record.last_stop, self._rest
        stop = next((one for one in self._stops if last is not None and one.step_id == last.step_id), None)
        if last is None or stop is None:
            return mission.home, self._loaded, mission.steps[0].step_id
        rests = rest is not None and rest.after in self.record.ended
        return stop.place, last.at, rest.after if rest is not None and rests else stop.step_id

    @property
    def _loaded(self) -> datetime:
        """When the van is loaded: as long as that is not over, not before now."""
        if self.record.loaded_at is not None:
            return self.record.loaded_at
        loads_s = route_type(self.desk, self.record.mission.asset_id).load_s
        return max(self.start + timedelta(seconds=loads_s), self._now)

    @property
    def _rest(self) -> BreakDue | None:
        """The driver's break, where no stop behind it is over."""
        rest, ids = self.record.mission.driver_break, [s.step_id for s in self.record.mission.steps]
        if rest is None:
            return None
        behind = ids[ids.index(rest.after) + 1 :]
        return None if self.record.ended.intersection(behind) else rest

    def _ways(self, places: Sequence[Place]) -> list[timedelta]:
        """How long it is from each place to the next, asked at once; nothing where there is no way."""
        legs = self.desk.context.network.legs(places[:-1], places[1:], "drive")
        return [timedelta(seconds=s if isfinite(s) else 0.0) for s in legs.duration_s.tolist()]


def _rested(rest: BreakDue | None, after: str, leaves: datetime) -> tuple[datetime, BreakDue | None]:
    """When the van leaves behind a step, its driver's break there included; and that at its time."""
    if rest is None or rest.after != after:
        return leaves, rest
    begins = max(leaves, rest.begins.start)
    ends = begins + (rest.end - rest.start)
    return ends, rest.model_copy(update={"start": begins, "end": ends})


def _moment(posix: float) -> datetime:
    return datetime.fromtimestamp(posix, UTC)


def _over(call: Call, planned: datetime, at: datetime) -> timedelta:
    """By how much a stop is expected after its window, beyond what it was planned after it."""
    from_s = max(call.late, planned.timestamp())
    return timedelta(seconds=max(0.0, at.timestamp() - from_s))
