"""Reads depots, launch sites and parcel lockers from CSV files: all rows or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.domain.sites import Locker, Site
from fleet.intake import cells
from fleet.intake.errors import TableError
from fleet.intake.rows import Schema, UniqueIds, Values
from fleet.intake.tables import Columns, Table, read_table
from fleet.protocol.values import Place

_COUNT = cells.whole(0, 10_000)

SITE_PARSERS: Mapping[str, cells.Parser] = {
    "depot_id": cells.identifier,
    "name": cells.text,
    "lon": cells.within(-180, 180),
    "lat": cells.within(-90, 90),
    "vans": _COUNT,
    "drone_pads": _COUNT,
    "robot_bays": _COUNT,
    "chargers": _COUNT,
    "opens": cells.clock,
    "closes": cells.clock,
}
SITE_COLUMNS = Columns(required=tuple(SITE_PARSERS), optional=("timezone", "charger_w"))

LOCKER_PARSERS: Mapping[str, cells.Parser] = {
    "locker_id": cells.identifier,
    "name": cells.text,
    "lon": cells.within(-180, 180),
    "lat": cells.within(-90, 90),
    "small": _COUNT,
    "medium": _COUNT,
    "large": _COUNT,
    "drone_port": cells.flag,
}
LOCKER_COLUMNS = Columns(required=tuple(LOCKER_PARSERS))


@dataclass(frozen=True, slots=True)
class SitesFile:
    """The sites of a file; ``unzoned`` are the ids of those whose time zone it does not state."""

    sites: tuple[Site, ...]
    unzoned: frozenset[str]

    def in_zone(self, timezone: str) -> tuple[Site, ...]:
        """The sites, where those without a time zone of their own lie in ``timezone``."""
        return tuple(
            site.model_copy(update={"timezone": timezone}) if site.site_id in self.unzoned else site
            for site in self.sites
        )


def read_sites(path: Path) -> SitesFile:
    """The depots and launch sites of a CSV file. Raises ``FileError`` or ``TableError`` with all errors."""
    parsers = {
        **SITE_PARSERS,
        "timezone": cells.optional(cells.timezone),
        "charger_w": cells.optional(cells.within(1, 1_000_000)),
    }
    values = _values(read_table(path, SITE_COLUMNS), Schema(parsers), "depot_id")
    unzoned = frozenset(each["depot_id"] for each in values if each["timezone"] is None)
    return SitesFile(tuple(_site(each) for each in values), unzoned)


def read_lockers(path: Path) -> tuple[Locker, ...]:
    """The parcel lockers of a CSV file. Raises ``FileError`` or ``TableError`` with all errors."""
    table = read_table(path, LOCKER_COLUMNS)
    return tuple(_locker(values) for values in _values(table, Schema(LOCKER_PARSERS), "locker_id"))


def _values(table: Table, schema: Schema, id_column: str) -> list[Values]:
    ids = UniqueIds(id_column)
    found: list[Values] = []
    errors = list(table.broken)
    for row in table.rows:
        values, wrong = schema.read(row)
        errors += [*wrong, *ids.errors(row)]
        found.append(values)
    if errors:
        raise TableError(sorted(errors, key=lambda error: error.line or 0))
    return found


def _site(values: Values) -> Site:
    kept = {name: values[name] for name in ("name", "vans", "drone_pads", "robot_bays", "chargers")}
    stated = ("opens", "closes", "timezone", "charger_w")
    hours = {name: values[name] for name in stated if values[name] is not None}
    place = Place(lon=values["lon"], lat=values["lat"])
    return Site(site_id=values["depot_id"], place=place, **kept, **hours)


def _locker(values: Values) -> Locker:
    kept = {name: values[name] for name in ("locker_id", "name", "small", "medium", "large", "drone_port")}
    return Locker(place=Place(lon=values["lon"], lat=values["lat"]), **kept)
