"""A real ``fleet hub`` as a child process, in a run directory of its own, to be killed, stopped and started again.

It runs without keys unless told otherwise, by default on addresses of this machine that stay the same over restarts.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from adapters.sdk.keys import CurveKeys, load_keys
from adapters.sdk.link import Endpoints
from fleet.hub.rundir import RunDir, RunDirError
from fleet.hub.security.keyring import COMMANDS, Keyring, key_for
from fleet.protocol.keyfile import KeyFile

ROOT: Final = Path(__file__).resolve().parents[2]
WITHIN_S: Final = 60.0
"""How long a hub may take to listen; a machine may be busy with other things."""

DEPOTS: Final = (
    "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
    "S1,Launch site,-8.0,41.0,0,{drones},0,1,00:00,24:00\n"
)
LOCKERS: Final = "locker_id,name,lon,lat,small,medium,large,drone_port\n"


class HubProcess:
    """One hub with so many drones, none of which has anything to do unless it is told.

    ``prelude`` is code that its process runs first: to put a fault into it, and see that it is noticed. With ``tcp``
    it listens on other ports in each life. With ``keyed`` nobody connects without a key; the hub makes those of its
    assets, as for a simulated world. ``words`` go on the command line of a new day.
    """

    def __init__(
        self,
        folder: Path,
        *,
        drones: int,
        prelude: str = "",
        tcp: bool = False,
        keyed: bool = False,
        words: Sequence[str] = (),
    ) -> None:
        self._folder, self._prelude, self._tcp, self._words = folder, prelude, tcp, words
        self._keyed = keyed
        self.run = RunDir.named("day", folder)
        self.asset_ids = tuple(f"S1/drone-{n}" for n in range(1, drones + 1))
        self.log = folder / "hub.log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "depots.csv").write_text(DEPOTS.format(drones=drones), encoding="utf-8")
        (folder / "lockers.csv").write_text(LOCKERS, encoding="utf-8")

    @property
    def endpoints(self) -> Endpoints:
        """Where it listens, in every life; with ``tcp``, in this one."""
        if self._tcp:
            running = self.run.running()
            return Endpoints(running.control, running.telemetry)
        return Endpoints(f"ipc://{self._folder}/control", f"ipc://{self._folder}/telemetry")

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it: a new day the first time, then the day that is there. Does not wait for it."""
        program = f"{self._prelude}\nfrom fleet.cli.main import main\nmain()"
        words = [
            sys.executable,
            "-c",
            program,
            "hub",
            "--name",
            "day",
            "--root",
            str(self._folder),
            "--log-json",
        ]
        words += ["--resume"] if self.run.store.exists() else self._new_day()
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def _new_day(self) -> list[str]:
        names = ("control", "telemetry", "feed")
        where = {n: "tcp://127.0.0.1:*" if self._tcp else f"ipc://{self._folder}/{n}" for n in names}
        addresses = [word for name in names for word in (f"--{name}", where[name])]
        files = ["--depots", str(self._folder / "depots.csv"), "--lockers", str(self._folder / "lockers.csv")]
        keys = [] if self._keyed else ["--plain"]
        return [*files, *addresses, *keys, *self._words]

    def keys(self, asset_id: str) -> CurveKeys | None:
        """The keys of an asset, once the hub has been up; none where it runs without."""
        return load_keys(Keyring(self.run.keys).client_file(asset_id)) if self._keyed else None

    def tool_key(self) -> KeyFile | None:
        """The key of a person's tool on this machine."""
        return key_for(self.run, COMMANDS)

    def wait_until_up(self) -> None:
        """Wait until it listens. Raises ``RuntimeError`` with its log where it does not."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self._runs():
            if self._listens():
                return
            time.sleep(0.01)
        raise RuntimeError(f"the hub does not run: {self.log.read_text(encoding='utf-8')[-3000:]}")

    def _listens(self) -> bool:
        try:
            return self.run.running().pids.get("hub") == self.pid
        except RunDirError:
            return False

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, wherever it is (SIGKILL). A hub that is down already stays down."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.signal(signal.SIGTERM)
        self.wait()

    def wait(self) -> int:
        """Wait until it has ended; with which code."""
        assert self._process is not None
        return self._process.wait(WITHIN_S)

    def open_files(self) -> int:
        """How many file descriptors it has."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def memory_kib(self) -> int:
        """How much of its memory is resident (RSS)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@contextmanager
def hub_process(
    *, drones: int, prelude: str = "", tcp: bool = False, keyed: bool = False, words: Sequence[str] = ()
) -> Iterator[HubProcess]:
    """A hub that is not started yet; it ends with the block."""
    # Addresses of this kind may have about a hundred characters: not in a folder of the test's.
    with TemporaryDirectory(prefix="hub-") as folder:
        hub = HubProcess(Path(folder), drones=drones, prelude=prelude, tcp=tcp, keyed=keyed, words=words)
        try:
            yield hub
        finally:
            hub.kill()
