"""The hub without sockets, threads and clock: frames in, batches to store, frames out.

One turn is: frames go in (``control``, ``telemetry``), ``work`` decides on what they said, ``take`` gives the batch
that must be stored, ``committed`` is told when it is, and ``output`` gives the frames to send. Nothing that depends
on a decision comes out before the batch with its events was reported as committed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.dispatch import effects as fx
from fleet.dispatch.decide import CONTRADICTION, HANDLERS, HUB_FAULT, Decision, Dispatcher
from fleet.dispatch.desk import Measured
from fleet.dispatch.handlers.assets import NO_SAMPLES
from fleet.dispatch.handlers.clocks import clocks_off
from fleet.dispatch.inputs import GaugeDoubted, Input, LinkBack, LinkLost, TimerDue, Unreadable
from fleet.dispatch.monitor import Monitor
from fleet.dispatch.packs import counted_charge
from fleet.domain.events import TimerSet
from fleet.domain.state import State
from fleet.energy.gauge import Doubt
from fleet.feasibility.charge import doubts_of
from fleet.hub.batches import Anchor, Batches
from fleet.hub.clock import FreeClock, GrantedClock
from fleet.hub.inbox import Inbox
from fleet.hub.links import Links
from fleet.hub.peers import Frames, Peer, Route
from fleet.hub.security.access import ANYONE, Credential
from fleet.hub.security.refusals import Refusals, untold
from fleet.hub.sessions import Sessions
from fleet.hub.stamps import Stamps
from fleet.hub.stepping import Stepping
from fleet.hub.timers import Timers
from fleet.hub.trouble import Severity
from fleet.protocol.codec import decode_control, decode_telemetry, encode
from fleet.protocol.errors import Fault, RemoteError
from fleet.protocol.lifecycle import AssetStatus, LifecycleError
from fleet.protocol.messages import AssetReport, Attach, Envelope, Granted, Hello, Message, Role, Telemetry
from fleet.protocol.salvage import placed_in_air, salvaged_control, salvaged_telemetry
from fleet.store.base import Batch, OutboxRow, PeerRow

ATTACH = b"attach"
"""The kind frame of the one message of the telemetry channel that is no telemetry."""


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """How the hub deals with its peers; durations in seconds."""

    heartbeat_s: float = 1.0
    inbox_limit: int = 20_000
    retry_after_s: float = 0.5


class HubCore:
    """The hub's decisions, sessions and batches. Everything comes in as an argument; nothing is read from outside.

    ``live`` is the newest telemetry of each asset, ``plans`` the planning jobs whose request is stored,
    ``questions`` what people ask of the planner, ``faults`` what our own code raised.
    """

    def __init__(
        self,
        *,
        state: State,
        dispatcher: Dispatcher,
        monitor: Monitor,
        clock: FreeClock | GrantedClock,
        make_token: Callable[[], str],
        anchor: Anchor,
        settings: CoreSettings = CoreSettings(),
        refusals: Refusals | None = None,
    ) -> None:
        self.state = state
        self.live: dict[str, Telemetry] = {}
        self._measured: dict[str, Measured] = {}
        self.clock = clock
        self.plans: list[fx.StartPlanning] = []
        self.questions: list[fx.FindOptions] = []
        self.faults: list[Exception] = []
        self.batches = Batches(anchor)
        self.inbox = Inbox(settings.inbox_limit, settings.retry_after_s)
        self.sessions = Sessions(
            self.batches,
            make_token=make_token,
            heartbeat_s=settings.heartbeat_s,
            clock=clock,
            refusals=refusals or Refusals(untold),
        )
        # Assets have no clocks of their own where time is granted.
        self.stamps = None if isinstance(clock, GrantedClock) else Stamps(clock.rate, clocks_off(state))
        self._stepping: Stepping | None = None
        if isinstance(clock, GrantedClock):
            self._stepping = Stepping(clock, self.sessions.peers)
            self.sessions.joined = self._stepping.joined
        self._dispatcher, self._monitor = dispatcher, monitor
        self._unreadable: list[Unreadable] = []
        self._links = Links(monitor, _open_of(state, NO_SAMPLES))
        self._timers = Timers(state.timers)

    def restore(
        self,
        peers: Mapping[str, PeerRow],
        outbox: Mapping[str, tuple[OutboxRow, ...]],
        roles: Mapping[str, Role],
    ) -> None:
        """Take up the sessions that the store knows, before anything is heard."""
        self.sessions.restore(peers, outbox, roles)

    # --- what comes in -----------------------------------------------------------------------------------------------

    def control(self, route: Route, frames: Sequence[bytes], wall_s: float, key: Credential = ANYONE) -> None:
        """A frame on the control channel; ``key`` is that of a connection which has no session yet."""
        try:
            envelope = self._read(route, frames, wall_s)
            if isinstance(envelope.message, Hello):
                self.sessions.hello(route, envelope, key)
                if (why := self.inbox.closed) is not None:
                    self.sessions.put_off(route, envelope.message, why)
            else:
                self._from_session(route, envelope, wall_s)
        except RemoteError as error:
            self.sessions.refuse(route, error, wall_s, key)

    def _read(self, route: Route, frames: Sequence[bytes], wall_s: float) -> Envelope:
        """The envelope in the frames; of one in which only measurements are wrong the rest."""
        allowed = self.sessions.allowed(route)
        try:
            return decode_control(frames, allowed)
        except RemoteError as error:
            known = self.sessions.peers.by_control.get(route)
            rest = None if known is None else salvaged_control(frames, allowed)
            if known is None or rest is None or not isinstance(rest.message, Envelope):
                raise
            self.sessions.count(known[0].peer_id, error.code, wall_s)
            self._unreadable += [Unreadable(known[0].peer_id, one) for one in rest.nonsense]
            return rest.message

    def _from_session(self, route: Route, envelope: Envelope, wall_s: float) -> None:
        peer, deliveries = self.sessions.receive(route, envelope, wall_s)
        for seq, message in deliveries:
            if isinstance(message, Granted):
                if isinstance(self.clock, GrantedClock):
                    self.clock.granted(peer.peer_id, message)
            else:
                self.inbox.put(peer, seq, message)

    def telemetry(self, route: Route, frames: Frames, wall_s: float, key: Credential = ANYONE) -> None:
        """A frame on the telemetry channel; the last sample of each asset wins."""
        sender = self.sessions.peers.by_telemetry.get(route)
        if len(frames) > 1 and frames[1] == ATTACH:
            self._attach(route, frames, wall_s, key if sender is None else sender.key)
        elif sender is None:
            self.sessions.count(key.subject, Fault.NO_SESSION, wall_s)
        else:
            sender.session.heard_telemetry(wall_s)
            self.inbox.put_sample(sender.peer_id, frames)

    def _attach(self, route: Route, frames: Frames, wall_s: float, key: Credential) -> None:
        try:
            message = decode_telemetry(frames)
        except RemoteError as error:
            self.sessions.count(key.subject, error.code, wall_s)
        else:
            if isinstance(message, Attach):
                self.sessions.attach(route, message, wall_s, key)

    def tell(self, message: Message | Input, wall_s: float) -> None:
        """One of the hub's own inputs (a plan that is ready, a resume)."""
        self._decide(message, self.clock.now(wall_s), None)

    # --- what is decided ---------------------------------------------------------------------------------------------

    def work(self, wall_s: float) -> None:
        """Decide on everything that has come in and is due."""
        if self._stepping is not None:
            self._stepping.begin()
        now = self.clock.now(wall_s)
        self.sessions.greet_all(
            wall_s, now, self.state.assets, lambda hello, peer_id: self._decide(hello, now, peer_id)
        )
        if self._stepping is None:
            self._links.turned(now, wall_s)
        elif not self._stepping.complete():
            return
        else:
            now = self.clock.now(wall_s)  # a timekeeper that was ahead has pulled it along
        if not self.sessions.waiting:
            # A hello waits until all before it is stored; more behind it, without end, would keep it out for ever.
            self._work_inbox(now)
        self._work_samples(now, wall_s)
        if not self._holds_back:
            self._work_links(now, wall_s)
            self._work_timers(now)
        if self._stepping is not None:
            self._grant(self._stepping, wall_s)

    @property
    def _holds_back(self) -> bool:
        """Whether nothing can be stored. Then what comes up again and again by itself waits: nothing could come of it,
        and for as long as that lasts it would pile up in the open batch.
        """
        return self.inbox.trouble is Severity.FAILING

    def _grant(self, stepping: Stepping, wall_s: float) -> None:
        """Let time go on once everything of this step is stored, planned and sent."""
        if self.quiet and not (self.inbox or self.sessions.waiting or self.state.planning is not None):
            stepping.grant(self._timers.next(self.state.timers), wall_s, lambda: self.sessions.flush(wall_s))

    def _work_inbox(self, now: datetime) -> None:
        unreadable, self._unreadable = self._unreadable, []
        for found in unreadable:
            self._decide(found, now, None)
        for peer, boots, seq, message in self.inbox.entries(in_lockstep=self.clock.lockstep):
            self._heard(peer.peer_id, now)
            # What came under an earlier boot is still true, but its numbers mean nothing in this one.
            if seq is not None and boots == peer.session.boots:
                self._taken(peer, seq, boots)
            told = self._dated(peer.peer_id, message, now) if isinstance(message, AssetReport) else message
            self._decide(told, now, peer.peer_id, peer.role, peer.key.subject)

    def _dated(self, peer_id: str, report: AssetReport, now: datetime) -> AssetReport:
        """The report, with the time that is believed: what it says may have waited for a link."""
        if self.stamps is None:
            return report
        return report.model_copy(update={"at": self.stamps.believed_at(peer_id, report.at, now)})

    def _taken(self, peer: Peer, seq: int, boots: int) -> None:
        batch = self.batches.open
        batch.take(peer, seq, boots)
        if peer.role is Role.ASSET:
            batch.received[peer.peer_id] = seq

    def _work_samples(self, now: datetime, wall_s: float) -> None:
        spoke = self.inbox.spoke()
        for peer_id in sorted(spoke) if self.clock.lockstep else spoke:
            self._heard(peer_id, now)
        for peer_id, frames in self.inbox.samples(in_lockstep=self.clock.lockstep):
            try:
                sample = decode_telemetry(frames)
            except RemoteError as error:
                self.sessions.count(peer_id, error.code, wall_s)
                rest = salvaged_telemetry(frames)
                for one in () if rest is None else rest.nonsense:
                    self._decide(Unreadable(peer_id, one), now, None)
                if rest is None or not isinstance(rest.message, Telemetry):
                    continue
                sample = rest.message
            if isinstance(sample, Telemetry):
                sample, nonsense = placed_in_air(sample)
                if nonsense is not None:
                    self._decide(Unreadable(peer_id, nonsense), now, None)
                self._links.sampled(peer_id, now)
                self._work_sample(peer_id, sample, now)

    def _work_sample(self, peer_id: str, sample: Telemetry, now: datetime) -> None:
        if self.stamps is not None:
            late = self.stamps.is_late(peer_id, sample, now)
            if not self._holds_back and (found := self.stamps.check(peer_id, sample, now)) is not None:
                self._decide(found, now, None)
            if late is True:
                return
            if late:
                self._decide(GaugeDoubted(peer_id, late), now, None)
            sample = self.stamps.believed(peer_id, sample, now)
        soc, doubts = counted_charge(self.state, peer_id, sample.soc, sample.packs)
        if soc != sample.soc:
            sample = sample.model_copy(update={"soc": soc})
        if doubts:
            self._doubted(peer_id, doubts, now)
        self.live[peer_id] = sample
        if sample.soc is not None:
            self._measured[peer_id] = sample.soc, sample.at
        self._watch_anew(peer_id, sample, now)
        try:
            for finding in self._monitor.check(peer_id, sample, now):
                self._decide(finding, now, None)
            for news in self._monitor.news_of(peer_id):
                self._decide(news, now, None)
            if (seen := self._monitor.wind(peer_id, sample, now)) is not None:
                self._decide(seen, now, None)
        except Exception as error:  # noqa: BLE001 - the hub must not die of one sample
            self._set_aside(error, sample, now, peer_id, HUB_FAULT)

    def _watch_anew(self, peer_id: str, sample: Telemetry, now: datetime) -> None:
        try:
            if self._monitor.is_due(peer_id, now):
                self._monitor.watch(peer_id, self.state, now, sample)
        except Exception as error:  # noqa: BLE001 - it is held against what was worked out before
            self._set_aside(error, sample, now, peer_id, HUB_FAULT)

    def _doubted(self, peer_id: str, doubts: Sequence[Doubt], now: datetime) -> None:
        known = {reason.code for reason in doubts_of(self.state, peer_id)}
        for doubt in doubts:
            if doubt.code not in known:
                self._decide(GaugeDoubted(peer_id, doubt), now, None)

    def _work_timers(self, now: datetime) -> None:
        for timer_id, due in self._timers.due(now):
            if self.state.timers.get(timer_id) == due:
                self._decide(TimerDue(timer_id), now, None)

    def _heard(self, peer_id: str, now: datetime) -> None:
        self._links.heard(peer_id, now)
        asset = self.state.assets.get(peer_id)
        if asset is not None and asset.status is AssetStatus.LINK_LOST:
            self._decide(LinkBack(peer_id), now, None)

    def _work_links(self, now: datetime, wall_s: float) -> None:
        for asset_id in self._links.round(now, whole=self.clock.lockstep):
            beats_s = self._beats_s(asset_id, wall_s)
            silent_s, too_long = self._links.silence(asset_id, now, beats_s)
            status = self.state.assets[asset_id].status
            if status in _NOT_HEARD_ANYWAY:
                # Only what was heard counts: a hub that has just started has heard nobody, and expects them from now.
                if (
                    status is AssetStatus.LINK_LOST
                    and beats_s <= self._monitor.link_timeout_s(asset_id) < math.inf
                ):
                    self._decide(LinkBack(asset_id), now, None)
            elif too_long:
                self._decide(LinkLost(asset_id, silent_s), now, None)
            elif (found := self._links.samples(asset_id, now)) is not None:
                self._decide(found, now, None)
        for back in self._links.over():
            self._decide(back, now, None)

    def _beats_s(self, asset_id: str, wall_s: float) -> float:
        """How long ago anything came over an asset's connections, in business time. In granted time heartbeats, which
        follow the wall clock, say nothing.
        """
        peer = self.sessions.peers.by_id.get(asset_id)
        if peer is None or not peer.session.frames_received or isinstance(self.clock, GrantedClock):
            return math.inf
        return (wall_s - peer.session.last_heard) * self.clock.rate

    def _decide(
        self,
        message: Message | Input,
        now: datetime,
        peer_id: str | None,
        role: Role | None = None,
        subject: str = "",
    ) -> None:
        if type(message) not in HANDLERS:
            return
        if self._stepping is not None:
            self._stepping.spoken()
        try:
            decision = self._dispatcher.decide(
                self.state,
                message,
                now,
                live=self.live,
                peer_id=peer_id,
                role=role,
                subject=subject,
                measured=self._measured,
            )
            self._carry_out(decision, now)
        except Exception as error:  # noqa: BLE001 - vehicles are in the air, the hub must not die of one message
            self._set_aside(error, message, now, peer_id, HUB_FAULT if peer_id is None else CONTRADICTION)

    def _set_aside(
        self, error: Exception, cause: object, now: datetime, peer_id: str | None, code: str = HUB_FAULT
    ) -> None:
        """A message, sample or effect raised: it is set aside as an exception that a person sees."""
        if isinstance(error, LifecycleError):
            code = CONTRADICTION
        else:
            self.faults.append(error)
        self._carry_out(self._dispatcher.set_aside(self.state, cause, now, code, error, peer_id), now)

    def _carry_out(self, decision: Decision, now: datetime) -> None:
        self.state = decision.state
        batch = self.batches.open
        batch.events.extend(decision.events)
        batch.at = now
        for event in decision.events:
            if isinstance(event, TimerSet):
                self._timers.add(event.timer_id, event.due)
        for effect in decision.effects:
            self._effect(effect, now)

    def _effect(self, effect: fx.Effect, now: datetime) -> None:
        try:
            _EFFECTS[type(effect)](self, effect, now)
        except Exception as error:  # noqa: BLE001 - what is decided stands, whatever becomes of an effect
            self._set_aside(error, effect, now, getattr(effect, "asset_id", None))

    # --- effects -----------------------------------------------------------------------------------------------------

    def _on_send(self, effect: fx.Send, _now: datetime) -> None:
        _check_fits(effect.message)
        peer = self.sessions.asset(effect.peer_id)
        peer.sent += 1
        seq, message = peer.sent, effect.message
        batch = self.batches.open
        batch.outbox.append(OutboxRow(peer.peer_id, seq, message))  # type: ignore[arg-type]
        batch.then.append(lambda: peer.session.send(message, seq))  # type: ignore[arg-type]
        batch.concerned.add(peer.peer_id)

    def _on_answer(self, effect: fx.Answer, _now: datetime) -> None:
        peer = self.sessions.peers.by_id.get(effect.peer_id)
        if peer is not None:
            _check_fits(effect.message)
            self.batches.open.then.append(lambda: peer.session.send(effect.message))  # type: ignore[arg-type]
            self.batches.open.concerned.add(peer.peer_id)

    def _on_start_planning(self, effect: fx.StartPlanning, _now: datetime) -> None:
        self.batches.open.then.append(lambda: self.plans.append(effect))

    def _on_find_options(self, effect: fx.FindOptions, _now: datetime) -> None:
        self.batches.open.then.append(lambda: self.questions.append(effect))

    def _on_keep_contacts(self, effect: fx.KeepContacts, _now: datetime) -> None:
        self.batches.open.contacts.extend(effect.contacts)

    def _on_erase_contacts(self, effect: fx.EraseContacts, _now: datetime) -> None:
        self.batches.open.erased.extend(effect.order_ids)

    def _on_watch(self, effect: fx.Watch, now: datetime) -> None:
        if not self._monitor.watches(effect.asset_id):
            self._links.watched(effect.asset_id, now)
        self._monitor.watch(effect.asset_id, self.state, now, self.live.get(effect.asset_id))

    def _on_rezone(self, effect: fx.Rezone, now: datetime) -> None:
        for asset_id in self._monitor.rezone(effect.zones, self.state):
            self._effect(fx.Watch(asset_id), now)

    # --- what goes out -----------------------------------------------------------------------------------------------

    def patience_s(self, wall_s: float, idle_s: float) -> float:
        """How long the loop may sleep where nothing comes in: ``idle_s``, or less when there is something to do."""
        # Samples of a step that is not complete wait for the rest of it, which comes in.
        if self.inbox.samples_waiting and (self._stepping is None or self._stepping.complete()):
            return 0.0
        return idle_s if self._stepping is None else self._stepping.patience_s(wall_s, idle_s)

    @property
    def quiet(self) -> bool:
        """Whether nothing waits for a commit."""
        return self.batches.quiet

    def take(self) -> Batch | None:
        """The batch to store now; none while another is being stored, or when there is nothing."""
        return self.batches.take()

    def committed(self) -> None:
        """The batch that was taken is on disk: acknowledge and send what it holds."""
        self.sessions.peers.touched |= self.batches.committed()

    def output(self, wall_s: float) -> Iterator[tuple[Route, Frames]]:
        """The frames to send now."""
        return self.sessions.output(wall_s)

    def undelivered(self, route: Route) -> None:
        """The transport could not take a frame for this connection; the session sends it again later."""
        self.sessions.undelivered(route)


