"""Orders survive the way through a CSV file, whatever they hold."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from fleet.intake.errors import FleetFileError, TableError
from fleet.intake.fleetfile import parse_fleet
from fleet.intake.orders import COLUMNS, orders_of
from fleet.intake.tables import Table, parse_table
from fleet.protocol.values import (
    Contact,
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    ServiceLevel,
    TimeWindow,
)

# What a cell can hold and give back: no lone surrogates, no NUL, and no spaces at its ends (trimmed).
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=30)
trimmed = cells.map(str.strip)
ids = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)
sizes = st.floats(0.001, 10)
places = st.builds(Place, lon=st.floats(-180, 180), lat=st.floats(-90, 90)).filter(
    lambda place: (place.lon, place.lat) != (0, 0)
)
FIRST = datetime(2001, 1, 2, tzinfo=UTC)
moments = st.integers(0, 197 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """A valid order."""
    ready, start = sorted(draw(st.tuples(moments, moments)))
    end = start + timedelta(seconds=draw(st.integers(0, 366 * 86_400)))
    return Order(
        order_id=draw(ids),
        client=draw(trimmed),
        direction=draw(st.sampled_from(Direction)),
        place=draw(places),
        drop_point=draw(st.none() | places),
        weight_kg=draw(st.floats(1e-6, 1e6)),
        size=Dimensions(length_m=draw(sizes), width_m=draw(sizes), height_m=draw(sizes)),
        goods=draw(st.sampled_from(Goods)),
        value_minor=draw(st.integers(0, 10**9)),
        min_age=draw(st.none() | st.integers(0, 120)),
        ready_at=ready,
        due=TimeWindow(start=start, end=end),
        service=draw(st.sampled_from(ServiceLevel)),
        service_minutes=draw(st.floats(0, 1e4)),
        crew=draw(st.integers(1, 9)),
        locker_ok=draw(st.booleans()),
    )


@st.composite
def contacts(draw: st.DrawFn, order_id: str) -> Contact:
    """The person behind an order, with a column that nothing is known of."""
    names = ("recipient", "address", "email", "phone", "language", "notes")
    return Contact(
        order_id=order_id, **{name: draw(trimmed) for name in names}, extra={"floor": draw(trimmed)}
    )


def cells_of(order: Order, contact: Contact, zone: timezone) -> dict[str, str]:
    """A row as an operator's export would write it."""
    drop = order.drop_point
    return {
        "order_id": order.order_id,
        "client": order.client,
        "direction": order.direction.value,
        "lon": repr(order.place.lon),
        "lat": repr(order.place.lat),
        "weight_kg": repr(order.weight_kg),
        "length_m": repr(order.size.length_m),
        "width_m": repr(order.size.width_m),
        "height_m": repr(order.size.height_m),
        "goods": order.goods.value,
        "value_eur": f"{order.value_minor // 100}.{order.value_minor % 100:02d}",
        "min_age": "" if order.min_age is None else str(order.min_age),
        "ready_at": order.ready_at.astimezone(zone).isoformat(),
        "due_from": order.due.start.astimezone(zone).isoformat(),
        "due_by": order.due.end.astimezone(zone).isoformat(),
        "service": order.service.value,
        "service_minutes": repr(order.service_minutes),
        "crew": str(order.crew),
        "locker_ok": str(order.locker_ok).lower(),
        "drop_lon": "" if drop is None else repr(drop.lon),
        "drop_lat": "" if drop is None else repr(drop.lat),
        **{
            name: getattr(contact, name)
            for name in ("recipient", "address", "email", "phone", "language", "notes")
        },
        **contact.extra,
    }


@given(st.data(), st.lists(orders(), min_size=1, max_size=4, unique_by=lambda order: order.order_id), zones)
def test_orders_come_back_as_they_were_written(
    data: st.DataObject, made: list[Order], zone: timezone
) -> None:
    people = [data.draw(contacts(order.order_id)) for order in made]
    text = io.StringIO(newline="")
    columns = data.draw(st.permutations([*COLUMNS.known, "floor"]))
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(cells_of(order, contact, zone) for order, contact in zip(made, people, strict=True))
    found = orders_of(parse_table(text.getvalue(), "orders.csv", COLUMNS))
    assert found.refused == ()
    assert found.orders == tuple(made)
    assert [contact for _, contact in found.accepted] == people
    assert found.offsets == {zone.utcoffset(None)}


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_clearly(text: str) -> None:
    """Garbage under a right header never crashes: each row is an order or has a reason."""
    table = parse_table_or_none(",".join(COLUMNS.required) + "\n" + text)
    if table is not None:
        found = orders_of(table)
        assert all(row.errors for row in found.refused)
        assert len(found.accepted) + len(found.refused) == len(table.rows) + len(table.broken)


def parse_table_or_none(text: str) -> Table | None:
    """The table, or none where the text is no CSV at all."""
    try:
        return parse_table(text, "orders.csv", COLUMNS)
    except TableError:
        return None


keys = st.sampled_from(
    "currency types.x.based_on types.x.kind rates.van.per_hour reserve.minutes van drone locker".split()
)
values = st.sampled_from(
    ["3", "-1", "nan", '"EUR"', '"van-e"', "[]", "{}", "[{}]", '[{type = "van-e"}]', "true"]
)


@given(st.dictionaries(keys, values, max_size=5))
def test_any_fleet_file_is_read_or_refused_by_key(stated: dict[str, str]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in stated.items())
    try:
        spec = parse_fleet(text, "fleet.toml").spec
        assert {stand.type_id for stand in spec.stands} == set(spec.types)
    except FleetFileError as error:
        assert all(fault.file == "fleet.toml" and fault.field for fault in error.errors)  # noqa: PT017 - either way
