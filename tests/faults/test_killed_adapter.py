"""An adapter's process is killed at random moments while it is told things: each is done once, each is answered."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from fleet.protocol.messages import Action, AssetReport, Command, CommandReply
from tests.wire.tinyhub import TinyHub, until

PROGRAM = Path(__file__).with_name("killed_adapter.py")
KILLS = 8
COMMANDS = 80


class Killed:
    """The hub in this process, the adapter in another."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self.rng = folder, random.Random(seed)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.hub = TinyHub(self._context, "drone-1")
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAM), *self.hub.endpoints, str(self._folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process

    def step(self) -> None:
        self.hub.step(time.monotonic())
        time.sleep(0.001)

    def kill(self) -> None:
        """As the kernel kills what takes too much memory; a watcher starts it again."""
        self.end()
        self._process = self._started()

    def answers(self) -> list[CommandReply]:
        """What it has answered."""
        return [m for m in self.hub.inbox if isinstance(m, CommandReply)]

    def end(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def close(self) -> None:
        self.end()
        self.hub.crash()
        self._context.destroy(linger=0)


@pytest.fixture(params=[1, 2])
def killed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Killed]:
    trial = Killed(tmp_path, request.param)
    yield trial
    trial.close()


def test_each_instruction_is_done_once_and_each_report_arrives_once(killed: Killed, tmp_path: Path) -> None:
    """Whatever it was in the middle of: before the mark, between mark and effect, effect and answer, or after."""
    for burst in range(KILLS):
        for n in range(COMMANDS // KILLS):
            killed.hub.tell(Command(command_id=f"c{burst}-{n}", action=Action.HOLD, why="test"))
        for _ in range(killed.rng.randrange(1, 150)):
            killed.step()
        killed.kill()
    until(lambda: len(killed.answers()) >= COMMANDS and not killed.hub.outbox, killed.step, steps=30_000)
    expected = [f"c{burst}-{n}" for burst in range(KILLS) for n in range(COMMANDS // KILLS)]
    assert (tmp_path / "effects").read_text().split() == expected
    assert [m.command_id for m in killed.answers()] == expected
    assert all(m.accepted for m in killed.answers())
    ticks = [int(m.detail) for m in killed.hub.inbox if isinstance(m, AssetReport)]
    assert ticks == list(range(1, len(ticks) + 1))
    assert killed.hub.hellos > KILLS // 2
