"""What the checker reports: a code, where in the plan, and what was found against what was allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The kinds of violation. ``README.md`` beside this file states the rule and the tolerance of each."""

    FORMAT = "format"
    UNKNOWN_ID = "unknown_id"
    PLACEMENT = "placement"
    SUMMARY = "summary"
    WINDOW = "window"
    NOT_READY = "not_ready"
    TOO_EARLY = "too_early"
    SITE_CLOSED = "site_closed"
    SHIFT = "shift"
    DRIVER_BREAK = "driver_break"
    CAPACITY = "capacity"
    PARCEL_LIMIT = "parcel_limit"
    CREW = "crew"
    PAYLOAD = "payload"
    COMPARTMENT_COUNT = "compartment_count"
    COMPARTMENT_FIT = "compartment_fit"
    COMPARTMENT_TIME = "compartment_time"
    FLEET_SIZE = "fleet_size"
    PILOTS = "pilots"
    OVERLAP = "overlap"
    TURNAROUND = "turnaround"
    RECHARGE = "recharge"
    CHARGERS = "chargers"
    CHARGING = "charging"
    SPARES = "spares"
    PATH = "path"
    SPEED = "speed"
    RADIUS = "radius"
    ENERGY = "energy"
    USABLE = "usable"
    RESERVE = "reserve"
    GOODS = "goods"
    CHILLED = "chilled"
    AGE_CHECK = "age_check"
    SERVICE_LEVEL = "service_level"
    SKILLS = "skills"
    CONSENT = "consent"
    PRIORITY = "priority"
    DIRECTION = "direction"
    ZONE = "zone"
    TRAVEL_TIME = "travel_time"
    STREETS = "streets"
    DISTANCE = "distance"
    WALK = "walk"
    SERVICE_TIME = "service_time"
    MONEY = "money"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. ``where`` names the sortie, route, stop, locker or order; ``detail`` the figures."""

    code: Code
    where: str
    detail: str

    def __str__(self) -> str:
        """One line for a test's message."""
        return f"{self.code} at {self.where}: {self.detail}"
