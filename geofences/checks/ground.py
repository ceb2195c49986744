"""Which zones protect what is on the ground: nothing may fall on them, however high or low they are.

SORA 2.5 has two volumes for two questions. The contingency volume is a part of the air, and meets a zone only where
the zone's heights do. The ground risk buffer is a part of the ground: who is there is at risk from what falls through
all heights, whatever the zone asks of those who fly, and an approval to fly there does not move the people away.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import reduce

import numpy as np

from geofences.checks.heights import widened
from geofences.checks.rules import ON_THE_GROUND
from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import (
    GROUND_ON_EARTH_M,
    NO_TERRAIN,
    UNDULATION_ON_EARTH_M,
    Box,
    Datum,
    Interval,
    Terrain,
)
from geofences.model.refused import Refused
from geofences.model.told import ground_in, undulation_in
from geofences.model.words import known_reasons
from geofences.model.zone import OURS, Restriction, Volume, Zone
from geofences.zones.zoneset import ZoneSet

OF_THE_AIR = frozenset({"AIR_TRAFFIC", "PRIVACY", "NATURE", "NOISE", "FOREIGN_TERRITORY", "DAR"})
"""Reasons by which a zone says that it is not for what could be hit."""

_ASTRAY_M = 200.0
"""The ground is looked at so much farther out than the box of a volume's corners: its sides are bent a little."""


def protecting(
    zone_set: ZoneSet, reasons: Collection[str] = ON_THE_GROUND, terrain: Terrain = NO_TERRAIN
) -> ZoneSet:
    """The zones that nothing may fall on, from the ground to the sky.

    Those that state one of the reasons, such as `POPULATION`, whatever they demand: a zone without restriction and one
    whose approval is held have people in them all the same. And those that do not say what they are for (no reason,
    `OTHER`, one that is not known) as far as they may begin at the ground: these as they demand it, so that an approval
    lifts them. A lower limit above sea, ellipsoid or pressure may lie in the ground: it counts unless it is surely
    above all the ground that the terrain allows in the volume's box, or any on Earth where that knows nothing.

    What the set lacks may be one of them too. Worked out once for a set and a terrain (if that can be hashed) and kept.
    Raises `ValueError` for a reason that neither standard knows.
    """
    wanted = known_reasons(reasons, "reasons")
    try:
        hash(terrain)
    except TypeError:  # it, or a part of it
        return _made(zone_set, wanted, terrain)
    return zone_set.kept(("protecting", wanted, terrain), lambda: _made(zone_set, wanted, terrain))


def _made(zone_set: ZoneSet, wanted: frozenset[str], terrain: Terrain) -> ZoneSet:
    stem, more = zone_set.grown_from
    if stem is None:
        return ZoneSet(_protected(zone_set.zones, wanted, terrain), missing=map(_missed, zone_set.missing))
    return reduce(ZoneSet.with_zone, _protected(more, wanted, terrain), protecting(stem, wanted, terrain))


def _protected(zones: Collection[Zone], wanted: frozenset[str], terrain: Terrain) -> Iterator[Zone]:
    for zone in zones:
        stated = frozenset(zone.reasons)
        if zone.restriction in OURS:
            continue
        if stated & wanted:
            # While an authorisation holds the zone is suspended: not for whom something falls on.
            always = replace(zone.applicability, suspended=())
            yield replace(_everywhere(zone), restriction=Restriction.PROHIBITED, applicability=always)
        elif not stated or stated - OF_THE_AIR - ON_THE_GROUND:
            low = tuple(one for one in zone.volumes if _may_begin_at_ground(one, terrain))
            if low:
                yield _everywhere(replace(zone, volumes=low))


def _missed(refused: Refused) -> Refused:
    """What lacks, whatever it demands: there may be people in it."""
    is_idle = refused.restriction is Restriction.NO_RESTRICTION
    return refused._replace(restriction=None) if is_idle else refused


def _everywhere(zone: Zone) -> Zone:
    """The zone at all heights."""
    return replace(zone, volumes=tuple(replace(one, lower=None, upper=None) for one in zone.volumes))


def _may_begin_at_ground(volume: Volume, terrain: Terrain) -> bool:
    """Whether a volume begins at the ground: it says so, or says nothing, or nobody can say that it begins above.

    So does 0 above the sea, on any land: it is meant as the ground, of a polder too.
    """
    lower = volume.lower
    if lower is None or lower.value_m <= 0.0:
        return True
    if lower.datum is Datum.AGL:
        return False
    box = np.array([lonlat_polygon(volume.shape).bounds])
    around = Box(*widened(box, _ASTRAY_M)[0].tolist())
    below = _within(ground_in(terrain, around), GROUND_ON_EARTH_M)
    undulation = _within(undulation_in(terrain, around), UNDULATION_ON_EARTH_M)
    return lower.amsl(below, undulation).low <= below.high


def _within(told: Interval, on_earth: Interval) -> Interval:
    """What is told, no farther than it goes on Earth."""
    return Interval(max(told.low, on_earth.low), min(told.high, on_earth.high))
