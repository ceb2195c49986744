"""What a zone is: where, how high, when, and what it demands. Values only; nothing here reads or computes
much.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

from geofences.altitude import Limit
from geofences.applicability import ALWAYS, Applicability

Position = tuple[float, float]
Ring = tuple[Position, ...]


class Restriction(StrEnum):
    """What a zone demands. An unknown demand is read as PROHIBITED and reported (rule E12)."""

    PROHIBITED = "PROHIBITED"
    REQ_AUTHORISATION = "REQ_AUTHORISATION"
    CONDITIONAL = "CONDITIONAL"
    NO_RESTRICTION = "NO_RESTRICTION"
    USPACE = "USPACE"
    OPERATING_AREA = "OPERATING_AREA"
    """Ours, not a state's: to be stayed inside of."""
    PERMIT_AREA = "PERMIT_AREA"
    """Where robots on the ground may drive, and on which terms (see `geofences.permits`); aircraft pass over it."""


RESTRICTION_NAMES = {kind.value: kind for kind in Restriction} | {
    "REQ_AUTHORIZATION": Restriction.REQ_AUTHORISATION  # the spelling of ED-318 (rule E3)
}

ON_APPROVAL = frozenset({Restriction.REQ_AUTHORISATION, Restriction.CONDITIONAL, Restriction.USPACE})
"""Restrictions that lift for whoever holds the authorisation, meets the conditions or uses the services."""

OURS = frozenset({Restriction.OPERATING_AREA, Restriction.PERMIT_AREA})
"""Restrictions that no state's format knows: what they allow is allowed by them alone."""

NEVER_BLOCKS = OURS | {Restriction.NO_RESTRICTION}
"""Restrictions that allow: read as larger than it was meant, such a zone would be less safe, not safer."""


@dataclass(frozen=True, slots=True)
class PolygonShape:
    """An outer ring and holes, closed, longitude and latitude; edges are straight in longitude and
    latitude.
    """

    outer: Ring
    holes: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class CircleShape:
    """All positions within `radius_m`, measured along the geodesic, of a centre (rule E8)."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Volume:
    """A shape between two limits, each in its own datum; None is "not stated", never 0 (rules E4 and E5)."""

    shape: PolygonShape | CircleShape
    lower: Limit | None = None
    upper: Limit | None = None


class Surface(StrEnum):
    """What a permit to drive is for; a robot drives on one of the first two."""

    SIDEWALK = "sidewalk"
    STREET = "street"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Permit:
    """The terms of a permit area; None is no limit. `max_weight_kg` is of the robot with its load, `max_count` of
    robots that are in the area at once. Its hours are the zone's applicability.
    """

    surface: Surface = Surface.ANY
    max_speed_mps: float | None = None
    max_count: int | None = None
    max_weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A geographical zone of a state, or a geofence of ours: the union of its volumes (rule E9).

    `flags` are remarks of the reader: what was assumed, corrected or unknown. Neither they nor `source` are
    part of the content by which a zone set is versioned.
    """

    zone_id: str
    restriction: Restriction
    volumes: tuple[Volume, ...]
    name: str = ""
    country: str = ""
    reasons: tuple[str, ...] = ()
    applicability: Applicability = ALWAYS
    conditions: str = ""
    message: str = ""
    source: str = ""
    flags: tuple[str, ...] = ()
    permit: Permit | None = None
    unfit: bool = False
    """An authorisation is held for it that does not cover this part of it: these times, heights or this vehicle."""

    def blocks(self, held: frozenset[str]) -> bool:
        """Whether entering it is forbidden to somebody who holds authorisations for the zones `held`."""
        if self.restriction in NEVER_BLOCKS:
            return False
        return not (self.restriction in ON_APPROVAL and self.zone_id in held)

    def content_hash(self) -> str:
        """Hexadecimal SHA-256 of what the zone says, whichever file it came from."""
        said = [_plain(getattr(self, one.name)) for one in fields(self) if one.name not in _NOT_CONTENT]
        if self.permit is not None:
            said.append(_plain(self.permit))
        return hashlib.sha256(repr(said).encode()).hexdigest()


_NOT_CONTENT = frozenset({"source", "flags", "unfit", "permit"})
"""The permit is, where there is one: zones without one keep the hash that they had before there were any."""


def _plain(value: Any) -> object:
    """Nested tuples, numbers and text: the same value always gives the same `repr`, in every Python."""
    for kind, flatten in _FLATTEN.items():
        if isinstance(value, kind):
            return flatten(value)
    if is_dataclass(value):
        return (type(value).__name__, *(_plain(getattr(value, one.name)) for one in fields(value)))
    return value


_FLATTEN: dict[type, Callable[[Any], object]] = {
    Enum: lambda value: value.value,
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    frozenset: sorted,
    PolygonShape: lambda value: ("PolygonShape", value.outer, value.holes),
    # As if `suspended` were not there: no zone that is published has any, and versions must stay.
    Applicability: lambda value: ("Applicability", _plain(value.periods), *map(_plain, value.suspended)),
    tuple: lambda value: tuple(map(_plain, value)),
}
