"""The console over HTTP: what it answers, and whom it turns away."""

from __future__ import annotations

import http.client
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from fleet.console.app import _page
from fleet.console.errors import ConsoleError
from fleet.console.live import Live
from fleet.console.serve import open_socket
from fleet.console.source import Source
from fleet.domain import events as ev
from fleet.hub.client import HubUnreachable
from fleet.protocol.messages import (
    AnyMessage,
    ChangeZones,
    OperatorCommand,
    PreviewZones,
    Reply,
    StopAll,
    Telemetry,
)
from fleet.store.reader import Reader
from tests.browser.console import console_beside
from tests.browser.fakehub import FakeHub
from tests.browser.small_day import NOON, WHERE, ZONES, small_recording
from tests.support.weather import weather_row

WAIT_S = 10


class Http:
    """One console, asked over its own address."""

    def __init__(self, address: str) -> None:
        self.origin = address.rstrip("/")
        self.netloc = urlsplit(address).netloc

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (lower case) and body."""
        line = http.client.HTTPConnection(self.netloc, timeout=WAIT_S)
        try:
            line.request(method, path, body, {"host": self.netloc, **headers})
            answer = line.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            line.close()

    def json(self, path: str) -> Any:
        """The JSON of a page that must be there."""
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return json.loads(body)

    def token(self) -> str:
        """The token in the page."""
        _, _, body = self.ask("GET", "/")
        found = re.search(r'name="console-token" content="([^"]+)"', body.decode())
        assert found is not None
        return found[1]

    def post(self, path: str, what: Any, **headers: str) -> tuple[int, Any]:
        """A command as the page sends it; headers replace those of the page, underscores for dashes."""
        own = {"content-type": "application/json", "origin": self.origin, "x-console-token": self.token()}
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        status, _, body = self.ask("POST", path, json.dumps(what).encode(), own | changed)
        return status, json.loads(body)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    """A hub whose van does not want to stop."""
    recording, unwilling = small_recording(), frozenset({"depot/van-1"})
    with FakeHub(recording, tmp_path / "hub.db", NOON, unwilling=unwilling) as running:
        yield running


@pytest.fixture
def console(hub: FakeHub) -> Iterator[Http]:
    """A console that has taken in the day."""
    with console_beside(hub, ZONES) as address:
        asked = Http(address)
        wait_for(lambda: asked.json("/api/state")["position"] == len(hub.recording.events))
        yield asked


def wait_for(done: Any) -> None:
    """Until it is so; fails after a while."""
    deadline = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.02)


def hold(asset_id: str) -> dict[str, str]:
    return {"request_id": "r-1", "asset_id": asset_id, "action": "hold"}


def test_tables(console: Http) -> None:
    """Each list as JSON of its own."""
    assert {o["id"] for o in console.json("/api/orders")["orders"]} == set(WHERE)
    assert len(console.json("/api/assets")["assets"]) == 5
    assert [x["id"] for x in console.json("/api/lockers")["lockers"]] == ["locker-1"]
    assert [x["id"] for x in console.json("/api/routes")["routes"]] == ["route-1"]
    assert [x["open"] for x in console.json("/api/exceptions")["exceptions"]] == [False]


def test_assets_have_telemetry_where_there_is_some(console: Http) -> None:
    """What is in the air has a live position; what was never heard has none."""

    def flying() -> Any:
        return {a["id"]: a["live"] for a in console.json("/api/assets")["assets"]}

    wait_for(lambda: flying()["depot/drone-1"] is not None)
    assert flying()["depot/drone-2"] is None


def test_state_says_whether_zones_are_complete(console: Http) -> None:
    """The map's zones are those that the hub plans with."""
    zones = console.json("/api/state")["zones"]
    assert zones["complete"] is True
    assert [z["name"] for z in zones["areas"]] == ["Hospital"]


def windless(hub: FakeHub) -> None:
    """Weather that was measured just now."""
    told = ev.WeatherReported(
        at=NOON, source="harbour", issued_at=NOON, by="harbour", rows=(weather_row(NOON, 0.0),)
    )
    hub.log(told)


