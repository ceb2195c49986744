"""A hub that commands can talk to: the real core on a real store file behind a real socket, with scripted assets.

It makes no plans; its clock moves with the turns of its thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq

from fleet.domain.events import Event
from fleet.hub.rundir import RunDir, Running
from fleet.protocol.codec import encode
from fleet.protocol.messages import Command, CommandReply
from fleet.store.base import Batch
from fleet.store.sql import SqlStore
from tests.support.bench import Bench, Peer

Answer = Callable[[Command], CommandReply | None]


def acknowledge(command: Command) -> CommandReply:
    """What an asset says that does as it is told."""
    return CommandReply(command_id=command.command_id, accepted=True)


def refuse(command: Command) -> CommandReply:
    """What an asset says that won't."""
    return CommandReply(command_id=command.command_id, accepted=False, detail="not now")


def ignore(_command: Command) -> None:
    """What an asset says that does not listen."""


def run_with(root: Path, log: Sequence[Event], name: str = "day") -> RunDir:
    """A run directory whose store holds these events; no hub is up."""
    run = RunDir.named(name, root)
    run.create()
    store = SqlStore.open(run.store)
    store.commit(Batch(events=tuple(log)))
    store.close()
    return run


class FakeHub:
    """Serves a run directory from a thread, as a context manager. ``answers`` says how assets take commands."""

    def __init__(self, run: RunDir, folder: Path, answers: dict[str, Answer] | None = None) -> None:
        self._answers = answers or {}
        self._held = run.held()
        self._store = SqlStore.open(run.store)
        self._bench = _Served(folder, self._store)
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._router.setsockopt(zmq.LINGER, 0)
        self._bench.router = self._router
        port = self._router.bind_to_random_port("tcp://127.0.0.1")
        address = f"tcp://127.0.0.1:{port}"
        run.write_running(Running(name="day", control=address, telemetry=address, feed=address, plain=True))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fake hub")
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._held.__enter__()
        for asset_id in self._answers:
            self._bench.connect(asset_id)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._router.close()
        self._context.term()
        self._store.close()
        self._held.__exit__(None, None, None)
        if self.failure is not None:
            raise self.failure

    def _serve(self) -> None:
        try:
            while not self._stop.is_set():
                self._router.poll(5)
                self._turn()
        except BaseException as error:  # noqa: BLE001 - shown when the test leaves the hub
            self.failure = error

    def _turn(self) -> None:
        with suppress(zmq.Again):
            while True:
                route, *frames = self._router.recv_multipart(zmq.DONTWAIT)
                self._bench.core.control(route, frames, self._bench.wall)
        self._bench.wall += 0.005
        self._bench.turn()
        for asset_id, answer in self._answers.items():
            self._obey(self._bench.peers[asset_id], answer)

    def _obey(self, peer: Peer, answer: Answer) -> None:
        told = [m for m in peer.inbox if isinstance(m, Command)]
        peer.inbox.clear()
        for command in told:
            reply = answer(command)
            if reply is not None:
                peer.session.send(reply)


class _Served(Bench):
    """The bench without a planner; frames that are for none of its own peers leave by the router."""

    router: zmq.Socket[bytes] | None = None

    def turn(self) -> None:
        for peer in self.peers.values():
            for envelope in peer.session.poll(self.wall):
                self.core.control(peer.route, encode(envelope), self.wall)
        self.core.work(self.wall)
        batch = self.core.take()
        if batch is not None:
            self.store.commit(batch)
            self.core.committed()
        self.core.plans.clear()
        self.deliver(self.core.output(self.wall))

    def deliver(self, frames: Iterable[tuple[bytes, list[bytes]]]) -> None:
        outgoing = list(frames)
        ours = {peer.route for peer in self.peers.values()}
        super().deliver(each for each in outgoing if each[0] in ours)
        for route, message in outgoing:
            if route not in ours and self.router is not None:
                self.router.send_multipart([route, *message])
