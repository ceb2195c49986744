"""Operational intents: where an aircraft means to be, and when, as ASTM F3548 (USS interoperability) describes it.

An intent is a path in four dimensions with room around it. Each leg is one volume: a capsule over ground, between two
heights, for a time. Two intents meet where their volumes do, if these are cut as finely as one likes: what counts is
not that both are in the same place some time, but that both may be there at once.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Self

import numpy as np

from geofences.errors import PathError
from geofences.geometry.geodesy import Floats
from geofences.geometry.track import Track, Waypoint, track_of

UPRIGHT_M = 0.5
"""A piece that is shorter over ground stands, or leads straight up or down."""


class IntentState(StrEnum):
    """How an intent stands (F3548-21, 4.4)."""

    ACCEPTED = "accepted"
    """It is to be flown, and was found free of others."""
    ACTIVATED = "activated"
    """It is being flown."""
    NONCONFORMING = "nonconforming"
    """Its aircraft has left the volumes and is expected back in them, or in new ones."""
    CONTINGENT = "contingent"
    """Its aircraft does something else than was meant: others keep out of its way."""


@dataclass(frozen=True, slots=True)
class Room:
    """The room that one aircraft keeps around its path: what two keep from each other is the sum of both.

    `beside_m` to every side, `above_m` up and down, `time_s` before and after it is due; `upright_s` instead where it
    stands or leads straight up or down, which is at a pad or over a drop.
    """

    beside_m: float
    above_m: float
    time_s: float
    upright_s: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise PathError(f"{name} of the room around a path must be 0 or more and finite, got {value}")

    @property
    def at_pads_s(self) -> float:
        """The time kept where it stands, or climbs or sinks on the spot."""
        return self.time_s if self.upright_s is None else self.upright_s


@dataclass(frozen=True, slots=True)
class IntentVolume:
    """Everything within `radius_m` of a straight piece of path, between two heights, from one time to another."""

    start: tuple[float, float]
    end: tuple[float, float]
    radius_m: float
    lower_amsl_m: float
    upper_amsl_m: float
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Intent:
    """One aircraft's path with the room around it. One waypoint alone stands still. Where times of the path are
    uncertain (`Waypoint.within_s`), that is kept free before and after, on each piece as at the worse of its ends.

    Neither `state` nor `priority` counts in what meets whom: who gives way is for the caller to say, such as the lower
    priority to the higher. Raises `PathError` for a path that can't be checked.
    """

    intent_id: str
    path: tuple[Waypoint, ...]
    room: Room
    state: IntentState = IntentState.ACCEPTED
    priority: int = 0

    @cached_property
    def pieces(self) -> Floats:
        """The pieces of the path, one a row: see `COLUMNS`. Legs over 5 km are cut along their geodesic."""
        track, room = track_of(self.path), self.room
        table = np.empty((len(track.start), len(COLUMNS)))
        table[:, START], table[:, END] = track.start, track.end
        table[:, END.start] += _turns(track.start[:, 0] - track.end[:, 0])
        for column, values in zip(range(ALT, ALT + 4), _ends(track), strict=True):
            table[:, column] = values
        upright = np.diff(np.stack((track.along0, track.along1)), axis=0)[0] <= UPRIGHT_M
        table[:, BESIDE], table[:, ABOVE] = room.beside_m, room.above_m
        within = np.maximum(track.within0, track.within1)
        table[:, SLACK] = np.where(upright, room.at_pads_s, room.time_s) + within
        return table

    @property
    def volumes(self) -> tuple[IntentVolume, ...]:
        """The volumes, in the order of the path; each overlaps the next."""
        return tuple(_volume(row) for row in self.pieces.tolist())

    @property
    def starts_at(self) -> datetime:
        """From when on it needs any air."""
        return min(volume.starts_at for volume in self.volumes)

    @property
    def ends_at(self) -> datetime:
        """Until when it needs any."""
        return max(volume.ends_at for volume in self.volumes)

    def later(self, seconds: float) -> Self:
        """The same, so much later (earlier where negative). Raises `PathError` where no calendar has its times."""
        try:
            by = timedelta(seconds=seconds)
            path = tuple(replace(point, at=point.at + by) for point in self.path)
        except OverflowError:
            raise PathError(
                f"moved by {seconds:g} s its times would be before the year 1 or after 9999"
            ) from None
        return replace(self, path=path)


COLUMNS = ("lon0", "lat0", "lon1", "lat1", "alt0", "alt1", "time0", "time1", "beside", "above", "slack")
"""What stands in a row of `Intent.pieces`: degrees (the end on the start's turn of the globe), metres above mean sea
level, Unix seconds, and the room around the piece in metres, metres and seconds."""

START, END = slice(0, 2), slice(2, 4)
ALT, TIME, BESIDE, ABOVE, SLACK = 4, 6, 8, 9, 10


def _turns(lon_deg: Floats) -> Floats:
    return np.asarray(360.0 * np.round(lon_deg / 360.0))


def _ends(track: Track) -> Iterator[Sequence[float]]:
    yield from (track.alt0, track.alt1, track.time0, track.time1)


def _volume(row: Sequence[float]) -> IntentVolume:
    alt, time, beside, above, slack = row[ALT : ALT + 2], row[TIME : TIME + 2], *row[BESIDE:]
    return IntentVolume(
        start=(row[0], row[1]),
        end=(_on_globe(row[2]), row[3]),
        radius_m=beside,
        lower_amsl_m=min(alt) - above,
        upper_amsl_m=max(alt) + above,
        starts_at=datetime.fromtimestamp(time[0] - slack, UTC),
        ends_at=datetime.fromtimestamp(time[1] + slack, UTC),
    )


def _on_globe(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0 if abs(lon) > 180.0 else lon
