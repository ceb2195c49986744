"""Joins an adapter, its journal and its session, without a socket and without a clock.

Exactly once, across restarts: an instruction is marked before the adapter gets it, and what it answers is
stored in one transaction with the mark of completion, the adapter's state and the number to acknowledge.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from adapters.sdk.adapter import Adapter, Instruction, Report, handle
from adapters.sdk.errors import AdapterError
from adapters.sdk.journal import Journal, Progress
from fleet.protocol.endpoint import DEFAULT_TIMING, Delivery, Timing
from fleet.protocol.messages import (
    AnyMessage,
    Assign,
    Attach,
    CancelMission,
    Command,
    Envelope,
    ReleaseCompartment,
    ReserveCompartment,
    Role,
    Telemetry,
    Welcome,
)
from fleet.protocol.session import PeerSession, SessionState

OUTBOX_LIMIT: Final = 10_000
"""How many reports may wait for the hub (a day or so without it); then ``Full`` is raised."""
ANSWERS: Final = 32
"""An instruction is put off while there is not room for this many answers."""
RETRY_S: Final = 1.0


class Engine:
    """One asset's adapter at work."""

    def __init__(
        self, adapter: Adapter, peer_id: str, journal: Journal, *, timing: Timing = DEFAULT_TIMING
    ) -> None:
        record = journal.record()
        self._adapter = adapter
        self._journal = journal
        self.session = PeerSession(
            peer_id,
            Role.ASSET,
            record.boot_id,
            kind=adapter.kind,
            factsheet=adapter.factsheet(),
            limit=OUTBOX_LIMIT,
            timing=timing,
        )
        self.session.restore(record)
        self._telemetry: Telemetry | None = None
        self._attached: Welcome | None = None
        self._met = False
        if (saved := journal.adapter_state()) is not None:
            adapter.restore(saved)
        self._saved = saved
        self._heard_s: float | None = None

    def receive(self, envelope: Envelope, now_s: float, at: datetime) -> None:
        """Handle what the hub sent. ``now_s`` is the transport's clock, ``at`` the hub's time."""
        acknowledged = self.session.acknowledged
        self._heard_s = now_s
        deliveries = self.session.receive(envelope, now_s)
        if self.session.welcome is not None and not self._met:
            self._journal.met()
            self._met = True
        for delivery in deliveries:
            self._execute(delivery, at)
        if self.session.acknowledged > acknowledged:
            self._journal.acknowledge(self.session.acknowledged)

    def tick(self, at: datetime, now_s: float) -> None:
        """Let the adapter go on with its work, and store what it reports; tell it how long the hub has been silent."""
        reports = self._reports(self._adapter.on_silence(self._silent_s(now_s), at))
        sent = self._send([*reports, *self._reports(self._adapter.tick(at))])
        state = self._adapter.save()
        if sent or state != self._saved:
            self._journal.report(sent, state)
            self._saved = state

    def _silent_s(self, now_s: float) -> float:
        """For how long nothing was heard; 0 while the session stands, for gaps between two heartbeats mean nothing."""
        if self._heard_s is None:
            self._heard_s = now_s
        return 0.0 if self.session.state is SessionState.WELCOMED else now_s - self._heard_s

    def poll(self, now_s: float) -> list[Envelope]:
        """What to send on the control channel now; all of it is in the journal."""
        return self.session.poll(now_s)

    def telemetry(self) -> list[Attach | Telemetry]:
        """What to send on the telemetry channel now: the newest sample; first of all whose it is."""
        if (welcome := self.session.welcome) is None:
            return []
        frames: list[Attach | Telemetry] = []
        if welcome is not self._attached:
            frames.append(Attach(peer_id=self.session.peer_id, token=welcome.token))
            self._attached = welcome
            # What was measured before this welcome carries our own clock's time, or an old connection's.
            self._telemetry = None
        if self._telemetry is not None:
            frames.append(self._telemetry)
            self._telemetry = None
        self.session.frames_sent += len(frames)
        return frames

    def reboot(self, boot_id: str) -> None:
        """Start the session over because the two ends no longer agree on what was sent."""
        self._met = False
        self.session.reboot(boot_id)
        self._journal.reboot(self.session.snapshot())

    def _execute(self, delivery: Delivery, at: datetime) -> None:
        seq, message = delivery
        if seq is None or not isinstance(message, Instruction):
            raise AdapterError(
                f"an asset is not told {message.type!r}: is this the hub of another wire version?"
            )
        if self.session.room < ANSWERS:
            self.session.busy(seq, RETRY_S)
            return
        key = self._key(seq, message)
        answers = self._answers(key, message, at)
        state = self._adapter.save()
        self._journal.finish(key, seq, answers, self._send(answers), state)
        self._saved = state
        self.session.taken(seq)

    def _answers(self, key: str, message: Instruction, at: datetime) -> list[AnyMessage]:
        known = self._journal.executed(key)
        if known is None:
            self._journal.begin(key)
            return self._reports(handle(self._adapter, message, at))
        if known.progress is Progress.BEGUN:
            return self._reports(self._adapter.on_interrupted(message, at))
        return list(known.answers)

    def _reports(self, reports: Iterable[Report]) -> list[AnyMessage]:
        """What must arrive; telemetry is set aside, the newest wins."""
        lasting: list[AnyMessage] = []
        for report in reports:
            if isinstance(report, Telemetry):
                self._telemetry = report
            else:
                lasting.append(report)
        return lasting

    def _send(self, messages: Iterable[AnyMessage]) -> list[tuple[int, AnyMessage]]:
        return [(seq, message) for message in messages if (seq := self.session.send(message)) is not None]

    def _key(self, seq: int, message: Instruction) -> str:
        """What makes an instruction the same as one before, also under another number or boot."""
        match message:
            case Assign(mission=mission):
                return f"mission {mission.mission_id} {mission.revision}"
            case CancelMission():
                return f"cancel {message.mission_id}"
            case Command():
                return f"command {message.command_id}"
            case ReserveCompartment() | ReleaseCompartment():
                # An order may reserve, release and reserve again: only a number tells these apart. In version 1 of the
                # wire it is the message's own.
                named = f"{message.order_id} {message.request}"
                return f"{message.type} {named if message.request else f'{self.session.boot_id} {seq}'}"
