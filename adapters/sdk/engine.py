"""Joins an adapter, its journal and its session, without a socket and without a clock.

Exactly once, across restarts: an instruction is marked before the adapter gets it, and what it answers is
stored in one transaction with the mark of completion, the adapter's state and the number to acknowledge. The session
gets a report, and leave to acknowledge, only once that is on the disk. While nothing can be stored the adapter goes on
with its work, is told nothing new, and what it has to say waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from adapters.sdk.adapter import Adapter, Instruction, Report, handle
from adapters.sdk.errors import AdapterError, JournalError
from adapters.sdk.journal import Executed, Journal, Numbered, Progress
from fleet.protocol.codec import encode
from fleet.protocol.endpoint import DEFAULT_TIMING, Delivery, Timing
from fleet.protocol.errors import LocalError
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
from fleet.protocol.versions import WIRE_VERSIONS

OUTBOX_LIMIT: Final = 10_000
"""How many reports are kept in memory until the hub has them; what goes beyond waits in the journal alone."""
ANSWERS: Final = 32
"""An instruction is put off while there is not room for this many answers."""
RETRY_S: Final = 1.0
MOST_OWED: Final = 10_000
"""How many changes may wait for a disk that takes none; then the process ends, rather than fill the memory."""


MOST_DETAIL: Final = 1000
"""Characters that are kept of a report's ``detail`` where the report is too long for the wire."""
_MOST: Final = 2**63 - 1
"""No number of a message takes more room than this one."""


@dataclass(frozen=True, slots=True)
class Handled:
    """An instruction that the adapter has dealt with: its number, its name, and a digest of what it said."""

    seq: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is stored in one go: reports, the adapter's state, and what it was that they answer, if anything."""

    reports: tuple[AnyMessage, ...]
    state: str
    handled: Handled | None = None


