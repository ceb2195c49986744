"""Exceptions and commands as rows: what went wrong, what people and the hub did about it, and who acknowledged."""

from __future__ import annotations

from fleet.console.ledger import Ledger
from fleet.console.views.base import Row, reasons_of, stamp

_ACKNOWLEDGEMENT = {None: "waiting", True: "acknowledged", False: "refused"}


def exception_row(ledger: Ledger, exception_id: str) -> Row:
    """One exception; it is open while ``outcome`` is null."""
    found = ledger.state.exceptions[exception_id]
    return {
        "id": exception_id,
        "code": found.code,
        "at": stamp(found.at),
        "owner": found.owner,
        "action": found.action,
        "outcome": found.outcome,
        "open": found.outcome is None,
        "asset": found.asset_id,
        "order": found.order_id,
        "mission": found.mission_id,
        "order_ids": list(ledger.state.concerned(found)),
        "reasons": reasons_of(found.reasons),
    }


def command_row(ledger: Ledger, command_id: str) -> Row:
    """One command to one asset, and whether the asset has acknowledged it."""
    given = ledger.state.commands[command_id]
    return {
        "id": command_id,
        "asset": given.asset_id,
        "action": given.action.value,
        "by": given.by,
        "why": given.why,
        "at": stamp(given.at),
        "acknowledgement": _ACKNOWLEDGEMENT[given.accepted],
        "detail": given.detail,
    }
