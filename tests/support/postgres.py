"""A PostgreSQL server of the tests' own: made once, on a socket that only we know, gone when they end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import sqlalchemy as sa

_NUMBERS = count(1)
_UNPRIVILEGED = ("postgres", "nobody")
"""Who runs the server where we are root, which it refuses to be run by."""


def program(name: str) -> Path:
    """Where a program of PostgreSQL is: on PATH, or where Debian has it."""
    found = shutil.which(name)
    candidates = [Path(found)] if found else sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not candidates:
        raise AssertionError(
            f"PostgreSQL's {name} is not installed (Debian: sudo apt-get install postgresql)"
        )
    return candidates[-1]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs. Each store that a test opens has a schema of its own in it."""

    folder: Path
    user: pwd.struct_passwd | None

    def make(self) -> None:
        """Lay its files out."""
        data = self.folder / "data"
        _as(self.user, program("initdb"), "-D", data, "-U", "fleet", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Have it run, and take connections."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=50"
        self._control("-l", self.folder / "log", "-w", "-t", "60", "-o", options, "start")

    def stop(self) -> None:
        """Have it die at once, as in a power cut."""
        self._control("-m", "immediate", "-w", "stop")

    def _control(self, *words: str | Path) -> None:
        _as(self.user, program("pg_ctl"), "-D", self.folder / "data", *words)

    def url(self, schema: str | None = None) -> str:
        """The address of a schema that is there."""
        options = "" if schema is None else f"&options=-csearch_path%3D{schema}"
        return f"postgresql+psycopg://fleet@/postgres?host={self.folder}{options}"

    def new(self) -> str:
        """The address of an empty schema."""
        schema = f"s{next(_NUMBERS)}"
        self.run(f"CREATE SCHEMA {schema}")
        return self.url(schema)

    def run(self, sql: str, schema: str | None = None) -> list[tuple[object, ...]]:
        """Run a statement at once, as somebody else than the store would."""
        engine = sa.create_engine(self.url(schema), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            found = connection.exec_driver_sql(sql)
            return [tuple(row) for row in found] if found.returns_rows else []


@contextmanager
def serving() -> Iterator[Server]:
    """A server until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _server_s_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = Server(folder, user)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_s_user() -> pwd.struct_passwd | None:
    """Who the server is to run as; none where that is ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _UNPRIVILEGED if name in known)


def _as(user: pwd.struct_passwd | None, *command: str | Path) -> None:
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **who,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}"
