"""What CURVE costs, and how the hub holds a large fleet that speaks once a second through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness.day import TAKEN_UP, Day, make_day
from benchmarks.harness.figure import Figure, Scale, in_turns, median, ratio
from benchmarks.harness.processes import Load, Served, loading, serving_day
from benchmarks.harness.rates import taken, telemetry_job
from fleet.hub.security.keyring import Keyring

CROWD = 5000
PER_PROCESS = 1700
"""Assets of one load: each has two connections, and a process may have 20,000 open files."""

SHORT_S, LONG_S = 30.0, 600.0
SETTLE_S = 150.0
"""The monitor keeps a minute of samples of each asset: memory is flat only after that."""


def curve_cost(folder: Path, scale: Scale) -> list[Figure]:
    """CPU time of the hub's process for each sample, without CURVE over with it; all else is the same."""
    day = make_day(folder, scale.assets, keys=True)
    job = telemetry_job(day, day.assets, scale)

    def arm(*, plain: bool) -> dict[str, float]:
        with serving_day(day, plain=plain) as served:
            said = {**job, "where": served.where, **({} if plain else _keys(day))}
            with loading("crowd.py", folder, said) as load:
                load.go()
                return taken(served, scale)

    rounds = in_turns(scale.rounds, plain=lambda: arm(plain=True), curve=lambda: arm(plain=False))
    value, spread = ratio(rounds["plain"], rounds["curve"], "cpu_us")
    more = {
        "spread": spread,
        **{f"{name}_cpu_us": round(median(found, "cpu_us"), 1) for name, found in rounds.items()},
        **{f"{name}_per_s": round(median(found, "rate")) for name, found in rounds.items()},
    }
    return [
        Figure(
            "telemetry with CURVE, per CPU, against without", value, "ratio of CPU time", 0.7, 0.6, more=more
        )
    ]


def _keys(day: Day) -> dict[str, str]:
    return {"keys": str(Keyring(day.run.keys).client_file("any").parent)}


def crowd(folder: Path, scale: Scale) -> list[Figure]:
    """5,000 assets over CURVE, one sample a second each: the cores that the hub's process takes.

    Held means that all are connected to the end and every sample was taken; memory is flat when it grows by less than
    a twentieth between beginning and end.
    """
    size = CROWD if scale.assets >= 1000 else scale.assets
    lasts_s = (LONG_S if scale.long else SHORT_S) if size == CROWD else scale.lasts_s
    day = make_day(folder, size, keys=True)
    with serving_day(day, plain=False) as served, ExitStack() as stack:
        loads = [
            stack.enter_context(loading("crowd.py", folder, _part(day, part, served)))
            for part in _parts(day.assets)
        ]
        return [_watched(served, loads, size, lasts_s)]


def _parts(assets: Sequence[str]) -> list[Sequence[str]]:
    return [assets[start : start + PER_PROCESS] for start in range(0, len(assets), PER_PROCESS)]


def _part(day: Day, assets: Sequence[str], served: Served) -> dict[str, Any]:
    at = TAKEN_UP + timedelta(seconds=int(time.monotonic() - served.up_at))
    job = telemetry_job(day, assets, Scale(warm_s=0, lasts_s=0), at)
    return {**job, **_keys(day), "where": served.where, "steady_at": at.isoformat()}


def _watched(served: Served, loads: list[Load], size: int, lasts_s: float) -> Figure:
    time.sleep(SETTLE_S if size == CROWD else lasts_s)
    before = served.counts()
    time.sleep(lasts_s)
    after = served.counts()
    for load in loads:
        load.go()
    sent = [load.result() for load in loads]
    time.sleep(1)
    end = served.counts()
    total, lost = sum(s["sent"] for s in sent), sum(s["lost"] for s in sent)
    faults = {name: end[name] for name in ("refused", "exceptions") if end[name]}
    held = end["taken"] == total and lost == 0 and end["connected"] == size and not faults
    grown = after["rss_mb"] / before["rss_mb"] - 1
    return Figure(
        f"{size:,} assets connected, telemetry 1 Hz each, CURVE, checks on",
        (after["cpu_s"] - before["cpu_s"]) / (after["at"] - before["at"]),
        "cores",
        1.0,
        1.5,
        most=True,
        and_also=held and grown < 0.05,
        more={
            "held": held,
            **faults,
            "connected": end["connected"],
            "samples_sent": total,
            "samples_taken": end["taken"],
            "samples_checked": end["checked"],
            "memory_mb": [round(before["rss_mb"]), round(after["rss_mb"])],
            "seconds": lasts_s,
        },
    )
