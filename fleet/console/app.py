"""The console as a web application: one page, JSON for scripts, a stream of changes, commands to the hub."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from fleet.console import commands
from fleet.console.errors import ConsoleError, NoSuchAsset, NoSuchOrder
from fleet.console.follow import following
from fleet.console.guard import Guard
from fleet.console.snapshot import rows
from fleet.console.source import Source, pulse, snapshot
from fleet.console.stream import stream
from fleet.console.views.assets import sample_row
from fleet.console.views.base import Row
from fleet.console.views.explain import explain
from fleet.console.views.range import range_row, recorded_charge
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.values import Place

HERE = Path(__file__).parent
STATIC = HERE / "static"
LEAFLET = STATIC / "vendor" / "leaflet" / "leaflet.js"


def make_app(
    source: Source, *, feed: str | None = None, key: KeyFile | None = None, plain: bool = False
) -> Starlette:
    """The application over a source. ``feed`` is the hub's PUB endpoint; while the application runs, both are followed.

    ``plain``: the hub runs without keys, which the page says all the time.
    Raises ``ConsoleError`` where the page's map library was not bundled.
    """
    if not LEAFLET.exists():
        raise ConsoleError(f"{LEAFLET} is missing: run `make setup`, which bundles it")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with following(source, feed, key):
            yield

    return Starlette(
        routes=_routes(source, secrets.token_urlsafe(24), plain=plain),
        middleware=[Middleware(Guard, tiles=source.tiles)],
        exception_handlers={NoSuchOrder: _no_such_order},
        lifespan=lifespan,
    )


def _routes(source: Source, token: str, *, plain: bool) -> list[BaseRoute]:
    def post(path: str, body: type[commands.Body]) -> Route:
        return Route(path, commands.endpoint(source, token, body), methods=["POST"])

    return [
        Route("/", _page(token, plain=plain)),
        Route("/healthz", _json(lambda _: {"ok": source.trouble is None, "pulse": pulse(source)})),
        Route("/api/state", _json(lambda _: snapshot(source))),
        Route("/api/stream", _streaming(source)),
        Route("/api/orders", _json(lambda _: {"orders": rows(source.ledger, "orders")})),
        Route(
            "/api/orders/{order_id:path}",
            _json(lambda r: explain(source.ledger, r.path_params["order_id"], source.zones)),
        ),
        Route("/api/assets", _json(lambda _: {"assets": _assets(source)})),
        Route("/api/range", _range(source)),
        Route("/api/exceptions", _json(lambda _: {"exceptions": rows(source.ledger, "exceptions")})),
        Route("/api/lockers", _json(lambda _: {"lockers": rows(source.ledger, "lockers")})),
        Route("/api/routes", _json(lambda _: {"routes": _routes_of_vans(source)})),
        post("/api/commands", commands.OneAsset),
        post("/api/stop-all", commands.AllAssets),
        post("/api/resume-all", commands.WorkGoesOn),
        post("/api/ways", commands.WaysAsked),
        post("/api/zones/preview", commands.ZonesAsked),
        post("/api/zones", commands.ZonesChanged),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def _json(make: Callable[[Request], Row]) -> commands.Endpoint:
    # On the loop, where the live samples are changed, and not in a thread beside it.
    async def get(request: Request) -> JSONResponse:
        return JSONResponse(make(request))

    return get


def _page(token: str, *, plain: bool) -> Callable[[Request], Response]:
    templates = Jinja2Templates(directory=HERE / "templates")

    def get(request: Request) -> Response:
        return templates.TemplateResponse(request, "console.html", {"token": token, "plain": plain})

    return get


def _streaming(source: Source) -> Callable[[Request], Response]:
    def get(_request: Request) -> Response:
        return StreamingResponse(stream(source), media_type="text/event-stream")

    return get


def _assets(source: Source) -> list[Row]:
    """Assets as recorded, each with its latest telemetry; ``live`` is null where there is none."""
    live = source.live
    samples = {a: sample_row(a, s, live.now) for a, s in live.samples.items()}
    return [row | {"live": samples.get(row["id"])} for row in rows(source.ledger, "assets")]


def _range(source: Source) -> Callable[[Request], Response]:
    """``?asset=ID&payload_kg=KG``: how far it may fly from where it is, with the charge that it has just told."""

    def get(request: Request) -> Response:
        asset_id, live, state = request.query_params.get("asset", ""), source.live, source.ledger.state
        sample, now = live.samples.get(asset_id), live.now or datetime.now(UTC)
        told = None if sample is None else sample.telemetry
        measured = None if told is None or told.soc is None else (told.soc, told.at)
        try:
            payload_kg = _number(request.query_params.get("payload_kg", "0"))
            made = range_row(
                state,
                source.weather,
                asset_id,
                now,
                payload_kg=payload_kg,
                told=recorded_charge(state, asset_id, now, measured) if asset_id in state.assets else None,
                place=None if told is None else Place(lon=told.lon, lat=told.lat),
                # In the air the ground lies lower, where the air is thicker: this is the careful side.
                ground_amsl_m=0.0 if told is None or told.alt_amsl_m is None else told.alt_amsl_m,
            )
        except NoSuchAsset as error:
            return JSONResponse({"ok": False, "detail": str(error)}, 404)
        except ValueError as error:  # no number, or one that no flight is asked about with
            return JSONResponse({"ok": False, "detail": f"payload_kg: {error}"}, 400)
        return JSONResponse(made)

    return get


def _number(text: str) -> float:
    """A number that a person has typed; ``ValueError`` with words for him."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"must be a number (found {text!r})") from None


def _routes_of_vans(source: Source) -> list[Row]:
    return [row for row in rows(source.ledger, "missions") if row["stops"]]


async def _no_such_order(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"ok": False, "detail": str(error)}, 404)
