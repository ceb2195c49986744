"""What must hold, judged from outside: it shares no code with hub, sessions and store, and reads only what was
reported, what was committed and what was sent.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fleet.domain.events import (
    AssetChanged,
    CommandAnswered,
    CommandIssued,
    CustodyPassed,
    OrderPlaced,
    RequestTaken,
)
from fleet.protocol.messages import AnyMessage, AssetReport, Envelope, Reply, Welcome
from fleet.store.base import Batch

Serial = tuple[int, int]
"""An asset's own number of a report: which life of its computer, and how many reports of that life came before."""

ORDERS = "orders"
"""The request by which parcels are taken in: the parcels themselves say that it was."""


class Violated(AssertionError):
    """Something that must hold does not."""


@dataclass(slots=True)
class OfAsset:
    """One asset's side of the story, and the log's."""

    durable: list[Serial] = field(default_factory=list)
    """Its own reports in the order in which they were stored at its end."""
    by_number: dict[tuple[str, int], Serial] = field(default_factory=dict)
    """Which report went under which number of which boot."""
    sent: dict[tuple[str, int], Serial] = field(default_factory=dict)
    """Which of them left under that number."""
    seen: list[Serial] = field(default_factory=list)
    """Those whose effect is in the log, in its order."""
    restored: Counter[Serial] = field(default_factory=Counter)
    """How often a report came back from a backup, so that it may be told again."""
    acknowledged: set[Serial] = field(default_factory=set)
    """Those of which the hub has said that it has them, whether or not that was heard."""
    announced: dict[str, int] = field(default_factory=dict)
    """How far the hub has acknowledged the reports of each boot."""
    let_go: set[Serial] = field(default_factory=set)
    """Those that were acknowledged when the hub was last put back from a backup: nobody need tell them again."""
    losses: int = 0
    boot_id: str = ""
    received: int = 0
    stored: set[str] = field(default_factory=set)
    """The bodies of messages to it that were committed."""
    ever_stored: set[str] = field(default_factory=set)
    """The same, with those that the hub has forgotten since."""
    commands: set[str] = field(default_factory=set)

    def copy(self) -> OfAsset:
        """The log's side as it is now; the asset's own goes on."""
        mine = replace(self)
        mine.seen, mine.stored, mine.commands = list(self.seen), set(self.stored), set(self.commands)
        return mine