class Engine:
    """One asset's adapter at work. ``trouble`` says why nothing can be stored at present; none while all is well."""

    def __init__(
        self,
        adapter: Adapter,
        peer_id: str,
        journal: Journal,
        *,
        timing: Timing = DEFAULT_TIMING,
        versions: tuple[int, ...] = WIRE_VERSIONS,
        limit: int = OUTBOX_LIMIT,
    ) -> None:
        record = journal.record(limit)
        self._adapter = adapter
        self._journal = journal
        self.session = PeerSession(
            peer_id,
            Role.ASSET,
            record.boot_id,
            kind=adapter.kind,
            factsheet=adapter.factsheet(),
            versions=versions,
            limit=limit,
            timing=timing,
        )
        self.session.restore(record)
        self.trouble: str | None = None
        self._limit = limit
        self._given = record.acknowledged + len(record.pending)
        self._last = journal.last()
        self._stored_ack = record.acknowledged
        self._owed: deque[Change] = deque()
        self._telemetry: Telemetry | None = None
        self._attached: Welcome | None = None
        self._met = False
        if (saved := journal.adapter_state()) is not None:
            adapter.restore(saved)
        self._saved = saved
        self._heard_s: float | None = None

    def receive(self, envelope: Envelope, now_s: float, at: datetime) -> None:
        """Handle what the hub sent. ``now_s`` is the transport's clock, ``at`` the hub's time."""
        self._heard_s = now_s
        deliveries = self.session.receive(envelope, now_s)
        if not self._meet():
            # What would be sent now could not be told, after a restart, from what never was.
            self.session.disconnected(now_s)
            return
        for delivery in deliveries:
            self._execute(delivery, at)
        self._note_acknowledged()

    def _meet(self) -> bool:
        """Note once that the hub and we agree on the numbers; False while that can't be stored."""
        if self.session.welcome is not None and not self._met:
            try:
                self._journal.met()
            except JournalError as error:
                self.trouble = str(error)
                return False
            self._met = True
        return True

    def tick(self, at: datetime, now_s: float) -> None:
        """Let the adapter go on with its work, and store what it reports; tell it how long the hub has been silent."""
        reports = self._lasting(self._adapter.on_silence(self._silent_s(now_s), at))
        reports += self._lasting(self._adapter.tick(at))
        state = self._adapter.save()
        if reports or state != self._saved:
            self._owe(Change(tuple(reports), state))
        self._settle()
        self._note_acknowledged()

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

    def reboot(self, boot_id: str) -> bool:
        """Start the session over because the two ends no longer agree on what was sent; False while that can't be
        stored: try again."""
        self._settle()
        if self._owed:
            return False
        acknowledged = self.session.acknowledged
        try:
            self._journal.reboot(boot_id, acknowledged)
        except JournalError as error:
            self.trouble = str(error)
            return False
        self._met = False
        self.session.reboot(boot_id)
        self._given -= acknowledged
        self._last -= acknowledged
        self._stored_ack = 0
        return True

    # --- instructions ------------------------------------------------------------------------------------------------

    def _execute(self, delivery: Delivery, at: datetime) -> None:
        seq, message = delivery
        if seq is None or not isinstance(message, Instruction):
            raise AdapterError(
                f"an asset is not told {message.type!r}: is this the hub of another wire version?"
            )
        if self._owed:
            self._put_off(seq, "journal_unwritable", self.trouble or "")
        elif self._room < ANSWERS:
            self._put_off(seq, "outbox_full", f"{self.session.outstanding} reports wait for the hub")
        else:
            self._carry_out(Handled(seq, self._key(seq, message), _digest(message)), message, at)

    def _put_off(self, seq: int, code: str, detail: str) -> None:
        self.session.busy(seq, RETRY_S, code=code, detail=detail)

    def _carry_out(self, handled: Handled, message: Instruction, at: datetime) -> None:
        try:
            known = self._known(handled)
            if known is None:
                self._journal.begin(handled.key, handled.digest)
        except JournalError as error:
            # It was not given to the adapter: nothing is lost, and nothing is done that nobody would know of.
            self.trouble = str(error)
            self._put_off(handled.seq, "journal_unwritable", self.trouble)
            return
        answers = self._answers(known, message, at)
        self._owe(Change(tuple(answers), self._adapter.save(), handled))
        self._settle()

    def _known(self, handled: Handled) -> Executed | None:
        """What the journal has of it. A hub that was restored from a backup may use a name again for something else:
        that is new."""
        known = self._journal.executed(handled.key)
        return known if known is not None and known.digest in ("", handled.digest) else None

    def _answers(self, known: Executed | None, message: Instruction, at: datetime) -> list[AnyMessage]:
        if known is None:
            return self._lasting(handle(self._adapter, message, at))
        if known.progress is Progress.BEGUN:
            return self._lasting(self._adapter.on_interrupted(message, at))
        return list(known.answers)

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

    def _lasting(self, reports: Iterable[Report]) -> list[AnyMessage]:
        """What must arrive; telemetry is set aside, the newest wins."""
        lasting: list[AnyMessage] = []
        for report in reports:
            if isinstance(report, Telemetry):
                self._telemetry = report
            else:
                lasting.append(_fitting(report))
        return lasting

    # --- what is stored, and then sent -------------------------------------------------------------------------------

    def _owe(self, change: Change) -> None:
        """Keep a change until it is on the disk. Of states that nothing was reported with only the newest counts."""
        self._saved = change.state
        newest = self._owed[-1] if self._owed else None
        if newest is not None and change.handled is None and not change.reports:
            self._owed[-1] = replace(newest, state=change.state)
        else:
            self._owed.append(change)

    def _settle(self) -> None:
        """Store what is owed, oldest first, and give it to the session. ``JournalError`` where far too much waits."""
        while self._owed:
            change = self._owed[0]
            numbered = list(enumerate(change.reports, self._last + 1))
            try:
                self._write(change, numbered)
            except JournalError as error:
                self.trouble = str(error)
                if len(self._owed) > MOST_OWED:
                    raise
                return
            self._owed.popleft()
            self._give(numbered)
            if change.handled is not None:
                self.session.taken(change.handled.seq)
            self.trouble = None

    def _write(self, change: Change, numbered: Numbered) -> None:
        done = change.handled
        if done is None:
            self._journal.report(numbered, change.state)
        else:
            self._journal.finish(done.key, done.digest, done.seq, change.reports, numbered, change.state)

    @property
    def _room(self) -> int:
        """How many more reports the session may have. A process that starts loads the first ``limit`` that the journal
        has: of what the hub may have had, none is ever behind those."""
        return self._limit - (self._given - self._stored_ack)

    def _give(self, numbered: Numbered) -> None:
        """Reports that are on the disk go to the session, as far as it has room; the rest is fetched when it has."""
        fits = self._room if self._given == self._last else 0
        self._last += len(numbered)
        for seq, message in numbered[:fits]:
            self.session.send(message)
            self._given = seq

    def _note_acknowledged(self) -> None:
        acknowledged = self.session.acknowledged
        try:
            if acknowledged > self._stored_ack:
                self._journal.acknowledge(acknowledged)
                self._stored_ack = acknowledged
            if self._given < self._last and self._room > 0:
                for seq, message in self._journal.outbox(self._given, self._room):
                    self.session.send(message)
                    self._given = seq
        except JournalError as error:
            # What the hub has is only sent, and ignored, once more; what it has not is tried again.
            self.trouble = str(error)


def _fitting(report: AnyMessage) -> AnyMessage:
    """The report, if need be with the beginning of its ``detail`` only: in the journal, one that is too long for the
    wire would end the process, again after each restart. ``AdapterError`` for one that is too long all the same.
    """
    if _fits(report):
        return report
    detail = getattr(report, "detail", "")
    short = report.model_copy(update={"detail": f"{detail[:MOST_DETAIL]}…"}) if detail else report
    if not _fits(short):
        raise AdapterError(f"a {report.type!r} is too long for the wire: say it in several")
    return short


def _fits(report: AnyMessage) -> bool:
    try:
        encode(Envelope(seq=_MOST, ack=_MOST, message=report))
    except LocalError:
        return False
    return True


def _digest(message: Instruction) -> str:
    """Of what it says. Defaults are left out, so that a field that a later version adds does not change it."""
    return sha256(message.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:32]
