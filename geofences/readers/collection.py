"""Going through the zones of a file: all or nothing when strict, with a list of the refused when tolerant."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from geofences.errors import ZoneFileError
from geofences.readers.fields import Context
from geofences.zone import Zone

MAX_BYTES = 200_000_000
"""Larger files are refused: a national file has a few megabytes."""

KNOWN_CRS = ("4326", "CRS84")


class Refused(NamedTuple):
    """A zone that was not taken, and why: tolerant reading lists it, nothing is skipped silently (rule
    E10).
    """

    zone: str
    reason: str


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What was read from one file."""

    source: str
    format: str
    zones: tuple[Zone, ...]
    refused: tuple[Refused, ...] = ()


ReadOne = Callable[[Any, Context], Iterable[Zone]]


def read_each(
    items: Sequence[Any],
    read_one: ReadOne,
    format_name: str,
    source: str,
    *,
    strict: bool,
    name_of: Callable[[Any, int], str] | None = None,
) -> ZoneFile:
    """Read item by item. Strict: raises `ZoneFileError` at the first bad one. Tolerant: lists the bad
    ones.
    """
    zones: list[Zone] = []
    refused: list[Refused] = []
    for index, item in enumerate(items):
        ctx = Context(source, strict, (name_of or label)(item, index))
        try:
            zones.extend(read_one(item, ctx))
        except ZoneFileError as error:
            if strict:
                raise
            where = f"line {error.line}, {error.field}" if error.line else error.field
            refused.append(Refused(str(error.zone), f"{where}: {error.message}"))
    return ZoneFile(source, format_name, tuple(zones), tuple(refused))


def label(item: object, index: int) -> str:
    """How a message names an item: by its place in the file, and by its identifier where it has one."""
    place = f"number {index + 1}"
    if not isinstance(item, Mapping):
        return place
    inner = item.get("properties")
    for holder in (item, inner if isinstance(inner, Mapping) else {}):
        for key in ("identifier", "id", "OBJECTID", "name"):
            if isinstance(holder.get(key), str | int):
                return f"{place} ({holder[key]})"
    return place


def parse(raw: bytes, source: str) -> Any:
    """The JSON document in UTF-8, with or without a byte-order mark (rule E1). Raises `ZoneFileError`."""
    line = None
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}: save it as UTF-8"
    except json.JSONDecodeError as error:
        problem, line = f"broken JSON in column {error.colno}: {error.msg}", error.lineno
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = f"broken JSON: {error}"
    raise ZoneFileError(source, None, None, problem, line)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def features_of(document: Mapping[str, Any], source: str) -> list[Any]:
    """The features of a GeoJSON document; a lone Feature or geometry counts as one. Raises
    `ZoneFileError`.
    """
    crs = document.get("crs")
    if crs is not None and not any(known in json.dumps(crs) for known in KNOWN_CRS):
        raise ZoneFileError(source, None, "crs", "only longitude and latitude on WGS 84 are read; convert it")
    kind = document.get("type")
    if kind == "Feature":
        return [document]
    if kind != "FeatureCollection":
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    features = document.get("features")
    if not isinstance(features, list):
        raise ZoneFileError(source, None, "features", "an array is needed")
    return features


def peek(document: Mapping[str, Any]) -> list[Any]:
    """The features of a GeoJSON document as far as there are any: for recognising a format, never for
    reading.
    """
    features = [document] if document.get("type") == "Feature" else document.get("features")
    return (
        features
        if document.get("type") in ("Feature", "FeatureCollection") and isinstance(features, list)
        else []
    )
