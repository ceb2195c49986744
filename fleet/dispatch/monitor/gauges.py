"""The fuel gauge of each asset that is out, beside what its trip is thought to have drawn: which readings can't be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.energycheck import progress_of
from fleet.dispatch.monitor.guard import Guard
from fleet.energy.gauge import GaugeState, Reading, believed, watch
from fleet.feasibility.charge import BATTERY_SUSPECT, doubted
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Reason

_RESTS = frozenset({"idle", "charging", "landed", "loading", "unloading"})


NEW = GaugeState()


@dataclass(slots=True)
class _Kept:
    """Of one mission, changed with each sample: the gauge's state, the share of a full battery that was drawn up to
    ``at``, what is doubted."""

    mission_id: str
    state: GaugeState = NEW
    drawn: float = 0.0
    at: datetime | None = None
    doubts: tuple[Reason, ...] = ()


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
        rests = sample.step_id is None or sample.step_id in guard.before or sample.state in _RESTS
        if not rests:
            kept.drawn, kept.at = _drawn(guard, kept, sample, now), now
        if sample.soc is not None:
            kept.state, fresh = watch(kept.state, Reading(now.timestamp(), sample.soc, kept.drawn, rests))
            if fresh:
                kept.doubts += tuple(doubted(doubt, guard.asset_id) for doubt in fresh)
        if rests or guard.start_soc is None or not (kept.doubts or sample.soc is None):
            return sample, kept.doubts
        soc = believed(kept.state, guard.start_soc, kept.drawn, budget.margin)
        return sample.model_copy(update={"soc": soc}), kept.doubts


def _drawn(guard: Guard, kept: _Kept, sample: Telemetry, now: datetime) -> float:
    """The share of a full battery that the trip has drawn: on the ground by the way that is done; in the air by the
    time, since it takes as much to stay up, but for what had been flown before the first sample."""
    if guard.flies and kept.at is not None:
        return kept.drawn + _share_per_s(guard) * max(0.0, (now - kept.at).total_seconds())
    by_way, begun = max(kept.drawn, _by_way(guard, sample, now)), _begun(guard)
    if not guard.flies or begun is None or by_way > 0:
        return by_way
    return _share_per_s(guard) * max(0.0, (now - begun).total_seconds())


def _by_way(guard: Guard, sample: Telemetry, now: datetime) -> float:
    budget, progress = guard.energy, progress_of(guard, sample, now)
    if budget is None or progress is None or sample.state in ("returning", "diverting", "landing"):
        return 0.0
    return (budget.planned_wh - progress.left_wh - progress.after_wh) / budget.full_wh


def _share_per_s(guard: Guard) -> float:
    """What a second in the air takes of a full battery, over the whole trip as it was planned."""
    budget, begun = guard.energy, _begun(guard)
    ends = None if guard.back is None else guard.back.path[-1].at
    if budget is None or begun is None or ends is None or ends <= begun:
        return 0.0
    return budget.planned_wh / budget.full_wh / (ends - begun).total_seconds()


def _begun(guard: Guard) -> datetime | None:
    return None if guard.out is None else guard.out.path[0].at


def gauge(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Its gauge shows what can't be: a person is told, the trip goes by the model. One that has not left stays."""
    del now
    if not guard.doubts:
        return None
    stays = sample.step_id is None or sample.step_id in guard.before
    advice = Action.RETURN if stays else None
    return Finding(guard.asset_id, guard.mission_id, BATTERY_SUSPECT, advice, guard.doubts)
