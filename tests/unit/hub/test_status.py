"""What the hub says of itself over HTTP, from the record that the loop leaves."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.hub.observability.health import COMMIT_S, STALLED_S, readiness
from fleet.hub.observability.metrics import registry
from fleet.hub.observability.status import MOST_AT_ONCE, StatusApp, StatusServer, parsed
from fleet.hub.observability.vitals import (
    SECONDS,
    Commits,
    Heard,
    Histogram,
    Integrity,
    Liveness,
    Phase,
    PlannerVitals,
    Pulse,
    Queues,
    Samples,
    Vitals,
)
from fleet.hub.security.refusals import Turned
from fleet.hub.sockets import BindError
from fleet.protocol.errors import Fault

NOW = 1000.0


def full() -> Vitals:
    """A record in which every number is another."""
    took = Histogram(SECONDS)
    for value in (0.001, 0.002, 20.0):
        took.add(value)
    return Vitals(
        at_s=NOW,
        position=41,
        queues=Queues(inbox=1, batch=2, outbox=3),
        commits=Commits(took_s=took.spread(), under_way_since_s=NOW - 4),
        samples=Samples(received=10, shed=4, checked=6),
        messages={"step_report": 5},
        busy=7,
        refused={"no_session": 8},
        faults=9,
        peers={"asset": 11},
        assets={("drone", Liveness.HEARD): 12, ("van", Liveness.LOST): 13},
        planner=PlannerVitals(running=1, failures=14, worker_deaths=15),
    )


def beating(vitals: Vitals | None) -> Pulse:
    """A loop that has just turned."""
    pulse = Pulse()
    pulse.phase, pulse.vitals = Phase.RUNNING, vitals
    pulse.beat(NOW)
    return pulse


def samples(pulse: Pulse) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every exported value by name and labels, as a scraper reads them."""
    answer = body_of(StatusApp(pulse, lambda: NOW), "/metrics")
    found = {}
    for family in text_string_to_metric_families(answer[1]):
        for each in family.samples:
            found[each.name, tuple(each.labels.values())] = each.value
    return found


def body_of(app: StatusApp, path: str, method: str = "GET") -> tuple[str, str]:
    """Status line and body of one request, without a socket."""
    status: list[str] = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method}
    body = b"".join(app(environ, lambda line, _headers: status.append(line)))  # type: ignore[arg-type]
    return status[0], body.decode()


def test_every_number_is_exported_under_its_name() -> None:
    """What the record holds is what a scraper reads."""
    found = samples(beating(full()))
    assert found["fleet_hub_events_total", ()] == 41
    assert [found["fleet_hub_queue_depth", (q,)] for q in ("inbox", "batch", "outbox")] == [1, 2, 3]
    assert found["fleet_hub_commit_age_seconds", ()] == 4
    assert found["fleet_hub_samples_received_total", ()] == 10
    assert found["fleet_hub_samples_shed_total", ()] == 4
    assert found["fleet_hub_samples_checked_total", ()] == 6
    assert found["fleet_hub_messages_received_total", ("step_report",)] == 5
    assert found["fleet_hub_busy_answers_total", ()] == 7
    assert found["fleet_hub_messages_refused_total", ("no_session",)] == 8
    assert found["fleet_hub_faults_total", ()] == 9
    assert found["fleet_hub_connected_peers", ("asset",)] == 11
    assert found["fleet_hub_assets", ("drone", "heard")] == 12
    assert found["fleet_hub_assets", ("van", "lost")] == 13
    assert found["fleet_hub_plan_failures_total", ()] == 14
    assert found["fleet_hub_planner_deaths_total", ()] == 15
    assert found["fleet_hub_ready", ()] == 1


def test_what_has_never_happened_is_exported_as_0() -> None:
    """Else the first refusal of a kind, or the first message, would be no increase to Prometheus."""
    pulse = beating(Vitals(at_s=0.0))
    found = samples(pulse)
    assert all(found["fleet_hub_messages_refused_total", (code,)] == 0 for code in (*Turned, *Fault))
    assert found["fleet_hub_messages_received_total", ("stop_all",)] == 0
    assert ("fleet_hub_messages_received_total", ("heartbeat",)) not in found


