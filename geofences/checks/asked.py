"""The questions that the compiled checks answer, put to them: margins and approvals as arrays, times as they are
needed, the ground only where the answer hangs on it.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from geofences.checks.result import Status
from geofences.checks.rules import Rules
from geofences.geometry.geodesy import Floats
from geofences.geometry.planar import TOLERANCE_M
from geofences.geometry.track import Track
from geofences.kernels.kernel import Terms
from geofences.model.altitude import ANYTHING, Box, FlatTerrain, Interval, Terrain, UnknownTerrain
from geofences.model.spans import Spans
from geofences.model.told import ground_in, step_in
from geofences.zones.timetable import NO_TIMES, Timetable
from geofences.zones.zoneset import ZoneSet

Codes = npt.NDArray[np.uint8]

STATUSES = (Status.CLEAR, Status.UNKNOWN, Status.BLOCKED)
"""What the codes 0, 1 and 2 of the compiled checks mean; the highest counts."""

CLEAR, UNKNOWN, BLOCKED = range(3)
DONE, WAITS, LONG, BAD = range(4)
"""Why the kernel leaves a leg to others."""

WORTH_ORDERING = 1_000, 4_000
"""Fewer legs than these, or legs among fewer volumes, are looked at as they come."""

MORE_TIMES, NO_PLACE = 3, 4
"""What it answers of a place besides the codes of statuses."""


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Straight pieces: both ends (rows of longitude, latitude), heights and times (Unix seconds) there as arrays."""

    start: Floats
    end: Floats
    alt: Floats
    to_alt: Floats
    time: Floats
    to_time: Floats

    def only(self, rows: npt.NDArray[np.intp]) -> "Legs":
        """Some of them."""
        return Legs(*(getattr(self, one.name)[rows] for one in fields(self)))


def legs_of(track: Track) -> Legs:
    """The pieces of a path."""
    columns = (track.alt0, track.alt1, track.time0, track.time1)
    return Legs(track.start, track.end, *(np.array(column, dtype=np.float64) for column in columns))


def terms_of(zone_set: ZoneSet, rules: Rules, table: Timetable) -> tuple[Terms, Codes]:
    """What the kernel is asked, and where it marks the volumes whose times it misses."""
    wanted = np.zeros(len(zone_set.volumes), dtype=np.uint8)
    terms = Terms(
        rules.margin_m + TOLERANCE_M,
        rules.vertical_margin_m,
        zone_set.blocking(rules.held),
        table.timed,
        table.certain.at,
        _longer(table.certain.spans, rules.time_margin_s),
        table.possible.at,
        _longer(table.possible.spans, rules.time_margin_s),
        wanted,
    )
    return terms, wanted


def _longer(spans: Floats, by_s: float) -> Floats:
    """What lies within the margin of a span of time counts: the same as if the path had more moments."""
    return spans if by_s == 0.0 else spans + np.array((-by_s, by_s))


def statuses(zone_set: ZoneSet, legs: Legs, terrain: Terrain, rules: Rules) -> tuple[Codes, Codes]:
    """The code of each leg as far as zones go (operating areas are not looked at), and which legs are `LONG` or `BAD`.

    UNKNOWN may still be CLEAR or BLOCKED where the terrain is not `is_even`: what is below each part of the leg has not
    been asked. CLEAR and BLOCKED are final. What the set lacks is not looked at either. Nor are legs that are `LONG` or
    `BAD`: these are UNKNOWN.
    """
    status, left = (np.zeros(len(legs.start), dtype=np.uint8) for _ in range(2))
    if len(legs.start) == 0:
        return status, left
    table, ground = _table(zone_set, legs, rules.time_margin_s), ground_everywhere(terrain)
    rows = np.arange(len(status))
    now, part, waiting = legs, status, left
    if len(rows) >= WORTH_ORDERING[0] and len(zone_set.volumes) >= WORTH_ORDERING[1]:
        rows = order_by_place(legs.start)
        now, part, waiting = legs.only(rows), status.copy(), left.copy()
    while True:
        terms, wanted = terms_of(zone_set, rules, table)
        columns = (now.start, now.end, now.alt, now.to_alt, now.time, now.to_time)
        zone_set.kernel.segments(terms, *columns, *ground, part, waiting)
        status[rows], left[rows] = part, waiting
        again = waiting == WAITS
        if not again.any():
            status[left != DONE] = UNKNOWN
            return status, left
        rows = rows[again]
        now, part, waiting = legs.only(rows), part[again], waiting[again]
        table = zone_set.list_times(table, np.flatnonzero(wanted).tolist())


def order_by_place(start: Floats) -> npt.NDArray[np.intp]:
    """An order in which legs that start near each other follow each other: what is looked at for one is then still in
    the processor's cache for the next.
    """
    low, high = start.min(axis=0), start.max(axis=0)
    size = np.maximum(high - low, 1e-9)
    if not np.isfinite(size).all():  # the kernel refuses what is no place
        return np.arange(len(start))
    squares = ((start - low) * (255.0 / size)).astype(np.uint16)
    return np.argsort(squares[:, 1] * np.uint16(256) + squares[:, 0], kind="stable")


def _table(zone_set: ZoneSet, legs: Legs, margin_s: float) -> Timetable:
    """For all times of the legs that are numbers, and those around; legs with others are not looked at."""
    times = np.concatenate((legs.time, legs.to_time))
    if not math.isfinite(float(np.sum(times))):
        times = np.append(times[np.isfinite(times)], 0.0)
    return zone_set.timetable(float(np.min(times)) - margin_s, float(np.max(times)) + margin_s)


def spans_beside(zone_set: ZoneSet, start: Floats, end: Floats, rules: Rules) -> list[tuple[int, Spans]]:
    """Each volume that blocks and that a leg comes within the margin of, and from which fraction to which."""
    terms, _ = terms_of(zone_set, rules, NO_TIMES)
    found = zone_set.kernel.spans(terms, *start.tolist(), *end.tolist())
    return [(number, tuple(spans)) for number, spans in found]


def is_even(terrain: Terrain) -> bool:
    """Whether the ground is the same everywhere, and no geoid is known: what the compiled checks can do alone.

    Raises as `step_in` does.
    """
    if type(terrain) in (FlatTerrain, UnknownTerrain):
        return True
    step_in(terrain)
    return False


def ground_everywhere(terrain: Terrain) -> Interval:
    """The bounds of the ground anywhere: those of even ground, else anything."""
    return ground_in(terrain, Box(0.0, 0.0, 0.0, 0.0)) if is_even(terrain) else ANYTHING
