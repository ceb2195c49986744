"""Places that we run: depots and launch sites, and parcel lockers."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from fleet.protocol.values import CompartmentSize, Identifier, Place, Positive, TimeWindow, Value

Count = Annotated[int, Field(ge=0)]


class Site(Value):
    """A depot or launch site: where vans, drones and robots start, charge and end.

    ``opens`` and ``closes`` are local times in ``timezone`` (an IANA name); a site that closes at or before it opens is
    open over midnight.
    """

    site_id: Identifier
    name: str
    place: Place
    vans: Count = 0
    drone_pads: Count = 0
    robot_bays: Count = 0
    chargers: Count = 0
    charger_w: Annotated[Positive | None, Field(exclude_if=lambda power: power is None)] = None
    """What each of its chargers gives at most; none: as much as the type of asset takes (its ``charger_w``)."""
    opens: time = time(0, 0)
    closes: time = time(23, 59, 59)
    timezone: str = "UTC"

    def opening(self, day: date) -> TimeWindow:
        """When the site is open on the local ``day``."""
        zone = ZoneInfo(self.timezone)
        start = datetime.combine(day, self.opens, zone)
        end = datetime.combine(day, self.closes, zone)
        if end <= start:
            end = datetime.combine(date.fromordinal(day.toordinal() + 1), self.closes, zone)
        return TimeWindow(start=start, end=end)


class Locker(Value):
    """A parcel locker: compartments by size class; ``drone_port`` says that a drone can set down into it."""

    locker_id: Identifier
    name: str
    place: Place
    small: Count = 0
    medium: Count = 0
    large: Count = 0
    drone_port: bool = False

    def count(self, size: CompartmentSize) -> int:
        """How many compartments of a size class there are."""
        counts = {
            CompartmentSize.SMALL: self.small,
            CompartmentSize.MEDIUM: self.medium,
            CompartmentSize.LARGE: self.large,
        }
        return counts[size]
