"""Where and when batteries are filled at one site: its chargers, and the packs that lie there to be changed for.

A trip that needs more than what is in the battery is charged for just before it, as far as it needs. After a trip the
battery is charged up to where its power falls off, which is the quickest way to fly again; a pack that is changed is
charged on the same chargers and counts again once it is full.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

from fleet.energy.charging import Charging
from fleet.planner.day import EPS, Away, Day, Fill
from fleet.planner.spans import Span
from fleet.planner.timetable import Chargers

KEPT_SOC = 0.8
"""So far a battery is charged after a trip at the least, and as far as its charger's power is whole."""

SLACK_SOC = 0.01
"""A battery is charged for so much more than a trip needs: gauges and departures err a little."""

NEVER = 10_000_000
"""Later than any day, in planner seconds."""


@dataclass(frozen=True, slots=True)
class Bay:
    """What the assets of a pool are filled with: ``charging`` on a charger of the site (none: it can't be), and how
    long a pack takes to change (none: it can't be)."""

    charging: Charging | None
    swap_s: int | None = None

    @property
    def kept_soc(self) -> float:
        """Up to where a battery is charged after a trip."""
        return KEPT_SOC if self.charging is None else max(KEPT_SOC, self.charging.curve.taper_from)


@dataclass(frozen=True, slots=True)
class Booking:
    """What a trip keeps of an asset and its site: its time away, the charge before it, the refill after it, and for a
    swap the pack that was taken out: until when it is none to change for, and when it is on a charger."""

    away: Away
    before: Fill | None = None
    after: Fill | None = None
    spare: Span | None = None
    pack: Span | None = None

    @property
    def fills(self) -> tuple[Fill, ...]:
        """The refills of the asset's own battery."""
        return tuple(fill for fill in (self.before, self.after) if fill is not None)

    @property
    def charges(self) -> tuple[Span, ...]:
        """When it keeps a charger."""
        own = tuple((fill.begin, fill.end) for fill in self.fills if not fill.swap)
        return own if self.pack is None else (*own, self.pack)

    @property
    def ready_s(self) -> int:
        """When the asset is filled after it."""
        return self.away.end if self.after is None else self.after.end


