"""What a person tells assets to do, on its way to the hub. The hub decides, each asset acknowledges for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from fleet.console.guard import refusal_of
from fleet.console.source import Source, command_rows
from fleet.console.views.base import Row, reasons_of
from fleet.hub.client import HubUnreachable
from fleet.protocol.messages import (
    Action,
    AnyMessage,
    ChangeZones,
    ExplainOrder,
    OperatorCommand,
    PreviewZones,
    Reply,
    ResumeAll,
    StopAll,
)
from fleet.protocol.values import Identifier
from fleet.protocol.zones import MOST_ZONES, ClosedZone

BY = "console"
"""Who commands are from, as the log shows it: the console has no login yet."""

LONGEST_BODY = 4_096
LONGEST_ZONES = 256 * 1024
"""Areas may be drawn with many corners, or come from a file."""

Endpoint: TypeAlias = Callable[[Request], Coroutine[Any, Any, JSONResponse]]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    longest: ClassVar[int] = LONGEST_BODY

    request_id: Identifier
    why: str = Field(default="", max_length=200)


class OneAsset(_Request):
    """The body of ``POST /api/commands``. A ``request_id`` of the page's own makes it traceable in the log."""

    asset_id: Identifier
    action: Literal[Action.HOLD, Action.RESUME, Action.RETURN, Action.LAND]

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return OperatorCommand(
            request_id=self.request_id, by=BY, asset_id=self.asset_id, action=self.action, why=self.why
        )


class AllAssets(_Request):
    """The body of ``POST /api/stop-all``."""

    action: Literal[Action.HOLD, Action.RETURN, Action.LAND] = Action.HOLD

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return StopAll(request_id=self.request_id, by=BY, action=self.action, why=self.why)


class WorkGoesOn(_Request):
    """The body of ``POST /api/resume-all``."""

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return ResumeAll(request_id=self.request_id, by=BY, why=self.why)


class ZonesAsked(_Request):
    """The body of ``POST /api/zones/preview``: areas to close and ids of areas to open, and nothing is done yet."""

    longest: ClassVar[int] = LONGEST_ZONES

    add: tuple[ClosedZone, ...] = Field(default=(), max_length=MOST_ZONES)
    remove: tuple[Identifier, ...] = Field(default=(), max_length=MOST_ZONES)

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return PreviewZones(request_id=self.request_id, add=self.add, remove=self.remove)


class ZonesChanged(ZonesAsked):
    """The body of ``POST /api/zones``: the same, and it is done."""

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return ChangeZones(request_id=self.request_id, by=BY, add=self.add, remove=self.remove)


class WaysAsked(_Request):
    """The body of ``POST /api/ways``: every way of one parcel, found by the planner; nothing is changed."""

    order_id: Identifier

    def message(self) -> AnyMessage:
        """What the hub is asked."""
        return ExplainOrder(request_id=self.request_id, order_id=self.order_id)


Body: TypeAlias = OneAsset | AllAssets | WorkGoesOn | ZonesAsked | ZonesChanged | WaysAsked


def endpoint(source: Source, token: str, body: type[Body]) -> Endpoint:
    """Takes a command from the page: 403 from elsewhere, 422 bad body, 409 the hub says no, 504 the hub is silent."""
    adapter: TypeAdapter[Body] = TypeAdapter(body)

    async def post(request: Request) -> JSONResponse:
        refusal = refusal_of(request, token)
        if refusal is not None:
            return _refused(403, refusal)
        try:
            asked = adapter.validate_json(await _body(request, body.longest))
        except ValidationError as error:
            return _refused(422, _problems(error))
        try:
            reply = await asyncio.to_thread(source.ask, asked.message())
        except HubUnreachable as error:
            return _refused(504, str(error))
        await asyncio.to_thread(source.catch_up)
        return JSONResponse(_answer(source, reply), 200 if reply.ok else 409)

    return post


async def _body(request: Request, longest: int) -> bytes:
    """The body, cut where no command of ours can still be meant (it then fails as JSON)."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > longest:
            break
    return bytes(taken[:longest])


def _answer(source: Source, reply: Reply) -> Row:
    """The hub's answer with the acknowledgement of each asset as it stands; later ones come over the stream."""
    return {
        "ok": reply.ok,
        "detail": reply.detail,
        "reasons": reasons_of(reply.reasons),
        "ids": list(reply.ids),
        "commands": command_rows(source, reply.ids),
        "zones": None if reply.zones is None else reply.zones.model_dump(mode="json"),
        "ways": None if reply.options is None else reply.options.model_dump(mode="json", exclude_none=True),
    }


def _refused(status: int, detail: str) -> JSONResponse:
    row = {"ok": False, "detail": detail, "reasons": [], "ids": [], "commands": []} | dict.fromkeys(
        ("zones", "ways")
    )
    return JSONResponse(row, status)


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()[:3])
