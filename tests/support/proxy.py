"""A TCP proxy between peers and a hub that delays, throttles, stalls, cuts in the middle of a frame, and duplicates."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

PIECE: Final = 2048
"""Bytes that go on at once."""


@dataclass(slots=True)
class Conditions:
    """What the network is like now; each connection sees a change at its next piece.

    ``cut_after`` bytes of a connection it ends, wherever in a frame that is; ``rate`` is in bytes a second;
    ``twin``: the hub hears everything of a new connection twice, over two connections.
    """

    delay_s: float = 0.0
    rate: float = float("inf")
    cut_after: int | None = None
    stalled: bool = False
    twin: bool = False


class Proxy:
    """Use it as a context manager; ``port`` is where peers connect, ``target`` the hub's port."""

    def __init__(self, target: int) -> None:
        self.target, self.now = target, Conditions()
        self.connections = self.cuts = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End every connection now, without a word to either side."""
        self._do(self._cut_all())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        await self._cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut_all(self) -> None:
        for writer in list(self._open):
            self._abort(writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        self.cuts += writer in self._open
        self._open.discard(writer)
        writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writers = [writer]
        self._open.add(writer)
        try:
            up, hub = await asyncio.open_connection("127.0.0.1", self.target)
            writers.append(hub)
            ways = [self._pump(reader, [hub]), self._pump(up, [writer])]
            if self.now.twin:
                ignored, second = await asyncio.open_connection("127.0.0.1", self.target)
                writers.append(second)
                ways[0].close()
                ways = [self._pump(reader, [hub, second]), ways[1], self._pump(ignored, [])]
            tasks = [self._loop.create_task(way) for way in ways]
            self._tasks.update(tasks)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)
        except OSError:
            pass  # the hub is down
        finally:
            for each in writers:
                self._abort(each)

    async def _pump(self, reader: asyncio.StreamReader, writers: list[asyncio.StreamWriter]) -> None:
        """One way of a connection, until it ends."""
        passed = 0
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                await self._hold_back(len(piece))
                last = self.now.cut_after is not None and passed + len(piece) >= self.now.cut_after
                if last:
                    piece = piece[: max(0, (self.now.cut_after or 0) - passed)]
                passed += len(piece)
                for writer in writers:
                    writer.write(piece)
                    await writer.drain()
                if last:
                    return

    async def _hold_back(self, size: int) -> None:
        if self.now.delay_s or self.now.rate != float("inf"):
            await asyncio.sleep(self.now.delay_s + size / self.now.rate)
        while self.now.stalled:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.02)
