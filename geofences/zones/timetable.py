"""When the volumes of a zone set apply, as arrays for the compiled checks: worked out once for some days, and for
schedules only once they are asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geofences.errors import PathError
from geofences.geometry.extent import where_of
from geofences.geometry.geodesy import Floats
from geofences.model.occurrences import Active
from geofences.model.periods import DAY_S
from geofences.model.spans import Spans
from geofences.model.zone import Volume, Zone

UNTIMED, LISTED, NOT_YET_LISTED = 0, 1, 2
"""Of a volume's times, as the kernel knows them."""

EARLIEST_S = datetime(2, 1, 1, tzinfo=UTC).timestamp()
LATEST_S = datetime(9998, 12, 31, tzinfo=UTC).timestamp()
"""Times that can be asked about: a schedule looks at the days around."""

Days = tuple[float, float]


class Owned(Protocol):
    """A volume and its zone."""

    @property
    def zone(self) -> Zone:
        """Whose volume it is."""
        ...

    @property
    def volume(self) -> Volume:
        """The volume."""
        ...


def whole_days(start_s: float, end_s: float) -> Days:
    """The days (UTC) that hold these times. Raises `PathError` for times that no calendar holds."""
    if not EARLIEST_S <= start_s <= end_s <= LATEST_S:
        raise PathError(f"times must lie in the years 2 to 9998, got {start_s} to {end_s} (Unix seconds)")
    return start_s // DAY_S * DAY_S, (end_s // DAY_S + 1.0) * DAY_S


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Spans of time of all volumes; `at[v]` is the first row and the row after the last of volume `v`."""

    at: npt.NDArray[np.int32]
    spans: Floats

    def plus(self, found: Sequence[tuple[int, Spans]]) -> "Rows":
        """With the spans of more volumes."""
        at, rows, size = self.at.copy(), [self.spans], len(self.spans)
        for number, spans in found:
            at[number] = (size, size + len(spans))
            rows.append(np.array(spans, dtype=np.float64).reshape(-1, 2))
            size += len(spans)
        return Rows(at, np.ascontiguousarray(np.vstack(rows)))


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """When volumes apply within some days: `timed` is how much of that is known of each."""

    days: Days
    timed: npt.NDArray[np.uint8]
    certain: Rows
    possible: Rows

    def listing(self, volumes: Sequence[Owned], wanted: Iterable[int]) -> "Timetable":
        """With the times of more volumes."""
        found = [(number, _active(volumes[number], self.days)) for number in wanted]
        timed = self.timed.copy()
        timed[[number for number, _ in found]] = LISTED
        certain = self.certain.plus([(number, active.certain) for number, active in found])
        return Timetable(
            self.days,
            timed,
            certain,
            self.possible.plus([(number, active.possible) for number, active in found]),
        )


_NONE = Rows(np.zeros((0, 2), dtype=np.int32), np.empty((0, 2)))
NO_TIMES = Timetable((0.0, 0.0), np.zeros(0, dtype=np.uint8), _NONE, _NONE)
"""For questions in two dimensions."""


def timetable(volumes: Sequence[Owned], days: Days) -> Timetable:
    """What is known without looking at a calendar: who applies always, and who between dates."""
    timed = np.array([_timed(one.zone) for one in volumes], dtype=np.uint8)
    none = Rows(np.zeros((len(volumes), 2), dtype=np.int32), np.empty((0, 2)))
    return Timetable(days, timed, none, none).listing(volumes, np.flatnonzero(timed == LISTED).tolist())


def _timed(zone: Zone) -> int:
    if zone.applicability.is_permanent:
        return UNTIMED
    return NOT_YET_LISTED if zone.applicability.has_schedule else LISTED


def _active(owner: Owned, days: Days) -> Active:
    return owner.zone.applicability.active(*days, where_of(owner.zone, owner.volume))
