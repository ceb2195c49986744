"""Keeps a guard for each mission that is out, and checks samples against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from fleet.dispatch.health import as_worn
from fleet.dispatch.inputs import ChargeFound, Finding, NoReturnFound, WindSeen
from fleet.dispatch.monitor.aboard import brings_back_kg
from fleet.dispatch.monitor.air import Air
from fleet.dispatch.monitor.aside import Aside, ways_aside
from fleet.dispatch.monitor.checks import CHECKS
from fleet.dispatch.monitor.energycheck import ENERGY_SHORT, can_hold, energy
from fleet.dispatch.monitor.gauges import Gauges, gauge, pack_lost
from fleet.dispatch.monitor.guard import Earlier, Guard, guard_of, is_off_time, redirected
from fleet.dispatch.monitor.leaving import has_not_left, is_under_way, left_with
from fleet.dispatch.monitor.meters import capacity, meter
from fleet.dispatch.monitor.nearby import near_changed
from fleet.dispatch.monitor.noreturn import is_news, no_return_of
from fleet.dispatch.monitor.placed import Unplaced, is_unplaced, placed
from fleet.dispatch.monitor.progress import progress_of, taken_of
from fleet.dispatch.monitor.remaining import doing_instead
from fleet.dispatch.monitor.staying import Stays
from fleet.dispatch.monitor.told import MOST_URGENT, Told, is_more_urgent
from fleet.dispatch.monitor.tripcharges import TripCharges
from fleet.dispatch.monitor.winds import Winds
from fleet.dispatch.monitor.zonechecks import ZONE_CODES
from fleet.dispatch.silence import lost_link
from fleet.domain.evolve import evolve
from fleet.domain.fleet import SortieType
from fleet.domain.noreturn import NoReturn
from fleet.domain.state import OVER, State
from fleet.domain.tripcharge import TripCharge
from fleet.feasibility import Context
from fleet.feasibility.charge import gauge_doubts_of
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import Telemetry
from geofences import Zone, ZoneSet

PACE_OVER = timedelta(seconds=60)
PACE_EVERY = timedelta(seconds=10)
"""How fast an asset moves is taken over a minute, so that a gust is none: of its samples one every so often is kept."""

TIMED_EVERY = timedelta(seconds=10)
"""So often it is looked at whether an aircraft is still on time, where zones come and go."""


ANEW_EVERY = timedelta(minutes=2)
"""So often what an asset is held against is worked out anew, whatever happens."""

LOOK_EVERY = timedelta(seconds=5)
"""So often it is worked out anew where one can go whose battery is not enough for the rest."""


class Monitor:
    """What is being watched. ``make_context`` gives the feasibility context for a state."""

    def __init__(self, make_context: Callable[[State], Context]) -> None:
        self._make_context = make_context
        self._guards: dict[str, Guard] = {}
        self._out: dict[str, float] = {}
        self._begun: set[str] = set()
        self._gauges = Gauges()
        self._told: dict[str, Told] = {}
        self._lately: dict[str, tuple[Earlier, ...]] = {}
        self._timed: dict[str, datetime] = {}
        self._stays = Stays()
        self._charges = TripCharges()
        self._unplaced = Unplaced()
        self._news: dict[str, dict[type, NoReturnFound | ChargeFound]] = {}
        self._moves: dict[str, tuple[Guard, Telemetry, datetime]] = {}
        self._looked: dict[str, datetime] = {}
        self._looked_at: dict[str, datetime] = {}
        self._winds = Winds()
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
            known, self._told[asset_id] = None, {}
            self._stays.forget(asset_id)
            self._charges.forget(asset_id)
        self._looked_at[asset_id] = now
        context = self._make_context(state)
        kind = context.fleet.types[asset.type_id]
        if isinstance(kind, SortieType):
            kind = as_worn(state, asset_id, kind)
            start = known.start_soc if known is not None else left_with(state, record, sample)
            made = guard_of(
                record,
                kind,
                context,
                now,
                sample,
                start,
                brings_back_kg(record, state),
                state.assets[asset_id].energy,
                "" if known is None else known.doing,
            )
            self._guards[asset_id] = made if known is None else evolve(made, taken=known.taken)
            if known is None and record.charge is not None:
                self._go_on(asset_id, record.charge)
            guard = self._guards[asset_id]
            self._gauges.suspect(guard, gauge_doubts_of(state, asset_id))
            seen = sample if sample is None else self._gauges.judged(guard, sample)
            self._work_no_return_out(self._as_held(guard), seen, now, record.no_return)
            self._timed[asset_id] = now
            lost = state.assets[asset_id].status is AssetStatus.LINK_LOST
            apart = context.fleet.separation
            self._air.watch(asset_id, record, kind, apart, seen, lost=lost, now=now)

    def _go_on(self, asset_id: str, charge: TripCharge) -> None:
        """After a restart, with what was known of its charge before."""
        guard = self._guards[asset_id] = evolve(self._guards[asset_id], taken=charge.taken)
        self._charges.known(asset_id, charge)
        self._stays.restore(asset_id, charge.stays_soc)
        self._gauges.restore(guard, charge)

    def is_due(self, asset_id: str, now: datetime) -> bool:
        """Whether what it is held against was worked out so long ago that it must be watched anew: forecasts come into
        their time, and what was measured grows stale, without anybody's saying so."""
        at = self._looked_at.get(asset_id)
        return at is not None and now - at >= ANEW_EVERY

    def rezone(self, changed: Sequence[Zone], state: State) -> tuple[str, ...]:
        """Hold all who are out against the zones as they are now. Those are returned, by id, to whom the zones that
        changed come so near that they must be watched anew; what such a zone leads to is told even if one of the zones
        before it did. A zone that can't be read may be anywhere: without it all are watched anew.
        """
        context = self._make_context(state)
        near = near_changed(ZoneSet(changed), self._guards) | (self._out.keys() - self._guards.keys())
        lacks = context.zones.missing
        near |= {each for each, guard in self._guards.items() if guard.context.zones.missing != lacks}
        for asset_id, guard in self._guards.items():
            if asset_id in near:
                told = self._told.get(asset_id, {})
                self._told[asset_id] = {
                    code: advice for code, advice in told.items() if code not in ZONE_CODES
                }
            else:
                self._guards[asset_id] = evolve(guard, context=context)
        return tuple(sorted(near))

    def _forget(self, asset_id: str) -> None:
        self._guards.pop(asset_id, None)
        self._out.pop(asset_id, None)
        self._begun.discard(asset_id)
        self._told.pop(asset_id, None)
        self._lately.pop(asset_id, None)
        self._gauges.forget(asset_id)
        self._stays.forget(asset_id)
        self._looked.pop(asset_id, None)
        self._looked_at.pop(asset_id, None)
        self._charges.forget(asset_id)
        self._unplaced.forget(asset_id)
        self._news.pop(asset_id, None)
        self._moves.pop(asset_id, None)
        self._timed.pop(asset_id, None)
        self._winds.forget(asset_id)
        self._air.forget(asset_id)

    def check(self, asset_id: str, sample: Telemetry, now: datetime) -> tuple[Finding, ...]:
        """What a new sample shows; each thing is told once for a mission. Of two that would meet, the other may be the
        one that is to do something."""
        guard = self._guards.get(asset_id)
        if guard is None:
            return ()
        as_told, unplaced = sample, is_unplaced(guard, sample)
        if unplaced:
            sample = placed(guard, sample)
        if has_not_left(guard, sample) and not self._gauges.is_doubted(
            asset_id
        ):  # it may be charged until it does
            guard = self._guards[asset_id] = evolve(guard, start_soc=sample.soc)
        if doing_instead(guard.record, sample, guard.doing) != guard.doing or (
            guard.flies and self._is_off_time(guard, sample, now)
        ):
            guard = self._guards[asset_id] = self._redirected(guard, sample, now)
        sample, doubts = self._gauges.check(guard, sample, now)
        met = self._air.check(asset_id, sample, now)
        guard = evolve(
            guard,
            earlier=self._earlier(asset_id, sample, now),
            held_soc=self._stays.taken_soc(guard, sample) + self._gauges.gone(asset_id),
            dropping_s=self._stays.dropping_s(guard, sample, now),
            doubts=doubts,
            lost=self._gauges.lost(asset_id),
            holds=self._gauges.holds(asset_id),
            meter=self._gauges.meter(asset_id),
        )
        if is_under_way(guard, sample):
            self._tell(guard, self._charges.news(guard, sample, self._gauges.by_model(asset_id), now))
        told = self._told.setdefault(asset_id, {})
        lost = self._unplaced.check(guard, as_told, unplaced)
        if lost is not None and lost.code not in told:
            told[lost.code] = None
            met = (lost, *met)
        for check in (*CHECKS, gauge, pack_lost, capacity, meter):
            if check is energy and self._has_looked(asset_id, told, now):
                continue
            found = check(guard, sample, now)
            if found is not None and (found.code not in told or is_more_urgent(found, told[found.code])):
                told[found.code] = found.advice
                if found.code == ENERGY_SHORT:
                    self._moves[asset_id] = guard, sample, now
                return (found, *met)
        return met

    def _has_looked(self, asset_id: str, told: Told, now: datetime) -> bool:
        """Whether where it can still go need not be worked out: nothing more urgent could be told of its battery, or it
        was told of it, and that was looked at a moment ago."""
        if ENERGY_SHORT not in told:
            return False
        if told[ENERGY_SHORT] is MOST_URGENT or now - self._looked.get(asset_id, now) < LOOK_EVERY:
            self._looked.setdefault(asset_id, now)
            return True
        self._looked[asset_id] = now
        return False

    def news_of(self, asset_id: str) -> tuple[NoReturnFound | ChargeFound, ...]:
        """What is to be kept with its mission: from where on it can't go home any more, and what of its charge no later
        sample tells; told once. What a finding moves is worked out here, behind it: a fault there loses no finding."""
        moved = self._moves.pop(asset_id, None)
        if moved is not None:
            self._work_no_return_out(*moved, moved[0].record.no_return)
        return tuple(self._news.pop(asset_id, {}).values())

    def _tell(self, guard: Guard, news: NoReturnFound | ChargeFound | None) -> None:
        if news is not None:
            self._news.setdefault(guard.asset_id, {})[type(news)] = news

    def _work_no_return_out(
        self, guard: Guard, sample: Telemetry | None, now: datetime, before: NoReturn | None
    ) -> None:
        found = no_return_of(guard, sample, now)
        if found is not None and guard.energy is not None and is_news(before, found, guard.energy.full_wh):
            self._tell(guard, NoReturnFound(guard.mission_id, found))

    def _redirected(self, guard: Guard, sample: Telemetry, now: datetime) -> Guard:
        """It begins or ceases to break its trip off, or is off its time. How it had gone until then is kept."""
        taken = guard.taken
        if not guard.doing and doing_instead(guard.record, sample):
            taken = self._taken(guard)
        return evolve(redirected(guard, sample, now), taken=taken)

    def _taken(self, guard: Guard) -> float:
        """How many times what was predicted its trip has taken, by the newest sample that followed it."""
        kept, budget = self._lately.get(guard.asset_id, ()), guard.energy
        if not kept or budget is None:
            return guard.taken
        at, sample = kept[-1]
        guard = self._as_held(guard)
        progress = progress_of(guard, sample, at)
        return guard.taken if progress is None else taken_of(guard, sample, progress, budget)

    def wind(self, asset_id: str, sample: Telemetry, now: datetime) -> WindSeen | None:
        """The wind that a sample, with those before it, shows to be stronger than was thought."""
        guard = self._guards.get(asset_id)
        return None if guard is None else self._winds.check(guard, sample, now)

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
        held_soc = self._stays.so_far(guard.asset_id) + self._gauges.gone(guard.asset_id)
        return evolve(guard, held_soc=held_soc)

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
