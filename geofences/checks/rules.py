"""What is asked of a path besides the zones: margins, approvals, areas, what nothing may fall on. Said here once, for
every check that takes it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypedDict, TypeVar

from geofences.geometry.track import MOST_WITHIN_S
from geofences.model.words import known_reasons
from geofences.model.zone import Held, ZoneKey
from geofences.zones.zoneset import ZoneSet

LARGEST_M = 10_000.0

ON_THE_GROUND = frozenset({"POPULATION", "SENSITIVE", "EMERGENCY"})
"""The reasons of zones in which something may be hit. SORA's harms are people and critical infrastructure."""


AnId = TypeVar("AnId", bound=str | ZoneKey)


def several(ids: Collection[AnId], name: str) -> frozenset[AnId]:
    """A collection of ids as a set. Raises `TypeError` for one id: it would be taken letter by letter."""
    if isinstance(ids, frozenset) and not ids:  # as mostly, and thousands of times a second
        return ids
    if isinstance(ids, str | ZoneKey):
        raise TypeError(f"{name} is a collection of ids: pass {{{ids!r}}}, not {ids!r} alone")
    listed = tuple(ids)
    for one in listed:
        if not isinstance(one, str | tuple):
            raise TypeError(f"{name} holds {one!r}, which is no id")
    return frozenset(listed)


@dataclass(frozen=True, slots=True)
class GroundRisk:
    """Zones that nothing may fall on, at whatever height they are: what falls passes all heights.

    They stay farther from the path than `reach_m`, the contingency volume and the ground risk buffer together
    (`Margins.ground_m`). `protects` are the reasons that make a zone one of them, see `protecting`.
    Raises `ValueError` for a reach outside 0 to 10 km, and for a reason that there is not.
    """

    reach_m: float
    protects: frozenset[str] = ON_THE_GROUND

    def __post_init__(self) -> None:
        if not 0.0 <= self.reach_m <= LARGEST_M:
            raise ValueError(f"a ground risk reaches 0 to {LARGEST_M:.0f} m, got {self.reach_m}")
        object.__setattr__(self, "protects", known_reasons(self.protects, "protects"))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a path is held to.

    `margin_m` is kept beside it, `vertical_margin_m` above and below. `held` are the ids (or the keys) of zones whose
    approval the operator holds. `areas` are the ids of the operating areas of which it must stay in the union; None
    means all that the set has, an empty set none. `time_margin_s` is by how much all its times may be wrong, besides
    what its waypoints say of theirs (`within_s`): a zone counts that applies at any moment at which the path may be
    there, an operating area that does at all of them. `ground` is what may not be fallen on.

    Raises `ValueError` for margins outside 0 to 10 km, or 0 to a day, and `TypeError` for one id in place of several
    and for a ground that is no `GroundRisk`.
    """

    margin_m: float = 0.0
    vertical_margin_m: float = 0.0
    held: frozenset[Held] = frozenset()
    areas: frozenset[str] | None = None
    time_margin_s: float = 0.0
    ground: GroundRisk | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "held", several(self.held, "held"))
        if self.areas is not None:
            object.__setattr__(self, "areas", several(self.areas, "areas"))
        if not (self.ground is None or isinstance(self.ground, GroundRisk)):
            raise TypeError(f"ground is a GroundRisk(reach_m), not {self.ground!r}")
        if not 0.0 <= self.time_margin_s <= MOST_WITHIN_S:
            raise ValueError(f"a margin of time must be 0 to {MOST_WITHIN_S:.0f} s, got {self.time_margin_s}")
        if not (0.0 <= self.margin_m <= LARGEST_M and 0.0 <= self.vertical_margin_m <= LARGEST_M):
            raise ValueError(f"margins must be 0 to 10000 m, got {self.margin_m}, {self.vertical_margin_m}")

    @property
    def said(self) -> str:
        """In words, so that an answer can be had again."""
        parts = [f"{self.margin_m:g} m beside, {self.vertical_margin_m:g} m above and below"]
        if self.time_margin_s:
            parts.append(f"{self.time_margin_s:g} s early or late")
        if self.held:
            parts.append(f"approvals held: {', '.join(self.held_ids)}")
        if self.areas is not None:
            parts.append(f"to stay inside of: {', '.join(sorted(self.areas)) or 'nothing'}")
        if self.ground is not None:
            reasons = ", ".join(sorted(self.ground.protects))
            parts.append(f"{self.ground.reach_m:g} m off what is protected on the ground ({reasons})")
        return "; ".join(parts)

    @property
    def held_ids(self) -> list[str]:
        """Ids, and keys as country and id, in order."""
        return sorted(one if isinstance(one, str) else ":".join(one) for one in self.held)

    @property
    def widest_m(self) -> float:
        """How far beside the path a zone may be that matters."""
        return self.margin_m if self.ground is None else max(self.margin_m, self.ground.reach_m)

    def is_bounded(self, zone_set: ZoneSet) -> bool:
        """Whether it must stay inside of operating areas: of some of the set's, or of one that is named and lacks."""
        return bool(zone_set.operating_areas if self.areas is None else self.areas)

    def on_the_ground(self, reach_m: float) -> "Rules":
        """The same for what is protected on the ground within so many metres: heights and areas do not count."""
        return replace(self, margin_m=reach_m, vertical_margin_m=0.0, areas=frozenset(), ground=None)


class AskedBeside(TypedDict, total=False):
    """Keywords of checks whose margin is an argument of its own; `Rules` says what they mean."""

    vertical_margin_m: float
    held: Collection[Held]
    areas: Collection[str] | None
    time_margin_s: float
    ground: GroundRisk | None


class Asked(AskedBeside, total=False):
    """Keywords of every check; `Rules` says what they mean."""

    margin_m: float


def rules_of(
    margin_m: float = 0.0,
    vertical_margin_m: float = 0.0,
    held: Collection[Held] = frozenset(),
    areas: Collection[str] | None = None,
    time_margin_s: float = 0.0,
    ground: GroundRisk | None = None,
) -> Rules:
    """Rules from what callers pass. Raises as `Rules` does."""
    among = None if areas is None else several(areas, "areas")
    return Rules(margin_m, vertical_margin_m, several(held, "held"), among, time_margin_s, ground)
