"""Which zones a sortie flies around: those that the straight way would come too near to."""

from __future__ import annotations

from fleet.console.ledger import Ledger
from fleet.dispatch.zones import in_force
from fleet.domain.state import MissionRecord
from fleet.kinds import kind_of
from fleet.protocol.mission import Travel
from geofences import UnknownTerrain, Waypoint, Why, ZoneSet, check_path


def around(ledger: Ledger, record: MissionRecord, base: ZoneSet | None) -> list[str]:
    """Their ids, in the order in which they would be met; none where it flies straight, and of what drives.

    The heights of zones that are above ground count as reaching it: nobody told this page how high the ground is.
    """
    travels = [step for step in record.mission.steps if isinstance(step, Travel)]
    if not (kind_of(record.kind).needs_airspace and travels):
        return []
    flown = [one for one in travels[0].path if one.at is not None]
    level = [one for one in flown if one.alt_amsl_m == max(each.alt_amsl_m for each in flown)]
    if len(level) < 3:
        return []
    straight = [Waypoint(one.lon, one.lat, one.alt_amsl_m, one.at) for one in (level[0], level[-1]) if one.at]
    zones = in_force(ZoneSet() if base is None else base, ledger.state)
    met = check_path(zones, straight, UnknownTerrain(), margin_m=travels[0].corridor_m, areas=frozenset())
    return list(dict.fromkeys(one.zone_id for one in met.conflicts if one.why is not Why.ZONE_REFUSED))
