"""What a sidewalk robot's wheels can't take, by the tags of OpenStreetMap: steps, raised kerbs, loose or rough ground,
slopes, and what mappers mark as not for wheelchairs. ``profiles/robot.lua`` says the same to the other engine."""

from __future__ import annotations

import math
import re

from fleet.network.pbf import Mark, Marks, Tags

STEEPEST_PERCENT = 12.0
"""Steeper than this no robot is sent; the limit of ramps for wheelchairs is half of it."""

TOO_ROUGH = frozenset({"very_bad", "horrible", "very_horrible", "impassable"})
TOO_SOFT = frozenset({"sand", "mud", "snow", "ice", "stepping_stones", "woodchips"})
TOO_HIGH = frozenset({"raised", "regular", "rolled", "yes"})
"""Kerbs above three centimetres, or of a height that nobody has said (`kerb=regular` is the older word for raised)."""

_NUMBER = re.compile(r"-?(\d+(?:\.\d+)?)")


def bars_node(tags: Tags) -> bool:
    """Whether no robot can pass there: a kerb that nobody has lowered, or what is marked so."""
    return tags.get("wheelchair") == "no" or tags.get("kerb") in TOO_HIGH


def bars_way(tags: Tags) -> bool:
    """Whether no robot can drive along it."""
    return (
        tags.get("highway") == "steps"
        or tags.get("wheelchair") == "no"
        or tags.get("smoothness") in TOO_ROUGH
        or tags.get("surface") in TOO_SOFT
        or slope_percent(tags.get("incline", "")) > STEEPEST_PERCENT
    )


def slope_percent(said: str) -> float:
    """A slope's steepness, up or down, in percent; 0 where it is not said as a number."""
    found = _NUMBER.match(said)
    if found is None:
        return 0.0
    return math.tan(math.radians(float(found[1]))) * 100 if "°" in said else float(found[1])


_NOT = {"wheelchair": "no"}
"""The one tag of what is barred to wheels that the engine heeds."""

_SEEN = {"entrance": "yes", "indoor": "yes"}
"""What makes the engine see a place in the middle of a way at all, and costs nobody who may pass there."""

NOT_FOR_WHEELS = Marks(
    node=Mark(bars_node, _NOT | _SEEN, frozenset({"wheelchair", "kerb"})),
    way=Mark(bars_way, _NOT, frozenset({"highway", "wheelchair", "smoothness", "surface", "incline"})),
)
"""All that is barred to wheels."""
