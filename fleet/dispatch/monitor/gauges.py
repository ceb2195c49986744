"""The fuel gauge of each asset that is out, beside what its trip is thought to have drawn: which readings can't be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.battery import Energy
from fleet.dispatch.monitor.driven import Since, driven, unseen
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.meters import Meter, why_stuck
from fleet.dispatch.monitor.progress import burden_of, progress_of
from fleet.dispatch.monitor.remaining import HOLDING
from fleet.dispatch.monitor.tripcharges import ByModel
from fleet.dispatch.monitor.way import Way
from fleet.dispatch.packs import what_is_left
from fleet.dispatch.separation.flights import BREAKS_OFF
from fleet.domain.tripcharge import TripCharge
from fleet.energy.gauge import CLOCK_BACKWARDS, GaugeState, Reading, believed, modelled, watch
from fleet.feasibility.charge import BATTERY_SUSPECT, doubted
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Reason

_RESTS = frozenset({"idle", "charging", "landed", "loading"})
"""What stands on the ground, whichever step it is at."""
_UNLOADS = "unloading"
"""On the ground too, but at its drop: there one that flies may hang over it."""


LEVEL_M = 5.0
"""So near to the height of its ways it is on them."""

NEW = GaugeState()
LOST = frozenset({"pack_failed", "pack_missing"})
LOST_ROW = 3
"""A pack is lost that is so in so many samples in a row."""
PACK_LOST = "pack_lost"
"""The exception about one that has lost a pack under way."""


@dataclass(slots=True)
class _Kept:
    """Of one mission, changed with each sample.

    ``state`` is the gauge's, ``drawn`` the share of a full battery that was drawn up to ``at``, ``doubts`` what is
    doubted, ``short`` by how much the gauge has shown less than the model since. ``lost`` is which packs are lost,
    ``lost_row`` in how many samples in a row some were, ``whole`` what all held before, ``gone`` what went with them.
    ``judged`` is what was believed last instead of what the gauge showed, ``is_by_model``
    whether by the model;
    ``since`` is from where on a robot's way is counted.
    """

    mission_id: str
    state: GaugeState = NEW
    drawn: float = 0.0
    at: datetime | None = None
    doubts: tuple[Reason, ...] = ()
    short: float = 0.0
    lost: tuple[Reason, ...] = ()
    lost_row: int = 0
    judged: float | None = None
    is_by_model: bool = False
    meter: Meter = field(default_factory=Meter)
    whole: float | None = None
    gone: float = 0.0
    since: Since | None = None


class Gauges:
    """What is kept of the gauges of those that are out. After a restart a trip's part that was flown before is worked
    out anew, from where it is."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def forget(self, asset_id: str) -> None:
        """It is not out any more."""
        self._kept.pop(asset_id, None)

    def suspect(self, guard: Guard, doubts: tuple[Reason, ...]) -> None:
        """Doubts about the gauge of this trip that were told already: by the hub itself, or before a restart."""
        kept = self._of(guard)
        kept.doubts = kept.doubts or doubts

    def restore(self, guard: Guard, charge: TripCharge) -> None:
        """What was known of this trip before a restart: from there on what it does counts, and by as much as less was
        believed than the model says, less is. Its gauge is held against what it showed then."""
        kept = self._of(guard)
        kept.drawn, kept.at = charge.drawn, charge.at
        if charge.shown is not None:
            last = Reading(charge.at.timestamp(), charge.shown, charge.drawn)
            kept.state = GaugeState(last, last, charge.shown, (charge.shown,))
        if guard.energy is not None and charge.believed is not None:
            by_model = modelled(charge.left_soc, charge.drawn, _margin(guard, guard.energy))
            kept.short = max(0.0, by_model - charge.believed)

    def by_model(self, asset_id: str) -> ByModel:
        """What the trip has drawn by the model."""
        kept = self._kept.get(asset_id)
        if kept is None:
            return ByModel(0.0, believed=False)
        last = None if kept.doubts else kept.state.last
        return ByModel(kept.drawn, kept.is_by_model, None if last is None else last.soc)

    def _of(self, guard: Guard) -> _Kept:
        kept = self._kept.get(guard.asset_id)
        if kept is None or kept.mission_id != guard.mission_id:
            kept = self._kept[guard.asset_id] = _Kept(guard.mission_id)
        return kept

    def check(self, guard: Guard, sample: Telemetry, now: datetime) -> tuple[Telemetry, tuple[Reason, ...]]:
        """The sample as it is to be judged, and why its gauge is doubted. A gauge that is doubted, or says nothing
        under way, gives way to the model for the rest of the trip.
        """
        budget = guard.energy
        if budget is None or sample.mission_id != guard.mission_id:
            return sample, ()
        kept = self._of(guard)
        rests = _rests(guard, sample)
        if not rests:
            if guard.flies:
                kept.drawn = _flown(guard, kept, sample, now)
            else:
                drawn = kept.drawn + (unseen(guard, kept.at, now) if kept.since is None else 0.0)
                kept.since, kept.drawn = driven(guard, kept.since, drawn, sample, now)
            kept.at = now
        if sample.packs is not None and sample.soc is not None:
            found = [d for d in what_is_left(guard.sortie, sample.soc, sample.packs).doubts if d.code in LOST]
            if not found and not kept.lost:
                kept.whole, kept.gone = sample.soc, 0.0
            elif kept.lost_row == 0 and not kept.lost:
                kept.gone = max(0.0, (sample.soc if kept.whole is None else kept.whole) - sample.soc)
            kept.lost_row = kept.lost_row + 1 if found else 0
            kept.lost = kept.lost or tuple(
                doubted(d, guard.asset_id) for d in found if kept.lost_row >= LOST_ROW
            )
        if sample.soc is not None:
            kept.state, fresh = watch(kept.state, Reading(now.timestamp(), sample.soc, kept.drawn, rests))
            if fresh:
                kept.doubts += tuple(doubted(doubt, guard.asset_id) for doubt in fresh)
        kept.judged, kept.is_by_model = None, False
        if not rests and not kept.lost and not kept.doubts:
            kept.judged = kept.meter.judged(sample, budget.full_wh, kept.drawn)
        if not rests and guard.start_soc is not None and (kept.doubts or sample.soc is None):
            kept.judged = _by_model(guard.start_soc, kept, _margin(guard, budget))
            kept.is_by_model = True
        return self.judged(guard, sample), kept.doubts

    def is_doubted(self, asset_id: str) -> bool:
        """Whether its gauge is doubted on this trip."""
        kept = self._kept.get(asset_id)
        return kept is not None and bool(kept.doubts)

    def judged(self, guard: Guard, sample: Telemetry) -> Telemetry:
        """The last sample again as it was judged: where not by what its gauge showed, by what was believed instead."""
        kept = self._of(guard)
        return sample if kept.judged is None else sample.model_copy(update={"soc": kept.judged})

    def lost(self, asset_id: str) -> tuple[Reason, ...]:
        """Which of its packs give nothing any more, on this trip."""
        kept = self._kept.get(asset_id)
        return () if kept is None else kept.lost

    def gone(self, asset_id: str) -> float:
        """What went with them, as a share of a full battery: it was not drawn."""
        kept = self._kept.get(asset_id)
        return 0.0 if kept is None else kept.gone

    def holds(self, asset_id: str) -> float | None:
        """What meter and gauge have said for a while that a full battery holds, as a share of what it should; none
        where they agree."""
        kept = self._kept.get(asset_id)
        return None if kept is None else kept.meter.steady

    def meter(self, asset_id: str) -> Reason | None:
        """Why its meter is not believed on this trip; none where it is."""
        kept = self._kept.get(asset_id)
        return None if kept is None else why_stuck(asset_id, kept.meter)


