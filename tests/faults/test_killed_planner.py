"""The planner's worker of a real hub is killed in the middle of its work, again and again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchmarks.faults.hubprocess import HubProcess, hub_process
from fleet.hub.client import HubClient
from fleet.protocol.messages import AddZone, SubmitOrders
from fleet.protocol.values import Dimensions, Direction, Goods, Order, Place, TimeWindow
from tests.support.bench import DAY

WITHIN_S = 90.0
TRIES = 3
FAST = ("--at", DAY.isoformat(), "--rate", "60")
"""What is tried again after a minute is tried again after a second."""


def parcel() -> Order:
    return Order(
        order_id="P-1",
        client="acme",
        direction=Direction.DELIVERY,
        place=Place(lon=-8.01, lat=41.01),
        weight_kg=1,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
        ready_at=DAY,
        due=TimeWindow(start=DAY.replace(hour=8), end=DAY.replace(hour=12)),
    )


def workers(hub: HubProcess) -> Iterator[int]:
    """The processes in which the hub plans."""
    for task in Path(f"/proc/{hub.pid}/task").iterdir():
        children = ""
        with suppress(OSError):  # a thread may have ended meanwhile
            children = (task / "children").read_text(encoding="ascii")
        for child in children.split():
            with suppress(OSError):
                if b"multiprocessing.spawn" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)


def stored(hub: HubProcess, kind: str) -> list[str]:
    """The bodies of events of a type."""
    with closing(sqlite3.connect(hub.run.store)) as store:
        rows = store.execute("SELECT body FROM events WHERE type = ? ORDER BY position", (kind,))
        return [body for (body,) in rows]


def until(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.01)


def kill_workers(hub: HubProcess, count: int) -> None:
    """Kill so many workers, one after the other, each as soon as there is one."""
    dead: set[int] = set()

    def one_more() -> bool:
        for pid in set(workers(hub)) - dead:
            os.kill(pid, signal.SIGKILL)
            dead.add(pid)
        return len(dead) >= count

    until(one_more)


@pytest.mark.slow
def test_a_job_survives_two_deaths_of_its_worker_and_the_hub_survives_them_all() -> None:
    """The third death ends the job, not the hub: it says so, answers others meanwhile, and plans again."""
    with hub_process(drones=2, words=FAST) as hub:
        hub.start()
        hub.wait_until_up()
        with HubClient(hub.endpoints.control, timeout_s=WITHIN_S) as client:
            assert client.request(SubmitOrders(request_id="orders", orders=(parcel(),))).ok
            kill_workers(hub, TRIES)
            until(lambda: bool(stored(hub, "plan_dropped")))
            (dropped,) = stored(hub, "plan_dropped")
            assert "BrokenProcessPool" in json.loads(dropped)["detail"]
            kill_workers(hub, TRIES - 1)
            feature = {
                "type": "Feature",
                "properties": {"name": "fire"},
                "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]},
            }
            zone = AddZone(request_id="zone", by="ana", zone_id="fire", feature=feature)
            assert client.request(zone).request_id == "zone"
            until(lambda: bool(stored(hub, "plan_committed")))
            assert len(stored(hub, "plan_dropped")) == 1
