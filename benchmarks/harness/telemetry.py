"""A load of telemetry, as a process of its own: ``telemetry.py JOB.json``; prints what it did as one line of JSON.

Frames are put together before the first is sent, and a connection is a plain socket, so that sending costs little.
A job without ``rate`` sends as much as the other end takes; with it so many samples a second, each with the moment of
its sending on the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import json
import resource
import select
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from benchmarks.harness.sessions import Connected, connect, keep_alive
from benchmarks.harness.zmtp import frames

IN_A_ROW = 4
"""Messages of one asset that a saturating load sends in one go."""

STAMPS = 1e9
"""A sample's ``energy_used_wh`` above this is no energy but the moment of sending, plus this."""

NO_STAMP = b'"energy_used_wh":null'

Seconds = list[list[list[bytes]]]
"""The frames of each asset's sample for each second of the load."""


@dataclass(slots=True)
class Sender:
    """One asset's telemetry connection and what it still has to put on the line."""

    line: socket.socket
    rest: bytes = b""


def saturate(senders: list[Sender], seconds: Seconds, lasts_s: float) -> dict[str, Any]:
    """Send as much as the other end takes."""
    ready = [[frames(message) * IN_A_ROW for message in second] for second in seconds]
    poller = select.epoll()
    by_fd = {sender.line.fileno(): (number, sender) for number, sender in enumerate(senders)}
    for fd in by_fd:
        poller.register(fd, select.EPOLLOUT)
    begun = now = time.monotonic()
    while now < begun + lasts_s:
        current = ready[min(len(ready) - 1, int(now - begun))]
        for fd, _ in poller.poll(0.1, 256):
            number, sender = by_fd[fd]
            data = sender.rest or current[number]
            try:
                sender.rest = data[sender.line.send(data) :]
            except BlockingIOError:
                continue
        now = time.monotonic()
    return {}


def offer(
    senders: list[Sender], connected: list[Connected], seconds: Seconds, rate: float, lasts_s: float
) -> dict[str, Any]:
    """Send so many samples a second at even distances, one asset after the other; what a line does not take is lost
    and counted."""
    ready = [[_split(message) for message in second] for second in seconds]
    begun = due = now = time.monotonic()
    sent = lost = beats = 0
    while now < begun + lasts_s:
        while due <= now:
            number = sent % len(senders)
            before, after = ready[min(len(ready) - 1, int(now - begun))][number]
            data = b"%b%.6f%b" % (before, STAMPS + time.monotonic(), after)
            try:
                if senders[number].line.send(data) != len(data):
                    raise ConnectionError("a line took a part of a sample: the other end does not keep up")
            except BlockingIOError:
                lost += 1
            sent += 1
            due = begun + sent / rate
        # One after the other, as those who connect at any time would: at once they would hold up the load itself.
        due_beats = int((now - begun) * len(connected))
        keep_alive(connected[number % len(connected)] for number in range(beats, due_beats))
        beats = due_beats
        time.sleep(max(0.0, due - time.monotonic()))
        now = time.monotonic()
    return {"sent": sent, "lost": lost}


def _split(message: list[bytes]) -> tuple[bytes, bytes]:
    """A message on the line, cut where the moment of sending goes; of one length, so that a frame's size stands."""
    width = len(b"%.6f" % STAMPS)
    mark = b"#" * width
    before, found, after = frames(
        [*message[:-1], message[-1].replace(NO_STAMP, NO_STAMP[:-4] + mark)]
    ).partition(mark)
    if not found:
        raise ValueError(f"no place for a moment in {message[-1]!r}")
    return before, after


def main() -> None:
    """Do the job of the file."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    connected = connect(job["where"], job["peers"])
    senders = [Sender(one.telemetry) for one in connected if one.telemetry is not None]
    for sender in senders:
        sender.line.setblocking(False)
    seconds = [[[part.encode() for part in message] for message in second] for second in job["seconds"]]
    print("ready", flush=True)
    sys.stdin.readline()
    cpu_s = time.process_time()
    if "rate" in job:
        done = offer(senders, connected, seconds, job["rate"], job["lasts_s"])
    else:
        done = saturate(senders, seconds, job["lasts_s"])
    print(json.dumps({**done, "cpu_s": time.process_time() - cpu_s}), flush=True)


if __name__ == "__main__":
    main()
