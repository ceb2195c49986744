"""Whether a day fits into the memory that is free: told before the work, rather than killed in the middle of it."""

from __future__ import annotations

from pathlib import Path

from fleet.cli.output import BadInput

BYTES_AN_ORDER = 8000
"""What planning takes for each order, from reading it to its line of the plan's file (`fleet/planner/README.md`)."""

LARGE_FILE = 20_000_000
"""Files of fewer bytes are not looked at: some 100,000 orders, which take less than a gigabyte."""

AT_A_TIME = 1 << 22
"""Bytes that are read at a time."""

MEMINFO = Path("/proc/meminfo")


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
    """The memory that programs may still have, as Linux tells it; none elsewhere."""
    try:
        text = MEMINFO.read_text(encoding="ascii")
    except OSError:
        return None
    found = [line.split() for line in text.splitlines() if line.startswith("MemAvailable:")]
    return int(found[0][1]) * 1024 if found else None


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(AT_A_TIME), b""))
