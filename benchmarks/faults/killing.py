"""kill -9 of a real hub at random moments, while assets report without end: how many reports are lost or taken twice.

What the log holds is read from its file, by SQLite alone.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.faults.hubprocess import HubProcess, hub_process
from benchmarks.faults.reporters import Reporters


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the reports. ``disordered`` counts those that are in the log before an earlier one."""

    kills: int
    acknowledged: int
    lost: int
    duplicated: int
    disordered: int
    seconds: float


def trial(
    *,
    kills: int,
    reports: int,
    assets: int = 32,
    seed: int = 0,
    stall_s: float = 60,
    prelude: str = "",
    keyed: bool = False,
) -> Tally:
    """So many reports of so many assets, all acknowledged, with so many kills spread over them at random.

    Raises ``reporters.Forgotten`` where an asset finds that the hub has lost something, and ``TimeoutError`` where
    nothing is acknowledged for ``stall_s`` seconds.
    """
    rng = random.Random(seed)
    each = -(-reports // assets)
    moments = sorted(rng.randrange(each * assets) for _ in range(kills))
    begun = time.monotonic()
    with hub_process(drones=assets, prelude=prelude, keyed=keyed) as hub:
        hub.start()
        hub.wait_until_up()
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=each, keys=hub.keys)) as reporters:
            for moment in moments:
                _reach(reporters, moment, stall_s)
                _kill(hub, reporters, rng)
            _reach(reporters, each * assets, stall_s)
        hub.stop()
        tally = judged(logged(hub.run.store), hub.asset_ids, each)
    return Tally(kills, each * assets, *tally, round(time.monotonic() - begun, 1))


def _reach(reporters: Reporters, count: int, stall_s: float) -> None:
    while reporters.acknowledged < count:
        before = reporters.acknowledged
        reporters.run(lambda before=before: reporters.acknowledged > before, stall_s)  # type: ignore[misc]


def _kill(hub: HubProcess, reporters: Reporters, rng: random.Random) -> None:
    """At any moment of a commit; now and then once more while the hub is starting again."""
    end = time.monotonic() + rng.uniform(0, 0.03)
    while time.monotonic() < end:
        reporters.turn()
    hub.kill()
    if rng.random() < 0.2:
        hub.start()
        time.sleep(rng.uniform(0, 1.5))
        hub.kill()
    hub.start()


def logged(store: Path) -> Mapping[str, Sequence[int]]:
    """The numbers of each asset's reports, in the order of the log."""
    found: dict[str, list[int]] = defaultdict(list)
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT body FROM events WHERE type = 'asset_changed' ORDER BY position"
        for (body,) in connection.execute(query):
            event = json.loads(body)
            if event["detail"].isdecimal():  # what the hub itself notes of an asset has words there
                found[event["asset_id"]].append(int(event["detail"]))
    return found


def judged(log: Mapping[str, Sequence[int]], asset_ids: Sequence[str], each: int) -> tuple[int, int, int]:
    """How many reports of 1 to ``each`` are lost, taken twice and out of order."""
    lost = duplicated = disordered = 0
    for asset_id in asset_ids:
        numbers = log.get(asset_id, ())
        lost += each - len(set(numbers))
        duplicated += len(numbers) - len(set(numbers))
        disordered += sum(later < earlier for earlier, later in pairwise(numbers))
    return lost, duplicated, disordered