class Oracle:
    """Collects, and raises ``Violated`` at once where something is wrong."""

    def __init__(self) -> None:
        self.assets: dict[str, OfAsset] = defaultdict(OfAsset)
        self.log: list[str] = []
        self.replies: set[str] = set()
        self._orders: set[str] = set()
        self._issued: set[str] = set()
        self._answered: set[str] = set()
        self._custodian: dict[str, str] = {}
        self._last: datetime | None = None
        self._backup: dict[str, Any] | None = None
        self.put_backs = 0

    # --- from assets ---------------------------------------------------------------------------------------------

    def reported(self, asset_id: str, boot_id: str, rows: Iterable[tuple[int, AnyMessage]]) -> None:
        """Reports are durable at the asset's end, under these numbers."""
        mine = self.assets[asset_id]
        for seq, message in rows:
            serial = _serial(message)
            for numbers in (
                mine.by_number,
                mine.sent,
            ):  # one that lost its memory may give a number once more
                numbers.pop((boot_id, seq), None)
            if serial is not None:
                mine.by_number[boot_id, seq] = serial
                if serial not in mine.durable:
                    mine.durable.append(serial)

    def forgot(self, asset_id: str, restored: Iterable[str]) -> None:
        """The asset has lost its memory; these reports are in the backup that it goes on with."""
        mine = self.assets[asset_id]
        mine.losses += 1
        for body in restored:
            serial = _serial_of(json.loads(body))
            if serial is not None:
                mine.restored[serial] += 1

    def asset_sends(self, asset_id: str, boot_id: str, envelope: Envelope) -> None:
        """Nothing leaves an asset that is not in its journal."""
        serial = _serial(envelope.message)
        if serial is not None and self.assets[asset_id].by_number.get((boot_id, envelope.seq or 0)) != serial:
            raise Violated(f"{asset_id} sent report {serial} before it was durable")
        if serial is not None:
            self.assets[asset_id].sent[boot_id, envelope.seq or 0] = serial

    # --- backups of the hub ------------------------------------------------------------------------------------------

    def backed_up(self) -> None:
        """A backup holds what is committed now."""
        kept = {name: copy(getattr(self, name)) for name in _OF_THE_LOG}
        self._backup = {**kept, "assets": {a: mine.copy() for a, mine in self.assets.items()}}

    def put_back(self) -> int:
        """The hub goes on from the backup: what was committed since is forgotten. How many events it holds."""
        assert self._backup is not None
        self.put_backs += 1
        for name in _OF_THE_LOG:
            setattr(self, name, copy(self._backup[name]))
        for asset_id, mine in self.assets.items():
            mine.let_go = set(mine.acknowledged)
            then = self._backup["assets"].get(asset_id, OfAsset()).copy()
            for name in ("seen", "boot_id", "received", "stored", "commands"):
                setattr(mine, name, getattr(then, name))
        return len(self.log)

    # --- from the hub --------------------------------------------------------------------------------------------

    def committed(self, batch: Batch) -> None:
        """The store has a batch."""
        for boot in batch.boots:
            mine = self.assets[boot.peer_id]
            mine.boot_id, mine.received = boot.boot_id, 0
        for peer_id, seq in batch.received.items():
            self.assets[peer_id].received = seq
        for row in batch.outbox:
            body = row.message.model_dump_json()
            key = _instruction(json.loads(body))
            if key is not None and body in self.assets[row.peer_id].stored:
                raise Violated(f"{row.peer_id} is told {key!r} under two numbers")
            self.assets[row.peer_id].stored.add(body)
            self.assets[row.peer_id].ever_stored.add(body)
        for event in batch.events:
            self._event(event)

    def hub_sends(self, peer_id: str, boot_id: str | None, envelope: Envelope) -> None:
        """Nothing that depends on a decision leaves the hub before it is stored. ``boot_id`` is what an asset last said
        hello with over this connection; a tool has none.
        """
        message = envelope.message
        if isinstance(message, Reply) and message.ok and message.request_id not in self.replies:
            raise Violated(f"{peer_id} was answered {message.request_id} before it was stored")
        if boot_id is None:
            return
        mine = self.assets[peer_id]
        if isinstance(message, Welcome) and mine.boot_id != boot_id:
            raise Violated(f"{peer_id}: welcomed under {boot_id} before that was stored")
        if isinstance(message, Welcome) and message.received > mine.received:
            raise Violated(f"{peer_id}: welcomed with {message.received}, stored is {mine.received}")
        if envelope.seq is not None and (message is None or message.model_dump_json() not in mine.stored):
            raise Violated(f"{peer_id} was sent {message!r} before it was stored")
        self._acknowledged(peer_id, mine, envelope.ack)

    def _acknowledged(self, peer_id: str, mine: OfAsset, ack: int) -> None:
        if ack > mine.received:
            raise Violated(f"{peer_id}: {ack} acknowledged, {mine.received} stored")
        if ack > mine.announced.get(mine.boot_id, 0):
            before, mine.announced[mine.boot_id] = mine.announced.get(mine.boot_id, 0), ack
            numbers = ((mine.boot_id, seq) for seq in range(before + 1, ack + 1))
            mine.acknowledged.update(mine.sent[number] for number in numbers if number in mine.sent)
        serial = mine.sent.get((mine.boot_id, ack))
        if serial is not None and serial not in mine.seen:
            raise Violated(f"{peer_id}: report {serial} acknowledged without an effect in the log")

    def _event(self, event: Any) -> None:
        self.log.append(event.model_dump_json(by_alias=True))
        if self._last is not None and event.at < self._last:
            raise Violated(f"business time ran back from {self._last} to {event.at}")
        self._last = event.at
        judge = _JUDGES.get(type(event))
        if judge is not None:
            judge(self, event)

    def _changed(self, event: AssetChanged) -> None:
        serial = _serial_of({"type": "asset_report", "detail": event.detail})
        if serial is None:
            return
        mine = self.assets[event.asset_id]
        # What was told before the backup, and not acknowledged when the hub was put back, is told once more.
        if mine.seen.count(serial) > mine.restored[serial] + self.put_backs:
            raise Violated(f"{event.asset_id}: report {serial} has its effect once more")
        mine.seen.append(serial)

    def _issued_once(self, event: CommandIssued) -> None:
        if event.command_id in self._issued:
            raise Violated(f"{event.command_id} was issued twice")
        self._issued.add(event.command_id)
        self.assets[event.asset_id].commands.add(event.command_id)

    def _answered_once(self, event: CommandAnswered) -> None:
        if event.command_id in self._answered:
            raise Violated(f"{event.command_id} was answered twice")
        self._answered.add(event.command_id)

    def _passed(self, event: CustodyPassed) -> None:
        giver, taker = f"{event.giver.kind}:{event.giver.id}", f"{event.taker.kind}:{event.taker.id}"
        if self._custodian.setdefault(event.order_id, giver) != giver:
            raise Violated(
                f"{event.order_id} passed from {giver}, but {self._custodian[event.order_id]} has it"
            )
        self._custodian[event.order_id] = taker

    def _placed(self, event: OrderPlaced) -> None:
        if event.order.order_id in self._orders:
            raise Violated(f"{event.order.order_id} was taken in twice")
        self._orders.add(event.order.order_id)
        self.replies.add(ORDERS)

    def _taken(self, event: RequestTaken) -> None:
        if event.request_id in self.replies:
            raise Violated(f"request {event.request_id} was taken twice")
        self.replies.add(event.request_id)

    # --- in the end ----------------------------------------------------------------------------------------------

    def judge(
        self,
        executed: Mapping[str, Counter[str]],
        where: Mapping[str, str],
        log: Iterable[str],
    ) -> Iterator[str]:
        """What is wrong after all has come to rest: what assets did, where parcels are, the stored log."""
        if list(log) != self.log:
            yield "the store's log is not what was committed"
        for asset_id, mine in self.assets.items():
            yield from self._judge_reports(asset_id, mine)
            yield from self._judge_executed(asset_id, mine, executed.get(asset_id, Counter()))
        yield from self._judge_parcels(where)

    def _judge_reports(self, asset_id: str, mine: OfAsset) -> Iterator[str]:
        firsts = list(dict.fromkeys(mine.seen))
        last_life = max((life for life, _ in mine.durable), default=0)
        for life in sorted({life for life, _ in mine.durable}):
            told = [s for s in mine.durable if s[0] == life]
            seen = [s for s in firsts if s[0] == life]
            if self.put_backs:
                if [s for s in told if s in set(seen)] != seen:
                    yield f"{asset_id}: reports of life {life} told as {told}, in the log as {seen}"
                gone = [s for s in told if s not in mine.let_go and s not in seen]
                if gone and life == last_life == mine.losses + 1:
                    yield f"{asset_id}: reports {gone}, not acknowledged before the hub was put back, were lost"
                continue
            if seen != told[: len(seen)]:
                yield f"{asset_id}: reports of life {life} told as {told}, in the log as {seen}"
            must = len(told) if life == mine.losses + 1 else 0
            if len(seen) < must or (life == last_life == mine.losses + 1 and seen != told):
                yield f"{asset_id}: reports {told[len(seen) :]} were lost"
        lost = [s for s in mine.restored if s not in firsts]
        if lost and mine.losses == 1 and not self.put_backs:
            yield f"{asset_id}: reports {lost} of the backup were lost"

    def _judge_executed(self, asset_id: str, mine: OfAsset, executed: Counter[str]) -> Iterator[str]:
        stored = {key for body in mine.stored if (key := _instruction(json.loads(body))) is not None}
        for key in sorted(stored):
            if not 1 <= executed[key] <= 1 + mine.losses:
                yield f"{asset_id} did {key!r} {executed[key]} times"
        ever = {key for body in mine.ever_stored if (key := _instruction(json.loads(body))) is not None}
        for key in sorted(executed.keys() - ever):
            if executed[key]:
                yield f"{asset_id} did {key!r}, which was never stored"

    def _judge_parcels(self, where: Mapping[str, str]) -> Iterator[str]:
        forgetful = {a for a, mine in self.assets.items() if mine.losses}
        for order_id, holder in where.items():
            believed = self._custodian.get(order_id, "")
            if forgetful or self.put_backs or holder == "site":
                continue
            kind, _, name = believed.partition(":")
            said = {"asset": name, "locker": f"locker:{name}", "recipient": "recipient"}.get(kind, "site")
            if said != holder:
                yield f"{order_id} is with {holder}, the hub believes {believed}"


