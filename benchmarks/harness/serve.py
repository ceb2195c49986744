"""The process that is measured: ``hub RUN_DIRECTORY``, or ``bare`` for the loop that it is held against.

It prints one line of JSON once it listens, and answers each line on standard input with one of counts. The hub is the
one of `fleet hub --resume`; counting its samples and latencies costs it 0.2 microseconds a sample.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import threading
import time
from array import array
from collections.abc import Callable
from cProfile import Profile
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import structlog
import zmq
from pydantic import TypeAdapter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from benchmarks.harness.brokerlog import BrokerLog
from benchmarks.harness.telemetry import STAMPS
from fleet import app
from fleet.dispatch.inputs import Finding
from fleet.hub.loop import Loop, open_loop
from fleet.hub.rundir import RunDir, Running
from fleet.protocol.messages import Attach, Telemetry
from fleet.store.base import Store
from fleet.store.sql import SqlStore

Counts = Callable[[], dict[str, Any]]


def main() -> None:
    """Serve until standard input ends."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    what, *rest = sys.argv[1:]
    if what == "hub":
        hub(*rest)
    else:
        bare()


class Watched:
    """What is counted of a hub without changing what it does: it stands around the monitor's check."""

    def __init__(self, loop: Loop) -> None:
        self._core, self._check = loop.core, loop.core._monitor.check
        self._checked, self._ages = 0, array("d")
        loop.core._monitor.check = self._counted  # type: ignore[method-assign]

    def _counted(self, asset_id: str, sample: Telemetry, now: datetime) -> tuple[Finding, ...]:
        found = self._check(asset_id, sample, now)
        self._checked += 1
        if sample.energy_used_wh is not None and sample.energy_used_wh > STAMPS:
            self._ages.append(time.monotonic() - (sample.energy_used_wh - STAMPS))
        return found

    def counts(self) -> dict[str, Any]:
        """Until now; ages since the last time."""
        ages, self._ages = self._ages, array("d")
        return {
            "taken": self._core.inbox.samples_in,
            "checked": self._checked,
            "position": self._core.state.position,
            "refused": dict(self._core.sessions.refused),
            "exceptions": len(self._core.state.open_exceptions()),
            "connected": sum(p.telemetry is not None for p in list(self._core.sessions.peers.by_id.values())),
            "rss_mb": _rss_mb(),
            "ages_ms": [round(1000 * age, 3) for age in ages],
        }


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def hub(path: str, durable: str = "FULL", profile: str = "") -> None:
    """The real hub of a run directory that holds a day; with ``profile`` under cProfile, into that file.

    ``durable`` is how its store syncs, or ``nats:PORT`` or ``redis:PORT`` for a broker in the store's place.
    """
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    watched: list[Watched] = []
    ended = threading.Event()
    real_loop, real_store = open_loop, SqlStore.open

    def opened(*args: Any, **named: Any) -> Loop:
        loop = real_loop(*args, **named)
        watched.append(Watched(loop))
        return loop

    def started(running: Running) -> None:
        _answer({"control": running.control, "telemetry": running.telemetry})
        threading.Thread(target=_answer_all, args=(watched[0].counts, ended.set), daemon=True).start()

    store: Callable[..., Store] = partial(real_store, synchronous=durable)
    if ":" in durable:
        store = partial(_on_broker, real_store, *durable.split(":"))
    with patch.object(app, "open_loop", opened), patch.object(SqlStore, "open", store):
        profiler = Profile()
        run = profiler.runcall if profile else _called
        run(app.run_hub, RunDir(Path(path)), ended.is_set, started)
        if profile:
            profiler.dump_stats(profile)


def _on_broker(open_store: Callable[..., Store], name: str, port: str, *args: Any, **named: Any) -> Store:
    return cast("Store", BrokerLog(open_store(*args, **named), name, port))


def _called(what: Callable[..., None], *args: Any) -> None:
    what(*args)


def bare() -> None:
    """A ROUTER, `recv_multipart` and pydantic: what one would write first. It keeps the last sample of each peer."""
    adapter: TypeAdapter[Any] = TypeAdapter(Attach | Telemetry)
    router = zmq.Context().socket(zmq.ROUTER)
    router.setsockopt(zmq.RCVHWM, 64)
    router.setsockopt(zmq.RCVTIMEO, 100)
    router.setsockopt(zmq.LINGER, 0)
    router.bind("tcp://127.0.0.1:*")
    address = router.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    latest: dict[bytes, Any] = {}
    ages = array("d")
    taken = [0]

    def counts() -> dict[str, Any]:
        found, ages[:] = array("d", ages), array("d")
        return {"taken": taken[0], "ages_ms": [round(1000 * age, 3) for age in found]}

    ended = threading.Event()
    _answer({"telemetry": address})
    threading.Thread(target=_answer_all, args=(counts, ended.set), daemon=True).start()
    while not ended.is_set():
        try:
            route, _version, _kind, body = router.recv_multipart()
        except zmq.Again:
            continue
        message = latest[route] = adapter.validate_json(body, strict=True)
        taken[0] += 1
        if isinstance(message, Telemetry) and (message.energy_used_wh or 0) > STAMPS:
            ages.append(time.monotonic() - ((message.energy_used_wh or 0) - STAMPS))


def _answer_all(counts: Counts, ended: Callable[[], None]) -> None:
    try:
        for _ in sys.stdin:
            _answer({"at": time.monotonic(), "cpu_s": time.process_time(), **counts()})
    finally:
        ended()


def _answer(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
