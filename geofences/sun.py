"""Civil twilight, sunrise and sunset for schedules that name them (rule E6)."""

import math
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

CIVIL_TWILIGHT_DEG = 6.0
"""How far the sun is below the horizon when civil twilight begins and ends."""

TOLERANCE_S = 180.0
"""A period that begins or ends with the sun is widened by this much: the model errs by a minute or two."""


class SunEvent(StrEnum):
    """The daylight events of ED-318: civil twilight begins, the sun rises, it sets, civil twilight ends."""

    BMCT = "BMCT"
    SR = "SR"
    SS = "SS"
    EECT = "EECT"


def sun_time_s(event: SunEvent, day: date, lon: float, lat: float) -> float | None:
    """When the event happens on the solar day `day` at the place, in Unix seconds; None if it does not."""
    try:
        return _event(event, day, lon, lat).timestamp()
    except ValueError:  # polar day or night: the sun does not reach that height there on that day
        return None


def _event(event: SunEvent, day: date, lon: float, lat: float) -> datetime:
    from astral import Observer, sun  # here, because only schedules with sun events need it

    observer, zone = Observer(latitude=lat, longitude=lon), solar_zone(lon)
    match event:
        case SunEvent.BMCT:
            return sun.dawn(observer, day, depression=CIVIL_TWILIGHT_DEG, tzinfo=zone)
        case SunEvent.SR:
            return sun.sunrise(observer, day, tzinfo=zone)
        case SunEvent.SS:
            return sun.sunset(observer, day, tzinfo=zone)
        case SunEvent.EECT:
            return sun.dusk(observer, day, depression=CIVIL_TWILIGHT_DEG, tzinfo=zone)


def solar_zone(lon: float) -> timezone:
    """The whole-hour offset nearest to local mean solar time: it tells which date a sunrise belongs to."""
    return timezone(timedelta(hours=math.floor(lon / 15.0 + 0.5)))
