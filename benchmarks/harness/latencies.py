"""How long what comes in waits: telemetry until it is checked, reports until they are acknowledged."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.harness.day import make_day, sessions_of
from benchmarks.harness.figure import Figure, Scale, in_turns, median, percentile, ratio
from benchmarks.harness.processes import Load, Served, loading, serving, serving_day
from benchmarks.harness.rates import durable_job, telemetry_job

SAMPLES_PER_S = 5000.0
REPORTS_PER_S = 1000.0
"""What is offered, at even distances: telemetry of all assets, reports of those that stand idle."""

WAL_PAGE = 4096


def telemetry_latency(folder: Path, scale: Scale) -> list[Figure]:
    """From the sending of a sample to the end of its checks, while reports are committed all the time.

    Who is out sends samples, who stands idle reports. The bare loop's samples end with their validation; the same
    reports are committed meanwhile by a hub in a process beside it, so that both arms have the same machine, and
    ``alone`` is the bare loop without that. All read the monotonic clock, which is one for all processes of a machine;
    a sample carries the moment of its sending in a field that no check reads.
    """
    day = make_day(folder, scale.assets)
    job = {**telemetry_job(day, tuple(day.missions), scale), "rate": SAMPLES_PER_S}

    def commits(served: Served) -> AbstractContextManager[Load]:
        reports = {
            **durable_job("hub", served.where, day, scale),
            "peers": sessions_of(day.idle),
            "rate": REPORTS_PER_S,
            "lasts_s": scale.lasts_s + 10,
        }
        return loading("durable.py", folder, reports)

    def samples(served: Served) -> AbstractContextManager[Load]:
        return loading("telemetry.py", folder, {**job, "where": served.where})

    def alone() -> dict[str, float]:
        with serving("bare") as served, samples(served) as load:
            return _ages(served, scale, load)

    def bare() -> dict[str, float]:
        with (
            serving("bare") as served,
            serving_day(day) as beside,
            samples(served) as load,
            commits(beside) as reports,
        ):
            return _ages(served, scale, load, reports)

    def hub() -> dict[str, float]:
        with serving_day(day) as served, samples(served) as load, commits(served) as reports:
            return _ages(served, scale, load, reports)

    rounds = in_turns(scale.rounds, alone=alone, bare=bare, hub=hub)
    value, spread = ratio(rounds["hub"], rounds["bare"], "p99_ms")
    more = {
        "spread": spread,
        "hub_p99_ms": round(median(rounds["hub"], "p99_ms"), 2),
        "bare_p99_ms": round(median(rounds["bare"], "p99_ms"), 2),
        "hub_p50_ms": round(median(rounds["hub"], "p50_ms"), 2),
        "bare_p50_ms": round(median(rounds["bare"], "p50_ms"), 2),
        "alone_p99_ms": round(median(rounds["alone"], "p99_ms"), 2),
        "samples_per_s": round(median(rounds["hub"], "per_s")),
    }
    return [
        Figure(
            f"telemetry p99 at {SAMPLES_PER_S:.0f}/s while commits run, against a bare loop",
            value,
            "ratio of ms",
            1.5,
            2.0,
            most=True,
            more=more,
        )
    ]


def _ages(served: Served, scale: Scale, *loads: Load) -> dict[str, float]:
    for load in reversed(loads):
        load.go()
    time.sleep(scale.warm_s)
    before = served.counts()
    time.sleep(scale.lasts_s)
    after = served.counts()
    ages = after["ages_ms"]
    return {
        "p99_ms": percentile(ages, 0.99),
        "p50_ms": percentile(ages, 0.5),
        "per_s": len(ages) / (after["at"] - before["at"]),
    }


def acknowledgement_latency(folder: Path, scale: Scale) -> list[Figure]:
    """From when a report is due to its acknowledgement, against what the disk takes to sync a page.

    The disk is measured in the same rounds, while the hub is not there.
    """
    day = make_day(folder, scale.assets, out=False)

    def hub() -> dict[str, float]:
        with serving_day(day) as served:
            job = {**durable_job("hub", served.where, day, scale), "rate": REPORTS_PER_S}
            with loading("durable.py", folder, job) as load:
                load.go()
                ages = load.result()["ages_ms"]
        return {"p99_ms": percentile(ages, 0.99), "p50_ms": percentile(ages, 0.5)}

    rounds = in_turns(scale.rounds, disk=lambda: fsync_ms(folder / "synced", scale.lasts_s), hub=hub)
    fsync, ours = median(rounds["disk"], "p99_ms"), sorted(r["p99_ms"] for r in rounds["hub"])
    more = {
        "hub_p50_ms": round(median(rounds["hub"], "p50_ms"), 2),
        "fsync_p99_ms": round(fsync, 2),
        "fsync_p50_ms": round(median(rounds["disk"], "p50_ms"), 2),
        "reports_per_s": REPORTS_PER_S,
        "spread": [round(ours[0], 2), round(ours[-1], 2)],
    }
    name = (
        f"durable acknowledgement p99 at {REPORTS_PER_S:.0f}/s; goal 2 x fsync p99 + 2 ms, floor 3 x + 5 ms"
    )
    return [Figure(name, statistics.median(ours), "ms", 2 * fsync + 2, 3 * fsync + 5, most=True, more=more)]


def fsync_ms(file: Path, lasts_s: float) -> dict[str, float]:
    """How long the disk of a file takes to append two pages, as a small commit does, and to sync them."""
    took = []
    with file.open("wb", buffering=0) as opened:
        begun = now = time.monotonic()
        while now < begun + lasts_s:
            opened.write(bytes(2 * WAL_PAGE))
            os.fdatasync(opened.fileno())
            before, now = now, time.monotonic()
            took.append(1000 * (now - before))
    file.unlink()
    return {"p99_ms": percentile(took, 0.99), "p50_ms": percentile(took, 0.5)}
