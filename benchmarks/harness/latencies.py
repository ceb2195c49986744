"""How long what comes in waits: telemetry until it is checked, reports until they are acknowledged."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any

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

    Who is out sends samples, who stands idle reports. The bare loop's samples end with their validation, and nothing
    is committed. Both read the monotonic clock, which is one for all processes of a machine; a sample carries the
    moment of its sending in a field that no check reads.
    """
    day = make_day(folder, scale.assets)
    job = {**telemetry_job(day, tuple(day.missions), scale), "rate": SAMPLES_PER_S}

    def bare() -> dict[str, float]:
        with serving("bare") as served:
            return _ages(served, scale, lambda: _telemetry(folder, job, served), lambda: nullcontext(None))

    def hub() -> dict[str, float]:
        with serving_day(day) as served:
            commits = {
                **durable_job("hub", served.where, day, scale),
                "peers": sessions_of(day.idle),
                "rate": REPORTS_PER_S,
                "lasts_s": scale.lasts_s + 10,
            }
            return _ages(
                served,
                scale,
                lambda: _telemetry(folder, job, served),
                lambda: loading("durable.py", folder, commits),
            )

    rounds = in_turns(scale.rounds, bare=bare, hub=hub)
    value, spread = ratio(rounds["hub"], rounds["bare"], "p99_ms")
    more = {
        "spread": spread,
        "hub_p99_ms": round(median(rounds["hub"], "p99_ms"), 2),
        "bare_p99_ms": round(median(rounds["bare"], "p99_ms"), 2),
        "hub_p50_ms": round(median(rounds["hub"], "p50_ms"), 2),
        "bare_p50_ms": round(median(rounds["bare"], "p50_ms"), 2),
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


def _telemetry(folder: Path, job: dict[str, Any], served: Served) -> AbstractContextManager[Load]:
    return loading("telemetry.py", folder, {**job, "where": served.where})


def _ages(
    served: Served,
    scale: Scale,
    telemetry: Callable[[], AbstractContextManager[Load]],
    commits: Callable[[], AbstractContextManager[Load | None]],
) -> dict[str, float]:
    with ExitStack() as stack:
        load = stack.enter_context(telemetry())
        beside = stack.enter_context(commits())
        if beside is not None:
            beside.go()
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
