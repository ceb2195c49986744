"""The whole page as one JSON document, and what has changed between two moments of it.

State is made of persistent maps: what did not change is the same object, so a difference is found by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from immutables import Map

from fleet.console.ledger import Ledger
from fleet.console.views.assets import asset_row
from fleet.console.views.base import Row
from fleet.console.views.incidents import command_row, exception_row
from fleet.console.views.lockers import locker_row
from fleet.console.views.missions import is_route, mission_row
from fleet.console.views.orders import order_row
from fleet.domain.state import OVER


class Table(NamedTuple):
    """One table of rows: its keys in a ledger, how a row is made, and which rows differ between two ledgers."""

    keys: Callable[[Ledger], Iterable[str]]
    row: Callable[[Ledger, str], Row]
    changed: Callable[[Ledger, Ledger], Iterable[str]]


def changed_keys(old: Map[Any, Any], new: Map[Any, Any]) -> set[Any]:
    """The keys that were added, removed or given another value."""
    if old is new:
        return set()
    touched = {key for key, value in new.items() if old.get(key) is not value}
    return touched | {key for key in old if key not in new}


def _orders_changed(old: Ledger, new: Ledger) -> set[str]:
    before, after = old.state, new.state
    touched = changed_keys(before.parcels, after.parcels) | changed_keys(before.choices, after.choices)
    return touched & set(after.parcels)


def _missions_changed(old: Ledger, new: Ledger) -> set[str]:
    return changed_keys(old.state.missions, new.state.missions)


def _assets_changed(old: Ledger, new: Ledger) -> set[str]:
    by_mission = {new.state.missions[m].mission.asset_id for m in _missions_changed(old, new)}
    return changed_keys(old.state.assets, new.state.assets) | by_mission


def _lockers_changed(old: Ledger, new: Ledger) -> set[str]:
    by_compartment = {locker for locker, _ in changed_keys(old.state.compartments, new.state.compartments)}
    by_link = changed_keys(old.state.assets, new.state.assets)
    return (by_compartment | by_link | changed_keys(old.state.lockers, new.state.lockers)) & set(
        new.state.lockers
    )


def _shown_missions(ledger: Ledger) -> list[str]:
    """Missions that are not over, and routes of the day also when they are."""
    records = ledger.state.missions.items()
    return [m for m, r in records if r.status not in OVER or is_route(r)]


TABLES: dict[str, Table] = {
    "orders": Table(lambda x: x.state.parcels, order_row, _orders_changed),
    "assets": Table(lambda x: x.state.assets, asset_row, _assets_changed),
    "missions": Table(_shown_missions, mission_row, _missions_changed),
    "lockers": Table(lambda x: x.state.lockers, locker_row, _lockers_changed),
    "exceptions": Table(
        lambda x: x.state.exceptions,
        exception_row,
        lambda old, new: changed_keys(old.state.exceptions, new.state.exceptions),
    ),
    "commands": Table(
        lambda x: x.state.commands,
        command_row,
        lambda old, new: changed_keys(old.state.commands, new.state.commands),
    ),
}


def rows(ledger: Ledger, table: str) -> list[Row]:
    """All rows of a table, by id."""
    keys, row, _ = TABLES[table]
    return [row(ledger, key) for key in sorted(keys(ledger))]


def changed_rows(old: Ledger, new: Ledger) -> dict[str, list[Row]]:
    """The rows that are new or different, by table; tables without a change are left out."""
    found = {name: [t.row(new, key) for key in sorted(t.changed(old, new))] for name, t in TABLES.items()}
    return {name: changed for name, changed in found.items() if changed}
