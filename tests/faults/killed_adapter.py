"""An adapter in a process of its own, which is killed: every effect is a line in a file that is synced.

``python killed_adapter.py CONTROL TELEMETRY FOLDER``
"""

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from adapters.sdk import Adapter, AdapterClient, Endpoints, Instruction, Report
from fleet.protocol.endpoint import Timing
from fleet.protocol.messages import (
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    Factsheet,
    Telemetry,
)


class Switch(Adapter):
    """Does what it is told by writing it down; looks there when it does not know whether it was done."""

    kind = "drone"

    def __init__(self, effects: Path) -> None:
        self._effects = effects
        self._ticks = 0

    def factsheet(self) -> Factsheet:
        return Factsheet(type_id="switch", model="Switch", software="1")

    def on_assign(self, assign: Assign, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_command(self, command: Command, now: datetime) -> Iterator[Report]:
        with self._effects.open("a") as file:
            file.write(f"{command.command_id}\n")
            file.flush()
            os.fsync(file.fileno())
        yield CommandReply(command_id=command.command_id, accepted=True, detail="done")

    def on_interrupted(self, instruction: Instruction, now: datetime) -> Iterator[Report]:
        assert isinstance(instruction, Command)
        done = self._effects.exists() and instruction.command_id in self._effects.read_text().split()
        if done:
            yield CommandReply(command_id=instruction.command_id, accepted=True, detail="done before")
        else:
            yield from self.on_command(instruction, now)

    def tick(self, now: datetime) -> Iterator[Report]:
        self._ticks += 1
        yield AssetReport(condition="ready", at=now, detail=str(self._ticks))
        yield Telemetry(at=now, lon=16.0, lat=48.0)

    def save(self) -> str:
        return str(self._ticks)

    def restore(self, saved: str) -> None:
        self._ticks = int(saved)


def main() -> None:
    """Run until killed."""
    control, telemetry, folder = sys.argv[1:]
    client = AdapterClient(
        Switch(Path(folder) / "effects"),
        peer_id="drone-1",
        endpoints=Endpoints(control, telemetry),
        journal=Path(folder) / "journal.db",
        tick_s=0.01,
        timing=Timing(hello_s=1.0, resend_s=0.2, reconnect_s=0.02, reconnect_max_s=0.1),
    )
    sys.stdout.write("up\n")
    sys.stdout.flush()
    client.run(lambda: False)


if __name__ == "__main__":
    main()