def test_a_histogram_counts_what_is_at_most_a_bound() -> None:
    """Prometheus reads cumulative counts; what equals a bound belongs below it."""
    found = samples(beating(full()))
    counts = {
        labels[0]: v for (name, labels), v in found.items() if name == "fleet_hub_commit_seconds_bucket"
    }
    assert (counts["0.001"], counts["0.0025"], counts["10.0"], counts["+Inf"]) == (1, 2, 2, 3)
    assert found["fleet_hub_commit_seconds_count", ()] == 3
    assert found["fleet_hub_commit_seconds_sum", ()] == pytest.approx(20.003)


def test_no_series_grows_with_the_fleet() -> None:
    """Labels are of small closed sets; a new one must be thought about."""
    allowed = {"queue", "kind", "code", "role", "liveness", "check", "le", "release", "wire", "python"}
    families = list(registry(beating(full()), lambda: NOW).collect())
    used = {label for family in families for sample in family.samples for label in sample.labels}
    assert used <= allowed


def test_names_follow_the_conventions() -> None:
    """A prefix, base units, and `_total` for counters alone."""
    for family in registry(beating(full()), lambda: NOW).collect():
        if family.name.startswith("process_"):
            continue
        assert family.name.startswith("fleet_hub_")
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert family.name.endswith(("_seconds", "_events"))


def but(**changes: Any) -> Vitals:
    """The full record with something else in its place."""
    return replace(full(), **changes)


CASES: dict[str, dict[str, Any]] = {
    "listening": {"phase": Phase.STOPPING},
    "loop": {"last_s": NOW - STALLED_S - 1},
    "storage": {"vitals": but(commits=Commits(trouble="the disk is full"))},
    "integrity": {"integrity": Integrity.BAD},
    "planner": {"vitals": but(planner=PlannerVitals(available=False))},
    "keyring": {"vitals": but(shut_out="keyring.json: is damaged")},
}


@pytest.mark.parametrize("name", CASES)
def test_each_check_alone_makes_the_hub_not_ready(name: str) -> None:
    """503, the check that fails with its reason, and the others still well."""
    pulse = beating(full())
    for attribute, value in CASES[name].items():
        setattr(pulse, attribute, value)
    status, body = body_of(StatusApp(pulse, lambda: NOW), "/readyz")
    assert status == "503 Service Unavailable"
    checks = json.loads(body)["checks"]
    assert [n for n, check in checks.items() if not check["ok"]] == [name]
    assert checks[name]["reason"]


def test_a_disk_that_does_not_answer_is_trouble() -> None:
    """A commit that never ends raises nothing: its age tells."""
    stuck = but(commits=Commits(under_way_since_s=NOW - COMMIT_S - 1))
    bad = [check for check in readiness(beating(stuck), NOW) if not check.ok]
    assert [check.name for check in bad] == ["storage"]
    assert "the disk does not answer" in bad[0].reason


def test_a_hub_that_starts_lives_but_is_not_ready() -> None:
    """A long start must not be taken for a hang."""
    pulse = Pulse()
    pulse.last_s = NOW - 1000
    app = StatusApp(pulse, lambda: NOW)
    assert body_of(app, "/healthz")[0] == "200 OK"
    status, body = body_of(app, "/readyz")
    assert (status, json.loads(body)["phase"]) == ("503 Service Unavailable", "starting")
    assert body_of(app, "/metrics")[0] == "200 OK"


def test_a_loop_that_stands_still_does_not_live() -> None:
    """`/healthz` is about the loop alone."""
    pulse = beating(but(commits=Commits(trouble="the disk is full")))
    assert body_of(StatusApp(pulse, lambda: NOW), "/healthz")[0] == "200 OK"
    assert body_of(StatusApp(pulse, lambda: NOW + STALLED_S + 1), "/healthz")[0] == "503 Service Unavailable"


def test_a_hub_that_takes_long_to_stop_lives() -> None:
    """It writes what is in hand: killing it now would be wrong."""
    pulse = beating(full())
    pulse.phase = Phase.STOPPING
    assert body_of(StatusApp(pulse, lambda: NOW + STALLED_S + 1), "/healthz")[0] == "200 OK"


def test_other_pages_and_methods_are_refused() -> None:
    """Nothing can be written here."""
    app = StatusApp(beating(full()), lambda: NOW)
    assert body_of(app, "/")[0] == "404 Not Found"
    assert body_of(app, "/metrics", "POST")[0] == "405 Method Not Allowed"
    assert body_of(app, "/healthz", "HEAD") == ("200 OK", "")


