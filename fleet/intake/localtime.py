"""Which time zone a day is planned in when nobody has said so: the fixed offset of the orders' times."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from fleet.intake.errors import file_error

HOUR = timedelta(hours=1)


def zone_of_offsets(offsets: Collection[timedelta], file: str) -> str:
    """The zone of fixed offset that all times of a file share; UTC when there are none.

    Raises ``FileError`` when the times have several offsets or one of broken hours: then only the operator
    knows the zone.
    """
    if not offsets:
        return "UTC"
    hours = {offset / HOUR for offset in offsets}
    if len(hours) > 1 or not all(hour.is_integer() for hour in hours):
        shown = ", ".join(f"{hour:+g} h" for hour in sorted(hours))
        message = f"its times are written in {shown} from UTC; state the timezone in the fleet file"
        raise file_error(file, message)
    (hour,) = hours
    # In the names of these zones the sign is the other way round: west of Greenwich is plus (POSIX).
    return f"Etc/GMT{-int(hour):+d}" if hour else "UTC"
