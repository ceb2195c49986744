"""The two tasks that keep a source current: one takes in committed events, one listens to the hub's feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import zmq
import zmq.asyncio

from fleet.console.source import Source
from fleet.hub.client import secure
from fleet.protocol.keyfile import KeyFile

LOOK_AGAIN_S = 0.5
"""How often the store is looked at when the feed says nothing: the feed is a hint, the store is the truth."""


@asynccontextmanager
async def following(source: Source, feed: str | None, key: KeyFile | None = None) -> AsyncIterator[None]:
    """Keep the source current while the context stands; without ``feed`` there are committed events only.

    ``key`` is the console's, where the hub wants one.
    """
    wake = asyncio.Event()
    tasks = [asyncio.create_task(_follow_events(source, wake))]
    if feed is not None:
        tasks.append(asyncio.create_task(_follow_feed(source, feed, key, wake)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow_events(source: Source, wake: asyncio.Event) -> None:
    while True:
        await asyncio.to_thread(source.catch_up)
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), LOOK_AGAIN_S)
        wake.clear()


async def _follow_feed(source: Source, feed: str, key: KeyFile | None, wake: asyncio.Event) -> None:
    with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        secure(socket, key)
        socket.connect(feed)
        while True:
            frames = await socket.recv_multipart()
            source.live.take(frames)
            if frames[0] == b"events":
                wake.set()
