"""The world between the journal and the sessions: inputs are written down, then acted on; a restart replays them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from adapters.sim.journal import Entry, Journal
from fleet.protocol.messages import AnyMessage, Telemetry
from fleet.protocol.session import Delivery, SessionRecord
from fleet.sim import World

_MESSAGE: TypeAdapter[AnyMessage] = TypeAdapter(AnyMessage)


@dataclass(slots=True)
class Said:
    """What one asset has said in one go."""

    messages: list[AnyMessage] = field(default_factory=list)
    samples: list[Telemetry] = field(default_factory=list)


@dataclass(slots=True)
class Boot:
    """One asset's session as the journal knows it. ``base`` counts the messages that earlier boots brought over."""

    boot_id: str
    base: int = 0
    taken: int = 0


class WorldKeeper:
    """A world that survives the death of its process."""

    def __init__(self, world: World, journal: Journal, fresh_boot_id: str) -> None:
        self.world = world
        self._journal = journal
        self._boots: dict[str, Boot] = {}
        self._pending: dict[str, list[AnyMessage]] = defaultdict(list)
        self._count: dict[str, int] = defaultdict(int)
        self._replay(journal.entries())
        missing = [peer_id for peer_id in world.asset_ids if peer_id not in self._boots]
        if missing:
            self._write([_boot(peer_id, fresh_boot_id, 0) for peer_id in missing])

    def record(self, asset_id: str) -> SessionRecord:
        """The session to go on with. What the hub has of it already, it says in its welcome."""
        boot = self._boots[asset_id]
        pending = tuple(self._pending.pop(asset_id, ()))
        return SessionRecord(boot_id=boot.boot_id, taken=boot.taken, pending=pending)

    def reboot(self, asset_id: str, boot_id: str, outstanding: int) -> None:
        """The session begins anew; the last ``outstanding`` messages are sent again under the new boot."""
        self._write([_boot(asset_id, boot_id, self._count[asset_id] - outstanding)])

    def act(self, heard: Iterable[tuple[str, Delivery]], until: datetime | None) -> dict[str, Said]:
        """Write down and deliver what was heard, then let time go on; returns what the assets say, in order of id.

        ``until`` none, or a moment that lies behind, lets no time pass.
        """
        entries: list[Entry] = [
            {"to": asset_id, "seq": delivery.seq, "message": delivery.message.model_dump(mode="json")}
            for asset_id, delivery in heard
        ]
        if until is not None and until > self.world.now:
            entries.append({"until": until.isoformat()})
        self._write(entries)
        return self._said()

    def _write(self, entries: list[Entry]) -> None:
        if entries:
            self._journal.append(entries)
        for entry in entries:
            self._apply(entry)

    def _replay(self, entries: Iterable[Entry]) -> None:
        self._keep()
        for entry in entries:
            self._apply(entry)
            self._keep()

    def _apply(self, entry: Entry) -> None:
        if "until" in entry:
            self.world.advance(datetime.fromisoformat(entry["until"]))
        elif "to" in entry:
            self.world.deliver(entry["to"], _MESSAGE.validate_python(entry["message"]))
            if entry["seq"] is not None:
                self._boots[entry["to"]].taken = entry["seq"]
        else:
            self._begin_boot(entry)

    def _begin_boot(self, entry: Entry) -> None:
        asset_id, base = entry["boot_of"], entry["base"]
        kept = self._pending[asset_id]
        self._pending[asset_id] = kept[max(0, len(kept) - (self._count[asset_id] - base)) :]
        self._boots[asset_id] = Boot(entry["boot_id"], base)

    def _keep(self) -> None:
        """In a replay nothing is sent: it was sent before, or it waits for the hub's welcome."""
        for asset_id, message in self.world.outbox():
            if not isinstance(message, Telemetry):
                self._pending[asset_id].append(message)
                self._count[asset_id] += 1

    def _said(self) -> dict[str, Said]:
        said: dict[str, Said] = defaultdict(Said)
        for asset_id, message in self.world.outbox():
            if isinstance(message, Telemetry):
                said[asset_id].samples.append(message)
            else:
                said[asset_id].messages.append(message)
                self._count[asset_id] += 1
        return dict(sorted(said.items()))


def _boot(asset_id: str, boot_id: str, base: int) -> Entry:
    return {"boot_of": asset_id, "boot_id": boot_id, "base": base}
