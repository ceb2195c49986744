"""The hub's state as bytes, and back: so that a start need not replay every event.

A line says how long everything is; behind it lie the small fields as JSON, and then the rows of the large tables, each
compressed by itself. A row is decoded when it is first asked for, and one that was
never asked for goes into the next snapshot as it is.

Which fields there are, and what they hold, is read off ``State`` itself. A field that is added needs no word here.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

import pydantic
from immutables import Map
from pydantic import TypeAdapter

import fleet.domain
import fleet.protocol
from fleet.domain.state import State
from fleet.store.lazymap import LazyMap, Rows

GROWING: Final = frozenset(
    {"parcels", "choices", "unassigned", "missions", "commands", "requests", "exceptions"}
)
"""The tables that grow with the log. All others are as large as the fleet, or as what is going on at the moment."""

FAST: Final = 1
"""Level of compression: most of what there is to gain, at a tenth of the time of the best."""


@cache
def code_fingerprint() -> str:
    """What the code that makes states is: another release may read or apply an event otherwise, and must not take up
    what this one has made of it. The sources themselves say so, which no version number could forget to.
    """
    digest = hashlib.sha256(pydantic.VERSION.encode())
    for file in sources():
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """The files on which a state and its encoding depend."""
    packages = [Path(path) for package in (fleet.domain, fleet.protocol) for path in package.__path__]
    here = Path(__file__).parent
    return [
        *(file for package in packages for file in sorted(package.rglob("*.py"))),
        *(here / name for name in ("lazymap.py", "rows.py", "statecodec.py")),
    ]


def encode(state: State) -> bytes:
    """The state as bytes that ``decode`` takes back."""
    small = {name: _whole(name, getattr(state, name)) for name in _names() if name not in GROWING}
    tables = {name: _rows(name, getattr(state, name)) for name in sorted(GROWING)}
    index = {
        "small": {name: len(text) for name, text in small.items()},
        "tables": {
            name: [list(table), [len(row) for row in table.values()]] for name, table in tables.items()
        },
    }
    rows = (row for table in tables.values() for row in table.values())
    return b"".join((json.dumps(index).encode(), b"\n", *small.values(), *rows))


def decode(encoded: bytes, start: int = 0) -> State:
    """The state that was encoded, from byte ``start`` on. Raises ``ValueError`` for what ``encode`` did not make."""
    begin, start = start, encoded.index(b"\n", start) + 1
    index = json.loads(encoded[begin:start])
    values: dict[str, Any] = {}
    for name, length in index["small"].items():
        value = _adapter(name).validate_json(encoded[start : start + length])
        values[name] = Map(value) if _is_map(name) else value
        start += length
    for name, (keys, lengths) in index["tables"].items():
        rows = Rows(memoryview(encoded), start, keys, lengths, _row_decoder(name))
        values[name] = LazyMap(rows)
        start = rows.end
    return State(**values)


def _whole(name: str, value: Any) -> bytes:
    """A small field; a map as a list of its entries, since keys may be more than text."""
    plain = list(value.items()) if _is_map(name) else value
    return _adapter(name).dump_json(plain, by_alias=True)


def _rows(name: str, table: Mapping[str, Any]) -> dict[str, bytes]:
    """Each row of a table, encoded; rows that are still as an earlier snapshot had them are taken over."""
    adapter = _adapter(name)
    kept = table.encoded if isinstance(table, LazyMap) else lambda _: None
    return {
        key: kept(key) or zlib.compress(adapter.dump_json(table[key], by_alias=True), FAST) for key in table
    }


def _row_decoder(name: str) -> Callable[[bytes], Any]:
    return lambda row: _adapter(name).validate_json(zlib.decompress(row))


def _names() -> Iterable[str]:
    return (each.name for each in fields(State))


@cache
def _types() -> Mapping[str, Any]:
    return get_type_hints(State)


def _is_map(name: str) -> bool:
    return get_origin(_types()[name]) is Map


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """How a field is validated and written: a row of a growing table, all entries of another one, or a single value."""
    if not _is_map(name):
        return TypeAdapter(_types()[name])
    entry = get_args(_types()[name])
    return TypeAdapter(entry[1] if name in GROWING else list[tuple[entry]])  # type: ignore[valid-type]
