"""Remote pilots: how many there are when, for which machines, and how many of these each may supervise at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from fleet.protocol.values import Identifier, TimeWindow, Value

DAY = timedelta(days=1)

Sites = frozenset[str] | None
"""The sites whose machines some pilots supervise; none: those of all sites."""


class Pilots(Value):
    """One shift of remote pilots: ``pilots`` of them, each with at most ``machines_each`` of a ``kind`` out at once
    (the ratio 1:N of an approval), from ``begins`` to ``ends``, local times of the fleet; where both are the same,
    around the clock. ``sites`` empty means machines of every site."""

    kind: str
    sites: tuple[Identifier, ...] = ()
    pilots: Annotated[int, Field(ge=1, le=9999)]
    machines_each: Annotated[int, Field(ge=1, le=9999)]
    begins: time = time(0)
    ends: time = time(0)

    @property
    def of_sites(self) -> Sites:
        """The sites whose machines they supervise."""
        return frozenset(self.sites) or None

    @property
    def machines(self) -> int:
        """How many machines they supervise together."""
        return self.pilots * self.machines_each

    @property
    def minutes(self) -> int:
        """How long a shift is, clock changes aside."""
        since, until = (each.hour * 60 + each.minute for each in (self.begins, self.ends))
        return (until - since) % (24 * 60) or 24 * 60

    def supervises(self, site_ids: Iterable[str]) -> bool:
        """Whether they supervise machines of any of some sites."""
        return not self.sites or not frozenset(self.sites).isdisjoint(site_ids)

    def shifts(self, since: datetime, until: datetime, timezone: str) -> Iterator[TimeWindow]:
        """When they are on shift then, day by day. A shift that ends no later than it begins runs over midnight."""
        zone = ZoneInfo(timezone)
        day, last = since.astimezone(zone).date() - DAY, until.astimezone(zone).date()
        while day <= last:
            last_day = day if self.ends > self.begins else day + DAY
            begins = datetime.combine(day, self.begins, zone).astimezone(UTC)
            ends = datetime.combine(last_day, self.ends, zone).astimezone(UTC)
            if begins < ends:  # one within the hour that is left out when clocks are changed is none
                yield TimeWindow(start=begins, end=ends)
            day += DAY


def crossing(one: Pilots, others: Iterable[Pilots]) -> Pilots | None:
    """The first of the others whose sites are partly this one's: neither has all of the other's, but they share some.
    Who then supervises whom could not be told machine by machine."""
    for other in others:
        mine, theirs = one.of_sites, other.of_sites
        if one.kind != other.kind or mine is None or theirs is None:
            continue
        if mine & theirs and not (mine <= theirs or theirs <= mine):
            return other
    return None
