"""Which zones protect what is on the ground: nothing may fall on them, however high or low they are.

SORA 2.5 has two volumes for two questions. The contingency volume is a part of the air, and meets a zone only where
the zone's heights do. The ground risk buffer is a part of the ground: who is there is at risk from what falls through
all heights, whatever the zone asks of those who fly, and an approval to fly there does not move the people away.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from geofences.checks.heights import part_boxes, widened
from geofences.checks.rules import ON_THE_GROUND
from geofences.geometry.shapes import lonlat_polygon
from geofences.geometry.track import Track
from geofences.model.altitude import (
    ANYTHING,
    GROUND_ON_EARTH_M,
    NO_TERRAIN,
    UNDULATION_ON_EARTH_M,
    Box,
    Datum,
    Floats,
    Interval,
    Terrain,
)
from geofences.model.refused import Refused
from geofences.model.spans import Spans, union
from geofences.model.told import ground_in, grounds_in, step_in, undulation_in
from geofences.model.words import known_reasons
from geofences.model.zone import OURS, Restriction, Volume, Zone
from geofences.zones.overlap import WHOLE
from geofences.zones.zoneset import ZoneSet, ZoneVolume

OF_THE_AIR = frozenset({"AIR_TRAFFIC", "PRIVACY", "NATURE", "NOISE", "FOREIGN_TERRITORY", "DAR"})
"""Reasons by which a zone says that it is not for what could be hit."""

_EVERYWHERE = "everywhere"

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
    above all the ground that the terrain allows in the volume's box, or any on Earth where that knows nothing. Where
    the terrain differs from place to place such a limit is kept, as the only one: then checks of paths count the volume
    where the ground within reach of the path may be as high (`Floors`), all others as a whole.

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
    old, added = protecting(stem, wanted, terrain), list(_protected(more, wanted, terrain))
    made = reduce(ZoneSet.with_zone, added, old)
    # What was worked out for the zones that were there before serves here too.
    made.kept(_EVERYWHERE, lambda: reduce(ZoneSet.with_zone, map(_everywhere, added), everywhere(old)))
    return made


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
            low = tuple(_low(one, terrain) for one in zone.volumes if _may_begin_at_ground(one, terrain))
            if low:
                yield replace(zone, volumes=low)


def _low(volume: Volume, terrain: Terrain) -> Volume:
    """A volume that may begin at the ground, without its limits; with the lower one where it is only said by place."""
    by_place = math.isfinite(step_in(terrain)) and not _begins_at_ground(volume)
    return replace(volume, lower=volume.lower if by_place else None, upper=None)


def everywhere(below: ZoneSet) -> ZoneSet:
    """The same zones, volume by volume, at all heights: as they are where nobody asks where the ground is."""
    if all(one.volume.lower is None and one.volume.upper is None for one in below.volumes):
        return below
    return below.kept(_EVERYWHERE, lambda: ZoneSet(map(_everywhere, below.zones), missing=below.missing))


@dataclass(frozen=True, slots=True)
class Floors:
    """Where along a path the ground within reach may be as high as the lower limits of what may not be fallen on."""

    volumes: Sequence[ZoneVolume]
    terrain: Terrain
    reach_m: float

    @classmethod
    def of(cls, below: ZoneSet, terrain: Terrain, reach_m: float) -> "Floors | None":
        """None where no volume has such a limit."""
        return None if everywhere(below) is below else cls(below.volumes, terrain, reach_m)

    def reached(self, number: int, track: Track, piece: int) -> Spans:
        """The parts of a piece, as fractions, from which what falls may meet a volume on the ground.

        Asked about in parts as short as the terrain is fine, each with all that lies within reach of it and in the box
        around the volume: never less than there is.
        """
        volume = self.volumes[number].volume
        if _begins_at_ground(volume) or volume.lower is None:
            return WHOLE
        marks, boxes = part_boxes(track, piece, step_in(self.terrain), self.reach_m * 1.01)
        boxes = _clipped(boxes, _box_of(volume))
        around = Box(*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
        undulation = _within(undulation_in(self.terrain, around), UNDULATION_ON_EARTH_M)
        ground = np.minimum(grounds_in(self.terrain, boxes).high, GROUND_ON_EARTH_M.high)
        # No lower limit that is asked about is measured from the ground.
        floor = volume.lower.amsl(ANYTHING, undulation).low
        return union((marks[row], marks[row + 1]) for row in np.flatnonzero(ground >= floor).tolist())


def _clipped(boxes: Floats, within: Box) -> Floats:
    """Boxes without what lies outside of another one, on whichever turn of the globe; those that would vanish as they
    are.
    """
    turn = 360.0 * np.round(((boxes[:, 0] + boxes[:, 2]) - (within.west + within.east)) / 720.0)
    low = np.column_stack((within.west + turn, np.full(len(boxes), within.south)))
    high = np.column_stack((within.east + turn, np.full(len(boxes), within.north)))
    cut = np.hstack((np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)))
    whole = (cut[:, 0] >= cut[:, 2]) | (cut[:, 1] >= cut[:, 3]) | (within.east - within.west >= 180.0)
    whole |= boxes[:, 2] - boxes[:, 0] >= 180.0
    return np.where(whole[:, None], boxes, cut)


def _missed(refused: Refused) -> Refused:
    """What lacks, whatever it demands: there may be people in it."""
    is_idle = refused.restriction is Restriction.NO_RESTRICTION
    return refused._replace(restriction=None) if is_idle else refused


def _everywhere(zone: Zone) -> Zone:
    """The zone at all heights."""
    return replace(zone, volumes=tuple(replace(one, lower=None, upper=None) for one in zone.volumes))


def _may_begin_at_ground(volume: Volume, terrain: Terrain) -> bool:
    """Whether a volume begins at the ground: it says so, or says nothing, or nobody can say that it begins above."""
    lower = volume.lower
    if lower is None or _begins_at_ground(volume):
        return True
    if lower.datum is Datum.AGL:
        return False
    around = _box_of(volume)
    below = _within(ground_in(terrain, around), GROUND_ON_EARTH_M)
    undulation = _within(undulation_in(terrain, around), UNDULATION_ON_EARTH_M)
    return lower.amsl(below, undulation).low <= below.high


def _begins_at_ground(volume: Volume) -> bool:
    """Whether a volume says that it begins at the ground, or nothing.

    So does 0 above the sea, on any land: it is meant as the ground, of a polder too.
    """
    return volume.lower is None or volume.lower.value_m <= 0.0


def _box_of(volume: Volume) -> Box:
    box = np.array([lonlat_polygon(volume.shape).bounds])
    return Box(*widened(box, _ASTRAY_M)[0].tolist())


def _within(told: Interval, on_earth: Interval) -> Interval:
    """What is told, no farther than it goes on Earth."""
    return Interval(max(told.low, on_earth.low), min(told.high, on_earth.high))
