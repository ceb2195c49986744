"""Going through the zones of a file: all or nothing when strict, with a list of the refused when tolerant."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geofences.errors import ZoneError, ZoneFileError
from geofences.model.refused import Refused, because
from geofences.model.zone import WORDS, Zone
from geofences.readers.crs import crs_problem
from geofences.readers.fields import Context, Doubled, shortened
from geofences.readers.ours import judge_strays, stray_word
from geofences.readers.profiles import STANDARD, Profile

MAX_BYTES = 200_000_000
"""Larger files are refused: a national file has a few megabytes."""

MOST_VALUES = 20_000_000
"""Brackets and commas: files of more are refused. What holds little but brackets takes 100 bytes for each byte."""

MOST_ZONES = 500_000
MOST_LINES = 5_000_000
MOST_REFUSED = 10_000
"""Tolerant reading gives up where it would have to list more than this."""

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What was read from one file."""

    source: str
    format: str
    zones: tuple[Zone, ...]
    refused: tuple[Refused, ...] = ()
    profile: str = ""
    """The national profile by which it was read; empty is none."""


ReadOne = Callable[[Any, Context], Iterable[Zone]]


def read_each(
    items: Sequence[Any],
    read_one: ReadOne,
    format_name: str,
    source: str,
    *,
    strict: bool,
    counts: tuple[str, ...] = (),
    name_of: Callable[[Any, int], str] | None = None,
    profile: Profile = STANDARD,
) -> ZoneFile:
    """Read item by item. Strict: raises `ZoneFileError` at the first bad one. Tolerant: lists the bad
    ones. `counts` is the way to the member of an item that says what is demanded.
    """
    zones: list[Zone] = []
    refused: list[Refused] = []
    if len(items) > MOST_ZONES:
        raise ZoneFileError(
            source, None, None, f"{len(items)} zones are more than {MOST_ZONES}: split the file"
        )
    for index, item in enumerate(items):
        ctx = Context(source, strict, (name_of or label)(item, index), profile=profile)
        try:
            zones.extend(_read(read_one, item, ctx, counts))
        except ZoneFileError as error:
            if strict:
                raise
            if len(refused) == MOST_REFUSED:
                problem = (
                    f"more than {MOST_REFUSED} zones would be refused: is it the file that it seems? {error}"
                )
                raise ZoneFileError(source, None, None, problem) from None
            reason = because(error.message, f"line {error.line}" if error.line else None, error.field)
            refused.append(Refused(str(error.zone), reason, ctx.demands))
    return ZoneFile(source, format_name, tuple(zones), tuple(refused), profile.name)


def _read(read_one: ReadOne, item: Any, ctx: Context, counts: tuple[str, ...]) -> list[Zone]:
    try:
        _remark(item, ctx)
        _judge_crs(item, ctx)
        adapted = ctx.profile.adapted(item)
        judge_strays(ctx, adapted, counts)
        return [_judged(zone) for zone in read_one(adapted, ctx)]
    except RecursionError:
        ctx.fault("feature", "nested too deeply")
    except ZoneError as error:  # what readers let through is still no zone
        ctx.fault(error.field, error.message)


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What steers a terminal, or turns the direction in which a text is read."""

_IN_A_LINE = re.compile(f"{_CONTROLS.pattern}|[\t\n\r\u2028\u2029]")
"""What has no place in a name either; a message may have several lines."""

_LONG_TEXTS = ("conditions", "message")


def _judged(zone: Zone) -> Zone:
    """The zone, with a remark on texts that whoever shows them has to mind."""
    flags = [f"{name}: holds control characters" for name in WORDS if _steers(name, getattr(zone, name))]
    return replace(zone, flags=(*zone.flags, *flags)) if flags else zone


def _steers(name: str, said: str | tuple[str, ...]) -> bool:
    text = said if isinstance(said, str) else "".join(said)
    return not text.isprintable() and bool((_CONTROLS if name in _LONG_TEXTS else _IN_A_LINE).search(text))


def _judge_crs(item: Any, ctx: Context) -> None:
    """Old GeoJSON lets each feature and each geometry have a coordinate system of its own."""
    if isinstance(item, Mapping) and ("geometry" in item or "crs" in item):
        geometry = item.get("geometry")
        for where, holder in (("", item), ("geometry.", geometry)):
            problem = crs_problem(holder) if isinstance(holder, Mapping) else None
            if problem is not None:
                ctx.fault(where + problem[0], problem[1])


def _remark(item: Any, ctx: Context) -> None:
    """What the profile wants a reader to know of."""
    inner = item.get("properties") if isinstance(item, Mapping) else None
    for name in ctx.profile.remarks:
        if isinstance(inner, Mapping) and inner.get(name) is not None:
            ctx.note(f"{name}: {shortened(inner[name])} is not evaluated")


def label(item: object, index: int) -> str:
    """How a message names an item: by its place in the file, and by its identifier where it has one."""
    place = f"number {index + 1}"
    if not isinstance(item, Mapping):
        return place
    inner = item.get("properties")
    for holder in (item, inner if isinstance(inner, Mapping) else {}):
        for key in ("identifier", "id", "OBJECTID", "name"):
            if isinstance(holder.get(key), str | int):
                return f"{place} ({shown(holder[key])})"
    return place


_NOT_SHOWN = re.compile(f"{_IN_A_LINE.pattern}|[\ud800-\udfff]")


def shown(name: object) -> str:
    """A name as a message may show it: not endless, and without what steers a terminal or can't be written."""
    written = _NOT_SHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), str(name))
    return written if len(written) <= LONGEST_SHOWN else written[: LONGEST_SHOWN - 1] + "…"