def _check_fits(message: Message) -> None:
    """What is too long for the wire fails here, where it is set aside, and not when it is sent: by then it is in the
    outbox, and would fail again after each restart. Raises ``LocalError``.
    """
    encode(Envelope(seq=_MOST if message.sequenced else None, ack=_MOST, message=message))  # type: ignore[arg-type]


def _open_of(state: State, code: str) -> Iterator[str]:
    """The assets of which an exception of this code is open."""
    return (e.asset_id for e in state.open_exceptions() if e.code == code and e.asset_id)


_MOST = 2**63 - 1
"""No number of a message takes more room than this one."""

_NOT_HEARD_ANYWAY = frozenset({AssetStatus.OFFLINE, AssetStatus.LINK_LOST, AssetStatus.FAULTED})

_EFFECTS: dict[type, Callable[[HubCore, Any, datetime], None]] = {
    fx.Send: HubCore._on_send,
    fx.Answer: HubCore._on_answer,
    fx.StartPlanning: HubCore._on_start_planning,
    fx.FindOptions: HubCore._on_find_options,
    fx.KeepContacts: HubCore._on_keep_contacts,
    fx.EraseContacts: HubCore._on_erase_contacts,
    fx.Watch: HubCore._on_watch,
    fx.Rezone: HubCore._on_rezone,
}
