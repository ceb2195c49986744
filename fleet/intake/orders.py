"""Reads orders from a CSV file: each row becomes an order and, apart from it, the person behind it.

One row is one parcel. Unknown columns are kept with the contact, since they may hold personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import cos, hypot, radians
from pathlib import Path

from fleet.domain.plausible import LONGEST_WINDOW, MOST_SERVICE_MIN, MOST_SIDE_M, MOST_WEIGHT_KG
from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError
from fleet.intake.rows import Schema, UniqueIds, Values
from fleet.intake.tables import Columns, Row, Table, read_table
from fleet.protocol.values import (
    LEAST_PRIORITY,
    MOST_PRIORITY,
    MOST_SKILLS,
    Contact,
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    ServiceLevel,
    TimeWindow,
)

_FAR_DEGREES = 5.0
"""An order farther than this (some 550 km) from every site is looked at for exchanged coordinates."""

_SIDE = cells.at_most(cells.positive, MOST_SIDE_M, "is it in metres?")

PARSERS: Mapping[str, cells.Parser] = {
    "order_id": cells.identifier,
    "client": cells.text,
    "direction": cells.choice(Direction),
    "recipient": cells.text,
    "address": cells.text,
    "lon": cells.within(-180, 180),
    "lat": cells.within(-90, 90),
    "weight_kg": cells.at_most(cells.positive, MOST_WEIGHT_KG, "is it in kilograms?"),
    "length_m": _SIDE,
    "width_m": _SIDE,
    "height_m": _SIDE,
    "goods": cells.choice(Goods),
    "value_eur": cells.optional(cells.money_minor, 0),
    "min_age": cells.optional(cells.whole(0, 120)),
    "ready_at": cells.moment,
    "due_from": cells.moment,
    "due_by": cells.moment,
    "service": cells.choice(ServiceLevel),
    "service_minutes": cells.at_most(cells.not_negative, MOST_SERVICE_MIN, "is it in minutes?"),
    "crew": cells.whole(1, 9),
    "locker_ok": cells.flag,
    "notes": cells.text,
}
OPTIONAL_PARSERS: Mapping[str, cells.Parser] = {
    "email": cells.text,
    "phone": cells.text,
    "language": cells.text,
    "drop_lon": cells.optional(cells.within(-180, 180)),
    "drop_lat": cells.optional(cells.within(-90, 90)),
    "priority": cells.optional(cells.within(LEAST_PRIORITY, MOST_PRIORITY), 1.0),
    "skills": cells.optional(cells.names(MOST_SKILLS), frozenset()),
}
COLUMNS = Columns(required=tuple(PARSERS), optional=tuple(OPTIONAL_PARSERS))


def _window(values: Values) -> Iterator[tuple[str, str]]:
    if values["due_by"] < values["due_from"]:
        yield "due_by", f"the window ends before it begins ({values['due_from'].isoformat()})"
    if values["due_by"] - values["due_from"] > LONGEST_WINDOW:
        message = (
            f"the window is longer than {LONGEST_WINDOW.days} days, from {values['due_from'].isoformat()}"
        )
        yield "due_by", f"{message}; is the year right?"


def _ready_in_time(values: Values) -> Iterator[tuple[str, str]]:
    if values["ready_at"] > values["due_by"]:
        yield "ready_at", f"lies after due_by ({values['due_by'].isoformat()}): nobody can meet that"


def _somewhere(values: Values) -> Iterator[tuple[str, str]]:
    if values["lon"] == 0 and values["lat"] == 0:
        yield "lon", "0, 0 lies in the sea off Africa; was the address not found?"


def _whole_drop_point(values: Values) -> Iterator[tuple[str, str]]:
    lon, lat = values["drop_lon"], values["drop_lat"]
    if (lon is None) != (lat is None):
        yield "drop_lon" if lon is None else "drop_lat", "a drop point needs both drop_lon and drop_lat"


SCHEMA = Schema(
    parsers={**PARSERS, **OPTIONAL_PARSERS},
    checks=(
        (("due_from", "due_by"), _window),
        (("ready_at", "due_by"), _ready_in_time),
        (("lon", "lat"), _somewhere),
        (("drop_lon", "drop_lat"), _whole_drop_point),
    ),
)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: its line, its cells as they are, and everything that is wrong with it."""

    line: int
    cells: Mapping[str, str]
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class OrdersFile:
    """What a file of orders held. ``offsets`` are the offsets from UTC that its times were written in, ``lines`` those
    on which the accepted orders stand, by id.
    """

    file: str
    accepted: tuple[tuple[Order, Contact], ...]
    refused: tuple[RefusedRow, ...]
    extra_columns: tuple[str, ...]
    offsets: frozenset[timedelta]
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def orders(self) -> tuple[Order, ...]:
        """The accepted orders, in the file's sequence."""
        return tuple(order for order, _ in self.accepted)

    def strict(self) -> OrdersFile:
        """The same, for who wants all rows or none; raises ``TableError`` with every refused row's errors."""
        if self.refused:
            raise TableError([error for row in self.refused for error in row.errors])
        return self


