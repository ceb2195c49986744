"""The latest telemetry, heard from a hub's feed for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

from fleet.cli.day import Day
from fleet.cli.output import warn
from fleet.console.live import Live
from fleet.hub.rundir import RunDir, RunDirError

LISTEN_S = 1.5
"""What is under way reports once a second, what stands once a minute: nobody waits for that here."""


def heard(run: RunDir, for_s: float = LISTEN_S, *, monotonic: Callable[[], float] = time.monotonic) -> Live:
    """What the run's hub publishes within so many seconds; nothing, at once, where no hub is up."""
    live = Live(monotonic)
    try:
        if for_s > 0 and run.is_live():
            _listen(live, run, for_s)
    except RunDirError as error:
        warn(f"{error}; what follows is what the store holds")
    return live


def _listen(live: Live, run: RunDir, for_s: float) -> None:
    import zmq

    from fleet.hub.client import secure

    feed, key = run.running().feed, Day(run).key()

    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        secure(socket, key)
        socket.connect(feed)
        ends = live.monotonic() + for_s
        while (left_s := ends - live.monotonic()) > 0:
            if socket.poll(int(1000 * left_s) + 1):
                live.take(socket.recv_multipart())
