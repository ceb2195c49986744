"""Keeps a guard for each mission that is out, and checks samples against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.aboard import brings_back_kg
from fleet.dispatch.monitor.air import Air
from fleet.dispatch.monitor.aside import Aside, ways_aside
from fleet.dispatch.monitor.checks import CHECKS
from fleet.dispatch.monitor.energycheck import HOLDING, can_hold
from fleet.dispatch.monitor.gauges import Gauges, gauge, pack_lost
from fleet.dispatch.monitor.guard import Earlier, Guard, guard_of, is_off_time, redirected
from fleet.dispatch.monitor.remaining import doing_instead
from fleet.dispatch.monitor.zonechecks import ZONE_CODES
from fleet.dispatch.silence import lost_link
from fleet.domain.evolve import evolve
from fleet.domain.fleet import SortieType
from fleet.domain.state import OVER, State
from fleet.feasibility import Context
from fleet.feasibility.charge import gauge_doubts_of
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import Telemetry
from geofences import Zone, ZoneSet, near_change, segments_hit


class Held(NamedTuple):
    """What holding has taken of a pack: in holds that are over, and at which state of charge one that is on began, and
    was last seen."""

    before: float = 0.0
    since: float | None = None
    last: float | None = None

    @property
    def soc(self) -> float:
        """All of it, as a share of the pack."""
        now = self.since - self.last if self.since is not None and self.last is not None else 0.0
        return self.before + max(0.0, now)

    def then(self, sample: Telemetry) -> Held:
        """With one more sample; one without a state of charge tells nothing."""
        if sample.soc is None:
            return self
        if self.since is not None:
            on = Held(self.before, self.since, sample.soc)
            return on if sample.state == HOLDING else Held(on.soc)
        return Held(self.before, sample.soc, sample.soc) if sample.state == HOLDING else self


PACE_OVER = timedelta(seconds=60)
PACE_EVERY = timedelta(seconds=10)
"""How fast an asset moves is taken over a minute, so that a gust is none: of its samples one every so often is kept."""

TIMED_EVERY = timedelta(seconds=10)
"""So often it is looked at whether an aircraft is still on time, where zones come and go."""


class Monitor:
    """What is being watched. ``make_context`` gives the feasibility context for a state."""

    def __init__(self, make_context: Callable[[State], Context]) -> None:
        self._make_context = make_context
        self._guards: dict[str, Guard] = {}
        self._out: dict[str, float] = {}
        self._begun: set[str] = set()
        self._gauges = Gauges()
        self._told: dict[str, set[str]] = {}
        self._lately: dict[str, tuple[Earlier, ...]] = {}
        self._timed: dict[str, datetime] = {}
        self._held: dict[str, Held] = {}
        self._air = Air(self._may_hold, self._aside)

    def watch(self, asset_id: str, state: State, now: datetime, sample: Telemetry | None) -> None:
        """Work out anew what this asset is held against, with its last sample; nothing when it is not out."""
        record = state.mission_of(asset_id)
        if record is None or record.status in OVER or record.status is MissionStatus.DRAFTED:
            self._forget(asset_id)
            return
        asset = state.assets[asset_id].record
        begun = record.status is MissionStatus.ACTIVE
        rule = lost_link(state, asset_id)
        silent_s = rule.silent_s if begun else rule.waiting_s
        self._out[asset_id] = math.inf if silent_s is None else silent_s
        (self._begun.add if begun else self._begun.discard)(asset_id)
        known = self._guards.get(asset_id)
        if known is None or known.mission_id != record.mission.mission_id:
            # Before what may fail: silence is noticed, and no sample is held against an earlier mission.
            self._guards.pop(asset_id, None)
            known, self._told[asset_id] = None, set()
            self._held.pop(asset_id, None)
        context = self._make_context(state)
        kind = context.fleet.types[asset.type_id]
        if isinstance(kind, SortieType):
            start = known.start_soc if known is not None else _soc(state, asset_id, sample)
            self._guards[asset_id] = guard_of(
                record,
                kind,
                context,
                now,
                sample,
                start,
                brings_back_kg(record, state),
                state.assets[asset_id].energy,
            )
            self._gauges.suspect(self._guards[asset_id], gauge_doubts_of(state, asset_id))
            self._timed[asset_id] = now
            lost = state.assets[asset_id].status is AssetStatus.LINK_LOST
            apart = context.fleet.separation
            self._air.watch(asset_id, record, kind, apart, sample, lost=lost, now=now)

    def rezone(self, changed: Sequence[Zone], state: State) -> tuple[str, ...]:
        """Hold all who are out against the zones as they are now. Those are returned, by id, to whom the zones that
        changed come so near that they must be watched anew; what such a zone leads to is told even if one of the zones
        before it did. A zone that can't be read may be anywhere: without it all are watched anew.
        """
        context = self._make_context(state)
        near = self._near(ZoneSet(changed)) | (self._out.keys() - self._guards.keys())
        lacks = context.zones.missing
        near |= {each for each, guard in self._guards.items() if guard.context.zones.missing != lacks}
        for asset_id, guard in self._guards.items():
            if asset_id in near:
                self._told[asset_id] = self._told.get(asset_id, set()) - ZONE_CODES
            else:
                self._guards[asset_id] = evolve(guard, context=context)
        return tuple(sorted(near))

    def _near(self, changed: ZoneSet) -> set[str]:
        flying = [(asset_id, guard) for asset_id, guard in self._guards.items() if guard.flies]
        if changed.operating_areas:
            return {asset_id for asset_id, _ in flying}
        boxed = near_change(ZoneSet(), changed, [guard.around for _, guard in flying])
        maybe = [flying[number] for number in boxed]
        legs = [
            (asset_id, leg, (guard.reach_m, guard.ground))
            for asset_id, guard in maybe
            for leg in guard.legs()
        ]
        near = set[str]()
        for kept in {each[2] for each in legs}:
            alike = [(asset_id, leg) for asset_id, leg, its in legs if its == kept]
            starts, ends = [a for _, (a, _) in alike], [b for _, (_, b) in alike]
            hit = segments_hit(changed, starts, ends, kept[0], ground=kept[1])
            near |= {asset_id for (asset_id, _), is_hit in zip(alike, hit.tolist(), strict=True) if is_hit}
        return near

    def _forget(self, asset_id: str) -> None:
        self._guards.pop(asset_id, None)
        self._out.pop(asset_id, None)
        self._begun.discard(asset_id)
        self._told.pop(asset_id, None)
        self._lately.pop(asset_id, None)
        self._gauges.forget(asset_id)
        self._held.pop(asset_id, None)
        self._timed.pop(asset_id, None)
        self._air.forget(asset_id)

    def check(self, asset_id: str, sample: Telemetry, now: datetime) -> tuple[Finding, ...]:
        """What a new sample shows; each thing is told once for a mission. Of two that would meet, the other may be the
        one that is to do something."""
        guard = self._guards.get(asset_id)
        if guard is None:
            return ()
        sample, doubts = self._gauges.check(guard, sample, now)
        if guard.flies and (
            doing_instead(guard.record, sample) != guard.doing or self._is_off_time(guard, sample, now)
        ):
            guard = self._guards[asset_id] = redirected(guard, sample, now)
        met = self._air.check(asset_id, sample, now)
        guard = evolve(
            guard,
            earlier=self._earlier(asset_id, sample, now),
            held_soc=self._held_soc(asset_id, sample) + self._gauges.gone(asset_id),
            doubts=doubts,
            lost=self._gauges.lost(asset_id),
        )
        told = self._told.setdefault(asset_id, set())
        for check in (*CHECKS, gauge, pack_lost):
            found = check(guard, sample, now)
            if found is not None and found.code not in told:
                told.add(found.code)
                return (found, *met)
        return met

    def _is_off_time(self, guard: Guard, sample: Telemetry, now: datetime) -> bool:
        """Whether zones that come and go must be asked for anew: it is later or earlier than they were asked for."""
        if not guard.context.airspace_has_times or now - self._timed.get(guard.asset_id, now) < TIMED_EVERY:
            return False
        self._timed[guard.asset_id] = now
        return is_off_time(guard, sample, now)

    def _earlier(self, asset_id: str, sample: Telemetry, now: datetime) -> Earlier | None:
        """The newest sample that is old enough to say how fast it moves; none where it has not done the same since."""
        kept = self._lately.get(asset_id, ())
        if not kept or (kept[-1][1].step_id, kept[-1][1].state) != (sample.step_id, sample.state):
            kept = ()
        if not kept or now - kept[-1][0] >= PACE_EVERY:
            kept = (*kept, (now, sample))
        while len(kept) > 1 and now - kept[1][0] >= PACE_OVER:
            kept = kept[1:]
        self._lately[asset_id] = kept
        return kept[0] if now - kept[0][0] >= PACE_OVER else None

    def _may_hold(self, asset_id: str, sample: Telemetry, hold: timedelta, now: datetime) -> bool | None:
        guard = self._guards.get(asset_id)
        return None if guard is None else can_hold(self._as_held(guard), sample, hold, now)

    def _aside(self, asset_id: str, sample: Telemetry, now: datetime) -> Iterator[Aside]:
        guard = self._guards.get(asset_id)
        return iter(()) if guard is None else ways_aside(guard, sample, now)

    def _as_held(self, guard: Guard) -> Guard:
        return evolve(guard, held_soc=self._held.get(guard.asset_id, Held()).soc)

    def _held_soc(self, asset_id: str, sample: Telemetry) -> float:
        """What holding has taken so far. From the first sample of a hold to the one after it: the gauge's noise is not
        added up."""
        held = self._held.get(asset_id)
        if held is None and sample.state != HOLDING:
            return 0.0
        held = (held or Held()).then(sample)
        self._held[asset_id] = held
        return held.soc

    def watched(self) -> tuple[str, ...]:
        """The assets that are out or about to go, by id."""
        return tuple(sorted(self._out))

    def watches(self, asset_id: str) -> bool:
        """Whether the asset is out or about to go."""
        return asset_id in self._out

    def link_timeout_s(self, asset_id: str) -> float:
        """How long this asset may be silent."""
        return self._out.get(asset_id, float("inf"))

    def sample_timeout_s(self, asset_id: str) -> float:
        """How long this asset may go without a sample: no longer than it may be silent, once it is under way and its
        samples are checked.
        """
        checked = asset_id in self._begun and asset_id in self._guards
        return self.link_timeout_s(asset_id) if checked else math.inf


def _soc(state: State, asset_id: str, sample: Telemetry | None) -> float | None:
    """What it shows, or reported last: by that it was released."""
    return state.assets[asset_id].soc if sample is None or sample.soc is None else sample.soc