def _by_model(start_soc: float, kept: _Kept, margin: float) -> float:
    """What is believed of a gauge that is doubted or silent. It was right where it showed less than the model: what it
    shows later does not raise that again."""
    by_model = modelled(start_soc, kept.drawn, margin)
    kept.short = max(kept.short, by_model - believed(kept.state, start_soc, kept.drawn, margin))
    return max(0.0, by_model - kept.short)


def _rests(guard: Guard, sample: Telemetry) -> bool:
    """Whether a gauge may rise or stand still: it is on the ground or on a charger. One that breaks its trip off is at
    no step of it."""
    if sample.step_id is None and sample.state not in BREAKS_OFF and not guard.doing:
        return True
    unloads = sample.state == _UNLOADS and not (guard.flies and sample.step_id == guard.drop_id)
    return unloads or sample.step_id in guard.before or sample.state in _RESTS


def _flown(guard: Guard, kept: _Kept, sample: Telemetry, now: datetime) -> float:
    """The share of a full battery that a flight has drawn: by the time, since it takes as much to stay up, but for what
    had been flown before the first sample."""
    if kept.at is not None:
        return kept.drawn + _share_per_s(guard, sample) * max(0.0, (now - kept.at).total_seconds())
    by_way, begun = _by_way(guard, sample, now), guard.record.left_at or _begun(guard)
    if begun is None or by_way > 0:
        return by_way
    return _share_per_s(guard, sample) * max(0.0, (now - begun).total_seconds())


