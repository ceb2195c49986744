"""Taking values out of a parsed zone file, with errors that say which file, zone and field."""

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NoReturn

from geofences.errors import ShapeError, ZoneFileError
from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import (
    METRES_PER_FOOT,
    NO_CEILING_M,
    Datum,
    Limit,
    below_at_sea_level,
    is_ground,
    never_above,
)
from geofences.model.periods import EVERY_DAY
from geofences.model.zone import (
    NEVER_BLOCKS,
    CircleShape,
    PolygonShape,
    Position,
    Restriction,
    Ring,
    Volume,
    is_text,
)
from geofences.readers.profiles import STANDARD, Profile
from geofences.zones.describe import limit_text

DAYS = {name: frozenset({number}) for number, name in enumerate("MON TUE WED THU FRI SAT SUN".split())} | {
    "ANY": EVERY_DAY
}
NUMBERS = frozenset({int, float})
UNITS_M = {"M": 1.0, "FT": METRES_PER_FOOT}
STATED = (Datum.AGL, Datum.AMSL, Datum.WGS84)
"""The datums that the standards name; a flight level is none of them."""


@dataclass(slots=True)
class Context:
    """Where the reader is, how strict it is, and what it remarks about the zone in hand; `demands` is what that zone
    demands, once it is known.
    """

    file: str
    strict: bool
    zone: str | None = None
    line: int | None = None
    flags: list[str] = field(default_factory=list)
    profile: Profile = STANDARD
    demands: Restriction | None = None

    def fault(self, field_name: str | None, message: str) -> NoReturn:
        """Refuse the zone."""
        raise ZoneFileError(self.file, self.zone, field_name, message, self.line)

    def breach(self, field_name: str, message: str, deviation: str = "") -> None:
        """Something the format forbids but whose meaning is plain: refused when strict, unless the national profile
        knows the deviation; else remarked.
        """
        if self.strict and deviation not in self.profile.allows:
            self.fault(field_name, message)
        self.note(f"{field_name}: {message}")

    def widens(self, field_name: str, message: str) -> None:
        """Something that is read as more than was written, to be on the safe side: refused when strict, else remarked.
        Of a zone that allows it is never the safe side: refused in either mode.
        """
        if self.strict or self.demands in NEVER_BLOCKS:
            self.fault(field_name, message)
        self.note(f"{field_name}: {message}")

    def note(self, remark: str) -> None:
        """Remark something about the zone in hand."""
        if remark not in self.flags:
            self.flags.append(remark)


Json = Mapping[str, Any]


class Doubled(dict[str, Any]):
    """An object of a JSON document that states a name twice: which of the two counts, nobody can say."""

    name = ""


def member(ctx: Context, value: object, where: str) -> Json:
    """An object that states each name once."""
    if not isinstance(value, dict):
        ctx.fault(where, f"an object is needed, got {shortened(value)}")
    if type(value) is Doubled:
        ctx.fault(f"{where}.{shortened(value.name)}", "stated twice in one object: which counts?")
    return value


def members(ctx: Context, value: object, where: str) -> Sequence[Any]:
    """An array."""
    if not isinstance(value, list):
        ctx.fault(where, f"an array is needed, got {shortened(value)}")
    return value


def number(ctx: Context, value: object, where: str) -> float:
    """A finite number."""
    if type(value) not in NUMBERS or not math.isfinite(found := _float(value)):
        ctx.fault(where, f"a finite number is needed, got {shortened(value)}")
    return found


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON's integers know no largest one
        return math.inf


def text(ctx: Context, value: object, where: str) -> str:
    """Text; absent is empty."""
    if value is None:
        return ""
    if not isinstance(value, str):
        ctx.fault(where, f"text is needed, got {shortened(value)}")
    if not is_text(value):
        ctx.fault(where, f"{shortened(value)} holds what is no character")
    return value


_SHOWN = reprlib.Repr()
_SHOWN.maxlevel, _SHOWN.maxlist, _SHOWN.maxdict = 3, 4, 3
_SHOWN.maxstring = _SHOWN.maxlong = _SHOWN.maxother = 60


def shortened(value: object) -> str:
    """A value as a message shows it, however long or deeply nested it is."""
    shown = _SHOWN.repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def ring(ctx: Context, value: Any, where: str) -> Ring:
    """A ring of positions; a third coordinate is dropped."""
    found = _pairs_of_floats(value) or tuple(
        position(ctx, one, f"{where}[{index}]") for index, one in enumerate(members(ctx, value, where))
    )
    if len(set(found)) >= 3 and found[0] != found[-1]:
        ctx.widens(where, "the ring is not closed: its last position must repeat its first")
        found = (*found, found[0])
    return found


