"""Traffic: how much slower than their streets allow vans drive, by the hours of the local day.

A plan has one time for each way, whenever it is driven. So that no window is missed for a jam, that is the time in the
slowest of the hours in which vans are out; who drives at a better hour comes early. Only drives are slowed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import numpy as np
import numpy.typing as npt

from fleet.network.base import FASTEST_MPS, Gap, Leg, Legs, Matrix, Network, Profile
from fleet.network.geodesic import great_circle_m, lonlat, straight_table_m
from fleet.protocol.values import Place

DAY_MIN = 24 * 60

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the local day, over midnight where it ends no later than it starts."""

    start: time
    end: time

    def minutes(self) -> Iterable[int]:
        """The minutes of the day that it covers."""
        first, last = (at.hour * 60 + at.minute for at in (self.start, self.end))
        return (minute % DAY_MIN for minute in range(first, last if last > first else last + DAY_MIN))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """In these hours vans drive at so many times the speed that their streets allow."""

    hours: Hours
    speed: float


def slowest(table: Sequence[Traffic], out: Iterable[Hours]) -> Traffic | None:
    """The slowest of the hours in which vans are out; none where at some hour nothing slows them and at none anything
    does. Where two entries overlap the slower one holds; hours without an entry are at full speed."""
    at = _by_minute(table)
    met = [at.get(minute) for hours in out for minute in hours.minutes()]
    found = min((one for one in met if one is not None), key=lambda one: one.speed, default=None)
    return None if found is None or (None in met and found.speed >= 1) else found


class Speeds:
    """By which part of their streets' speed vans drive at each minute of the local day.

    Who leaves later never arrives earlier: a way is driven at the speed of the hour in which each part of it is, not of
    the hour in which it began (Ichoua, Gendreau and Potvin 2003, doi:10.1016/S0377-2217(02)00147-9).
    """

    def __init__(self, table: Sequence[Traffic]) -> None:
        at = _by_minute(table)
        self._speed = [at[minute].speed if minute in at else 1.0 for minute in range(DAY_MIN)]

    def lasts_from_s(self, local: datetime, free_s: float) -> float:
        """How long a way takes that begins at a moment of the local day, and ``free_s`` without traffic."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return self.lasts_s((local - midnight).total_seconds(), free_s)

    def lasts_s(self, begin_s: float, free_s: float) -> float:
        """How long a way takes that begins so many seconds after local midnight, and ``free_s`` without traffic."""
        now_s, left_s = begin_s, free_s
        while left_s > 0:
            minute = math.floor(now_s / 60)
            speed = self._speed[minute % DAY_MIN]
            there_s = min((minute + 1) * 60 - now_s, left_s / speed)
            now_s, left_s = now_s + there_s, left_s - there_s * speed
            if left_s < NOTHING_S:
                break
        return now_s - begin_s


NOTHING_S = 1e-6


def _by_minute(table: Sequence[Traffic]) -> dict[int, Traffic]:
    """The entry that holds at each minute of the day; of those that overlap the slower one."""
    at: dict[int, Traffic] = {}
    for entry in sorted(table, key=lambda one: -one.speed):
        at.update(dict.fromkeys(entry.hours.minutes(), entry))
    return at


@dataclass(frozen=True, slots=True)
class SlowedNetwork:
    """A network whose drives take longer, as ``traffic`` says; ``table`` is what is known of all hours."""

    base: Network
    traffic: Traffic
    table: tuple[Traffic, ...] = ()

    @property
    def assumption(self) -> str:
        """What the network rests on, and what slows it."""
        speed, hours = self.traffic.speed, self.traffic.hours
        return f"{self.base.assumption}; drives at {speed:g} of that speed all day, as in their slowest hours, {hours}"

    @property
    def version(self) -> str | None:
        """The data's, which are the same: traffic leads nowhere else."""
        return self.base.version

    @property
    def credit(self) -> str | None:
        """Whose data the streets are."""
        return self.base.credit

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg | None:
        """The way between two points."""
        leg = self.base.leg(start, end, profile)
        if leg is None:
            return None
        took_s = self._took_s(np.array([[leg.duration_s]]), lambda: straight_table_m([start], [end]), profile)
        return replace(leg, duration_s=float(took_s[0, 0]))

    def legs(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Legs:
        """The ways, pair by pair."""
        found = self.base.legs(starts, ends, profile)
        took_s = self._took_s(
            found.duration_s, lambda: great_circle_m(*lonlat(starts), *lonlat(ends)), profile
        )
        return Legs(found.distance_m, took_s)

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """The ways from some points to others."""
        found = self.base.cross(starts, ends, profile)
        took_s = self._took_s(found.duration_s, lambda: straight_table_m(starts, ends), profile)
        return Matrix(found.distance_m, took_s)

    def matrix(self, points: Sequence[Place], profile: Profile) -> Matrix:
        """All ways between the points."""
        return self.cross(points, points, profile)

    def gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:
        """Why there is no way between two points."""
        return self.base.gap(start, end, profile)

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...] | None:
        """The way's points: traffic is evaded by nobody."""
        return self.base.path(start, end, profile)

    def _took_s(self, full_s: Floats, straight_m: Callable[[], Floats], profile: Profile) -> Floats:
        """What takes so long at full speed; also where hours are faster than that nobody gets ahead faster than any."""
        speed = self.traffic.speed if profile == "drive" else 1.0
        took_s = full_s / speed
        return took_s if speed <= 1 else np.maximum(took_s, straight_m() / FASTEST_MPS)
