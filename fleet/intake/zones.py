"""Reads zone files into one set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fleet.intake.errors import FieldError, IntakeError
from geofences.errors import ZoneFileError
from geofences.readers import read_zones_file
from geofences.zone import Zone
from geofences.zoneset import ZoneSet


@dataclass(frozen=True, slots=True)
class ZonesRead:
    """The zones of some files. ``refused`` are those that a tolerant reading did not take."""

    zones: ZoneSet
    refused: tuple[FieldError, ...] = ()


def read_zone_files(paths: Iterable[Path], *, tolerant: bool = False) -> ZonesRead:
    """All zones of the files. Raises ``IntakeError`` for a broken file (tolerantly: an unreadable one)."""
    found: list[Zone] = []
    refused: list[FieldError] = []
    errors: list[FieldError] = []
    for path in paths:
        try:
            read = read_zones_file(path, strict=not tolerant)
        except ZoneFileError as error:
            errors.append(_fault(error))
            continue
        found += read.zones
        refused += [FieldError(read.source, None, each.zone, None, each.reason) for each in read.refused]
    if errors:
        raise IntakeError(errors)
    return ZonesRead(ZoneSet(found), tuple(refused))


def _fault(error: ZoneFileError) -> FieldError:
    where = ", ".join(part for part in (error.zone and f"zone {error.zone}", error.field) if part)
    return FieldError(error.file, error.line, where or None, None, error.message)
