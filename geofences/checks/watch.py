"""One place at a time, thousands of times a second: the check of a sample that a vehicle sends."""

from datetime import UTC, datetime
from typing import NamedTuple, Unpack

import numpy as np

from geofences.checks.asked import (
    CLEAR,
    MORE_TIMES,
    NO_PLACE,
    STATUSES,
    UNKNOWN,
    Codes,
    ground_everywhere,
    is_even,
    terms_of,
)
from geofences.checks.check import check_by
from geofences.checks.result import Status
from geofences.checks.rules import Asked, rules_of
from geofences.errors import PathError
from geofences.geometry.track import Waypoint
from geofences.kernels.kernel import Terms
from geofences.kernels.piece import Piece
from geofences.model.altitude import Terrain
from geofences.model.refused import missed_in_the_air
from geofences.zones.timetable import Timetable
from geofences.zones.zoneset import ZoneSet


class _Day(NamedTuple):
    """What is asked on one day."""

    begin_s: float
    end_s: float
    table: Timetable
    terms: Terms
    wanted: Codes


class Watch:
    """A zone set made ready for one terrain, margins and approvals. `status` answers as `check_point` does.

    A set that has operating areas to stay inside of or lacks zones, what may not be fallen on, and ground that differs
    from place to place where the answer hangs on it, are asked by `check_point`, which takes longer. Threads may share
    one, compiled or not.
    """

    def __init__(self, zone_set: ZoneSet, terrain: Terrain, **asked: Unpack[Asked]) -> None:
        self._rules = rules_of(**asked)
        self._zone_set, self._terrain = zone_set, terrain
        self._piece, self._kernel = Piece(), zone_set.kernel
        self._low, self._high = ground_everywhere(terrain)
        bounded = self._rules.is_bounded(zone_set)
        lacks = bool(missed_in_the_air(zone_set.missing, self._rules.areas))
        more = bounded or lacks or self._rules.ground is not None
        # Codes that the compiled check alone is not trusted with.
        self._to_ask_again = (CLEAR, UNKNOWN) if more else () if is_even(terrain) else (UNKNOWN,)
        # One value, so that another thread sees the old day or the new one, and no mixture.
        self._day = self._asking(self._listed(0.0))

    def status(self, lon: float, lat: float, alt_amsl_m: float, at_s: float) -> Status:
        """Whether a place may be flown at, at a height (metres AMSL) and a time (Unix seconds). Raises `PathError`."""
        day = self._day
        if not day.begin_s <= at_s < day.end_s:
            self._day = day = self._asking(self._listed(at_s))
        while True:
            found = self._kernel.point(
                self._piece, day.terms, lon, lat, alt_amsl_m, at_s, self._low, self._high
            )
            if found == MORE_TIMES:  # of the zones that the place is in, which are not worked out before
                wanted = np.flatnonzero(day.wanted).tolist()
                self._day = day = self._asking(self._zone_set.list_times(day.table, wanted))
            elif found == NO_PLACE:
                raise PathError(
                    f"no place on the globe at a height and a time: {lon}, {lat}, {alt_amsl_m} m, {at_s} s"
                )
            elif found in self._to_ask_again:
                return self._in_full(Waypoint(lon, lat, alt_amsl_m, datetime.fromtimestamp(at_s, UTC)))
            else:
                return STATUSES[found]

    def _listed(self, at_s: float) -> Timetable:
        margin_s = self._rules.time_margin_s
        return self._zone_set.timetable(at_s - margin_s, at_s + margin_s)

    def _asking(self, table: Timetable) -> "_Day":
        begin_s, end_s, margin_s = *table.days, self._rules.time_margin_s
        return _Day(
            begin_s + margin_s, end_s - margin_s, table, *terms_of(self._zone_set, self._rules, table)
        )

    def _in_full(self, point: Waypoint) -> Status:
        return check_by(self._zone_set, (point,), self._terrain, self._rules).status
