"""What a hub that is up says of its assets: the latest telemetry, from its feed, and who is connected."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

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


NO_LINK: Final[Mapping[str, Any]] = {"connected": None, "heard_s": None}
"""What is said of an asset's link where no hub can be asked."""

PATIENCE_S = 3.0


def links_of(run: RunDir) -> dict[str, dict[str, Any]]:
    """Of each asset whether it is ``connected``, and how many seconds ago (by the wall clock) it was heard last, as the
    run's hub says; nothing where none is up, or its status page can't be had.
    """
    try:
        address = run.running().status if run.is_live() else None
        if address is None:
            return {}
        # Nobody's proxy has to do with this machine's own address.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{address}/assets", timeout=PATIENCE_S) as answer:
            said = json.load(answer)
    except (RunDirError, OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _listen(live: Live, run: RunDir, for_s: float) -> None:
    import zmq
    from zmq.utils.monitor import recv_monitor_message

    from fleet.hub.client import HUNG_UP, TURNED_AWAY, secure, why_turned_away

    feed, key = run.running().feed, Day(run).key()

    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        secure(socket, key)
        refusals = socket.get_monitor_socket(TURNED_AWAY | HUNG_UP)
        socket.connect(feed)
        ends = live.monotonic() + for_s
        while (left_s := ends - live.monotonic()) > 0:
            if socket.poll(int(1000 * left_s) + 1):
                live.take(socket.recv_multipart())
        if live.age_s() is None and refusals.poll(0):
            why = why_turned_away(int(recv_monitor_message(refusals)["event"]), key)
            warn(f"the hub at {feed} turns us away: {why}; what follows is what the store holds")
        socket.disable_monitor()
        refusals.close(linger=0)
