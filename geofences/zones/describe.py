"""What a zone says, in words: for lists, and for telling two versions of it apart.

Numbers have ten digits, and polygons a code of all their vertices: texts differ wherever content differs noticeably.
"""

import hashlib
import math

from geofences.geometry.shapes import lonlat_polygon
from geofences.model.altitude import METRES_PER_FOOT, Datum, Limit
from geofences.model.applicability import Applicability
from geofences.model.periods import EVERY_DAY, Bound, DailyPeriod, LocalTime, TimePeriod
from geofences.model.sun import SunEvent
from geofences.model.zone import CircleShape, Permit, PolygonShape, Volume, Zone

_DAYS = "MON TUE WED THU FRI SAT SUN".split()


def describe(zone: Zone) -> dict[str, str]:
    """All that a zone says, by name, in words."""
    said = {
        "name": zone.name,
        "country": zone.country,
        "restriction": zone.restriction.value,
        "reasons": ", ".join(zone.reasons),
        "when": when_text(zone.applicability),
        "conditions": zone.conditions,
        "message": zone.message,
    }
    if zone.permit is not None:
        said["permit"] = permit_text(zone.permit)
    for number, volume in enumerate(zone.volumes, start=1):
        which = f"volume {number}" if len(zone.volumes) > 1 else "volume"
        said[f"{which}, lower"] = limit_text(volume.lower)
        said[f"{which}, upper"] = limit_text(volume.upper)
        said[f"{which}, where"] = where_text(volume)
    return said


def permit_text(permit: Permit) -> str:
    """The terms of a permit area, such as `sidewalk, at most 2.7 m/s, 3 at once`."""
    said = [permit.surface.value]
    if permit.max_speed_mps is not None:
        said.append(f"at most {permit.max_speed_mps:.10g} m/s")
    if permit.max_count is not None:
        said.append(f"{permit.max_count} at once")
    if permit.max_weight_kg is not None:
        said.append(f"up to {permit.max_weight_kg:.10g} kg")
    return ", ".join(said)


def limit_text(limit: Limit | None) -> str:
    """A limit, such as `120 m AGL` or `FL100`."""
    if limit is None:
        return "not stated"
    if math.isinf(limit.value_m):
        return f"no limit {limit.datum}"
    level = limit.value_m / METRES_PER_FOOT / 100.0
    if limit.datum is Datum.FL and abs(level - round(level)) < 1e-9:
        return f"FL{round(level):03}"
    return f"{limit.value_m:.10g} m {limit.datum}"


def where_text(volume: Volume) -> str:
    """A volume's shape."""
    shape = volume.shape
    if isinstance(shape, CircleShape):
        return f"circle of {shape.radius_m:.10g} m around {shape.lon:.10g}, {shape.lat:.10g}"
    west, south, east, north = lonlat_polygon(shape).bounds
    holes = f" and {len(shape.holes)} holes" if shape.holes else ""
    box = f"{west:.5f}, {south:.5f} to {east:.5f}, {north:.5f}"
    return f"polygon of {len(shape.outer) - 1} corners{holes} within {box} [{_code(shape)}]"


def _code(shape: PolygonShape) -> str:
    return hashlib.sha256(repr((shape.outer, shape.holes)).encode()).hexdigest()[:8]


def when_text(when: Applicability) -> str:
    """When a zone applies."""
    applies = "; ".join(map(_period_text, when.periods)) or "always"
    return ", but not while authorised: ".join([applies, *map(when_text, when.suspended)])


def _period_text(one: TimePeriod) -> str:
    start = one.start.isoformat() if one.start else "any time"
    end = one.end.isoformat() if one.end else "open end"
    daily = ", ".join(map(_daily_text, one.schedule))
    return f"{start} to {end}" + (f" on {daily}" if daily else "")


def _daily_text(one: DailyPeriod) -> str:
    days = "every day" if one.days == EVERY_DAY else " ".join(_DAYS[day] for day in sorted(one.days))
    return f"{days} {_bound_text(one.start, 'start')} to {_bound_text(one.end, 'end')}"


def _bound_text(bound: Bound | None, name: str) -> str:
    if bound is None:
        return f"{name} of day"
    if isinstance(bound, SunEvent):
        return bound.value
    minutes, seconds = divmod(bound.seconds, 60.0)
    rest = f":{seconds:09.6f}".rstrip("0").rstrip(".") if seconds else ""
    shown = f"{int(minutes) // 60:02}:{int(minutes) % 60:02}{rest}"
    if isinstance(bound, LocalTime):
        return f"{shown} {bound.zone}"
    offset = f"{bound.utc_offset_s / 3600.0:+g} h" if bound.utc_offset_s else ""
    return f"{shown} UTC{offset}"
