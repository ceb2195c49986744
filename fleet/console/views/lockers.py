"""Lockers as rows: how many compartments of each size class are in which state, and for whom."""

from __future__ import annotations

from collections import Counter

from fleet.console.ledger import Ledger
from fleet.console.views.base import Row, point, stamp
from fleet.domain.sites import Locker
from fleet.domain.state import Compartment
from fleet.protocol.lifecycle import CompartmentStatus
from fleet.protocol.values import CompartmentSize

_KEPT = (
    CompartmentStatus.WANTED,
    CompartmentStatus.RESERVED,
    CompartmentStatus.OCCUPIED,
    CompartmentStatus.EXPIRED,
)


def locker_row(ledger: Ledger, locker_id: str) -> Row:
    """One locker. ``status`` is that of its adapter's link; none when no asset of that id belongs to the day."""
    state = ledger.state
    locker, asset = state.lockers[locker_id], state.assets.get(locker_id)
    kept = [c for (where, _), c in state.compartments.items() if where == locker_id]
    return {
        "id": locker_id,
        "name": locker.name,
        "place": point(locker.place),
        "drone_port": locker.drone_port,
        "status": None if asset is None else asset.status.value,
        "sizes": {size.value: _occupancy(locker, size, kept) for size in CompartmentSize},
        "compartments": [_compartment(c) for c in sorted(kept, key=lambda c: c.order_id)],
    }


def _occupancy(locker: Locker, size: CompartmentSize, kept: list[Compartment]) -> dict[str, int]:
    """Counts by state. Reservations over different times can share a door, so ``free`` counts what is empty now."""
    counts = Counter(c.status for c in kept if c.size is size)
    taken = counts[CompartmentStatus.OCCUPIED] + counts[CompartmentStatus.EXPIRED]
    total = locker.count(size)
    return {"total": total, "free": total - taken, **{s.value: counts[s] for s in _KEPT}}


def _compartment(kept: Compartment) -> Row:
    return {
        "order": kept.order_id,
        "size": kept.size.value,
        "status": kept.status.value,
        "from": stamp(kept.window.start),
        "until": stamp(kept.window.end),
    }
