"""Zone files: the format is recognised from the content, and read strictly or tolerantly.

A format is one file with `NAME`, `recognises(document)` and `read(document, source, strict=...)`, and one
line below. The document of a text format is the file's bytes, that of the others parsed JSON.
"""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from geofences.errors import ZoneFileError
from geofences.model.altitude import Box
from geofences.model.refused import Refused
from geofences.readers import ed269, ed318, faa_grid, geojson, openair
from geofences.readers.collection import MAX_BYTES, ZoneFile, parse, top
from geofences.readers.profiles import chosen, profiles
from geofences.readers.whereabouts import without_misplaced

FORMATS: tuple[ModuleType, ...] = (faa_grid, ed269, ed318, geojson)
"""From the most particular to the most general: the first that recognises a document reads it."""

TEXT_FORMATS: tuple[ModuleType, ...] = (openair,)
"""Formats that are no JSON."""

__all__ = [
    "FORMATS",
    "TEXT_FORMATS",
    "Refused",
    "ZoneFile",
    "detect",
    "profiles",
    "read_zones",
    "read_zones_file",
]


def detect(document: Mapping[str, Any], source: str) -> ModuleType:
    """The format of a parsed document. Raises `ZoneFileError` if it is none that is known."""
    for one in FORMATS:
        if one.recognises(document):
            return one
    known = ", ".join(one.NAME for one in (*FORMATS, *TEXT_FORMATS))
    raise ZoneFileError(source, None, None, f"not a zone file of a known format ({known})")


def read_zones(
    raw: bytes, source: str, *, strict: bool = True, expect: Box | None = None, profile: str | None = None
) -> ZoneFile:
    """Read the zones in the bytes of a file; `source` names it in messages.

    Strict raises `ZoneFileError` for the first fault. Tolerant takes the zones that are sound and lists the
    others in `ZoneFile.refused`: `ZoneSet.of` makes a set of it that knows what it lacks. It raises only where no list
    of zones can be made out at all. `expect` is where the zones are needed: it helps to find those whose longitude and
    latitude are swapped. `profile` names the national profile by which it is read (see `profiles`); None takes that of
    the country that the zones name, "standard" none.
    Raises `ValueError` for a profile that is not there.
    """
    if len(raw) > MAX_BYTES:
        raise ZoneFileError(source, None, None, f"{len(raw)} bytes are more than {MAX_BYTES}: split the file")
    with _nothing_collected():
        return _read(raw, source, strict=strict, expect=expect, profile=profile)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Put garbage collection off: a million positions are made and none is garbage, yet while they grow the collector
    would look through them again and again, for a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(raw: bytes, source: str, *, strict: bool, expect: Box | None, profile: str | None) -> ZoneFile:
    for one in TEXT_FORMATS:
        if one.recognises(raw):
            text_file: ZoneFile = one.read(raw, source, strict=strict)
            return without_misplaced(text_file, expect, strict=strict)
    document = top(parse(raw, source), source)
    national = chosen(profile, document)
    found: ZoneFile = detect(document, source).read(document, source, strict=strict, profile=national)
    return without_misplaced(found, expect, strict=strict)


def read_zones_file(
    path: Path | str, *, strict: bool = True, expect: Box | None = None, profile: str | None = None
) -> ZoneFile:
    """Read a zone file from disk. Raises `ZoneFileError` if it cannot be read; see `read_zones`.

    A file that is too large is refused by its size; of what has no size (a pipe), no more is read than may be.
    """
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            raw = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else error
        raise ZoneFileError(str(path), None, None, f"cannot be read: {problem}") from error
    if size > MAX_BYTES:
        raise ZoneFileError(str(path), None, None, f"{size} bytes are more than {MAX_BYTES}: split the file")
    return read_zones(raw, str(path), strict=strict, expect=expect, profile=profile)
