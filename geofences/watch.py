"""One place at a time, thousands of times a second: the check of a sample that a vehicle sends."""

from collections.abc import Collection
from datetime import UTC, datetime

import numpy as np

from geofences.altitude import Terrain
from geofences.asked import BLOCKED, CLEAR, STATUSES, UNKNOWN, ground_everywhere, is_even, rules_of, terms_of
from geofences.check import check_point
from geofences.errors import PathError
from geofences.piece import Piece
from geofences.result import Status
from geofences.track import Waypoint
from geofences.zoneset import ZoneSet


class Watch:
    """A zone set made ready for one terrain, margins and approvals. `status` answers as `check_point` does.

    For one thread: it has scratch memory. A set that has operating areas to stay inside of, and ground that differs
    from place to place where the answer hangs on it, are asked by `check_point`, which takes longer.
    """

    def __init__(
        self,
        zone_set: ZoneSet,
        terrain: Terrain,
        *,
        margin_m: float = 0.0,
        vertical_margin_m: float = 0.0,
        held: Collection[str] = frozenset(),
        areas: Collection[str] | None = None,
    ) -> None:
        self._rules = rules_of(margin_m, vertical_margin_m, held, areas)
        self._zone_set, self._terrain = zone_set, terrain
        self._piece, self._kernel = Piece(), zone_set.kernel
        self._low, self._high = ground_everywhere(terrain)
        bounded = bool(self._rules.areas) or (areas is None and bool(zone_set.operating_areas))
        # Codes that the compiled check alone is not trusted with.
        self._to_ask_again = (CLEAR, UNKNOWN) if bounded else () if is_even(terrain) else (UNKNOWN,)
        self._turn_to(0.0)

    def status(self, lon: float, lat: float, alt_amsl_m: float, at_s: float) -> Status:
        """Whether a place may be flown at, at a height (metres AMSL) and a time (Unix seconds). Raises `PathError`."""
        if not self._days[0] <= at_s < self._days[1]:
            self._turn_to(at_s)
        found = self._ask(lon, lat, alt_amsl_m, at_s)
        while self._piece.waits and found != BLOCKED:
            self._list_times()
            found = self._ask(lon, lat, alt_amsl_m, at_s)
        if found in self._to_ask_again:
            return self._in_full(Waypoint(lon, lat, alt_amsl_m, datetime.fromtimestamp(at_s, UTC)))
        return STATUSES[found]

    def _turn_to(self, at_s: float) -> None:
        """Take the timetable of another day."""
        self._table = self._zone_set.timetable(at_s, at_s)
        self._days = self._table.days
        self._terms, self._wanted = terms_of(self._zone_set, self._rules, self._table)

    def _list_times(self) -> None:
        """Have the times worked out of the zones that the last place is in."""
        self._table = self._zone_set.list_times(self._table, np.flatnonzero(self._wanted).tolist())
        self._terms, self._wanted = terms_of(self._zone_set, self._rules, self._table)

    def _in_full(self, point: Waypoint) -> Status:
        rules = self._rules
        return check_point(
            self._zone_set,
            point,
            self._terrain,
            margin_m=rules.margin_m,
            vertical_margin_m=rules.vertical_margin_m,
            held=rules.held,
            areas=rules.areas,
        ).status

    def _ask(self, lon: float, lat: float, alt_amsl_m: float, at_s: float) -> int:
        try:
            return self._kernel.point(
                self._piece, self._terms, lon, lat, alt_amsl_m, at_s, self._low, self._high
            )
        except ValueError as error:
            raise PathError(str(error)) from None
