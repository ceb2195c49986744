"""The text of OpenAir files: bytes to blocks of records, and how records write positions, heights and times."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from geofences.errors import ZoneFileError
from geofences.model.altitude import METRES_PER_FOOT, Datum, Limit
from geofences.model.periods import TimePeriod
from geofences.model.zone import Position
from geofences.readers.fields import Context

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

TERRAIN = ("TO", "TC")
"""Records that begin a polygon of terrain, which is no airspace; before anything is drawn they are mere labels."""

DRAWING = frozenset({"AT", "SP", "SB", "TX"})
"""Records that only say how something is drawn."""


class Record(NamedTuple):
    """One line: its number from 1, its code in capitals, and what follows it."""

    line: int
    code: str
    value: str


@dataclass(slots=True)
class Block:
    """The records of one airspace, from its `AC` on; without one, those before the first."""

    records: list[Record] = field(default_factory=list)
    guessed: bool = False
    """Whether any of it is no UTF-8, and was taken as Latin-1."""
    terrain: Record | None = None
    """The first record that was taken as terrain."""

    @property
    def is_drawn(self) -> bool:
        """Whether anything of it is drawn."""
        return any(one.code.startswith("D") for one in self.records)


_BLANK = " \t\v\f"
_AIRSPACE = re.compile(rb"^[ \t\v\f]*AC(?:[ \t\v\f*]|$)", re.MULTILINE | re.IGNORECASE)
_LINES = re.compile(r"\r\n|\n|\r")
_RECORD = re.compile(r"([A-Z]{2}|V)(?:\s+|(?<=V)(?=[A-Z]\s*=)|$)(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)


def looks_like_openair(raw: bytes) -> bool:
    """Whether some line begins an airspace, in what is no JSON object or array."""
    text = raw.removeprefix(BYTE_ORDER_MARK)
    if text.lstrip()[:1] in (b"{", b"["):
        return False
    return _AIRSPACE.search(text.replace(b"\r", b"\n")) is not None


def blocks_of(raw: bytes, source: str, *, strict: bool) -> tuple[Block, list[Block]]:
    """What stands before the first airspace, and each airspace.

    Raises `ZoneFileError` for what is no UTF-8 when strict; else each such line is taken as Latin-1.
    """
    before, found = Block(), list[Block]()
    current, in_terrain = before, False
    text = raw.removeprefix(BYTE_ORDER_MARK).removesuffix(b"\x1a").decode("utf-8", "surrogateescape")
    for number, line in enumerate(_LINES.split(text), start=1):
        said = line.split("*", 1)[0].strip(_BLANK)
        if not said:
            continue
        plain = _decoded(said, source, number, strict=strict)
        record = _record(number, plain)
        if record.code == "AC":
            current, in_terrain = Block(), False
            found.append(current)
        if record.code in TERRAIN:
            in_terrain = in_terrain or current is before or current.is_drawn
        elif in_terrain:
            current.terrain = current.terrain or record
        elif record.code not in DRAWING:
            current.records.append(record)
            current.guessed = current.guessed or plain != said
    return before, found


def _decoded(said: str, source: str, number: int, *, strict: bool) -> str:
    raw = said.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if strict:
            problem = "not UTF-8: save it as UTF-8 (read tolerantly, it is taken as Latin-1)"
            raise ZoneFileError(source, None, None, problem, number) from None
        return raw.decode("latin-1")


def _record(number: int, text: str) -> Record:
    matched = _RECORD.match(text)
    if matched is None:
        return Record(number, "", text)
    return Record(number, matched[1].upper(), matched[2].strip(_BLANK))


_ANGLE = r"(\d{1,3})[:\s](\d{1,2}(?:\.\d{1,12})?)(?:[:\s](\d{1,2}(?:\.\d{1,12})?))?\s*"
_POSITION = re.compile(_ANGLE + r"([NS])[\s,]*" + _ANGLE + "([EW])", re.IGNORECASE | re.ASCII)


def uncommented(value: str) -> str:
    """A value without the remark that follows a semicolon."""
    return value.split(";", 1)[0].strip()


def positions(ctx: Context, value: str, count: int, where: str) -> list[Position]:
    """Exactly so many positions, as `dd:mm:ss N ddd:mm:ss E` or `dd:mm.mmm N ddd:mm.mmm E`."""
    rest = _POSITION.sub("", value)
    found = [_position(ctx, one, where) for one in _POSITION.finditer(value)]
    if len(found) != count or rest.strip(" \t,"):
        due = "a position" if count == 1 else f"{count} positions"
        ctx.fault(
            where, f"{due} as dd:mm:ss N ddd:mm:ss E or dd:mm.mmm N ddd:mm.mmm E needed, got {value[:60]!r}"
        )
    return found


def _position(ctx: Context, match: re.Match[str], where: str) -> Position:
    lat = _angle(ctx, match, 1, 90.0, where) * (-1.0 if match[4] in "Ss" else 1.0)
    lon = _angle(ctx, match, 5, 180.0, where) * (-1.0 if match[8] in "Ww" else 1.0)
    return lon, lat


def _angle(ctx: Context, match: re.Match[str], first: int, most: float, where: str) -> float:
    degrees, minutes, seconds = (match[first + index] for index in range(3))
    if seconds is not None and "." in minutes:
        ctx.fault(where, f"{match[0]!r} has a fraction of minutes and seconds")
    parts = float(minutes), float(seconds or 0.0)
    value = int(degrees) + parts[0] / 60.0 + parts[1] / 3600.0
    if max(parts) >= 60.0 or value > most:
        ctx.fault(where, f"{match[0]!r}: minutes and seconds below 60, at most {most:g} degrees are needed")
    return value


_NUMBER = re.compile(r"\+?(\d{1,4}(?:\.\d{0,20})?|\.\d{1,20})", re.ASCII)


def number(ctx: Context, text: str, where: str, what: str) -> float:
    """A plain number, 0 or more."""
    if _NUMBER.fullmatch(text.strip()) is None:
        ctx.fault(where, f"{what} is needed, got {text[:60]!r}")
    return float(text)


_GROUND = frozenset({"GND", "SFC", "SURFACE", "GROUND", "0"})
_ENDLESS = frozenset({"UNL", "UNLIM", "UNLIMITED"})
_LEVEL = re.compile(r"FL\s*(\d{1,3})", re.ASCII)
_HEIGHT = re.compile(
    r"(?:(?P<before>ALT|MSL|AMSL|AGL)\s*)?(?P<value>-?\d{1,6}(?:\.\d{1,6})?)\s*(?P<unit>FT|F|M)?\s*"
    r"(?P<after>MSL|AMSL|ALT|ASL|AGL|GND|SFC|ASFC|STD)?",
    re.ASCII,
)
_DATUMS = dict.fromkeys(("MSL", "AMSL", "ALT", "ASL"), Datum.AMSL) | {
    **dict.fromkeys(("AGL", "GND", "SFC", "ASFC"), Datum.AGL),
    "STD": Datum.FL,
}


def height(ctx: Context, value: str, where: str) -> Limit | None:
    """A limit; feet unless metres are stated. One in words is not stated when tolerant (rule E5)."""
    said = uncommented(value).upper()
    if said in _GROUND:
        return Limit(0.0, Datum.AGL)
    if said in _ENDLESS:
        return Limit(math.inf, Datum.AMSL)
    level = _LEVEL.fullmatch(said)
    if level is not None:
        return Limit(int(level[1]) * 100.0 * METRES_PER_FOOT, Datum.FL)
    found = _HEIGHT.fullmatch(said)
    if found is None:
        ctx.widens(where, f"{value[:60]!r} is no height, flight level, GND or UNL: taken as not stated")
        return None
    return _stated(ctx, found, where)


def _stated(ctx: Context, found: re.Match[str], where: str) -> Limit:
    if found["before"] and found["after"]:
        ctx.fault(where, f"{found[0]!r} has two references")
    name = found["before"] or found["after"]
    if name is None:
        ctx.breach(where, f"{found[0]!r} has no reference (AGL, AMSL): taken above mean sea level")
    metres = 1.0 if found["unit"] == "M" else METRES_PER_FOOT
    return Limit(float(found["value"]) * metres, _DATUMS[name or "AMSL"])


_SPAN = re.compile(r"([^/\s]+)\s*/\s*([^/\s]+)")


def times(ctx: Context, value: str, where: str) -> TimePeriod | None:
    """An `AA` record: from and to in UTC, either of them `NONE`; None alone where no time is known."""
    said = uncommented(value).upper()
    if said == "NONE":
        ctx.note("active at times that are told elsewhere: taken as always")
        return None
    span = _SPAN.fullmatch(said)
    if span is None:
        ctx.fault(where, f"start/end or NONE is needed, got {value[:60]!r}")
    start, end = (_moment(ctx, one, where) for one in span.groups())
    if start is None and end is None:
        ctx.note("active at times that are told elsewhere: taken as always")
        return None
    if start is not None and end is not None and end < start:
        ctx.fault(where, f"it ends ({end.isoformat()}) before it starts ({start.isoformat()})")
    return TimePeriod(start, end)


def _moment(ctx: Context, text: str, where: str) -> datetime | None:
    if text == "NONE":
        return None
    midnight = re.fullmatch(r"(.*T)24:00(?::00)?Z", text)
    try:
        found = datetime.fromisoformat(f"{midnight[1]}00:00Z" if midnight else text)
        found += timedelta(days=1 if midnight else 0)
    except (ValueError, OverflowError):
        ctx.fault(where, f"{text[:60]!r} is no ISO 8601 time")
    if found.tzinfo is None:
        ctx.fault(where, f"{text} has no offset from UTC")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        ctx.fault(where, f"{text} is before the year 1 or after 9999 in UTC")


def content_lines(records: list[Record]) -> Iterator[str]:
    """What the records say, whatever its place in the file: for naming a zone that has no name."""
    return (f"{one.code} {' '.join(one.value.split())}" for one in records)