def _pairs_of_floats(value: object) -> Ring | None:
    """The positions of a ring that holds nothing but pairs of finite floats, as nearly all do; None for any other.

    Seen as a whole it takes a tenth of the time that one by one does: files hold half a million positions.
    """
    if not isinstance(value, list) or set(map(type, value)) != {list} or set(map(len, value)) != {2}:
        return None
    numbers = list(chain.from_iterable(value))
    if set(map(type, numbers)) != {float} or not math.isfinite(sum(numbers)):
        return None
    return tuple(map(tuple, value))


def position(ctx: Context, value: object, where: str) -> Position:
    """A longitude and a latitude."""
    pair = members(ctx, value, where)
    if len(pair) < 2:
        ctx.fault(where, f"a longitude and a latitude are needed, got {shortened(value)}")
    return number(ctx, pair[0], where), number(ctx, pair[1], where)


def polygon(ctx: Context, coordinates: object, where: str) -> PolygonShape:
    """A polygon with holes that encloses something unambiguous."""
    rings = [
        ring(ctx, one, f"{where}[{index}]") for index, one in enumerate(members(ctx, coordinates, where))
    ]
    if not rings or not rings[0]:
        ctx.fault(where, "the polygon is empty")
    shape = PolygonShape(rings[0], tuple(rings[1:]))
    judge(ctx, shape, where)
    return shape


def circle(ctx: Context, centre: object, radius_m: float, where: str) -> CircleShape:
    """A geodesic circle."""
    lon, lat = position(ctx, centre, where)
    shape = CircleShape(lon, lat, radius_m)
    judge(ctx, shape, where)
    return shape


def judge(ctx: Context, shape: PolygonShape | CircleShape, where: str) -> None:
    """Refuse a shape that cannot be checked against."""
    try:
        lonlat_polygon(shape)
    except ShapeError as error:
        ctx.fault(where, str(error))


def unit_m(ctx: Context, value: object, where: str) -> float:
    """Metres in the stated unit; metres if none is stated (rule E4)."""
    name = (text(ctx, value, where) or "M").upper()
    if name not in UNITS_M:
        ctx.fault(where, f"unit {name!r} is none of {', '.join(UNITS_M)}")
    return UNITS_M[name]


def limit(
    ctx: Context,
    value: object,
    reference: object,
    metres: float,
    where: str,
    datums: Sequence[Datum] = STATED,
) -> Limit | None:
    """A limit in its own datum; absent or null is "not stated" (rule E5)."""
    if value is None:
        return None
    height = number(ctx, value, where)
    datum = text(ctx, reference, f"{where} reference").upper()
    if datum not in datums:
        ctx.fault(f"{where} reference", f"{datum!r} is none of {', '.join(datums)}")
    endless = NO_CEILING_M if ctx.profile.no_ceiling_m is None else ctx.profile.no_ceiling_m
    if height > endless and ctx.demands in NEVER_BLOCKS:
        ctx.fault(where, f"{height:g} is more than {endless:g}, which means no ceiling: is it in metres?")
    return Limit(math.inf if height >= endless else height * metres, Datum(datum))


def volume(
    ctx: Context, shape: PolygonShape | CircleShape, lower: Limit | None, upper: Limit | None, where: str
) -> Volume:
    """A volume whose limits do not contradict each other; limits that are not stated are remarked."""
    if lower is not None and math.isinf(lower.value_m):
        ctx.fault(where, "the lower limit is the value that means no ceiling")
    if lower is not None and upper is not None:
        _judge_order(ctx, lower, upper, where)
    if upper is not None and is_ground(upper):
        ctx.widens(f"{where}, upper limit", "the ground is no upper limit: taken as unbounded")
        upper = None
    elif upper is not None and below_at_sea_level(lower, upper):
        least = "the ground" if lower is None or is_ground(lower) else f"the lower, {limit_text(lower)},"
        said = f"{limit_text(upper)} is not above {least} wherever the ground is above the sea"
        ctx.widens(f"{where}, upper limit", f"{said}: taken as unbounded")
        upper = None
    for name, one in (("lower", lower), ("upper", upper)):
        if one is None:
            ctx.note(f"{name} limit not stated: taken as unbounded")
    return Volume(shape, lower, upper)


def _judge_order(ctx: Context, lower: Limit, upper: Limit, where: str) -> None:
    """Refuse limits between which there is nothing anywhere on Earth; in different datums only the extremes tell."""
    if never_above(lower, upper):
        ctx.fault(where, f"the upper limit {limit_text(upper)} is below the lower limit {limit_text(lower)}")
