"""Members of plain GeoJSON features, and areas of our own among them: what these state is stated by known names, or the
area is refused.

A zone that prohibits is safer when a misspelt limit of it is passed over. An area that allows is not: it would be
higher, faster or longer than was meant. A feature that was to be such an area and is not taken for one is worse still,
as everything outside of it would be allowed.
"""

import re
from collections.abc import Iterator

from geofences.model.words import meant
from geofences.model.zone import OURS, Restriction
from geofences.readers.demands import called, only
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
    """Refuse an area of our own that states what nobody would heed, and a feature that was to be one and is none;
    remark on what seems misspelt in any other.
    """
    if demanded not in OURS:
        _judge_strays(ctx, feature, said)
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


def _judge_strays(ctx: Context, feature: Json, said: Json) -> None:
    """Refuse a feature that names a kind of ours anywhere but where it counts, or has terms that bind nobody."""
    for where, value in _words(feature, said):
        if re.sub(r"[^A-Z]+", "_", value.upper()) in _NAMES:
            ctx.demands = None
            ctx.fault(where, f"{shortened(value)} counts only as the restriction among the properties")
    for name in TERMS:
        if said.get(name) is not None:
            ctx.demands = None
            ctx.fault(name, f"only a {Restriction.PERMIT_AREA.value} has it: it binds nobody here")


_NAMES = frozenset(kind.value for kind in OURS)


def _words(feature: Json, said: Json) -> Iterator[tuple[str, str]]:
    for name, value in feature.items():
        if name not in ON_TOP:
            if isinstance(value, str):
                yield called(name), value
            for key, one in value.items() if isinstance(value, dict) else ():
                if isinstance(one, str):
                    yield f"{called(name)}.{called(key)}", one
    for name, value in said.items():
        if name not in TEXTS and name != "restriction" and isinstance(value, str):
            yield called(name), value


def _remark(ctx: Context, said: Json) -> None:
    """Zones of others may state anything; what is nearly one of the names that are read is remarked."""
    for name in said.keys() - SAID - STYLES:
        likely = meant(name, SAID)
        if likely is not None and said.get(likely) is None:
            ctx.note(f"{called(name)} is not read: did you mean {likely}?")
