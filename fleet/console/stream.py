"""Server-sent events: the whole page first, then what changes. Whoever reconnects starts from the whole page again.

Each page is told the difference between what it was last told and what is true now, at its own pace: a slow one skips
what lies between and holds up nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fleet.console.source import Source, delta, snapshot
from fleet.console.views.base import Row

TICK_S = 0.25
PULSE_EVERY = 4
"""Ticks between signs of life when nothing else changes."""


async def stream(source: Source) -> AsyncIterator[bytes]:
    """The text of the stream, until the server stops."""
    ledger, revision = source.ledger, source.live.revision
    yield frame("snapshot", snapshot(source))
    quiet = 0
    while not source.stopping():
        await asyncio.sleep(TICK_S)
        quiet += 1
        changed = source.ledger is not ledger or source.live.revision != revision
        if changed or quiet >= PULSE_EVERY:
            told = frame("delta", delta(source, ledger, revision))
            ledger, revision, quiet = source.ledger, source.live.revision, 0
            yield told


def frame(event: str, data: Row) -> bytes:
    """One server-sent event."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"event: {event}\ndata: {text}\n\n".encode()
