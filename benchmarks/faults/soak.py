"""A real hub, with keys, beside many assets that come, go, report, stop and talk nonsense for as long as one likes:
what its memory and its open files do meanwhile.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import zmq

from benchmarks.faults.hubprocess import HubProcess, hub_process
from benchmarks.faults.killing import judged, logged
from benchmarks.faults.listeners import FeedReader, Samples
from benchmarks.faults.reporters import Reporter, Reporters
from fleet.hub.client import HubClient, secure
from fleet.protocol.codec import encode
from fleet.protocol.messages import Action, Envelope, Hello, OperatorCommand, Role
from fleet.protocol.session import SessionState

SAMPLES = 60
SETTLED = 2
"""The first half of the samples is warm-up: caches fill, and the allocator takes what it needs."""
DEEDS_PER_S = 20
"""Misbehaviours: with one key not so many connections that the hub makes it wait."""


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen of a hub: its memory and open files at even moments, by when how many misbehaviours there had been,
    and what became of the reports.
    """

    acknowledged: int
    lost: int
    duplicated: int
    disordered: int
    telemetry: int
    fed: int
    deeds: tuple[int, ...]
    memory_kib: tuple[int, ...]
    files: tuple[int, ...]


def soak(*, seconds: float, assets: int, per_s: float, seed: int = 0, prelude: str = "") -> Course:
    """Run a hub for so long. Each asset has one report under way at a time, all together about ``per_s`` a second, and
    as many samples of telemetry.
    """
    rng = random.Random(seed)
    memory, files, deeds = [], [], []
    with hub_process(drones=assets, tcp=True, keyed=True, prelude=prelude) as hub:
        hub.start()
        hub.wait_until_up()
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=0, ahead=4, keys=hub.keys)) as reporters:
            with closing(Misbehaving(hub, reporters, rng)) as world:
                begun = time.monotonic()
                for sample in range(1, SAMPLES + 1):
                    world.run(begun + seconds * sample / SAMPLES, per_s)
                    memory.append(hub.memory_kib())
                    files.append(hub.open_files())
                    deeds.append(world.done)
                reporters.run(lambda: reporters.done, 120)
            told = {reporter.asset_id: reporter.told for reporter in reporters.all}
        hub.stop()
        log = logged(hub.run.store)
        found = [judged(log, [asset_id], each) for asset_id, each in told.items()]
    lost, duplicated, disordered = (sum(column) for column in zip(*found, strict=True))
    return Course(
        acknowledged=sum(told.values()),
        lost=lost,
        duplicated=duplicated,
        disordered=disordered,
        telemetry=world.samples.sent,
        fed=world.feed.heard,
        deeds=tuple(deeds),
        memory_kib=tuple(memory),
        files=tuple(files),
    )


