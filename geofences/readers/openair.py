"""OpenAir airspace files: classes and types, heights in feet, metres and flight levels, points, arcs and circles.

Both the original records and the extended ones (`AY`, `AI`, `AA`, `AF`, `AG`, `AX`) are read. `*` begins a comment.
What only draws (`AT`, `SP`, `SB`) and polygons of terrain (what follows `TO` or `TC` once the airspace is drawn) are no
airspace. Airway segments (`DY`) have no shape that programs agree on: a zone with one is refused. Each `AC` record is
one zone, or one that is refused.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from geofences.errors import ShapeError, ZoneFileError
from geofences.geometry.shapes import LARGEST_RADIUS_M, lonlat_polygon
from geofences.model.altitude import Datum, Limit
from geofences.model.applicability import Applicability
from geofences.model.periods import TimePeriod
from geofences.model.refused import Refused
from geofences.model.zone import CircleShape, PolygonShape, Position, Restriction, Zone
from geofences.readers import fields
from geofences.readers.arcs import Arc, arc_by_bearings, arc_by_ends, filled, ring_of
from geofences.readers.collection import MOST_LINES, ZoneFile, judge_size, read_each, shown
from geofences.readers.demands import own_kind
from geofences.readers.fields import Context
from geofences.readers.naming import content_id, slug
from geofences.readers.openair_classes import NEUTRAL, STRICTNESS, Demand, demand_of, stricter
from geofences.readers.openair_text import (
    Block,
    Record,
    blocks_of,
    content_lines,
    height,
    looks_like_openair,
    number,
    positions,
    times,
    uncommented,
)

NAME = "openair"
METRES_PER_MILE = 1852.0
AGREE_SHARE, AGREE_M = 0.02, 100.0
"""The ends of an arc may differ in their distance from its centre by this share of it and so many metres more."""


def recognises(raw: bytes) -> bool:
    """Whether some line begins an airspace."""
    return looks_like_openair(raw)


def read(raw: bytes, source: str, *, strict: bool) -> ZoneFile:
    """Read the zones in the bytes of a file. Strict raises `ZoneFileError` for any fault."""
    judge_size(raw, source, b"\n\r\v\f", MOST_LINES, "lines")
    before, blocks = blocks_of(raw, source, strict=strict)
    names = Counter(slug(_name(one)) for one in blocks)

    def read_one(block: Block, ctx: Context) -> list[Zone]:
        return [_zone(block, ctx, alone=names[slug(_name(block))] == 1)]

    found = read_each(blocks, read_one, NAME, source, strict=strict, name_of=_label)
    stray = [one for one in before.records if one.code != "V"]
    if not stray:
        return found
    problem = f"{_shown(stray[0])} before the first AC"
    if strict:
        raise ZoneFileError(source, None, stray[0].code or None, problem, stray[0].line)
    return ZoneFile(
        source,
        NAME,
        found.zones,
        (Refused("before the first AC", f"line {stray[0].line}: {problem}"), *found.refused),
    )


def _label(block: Block, index: int) -> str:
    name = _name(block)
    return f"number {index + 1} ({shown(name)})" if name else f"number {index + 1}"


def _name(block: Block) -> str:
    return next((one.value for one in block.records if one.code == "AN"), "")


def _shown(record: Record) -> str:
    return repr(f"{record.code} {record.value}".strip()[:60])


@dataclass(slots=True)
class _Draft:
    """What has been read of a zone so far."""

    said: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Limit | None] = field(default_factory=dict)
    periods: list[TimePeriod | None] = field(default_factory=list)
    centre: Position | None = None
    clockwise: bool = True
    outline: list[Position | Arc] = field(default_factory=list)
    circles: list[CircleShape] = field(default_factory=list)


def _zone(block: Block, ctx: Context, *, alone: bool) -> Zone:
    """One airspace; `alone` where no other of the file has its name."""
    draft = _Draft()
    ctx.demands = _stated(block)
    if block.guessed:
        ctx.note("not UTF-8: taken as Latin-1")
    if block.terrain is not None:
        ctx.line = block.terrain.line
        ctx.breach(
            block.terrain.code or "TO", "it follows TO or TC: taken as terrain, no part of the airspace"
        )
    for record in block.records:
        ctx.line = record.line
        _HANDLERS.get(record.code, _unknown)(ctx, draft, record)
    ctx.line = block.records[0].line
    shapes = _shapes(ctx, draft)
    limits = draft.limits.get("AL"), draft.limits.get("AH")
    volumes = tuple(fields.volume(ctx, shape, *limits, "AL, AH") for shape in shapes)
    demand = _demand(ctx, draft.said)
    ctx.demands = demand.restriction
    name = draft.said.get("AN", "")
    return Zone(
        zone_id=draft.said.get("AI") or _named(name, block, alone=alone),
        restriction=demand.restriction,
        volumes=volumes,
        name=name,
        reasons=("AIR_TRAFFIC",),
        applicability=_applicability(draft.periods),
        conditions=demand.name,
        message=_message(draft.said),
        source=ctx.file,
        flags=tuple(ctx.flags),
    )


def _named(name: str, block: Block, *, alone: bool) -> str:
    """The name, so that a zone keeps its id when it is changed; with a code of the content where names are shared."""
    if alone and slug(name):
        return slug(name)
    return content_id({"properties": {"name": name}, "records": list(content_lines(block.records))})


def _applicability(periods: list[TimePeriod | None]) -> Applicability:
    known = tuple(one for one in periods if one is not None)
    return Applicability(known) if len(known) == len(periods) else Applicability()


def _message(said: dict[str, str]) -> str:
    transponder = said.get("AX") or said.get("TP")
    parts = said.get("AG"), said.get("AF"), transponder and f"transponder {transponder}"
    return " ".join(part for part in parts if part)


def _stated(block: Block) -> Restriction | None:
    """What all classes and types together demand, before anything else is read; None where one is not known."""
    said = (uncommented(one.value).upper() for one in block.records if one.code in ("AC", "AY"))
    known = [demand_of(code) for code in said if code and code not in NEUTRAL]
    found = [one.restriction for one in known if one is not None]
    return max(found, key=STRICTNESS.index) if found and len(found) == len(known) else None


def _demand(ctx: Context, said: dict[str, str]) -> Demand:
    """The stricter of class and type; a code that is not known is refused when strict, else prohibits (rule E12)."""
    demands = []
    for code in ("AC", "AY"):
        written = said.get(code, "").upper()
        if not written or written in NEUTRAL:
            continue
        known = demand_of(written)
        if own_kind(written) is not None:
            ctx.fault(code, f"{said[code][:60]!r} is an area of one's own: only plain GeoJSON has them")
        if known is None:
            ctx.breach(code, f"unknown {said[code][:60]!r}: taken as prohibited")
        demands.append(known or Demand(f"unknown class {said[code][:60]}", Restriction.PROHIBITED))
    if not demands:
        ctx.note("neither class nor type says what is demanded: taken as prohibited")
        return Demand("unclassified", Restriction.PROHIBITED)
    return stricter(demands[0], demands[-1])


# ---- records -------------------------------------------------------------------------------------


def _text(ctx: Context, draft: _Draft, record: Record) -> None:
    if record.code == "AY" and "AY" in draft.said:
        ctx.fault("AY", "stated twice")
    if record.code in draft.said:
        ctx.breach(record.code, "stated twice: the first counts")
        return
    draft.said[record.code] = record.value if record.code == "AN" else uncommented(record.value)


def _limit(ctx: Context, draft: _Draft, record: Record) -> None:
    if record.code in draft.limits:
        ctx.fault(record.code, "stated twice")
    limit = height(ctx, record.value, record.code)
    if record.code == "AH" and limit is not None and limit.datum is Datum.AGL and limit.value_m <= 0.0:
        ctx.widens("AH", "the ground is no upper limit: taken as not stated")
        limit = None
    draft.limits[record.code] = limit


def _times(ctx: Context, draft: _Draft, record: Record) -> None:
    draft.periods.append(times(ctx, record.value, record.code))


def _variable(ctx: Context, draft: _Draft, record: Record) -> None:
    name, sign, value = (part.strip() for part in uncommented(record.value).partition("="))
    match name.upper(), value:
        case "X", _ if sign:
            (draft.centre,) = positions(ctx, value, 1, "V X")
        case "D", "+" | "-":
            draft.clockwise = value == "+"
        case "W" | "Z", _:
            pass  # the width of airways, which are refused; the zoom of a map
        case _:
            ctx.fault("V", f"X=position, D=+ or D=- is needed, got {record.value[:60]!r}")


def _point(ctx: Context, draft: _Draft, record: Record) -> None:
    draft.outline += positions(ctx, uncommented(record.value), 1, record.code)


def _circle(ctx: Context, draft: _Draft, record: Record) -> None:
    radius_m = number(ctx, uncommented(record.value), "DC", "a radius in nautical miles") * METRES_PER_MILE
    draft.circles.append(fields.circle(ctx, list(_centre(ctx, draft, "DC")), radius_m, "DC"))


def _arc_by_bearings(ctx: Context, draft: _Draft, record: Record) -> None:
    centre, words = _centre(ctx, draft, "DA"), uncommented(record.value).split(",")
    if len(words) != 3:
        ctx.fault("DA", f"radius, start and end angle are needed, got {record.value[:60]!r}")
    radius, start, end = (number(ctx, word, "DA", "a number") for word in words)
    if max(start, end) > 360.0:
        ctx.fault("DA", f"angles of 0 to 360 degrees are needed, got {record.value[:60]!r}")
    if radius == 0.0:
        ctx.fault("DA", "the radius is 0")
    _add_arc(
        ctx,
        draft,
        "DA",
        lambda: arc_by_bearings(centre, radius * METRES_PER_MILE, start, end, clockwise=draft.clockwise),
    )


def _arc_by_ends(ctx: Context, draft: _Draft, record: Record) -> None:
    centre = _centre(ctx, draft, "DB")
    start, end = positions(ctx, uncommented(record.value), 2, "DB")
    arc = _add_arc(ctx, draft, "DB", lambda: arc_by_ends(centre, start, end, clockwise=draft.clockwise))
    apart = arc.farthest_m - arc.nearest_m
    if apart > AGREE_SHARE * arc.farthest_m + AGREE_M:
        ctx.breach("DB", f"its ends are {arc.nearest_m:.0f} and {arc.farthest_m:.0f} m from its centre")


def _add_arc(ctx: Context, draft: _Draft, where: str, make: Callable[[], Arc]) -> Arc:
    try:
        arc = make()
    except ValueError as error:
        ctx.fault(where, str(error))
    if arc.farthest_m > LARGEST_RADIUS_M:
        ctx.fault(where, f"a radius of {arc.farthest_m:.0f} m is more than {LARGEST_RADIUS_M:.0f} m")
    draft.outline.append(arc)
    return arc


def _centre(ctx: Context, draft: _Draft, where: str) -> Position:
    if draft.centre is None:
        ctx.fault(where, "no centre (V X=) stands before it")
    return draft.centre


def _airway(ctx: Context, draft: _Draft, record: Record) -> None:  # noqa: ARG001 - one form for all handlers
    ctx.fault("DY", "airway segments have no agreed shape: draw the airway with DP")


def _unknown(ctx: Context, draft: _Draft, record: Record) -> None:  # noqa: ARG001 - one form for all handlers
    """A record that may draw part of the zone can't be left out; one about it can, when tolerant."""
    if not record.code.startswith("A"):
        ctx.fault(record.code or None, f"{_shown(record)} is no record that is known")
    ctx.breach(record.code, f"{_shown(record)} is no record that is known")


