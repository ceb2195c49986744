"""Orders from CSV: what is taken, and what each refusal says."""

import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.intake.errors import FileError, TableError
from fleet.intake.orders import COLUMNS, OrdersFile, read_orders
from fleet.protocol.values import Direction, Goods, Place, ServiceLevel

GOOD = {
    "order_id": "A-1",
    "client": "acme",
    "direction": "delivery",
    "recipient": "Ann",
    "address": "Main St 1",
    "lon": "-97.70",
    "lat": "30.40",
    "weight_kg": "1.5",
    "length_m": "0.3",
    "width_m": "0.2",
    "height_m": "0.1",
    "goods": "standard",
    "value_eur": "12.345",
    "min_age": "",
    "ready_at": "2026-11-24T07:00:00-06:00",
    "due_from": "2026-11-24T08:00:00-06:00",
    "due_by": "2026-11-24T20:00:00-06:00",
    "service": "standard",
    "service_minutes": "3",
    "crew": "1",
    "locker_ok": "true",
    "notes": "ring twice",
}


def write(folder: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """A file of orders; its columns are those of the first row."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path = folder / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def read(folder: Path, *rows: dict[str, str], near: tuple[Place, ...] = ()) -> OrdersFile:
    return read_orders(write(folder, *rows), near=near)


def messages(found: OrdersFile) -> list[str]:
    """The refusals, with the file's folder taken off."""
    folder = str(Path(found.file).parent) + "/"
    return [str(error).removeprefix(folder) for row in found.refused for error in row.errors]


def test_a_good_row_becomes_an_order_and_a_contact(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    (order, contact), *rest = found.accepted
    assert not rest
    assert not found.refused
    assert (order.direction, order.goods, order.service) == (
        Direction.DELIVERY,
        Goods.STANDARD,
        ServiceLevel.STANDARD,
    )
    assert order.place == Place(lon=-97.7, lat=30.4)
    assert order.ready_at == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert order.value_minor == 1234  # 12.345 rounds to the even cent
    assert order.min_age is None
    assert order.locker_ok
    assert (contact.recipient, contact.address, contact.notes) == ("Ann", "Main St 1", "ring twice")
    assert found.offsets == {timedelta(hours=-6)}


def test_an_order_holds_nothing_personal(tmp_path: Path) -> None:
    (order,) = read(tmp_path, GOOD | {"email": "ann@example.org"}).orders
    assert "Ann" not in order.model_dump_json()
    assert "Main St" not in order.model_dump_json()
    assert "example.org" not in order.model_dump_json()


def test_unknown_columns_are_kept_with_the_contact(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD | {"floor": "3", "colour": "red"})
    assert found.extra_columns == ("floor", "colour")
    assert found.accepted[0][1].extra == {"floor": "3", "colour": "red"}


def test_optional_columns_are_read(tmp_path: Path) -> None:
    more = {"email": "a@b.c", "phone": "+1", "language": "pt", "drop_lon": "-97.71", "drop_lat": "30.41"}
    ((order, contact),) = read(tmp_path, GOOD | more | {"min_age": "18"}).accepted
    assert (contact.email, contact.phone, contact.language) == ("a@b.c", "+1", "pt")
    assert order.drop_point == Place(lon=-97.71, lat=30.41)
    assert order.min_age == 18


def test_a_priority_is_read_and_an_empty_one_is_that_of_all(tmp_path: Path) -> None:
    """Neither a word nor what is out of bounds passes for one."""
    for cell, priority in (("", 1), ("1", 1), ("2.5", 2.5), ("100", 100)):
        assert read(tmp_path, GOOD | {"priority": cell}).orders[0].priority == priority
    for cell in ("high", "0", "0.99", "-1", "101", "nan"):
        (message,) = messages(read(tmp_path, GOOD | {"priority": cell}))
        assert message.startswith("orders.csv:2: priority: "), message
    assert "must lie within 1 and 100" in messages(read(tmp_path, GOOD | {"priority": "0"}))[0]


def test_skills_are_names_with_spaces_or_semicolons_between(tmp_path: Path) -> None:
    """In any sequence, each once; too many are refused."""
    for cell, skills in (
        ("", set()),
        ("fitting", {"fitting"}),
        ("piano; fitting piano", {"fitting", "piano"}),
    ):
        assert read(tmp_path, GOOD | {"skills": cell}).orders[0].skills == skills
    many = " ".join(f"s{i}" for i in range(21))
    (message,) = messages(read(tmp_path, GOOD | {"skills": many}))
    assert message.startswith("orders.csv:2: skills: must be at most 20 names")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, encoding="utf-8-sig")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_orders(path).orders[0].order_id == "A-1"


def test_quoted_cells_may_hold_commas_and_lines(tmp_path: Path) -> None:
    """The line of the row after them is still right."""
    found = read(tmp_path, GOOD | {"notes": '"a, b\nc ""d"""'}, GOOD | {"order_id": "A-2", "weight_kg": "x"})
    assert found.accepted[0][1].notes == 'a, b\nc "d"'
    assert messages(found) == ["orders.csv:4: weight_kg: is not a number (found 'x')"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order_id": ""}, "order_id: is empty (found '')"),
        (
            {"order_id": "x" * 129},
            f"order_id: an id has at most 128 characters, not 129 (found '{'x' * 129}')",
        ),
        (
            {"direction": "deliver"},
            "direction: must be one of delivery, pickup, return; did you mean 'delivery'? (found 'deliver')",
        ),
        ({"lon": "200"}, "lon: must lie within -180 and 180 (found '200')"),
        ({"lat": "nan"}, "lat: is not a number (found 'nan')"),
        (
            {"lon": "0", "lat": "0.0"},
            "lon: 0, 0 lies in the sea off Africa; was the address not found? (found '0')",
        ),
        ({"weight_kg": "-1"}, "weight_kg: must be above 0 (found '-1')"),
        ({"weight_kg": "NaN"}, "weight_kg: is not a number (found 'NaN')"),
        ({"weight_kg": "1e999"}, "weight_kg: is too large a number (found '1e999')"),
        ({"weight_kg": '"2,5"'}, "weight_kg: is not a number; write decimals with a point (found '2,5')"),
        ({"weight_kg": "2e6"}, "weight_kg: must be at most 1e+06; is it in kilograms? (found '2e6')"),
        (
            {"service_minutes": "1e300"},
            "service_minutes: must be at most 10080; is it in minutes? (found '1e300')",
        ),
        (
            {"due_by": "2199-11-24T08:00:00-06:00"},
            "due_by: the window is longer than 366 days, from 2026-11-24T08:00:00-06:00; is the year right? "
            "(found '2199-11-24T08:00:00-06:00')",
        ),
        ({"height_m": "0"}, "height_m: must be above 0 (found '0')"),
        (
            {"goods": "Fragile"},
            "goods: must be one of standard, fragile, chilled, lithium, dangerous; did you mean 'fragile'? "
            "(found 'Fragile')",
        ),
        ({"value_eur": "-0.01"}, "value_eur: must not be negative (found '-0.01')"),
        ({"min_age": "18.5"}, "min_age: must be a whole number from 0 to 120 (found '18.5')"),
        ({"min_age": "180"}, "min_age: must be a whole number from 0 to 120 (found '180')"),
        (
            {"ready_at": "2026-11-24T07:00:00"},
            "ready_at: has no offset from UTC, so the moment is not known; write 2026-11-24T08:00:00-06:00 "
            "(found '2026-11-24T07:00:00')",
        ),
        (
            {"due_by": "tomorrow"},
            "due_by: is not an ISO 8601 time; write 2026-11-24T08:00:00-06:00 (found 'tomorrow')",
        ),
        (
            {"due_by": "0001-01-01T00:00:00+01:00"},
            "due_by: lies outside the years 2000 to 2199 (found '0001-01-01T00:00:00+01:00')",
        ),
        (
            {"due_by": "2026-11-24T07:30:00-06:00"},
            "due_by: the window ends before it begins (2026-11-24T08:00:00-06:00) "
            "(found '2026-11-24T07:30:00-06:00')",
        ),
        (
            {"ready_at": "2026-11-25T07:00:00-06:00"},
            "ready_at: lies after due_by (2026-11-24T20:00:00-06:00): nobody can meet that "
            "(found '2026-11-25T07:00:00-06:00')",
        ),
        (
            {"service": "whiteglove"},
            "service: must be one of standard, signature, white_glove; did you mean 'white_glove'? "
            "(found 'whiteglove')",
        ),
        ({"service_minutes": "-3"}, "service_minutes: must not be negative (found '-3')"),
        ({"crew": "0"}, "crew: must be a whole number from 1 to 9 (found '0')"),
        ({"locker_ok": "maybe"}, "locker_ok: must be true or false (found 'maybe')"),
        (
            {"drop_lon": "1", "drop_lat": ""},
            "drop_lat: a drop point needs both drop_lon and drop_lat (found '')",
        ),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    found = read(tmp_path, GOOD | change)
    assert messages(found) == [f"orders.csv:2: {message}"]
    assert not found.accepted


def test_a_pipe_that_is_no_text_is_named(tmp_path: Path) -> None:
    """It can't be read again to say on which line."""
    pipe = tmp_path / "orders.fifo"
    os.mkfifo(pipe)
    text = ",".join(GOOD).encode() + b"\n" + b"x" * 10_000 + b"\xff\xfe\n"
    with ThreadPoolExecutor(1) as threads:
        written = threads.submit(pipe.write_bytes, text)
        with pytest.raises(FileError, match=r"orders\.fifo: is not UTF-8 text"):
            read_orders(pipe)
        with suppress(BrokenPipeError):
            written.result()


def test_exchanged_coordinates_out_of_range_are_recognised(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD | {"lon": "30.40", "lat": "-97.70"})
    assert messages(found) == [
        "orders.csv:2: lat: must lie within -90 and 90 (found '-97.70')",
        "orders.csv:2: lon: are lon and lat exchanged? (found '30.40')",
    ]


def test_exchanged_coordinates_are_recognised_by_the_sites(tmp_path: Path) -> None:
    """Porto's are both within range, whichever way round."""
    porto = (Place(lon=-8.6, lat=41.1),)
    swapped = GOOD | {"lon": "41.15", "lat": "-8.61"}
    assert messages(read(tmp_path, swapped, near=porto)) == [
        "orders.csv:2: lon: lies far from every site; are lon and lat exchanged? (found '41.15')"
    ]
    assert len(read(tmp_path, GOOD | {"lon": "-8.61", "lat": "41.15"}, near=porto).accepted) == 1
    assert len(read(tmp_path, swapped).accepted) == 1


def test_the_second_of_two_equal_ids_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, GOOD | {"order_id": "A-2"}, GOOD)
    assert messages(found) == ["orders.csv:4: order_id: is already the id of line 2 (found 'A-1')"]
    assert [order.order_id for order in found.orders] == ["A-1", "A-2"]


def test_all_that_is_wrong_in_a_row_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD | {"weight_kg": "-1", "crew": "x"})
    assert [error.field for row in found.refused for error in row.errors] == ["weight_kg", "crew"]
    assert found.refused[0].cells["recipient"] == "Ann"