_OF_THE_LOG = ("log", "replies", "_orders", "_issued", "_answered", "_custodian", "_last")

_JUDGES: dict[type, Any] = {
    AssetChanged: Oracle._changed,
    CommandIssued: Oracle._issued_once,
    CommandAnswered: Oracle._answered_once,
    CustodyPassed: Oracle._passed,
    OrderPlaced: Oracle._placed,
    RequestTaken: Oracle._taken,
}


def _serial(message: AnyMessage | None) -> Serial | None:
    return None if not isinstance(message, AssetReport) else _serial_of(message.model_dump(mode="json"))


def _serial_of(body: Mapping[str, Any]) -> Serial | None:
    if body["type"] != "asset_report":
        return None
    life, colon, number = str(body["detail"]).partition(":")
    return (int(life), int(number)) if colon and life.isdigit() and number.isdigit() else None


def _instruction(body: Mapping[str, Any]) -> str | None:
    """The name under which an instruction is executed once; none for what may be said again (compartments)."""
    match body["type"]:
        case "command":
            return f"command {body['command_id']} {body['why']}"
        case "assign":
            start_at = datetime.fromisoformat(body["mission"]["start_at"]).isoformat()
            return f"mission {body['mission']['mission_id']} {body['mission']['revision']} {start_at}"
        case "cancel_mission":
            return f"cancel {body['mission_id']}"
        case _:
            return None