def read_orders(path: Path, *, near: Sequence[Place] = ()) -> OrdersFile:
    """The orders of a CSV file; wrong rows are refused, each with its reasons, and the rest is taken.

    ``near`` are places of the operator's sites: they tell exchanged coordinates from far-away customers.
    Raises ``FileError`` or ``TableError`` when the file as a whole can't be read or its columns are wrong.
    """
    return orders_of(read_table(path, COLUMNS), near=near)


def orders_of(table: Table, *, near: Sequence[Place] = ()) -> OrdersFile:
    """The orders of a table, as ``read_orders`` gives them."""
    extra = table.unknown(COLUMNS)
    ids = UniqueIds("order_id")
    accepted: list[tuple[Order, Contact]] = []
    refused = [RefusedRow(error.line or 0, {}, (error,)) for error in table.broken]
    offsets: set[timedelta] = set()
    lines: dict[str, int] = {}
    for row in table.rows:
        values, errors = SCHEMA.read(row)
        errors += [*ids.errors(row), *_exchanged(row, values, near)]
        if errors:
            refused.append(RefusedRow(row.line, row.cells, tuple(errors)))
        else:
            accepted.append((_order(values), _contact(values, {name: row.cells[name] for name in extra})))
            lines[values["order_id"]] = row.line
            offsets |= {values[name].utcoffset() for name in ("ready_at", "due_from", "due_by")}
    refused.sort(key=lambda entry: entry.line)
    return OrdersFile(table.file, tuple(accepted), tuple(refused), extra, frozenset(offsets), lines)


def _order(values: Values) -> Order:
    drop = values["drop_lon"], values["drop_lat"]
    return Order(
        order_id=values["order_id"],
        client=values["client"],
        direction=values["direction"],
        place=Place(lon=values["lon"], lat=values["lat"]),
        drop_point=None if None in drop else Place(lon=drop[0], lat=drop[1]),
        weight_kg=values["weight_kg"],
        size=Dimensions(**{name: values[name] for name in ("length_m", "width_m", "height_m")}),
        goods=values["goods"],
        value_minor=values["value_eur"],
        min_age=values["min_age"],
        ready_at=values["ready_at"],
        due=TimeWindow(start=values["due_from"], end=values["due_by"]),
        service=values["service"],
        service_minutes=values["service_minutes"],
        crew=values["crew"],
        locker_ok=values["locker_ok"],
        priority=values["priority"],
        skills=values["skills"],
    )


def _contact(values: Values, extra: dict[str, str]) -> Contact:
    names = ("order_id", "recipient", "address", "email", "phone", "language", "notes")
    return Contact(**{name: values[name] for name in names}, extra=extra)


def _exchanged(row: Row, values: Values, near: Sequence[Place]) -> Iterator[FieldError]:
    """Says so when longitude and latitude look exchanged: out of range, or far from every site."""
    lon, lat = _plain(row.cells["lon"]), _plain(row.cells["lat"])
    if lon is None or lat is None:
        return
    if "lat" not in values and abs(lon) <= 90 and abs(lat) <= 180:
        yield row.error("lon", "are lon and lat exchanged?")
    elif near and abs(lon) <= 90 and _far(lon, lat, near) and not _far(lat, lon, near):
        yield row.error("lon", "lies far from every site; are lon and lat exchanged?")


def _plain(cell: str) -> float | None:
    try:
        return cells.number(cell)
    except cells.CellError:
        return None


def _far(lon: float, lat: float, places: Iterable[Place]) -> bool:
    """Whether every place is far away, on a flat map: good enough to tell a city from another continent."""
    return all(
        hypot((lon - place.lon) * cos(radians(place.lat)), lat - place.lat) > _FAR_DEGREES for place in places
    )
