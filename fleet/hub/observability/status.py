"""Answers ``/metrics``, ``/healthz``, ``/readyz`` and ``/assets`` over HTTP, from threads of their own.

What is answered rests on the record that the loop leaves; no request ever waits for the loop, nor the loop for one.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from fleet.hub.observability.health import Check, alive, readiness
from fleet.hub.observability.vitals import Pulse
from fleet.hub.sockets import MAX_PORT, BindError

OFF = "off"
MOST_AT_ONCE = 8
"""Requests that are answered at a time; one more is turned away, so that nobody can have threads pile up."""

PATIENCE_S = 5.0
"""How long a request may take, from the first byte to the last of its answer."""

HURRY_S = 1.0
"""How long while others are turned away for want of a place."""

KEPT_S = 0.5
"""How long an exposition is given out again: scraping in a tight loop then costs the hub next to nothing."""

Exposition = Callable[[str], tuple[str, Callable[[], bytes]]]
"""From what a client accepts to the content type that it gets, and what makes the text."""

Answer = tuple[HTTPStatus, str, bytes]


class StatusApp:
    """The WSGI application: a table of pages. ``named``: also the one that names the assets, which only those on this
    machine are told.
    """

    def __init__(
        self, pulse: Pulse, clock: Callable[[], float] = time.monotonic, *, named: bool = False
    ) -> None:
        self._pulse, self._clock = pulse, clock
        self._exposition: Exposition | None = None
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._rendering = threading.Lock()
        self._pages: dict[str, Callable[[WSGIEnvironment], Answer]] = {
            "/metrics": self._metrics,
            "/healthz": self._healthz,
            "/readyz": self._readyz,
        }
        if named:
            self._pages["/assets"] = self._assets

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        page = self._pages.get(environ.get("PATH_INFO", ""))
        if page is None:
            answer = _plain(HTTPStatus.NOT_FOUND, f"there are {', '.join(self._pages)}\n")
        elif environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            answer = _plain(HTTPStatus.METHOD_NOT_ALLOWED, "these pages can only be read\n")
        else:
            answer = page(environ)
        status, kind, body = answer
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _metrics(self, environ: WSGIEnvironment) -> Answer:
        with self._rendering:
            if self._exposition is None:
                # Loaded by the first who asks: a start does not wait for it.
                from fleet.hub.observability.metrics import exposition

                self._exposition = exposition(self._pulse, self._clock)
            kind, encode = self._exposition(environ.get("HTTP_ACCEPT", ""))
            at_s, body = self._kept.get(kind, (float("-inf"), b""))
            now_s = self._clock()
            if now_s - at_s >= KEPT_S:
                body = encode()
                self._kept[kind] = (now_s, body)
        return HTTPStatus.OK, kind, body

    def _healthz(self, _environ: WSGIEnvironment) -> Answer:
        return _checked("alive", (alive(self._pulse, self._clock()),), self._pulse)

    def _assets(self, _environ: WSGIEnvironment) -> Answer:
        now_s = self._clock()
        said = {
            asset_id: {
                "connected": heard.connected,
                "heard_s": None if heard.at_s is None else round(max(0.0, now_s - heard.at_s), 1),
            }
            for asset_id, heard in self._pulse.heard.items()
        }
        return HTTPStatus.OK, "application/json", json.dumps(said).encode() + b"\n"

    def _readyz(self, _environ: WSGIEnvironment) -> Answer:
        return _checked("ready", readiness(self._pulse, self._clock()), self._pulse)


def _checked(name: str, checks: Iterable[Check], pulse: Pulse) -> Answer:
    checks = tuple(checks)
    ok = all(check.ok for check in checks)
    body: dict[str, Any] = {
        name: ok,
        "phase": pulse.phase.value,
        "checks": {check.name: {"ok": check.ok, "reason": check.reason} for check in checks},
    }
    status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    return status, "application/json", json.dumps(body, indent=1).encode() + b"\n"


def _plain(status: HTTPStatus, words: str) -> Answer:
    return status, "text/plain; charset=utf-8", words.encode()


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing: a scrape every few seconds is no news."""

    def address_string(self) -> str:
        """The address as a number: looking a name up could hang."""
        return str(self.client_address[0])


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, as ``WSGIServer`` does."""
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._taken: dict[socket.socket, float] = {}
        self._places = threading.Condition()
        super().__init__(*args, **kwargs)

    def service_actions(self) -> None:
        """Now and then: whose time is over is hung up on, also one that sends a byte now and then."""
        self._hang_up(PATIENCE_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread, while there is a place."""
        if self._takes(request):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back, however it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._places:
                self._taken.pop(request, None)
                self._places.notify()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; nobody hangs up on it any more, since its number may be another's from now on."""
        with self._places:
            super().shutdown_request(request)

    def _takes(self, request: socket.socket) -> bool:
        """Whether there is a place for one more: where there is none, who is slow makes room."""
        with self._places:
            if len(self._taken) >= MOST_AT_ONCE and self._hang_up(HURRY_S):
                self._places.wait_for(lambda: len(self._taken) < MOST_AT_ONCE, timeout=HURRY_S)
            if len(self._taken) >= MOST_AT_ONCE:
                return False
            self._taken[request] = time.monotonic()
            return True

    def _hang_up(self, after_s: float) -> bool:
        """End what takes longer than that; its thread then sees that nobody is there. Whether there was any."""
        with self._places:
            late = [r for r, since in self._taken.items() if time.monotonic() - since >= after_s]
            for request in late:
                self._taken[request] = float(
                    "-inf"
                )  # until its thread has noticed, its place is as good as free
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)
        return bool(late)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or says nothing is its own affair."""


class StatusServer:
    """Serves the status pages until it is closed. Raises ``BindError`` for an address that can't be had."""

    def __init__(self, pulse: Pulse, address: str, *, beyond_loopback: bool = False) -> None:
        host, port = parsed(address, beyond_loopback=beyond_loopback)
        app: WSGIApplication = StatusApp(pulse, named=_is_loopback(host))
        try:
            self._server = make_server(host, port, app, server_class=_Server, handler_class=_Handler)
        except OSError as error:
            raise BindError(f"--status {address}: {error.strerror or error}; choose another port") from None
        self._thread = threading.Thread(target=self._serve, name="status", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.5)

    @property
    def url(self) -> str:
        """Where it really listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def parsed(address: str, *, beyond_loopback: bool) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``. Raises ``BindError`` where it is no address, or not loopback and that was not
    asked for: the pages tell anyone who can reach them how large the fleet is and how it fares.
    """
    host, _, number = address.rpartition(":")
    if ":" in host:
        raise BindError(
            f"--status {address}: IPv6 is not supported; write an IPv4 one like 127.0.0.1:5704, or {OFF}"
        )
    if not host or not number.isdecimal() or int(number) > MAX_PORT:
        raise BindError(f"--status {address}: is no address; write one like 127.0.0.1:5704, or {OFF}")
    if not (beyond_loopback or _is_loopback(host)):
        raise BindError(
            f"--status {address}: other machines could read it; add --status-open if that is meant, "
            "or choose 127.0.0.1"
        )
    return host, int(number)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