_HANDLERS: dict[str, Callable[[Context, _Draft, Record], None]] = {
    **dict.fromkeys(("AC", "AN", "AY", "AI", "AF", "AG", "AX", "TP"), _text),
    **dict.fromkeys(("AL", "AH"), _limit),
    "AA": _times,
    "V": _variable,
    "DP": _point,
    "DC": _circle,
    "DA": _arc_by_bearings,
    "DB": _arc_by_ends,
    "DY": _airway,
}


# ---- shapes --------------------------------------------------------------------------------------


def _shapes(ctx: Context, draft: _Draft) -> list[CircleShape | PolygonShape]:
    if draft.circles and draft.outline:
        ctx.breach("DC", "a circle and an outline in one zone: taken as both")
    found: list[CircleShape | PolygonShape] = [*draft.circles]
    if draft.outline:
        found += _outlined(ctx, draft.outline)
    if not found:
        ctx.fault(None, "nothing is drawn: DP, DA, DB or DC is needed")
    return found


def _outlined(ctx: Context, outline: list[Position | Arc]) -> list[PolygonShape]:
    """The polygon of an outline; tolerant takes one that crosses itself with all that it encloses."""
    try:
        ring = ring_of(outline)
    except ValueError as error:
        ctx.fault("DP", str(error))
    if len(set(ring)) < 3:
        ctx.fault("DP", f"{len(set(ring))} different corners enclose nothing, at least 3 are needed")
    shape = PolygonShape(ring)
    try:
        lonlat_polygon(shape)
    except ShapeError as error:
        repaired = filled(ring)
        if ctx.strict or not repaired:
            ctx.fault("DP", str(error))
        ctx.widens("DP", f"{error}: taken with all that it encloses")
        for one in repaired:
            fields.judge(ctx, one, "DP")
        return repaired
    return [shape]
