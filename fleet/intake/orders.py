"""Reads orders from a CSV file: each row becomes an order and, apart from it, the person behind it.

One row is one parcel. Unknown columns are kept with the contact, since they may hold personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import cos, hypot, radians
from pathlib import Path
from typing import Any, TypeVar

from fleet.domain.plausible import LONGEST_WINDOW, MOST_SERVICE_MIN, MOST_SIDE_M, MOST_WEIGHT_KG
from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError
from fleet.intake.rows import Schema, UniqueIds, Values
from fleet.intake.tables import Columns, Row, Stream, Table, open_table
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
    slim,
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
    """What a file of orders held. ``orders`` are those that were accepted, in the file's sequence; ``offsets`` are the
    offsets from UTC that its times were written in, ``lines`` those on which the accepted orders stand, by id.
    ``contacts``, ``lines`` and the refused rows' cells are empty where orders alone were asked for.
    """

    file: str
    orders: tuple[Order, ...]
    refused: tuple[RefusedRow, ...]
    extra_columns: tuple[str, ...]
    offsets: frozenset[timedelta]
    lines: Mapping[str, int] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()

    @property
    def accepted(self) -> tuple[tuple[Order, Contact], ...]:
        """The accepted orders, in the file's sequence, each with the person behind it."""
        return tuple(zip(self.orders, self.contacts, strict=True))

    def strict(self) -> OrdersFile:
        """The same, for who wants all rows or none; raises ``TableError`` with every refused row's errors."""
        if self.refused:
            raise TableError([error for row in self.refused for error in row.errors])
        return self


def read_orders(path: Path, *, near: Sequence[Place] = (), alone: bool = False) -> OrdersFile:
    """The orders of a CSV file; wrong rows are refused, each with its reasons, and the rest is taken.

    ``near`` are places of the operator's sites: they tell exchanged coordinates from far-away customers. ``alone``:
    who is behind an order, and how the rows were written, is not kept: a million orders then take some 1.5 GB.
    Raises ``FileError`` or ``TableError`` when the file as a whole can't be read or its columns are wrong.
    """
    with open_table(path, COLUMNS) as stream:
        return orders_of(stream, near=near, alone=alone)


def orders_of(table: Table | Stream, *, near: Sequence[Place] = (), alone: bool = False) -> OrdersFile:
    """The orders of a table, as ``read_orders`` gives them."""
    reading = _Reading(table.file, table.unknown(COLUMNS), near, alone)
    for row in table.rows:
        reading.add(row)
    return reading.file(table.broken if isinstance(table, Table) else ())


MOST_SHARED = 100_000
"""So many different windows, boxes and moments are kept to be shared among orders."""

T = TypeVar("T")


class _Shared:
    """Parts that many orders have in common, made once: they would take half of the memory of a large file."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Any] = {}

    def __call__(self, make: Callable[..., T], *parts: Any) -> T:
        """What is made of the parts, or was before."""
        key = (make, *parts)
        found: T | None = self._made.get(key)
        if found is None:
            found = make(*parts)
            if len(self._made) < MOST_SHARED:
                self._made[key] = found
        return found


class _Reading:
    """A file of orders while it is read, row by row."""

    def __init__(self, file: str, extra: tuple[str, ...], near: Sequence[Place], alone: bool) -> None:
        self._file, self._extra, self._near, self._alone = file, extra, near, alone
        self._ids, self._shared = UniqueIds("order_id"), _Shared()
        self._orders = list[Order]()
        self._contacts = list[Contact]()
        self._refused = list[RefusedRow]()
        self._offsets = set[timedelta]()
        self._lines: dict[str, int] = {}

    def add(self, row: Row | FieldError) -> None:
        """Take the row's order, or refuse the row."""
        if isinstance(row, FieldError):
            self._refused.append(RefusedRow(row.line or 0, {}, (row,)))
            return
        values, errors = SCHEMA.read(row)
        errors += [*self._ids.errors(row), *_exchanged(row, values, self._near)]
        if errors:
            self._refused.append(RefusedRow(row.line, {} if self._alone else row.cells, tuple(errors)))
            return
        self._orders.append(_order(values, self._shared))
        self._offsets |= {values[name].utcoffset() for name in ("ready_at", "due_from", "due_by")}
        if not self._alone:
            self._contacts.append(_contact(values, {name: row.cells[name] for name in self._extra}))
            self._lines[values["order_id"]] = row.line

    def file(self, broken: Iterable[FieldError]) -> OrdersFile:
        """What the file held."""
        refused = [*self._refused, *(RefusedRow(error.line or 0, {}, (error,)) for error in broken)]
        return OrdersFile(
            self._file,
            tuple(self._orders),
            tuple(sorted(refused, key=lambda entry: entry.line)),
            self._extra,
            frozenset(self._offsets),
            self._lines,
            tuple(self._contacts),
        )


def _order(values: Values, shared: _Shared) -> Order:
    drop = values["drop_lon"], values["drop_lat"]
    order = Order(
        order_id=values["order_id"],
        client=shared(str, values["client"]),
        direction=values["direction"],
        place=slim(Place(lon=values["lon"], lat=values["lat"])),
        drop_point=None if None in drop else slim(Place(lon=drop[0], lat=drop[1])),
        weight_kg=values["weight_kg"],
        size=shared(_box, *(values[name] for name in ("length_m", "width_m", "height_m"))),
        goods=values["goods"],
        value_minor=values["value_eur"],
        min_age=values["min_age"],
        ready_at=shared(_in_utc, values["ready_at"]),
        due=shared(_due, values["due_from"], values["due_by"]),
        service=values["service"],
        service_minutes=values["service_minutes"],
        crew=values["crew"],
        locker_ok=values["locker_ok"],
        priority=values["priority"],
        skills=values["skills"],
    )
    return slim(order)


def _box(length_m: float, width_m: float, height_m: float) -> Dimensions:
    return Dimensions(length_m=length_m, width_m=width_m, height_m=height_m)


def _due(start: datetime, end: datetime) -> TimeWindow:
    return TimeWindow(start=start, end=end)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


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
