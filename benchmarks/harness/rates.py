"""How much the hub takes in: telemetry against a bare loop, durable reports against brokers and against itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness.brokers import BROKERS
from benchmarks.harness.day import TAKEN_UP, Day, frames_of, make_day, sessions_of
from benchmarks.harness.figure import Figure, Scale, in_turns, median, ratio
from benchmarks.harness.processes import Served, cpu_s, loading, serving, serving_day
from fleet.protocol.messages import AssetReport
from fleet.protocol.values import Place
from fleet.protocol.versions import fields_after

CONNECTING = timedelta(seconds=5)
"""About what it takes from the start of a hub until its assets are connected and their samples begin."""


def telemetry_rate(folder: Path, scale: Scale) -> list[Figure]:
    """Samples that the hub takes in under more than it can take, against the bare loop on the same frames."""
    day = make_day(folder, scale.assets)
    job = telemetry_job(day, day.assets, scale)

    def arm(server: Callable[[], AbstractContextManager[Served]]) -> dict[str, float]:
        with server() as served, loading("telemetry.py", folder, {**job, "where": served.where}) as load:
            load.go()
            return taken(served, scale)

    rounds = in_turns(
        scale.rounds, bare=lambda: arm(lambda: serving("bare")), hub=lambda: arm(lambda: serving_day(day))
    )
    value, spread = ratio(rounds["hub"], rounds["bare"], "rate")
    by_cpu, _ = ratio(rounds["bare"], rounds["hub"], "cpu_us")
    return [
        Figure(
            f"telemetry of {scale.assets} assets, {len(day.missions)} of them out, all checks on, against a bare loop",
            value,
            "ratio of samples/s",
            1.0,
            0.9,
            more={
                "spread": spread,
                "by_cpu": round(by_cpu, 3),
                "hub": _shown(rounds["hub"]),
                "bare": _shown(rounds["bare"]),
                "checked_share": round(median(rounds["hub"], "checked_share"), 3),
                "all_checked_per_s": _all_checked(folder, day, scale),
            },
        )
    ]


LADDER = (5_000.0, 7_500.0, 10_000.0, 12_500.0, 15_000.0, 20_000.0, 25_000.0)
SHED = 0.01


def _all_checked(folder: Path, day: Day, scale: Scale) -> float:
    """The highest rate, of a few that are offered one after the other, at which hardly a sample of an asset that is
    out is overtaken before it was read and checked; 0 where that is none of them.
    """
    best = 0.0
    for rate in LADDER if scale.rounds > 1 else LADDER[:1]:
        job = {**telemetry_job(day, tuple(day.missions), scale), "rate": rate}
        with (
            serving_day(day) as served,
            loading("telemetry.py", folder, {**job, "where": served.where}) as load,
        ):
            load.go()
            seen = taken(served, scale)
        if seen["checked_share"] < 1 - SHED or seen["rate"] < (1 - SHED) * rate:
            break
        best = rate
    return best


def telemetry_job(
    day: Day, assets: Sequence[str], scale: Scale, begun: datetime = TAKEN_UP + CONNECTING
) -> dict[str, Any]:
    """What the load of these assets sends, second by second from ``begun`` on."""
    lasts_s = scale.warm_s + scale.lasts_s + 1
    seconds = [
        [
            [part.decode() for part in frames]
            for frames in frames_of(day, assets, begun + timedelta(seconds=s))
        ]
        for s in range(int(lasts_s) + 1)
    ]
    return {"peers": sessions_of(assets), "seconds": seconds, "lasts_s": lasts_s}


def taken(served: Served, scale: Scale) -> dict[str, float]:
    """What a server takes in while a load runs that was just begun."""
    time.sleep(scale.warm_s)
    before = served.counts()
    time.sleep(scale.lasts_s)
    after = served.counts()
    no_findings(after)
    samples, seconds = after["taken"] - before["taken"], after["at"] - before["at"]
    return {
        "rate": samples / seconds,
        "cpu_us": 1e6 * (after["cpu_s"] - before["cpu_s"]) / samples,
        "checked_share": (after.get("checked", 0) - before.get("checked", 0)) / samples,
    }


def no_findings(counts: dict[str, Any]) -> None:
    """A load that the hub finds fault with would measure something else."""
    if counts.get("exceptions") or counts.get("refused"):
        raise RuntimeError(f"the hub found {counts['exceptions']} exceptions and refused {counts['refused']}")


def _shown(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {"per_s": round(median(rounds, "rate")), "cpu_us": round(median(rounds, "cpu_us"), 1)}


# --- durable ---------------------------------------------------------------------------------------------------------

REPORT = AssetReport(
    condition="charging", at=TAKEN_UP, soc=0.84, place=Place(lon=-8.5, lat=41.0), site_id="D000"
).model_dump_json(exclude=set(fields_after(1)["asset_report"]))
"""What an asset on its charger says every now and then: one message, one decision, one stored event."""

OUTSTANDING = 512
MANY_OUTSTANDING = 4096


def durable_against_brokers(folder: Path, scale: Scale) -> list[Figure]:
    """Acknowledgements of what is on disk: the hub against a service that has a broker keep what it takes in.

    The load, its connections, frames and number under way are the same for all. What a broker does on its own, with
    nobody who reads what it is given, stands beside it (``alone_per_s``, all under way on one connection), and so does
    the same hub, which decides the same, with the broker in its store's place (``hub_kept_by_…``).
    """
    day = make_day(folder, scale.assets, out=False)

    def fronted(name: str) -> dict[str, float]:
        with BROKERS[name](folder) as where, serving(name, where["port"], script="front.py") as front:
            pids = (front.process.pid, int(where["pid"]))
            return _acknowledged(folder, durable_job("hub", front.where, day, scale), OUTSTANDING, pids)

    def kept_by(name: str) -> dict[str, float]:
        with BROKERS[name](folder) as where:
            log = f"{name}:{where['port']}"
            return hub_acknowledges(folder, day, scale, OUTSTANDING, log, int(where["pid"]))

    rounds = in_turns(
        scale.rounds,
        hub=lambda: hub_acknowledges(folder, day, scale, OUTSTANDING),
        nats=lambda: fronted("nats"),
        redis=lambda: fronted("redis"),
        kept_by_nats=lambda: kept_by("nats"),
        kept_by_redis=lambda: kept_by("redis"),
    )
    return [
        _against("NATS JetStream on file", "nats", rounds, _alone("nats", folder, day, scale), (1.3, 1.0)),
        _against(
            "Redis streams, fsync always", "redis", rounds, _alone("redis", folder, day, scale), (3.0, 2.0)
        ),
    ]


def _alone(name: str, folder: Path, day: Day, scale: Scale) -> int:
    with BROKERS[name](folder) as where:
        job = durable_job(name, where, day, replace(scale, connections=1))
        return round(_acknowledged(folder, job, OUTSTANDING)["rate"])


def _against(
    title: str,
    name: str,
    rounds: dict[str, list[dict[str, float]]],
    alone: int,
    bounds: tuple[float, float],
) -> Figure:
    value, spread = ratio(rounds["hub"], rounds[name], "rate")
    kept = rounds[f"kept_by_{name}"]
    same, _ = ratio(rounds["hub"], kept, "rate")
    more = {
        "spread": spread,
        "hub_per_s": round(median(rounds["hub"], "rate")),
        f"{name}_per_s": round(median(rounds[name], "rate")),
        "hub_cpu_us": round(median(rounds["hub"], "cpu_us"), 1),
        f"{name}_cpu_us": round(median(rounds[name], "cpu_us"), 1),
        "against_hub_kept_by_it": round(same, 3),
        f"hub_kept_by_{name}_per_s": round(median(kept, "rate")),
        f"hub_kept_by_{name}_cpu_us": round(median(kept, "cpu_us"), 1),
        "alone_per_s": alone,
        "outstanding": OUTSTANDING,
    }
    return Figure(f"durable acknowledgements, against {title}", value, PER_S, *bounds, more=more)


PER_S = "ratio of acknowledgements/s"


def durable_against_itself(folder: Path, scale: Scale) -> list[Figure]:
    """What syncing each commit costs: the same hub with it and without."""
    day = make_day(folder, scale.assets, out=False)
    outstanding = MANY_OUTSTANDING if scale.assets >= MANY_OUTSTANDING // 64 else OUTSTANDING
    rounds = in_turns(
        scale.rounds,
        synced=lambda: hub_acknowledges(folder, day, scale, outstanding),
        unsynced=lambda: hub_acknowledges(folder, day, scale, outstanding, "OFF"),
    )
    value, spread = ratio(rounds["synced"], rounds["unsynced"], "rate")
    more = {
        "spread": spread,
        "synced_per_s": round(median(rounds["synced"], "rate")),
        "unsynced_per_s": round(median(rounds["unsynced"], "rate")),
        "outstanding": outstanding,
    }
    return [
        Figure("durable acknowledgements, against the hub without sync", value, PER_S, 0.7, 0.5, more=more)
    ]


def hub_acknowledges(
    folder: Path, day: Day, scale: Scale, outstanding: int, durable: str = "FULL", *pids: int
) -> dict[str, float]:
    """The rate at which a hub acknowledges reports; each must have become an event of its own. ``pids`` are processes
    whose CPU time counts too.
    """
    with serving_day(day, durable) as served:
        before = served.counts()
        job = durable_job("hub", served.where, day, scale)
        found = _acknowledged(folder, job, outstanding, (served.process.pid, *pids))
        stored = served.counts()["position"] - before["position"]
        if stored < found["acknowledged"]:
            raise RuntimeError(f"{found['acknowledged']} were acknowledged, {stored} events stored")
        return found


def durable_job(speaks: str, where: dict[str, str], day: Day, scale: Scale) -> dict[str, Any]:
    """What the load of durable reports does."""
    return {
        "speaks": speaks,
        "where": where,
        "peers": sessions_of(day.assets[: scale.connections]),
        "body": REPORT,
        "warm_s": scale.warm_s,
        "lasts_s": scale.lasts_s,
    }


def _acknowledged(
    folder: Path, job: dict[str, Any], outstanding: int, pids: tuple[int, ...] = ()
) -> dict[str, float]:
    """What is acknowledged a second, and the CPU time that these processes take for one."""
    with loading("durable.py", folder, {**job, "outstanding": outstanding}) as load:
        before_s = cpu_s(*pids)
        load.go()
        found = load.result()
        spent_s = cpu_s(*pids) - before_s
    return {
        "rate": found["acknowledged"] / found["seconds"],
        "acknowledged": found["acknowledged"],
        "cpu_us": 1e6 * spent_s / found["in_all"],
    }
