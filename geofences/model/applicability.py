"""When a zone applies: always, between dates, on a weekly schedule, by the sun (rules E6 and E7).

What is asked about is an extent, as the sun rises at different times at different places: a schedule surely applies
when it does at all of them, and may apply when it does at any.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from geofences.errors import PathError, check_each
from geofences.model.altitude import Box
from geofences.model.moments import utc
from geofences.model.occurrences import Active, period_active
from geofences.model.periods import TimePeriod
from geofences.model.spans import EVERYWHERE, Spans, difference, intersection, union
from geofences.model.sun import SunEvent

Extent = tuple[Box, ...]
"""Boxes of longitude (-180 to 180) and latitude in which all places lie that are meant; at least one."""

ANYWHERE: Extent = (Box(0.0, 0.0, 0.0, 0.0),)
"""For rules that do not follow the sun: they hold alike at all places."""

ALL_THE_TIME = Active(EVERYWHERE, EVERYWHERE)


@dataclass(frozen=True, slots=True)
class Applicability:
    """The union of some periods; none at all means permanent. It does not apply while any of `suspended` does."""

    periods: tuple[TimePeriod, ...] = ()
    suspended: tuple["Applicability", ...] = ()

    def __post_init__(self) -> None:
        check_each(self.periods, TimePeriod, "Applicability.periods")
        check_each(self.suspended, Applicability, "Applicability.suspended")

    @property
    def is_permanent(self) -> bool:
        """Whether it applies at all times."""
        return not self.periods and not self.suspended

    @property
    def has_schedule(self) -> bool:
        """Whether a calendar must be looked at to know when it applies."""
        return any(one.schedule for one in self.periods) or any(one.has_schedule for one in self.suspended)

    @property
    def follows_sun(self) -> bool:
        """Whether it holds at other times at other places."""
        return any(
            isinstance(bound, SunEvent)
            for period in self.periods
            for daily in period.schedule
            for bound in (daily.start, daily.end)
        ) or any(one.follows_sun for one in self.suspended)

    def active(self, start_s: float, end_s: float, where: Extent = ANYWHERE) -> Active:
        """When it applies within `start_s` to `end_s` (Unix seconds): at all places of `where`, and at any of them.

        Raises `PathError` where a schedule would have to look at days that no calendar has.
        """
        found = [self._within(start_s, end_s, box) for box in where]
        certain = reduce(intersection, (one.certain for one in found))
        return Active(certain, union(*(one.possible for one in found)))

    def _within(self, start_s: float, end_s: float, box: Box) -> Active:
        found = [period_active(period, start_s, end_s, box) for period in self.periods]
        certain, possible = union(*(one.certain for one in found)), union(*(one.possible for one in found))
        active = Active(certain, possible) if found else ALL_THE_TIME
        for one in self.suspended:
            off = one._within(start_s, end_s, box)
            active = Active(_left(active.certain, off.possible), _left(active.possible, off.certain))
        return active

    def active_at(self, at: datetime, lon: float, lat: float) -> bool | None:
        """Whether it applies at an aware time at a place; None where that cannot be known.

        Raises `PathError` for what is no place, for a time without offset, and for one at the ends of the calendar
        where a schedule must be looked at.
        """
        if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
            raise PathError(f"no place on the globe (longitude, latitude): {lon}, {lat}")
        return self.active_within(at, (Box(lon, lat, lon, lat),))

    def active_within(self, at: datetime, where: Extent) -> bool | None:
        """Whether it applies at an aware time: at all places (True), at none (False); None where neither is known.
        Raises as `active_at` does.
        """
        moment = utc(at, "the time asked about").timestamp()
        inside: Spans = ((moment, moment),)
        active = self.active(moment, moment, where)
        if intersection(active.certain, inside):
            return True
        return None if intersection(active.possible, inside) else False


ALWAYS = Applicability()


def _left(times: Spans, off: Spans) -> Spans:
    """The times outside `off`, whose first and last moments belong to it: what is left ends just before."""
    return difference(
        times, tuple((math.nextafter(a, -math.inf), math.nextafter(b, math.inf)) for a, b in off)
    )
