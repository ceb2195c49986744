"""``fleet orders explain`` beside a real hub: its ways come from a process of their own, which may die."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.faults.hubprocess import HubProcess, hub_process
from fleet.hub.client import HubClient
from fleet.protocol.messages import ExplainOrder, Reply, SubmitOrders
from tests.faults.test_killed_planner import FAST, WITHIN_S, parcel, stored, until, workers
from tests.support.bench import WEATHER
from tests.support.commands import answer, run

TRIES_S = 60.0


def explained(hub: HubProcess, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What the command says, asked again for a while where the process only starts."""
    deadline = time.monotonic() + TRIES_S
    while True:
        code, found = answer(capsys, hub.run, "orders", "explain", "P-1", "--name", "day")
        assert code == 0
        if found["ways"] is not None:
            return found  # type: ignore[no-any-return]
        assert "ask again" in found["ways_missing"]
        assert time.monotonic() < deadline, found["ways_missing"]


def test_every_way_of_an_order_comes_from_the_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While it is planned for; after the process was killed, too. The plan stays the only one, the log as it is."""
    (weather := tmp_path / "weather.csv").write_text(WEATHER, encoding="utf-8")
    with hub_process(drones=2, words=(*FAST[:2], "--weather", str(weather))) as hub:
        hub.start()
        hub.wait_until_up()
        with HubClient(hub.endpoints.control, timeout_s=WITHIN_S) as client:
            assert client.request(SubmitOrders(request_id="orders", orders=(parcel(),))).ok
            until(lambda: bool(stored(hub, "plan_committed")))
            planners = set(workers(hub))
            found = explained(hub, capsys)
            (own,) = [one for one in found["ways"]["options"] if one.get("chosen")]  # type: ignore[index]
            assert (own["mode"], own["site_id"], own["verdict"]) == ("drone", "S1", "feasible")
            assert own["cost"] == pytest.approx(found["choice"]["saving"])  # type: ignore[index]
            (asked,) = set(workers(hub)) - planners
            os.kill(asked, signal.SIGKILL)
            assert explained(hub, capsys)["ways"]
            assert set(workers(hub)) >= planners
            no = client.request(ExplainOrder(request_id="q", order_id="P-9"))
            assert isinstance(no, Reply)
            assert (no.ok, no.detail) == (False, "there is no order 'P-9': see `fleet orders list`")
            assert len(stored(hub, "plan_requested")) == 1
        assert run(hub.run, "orders", "explain", "P-1", "--name", "day") == 0
        assert "  * drone (courier-x4) from S1: feasible, " in capsys.readouterr().out