def test_a_short_row_is_refused_and_the_rest_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_text(path.read_text(encoding="utf-8") + "A-2,acme\n\n", encoding="utf-8")
    found = read_orders(path)
    assert messages(found) == ["orders.csv:3: 2 cells under 22 columns; is a comma or a quote missing?"]
    assert len(found.accepted) == 1


def test_strict_lists_the_first_twenty_and_counts_the_rest(tmp_path: Path) -> None:
    rows = [GOOD | {"order_id": f"A-{number}", "crew": "0"} for number in range(25)]
    with pytest.raises(TableError) as error:
        read(tmp_path, *rows).strict()
    lines = str(error.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 5 more"
    assert len(error.value.errors) == 25


def test_strict_gives_a_file_without_refusals(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.strict() is found


def test_a_missing_column_is_named_with_a_near_one(tmp_path: Path) -> None:
    renamed = {("weight" if name == "weight_kg" else name): cell for name, cell in GOOD.items()}
    with pytest.raises(TableError) as error:
        read(tmp_path, renamed)
    assert str(error.value) == (
        f"{tmp_path}/orders.csv:1: weight_kg: the column is missing; did you mean it by 'weight'?"
    )


def test_a_doubled_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(",".join([*GOOD, "crew"]) + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"orders\.csv:1: crew: the column is there twice"):
        read_orders(path)


def test_semicolons_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(";".join(GOOD) + "\n", encoding="utf-8")
    with pytest.raises(TableError) as error:
        read_orders(path)
    assert str(error.value) == f"{path}:1: separate the columns by commas, not by ';' or tabs"


def test_an_empty_file_says_which_columns_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("", encoding="utf-8")
    with pytest.raises(TableError) as error:
        read_orders(path)
    assert str(error.value) == f"{path}:1: is empty; expected the columns {','.join(COLUMNS.required)}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError) as error:
        read_orders(tmp_path / "none.csv")
    assert str(error.value) == f"{tmp_path}/none.csv: cannot be read: No such file or directory"


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"order_id": "A-2", "recipient": "José"}, encoding="latin-1")
    with pytest.raises(TableError) as error:
        read_orders(path)
    assert str(error.value) == f"{path}:3: is not UTF-8 text here; save the file as UTF-8"


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"orders\.csv:2: is no CSV: unexpected end of data"):
        read(tmp_path, GOOD | {"notes": '"never closed'})