def test_who_is_connected_is_told_on_this_machine_only() -> None:
    """Other pages name no asset; where those are open to other machines, this one is not there."""
    pulse = beating(full())
    pulse.heard = {
        "drone-1": Heard(True, NOW - 0.5),
        "drone-2": Heard(False, NOW - 60),
        "van": Heard(False, None),
    }
    status, body = body_of(StatusApp(pulse, lambda: NOW, named=True), "/assets")
    assert status == "200 OK"
    assert json.loads(body) == {
        "drone-1": {"connected": True, "heard_s": 0.5},
        "drone-2": {"connected": False, "heard_s": 60.0},
        "van": {"connected": False, "heard_s": None},
    }
    with closing(StatusServer(pulse, "127.0.0.1:0")) as near:
        urllib.request.urlopen(f"{near.url}/assets", timeout=10).close()
    with closing(StatusServer(pulse, "0.0.0.0:0", beyond_loopback=True)) as far:
        port = far.url.rpartition(":")[2]
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/assets", timeout=10)
        refused.value.close()


@pytest.fixture
def server() -> Iterator[StatusServer]:
    """A server on a free port, of a hub that is still starting."""
    with closing(StatusServer(Pulse(), "127.0.0.1:0")) as served:
        yield served


def test_served_over_http(server: StatusServer) -> None:
    """A real request, with what Prometheus says that it takes."""
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    request = urllib.request.Request(f"{server.url}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.read().rstrip().endswith(b"# EOF")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/readyz", timeout=10)
    with refused.value as page:
        assert page.code == 503
        assert not json.load(page)["ready"]


def test_clients_that_say_nothing_keep_nobody_out_for_long(
    server: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every place is taken by a silent client: one more is turned away, and after their patience there is room."""
    monkeypatch.setattr("fleet.hub.observability.status.PATIENCE_S", 0.2)
    host, port = server.url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(MOST_AT_ONCE)]
    try:
        for each in silent:
            each.settimeout(10)
            assert each.recv(1) == b""  # turned out after a while
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as answer:
            assert answer.status == 200
    finally:
        for each in silent:
            each.close()


def test_clients_that_dribble_keep_nobody_out(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no patience for ever: the time is that of the whole request, and short in a full house."""
    monkeypatch.setattr("fleet.hub.observability.status.HURRY_S", 0.2)
    host, port = server.url.removeprefix("http://").split(":")
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(MOST_AT_ONCE)
        ]
        for _ in range(8):
            time.sleep(0.05)
            for each in clients:
                each.sendall(b"G")
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as answer:
            assert answer.status == 200


def test_a_request_that_dribbles_ends_in_time(server: StatusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody else wants its place."""
    monkeypatch.setattr("fleet.hub.observability.status.PATIENCE_S", 0.3)
    host, port = server.url.removeprefix("http://").split(":")
    deadline = time.monotonic() + 10
    with socket.create_connection((host, int(port))) as slow:
        slow.settimeout(0.05)
        while True:
            assert time.monotonic() < deadline, "it is hung up on"
            try:
                slow.sendall(b"G")
                if slow.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return


@pytest.mark.parametrize("address", ["[::1]:5704", "::1:5704", "[::]:0"])
def test_ipv6_is_said_to_be_missing(address: str) -> None:
    with pytest.raises(BindError, match="IPv6 is not supported"):
        parsed(address, beyond_loopback=True)


@pytest.mark.parametrize("address", ["5704", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":5704"])
def test_no_address(address: str) -> None:
    """The error shows how one looks."""
    with pytest.raises(BindError, match=r"write one like 127\.0\.0\.1:5704"):
        parsed(address, beyond_loopback=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "hub.example"])
def test_beyond_this_machine_only_when_asked_for(host: str) -> None:
    """How large the fleet is and how it fares is not for everyone."""
    with pytest.raises(BindError, match="--status-open"):
        parsed(f"{host}:5704", beyond_loopback=False)
    assert parsed(f"{host}:5704", beyond_loopback=True) == (host, 5704)


def test_a_port_in_use_is_said(server: StatusServer) -> None:
    """The error names the address and what to do."""
    with pytest.raises(BindError, match="choose another port"):
        StatusServer(Pulse(), server.url.removeprefix("http://"))