def _margin(guard: Guard, budget: Energy) -> float:
    """The margin on what a trip has drawn by the model: of a flight it is counted by the time."""
    return budget.margin_for_a_time if guard.flies else budget.margin


def _by_way(guard: Guard, sample: Telemetry, now: datetime) -> float:
    budget, progress = guard.energy, progress_of(guard, sample, now)
    if budget is None or progress is None or progress.flown is None:
        return 0.0
    # It is counted with a margin for a time: as long as its ways last.
    return (budget.planned_wh - progress.left_wh - progress.after_wh) * budget.slow / budget.full_wh


def _share_per_s(guard: Guard, sample: Telemetry) -> float:
    """What a second takes of a full battery in the regime that it is in, with what is on board and in the wind that is
    known."""
    budget = guard.energy
    if budget is None:
        return 0.0
    return _power_w(guard, sample, budget) / 3600 / budget.full_wh


def _power_w(guard: Guard, sample: Telemetry, budget: Energy) -> float:
    """Below the height of its ways it goes up near the beginning of its leg, and down near its end; where its height is
    not known it may be going up."""
    power = burden_of(guard, sample, budget).watts
    if sample.step_id == guard.drop_id or sample.state == HOLDING:
        return power.stay
    if sample.alt_amsl_m is None:
        return max(power.up, power.along)
    if sample.alt_amsl_m >= budget.high_amsl_m - LEVEL_M:
        return power.along
    way = _way_of(guard, sample)
    if way is None:
        return max(power.stay, power.down)
    here = guard.plane.xy(sample.lon, sample.lat)
    begins, ends = way.track.points[0], way.track.points[-1]
    return power.up if math.dist(here, begins) <= math.dist(here, ends) else power.down


def _way_of(guard: Guard, sample: Telemetry) -> Way | None:
    if sample.state in BREAKS_OFF or guard.doing:
        return guard.instead
    return guard.out if guard.out is not None and sample.step_id == guard.out.step_id else guard.back


def _begun(guard: Guard) -> datetime | None:
    return None if guard.out is None else guard.out.path[0].at


def pack_lost(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """It has lost a pack on its way out: home, with what the others hold. How far that is enough is told as ever."""
    del now
    if not guard.lost or guard.out is None or sample.step_id != guard.out.step_id:
        return None
    return Finding(guard.asset_id, guard.mission_id, PACK_LOST, Action.RETURN, guard.lost)


def gauge(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Its gauge shows what can't be: a person is told, the trip goes by the model. One that has not left stays."""
    del now
    doubts = tuple(
        why for why in guard.doubts if why.code != CLOCK_BACKWARDS
    )  # that is said by the hub itself
    if not doubts:
        return None
    waits = sample.step_id is None and sample.state not in BREAKS_OFF and not guard.doing
    stays = waits or sample.step_id in guard.before
    advice = Action.RETURN if stays else None
    return Finding(guard.asset_id, guard.mission_id, BATTERY_SUSPECT, advice, doubts)
