"""An asset in a process of its own, to be stopped and killed: reports all the time, and writes down what it does.

``python -m tests.support.assetprocess ASSET_ID CONTROL TELEMETRY FOLDER``
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from adapters.sdk.client import AdapterClient
from adapters.sdk.link import Endpoints
from benchmarks.faults.reporters import BRISK
from fleet.protocol.values import Place
from tests.faultsim.vehicle import Parcels, SimAdapter, Vehicle


def vehicle(asset_id: str, chatter: float = 1.0) -> Vehicle:
    """A drone at its site that has something to say in so many of its ticks."""
    return Vehicle(asset_id, "drone", Place(lon=-8.0, lat=41.0), Parcels(), random.Random(asset_id), chatter)


def main(asset_id: str, control: str, telemetry: str, folder: str) -> None:
    """Run until the process is ended."""
    machine = vehicle(asset_id, chatter=0.2)
    client = AdapterClient(
        SimAdapter(machine),
        peer_id=asset_id,
        endpoints=Endpoints(control, telemetry),
        journal=Path(folder) / "journal.db",
        tick_s=0.05,
        timing=BRISK,
    )
    did, new = Path(folder) / "did.json", Path(folder) / "did.new"
    known = ""
    while True:
        client.step(20)
        text = json.dumps(machine.executed)
        if text != known:
            known = text
            new.write_text(text, encoding="utf-8")
            new.replace(did)


if __name__ == "__main__":
    main(*sys.argv[1:])
