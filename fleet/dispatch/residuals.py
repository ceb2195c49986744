"""What trips took against what was predicted for them, from a day's events, and what that says of each asset.

Only trips that were flown to their end as they were released are compared: no diversion, no call home, no battery that
was suspect, on a meter that told something. Prediction is for what was *flown*: the released mission's, times how long
its ways and its service lasted over how long they were planned, so that a headwind or a wait is no bias of the asset.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.domain import events as ev
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.energy.airframe import Residual
from fleet.energy.learning import NEW, Track, learnt, raised_by
from fleet.energy.margin import margin_fraction
from fleet.feasibility.charge import BATTERY_SUSPECT
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.mission import Mission, Travel

FEWEST_SHARE, MOST_SHARE = 0.5, 2.0
"""How much shorter or longer than planned a trip may have been to be compared: beyond it was another trip."""


@dataclass(frozen=True, slots=True)
class Flown:
    """A trip: what was planned, what that makes for the time that it took, and what it used."""

    at: datetime
    asset_id: str
    type_id: str
    mission_id: str
    planned_wh: float
    predicted_wh: float
    used_wh: float

    @property
    def log_ratio(self) -> float:
        """The logarithm of used over predicted: what `Residual` is the deviation of."""
        return math.log(self.used_wh / self.predicted_wh)


@dataclass(frozen=True, slots=True)
class Learned:
    """A trip with how far it lay from what was expected of its asset by then, in deviations, and whether that
    alarms."""

    flown: Flown
    surprise: float
    alarm: bool


@dataclass(frozen=True, slots=True)
class AssetLearned:
    """What an asset's trips say of it. ``type_margin`` is the margin that its type has, ``raised_by`` what it would
    have itself (`learning.raised_by`); both for the fleet's accepted probability.
    """

    asset_id: str
    type_id: str
    track: Track
    trips: tuple[Learned, ...]
    type_margin: float
    raised_by: float

    @property
    def alarms(self) -> int:
        """How often its trips lay where they should not."""
        return sum(one.alarm for one in self.trips)


@dataclass(slots=True)
class _Book:
    """What is known of missions while a log is read."""

    fleet: FleetSpec | None = None
    types: dict[str, str] = field(default_factory=dict)
    released: dict[str, Mission] = field(default_factory=dict)
    revised: set[str] = field(default_factory=set)
    begun: dict[tuple[str, str], datetime] = field(default_factory=dict)
    ended: dict[tuple[str, str], datetime] = field(default_factory=dict)
    doubted: set[str | None] = field(default_factory=set)
    """Missions on which a battery became suspect."""
    suspects: dict[str, str | None] = field(default_factory=dict)
    """Open exceptions of that kind, with their assets."""


def flown_in(events: Iterable[ev.Event]) -> Iterator[Flown]:
    """The trips of a log that can be compared, in the order in which they ended."""
    book = _Book()
    for event in events:
        match event:
            case ev.DayOpened():
                book.fleet = event.fleet
                book.types = {asset.asset_id: asset.type_id for asset in event.assets}
            case ev.MissionReleased():
                book.released[event.mission.mission_id] = event.mission
            case ev.MissionRevised():
                book.revised.add(event.mission.mission_id)
            case ev.StepBegun():
                book.begun[event.mission_id, event.step_id] = event.at
            case ev.StepEnded():
                book.ended[event.mission_id, event.step_id] = event.at
            case ev.ExceptionRaised() if event.code == BATTERY_SUSPECT:
                book.suspects[event.exception_id] = event.asset_id
                book.doubted.add(event.mission_id)
            case ev.ExceptionClosed():
                book.suspects.pop(event.exception_id, None)
            case ev.MissionOver():
                yield from _compared(book, event)
            case _:
                pass


def learned_in(events: Iterable[ev.Event]) -> tuple[AssetLearned, ...]:
    """What each asset with a trip that can be compared shows, by id; nothing of types that were never calibrated."""
    events = tuple(events)
    fleet = next((event.fleet for event in events if isinstance(event, ev.DayOpened)), None)
    if fleet is None:
        return ()
    by_asset: dict[str, list[Flown]] = {}
    for one in flown_in(events):
        by_asset.setdefault(one.asset_id, []).append(one)
    found = (_learned(fleet, asset_id, trips) for asset_id, trips in sorted(by_asset.items()))
    return tuple(one for one in found if one is not None)


def _learned(fleet: FleetSpec, asset_id: str, flown: list[Flown]) -> AssetLearned | None:
    residual = _residual(fleet, flown[0].type_id)
    if residual is None:
        return None
    track, trips = NEW, []
    for one in flown:
        after = learnt(track, one.used_wh, one.predicted_wh, residual)
        track = after.track
        trips.append(Learned(one, after.surprise, after.alarm))
    epsilon = fleet.reserve.epsilon
    margin = margin_fraction(epsilon, residual)
    return AssetLearned(
        asset_id, flown[0].type_id, track, tuple(trips), margin, raised_by(epsilon, track, residual)
    )


def _residual(fleet: FleetSpec, type_id: str) -> Residual | None:
    asset_type = fleet.types.get(type_id)
    return vehicle_of(asset_type).residual if isinstance(asset_type, SortieType) else None


def _compared(book: _Book, over: ev.MissionOver) -> Iterator[Flown]:
    mission = book.released.get(over.mission_id)
    if mission is None or over.outcome != "completed" or over.mission_id in book.revised:
        return
    used_wh, planned_wh = over.energy_used_wh, mission.energy_wh
    type_id = book.types.get(mission.asset_id)
    if over.mission_id in book.doubted or mission.asset_id in book.suspects.values():
        return
    share = _longer(book, mission)
    if not used_wh or not planned_wh or type_id is None or share is None:
        return
    yield Flown(over.at, mission.asset_id, type_id, over.mission_id, planned_wh, planned_wh * share, used_wh)


def _longer(book: _Book, mission: Mission) -> float | None:
    """How long its ways and services lasted over how long they were planned; none where that is not known, or
    absurd."""
    travels = [step for step in mission.steps if isinstance(step, Travel)]
    if len(travels) < 2:
        return None
    out, home = travels[0], travels[-1]
    begins, ends = out.path[0].at, home.path[-1].at
    began = book.begun.get((mission.mission_id, out.step_id))
    ended = book.ended.get((mission.mission_id, home.step_id))
    if begins is None or ends is None or began is None or ended is None or not begins < ends:
        return None
    share = (ended - began) / (ends - begins)
    return share if FEWEST_SHARE <= share <= MOST_SHARE else None


def by_type(learned: Iterable[AssetLearned]) -> Mapping[str, tuple[int, float, float]]:
    """For each type its assets, and the mean and the deviation between them of their biases, where there are several:
    what `Residual.between_log_sd` states."""
    biases: dict[str, list[float]] = {}
    for one in learned:
        biases.setdefault(one.type_id, []).append(one.track.log_bias)
    return {name: (len(some), math.fsum(some) / len(some), _deviation(some)) for name, some in biases.items()}


def _deviation(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    squares = math.fsum((one - mean) ** 2 for one in values)
    return math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
