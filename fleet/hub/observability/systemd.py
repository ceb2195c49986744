"""Tells systemd how the hub is (``sd_notify``): a datagram to the socket that it names. Without one nothing happens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
TURNING = "WATCHDOG=1"


def notify(words: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one state to the service manager; false where there is none, or it does not listen."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    # An abstract socket, which has no file, begins with a zero byte.
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        try:
            line.sendto(words.encode(), target)
        except OSError:
            return False
    return True
