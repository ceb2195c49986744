"""Which zones protect what is on the ground: nothing may fall on them, however high or low they are.

SORA 2.5 has two volumes for two questions. The contingency volume is a part of the air, and meets a zone only where
the zone's heights do. The ground risk buffer is a part of the ground: who is there is at risk from what falls through
all heights, whatever the zone asks of those who fly, and an approval to fly there does not move the people away.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import reduce

from geofences.checks.rules import ON_THE_GROUND
from geofences.model.altitude import Limit
from geofences.model.refused import Refused
from geofences.model.zone import Restriction, Zone
from geofences.zones.zoneset import ZoneSet

OF_THE_AIR = frozenset({"AIR_TRAFFIC", "PRIVACY", "NATURE", "NOISE", "FOREIGN_TERRITORY", "DAR"})
"""Reasons by which a zone says that it is not for what could be hit."""

_OURS = frozenset({Restriction.OPERATING_AREA, Restriction.PERMIT_AREA})


def protecting(zone_set: ZoneSet, reasons: Collection[str] = ON_THE_GROUND) -> ZoneSet:
    """The zones that nothing may fall on, from the ground to the sky.

    Those that state one of the reasons, such as `POPULATION`, whatever they demand: a zone without restriction and one
    whose approval is held have people in them all the same. And those that do not say what they are for (no reason,
    `OTHER`, one that is not known) as far as they begin at the ground: these as they demand it, so that an approval
    lifts them. What the set lacks may be one of them too. Worked out once for a set and kept.
    """
    wanted = frozenset(reasons)
    return zone_set.kept(("protecting", wanted), lambda: _made(zone_set, wanted))


def _made(zone_set: ZoneSet, wanted: frozenset[str]) -> ZoneSet:
    stem, more = zone_set.grown_from
    if stem is None:
        return ZoneSet(_protected(zone_set.zones, wanted), missing=map(_missed, zone_set.missing))
    return reduce(ZoneSet.with_zone, _protected(more, wanted), protecting(stem, wanted))


def _protected(zones: Collection[Zone], wanted: frozenset[str]) -> Iterator[Zone]:
    for zone in zones:
        stated = frozenset(zone.reasons)
        if zone.restriction in _OURS:
            continue
        if stated & wanted:
            # While an authorisation holds the zone is suspended: not for whom something falls on.
            always = replace(zone.applicability, suspended=())
            yield replace(_everywhere(zone), restriction=Restriction.PROHIBITED, applicability=always)
        elif not stated or stated - OF_THE_AIR - ON_THE_GROUND:
            low = tuple(one for one in zone.volumes if _begins_at_ground(one.lower))
            if low:
                yield _everywhere(replace(zone, volumes=low))


def _missed(refused: Refused) -> Refused:
    """What lacks, whatever it demands: there may be people in it."""
    is_idle = refused.restriction is Restriction.NO_RESTRICTION
    return refused._replace(restriction=None) if is_idle else refused


def _everywhere(zone: Zone) -> Zone:
    """The zone at all heights."""
    return replace(zone, volumes=tuple(replace(one, lower=None, upper=None) for one in zone.volumes))


def _begins_at_ground(lower: Limit | None) -> bool:
    """Whether a volume begins at the ground: it says so, or says nothing. So does 0 above the sea, on any land."""
    return lower is None or lower.value_m <= 0.0
