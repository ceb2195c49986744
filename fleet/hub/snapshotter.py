"""Makes one snapshot of a state, as a process of its own: ``python -m fleet.hub.snapshotter FOLDER PARENT``.

Which store it reads, a file or a database's address, stands on its standard input: an address may hold a password, and
everyone on the machine can read a command line.

The hub's process could not do it beside its loop: both would want the interpreter at once. This one reads committed
events, takes the processor only when nobody else wants it, and ends with the hub that started it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(folder: str, parent: str) -> int:
    """Make the snapshot. 0 where there is one of the log as it stands, 1 where it can't be read or written."""
    os.nice(19)
    # Only now: at this priority it does not matter how long they take to load.
    from fleet.hub.children import die_with_parent
    from fleet.store.base import StoreError
    from fleet.store.reader import Reader
    from fleet.store.snapshots import Shelf, mark_at

    die_with_parent()
    if os.getppid() != int(parent):
        return 1
    place = sys.stdin.readline().rstrip("\n")
    shelf = Shelf(Path(folder), tell=_tell)
    try:
        log = Reader(place if "://" in place else Path(place))
        found = shelf.restored(log)
        position = found.state.position
        if position > found.snapshot:
            shelf.put(found.state, mark_at(log, position))
    except (StoreError, OSError) as error:
        _tell(f"no snapshot: {error}")
        return 1
    return 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