@pytest.mark.parametrize(("name", "count"), [("austin_0", 700), ("austin_1", 700), ("porto", 1500)])
def test_real_files_are_taken_whole(shared_data: Path, name: str, count: int) -> None:
    found = read_orders(shared_data / "demand" / f"{name}.orders.csv").strict()
    assert len(found.orders) == count
    assert len(found.offsets) == 1


def test_orders_alone_are_the_same_orders_without_the_persons(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"order_id": "A-2", "weight_kg": "x"}, GOOD | {"order_id": "A-3"})
    whole, alone = read_orders(path), read_orders(path, alone=True)
    assert alone.orders == whole.orders
    assert alone.offsets == whole.offsets
    assert not alone.contacts
    assert not alone.lines
    assert [row.errors for row in alone.refused] == [row.errors for row in whole.refused]


def test_orders_share_what_they_have_in_common(tmp_path: Path) -> None:
    first, second = read(tmp_path, GOOD, GOOD | {"order_id": "A-2"}).orders
    assert first.due is second.due
    assert first.size is second.size
    assert first.ready_at is second.ready_at
    changed = first.model_copy(update={"priority": 2.0})
    assert changed.priority == 2.0
    assert second.priority == first.priority == 1.0
    assert second == first.model_copy(update={"order_id": "A-2"})


def test_a_large_file_takes_little_memory_for_each_order(tmp_path: Path) -> None:
    """No more than 2 KB, and while it is read no more than that: rows are let go as they are read."""

    def peak(count: int) -> int:
        path = write(
            tmp_path, *(GOOD | {"order_id": f"A-{n}", "lon": str(-97 - n / 1e5)} for n in range(count))
        )
        tracemalloc.start()
        try:
            assert len(read_orders(path, alone=True).orders) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(1000) - peak(500) < 500 * 2000


def test_text_that_is_not_utf_8_far_down_is_named_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, *(GOOD | {"order_id": f"A-{n}"} for n in range(500)))
    path.write_bytes(path.read_bytes() + b"A-X,\xff\n")
    with pytest.raises(TableError, match=r":502: is not UTF-8 text here"):
        read_orders(path)
