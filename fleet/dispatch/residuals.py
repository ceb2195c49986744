"""What a trip took against what was predicted for it, and what a day's trips say of each asset.

Only trips that were flown to their end as they were released are compared: no diversion, no call home, no step that
failed (a parcel that comes home again is weight that was not planned), no battery that was suspect, no link that was
lost (when its steps were over is not known), on a meter that told something. Prediction is for what was *flown*: the
released mission's, and how much longer or shorter its ways and its service lasted than by its type's model, so that a
headwind or a wait is no bias of the asset's energy. How long its ways lasted is compared by itself, also where nothing
is known of what they took.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from fleet.domain.energy import EnergyLearned, EnergyNotLearned, EnergyTrack, KeptTrack, Meter, Timed
from fleet.domain.events import DayOpened, Event
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.domain.state import MissionRecord
from fleet.energy.airframe import Airframe
from fleet.feasibility.appetite import appetite, raised_share
from fleet.feasibility.capacity import CAPACITY_CHECK
from fleet.feasibility.charge import SUSPECTS
from fleet.feasibility.slowness import waiting_s
from fleet.feasibility.vehicles import figures_of, vehicle_of
from fleet.intake.energytracks import KnownTrack
from fleet.protocol.mission import Travel

LINK_LOST = "link_lost"
"""The exception about an asset that is not heard."""

FEWEST_SHARE, MOST_SHARE = 0.5, 2.0
"""How much shorter or longer than planned a trip may have been to be compared: beyond it was another trip."""

NOT_AS_SENT, SUSPECT, METER_DOUBTED, NO_METER, NOT_TIMED, NOT_CALIBRATED = (
    "not_flown_as_sent", "gauge_suspect", "meter_doubted", "no_meter", "not_timed", "not_calibrated",
)  # fmt: skip
"""Why a trip teaches nothing."""


@dataclass(frozen=True, slots=True)
class Flown:
    """A trip: what was planned, what that makes for the time that it took, and what it used."""

    at: datetime
    asset_id: str
    mission_id: str
    planned_wh: float
    predicted_wh: float
    used_wh: float
    timed: Timed | None
    by: Meter = "meter"

    @property
    def log_ratio(self) -> float:
        """The logarithm of used over predicted: what `Residual` is the deviation of."""
        return math.log(self.used_wh / self.predicted_wh)


def compared(
    record: MissionRecord, asset_type: SortieType, *, doubted: bool, unsure: bool = False
) -> Flown | str:
    """What a trip that is over can be compared by; else the code of why it can't. ``doubted``: the asset's gauge is
    not believed now; ``unsure``: meter and gauge do not agree, so that either may be wrong."""
    mission = record.mission
    used_wh, planned_wh = record.energy_used_wh, mission.energy_wh
    if vehicle_of(asset_type).residual is None:
        return NOT_CALIBRATED
    if not _as_sent(record) or record.over_at is None:
        return NOT_AS_SENT
    if doubted or not SUSPECTS.isdisjoint(record.noted):
        return SUSPECT
    if unsure or CAPACITY_CHECK in record.noted:
        return METER_DOUBTED
    if not used_wh or not planned_wh:
        return NO_METER
    times = _times(record)
    if times is None:
        return NOT_TIMED
    predicted_wh = _for_what_was_flown(asset_type, planned_wh, times)
    flown = record.over_at, mission.asset_id, mission.mission_id, planned_wh, predicted_wh, used_wh
    return Flown(*flown, timed(record))


def timed(record: MissionRecord) -> Timed | None:
    """How long its ways lasted, and would have by its type's model; none where it was not flown as it was sent, was
    told to wait, lost its link, or that is not known. Its battery has nothing to do with it."""
    if not _as_sent(record) or record.held:
        return None
    times = _times(record)
    return None if times is None else times.ways


def _as_sent(record: MissionRecord) -> bool:
    over = record.status.value == "completed" and record.over_at is not None
    return over and not record.astray and record.mission.revision == 0


class _Times(NamedTuple):
    """How many seconds a trip lasted, and would have by its type's model; and its ways alone."""

    lasted_s: float
    expected_s: float
    ways: Timed


def _times(record: MissionRecord) -> _Times | None:
    """None where they are not known, or absurd, or its link was lost: reports that came when it was heard again count
    as of then. Where nobody said how long its service lasted, it is as planned. What was planned counts with the pace
    that was learned: it is taken out again, or nothing would be left to learn."""
    travels = [step for step in record.mission.steps if isinstance(step, Travel)]
    if len(travels) < 2 or record.left_at is None or record.back_at is None or LINK_LOST in record.noted:
        return None
    ends = [point.at for travel in travels for point in (travel.path[0], travel.path[-1])]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return None
    planned_s = (known[-1] - known[0]).total_seconds()
    ways_s = sum((b - a).total_seconds() for a, b in zip(known[::2], known[1::2], strict=True))
    lasted_s = (record.back_at - record.left_at).total_seconds()
    serves_s = planned_s - ways_s
    ways_lasted_s = lasted_s - (serves_s if record.served_s is None else record.served_s)
    if ways_s <= 0 or ways_lasted_s <= 0:
        return None
    ways = Timed(lasted_s=ways_lasted_s, expected_s=ways_s / record.mission.pace)
    expected_s = ways.expected_s + serves_s
    usual = all(
        FEWEST_SHARE <= one <= MOST_SHARE for one in (lasted_s / expected_s, ways_lasted_s / ways.expected_s)
    )
    return _Times(lasted_s, expected_s, ways) if usual else None