class Misbehaving:
    """Everything that peers do wrong, at random. ``done`` counts it."""

    def __init__(self, hub: HubProcess, reporters: Reporters, rng: random.Random) -> None:
        self._hub, self._reporters, self._rng = hub, reporters, rng
        self._asked = 0
        self._control = hub.endpoints.control
        self._key = hub.tool_key()
        self.samples = Samples(reporters.context, hub.endpoints.telemetry, hub.keys)
        self.feed = FeedReader(reporters.context, hub.run.running().feed, self._key)
        self.done = 0

    def close(self) -> None:
        """Hang up."""
        self.samples.close()
        self.feed.close()

    def run(self, until: float, per_s: float) -> None:
        """Report at a steady rate, and misbehave now and then, until a moment."""
        last = time.monotonic()
        owed = due = 0.0
        while (now := time.monotonic()) < until:
            owed += (now - last) * per_s
            last = now
            for _ in range(int(owed)):
                self._someone().limit += 1
                self.samples.send(self._someone())
            owed -= int(owed)
            if now >= due:
                due = now + 1 / DEEDS_PER_S
                self._rng.choice(_WRONGS)(self)
                self.done += 1
            self.feed.drain()
            self._reporters.turn()

    def _someone(self) -> Reporter:
        return self._rng.choice(self._reporters.all)

    def _hangs_up(self) -> None:
        """A connection ends without a word, and the asset comes back over another."""
        someone = self._someone()
        someone.close()
        self.samples.hang_up(someone)
        someone.session.disconnected(time.monotonic())

    def _talks_nonsense(self) -> None:
        """The hub refuses it, and the asset begins a new session."""
        someone = self._someone()
        if someone.socket is not None:
            frames = [b"1", b"step_report", self._rng.randbytes(self._rng.randrange(200))]
            with suppress(zmq.Again):
                someone.socket.send_multipart(frames, zmq.DONTWAIT)

    def _a_stranger_calls(self) -> None:
        """Frames of somebody who has no session, over a connection that ends at once."""
        self._call([b"1", b"heartbeat", b"{}"])

    def _a_hello_is_refused(self) -> None:
        """Of a version that nobody speaks, or in the name of another; each time another one."""
        self._asked += 1
        hello = Hello(
            peer_id=self._rng.choice((f"tool-{self._asked}", self._someone().asset_id)),
            role=Role.OPERATOR,
            boot_id=f"b-{self._asked}",
            versions=(99,),
        )
        self._call(encode(Envelope(message=hello)))

    def _call(self, frames: list[bytes]) -> None:
        stranger = self._reporters.context.socket(zmq.DEALER)
        secure(stranger, self._key)
        self._say_and_end(stranger, frames)

    def _a_key_is_not_known(self) -> None:
        """Somebody with a key that nobody made for this hub."""
        stranger = self._reporters.context.socket(zmq.DEALER)
        assert self._key is not None
        stranger.setsockopt(zmq.CURVE_SERVERKEY, self._key.hub.encode())
        public, secret = zmq.curve_keypair()
        stranger.setsockopt(zmq.CURVE_PUBLICKEY, public)
        stranger.setsockopt(zmq.CURVE_SECRETKEY, secret)
        self._say_and_end(stranger, [b"1", b"heartbeat", b"{}"])

    def _say_and_end(self, stranger: zmq.Socket[bytes], frames: list[bytes]) -> None:
        """A connection that is turned away before anything is sent has nobody to send it to."""
        stranger.connect(self._control)
        with suppress(zmq.Again):
            stranger.send_multipart(frames, zmq.DONTWAIT)
        stranger.close(linger=100)

    def _the_reader_comes_back(self) -> None:
        """The one who listens to the feed does so over another connection."""
        self.feed.reconnect()

    def _a_person_asks(self) -> None:
        """A tool connects, has something done, and is gone."""
        if any(reporter.session.state is not SessionState.WELCOMED for reporter in self._reporters.all):
            return  # this thread stands still meanwhile, and with it everyone
        self._asked += 1
        with HubClient(self._control, key=self._key, timeout_s=20) as client:
            client.request(
                OperatorCommand(
                    request_id=f"r-{self._asked}", by="ana", asset_id="nobody", action=Action.RETURN
                )
            )


_WRONGS = (
    Misbehaving._hangs_up,
    Misbehaving._hangs_up,
    Misbehaving._talks_nonsense,
    Misbehaving._a_stranger_calls,
    Misbehaving._a_hello_is_refused,
    Misbehaving._a_hello_is_refused,
    Misbehaving._a_key_is_not_known,
    Misbehaving._the_reader_comes_back,
    Misbehaving._a_person_asks,
)


def leaked_kib(memory_kib: Sequence[int], deeds: Sequence[int]) -> float:
    """By how much memory grows with each deed once it has settled: the median of the slopes between any two samples,
    which neither noise nor a single step can move.
    """
    later = list(zip(deeds, memory_kib, strict=True))[len(deeds) // SETTLED :]
    slopes = [(m2 - m1) / (d2 - d1) for (d1, m1), (d2, m2) in combinations(later, 2) if d2 > d1]
    return median(slopes)
