"""How far a demo's day is: followed by its committed events, to its end or until nothing moves any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.app import Setup
from fleet.domain.apply import apply
from fleet.domain.state import FINAL_PARCEL, Parcel, State
from fleet.protocol.lifecycle import ParcelStatus
from fleet.store.reader import Reader

LATEST = timedelta(hours=6)
"""How long after the day's end drivers may still be out before the demo stops waiting for them."""

STILL_S = 120.0
"""A day in which nothing was stored for so long, by the wall clock, is stuck, if its time goes as fast as it can."""

QUIET = timedelta(minutes=15)
"""Something is stored in any so long a part of a simulated day: its weather station reports every ten minutes."""


def still_s(setup: Setup) -> float:
    """How long, by the wall clock, nothing may be stored in a day before it is stuck: a slow day is not."""
    return STILL_S if setup.pace is None else STILL_S + QUIET.total_seconds() / setup.pace


@dataclass(slots=True)
class Stillness:
    """Notices that nothing has moved for ``limit_s``; ``since_s`` is when something did, by the wall clock."""

    limit_s: float
    since_s: float

    def lasts(self, wall_s: float, *, moved: bool) -> bool:
        """Whether it has lasted too long, at the wall clock's ``wall_s``."""
        if moved:
            self.since_s = wall_s
        return wall_s - self.since_s > self.limit_s


class Follower:
    """Folds committed events into a state as they come."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._position = 0
        self.state = State()
        self.at: datetime | None = None

    def step(self) -> bool:
        """Take in what was committed since the last step; whether there was anything."""
        before = self._position
        for stored in self._reader.events(before):
            self.state = apply(self.state, stored.event)
            self._position, self.at = stored.position, stored.event.at
        return self._position > before

    def over(self, setup: Setup) -> bool:
        """Whether nothing more is to come, or it is far too late."""
        if not self.state.parcels or self.at is None or self.state.planning is not None:
            return False
        return self.at > setup.until + LATEST or settled(self.state)

    def line(self) -> str:
        """How far the day is, in a line."""
        parcels = self.state.parcels.values()
        ended = sum(map(_has_ended, parcels))
        out = len(self.state.live_missions)
        at = "" if self.at is None else f"{self.at:%H:%M:%S} UTC  "
        stopped = "" if self.state.stopped_by is None else f", stopped by {self.state.stopped_by}"
        return (
            f"{at}{ended} of {len(self.state.parcels)} parcels ended, {out} missions open, "
            f"{self._position} events{stopped}"
        )


def settled(state: State) -> bool:
    """Whether every parcel has ended (and none of those given up still rides about), and every asset is back."""
    return all(map(_has_ended, state.parcels.values())) and not state.live_missions and not state.waiting


def _has_ended(parcel: Parcel) -> bool:
    if parcel.status is ParcelStatus.RETURNED:
        return parcel.custodian.kind != "asset"
    return parcel.status in FINAL_PARCEL or parcel.status is ParcelStatus.IN_LOCKER