def test_the_range_of_a_drone_is_a_shape_around_it(hub: FakeHub, console: Http) -> None:
    """With the charge that it has just told; smaller with a payload; as recorded where it told nothing."""
    windless(hub)
    hub.told["depot/drone-1"] = Telemetry(at=NOON, lon=-3.75, lat=43.35, soc=0.9)
    wait_for(lambda: console.json("/api/range?asset=depot%2Fdrone-1")["properties"]["soc"] == 0.9)
    wait_for(lambda: console.json("/api/range?asset=depot%2Fdrone-1")["geometry"] is not None)
    empty, loaded = (
        console.json(f"/api/range?asset=depot%2Fdrone-1&payload_kg={kg}")["properties"] for kg in (0, 2)
    )
    assert empty["verdict"] == "feasible"
    assert empty["from"] == [-3.75, 43.35]
    assert 1_000 < loaded["farthest_m"] < empty["farthest_m"]
    ring = console.json("/api/range?asset=depot%2Fdrone-1")["geometry"]["coordinates"][0]
    assert min(lon for lon, _ in ring) < -3.75 < max(lon for lon, _ in ring)
    unheard = console.json("/api/range?asset=depot%2Fdrone-2")["properties"]
    recorded = next(a for a in console.json("/api/assets")["assets"] if a["id"] == "depot/drone-2")
    assert unheard["soc"] == recorded["soc"]


@pytest.mark.parametrize(
    ("query", "expected", "said"),
    [
        ("asset=no%2Fsuch", 404, "no/such"),
        ("asset=depot%2Fvan-1", 404, "type-van"),
        ("asset=depot%2Fdrone-1&payload_kg=heavy", 400, "payload_kg: must be a number (found 'heavy')"),
        ("asset=depot%2Fdrone-1&payload_kg=", 400, "payload_kg: must be a number (found '')"),
        ("asset=depot%2Fdrone-1&payload_kg=-1", 400, "payload_kg"),
        ("asset=depot%2Fdrone-1&payload_kg=nan", 400, "payload_kg"),
        ("", 404, "no asset"),
    ],
)
def test_a_range_that_can_t_be_said_is_refused(
    hub: FakeHub, console: Http, query: str, expected: int, said: str
) -> None:
    hub.told["depot/drone-1"] = Telemetry(at=NOON, lon=-3.75, lat=43.35, soc=0.9)
    wait_for(lambda: console.json("/api/range?asset=depot%2Fdrone-1")["properties"]["soc"] == 0.9)
    status, _, body = console.ask("GET", f"/api/range?{query}")
    assert status == expected
    assert said in json.loads(body)["detail"]


def test_unknown_order_is_404(console: Http) -> None:
    """Also when its id has a slash."""
    status, _, body = console.ask("GET", "/api/orders/no%2Fsuch")
    assert status == 404
    assert "no/such" in json.loads(body)["detail"]


def test_stream_begins_with_everything(console: Http) -> None:
    """Then comes what changes, or a sign of life."""
    line = http.client.HTTPConnection(console.netloc, timeout=WAIT_S)
    line.request("GET", "/api/stream", headers={"host": console.netloc})
    answer = line.getresponse()
    assert answer.readline() == b"event: snapshot\n"
    assert json.loads(answer.readline().removeprefix(b"data: "))["position"] > 0
    assert answer.readline() == b"\n"
    assert answer.readline() == b"event: delta\n"
    assert "pulse" in json.loads(answer.readline().removeprefix(b"data: "))
    line.close()


def test_command_reaches_the_hub(console: Http, hub: FakeHub) -> None:
    """The answer has the command's id and that it waits; the acknowledgement follows."""
    status, answer = console.post("/api/commands", hold("depot/drone-1") | {"why": "crowd"})
    assert (status, answer["ok"]) == (200, True)
    [command] = answer["commands"]
    assert (command["id"], command["acknowledgement"]) == (answer["ids"][0], "waiting")
    [taken] = hub.taken
    assert isinstance(taken, OperatorCommand)
    assert (taken.by, taken.why) == ("console", "crowd")


def test_stop_all_names_each_asset(console: Http, hub: FakeHub) -> None:
    """A refusal of one asset is shown as that."""
    status, answer = console.post("/api/stop-all", {"request_id": "r-2", "action": "hold"})
    assert status == 200
    assert {c["asset"] for c in answer["commands"]} == {"depot/drone-1", "depot/robot-1", "depot/van-1"}

    def states() -> dict[str, str]:
        commands = console.json("/api/state")["commands"]
        return {c["asset"]: c["acknowledgement"] for c in commands if c["by"] == "console"}

    wait_for(lambda: "waiting" not in states().values())
    assert states()["depot/van-1"] == "refused"
    assert states()["depot/drone-1"] == "acknowledged"
    assert isinstance(hub.taken[0], StopAll)


def area(corners: int) -> dict[str, Any]:
    """An area with many corners."""
    ring = [[-3.7 + 0.01 * math.cos(n), 43.3 + 0.01 * math.sin(n)] for n in range(corners)]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"zone_id": "fire", "feature": {"type": "Feature", "properties": {}, "geometry": geometry}}


