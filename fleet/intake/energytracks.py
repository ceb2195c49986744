"""What earlier days have taught of assets' energy, as a CSV file that one day leaves and the next is opened with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.domain.energy import EnergyTrack
from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError
from fleet.intake.rows import Schema, UniqueIds
from fleet.intake.tables import Columns, Row, read_table

MOST_FLIGHTS = 10_000_000

PARSERS: Mapping[str, cells.Parser] = {
    "asset_id": cells.identifier,
    "type_id": cells.identifier,
    "figures": cells.identifier,
    "log_bias": cells.within(-1, 1),
    "variance": cells.optional(cells.at_most(cells.not_negative, 1, "is it in percent?")),
    "flights": cells.whole(0, MOST_FLIGHTS),
    "widening": cells.within(1, 100),
    "high": cells.not_negative,
    "low": cells.not_negative,
    "log_pace": cells.optional(cells.within(-1, 1)),
    "pace_variance": cells.optional(cells.at_most(cells.not_negative, 1, "is it in percent?")),
}
OF_PACE = ("log_pace", "pace_variance")
COLUMNS = Columns(required=tuple(name for name in PARSERS if name not in OF_PACE), optional=OF_PACE)


@dataclass(frozen=True, slots=True)
class KnownTrack:
    """What is known of one asset: of which type it was, against which figures it was learned, and where it stands."""

    asset_id: str
    type_id: str
    figures: str
    track: EnergyTrack
    row: Row | None = None


def read_tracks(path: Path) -> tuple[KnownTrack, ...]:
    """The tracks of a CSV file. Raises ``FileError`` or ``TableError`` with all errors."""
    table, schema, ids = read_table(path, COLUMNS), Schema(PARSERS), UniqueIds("asset_id")
    errors: list[FieldError] = list(table.broken)
    found: list[KnownTrack] = []
    for row in table.rows:
        values, wrong = schema.read(row)
        wrong += ids.errors(row)
        errors += wrong
        if not wrong:
            names = {name: values.pop(name) for name in ("asset_id", "type_id", "figures")}
            told = {name: value for name, value in values.items() if value is not None}
            found.append(KnownTrack(**names, track=EnergyTrack(**told), row=row))
    if errors:
        raise TableError(errors)
    return tuple(found)


def tracks_text(known: Iterable[KnownTrack]) -> str:
    """The file's text; what is read from it is the same to the last digit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS.known)
    for one in known:
        said = {"asset_id": one.asset_id, "type_id": one.type_id, "figures": one.figures, **dict(one.track)}
        writer.writerow(["" if said[name] is None else said[name] for name in COLUMNS.known])
    return text.getvalue()
