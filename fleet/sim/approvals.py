"""What the operator truly may in zones that need an approval: for which zone, when, how high, with what, how often.

The judge must not share the hub's resolving of approvals. It is asked flight by flight as they happen: a flight is
there by the first of its approvals that is valid and has room, and keeps that as long as it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fleet.protocol.values import Identifier, Time, Value
from fleet.sim.geo import Piece
from fleet.sim.zones import Span, TrueZone, share_at, shares_within

LEAST: Final = 1e-9
"""Shares of a piece that are shorter than that are none."""

DAY: Final = timedelta(days=1)


class Hours(Value):
    """From ``begins_s`` to ``ends_s`` after midnight on some days (0 is Monday) by the clocks of a time zone; over
    midnight where it ends before it begins, or at the same time."""

    days: frozenset[int]
    begins_s: float
    ends_s: float
    timezone: str


class Approval(Value):
    """One approval. ``country`` is the zone's, none where only one country has the id; ``vehicles`` are types or kinds,
    none for all; the number of flights a day is counted by the clocks of ``timezone``."""

    zone_id: Identifier
    country: str = ""
    begins: Time | None = None
    ends: Time | None = None
    hours: tuple[Hours, ...] = ()
    below_m: float | None = None
    above_ground: bool = True
    vehicles: frozenset[str] = frozenset()
    max_at_once: int | None = None
    max_per_day: int | None = None
    timezone: str = "UTC"


@dataclass
class _Stay:
    """A flight in a zone: on which moment it came in, since when and until when by which approval."""

    entered: datetime
    until: datetime
    approval: Approval | None = None


@dataclass
class Flights:
    """Who is in zones on approval by what. ``countries`` are those whose zones on approval have an id."""

    approvals: tuple[Approval, ...]
    ground_m: float
    countries: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _stays: dict[tuple[str, TrueZone], _Stay] = field(default_factory=dict)
    _by: defaultdict[Approval, dict[str, Span]] = field(default_factory=lambda: defaultdict(dict))
    _days: defaultdict[tuple[Approval, date], set[str]] = field(default_factory=lambda: defaultdict(set))

    def know(self, zones: Iterable[TrueZone]) -> None:
        """Zones that are there, for approvals that name no country."""
        for zone in zones:
            if zone.on_approval:
                self.countries[zone.zone_id].add(zone.country)

    def unapproved(
        self, zone: TrueZone, flight: str, vehicle: Iterable[str], piece: Piece
    ) -> datetime | None:
        """The first moment at which a flight is in the zone without an approval; none where there is no such moment."""
        names = frozenset(vehicle)
        mine = [one for one in self.approvals if self._is_for(one, zone, names)]
        for span in zone.within(piece):
            at = self._bare(zone, flight, mine, piece, span)
            if at is not None:
                return _moment(piece, at)
        return None

    def _is_for(self, one: Approval, zone: TrueZone, names: frozenset[str]) -> bool:
        if one.zone_id != zone.zone_id or (one.vehicles and not one.vehicles & names):
            return False
        known = self.countries[zone.zone_id] | {zone.country}
        return one.country.upper() == zone.country if one.country else len(known) == 1

    def _bare(
        self, zone: TrueZone, flight: str, mine: list[Approval], piece: Piece, inside: Span
    ) -> float | None:
        """The first share of a span in the zone that no approval with room covers."""
        stay = self._stay(zone, flight, piece, inside)
        at = inside[0]
        while True:
            found = self._next(flight, stay, mine, piece, (at, inside[1]))
            if found is None:
                return at
            one, end = found
            self._count(one, flight, stay, piece, (at, end))
            if end >= inside[1]:
                return None
            stay.approval, at = None, end

    def _next(
        self, flight: str, stay: _Stay, mine: list[Approval], piece: Piece, left: Span
    ) -> tuple[Approval, float] | None:
        """The first approval with room that covers what is left of a span from its beginning on, and up to where."""
        for one in (stay.approval, *mine):
            end = None if one is None else self._covers(one, piece, left[0])
            if one is None or end is None or end <= left[0] + LEAST < left[1]:
                continue
            end = left[1] if end >= left[1] - LEAST else end
            if self._room(one, flight, stay, piece, left[0], end):
                return one, end
        return None

    def _stay(self, zone: TrueZone, flight: str, piece: Piece, inside: Span) -> _Stay:
        """The stay that a span goes on with, or a new one."""
        begins, ends = _moment(piece, inside[0]), _moment(piece, inside[1])
        stay = self._stays.get((flight, zone))
        if stay is None or begins - stay.until > timedelta(milliseconds=1):
            stay = self._stays[flight, zone] = _Stay(begins, ends)
        stay.until = ends
        return stay

    def _covers(self, one: Approval, piece: Piece, at: float) -> float | None:
        """Up to which share an approval is valid without a break from ``at`` on; none where it is not valid then."""
        cap = math.inf if one.below_m is None else one.below_m + (self.ground_m if one.above_ground else 0.0)
        heights = shares_within(piece, -math.inf, cap)
        if heights is None or not heights[0] <= at <= heights[1]:
            return None
        ends = [span[1] for span in _valid(one, piece) if span[0] - LEAST <= at <= span[1] + LEAST]
        return min(max(ends), heights[1]) if ends else None

    def _room(self, one: Approval, flight: str, stay: _Stay, piece: Piece, at: float, end: float) -> bool:
        """Whether one flight more may be there by it."""
        if one is stay.approval:
            return True
        if one.max_per_day is not None:
            others = self._days[one, _day(one, stay)] - {flight}
            if len(others) >= one.max_per_day:
                return False
        if one.max_at_once is None:
            return True
        begins, ends = (_moment(piece, share).timestamp() for share in (at, end))
        meets = [
            span
            for who, span in self._by[one].items()
            if who != flight and span[0] < ends and begins < span[1]
        ]
        moments = [begins, *(span[0] for span in meets if span[0] > begins)]
        return max(sum(a <= now < b for a, b in meets) for now in moments) < one.max_at_once

    def _count(self, one: Approval, flight: str, stay: _Stay, piece: Piece, span: Span) -> None:
        begins, ends = (_moment(piece, share).timestamp() for share in span)
        if stay.approval is one and flight in self._by[one]:
            begins = self._by[one][flight][0]
        self._by[one][flight] = begins, ends
        self._days[one, _day(one, stay)].add(flight)
        stay.approval = one


def _day(one: Approval, stay: _Stay) -> date:
    """The local day on which a flight came into the zone."""
    return stay.entered.astimezone(ZoneInfo(one.timezone)).date()


def _moment(piece: Piece, share: float) -> datetime:
    return piece.begins + (piece.ends - piece.begins) * share


def _valid(one: Approval, piece: Piece) -> list[Span]:
    """The shares of a piece at which an approval is valid, in order; those that touch are one."""
    whole = _share(piece, one.begins, 0.0), _share(piece, one.ends, 1.0)
    spans = [whole] if not one.hours else []
    for begins, ends in sorted((a, b) for hours in one.hours for a, b in _occurrences(hours, piece)):
        low, high = max(whole[0], _share(piece, begins, 0.0)), min(whole[1], _share(piece, ends, 1.0))
        if spans and low <= spans[-1][1] + LEAST:
            spans[-1] = spans[-1][0], max(spans[-1][1], high)
        else:
            spans.append((low, high))
    return [
        (max(0.0, low), min(1.0, high)) for low, high in spans if low <= high and high >= 0.0 and low <= 1.0
    ]


def _share(piece: Piece, at: datetime | None, otherwise: float) -> float:
    return otherwise if at is None else share_at(piece, at)


def _occurrences(hours: Hours, piece: Piece) -> Iterator[tuple[datetime, datetime]]:
    """On each day that may reach into the piece."""
    clocks = ZoneInfo(hours.timezone)
    day, last = (moment.astimezone(clocks).date() for moment in (piece.begins - DAY, piece.ends))
    while day <= last:
        if day.weekday() in hours.days:
            midnight = datetime.combine(day, time(), clocks)
            ends_s = hours.ends_s + (86_400 if hours.ends_s <= hours.begins_s else 0)
            # Adding to a local time moves the hands of the clock.
            yield midnight + timedelta(seconds=hours.begins_s), midnight + timedelta(seconds=ends_s)
        day += DAY
