"""What a world is made from: places, assets, true zones and true weather. The hub writes it as JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from fleet.domain.events import AssetRecord
from fleet.domain.fleet import AssetType, SparePacks
from fleet.domain.sites import Locker, Site
from fleet.protocol.values import Identifier, NonNegative, Positive, Time, Value
from fleet.sim.approvals import Approval
from fleet.sim.errors import SimError
from fleet.sim.machines import Machine


class Incidents(StrEnum):
    """How much goes wrong by itself."""

    NONE = "none"
    SOME = "some"
    HARD = "hard"


class TrueWeather(Value):
    """The weather of one moment, as the forecast has it; the true air is made from it."""

    time: Time
    wind_mps: NonNegative
    gust_mps: NonNegative
    wind_from_deg: float
    temperature_c: float = 15.0
    precipitation_mm_h: NonNegative = 0.0
    visibility_m: NonNegative = 10_000.0
    pressure_hpa: Positive = 1013.25


class Uncertainty(Value):
    """How much a day may turn out otherwise than was expected. Nothing unless told; a world without is as it ever was.

    ``travel`` is the standard deviation of the day's factor on all driving times (log-normal, mean 1): a day on which
    streets are full slows every van. ``wind_mps`` is that of how far the day's wind lies from what was forecast.
    ``failures`` is how often each vehicle fails in 100 hours of moving.
    """

    travel: Annotated[float, Field(ge=0, le=1)] = 0.0
    wind_mps: Annotated[float, Field(ge=0, le=15)] = 0.0
    failures: Annotated[float, Field(ge=0, le=1000)] = 0.0


CERTAIN = Uncertainty()


class WorldSpec(Value):
    """A world. ``zones`` are whole zone documents (GeoJSON, ED-269 or ED-318); ``approvals`` is who may enter
    those on approval, and when; ``held`` are the ids of those that anyone may enter at any time.

    ``machines`` gives true figures for an ``energy_model``, over those that come with the package;
    ``spare_packs`` lie full at sites at first. ``ground_amsl_m`` is
    the height of the ground, which is flat here. Aircraft that come nearer to each other than ``lateral_m`` and
    ``vertical_m`` at once are noted (0: none are).

    ``appetites`` are how many times as much as its machine a drone or robot takes at the beginning of the day (one that
    is not named: as much). With each trip it changes by chance, by ``appetite_drift`` of itself (one standard
    deviation), and stays within ``appetite_most`` of 1 either way.
    """

    start: Time
    until: Time
    sites: tuple[Site, ...]
    lockers: tuple[Locker, ...] = ()
    types: dict[str, AssetType]
    assets: tuple[AssetRecord, ...]
    zones: tuple[dict[str, Any], ...] = ()
    held: frozenset[Identifier] = frozenset()
    approvals: tuple[Approval, ...] = ()
    weather: tuple[TrueWeather, ...] = ()
    ground_amsl_m: float = 0.0
    machines: dict[str, Machine] = Field(default_factory=dict)
    spare_packs: tuple[SparePacks, ...] = ()
    lateral_m: NonNegative = 0.0
    vertical_m: NonNegative = 0.0
    appetites: dict[Identifier, Positive] = Field(default_factory=dict)
    appetite_drift: NonNegative = 0.0
    appetite_most: Annotated[float, Field(ge=0, lt=1)] = 0.15
    uncertainty: Annotated[Uncertainty, Field(exclude_if=lambda found: found == CERTAIN)] = CERTAIN

    @property
    def all_approvals(self) -> tuple[Approval, ...]:
        """The approvals, those without limits with them."""
        return (*self.approvals, *(Approval(zone_id=zone_id) for zone_id in sorted(self.held)))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.until <= self.start:
            raise ValueError("until must lie after start")
        sites = {s.site_id for s in self.sites} | {locker.locker_id for locker in self.lockers}
        for asset in self.assets:
            if asset.type_id not in self.types:
                raise ValueError(
                    f"asset {asset.asset_id!r} is of type {asset.type_id!r}, which is not in `types`"
                )
            if asset.site_id not in sites:
                raise ValueError(
                    f"asset {asset.asset_id!r} stands at {asset.site_id!r}, which is no site or locker here"
                )
        return self


def parse_spec(text: str, source: str) -> WorldSpec:
    """Read a world from JSON. Raises ``SimError`` that names ``source`` and the field."""
    try:
        return WorldSpec.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "document"
        raise SimError(f"{source}: {where}: {first['msg']}") from None
