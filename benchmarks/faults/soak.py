"""A real hub with many assets that come, go, report, stop and talk nonsense, for as long as one likes: what its memory
and its open files do meanwhile.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

import zmq

from benchmarks.faults.hubprocess import HubProcess, hub_process
from benchmarks.faults.killing import judged, logged
from benchmarks.faults.reporters import Reporter, Reporters
from fleet.hub.client import HubClient
from fleet.protocol.messages import Action, OperatorCommand


@dataclass(frozen=True, slots=True)
class Course:
    """What was seen of a hub: its memory and open files at even moments, and what became of the reports."""

    acknowledged: int
    lost: int
    duplicated: int
    disordered: int
    misbehaviours: int
    memory_kib: tuple[int, ...]
    files: tuple[int, ...]


def soak(*, seconds: float, assets: int, per_s: float, seed: int = 0, samples: int = 60) -> Course:
    """Run a hub for so long. Each asset has one report under way at a time, all together about ``per_s`` a second."""
    rng = random.Random(seed)
    memory, files = [], []
    with hub_process(drones=assets) as hub:
        hub.start()
        hub.wait_until_up()
        with closing(Reporters(hub.asset_ids, hub.endpoints, each=0, ahead=4)) as reporters:
            world = Misbehaving(hub, reporters, rng)
            begun = time.monotonic()
            for sample in range(1, samples + 1):
                world.run(begun + seconds * sample / samples, per_s)
                memory.append(hub.memory_kib())
                files.append(hub.open_files())
            reporters.run(lambda: reporters.done, 120)
            told = {reporter.asset_id: reporter.told for reporter in reporters.all}
        hub.stop()
        log = logged(hub.run.store)
        found = [judged(log, [asset_id], each) for asset_id, each in told.items()]
    lost, duplicated, disordered = (sum(column) for column in zip(*found, strict=True))
    return Course(sum(told.values()), lost, duplicated, disordered, world.done, tuple(memory), tuple(files))


class Misbehaving:
    """Everything that peers do wrong, at random. ``done`` counts it."""

    def __init__(self, hub: HubProcess, reporters: Reporters, rng: random.Random) -> None:
        self._hub, self._reporters, self._rng = hub, reporters, rng
        self._asked = 0
        self.done = 0

    def run(self, until: float, per_s: float) -> None:
        """Report at a steady rate, and misbehave now and then, until a moment."""
        last = time.monotonic()
        owed = 0.0
        while (now := time.monotonic()) < until:
            owed += (now - last) * per_s
            last = now
            for _ in range(int(owed)):
                self._rng.choice(self._reporters.all).limit += 1
            owed -= int(owed)
            if self._rng.random() < 0.05:
                self._rng.choice(_WRONGS)(self)
                self.done += 1
            self._reporters.turn()

    def _someone(self) -> Reporter:
        return self._rng.choice(self._reporters.all)

    def _hangs_up(self) -> None:
        """A connection ends without a word, and the asset comes back over another."""
        someone = self._someone()
        someone.close()
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
        stranger = self._reporters.context.socket(zmq.DEALER)
        stranger.connect(self._hub.endpoints.control)
        stranger.send_multipart([b"1", b"heartbeat", b"{}"], zmq.DONTWAIT)
        stranger.close(linger=100)

    def _a_person_asks(self) -> None:
        """A tool connects, has something done, and is gone."""
        self._asked += 1
        with HubClient(self._hub.endpoints.control, timeout_s=20) as client:
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
    Misbehaving._a_person_asks,
)


def growth(samples: Sequence[int]) -> float:
    """How much a measure has grown from the second quarter to the last, as a share: medians, after the warm-up."""
    quarter = len(samples) // 4
    early = sorted(samples[quarter : 2 * quarter])[quarter // 2]
    late = sorted(samples[-quarter:])[quarter // 2]
    return (late - early) / early
