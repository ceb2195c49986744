"""The values that every other part of the wire is made of: places, times, parcels' properties, reasons.

Everything here is frozen, validated on construction and serialises to JSON. Units are in the names (SI);
positions are longitude, latitude in degrees (WGS84); heights are above mean sea level unless the name says
otherwise; times are aware and stored in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)


class Value(BaseModel):
    """A frozen value: unknown fields are refused, infinities and NaN too."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_GIVEN: dict[frozenset[str], set[str]] = {}
"""Each set of fields that some value was made with, once."""

V = TypeVar("V", bound=Value)


def slim(value: V) -> V:
    """The value itself, with less memory: its note of which fields it was made with is a third of it, and is shared
    with all values that were made with the same. Nobody changes the note of what is frozen."""
    given = value.model_fields_set
    object.__setattr__(value, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(given), given))
    return value


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time lies outside the years 1 to 9999 in UTC") from None


Time = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware moment, kept in UTC."""

_IS_ID = object()
"""Marks an id among other texts, for ``ids_in``."""

Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^\S(.*\S)?$"), _IS_ID]
"""An id, kept verbatim: 1 to 128 characters, no space at either end.

From the wire the hub takes none with control characters (``codec.decode_control``); a log of an earlier release may
have some, and stays readable.
"""

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
"""A machine-readable code in snake case."""

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Fraction = Annotated[float, Field(ge=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


def ids_in(value: object) -> Iterator[str]:
    """Every ``Identifier`` in a message, however deep."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            yield from _texts(inner) if name in _id_fields(type(value)) else ids_in(inner)
    elif isinstance(value, tuple | frozenset):
        for inner in value:
            yield from ids_in(inner)


@cache
def _id_fields(model: type[BaseModel]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(name for name, f in fields if _IS_ID in f.metadata or _marked(f.annotation))


def _marked(annotation: object) -> bool:
    return _IS_ID in getattr(annotation, "__metadata__", ()) or any(map(_marked, get_args(annotation)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)


class Place(Value):
    """A point on the ground."""

    lon: Longitude
    lat: Latitude


class Waypoint(Value):
    """A point in the air or on the ground that is to be passed at a time (``at`` is absent for a plain shape)."""

    lon: Longitude
    lat: Latitude
    alt_amsl_m: float
    at: Time | None = None


class Dimensions(Value):
    """Outer dimensions of a box; any rotation is allowed, so the order of the three does not matter."""

    length_m: Positive
    width_m: Positive
    height_m: Positive

    def fits_in(self, other: Dimensions) -> bool:
        """Whether this box fits into ``other`` in some right-angled rotation."""
        return all(a <= b + 1e-9 for a, b in zip(self.ordered(), other.ordered(), strict=True))

    def ordered(self) -> tuple[float, float, float]:
        """The three edges, shortest first."""
        a, b, c = sorted((self.length_m, self.width_m, self.height_m))
        return a, b, c

    @property
    def volume_m3(self) -> float:
        """The box's volume."""
        return self.length_m * self.width_m * self.height_m


class TimeWindow(Value):
    """A closed interval of time; ``end`` may not lie before ``start``."""

    start: Time
    end: Time

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError(
                f"the window ends ({self.end.isoformat()}) before it begins ({self.start.isoformat()})"
            )
        return self


class Direction(StrEnum):
    """Which way a parcel goes."""

    DELIVERY = "delivery"
    PICKUP = "pickup"
    RETURN = "return"


class Goods(StrEnum):
    """What a parcel holds, as far as its carriage depends on it."""

    STANDARD = "standard"
    FRAGILE = "fragile"
    CHILLED = "chilled"
    LITHIUM = "lithium"
    DANGEROUS = "dangerous"


class ServiceLevel(StrEnum):
    """What happens at the door."""

    STANDARD = "standard"
    SIGNATURE = "signature"
    WHITE_GLOVE = "white_glove"


class CompartmentSize(StrEnum):
    """A locker's size classes, smallest first; their dimensions are configuration."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Reason(Value):
    """Why something is refused or not known: the limit, what was found, its unit, and where the limit comes from.

    Made only by the feasibility checks; planner, dispatch, monitor and console show the same one.
    """

    code: Code
    detail: str
    limit: float | str | None = None
    actual: float | str | None = None
    unit: str | None = None
    source: str | None = None


LEAST_PRIORITY, MOST_PRIORITY = 1.0, 100.0
"""Between these an order's priority lies. None is below 1, that of who says nothing: a parcel stays behind for want of
room only, not since it counts for less than its way costs."""

MOST_SKILLS = 20
"""So many skills may an order ask for."""


class Order(Value):
    """One parcel that is to be moved, without anything that tells who the person is (see ``Contact``).

    ``place`` is the recipient's (or, for a pick-up, the sender's) address point; ``drop_point`` is a surveyed
    point where a machine may set the parcel down, when there is one. ``priority`` is how many times the fleet's price
    of a parcel that nobody brings this one counts: where not all find room, those of less are left. ``skills`` are what
    who brings it must be able to do, by the names that the fleet file gives its vans.
    """

    order_id: Identifier
    client: str
    direction: Direction
    place: Place
    drop_point: Place | None = None
    weight_kg: Positive
    size: Dimensions
    goods: Goods
    value_minor: Annotated[int, Field(ge=0)] = 0
    min_age: Annotated[int, Field(ge=0, le=120)] | None = None
    ready_at: Time
    due: TimeWindow
    service: ServiceLevel = ServiceLevel.STANDARD
    service_minutes: NonNegative = 3
    crew: Annotated[int, Field(ge=1, le=9)] = 1
    locker_ok: bool = False
    priority: Annotated[
        float, Field(ge=LEAST_PRIORITY, le=MOST_PRIORITY, exclude_if=lambda priority: priority == 1)
    ] = 1
    skills: Annotated[
        frozenset[Identifier],
        PlainSerializer(sorted, return_type=list[str]),
        Field(max_length=MOST_SKILLS, exclude_if=lambda skills: not skills),
    ] = frozenset()

    @model_validator(mode="after")
    def _ready_before_due(self) -> Self:
        if self.ready_at > self.due.end:
            raise ValueError("ready_at lies after due_by: nobody can meet that")
        return self


class Contact(Value):
    """The person behind an order. Lives in an erasable table, never in the log of events."""

    order_id: Identifier
    recipient: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    notes: str = ""
    extra: dict[str, str] = Field(default_factory=dict)
