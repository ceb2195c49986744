"""Keeps other web sites out: strict headers on every answer, a loopback host name, and proof that a command comes from
our own page.

The console has no login yet, so it serves the machine that it runs on and nobody else.
"""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-console-token"


def content_policy(tiles: str | None) -> str:
    """The page may load what we serve and nothing else; images also from the tile server, where one is set."""
    pictures = "'self' data:" if tiles is None else f"'self' data: {_origin(tiles)}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        f"img-src {pictures}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _origin(tiles: str) -> str:
    parts = urlsplit(tiles.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware. A foreign ``Host`` (DNS rebinding) is refused before anything is read."""

    def __init__(self, app: ASGIApp, *, tiles: str | None = None) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_policy(tiles),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with strict headers, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not is_loopback(_host_name(Headers(scope=scope))):
            refusal = JSONResponse({"ok": False, "detail": "the console answers to this machine only"}, 421)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, self._strict(send))

    def _strict(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        return with_headers


def _host_name(headers: Headers) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def refusal_of(request: Request, token: str) -> str | None:
    """Why a command is not taken from this request; none when it comes from our own page.

    A page of another site can neither read the token nor send its header, and its browser tells its origin.
    """
    headers = request.headers
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "a command is sent as application/json"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{headers.get('host', '')}":
        return f"commands are not taken from {origin}"
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "commands are taken from the console's own page only"
    if not compare_digest(headers.get(TOKEN_HEADER, "").encode(), token.encode()):
        return "the page is out of date: load it again"
    return None
