"""Members of plain GeoJSON features, and areas of our own among them: what these state is stated by known names, or the
area is refused.

A zone that prohibits is safer when a misspelt limit of it is passed over. An area that allows is not: it would be
higher, faster or longer than was meant. A feature that was to be such an area and is not taken for one is worse still,
as everything outside of it would be allowed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from geofences.model.words import LONGEST_WORD, meant
from geofences.model.zone import OURS, RESTRICTION_NAMES, Restriction
from geofences.readers.demands import called, only, own_kind
from geofences.readers.fields import Context, Json, member, shortened

TERMS = ("max_speed_mps", "max_count", "max_weight_kg")
LIMITS = ("lower_m", "lower_datum", "upper_m", "upper_datum", "radius_m")
"""What each volume may state."""

TIMES = ("starts_at", "ends_at", "schedule")
TEXTS = ("id", "name", "conditions", "message")
SAID = frozenset((*TEXTS, "country", "restriction", "reasons", *LIMITS, "volumes", *TIMES, "periods"))
"""What any feature may state among its properties."""

STYLES = frozenset(
    "title description fill fill-opacity stroke stroke-width stroke-opacity".split()
    + "marker-color marker-size marker-symbol".split()
)
"""How a feature looks, by Mapbox's simplestyle: drawing programs write it, and it says nothing of the zone."""

ON_TOP = frozenset(("type", "id", "bbox", "geometry", "properties", "crs", "coordRefSys"))
PERIOD = frozenset(("startDateTime", "endDateTime", "schedule"))
DAILY = frozenset(("day", "startTime", "endTime", "startEvent", "endEvent", "timezone"))
LISTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("volumes", frozenset(LIMITS)),
    ("periods", PERIOD),
    ("schedule", DAILY),
)


def judge_members(ctx: Context, feature: Json, said: Json, demanded: Restriction) -> None:
    """Refuse an area of our own that states what nobody would heed; remark on what seems misspelt in any other."""
    if demanded not in OURS:
        _remark(ctx, said)
        return
    terms = ("surface", *TERMS) if demanded is Restriction.PERMIT_AREA else ()
    only(ctx, feature, ON_TOP, "")
    only(ctx, said, SAID | STYLES | {*terms}, "properties")
    for name, known in LISTS:
        _judge_list(ctx, said.get(name), known, name)
    _judge_datums(ctx, said, "properties")


def _judge_list(ctx: Context, listed: object, known: frozenset[str], where: str) -> None:
    if listed == []:
        ctx.fault(where, "it is empty: what is left out holds always, and nothing never")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        here = f"{where}[{index}]"
        only(ctx, member(ctx, one, here), known, here)
        if where == "periods":
            _judge_list(ctx, one.get("schedule"), DAILY, f"{here}.schedule")
        if where == "volumes":
            _judge_datums(ctx, one, here)


def _judge_datums(ctx: Context, said: Json, where: str) -> None:
    for side in ("lower", "upper"):
        if said.get(f"{side}_datum") is not None and said.get(f"{side}_m") is None:
            ctx.fault(f"{where}.{side}_m", f"it is missing, beside a {side}_datum")


_FREE = frozenset(
    (*TEXTS, *"title description text otherReasonInfo identifier restrictionConditions coordinates".split())
)
"""Members in which any words may stand, as they say nothing of what a zone is; and the long one that has none."""

_DEMANDS = frozenset(("restriction", "Restriction", "RESTRICTION"))

_NAMES = frozenset(kind.value for kind in OURS)


def judge_strays(ctx: Context, item: object, counts: tuple[str, ...]) -> None:
    """Refuse a zone of any format that names a kind of ours anywhere but where it counts, or has terms that bind
    nobody.

    Taken for a prohibition, it would leave free whatever is outside of it. `counts` is the way to the member that says
    what a zone demands, which its reader judges.
    """
    if not isinstance(item, Mapping) or _stated(item, counts) in _NAMES:
        return
    stray = _stray(item, counts) if _may_stray(item) else None
    if stray is not None:
        where, word = stray
        ctx.fault(
            where, f"{shortened(word)} counts only as the restriction among the properties of plain GeoJSON"
        )
    inner = item.get("properties", item)
    for name in TERMS if isinstance(inner, Mapping) else ():
        if inner.get(name) is not None:
            ctx.fault(name, f"only a {Restriction.PERMIT_AREA.value} has it: it binds nobody here")


def stray_word(document: Json) -> tuple[str, str] | None:
    """The member beside the zones of a file that names a kind of ours, and its words: it counts for none of them."""
    zones = _holding_zones(document)
    return _stray({name: value for name, value in document.items() if name not in zones}, ())


def _holding_zones(document: Json) -> tuple[str, ...]:
    """The members of a document in which the zones are that are read of it: each is judged by itself."""
    kind = document.get("type")
    if kind == "FeatureCollection":
        return ("features",)
    if kind == "Feature":
        return ("properties", "geometry")
    wrappers = (name for name in ("UASZoneList", "features") if isinstance(document.get(name), list))
    return (next(wrappers, "geometries"),)


def _stated(item: Json, counts: Sequence[str]) -> str | None:
    found: object = item
    for name in counts:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _may_stray(item: Json) -> bool:
    """Whether it is worth the time to look closely; of most zones it is not."""
    left: list[Any] = [item]
    while left:
        holder = left.pop()
        for name, one in holder.items() if isinstance(holder, dict) else (("", each) for each in holder):
            if isinstance(one, str):
                if "AREA" in one.upper() or (name in _DEMANDS and one not in RESTRICTION_NAMES):
                    return True
            elif isinstance(one, (list, dict)) and name not in _FREE:
                if name in _DEMANDS:
                    return True
                left.append(one)
    return False


def _stray(item: Json, counts: tuple[str, ...]) -> tuple[str, str] | None:
    """The first place at which a kind of ours is named, and the words for it."""
    left: list[tuple[tuple[str, ...], object]] = [((), item)]
    while left:
        way, value = left.pop()
        if isinstance(value, str):
            if _names_ours(value, way[-1]):
                return ".".join(map(called, way)), value
        elif isinstance(value, Mapping):
            members = [((*way, name), one) for name, one in value.items() if name not in _FREE]
            left += [one for one in members if one[0] != counts or not isinstance(one[1], str)]
        elif isinstance(value, list):
            left += [(way, one) for one in value]
    return None


def _names_ours(words: str, member: str) -> bool:
    """Whether words are a kind of ours; or nearly, in a member that says what is demanded."""
    if len(words) > LONGEST_WORD:
        return False
    if member in _DEMANDS:
        return own_kind(words) is not None
    capitals = words.upper()
    return "AREA" in capitals and re.sub(r"[^A-Z]+", "_", capitals).strip("_") in _NAMES


def _remark(ctx: Context, said: Json) -> None:
    """Zones of others may state anything; what is nearly one of the names that are read is remarked."""
    for name in said.keys() - SAID - STYLES:
        likely = meant(name, SAID)
        if likely is not None and said.get(likely) is None:
            ctx.note(f"{called(name)} is not read: did you mean {likely}?")
