"""Where streets are: the box around those of an extract, and what is told of closed parts and depots elsewhere.

Most often they are of another place, or have their latitude first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import shapely

from fleet.network.base import Profile
from fleet.network.manifest import Box, Manifest
from fleet.network.sidewalks import SEARCHED_M, Ring
from fleet.network.streets import StreetNetwork
from fleet.protocol.values import Place

MARGIN_DEG = 0.01
"""The box is around crossings, and streets bend out of it, and footways where no profile for them was built: by less
than this, which is about a kilometre."""


DOORS_AT_ONCE = 50


def extent(made: Manifest) -> Box | None:
    """The box around the streets of all profiles; none where there are tiles only, which tell none."""
    boxes = [built.box for built in made.profiles.values()]
    if not boxes:
        return None
    return Box(
        west=min(box.west for box in boxes),
        south=min(box.south for box in boxes),
        east=max(box.east for box in boxes),
        north=max(box.north for box in boxes),
    )


def said(made: Manifest) -> str:
    """From which extract the streets are, and where."""
    box = extent(made)
    if box is None:
        return f"streets of {made.source}"
    return (
        f"streets of {made.source} (longitude {box.west:.4f} to {box.east:.4f}, "
        f"latitude {box.south:.4f} to {box.north:.4f})"
    )


def outside(made: Manifest, ring: Ring) -> str | None:
    """What to say of a closed part that lies outside the streets; none where it does not, or nobody knows."""
    box = extent(made)
    if box is None or _meets(box, ring):
        return None
    swapped = _meets(box, tuple((lat, lon) for lon, lat in ring))
    advice = (
        "it would lie inside with its coordinates exchanged, and GeoJSON has the longitude first"
        if swapped
        else "is it of another place?"
    )
    lon, lat = ring[0]
    return f"lies at {lon:g},{lat:g}, outside the {said(made)}: {advice}"


def told_of_idle(parts: Iterable[Ring]) -> Iterator[str]:
    """What to tell whoever closes parts in which there is nothing to close."""
    for lon, lat in (ring[0] for ring in parts):
        yield (
            f"the part at {lon:g},{lat:g} that is closed meets no street that could be taken otherwise: nothing is "
            "closed by it"
        )


def adrift(streets: StreetNetwork, depots: Mapping[str, Place], profiles: Iterable[Profile]) -> str | None:
    """What to say where no depot is at a street by any of these profiles; none where one is, or there is nothing to
    ask."""
    away_m = {
        name: far
        for name, place in depots.items()
        if (far := min((streets.away_m(place, profile) for profile in profiles), default=None)) is not None
    }
    if not away_m or any(far <= streets.farthest_m for far in away_m.values()):
        return None
    name = min(away_m, key=lambda one: (away_m[one], one))
    place, far = depots[name], away_m[name]
    which = "and depot" if len(away_m) == 1 else "and no depot is at one of them: even"
    advice = "name those of where the depots are"
    if far <= SEARCHED_M:
        advice += f", or let a point lie so far off ([network] farthest_m, {streets.farthest_m:g} now)"
    return (
        f"holds {said(streets.manifest)}, {which} {name!r} at {place.lon:g},{place.lat:g} is {_far(far)} "
        f"from the nearest street: {advice}"
    )


def cut_off(
    streets: StreetNetwork, depot: tuple[str, Place], profile: Profile, doors: Sequence[Place]
) -> str | None:
    """Why nothing that goes by this profile gets anywhere from a depot: it lies off the streets, or none of them leads
    a van to any of ``doors`` and back (none where there are none). Robots, whose ways are short, are not asked about
    each door."""
    name, place = depot
    away_m = streets.away_m(place, profile)
    said = f"depot {name!r} at {place.lon:g},{place.lat:g}"
    if away_m > streets.farthest_m:
        limit = f"more than the {streets.farthest_m:g} m of [network] farthest_m"
        return f"{said} is {_far(away_m)} from the nearest street, {limit}"
    if profile == "drive" and doors and not _leads_to_any(streets, place, doors):
        return f"no street leads from {said} to any of the day's {len(doors)} doors and back"
    return None


def _leads_to_any(streets: StreetNetwork, place: Place, doors: Sequence[Place]) -> bool:
    """Whether a van gets to any door and back; mostly it gets to the first, so they are asked about a few at a time."""
    for first in range(0, len(doors), DOORS_AT_ONCE):
        some = doors[first : first + DOORS_AT_ONCE]
        out = streets.cross((place,), some, "drive").duration_s[0]
        back = streets.cross(some, (place,), "drive").duration_s[:, 0]
        if np.isfinite(out + back).any():
            return True
    return False


def _far(away_m: float) -> str:
    if away_m > SEARCHED_M:
        return f"more than {SEARCHED_M / 1000:g} km"
    return f"{away_m:.0f} m"


def _meets(box: Box, ring: Ring) -> bool:
    around = shapely.box(
        box.west - MARGIN_DEG, box.south - MARGIN_DEG, box.east + MARGIN_DEG, box.north + MARGIN_DEG
    )
    return bool(shapely.intersects(around, shapely.Polygon(ring)))