def test_what_closing_an_area_leads_to_is_asked_and_not_done(console: Http, hub: FakeHub) -> None:
    """The page cannot say who it is for; a body larger than a command's is taken, up to a limit."""
    body = {"request_id": "r-4", "add": [area(2_000)]}
    status, answer = console.post("/api/zones/preview", body)
    assert (status, answer["ok"], answer["zones"]["added"]) == (200, True, ["fire"])
    assert [flight["action"] for flight in answer["zones"]["flights"]] == ["return"]
    assert not hub.state.zones
    assert console.post("/api/zones/preview", body | {"add": [area(20_000)]})[0] == 422
    assert console.post("/api/zones", body | {"by": "somebody"})[0] == 422
    status, answer = console.post("/api/zones", body | {"request_id": "r-5"})
    assert (status, answer["zones"]["version"]) == (200, "sha256:2")
    assert [type(message) for message in hub.taken] == [PreviewZones, ChangeZones]
    assert console.post("/api/zones/preview", body, x_console_token="guess")[0] == 403


def test_hub_says_no(console: Http) -> None:
    """409, with the hub's own words."""
    status, answer = console.post("/api/commands", hold("depot/drone-2"))
    assert (status, answer["ok"]) == (409, False)
    assert answer["detail"] == "depot/drone-2 is ready: it can't hold now"


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"x_console_token": "guess"},
        {"x_console_token": ""},
        {"content_type": "text/plain"},
    ],
    ids=lambda h: " ".join(f"{k}={v}" for k, v in h.items()),
)
def test_command_from_elsewhere_is_refused(console: Http, hub: FakeHub, foreign: dict[str, str]) -> None:
    """Another site's page can't steer, whichever proof it lacks."""
    status, answer = console.post("/api/stop-all", {"request_id": "r-3"}, **foreign)
    assert (status, answer["ok"]) == (403, False)
    assert hub.taken == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[oops"])
def test_foreign_host_name_is_refused(console: Http, host: str) -> None:
    """DNS rebinding: nothing is read, not even the page with its token."""
    status, _, body = console.ask("GET", "/", headers={"host": host})
    assert status in (400, 421)
    assert b"console-token" not in body


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"request_id": "r", "asset_id": "x", "action": "divert"}, "action"),
        ({"request_id": "r", "asset_id": "x", "action": "hold", "by": "somebody"}, "by"),
        ({"request_id": "r", "action": "hold"}, "asset_id"),
        ({"request_id": "r", "asset_id": "x", "action": "hold", "why": "y" * 201}, "why"),
        ({"request_id": "r", "asset_id": "x" * 9000, "action": "hold"}, "body"),
        ([], "body"),
    ],
)
def test_bad_body_names_the_field(console: Http, hub: FakeHub, what: Any, field: str) -> None:
    """422, and the hub hears nothing."""
    status, answer = console.post("/api/commands", what)
    assert status == 422
    assert field in answer["detail"]
    assert hub.taken == []


def test_answers_are_strict(console: Http) -> None:
    """No inline script, no frames, nothing from elsewhere, on pages, files and JSON alike."""
    for path in ("/", "/static/js/main.js", "/api/orders"):
        _, headers, _ = console.ask("GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    _, _, body = console.ask("GET", "/")
    assert not re.search(rb"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|https?://", body)


def test_silent_hub_is_504(hub: FakeHub) -> None:
    """Whether the hub has taken it is not known, and that is what is said."""

    def silent(_message: AnyMessage) -> Reply:
        raise HubUnreachable("no answer from the hub")

    with console_beside(hub, ZONES, ask=silent) as address:
        status, answer = Http(address).post("/api/commands", hold("depot/drone-1"))
    assert (status, answer["detail"]) == (504, "no answer from the hub")


def test_unreadable_store_is_said(tmp_path: Path) -> None:
    """And told no longer once it can be read."""

    def nobody(_message: AnyMessage) -> Reply:
        raise AssertionError("nothing is asked")

    source = Source(Reader(tmp_path / "hub.db"), Live(time.monotonic), nobody)
    assert source.catch_up() is False
    assert source.trouble is not None
    assert "hub.db" in source.trouble
    small_recording().write(tmp_path / "hub.db")
    assert source.catch_up() is True
    assert source.trouble is None


def test_listens_on_this_machine_only() -> None:
    """Until it has a login."""
    with pytest.raises(ConsoleError, match="this machine only"):
        open_socket("0.0.0.0", 0)


def test_port_in_use_is_named() -> None:
    """With what to do about it."""
    with open_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConsoleError, match=f"127.0.0.1:{port}.*another port"):
            open_socket("127.0.0.1", port)


@pytest.mark.parametrize("plain", [True, False])
def test_the_page_says_when_there_are_no_keys(plain: bool) -> None:
    """As long as it is open: whoever looks at it should know who else could steer."""
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    said = _page("token", plain=plain)(request).body
    assert (b"NO KEYS" in bytes(said)) is plain