def judge_size(raw: bytes, source: str, marks: bytes, most: int, what: str) -> None:
    """Refuse a file with more of some characters than can be read in a few gigabytes of memory."""
    count = sum(raw.count(bytes((mark,))) for mark in marks)
    if count > most:
        raise ZoneFileError(source, None, None, f"{count} {what} are more than {most}: split the file")


def parse(raw: bytes, source: str) -> Any:
    """The JSON document in UTF-8, with or without a byte-order mark (rule E1). Raises `ZoneFileError`."""
    judge_size(raw, source, b"[{,", MOST_VALUES, "brackets and commas")
    line = None
    try:
        return json.loads(_decoded(raw), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        problem = f"{_encoding(raw) or f'not UTF-8 at byte {error.start}'}: save it as UTF-8"
    except json.JSONDecodeError as error:
        problem, line = f"broken JSON in column {error.colno}: {error.msg}", error.lineno
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = f"broken JSON: {error}"
    raise ZoneFileError(source, None, None, problem, line)


def top(document: Any, source: str) -> Mapping[str, Any]:
    """The object at the top of a document. Raises `ZoneFileError` for anything else."""
    if not isinstance(document, Mapping):
        raise ZoneFileError(source, None, None, "a JSON object is needed at the top")
    if isinstance(document, Doubled):
        raise ZoneFileError(source, None, shown(document.name), "stated twice at the top: which counts?")
    if "features" in document and "UASZoneList" in document:
        raise ZoneFileError(source, None, "UASZoneList", "stated beside features: which of them counts?")
    stray = stray_word(document)
    if stray is not None:
        problem = f"{shortened(stray[1])} counts only as the restriction among the properties of a feature"
        raise ZoneFileError(source, None, stray[0], problem)
    return document


def _decoded(raw: bytes) -> str:
    if b"\0" in raw[:4]:  # UTF-16 and UTF-32 without a mark are valid UTF-8 full of zero bytes
        raise UnicodeDecodeError("utf-8", raw[:4], 0, 1, "zero byte")
    return raw.decode("utf-8-sig")


def _encoding(raw: bytes) -> str | None:
    """What a file that is no UTF-8 seems to be, by its first bytes."""
    if raw[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE) or raw[:4].count(0) == 3:
        return "it is UTF-32"
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or 0 in raw[:4]:
        return "it is UTF-16"
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that states a name twice is marked, so that whoever needs it can refuse it."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = Doubled(found)
    marked.name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return marked


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def features_of(document: Mapping[str, Any], source: str) -> list[Any]:
    """The features of a GeoJSON document; a lone Feature or geometry counts as one. Raises
    `ZoneFileError`.
    """
    problem = crs_problem(document)
    if problem is not None:
        raise ZoneFileError(source, None, *problem)
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