@dataclass
class Stand:
    """A site's chargers, and the packs of each type that lie there."""

    chargers: Chargers
    count: int
    spares: dict[str, Chargers] = field(default_factory=dict)

    def copy(self) -> Stand:
        """The same bookings, to be changed apart."""
        return Stand(
            self.chargers.copy(), self.count, {name: one.copy() for name, one in self.spares.items()}
        )

    def ready(self, day: Day, bay: Bay) -> None:
        """Book what an asset is charged before its first trip and between those that it is committed to."""
        begins = () if day.clash(0, 1) else (0,)
        for gap in (*begins, *(max(0, away.end) for away in day.aways)):
            following = day.next_away(gap)
            needed = 0.0 if following is None else following.needed + SLACK_SOC
            fill = self._charge(day, gap, min(1.0, max(bay.kept_soc, needed)))
            if fill is not None:
                day.book(None, fill)
                self.chargers.book(fill.begin, fill.end - fill.begin)

    def store(self, type_id: str, bay: Bay, soc: float) -> None:
        """Book a pack of the site's that is not full: it is charged before anybody is given it."""
        start, length = 0, NEVER if bay.charging is None else _whole(bay.charging.wait_s(soc, 1.0))
        found = self.chargers.first_fit(start, length) if length < NEVER else None
        ends = NEVER if found is None else found + length
        if found is not None:
            self.chargers.book(found, length)
        self.spares[type_id].book(0, ends)

    def fitted(self, day: Day, bay: Bay, type_id: str, away: Away, *, charges: bool) -> Booking | int | None:
        """A trip on an asset with all that it keeps; else from when on to try again, or none where that is no use.

        ``charges``: whether the asset can be charged at all for now.
        """
        before = None
        if day.level(away.begin) < min(1.0, away.needed) - EPS:
            wanted = self._before(day, away, charges=charges)
            if not isinstance(wanted, Fill):
                return wanted
            before = wanted
        booking = self._after(day, bay, type_id, Booking(away, before), charges=charges)
        if booking is None:
            return None
        following = day.next_away(away.begin)
        if following is None:
            return booking
        day.book(booking.away, *booking.fills)
        holds = day.holds(following.begin)
        day.release(booking.away, *booking.fills)
        return booking if holds else following.end

    def _before(self, day: Day, away: Away, *, charges: bool) -> Fill | int | None:
        """The charge that a trip needs before it; else when it could begin instead; none where it can't be charged."""
        if not charges:
            return None
        wanted = min(1.0, away.needed + SLACK_SOC)
        since = day.free_since(away.begin)
        last = day.last_fill(since, away.begin)
        following = day.next_away(away.begin)
        limit = inf if following is None else following.begin
        if last is not None and last.end > away.begin:
            # It is being filled: perhaps that is enough a little later.
            wait_s = day.wait_s(day.level(away.begin), wanted)
            if not last.swap and away.begin + wait_s <= last.end:
                return int(away.begin + wait_s)
            since = last.end
        elif last is not None:
            since = last.end
        length = day.wait_s(day.level(since), wanted) if since < limit else inf
        if length == inf:
            return None if following is None else following.end
        start = self.chargers.first_fit(since, int(length))
        if start is None:
            return None
        ends = start + int(length)
        if ends > limit:
            return following.end if following is not None else None
        return Fill(start, ends) if ends <= away.begin else ends

    def _after(self, day: Day, bay: Bay, type_id: str, booking: Booking, *, charges: bool) -> Booking | None:
        """The same with the refill after the trip: a full pack where one lies there, else a charge. None where neither
        is ever to be had: an asset that can't be filled again is not sent."""
        away = booking.away
        begun = max(
            day.level(away.begin), 0.0 if booking.before is None else min(1.0, away.needed + SLACK_SOC)
        )
        left = max(0.0, begun - away.drawn)
        on = day.last_fill(away.end, away.end)  # the charge that the trip broke off: its charger is kept
        if on is not None and bay.charging is not None and not on.swap:
            left = bay.charging.soc_after(left, on.end - away.end)
        # A later trip before this one may leave it less, as much as it needs at the least: so long the pack may charge.
        least = max(0.0, min(1.0, away.needed) - away.drawn)
        swapped = (
            self._swap(day, bay, type_id, booking, least) if left < bay.kept_soc and on is None else None
        )
        if swapped is not None:
            return swapped
        if self.count == 0 and away.drawn > 0:
            return None
        if not charges or bay.charging is None:
            return booking
        begins = away.end if on is None else on.end
        limit = day.next_own(begins)
        return replace(booking, after=self._charge_from(bay.charging, left, begins, bay.kept_soc, limit))

    def _swap(self, day: Day, bay: Bay, type_id: str, booking: Booking, left: float) -> Booking | None:
        spares, away = self.spares.get(type_id), booking.away
        if spares is None or bay.swap_s is None:
            return None
        gone = away.end + bay.swap_s
        if day.next_own(away.end) < gone:
            return None
        length = NEVER if bay.charging is None else _whole(bay.charging.wait_s(left, 1.0))
        start = self.chargers.first_fit(gone, length) if length < NEVER else None
        pack = None if start is None else (start, start + length)
        back = NEVER if pack is None else pack[1]
        if spares.first_fit(away.end, back - away.end) != away.end:
            return None
        return replace(booking, after=Fill(away.end, gone, swap=True), spare=(away.end, back), pack=pack)

    def _charge(self, day: Day, at: int, wanted: float) -> Fill | None:
        level, limit = day.level(at), day.next_own(at)
        length = day.wait_s(level, wanted)
        return self._span(at, min(length, limit - at), limit)

    def _charge_from(
        self, charging: Charging, left: float, at: int, wanted: float, limit: float
    ) -> Fill | None:
        seconds = charging.wait_s(left, wanted)
        return self._span(at, min(seconds, limit - at), limit)

    def _span(self, at: int, length: float, limit: float) -> Fill | None:
        if length <= 0 or length == inf:
            return None
        whole = _whole(length)
        start = self.chargers.first_fit(at, whole)
        if start is None or start >= limit:
            return None
        return Fill(start, int(min(start + whole, limit)))

    def book(self, booking: Booking, type_id: str) -> None:
        """Keep the chargers and the pack of a trip."""
        for begin, end in booking.charges:
            self.chargers.book(begin, end - begin)
        if booking.spare is not None:
            self.spares[type_id].book(booking.spare[0], booking.spare[1] - booking.spare[0])

    def release(self, booking: Booking, type_id: str) -> None:
        """Give them back."""
        for begin, end in booking.charges:
            self.chargers.release(begin, end - begin)
        if booking.spare is not None:
            self.spares[type_id].release(booking.spare[0], booking.spare[1] - booking.spare[0])


def _whole(seconds: float) -> int:
    return NEVER if seconds == inf else -int(-seconds // 1)
