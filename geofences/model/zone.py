"""What a zone is: where, how high, when, and what it demands. Values only; nothing here reads or computes
much.
"""

import hashlib
import math
import reprlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from geofences.errors import ZoneError, check_each, check_type
from geofences.model.altitude import Limit, below_at_sea_level, is_ground, never_above
from geofences.model.applicability import ALWAYS, Applicability

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
    """Where robots on the ground may drive, and on which terms (see `check_drive`); aircraft pass over it."""


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


_LIMIT = (Limit, type(None))


@dataclass(frozen=True, slots=True)
class Volume:
    """A shape between two limits, each in its own datum; None is "not stated", never 0 (rules E4 and E5).

    Raises `ZoneError` for limits between which there is nothing anywhere on Earth. Its shape is judged by `ZoneSet`.
    """

    shape: PolygonShape | CircleShape
    lower: Limit | None = None
    upper: Limit | None = None

    def __post_init__(self) -> None:
        check_type(self.shape, (PolygonShape, CircleShape), "Volume.shape")
        check_type(self.lower, _LIMIT, "Volume.lower")
        check_type(self.upper, _LIMIT, "Volume.upper")
        if self.lower is None:
            return
        if self.lower.value_m == math.inf:
            raise ZoneError("Volume.lower", "is math.inf, which means no ceiling: leave the volume out")
        if self.upper is not None and never_above(self.lower, self.upper):
            lower, upper = (f"{one.value_m:g} m {one.datum}" for one in (self.lower, self.upper))
            raise ZoneError("Volume.upper", f"{upper} is below the lower limit, {lower}: are they swapped?")


class Surface(StrEnum):
    """What a permit to drive is for; a robot drives on one of the first two."""

    SIDEWALK = "sidewalk"
    STREET = "street"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Permit:
    """The terms of a permit area; None is no limit. `max_weight_kg` is of the robot with its load, `max_count` of
    robots that are in the area at once; 0 is nothing at all. Its hours are the zone's applicability. Raises
    `ZoneError`.
    """

    surface: Surface = Surface.ANY
    max_speed_mps: float | None = None
    max_count: int | None = None
    max_weight_kg: float | None = None

    def __post_init__(self) -> None:
        check_type(self.surface, Surface, "Permit.surface")
        check_type(self.max_count, (int, type(None)), "Permit.max_count")
        for name in ("max_speed_mps", "max_count", "max_weight_kg"):
            value = getattr(self, name)
            check_type(value, (float, int, type(None)), f"Permit.{name}")
            if value is not None and not 0.0 <= value < math.inf:
                raise ZoneError(
                    f"Permit.{name}", f"must be a number of 0 or more, or None for no limit, got {value}"
                )


class ZoneKey(NamedTuple):
    """A zone of a country (in capital letters, as zones state it; empty for those that state none)."""

    country: str
    zone_id: str


Held = str | ZoneKey
"""What an operator holds approval for: a zone's id, which counts as long as no two countries have zones on approval
with it; or its country and id.
"""


@dataclass(frozen=True, slots=True)
class Zone:
    """A geographical zone of a state, or a geofence of ours: the union of its volumes (rule E9).

    `flags` are remarks of the reader: what was assumed, corrected or unknown. Neither they nor `source` are
    part of the content by which a zone set is versioned. Raises `ZoneError` for what is no zone.
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

    def __post_init__(self) -> None:
        check_type(self.zone_id, str, "Zone.zone_id")
        if not self.zone_id:
            raise ZoneError("Zone.zone_id", "is empty: answers name zones by it")
        try:
            self._judge()
        except ZoneError as error:
            raise ZoneError(error.field, error.message, self.zone_id) from None

    def _judge(self) -> None:
        check_type(self.restriction, Restriction, "Zone.restriction")
        check_each(self.volumes, Volume, "Zone.volumes")
        if not self.volumes:
            raise ZoneError("Zone.volumes", "is empty: a zone needs at least one volume")
        # What an approval leaves of a zone may be almost nowhere.
        for number, one in enumerate(() if self.unfit else self.volumes):
            _judge_ceiling(one, f"Zone.volumes[{number}].upper")
        for name in _TEXTS:
            check_type(getattr(self, name), str, f"Zone.{name}")
        check_each(self.reasons, str, "Zone.reasons")
        for name in WORDS:
            said = getattr(self, name)
            if not is_text(said if isinstance(said, str) else "".join(said)):
                problem = f"{reprlib.repr(said)} holds what is no character: half of one, or a zero byte"
                raise ZoneError(f"Zone.{name}", problem)
        check_each(self.flags, str, "Zone.flags")
        check_type(self.applicability, Applicability, "Zone.applicability")
        check_type(self.permit, (Permit, type(None)), "Zone.permit")
        if self.permit is not None and self.restriction is not Restriction.PERMIT_AREA:
            raise ZoneError(
                "Zone.permit", "its terms would bind nobody: only a Restriction.PERMIT_AREA has them"
            )

    @property
    def key(self) -> ZoneKey:
        """Its country and id: ids are given by countries, each for its own zones."""
        return ZoneKey(self.country.upper(), self.zone_id)

    def content_hash(self) -> str:
        """Hexadecimal SHA-256 of what the zone says, whichever file it came from."""
        said = [_plain(getattr(self, one.name)) for one in fields(self) if one.name not in _NOT_CONTENT]
        if self.permit is not None:
            said.append(_plain(self.permit))
        return hashlib.sha256(repr(said).encode()).hexdigest()


def _judge_ceiling(volume: Volume, field: str) -> None:
    """Refuse a zone that would hold nowhere, or only where the ground is below the sea: as readers do."""
    upper = volume.upper
    if upper is None or not (is_ground(upper) or below_at_sea_level(volume.lower, upper)):
        return
    least = "the ground"
    if volume.lower is not None and not is_ground(volume.lower):
        least = f"the lower limit, {volume.lower.value_m:g} m {volume.lower.datum},"
    raise ZoneError(
        field,
        f"{upper.value_m:g} m {upper.datum} is not above {least} wherever the ground is above the sea: it would "
        "hold almost nowhere; leave out a ceiling that is not stated",
    )


_TEXTS = ("name", "country", "conditions", "message", "source")

WORDS = ("zone_id", "name", "country", "conditions", "message", "reasons")
"""The members of a zone that are texts of whoever made it."""


def is_text(value: str) -> bool:
    """Whether there is nothing but characters in it: halves of them can't be written anywhere, a zero byte not in every
    database.
    """
    if value.isascii():
        return "\0" not in value
    return "\0" not in value and (
        value.isprintable() or not any("\ud800" <= one <= "\udfff" for one in value)
    )


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
