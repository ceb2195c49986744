"""`fleet assets list` shows how old what it shows is: the log forgets assets under way, the feed does not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zmq

from fleet.cli import main as cli
from fleet.console.views.base import stamp
from fleet.domain import events as ev
from fleet.hub.observability.status import StatusServer
from fleet.hub.observability.vitals import Heard, Pulse
from fleet.hub.rundir import RunDir, Running
from fleet.protocol.lifecycle import AssetEvent
from fleet.protocol.values import Place
from tests.support import smallday as day
from tests.support.fakehub import run_with

CHARGED = ev.AssetChanged(
    at=day.at(5),
    asset_id=day.DRONE,
    change=AssetEvent.READY,
    soc=1.0,
    place=day.PAD,
    site_id="S1",
)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A day whose drone said at five past that it was charged; the last event is of two hundred minutes later."""
    log = day.the_log()
    return run_with(tmp_path, [*log[:5], CHARGED, *log[5:]])


def listed(run: RunDir, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, dict[str, Any]]:
    """What the command shows people, and programs of the drone."""
    out = []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as end:
            cli.main(["assets", "list", "--root", str(run.path.parent), *words, *more])
        assert end.value.code == 0
        out.append(capsys.readouterr().out)
    rows = json.loads(out[1])["assets"]
    return out[0], next(row for row in rows if row["id"] == day.DRONE)


def test_what_the_log_says_has_an_age(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it, a drone on its way looks charged, on its pad."""
    text, drone = listed(run, capsys)
    (line,) = [line for line in text.splitlines() if line.startswith(day.DRONE)]
    assert "1.00 (195 min ago)  S1 (195 min ago)" in line
    assert (drone["soc"], drone["soc_age_s"], drone["place_age_s"]) == (1.0, 11_700.0, 11_700.0)
    assert (drone["soc_at"], drone["place_at"]) == (stamp(day.at(5)), stamp(day.at(5)))
    assert drone["telemetry"] is None


def test_what_nobody_told_has_no_age(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """The van has said nothing of itself; that it stands at its depot is only the fleet file's word."""
    text, _ = listed(run, capsys)
    van, locker = (next(x for x in text.splitlines() if x.startswith(name)) for name in (day.VAN, day.LOCKER))
    assert "D1 (not told yet)" in van
    assert "told" not in locker


@contextmanager
def publishing(run: RunDir, *bodies: tuple[bytes, dict[str, Any]]) -> Iterator[None]:
    """A hub that is up and says these things on its feed, over and over."""
    stop = threading.Event()
    with zmq.Context() as context, context.socket(zmq.PUB) as socket, run.held():
        socket.setsockopt(zmq.LINGER, 0)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        feed = f"tcp://127.0.0.1:{port}"
        run.write_running(Running(name="day", control=feed, telemetry=feed, feed=feed, plain=True))

        def publish() -> None:
            while not stop.wait(0.02):
                for topic, body in bodies:
                    socket.send_multipart([topic, json.dumps(body).encode()])

        thread = threading.Thread(target=publish)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def test_where_a_hub_is_up_telemetry_is_heard(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """With its age by the hub's time; the log's word stays beside it."""
    now = day.at(210)
    at = (now - timedelta(seconds=3)).isoformat()
    sample = {"asset_id": day.DRONE, "at": at, "lon": -3.70123, "lat": 40.43, "state": "cruise", "soc": 0.42}
    live = {"now": now.isoformat(), "samples": [sample]}
    with publishing(run, (b"live", live)):
        text, drone = listed(run, capsys, "--listen", "0.4")
    assert "0.42 (3 s ago)  -3.70123,40.43000 (3 s ago)" in text
    assert text.endswith(f"4 assets at {stamp(now)}\n")
    assert (drone["telemetry"]["soc"], drone["telemetry"]["age_s"]) == (0.42, 3.0)
    assert (drone["soc"], drone["soc_age_s"]) == (1.0, 12_300.0)


def test_a_key_that_is_not_there_is_said(
    run: RunDir, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else places that are long past would look like news."""
    monkeypatch.setenv("FLEET_KEY", "nope.json")
    with publishing(run), pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["assets", "list", "--root", str(run.path.parent)])
    said = capsys.readouterr()
    assert "4 assets" in said.out
    assert said.err.startswith("warning: nope.json: there is no key file; ")


def test_who_is_not_connected_is_seen(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that stands and has gone is `ready` in the log all the same."""
    pulse = Pulse()
    pulse.heard = {
        day.DRONE: Heard(False, time.monotonic() - 300),
        day.VAN: Heard(True, time.monotonic()),
        day.ROBOT: Heard(False, None),
        day.LOCKER: Heard(True, time.monotonic()),
    }
    with publishing(run), closing(StatusServer(pulse, "127.0.0.1:0")) as server:
        run.write_running(run.running().model_copy(update={"status": server.url}))
        text, drone = listed(run, capsys, "--listen", "0.1")
    assert (drone["connected"], 300 <= drone["heard_s"] < 330) == (False, True)
    links = {line.split()[0]: line for line in text.splitlines()}
    assert "gone, heard 5 min ago" in links[day.DRONE]
    assert "not yet" in links[day.ROBOT]
    assert " up " in links[day.VAN]
    assert "4 assets, 2 not connected at " in text
    text, drone = listed(run, capsys)
    assert drone["connected"] is None
    assert "connected" not in text


def test_lateness_is_shown_to_the_tenth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-50.96343400000001 s is more than anybody knows."""
    log = day.the_log()
    begun = next(i for i, event in enumerate(log) if isinstance(event, ev.StepEnded)) + 1
    ended = ev.StepEnded(
        at=day.at(60) + timedelta(seconds=9.03656599), mission_id="tour-1", step_id="d", ok=True
    )
    run = run_with(tmp_path, [*log[:begun], ended])
    with pytest.raises(SystemExit):
        cli.main(["assets", "list", "--root", str(run.path.parent), "--json"])
    rows = json.loads(capsys.readouterr().out)["assets"]
    late_s = next(row["late_s"] for row in rows if row["id"] == day.VAN)
    assert late_s == round(late_s, 1) != 0


def test_place_and_battery_are_told_apart(run: RunDir, capsys: pytest.CaptureFixture[str]) -> None:
    """At a trip's end an asset says where it is, and nothing of its battery."""
    place = Place(lon=-3.71, lat=40.44)
    ended = ev.AssetChanged(at=day.at(195), asset_id=day.DRONE, change=AssetEvent.END, place=place)
    other = run_with(run.path.parent, [*day.the_log(), ended], name="other")
    _, drone = listed(other, capsys, "--name", "other")
    assert (drone["soc"], drone["soc_at"], drone["soc_age_s"]) == (None, None, None)
    assert (drone["site"], drone["place"], drone["place_age_s"]) == (None, [-3.71, 40.44], 0.0)
