"""The figures of the page's head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from fleet.console.ledger import Ledger
from fleet.console.views.base import Row, stamp
from fleet.dispatch.handlers.operations import MOVING
from fleet.domain.punctuality import is_late
from fleet.protocol.lifecycle import AssetStatus, ParcelStatus


def summary(ledger: Ledger) -> Row:
    """Counts by status, times of the day, and what is being planned."""
    state = ledger.state
    vehicles = [a for a in state.assets.values() if a.record.asset_id not in state.lockers]
    return {
        "opened_at": stamp(state.opened_at),
        "until": stamp(state.until),
        "timezone": "UTC" if state.fleet is None else state.fleet.timezone,
        "currency": None if state.fleet is None else state.fleet.currency,
        "last_event_at": stamp(ledger.last_at),
        "planning": state.planning,
        "stopped_by": state.stopped_by,
        "parcels": _counts(ParcelStatus, (p.status for p in state.parcels.values())),
        "vehicles": _counts(AssetStatus, (a.status for a in vehicles)),
        "moving": sum(a.status in MOVING for a in state.assets.values()),
        "open_exceptions": sum(e.outcome is None for e in state.exceptions.values()),
        "late_parcels": sum(is_late(p) for p in state.parcels.values() if p.served_at is None),
    }


def _counts(kinds: type[StrEnum], found: Iterable[StrEnum]) -> dict[str, int]:
    counted = Counter(found)
    return {kind.value: counted[kind] for kind in kinds}
