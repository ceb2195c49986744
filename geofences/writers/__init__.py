"""Zone files, written: ED-269, ED-318 and plain GeoJSON.

A zone is written so that reading the file gives the same content again, hash and all; one that a format cannot express
is refused with the field and why, never bent to fit. Remarks of a reader (`flags`) and the name of its file are no
content.
A format is one file with `NAME`, `entry(zone, options)` and `document(entries)`, and one line below.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from types import ModuleType

from geofences.errors import ZoneFileError, ZoneWriteError
from geofences.model.refused import Refused, because
from geofences.model.zone import Zone
from geofences.readers import read_zones
from geofences.writers import ed269, ed318, geojson
from geofences.writers.parts import Json, Options

WRITERS: dict[str, ModuleType] = {one.NAME: one for one in (ed269, ed318, geojson)}

__all__ = ["WRITERS", "Options", "Written", "write_zones"]


@dataclass(frozen=True, slots=True)
class Written:
    """A zone file as text, to be stored as UTF-8, and the zones that are not in it."""

    format: str
    text: str
    refused: tuple[Refused, ...] = ()


def write_zones(
    zones: Iterable[Zone], format_name: str, *, strict: bool = True, options: Options | None = None
) -> Written:
    """The zones as a file of a format: `ed269`, `ed318` or `geojson`.

    Strict raises `ZoneWriteError` for the first zone that the format cannot express; tolerant lists them in
    `Written.refused`. Raises `ValueError` for a format that is none of these.
    """
    if format_name not in WRITERS:
        raise ValueError(f"{format_name!r} is none of {', '.join(WRITERS)}")
    chosen, entries, refused = WRITERS[format_name], list[Json](), list[Refused]()
    for zone in zones:
        try:
            entries.append(_entry(zone, chosen, options or Options()))
        except ZoneWriteError as error:
            if strict:
                raise
            refused.append(Refused(zone.zone_id, because(error.message, error.field)))
    return Written(format_name, _text(chosen.document(entries)), tuple(refused))


def _entry(zone: Zone, chosen: ModuleType, options: Options) -> Json:
    entry: Json = chosen.entry(zone, options)
    try:
        read = read_zones(_text(chosen.document([entry])).encode(), "written").zones
    except ZoneFileError as error:
        raise ZoneWriteError(
            zone.zone_id, error.field, f"no reader would take it: {error.message}"
        ) from error
    except ValueError as error:
        raise ZoneWriteError(zone.zone_id, None, f"it holds what no JSON can: {error}") from error
    _judge(zone, read)
    return entry


def _judge(zone: Zone, read: tuple[Zone, ...]) -> None:
    """Raise `ZoneWriteError` unless what was read back says the same."""
    back = [replace(one, source=zone.source, flags=zone.flags) for one in read]
    if back == [zone]:
        return
    changed = [one.name for one in fields(Zone) if len(back) == 1 and _differs(zone, back[0], one.name)]
    raise ZoneWriteError(zone.zone_id, ", ".join(changed) or None, "read back, it would say something else")


def _differs(one: Zone, other: Zone, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
