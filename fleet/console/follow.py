"""The two tasks that keep a source current: one takes in committed events, one listens to the hub's feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from fleet.console.live import SILENT_AFTER_S
from fleet.console.source import Source
from fleet.hub.client import TURNED_AWAY, secure, why_turned_away
from fleet.hub.security.keyring import renewed
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
    """Listen, over a fresh connection whenever the feed is silent and another key has come into the key file."""
    with zmq.asyncio.Context() as context:
        while True:
            with context.socket(zmq.SUB) as socket:
                await _listen(source, socket, feed, key, wake)
            key = renewed(key)


async def _listen(
    source: Source, socket: zmq.asyncio.Socket, feed: str, key: KeyFile | None, wake: asyncio.Event
) -> None:
    """Take what the feed says, until it is silent while there is another key."""
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    secure(socket, key)
    with _doorkeeper(socket) as events:
        socket.connect(feed)
        while True:
            if await socket.poll(int(1000 * SILENT_AFTER_S)):
                frames = await socket.recv_multipart()
                source.live.take(frames)
                source.feed_trouble = None
                if frames[0] == b"events":
                    wake.set()
            elif renewed(key) != key:
                return
            elif (event := _turned_away(events)) is not None:
                source.feed_trouble = f"the hub's feed turns the console away: {why_turned_away(event, key)}"


@contextmanager
def _doorkeeper(socket: zmq.asyncio.Socket) -> Iterator[zmq.Socket[bytes]]:
    """What ZeroMQ tells of handshakes that failed."""
    # The monitor's own socket is read without waiting, so it need not be asynchronous.
    events: zmq.Socket[bytes] = zmq.Socket.shadow(socket.get_monitor_socket(TURNED_AWAY))
    try:
        yield events
    finally:
        socket.disable_monitor()
        events.close(linger=0)


def _turned_away(events: zmq.Socket[bytes]) -> int | None:
    """The last handshake that failed since this was last asked."""
    event = None
    while events.poll(0):
        event = int(recv_monitor_message(events)["event"])
    return event
