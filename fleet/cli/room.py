"""Whether a day fits into the memory that is free: told before the work, rather than killed in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fleet.cli.output import BadInput

BYTES_AN_ORDER = 8000
"""What planning takes for each order, from reading it to its line of the plan's file (`fleet/planner/README.md`)."""

LARGE_FILE = 20_000_000
"""Files of fewer bytes are not looked at: some 100,000 orders, which take less than a gigabyte."""

AT_A_TIME = 1 << 22
"""Bytes that are read at a time."""

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


class _Names(NamedTuple):
    """Where one version of control groups keeps what a group may have, has, and of that could give back at once."""

    folder: str
    limit: str
    used: str
    reclaimable: str


NAMES = {
    "": _Names("", "memory.max", "memory.current", "inactive_file"),
    "memory": _Names("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""By the controllers that a line of `CGROUP` is about: the second version's names none
(docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html)."""


def check_room(option: str, orders: Path) -> None:
    """Raises ``BadInput`` for a file of more orders than there is memory to plan; does nothing where nobody knows how
    much there is."""
    free = free_bytes()
    try:
        if free is None or orders.stat().st_size < LARGE_FILE:
            return
        lines = _lines(orders)
    except OSError:
        return  # who reads it says what is wrong
    if lines * BYTES_AN_ORDER > free:
        raise BadInput(
            f"{option}: to plan its {lines:,} orders takes some {lines * BYTES_AN_ORDER / 1e9:.0f} GB of memory, and "
            f"{free / 1e9:.0f} GB are free; plan each depot's orders by themselves (found {str(orders)!r})"
        )


def free_bytes() -> int | None:
    """The memory that programs may still have, as Linux tells it: what the machine has left, or a control group that we
    run in (a container, a service with a limit) where that is less; none elsewhere."""
    known = [free for free in (_machine_free(), *_groups_free()) if free is not None]
    return min(known, default=None)


def _machine_free() -> int | None:
    found = _field(MEMINFO, "MemAvailable:")
    return None if found is None else found * 1024


def _groups_free() -> Iterator[int | None]:
    """What is left in each of the groups that this process is in; a group's own group limits it too."""
    for line in _text(CGROUP).splitlines():
        _, controllers, path = line.split(":", 2)
        names = NAMES.get(controllers)
        if names is not None:
            inside = Path(path.strip("/"))
            # A container sees its own group as the root, under whatever name it has outside.
            for group in (inside, *inside.parents):
                yield _left(CGROUPS / names.folder / group, names)


def _left(group: Path, names: _Names) -> int | None:
    limit, used = _text(group / names.limit).strip(), _text(group / names.used).strip()
    if not limit.isdigit() or not used.isdigit():  # "max", or no such group here
        return None
    back = _field(group / "memory.stat", names.reclaimable) or 0
    return max(int(limit) - int(used) + back, 0)


def _field(path: Path, name: str) -> int | None:
    found = [line.split() for line in _text(path).splitlines()]
    return next((int(words[1]) for words in found if words[:1] == [name]), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(AT_A_TIME), b""))