def _for_what_was_flown(asset_type: SortieType, planned_wh: float, times: _Times) -> float:
    """In the air it takes as much to stay up for longer; on the ground a wait takes what is always on, beyond the
    waiting that the prediction holds already."""
    vehicle = vehicle_of(asset_type)
    if isinstance(vehicle, Airframe):
        return planned_wh * times.lasted_s / times.expected_s
    expected_s = times.expected_s + waiting_s(vehicle, asset_type, times.ways.expected_s)
    return max(planned_wh / 2, planned_wh + vehicle.standing_w * (times.lasted_s - expected_s) / 3600)


@dataclass(frozen=True, slots=True)
class AssetLearned:
    """What an asset's trips say of it. ``type_margin`` is what is allowed for a new asset of its type, ``raised_by``
    what is allowed for it; both for the fleet's accepted probability. ``skipped`` are the trips that taught nothing, by
    why.
    """

    asset_id: str
    type_id: str
    track: EnergyTrack | None
    trips: tuple[EnergyLearned, ...]
    skipped: Mapping[str, int]
    type_margin: float
    raised_by: float

    @property
    def alarms(self) -> int:
        """How often its trips lay where they should not."""
        return sum(trip.alarm for trip in self.trips)


@dataclass(slots=True)
class _Book:
    """What a log says of one asset."""

    type_id: str
    track: EnergyTrack | None = None
    trips: list[EnergyLearned] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)


def learned_in(events: Iterable[Event]) -> tuple[AssetLearned, ...]:
    """What is known of each asset at the end of a log, by id: of those of which something is, and of those whose trips
    taught nothing."""
    fleet: FleetSpec | None = None
    books: dict[str, _Book] = {}
    for event in events:
        match event:
            case DayOpened():
                fleet = event.fleet
                books = {
                    a.asset_id: _Book(a.type_id, event.energy.get(a.asset_id))
                    for a in event.assets
                    if isinstance(fleet.types.get(a.type_id), SortieType)
                }
            case EnergyLearned():
                book = books[event.asset_id]
                book.trips.append(event)
                book.track = event.track
            case EnergyNotLearned():
                book = books[event.asset_id]
                book.skipped[event.why] = book.skipped.get(event.why, 0) + 1
                book.track = event.track or book.track
            case _:
                pass
    if fleet is None:
        return ()
    told = ((name, book) for name, book in sorted(books.items()) if book.track or book.skipped)
    return tuple(_of(fleet, asset_id, book) for asset_id, book in told)


def known_tracks(events: Iterable[Event]) -> tuple[KnownTrack, ...]:
    """What the next day is to be opened with: also of assets that were away for this one."""
    fleet: FleetSpec | None = None
    known: dict[str, EnergyTrack] = {}
    absent: Mapping[str, KeptTrack] = {}
    types: dict[str, str] = {}
    for event in events:
        if isinstance(event, DayOpened):
            fleet, known, absent = event.fleet, dict(event.energy), event.energy_of_absent
            types = {asset.asset_id: asset.type_id for asset in event.assets}
        elif isinstance(event, EnergyLearned | EnergyNotLearned) and event.track is not None:
            known[event.asset_id] = event.track
    here = [KnownTrack(name, types[name], _figures(fleet, types[name]), each) for name, each in known.items()]
    away = [KnownTrack(name, one.type_id, one.figures, one.track) for name, one in absent.items()]
    return tuple(sorted((*here, *away), key=lambda one: one.asset_id))


def _figures(fleet: FleetSpec | None, type_id: str) -> str:
    asset_type = None if fleet is None else fleet.types[type_id]
    assert isinstance(asset_type, SortieType)  # of no other anything is learned
    return figures_of(asset_type)


def _of(fleet: FleetSpec, asset_id: str, book: _Book) -> AssetLearned:
    asset_type = fleet.types[book.type_id]
    assert isinstance(asset_type, SortieType)
    its = appetite(fleet, asset_type, book.track)
    return AssetLearned(
        asset_id,
        book.type_id,
        book.track,
        tuple(book.trips),
        book.skipped,
        raised_share(fleet, asset_type),
        raised_share(fleet, asset_type, its),
    )


def by_type(learned: Iterable[AssetLearned]) -> Mapping[str, tuple[int, float, float]]:
    """For each type its assets with trips in the log, the mean of their means, and how far these lie apart: what
    `Residual.between_log_sd` states. By the trips themselves, not by biases, which the filter draws together: from the
    variance of the means goes what the trips' own scatter puts into it."""
    trips: dict[str, list[list[float]]] = {}
    for one in learned:
        if one.trips:
            ratios = [math.log(trip.used_wh / trip.predicted_wh) for trip in one.trips]
            trips.setdefault(one.type_id, []).append(ratios)
    return {name: (len(each), *_apart(each)) for name, each in trips.items()}


def _apart(each: list[list[float]]) -> tuple[float, float]:
    """Mean and deviation between assets, of the logarithms of their trips."""
    means = [math.fsum(ratios) / len(ratios) for ratios in each]
    scatter = math.fsum((one - mean) ** 2 for ratios, mean in zip(each, means, strict=True) for one in ratios)
    freedom = sum(len(ratios) - 1 for ratios in each)
    noise = scatter / freedom / len(each) * math.fsum(1 / len(ratios) for ratios in each) if freedom else 0.0
    mean = math.fsum(means) / len(means)
    spread = math.fsum((one - mean) ** 2 for one in means) / (len(means) - 1) if len(means) > 1 else 0.0
    return mean, math.sqrt(max(0.0, spread - noise))
