"""The programs and servers that the tests need, from the system's packages; installed where that is allowed.

Another need is one more row of `NEEDS`; what only `make bench` needs (`programs.py bench`) is in `FOR_BENCHMARKS`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """Something that tests use, how to see that it is there, and the Debian package that brings it."""

    name: str
    is_met: Callable[[], bool]
    debian_package: str


def on_path(*commands: str) -> Callable[[], bool]:
    """A check: one of the commands is on PATH."""
    return lambda: any(shutil.which(command) for command in commands)


def in_folders(pattern: str) -> Callable[[], bool]:
    """A check: a file of that pattern is there (Debian keeps the programs of servers off PATH)."""
    return lambda: next(Path("/").glob(pattern), None) is not None


def any_of(*checks: Callable[[], bool]) -> Callable[[], bool]:
    """A check: one of these is met."""
    return lambda: any(check() for check in checks)


NEEDS = (
    Need("a C compiler (power-loss tests)", on_path("cc"), "build-essential"),
    Need("Chromium (console tests)", on_path("chromium", "chromium-browser", "google-chrome"), "chromium"),
    Need(
        "PostgreSQL (store tests)",
        any_of(on_path("initdb"), in_folders("usr/lib/postgresql/*/bin/initdb")),
        "postgresql",
    ),
    Need("a geoid, EGM96 (geofence tests)", in_folders("usr/share/proj/egm96_15.gtx"), "proj-data"),
)

FOR_BENCHMARKS = (
    Need("NATS (what the hub is held against)", on_path("nats-server"), "nats-server"),
    Need("Redis (what the hub is held against)", on_path("redis-server"), "redis-server"),
)


def can_install() -> bool:
    """Whether this is a Debian-like system and we are root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install Debian packages without asking; whether that helped is seen by checking again."""
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    update = ["apt-get", "update", "-qq"]
    add = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *packages]
    for step in (update, add):
        subprocess.run(step, env=settings, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def main() -> int:
    """Install what is missing; 1 where something is still missing, with what to do about it."""
    needs = FOR_BENCHMARKS if sys.argv[1:] == ["bench"] else NEEDS
    missing = [need for need in needs if not need.is_met()]
    if missing and can_install():
        packages = [need.debian_package for need in missing]
        print(f"programs: installing {', '.join(packages)}", file=sys.stderr, flush=True)
        install(packages)
        missing = [need for need in missing if not need.is_met()]
    for need in missing:
        print(
            f"programs: not found: {need.name}. "
            f"Install it and try again (Debian: sudo apt-get install {need.debian_package}).",
            file=sys.stderr,
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
