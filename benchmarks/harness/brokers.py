"""The brokers that people would otherwise put there, as Debian packages them, each durable in its own way."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

PATIENCE_S = 10


@contextmanager
def nats_server(folder: Path) -> Iterator[dict[str, str]]:
    """NATS with a JetStream stream ``bench`` on file. It syncs every two minutes, which is its default."""
    data = folder / "nats"
    port = free_port()
    with _running(data, ["nats-server", "-a", "127.0.0.1", "-p", port, "-js", "-sd", str(data)]) as pid:
        line = _reached(port)
        line.recv(65536)
        stream = json.dumps(
            {"name": "bench", "subjects": ["bench.>"], "storage": "file", "num_replicas": 1}
        ).encode()
        line.sendall(
            b'CONNECT {"verbose":false}\r\nSUB made 1\r\n'
            b"PUB $JS.API.STREAM.CREATE.bench made %d\r\n%b\r\n" % (len(stream), stream)
        )
        answer = b""
        while b'"created"' not in answer:
            more = line.recv(65536)
            answer += more
            if not more or b'"error"' in answer:
                raise RuntimeError(f"NATS made no stream: {answer!r}")
        line.close()
        yield {"port": port, "pid": pid}


@contextmanager
def redis_server(folder: Path) -> Iterator[dict[str, str]]:
    """Redis that syncs its log before it answers."""
    data = folder / "redis"
    port = free_port()
    settings = {
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "bind": "127.0.0.1",
        "dir": str(data),
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with _running(data, ["redis-server", "--port", port, *words]) as pid:
        _reached(port).close()
        yield {"port": port, "pid": pid}


@contextmanager
def _running(data: Path, command: list[str]) -> Iterator[str]:
    data.mkdir(exist_ok=True)
    program = shutil.which(command[0])
    if program is None:
        raise RuntimeError(
            f"{command[0]} is not installed: `make bench` does it, or apt-get install {command[0]}"
        )
    process = subprocess.Popen([program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield str(process.pid)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(data)


def free_port() -> str:
    """A port of this machine on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def _reached(port: str) -> socket.socket:
    """A connection to a server that has just been started."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE_S)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


BROKERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {
    "nats": nats_server,
    "redis": redis_server,
}
"""Every broker by its name."""
