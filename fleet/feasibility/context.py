"""What the feasibility questions are asked against: the fleet, its places, the air, the weather, the
streets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Self

from fleet.domain.fleet import FleetSpec, SortieType
from fleet.domain.sites import Locker, Site
from fleet.energy.air import SEA_LEVEL_PA
from fleet.feasibility.memory import Memory
from fleet.network.base import Network
from fleet.weather.field import Weather
from geofences import Authorisation, Restriction, Terrain, Watch, Zone, ZoneSet, authorised
from geofences.model.refused import missed_on_the_ground

STANDARD_HPA = SEA_LEVEL_PA / 100
"""What counts where nobody has said a pressure."""

MOST_VERDICTS = 10_000
"""So many are kept, of some ten kilobytes each: what a plan of 500 parcels with its reasons asks about, so that what it
books is known still when the first event comes."""


@dataclass(frozen=True)
class Context:
    """Everything that a verdict may depend on besides the parcel, the asset and the time.

    ``weather`` is none where no data was given: then the weather is unknown unless the fleet names the
    assumption. ``held`` are the ids of the zones for which the operator holds an authorisation without limits,
    ``authorisations`` those with a validity, a height or vehicles; ``vehicle`` names whom it is about. ``areas``
    are the operating areas in whose union machines must stay; none means that there is no such limit.

    ``memory`` keeps what has been worked out from the rest (shapes of trips). It begins empty in each
    context, in each copy made by ``dataclasses.replace`` and in each process, so it never outlives what it
    rests on. What rests on the weather has it in its key (see ``temperatures_c``), so ``in_weather`` keeps it.
    """

    fleet: FleetSpec
    sites: Mapping[str, Site]
    lockers: Mapping[str, Locker]
    zones: ZoneSet
    terrain: Terrain
    network: Network
    weather: Weather | None
    held: frozenset[str] = frozenset()
    areas: tuple[Zone, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    vehicle: frozenset[str] = frozenset()
    memory: Memory = field(default_factory=Memory, init=False, repr=False, compare=False)

    def in_weather(self, weather: Weather | None) -> Self:
        """The same in other weather. What was worked out stays: no shape of a trip depends on the weather."""
        other = replace(self, weather=weather)
        object.__setattr__(other, "memory", self.memory)
        if "airspace" in self.__dict__:  # with its index
            other.__dict__["airspace"] = self.airspace
        return other

    @cached_property
    def verdicts(self) -> Memory:
        """Whole verdicts on sorties, by all that they depend on beside this context, its weather included: unlike the
        memory it is for this one alone."""
        return Memory(MOST_VERDICTS)

    def of(self, asset_type: SortieType) -> Self:
        """The same as it is for vehicles of a type: other only where some authorisation is for some vehicles."""
        if self.vehicle or not any(one.vehicles for one in self.authorisations):
            return self
        # Not in the memory, which contexts of other weather share.
        found: dict[str, Self] = self.__dict__.setdefault("by_type", {})
        if asset_type.type_id not in found:
            names = frozenset({asset_type.type_id, asset_type.kind})
            found[asset_type.type_id] = replace(self, vehicle=names)
        return found[asset_type.type_id]

    @cached_property
    def temperatures_c(self) -> tuple[float, float]:
        """The coldest and the warmest that any trip could be worked out for."""
        rows = () if self.weather is None else self.weather.rows
        assumes = self.fleet.assumptions
        # Where it is named, it counts too when rows are stale or none is near.
        assumed = (assumes.assumed_temperature_c,) if assumes.calm_weather or not rows else ()
        return (
            min((*assumed, *(row.conditions.temperature_c for row in rows))),
            max((*assumed, *(row.conditions.highest_c for row in rows))),
        )

    @cached_property
    def pressures_hpa(self) -> tuple[float, float]:
        """The lowest and the highest pressure at sea level that any trip could be worked out for."""
        rows = () if self.weather is None else self.weather.rows
        known = [hpa for row in rows for hpa in row.conditions.hpa or ()]
        return min((*known, STANDARD_HPA)), max((*known, STANDARD_HPA))

    @cached_property
    def airspace(self) -> ZoneSet:
        """The zones, as far as they hold for us, together with the operating areas; its version is the one that flights
        are checked against.
        """
        zones = authorised(self.zones, self.authorisations, self.vehicle)
        return reduce(ZoneSet.with_zone, self.areas, zones)

    @property
    def watch(self) -> Watch:
        """The airspace, made ready for samples that come one by one."""
        return self.memory.get("watch", lambda: Watch(self.airspace, self.terrain, held=self.held))

    @cached_property
    def permits(self) -> ZoneSet | None:
        """The areas in which robots may drive by permit; none where no permits are known. Those that were refused in
        reading are missing from it: then it is not known on which terms robots may drive.
        """
        found = [zone for zone in self.zones.zones if zone.restriction is Restriction.PERMIT_AREA]
        return (
            ZoneSet(found, missing=self.zones.missing)
            if found or missed_on_the_ground(self.zones.missing)
            else None
        )

    @cached_property
    def airspace_has_times(self) -> bool:
        """Whether any zone or operating area applies at some times only."""
        return any(not zone.applicability.is_permanent for zone in self.airspace.zones)
