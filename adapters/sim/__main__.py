"""A simulated world: all assets of a day as adapters, in granted time or as fast as the clock, with a judge.

It keeps a journal: started again with the same arguments after any death, it goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from adapters.sdk.errors import AdapterError
from adapters.sim.channel import Endpoints
from adapters.sim.errors import HostError
from adapters.sim.host import Host, HostOptions
from adapters.sim.journal import Journal
from adapters.sim.keeper import WorldKeeper
from fleet.protocol.interpreter import collect_seldom, keep_loaded
from fleet.sim import SimError, World
from fleet.sim.spec import Incidents, parse_spec

BAD_INPUT = 2
EXAMPLE = """\
a day of your own files:
  fleet hub --depots depots.csv --lockers lockers.csv --weather weather.csv --at TIME
  fleet-adapter sim --spec .fleet/day/world.json --control tcp://127.0.0.1:5701 --telemetry tcp://127.0.0.1:5702
  fleet orders import orders.csv
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Host a world until SIGTERM or SIGINT; the exit code. 2 is bad input."""
    collect_seldom()
    said = _parser().parse_args(argv)
    try:
        host = _host(said)
        keep_loaded()
        host.run(_stopped_by_signal())
        if said.json:
            print(json.dumps(host.verdict(), indent=1))
    except (AdapterError, HostError, SimError) as error:
        _tell(str(error))
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fleet-adapter sim",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for channel in ("control", "telemetry"):
        parser.add_argument(
            f"--{channel}",
            required=True,
            type=_endpoint,
            metavar="ENDPOINT",
            help=f"the hub's {channel} channel",
        )
    parser.add_argument(
        "--spec",
        required=True,
        type=Path,
        metavar="WORLD.json",
        help="what the world is made of: `fleet demo` and `fleet hub` write it into their run directory",
    )
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="what survives a restart; sim.journal beside the spec unless told",
    )
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="DIR",
        help="the key files that the run made for its simulated world; keys/clients beside the spec, if there are any, "
        "unless told. Who has none there (any more) is left out",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what chance depends on")
    parser.add_argument(
        "--incidents", choices=[*Incidents], default=Incidents.NONE, help="how much goes wrong"
    )
    parser.add_argument("--judge", type=Path, metavar="FILE", help="where the judge's verdict is written")
    parser.add_argument(
        "--rate",
        type=_positive,
        default=1.0,
        help="times faster than the clock, where time is not granted: the --rate that `fleet hub` was given",
    )
    parser.add_argument("--json", action="store_true", help="print the judge's verdict at the end")
    return parser


def _endpoint(text: str) -> str:
    """An address that ZeroMQ connects to; a wrong one would fail in a thread of its own."""
    if not re.fullmatch(r"tcp://.+:\d{1,5}|(ipc|inproc)://.+", text):
        raise argparse.ArgumentTypeError(f"must be like tcp://127.0.0.1:5701 (found {text!r})")
    return text


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be above 0 (found {text!r})")
    return value


def _host(said: argparse.Namespace) -> Host:
    try:
        text = said.spec.read_text(encoding="utf-8")
    except OSError as error:
        raise HostError(f"{said.spec}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HostError(
            f"{said.spec}: is not UTF-8 text; give the world.json that `fleet demo` or `fleet hub` writes"
        ) from None
    world = World(said.seed, parse_spec(text, str(said.spec)), said.incidents)
    digest = hashlib.sha256(text.encode()).hexdigest()
    kept = said.journal or said.spec.with_name("sim.journal")
    journal = Journal(kept, {"seed": said.seed, "incidents": str(said.incidents), "spec": digest})
    boot_id = uuid4().hex
    options = HostOptions(
        Endpoints(said.control, said.telemetry),
        judge=said.judge,
        rate=said.rate,
        keys=_keys(said),
        tell=_tell,
    )
    return Host(WorldKeeper(world, journal, boot_id), options, boot_id)


def _keys(said: argparse.Namespace) -> Path | None:
    beside: Path = said.spec.with_name("keys") / "clients"
    return said.keys or (beside if beside.is_dir() else None)


def _tell(text: str) -> None:
    with suppress(OSError):  # a log on a full disk, or whose reader has gone, ends nobody
        print(f"fleet-adapter sim: {text}", file=sys.stderr, flush=True)


def _stopped_by_signal() -> _Stop:
    stop = _Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.ask)
    return stop


class _Stop:
    """Whether a signal has asked the process to end."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self, *_: object) -> None:
        """End at the next chance."""
        self._asked = True

    def __call__(self) -> bool:
        return self._asked


if __name__ == "__main__":
    sys.exit(main())
