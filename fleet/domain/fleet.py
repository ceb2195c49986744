"""What the operator has and what it costs: types of vehicles, rates, reserves and the assumptions that he names.

One ``FleetSpec`` is what a ``fleet.toml`` says. Money is in major units of ``currency`` here (rates are given by
people as 21.50 an hour) and is rounded to minor units only where an amount is booked.
"""

from __future__ import annotations

from datetime import time
from math import radians, tan
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, PlainSerializer, model_validator

from fleet.domain.breaks import DriverBreak
from fleet.domain.objective import CHANGE_PRICE, Fairness, Lateness
from fleet.domain.pilots import Pilots
from fleet.domain.walking import Walking
from fleet.domain.weatherrule import WeatherRule
from fleet.protocol.batteries import MOST_PACKS
from fleet.protocol.values import (
    CompartmentSize,
    Dimensions,
    Fraction,
    Goods,
    Identifier,
    NonNegative,
    Positive,
    ServiceLevel,
    Value,
)

GRAVITY_MPS2 = 9.80665

T = TypeVar("T")
SortedSet = Annotated[frozenset[T], PlainSerializer(lambda members: sorted(str(m) for m in members))]
"""A set that is written in the order of its members, so that the same day makes the same JSON in every process."""

PerPlace = Annotated[int, Field(ge=1, le=99)]

# What nobody states but by a slip of the hand or of the unit: it is told where it stands, not by a trip without a time.
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
"""A duration within a trip or a stop: a day at the most."""
Height = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Watts = Annotated[float, Field(ge=1, le=1_000_000, allow_inf_nan=False)]


class WeatherCaps(Value):
    """The weather in which a type may go out; a bound that is absent does not bind it."""

    max_wind_mps: NonNegative | None = None
    max_gust_mps: NonNegative | None = None
    max_precipitation_mm_h: NonNegative | None = None
    min_visibility_m: NonNegative | None = None
    min_temperature_c: float | None = None
    max_temperature_c: float | None = None
    icing_below_c: Annotated[float | None, Field(exclude_if=lambda limit: limit is None)] = None
    """At or below this temperature it stays where there is visible moisture (``fleet.weather.icing``)."""


class CarriageRules(Value):
    """What may ride: heaviest parcel, largest box, classes of goods, services and hours of the cold chain."""

    max_parcel_kg: Positive
    hold: Dimensions
    goods: SortedSet[Goods]
    services: SortedSet[ServiceLevel]
    age_check: bool = False
    collects: bool = False
    """Whether it can take parcels in (pick-ups and returns)."""
    chilled_minutes: NonNegative | None = None
    """How long it keeps chilled goods cold; none when it can't carry them at all."""
    crew: int = 0
    skills: SortedSet[str] = frozenset()


class Rates(Value):
    """What a type costs, in major units of the fleet's currency."""

    per_trip: NonNegative = 0
    """Each sortie; for a van its fixed day: once a local day, however many routes it drives."""
    per_hour: NonNegative = 0
    per_km: NonNegative = 0
    per_kwh: NonNegative = 0
    per_parcel: NonNegative = 0


class Emissions(Value):
    """CO2 that a type's trips emit, and the price of a tonne of it, which is in the type's rates already."""

    g_per_km: NonNegative = 0
    g_per_kwh: NonNegative = 0
    price_per_tonne: NonNegative = 0

    def kg(self, distance_m: float, energy_wh: float) -> float:
        """What a trip emits."""
        return (self.g_per_km * distance_m + self.g_per_kwh * energy_wh) / 1e6

    def priced(self, rates: Rates) -> Rates:
        """The rates with the price of what is emitted in them, so that whoever weighs money weighs it too."""
        per_gram = self.price_per_tonne / 1e6
        return rates.model_copy(
            update={
                "per_km": rates.per_km + self.g_per_km * per_gram,
                "per_kwh": rates.per_kwh + self.g_per_kwh * per_gram,
            }
        )


class LinkTimes(Value):
    """Where a type may be silent for another time than its kind says (``fleet.kinds``, ``LostLink``), in seconds."""

    silent_s: Positive | None = None
    waiting_s: Positive | None = None
    missing_s: Positive | None = None


SpeedRule = Literal["cruise", "range", "on_time"]
"""At which speed a flight is flown: the type's cruise speed; that at which its way takes least; that of those at which
it is in time at which its way takes least."""

CORRIDOR_UP_M = 7.5
"""4 m of error by satellites and 3 m of holding at the least (the guide of the Luftfahrt-Bundesamt), and half of what
``Separation.vertical_m`` keeps two flights apart."""


class Kept(Value):
    """Energy that stays in the battery: the larger of a share of the usable energy and a time of hover or standing.

    ``rule`` names the set of ``fleet.intake``'s data that it was taken from, ``source`` whose rule it is.
    """

    fraction_of_usable: Fraction = 0.2
    minutes: NonNegative = 0
    source: str = "operator's rule"
    rule: Annotated[str | None, Field(exclude_if=lambda rule: rule is None)] = None


class ReserveRule(Kept):
    """What stays in the battery, and how sure that must be."""

    epsilon: Annotated[float, Field(ge=1e-6, lt=0.5)] = 1e-3
    """Accepted probability, as modelled, that a trip eats into the reserve; it sets the margin."""
    margin_scale: NonNegative = 1.0
    """Scales the margin, and what a flight under way is thought to need beyond its estimate. Anything below 1 is for
    trials only and is named in the plan's assumptions."""


class Streets(Value):
    """What each kilometre of a robot's ways is thought to hold where no street network knows it: metres of climb,
    stops, seconds of waiting, and how many times as hard as on even pavement the wheels roll. None: as its vehicle's
    data say."""

    climb_m: NonNegative | None = None
    stops: NonNegative | None = None
    waiting_s: NonNegative | None = None
    rolling: Positive | None = None
    source: str = "operator's estimate"


class SortieType(Value):
    """A type that goes out and back with one parcel: a drone or a sidewalk robot.

    ``energy_model`` names an airframe or vehicle data file of ``fleet.energy``, or is the path of a file of one's own;
    ``energy_data`` is then that file's text, which the reader of fleet files puts in.
    """

    archetype: Literal["sortie"] = "sortie"
    type_id: Identifier
    kind: str
    carriage: CarriageRules
    rates: Rates
    weather: WeatherCaps
    energy_model: str
    cruise_mps: Positive
    speed_rule: Annotated[SpeedRule, Field(exclude_if=lambda rule: rule == "cruise")] = "cruise"
    speeds_mps: Annotated[
        tuple[Positive, Positive] | None, Field(exclude_if=lambda speeds: speeds is None)
    ] = None
    """The slowest and the fastest that a rule other than ``cruise`` may choose, with the cruise speed between them."""
    cruise_height_agl_m: Height = 0
    corridor_m: Positive = 20
    corridor_up_m: Annotated[NonNegative | None, Field(exclude_if=lambda value: value is None)] = None
    """How far above or below its path it may be; ``CORRIDOR_UP_M`` where it is not stated."""
    load_s: Seconds = 60
    drop_s: Seconds = 30
    turnaround_s: Seconds = 120
    charger_w: Watts = 500
    state_of_health: Fraction = 1.0
    floor_fraction: Fraction = 0.1
    packs: Annotated[int | None, Field(ge=1, le=MOST_PACKS, exclude_if=lambda count: count is None)] = None
    """How many packs, alike and in parallel, hold its energy together. None: as many as it tells of."""
    max_radius_m: Positive | None = None
    turn_radius_m: Annotated[NonNegative | None, Field(exclude_if=lambda wide: wide is None)] = None
    """How wide it turns; without it as wide as ``bank_deg`` says, without that on the spot."""
    bank_deg: Annotated[float | None, Field(gt=0, lt=90, exclude_if=lambda bank: bank is None)] = None
    """How far it rolls at most where it turns."""
    lost_link: LinkTimes | None = None
    reserve: Annotated[Kept | None, Field(exclude_if=lambda kept: kept is None)] = None
    """What stays in its battery, where that is not what the fleet keeps."""
    streets: Annotated[Streets | None, Field(exclude_if=lambda streets: streets is None)] = None
    energy_data: Annotated[str | None, Field(exclude_if=lambda text: text is None)] = None
    emissions: Annotated[Emissions | None, Field(exclude_if=lambda found: found is None)] = None
    """None: nothing is known of them. The reader of fleet files puts them in."""

    @model_validator(mode="after")
    def _speeds_are_known(self) -> Self:
        if self.speed_rule != "cruise" and self.speeds_mps is None:
            raise ValueError(
                f'speed_rule = "{self.speed_rule}" needs speeds_mps: the slowest and the fastest'
            )
        if not self.slowest_mps <= self.cruise_mps <= self.fastest_mps:
            raise ValueError("speeds_mps must be the slowest and the fastest, with cruise_mps between them")
        return self

    @property
    def slowest_mps(self) -> float:
        """The slowest that a flight may be planned at."""
        return self.cruise_mps if self.speeds_mps is None else self.speeds_mps[0]

    @property
    def fastest_mps(self) -> float:
        """The fastest that a flight may be planned at: what is kept free around it is for that."""
        return self.cruise_mps if self.speeds_mps is None else self.speeds_mps[1]

    def at_speed(self, cruise_mps: float | None) -> Self:
        """The type as it is flown on one trip; none: as it always is."""
        return self if cruise_mps is None else self.model_copy(update={"cruise_mps": cruise_mps})

    @property
    def keeps_up_m(self) -> float:
        """What is kept free above and below its path."""
        return CORRIDOR_UP_M if self.corridor_up_m is None else self.corridor_up_m

    @property
    def turns_m(self) -> float:
        """The radius over ground of its turns: V² / (g tan φ), the steady level turn's, with the bank φ and V the
        fastest speed and the strongest wind that it may be out in together (as in the German authority's guide to
        SORA's contingency volume); 0 where it stops in the air to turn."""
        if self.turn_radius_m is not None or self.bank_deg is None:
            return self.turn_radius_m or 0.0
        ground_mps = self.fastest_mps + (self.weather.max_wind_mps or 0.0)
        return ground_mps**2 / (GRAVITY_MPS2 * tan(radians(self.bank_deg)))


class VanBattery(Value):
    """The battery of an electric van, whose routes are then held against it. ``start_soc`` is how full it is when
    its shift begins, as the operator sees to; where it has told less, that counts."""

    start_soc: Fraction = 1.0
    state_of_health: Fraction = 1.0
    floor_fraction: Fraction = 0.1


class RouteType(Value):
    """A type that drives a route of many stops: a van with its driver or crew."""

    archetype: Literal["route"] = "route"
    type_id: Identifier
    kind: str
    carriage: CarriageRules
    rates: Rates
    energy_model: str
    capacity_kg: Positive
    capacity_m3: Positive
    stop_s: Seconds = 60
    """Parking and walking at each stop, on top of the order's own service minutes."""
    walking: Annotated[Walking | None, Field(exclude_if=lambda walking: walking is None)] = None
    locker_parcel_s: Seconds = 30
    load_s: Seconds = 900
    shift_start: time = time(7, 0)
    shift_end: time = time(19, 0)
    max_shift_s: Positive = 10 * 3600
    driver_break: Annotated[DriverBreak | None, Field(exclude_if=lambda rest: rest is None)] = None
    """Once a shift, wherever the van is between two services. None: no break is planned."""
    lost_link: LinkTimes | None = None
    reserve: Annotated[Kept | None, Field(exclude_if=lambda kept: kept is None)] = None
    """What stays in its battery, where that is not what the fleet keeps."""
    battery: Annotated[VanBattery | None, Field(exclude_if=lambda battery: battery is None)] = None
    """None: nobody asks whether its routes are within its range."""
    energy_data: Annotated[str | None, Field(exclude_if=lambda text: text is None)] = None
    """As of a ``SortieType``."""
    co2_g_per_km: Annotated[NonNegative | None, Field(exclude_if=lambda grams: grams is None)] = None
    """What comes out of its exhaust; none where nobody says."""
    kwh_per_km: Annotated[NonNegative | None, Field(exclude_if=lambda taken: taken is None)] = None
    """What it takes from the grid, for what that emits; its energy costs stand in ``per_km``."""
    emissions: Annotated[Emissions | None, Field(exclude_if=lambda found: found is None)] = None
    """As of a ``SortieType``."""

    @model_validator(mode="after")
    def _break_is_in_the_shift(self) -> Self:
        rest = self.driver_break
        if rest is not None and (misfit := rest.misfit(self.shift_start, self.shift_end)) is not None:
            raise ValueError(misfit)
        return self


class StationType(Value):
    """A type that stays where it is: a parcel locker. ``compartments`` are inner dimensions by size class."""

    archetype: Literal["station"] = "station"
    type_id: Identifier
    kind: str
    carriage: CarriageRules
    rates: Rates
    compartments: dict[CompartmentSize, Dimensions]
    pickup_hours: Positive = 48
    detour_per_km: NonNegative = 0
    """What a recipient's walk to the locker is worth to the operator, as a credit paid out."""
    max_walk_m: Positive = 1000


AssetType = Annotated[SortieType | RouteType | StationType, Field(discriminator="archetype")]


class Stand(Value):
    """How many of a type stand where. ``sites`` empty means every site that the depots file gives places to."""

    type_id: Identifier
    sites: SortedSet[Identifier] = frozenset()
    per_place: PerPlace = 1
    """Assets for each pad, bay or van place."""
    per_site: PerPlace | None = None
    """A number at each site instead, whatever places the depots file gives it."""
    share: Fraction | None = None
    """A share of each site's places instead, rounded up. What stands with a number or a share leave of a kind's places
    goes to those of that kind with neither."""


class SparePacks(Value):
    """Batteries of a type that lie at its sites, full when the day begins, to be changed for one that is empty; which
    are then charged on the site's chargers. ``sites`` empty means every site at which the type stands."""

    type_id: Identifier
    sites: SortedSet[Identifier] = frozenset()
    per_site: PerPlace


class Separation(Value):
    """How far flights of ours keep from each other. Two are too near when all of the first three are less at once.

    ``lateral_m`` is over ground, or both types' corridors together where these are wider; ``vertical_m`` in height.
    ``time_s`` is between two that are due at one place one after the other, ``pad_s`` where they climb, sink or hover:
    at pads, ports and drops. ``max_height_agl_m`` is how high a flight may go to keep out of another's way,
    ``most_delay_s`` how much later it may leave. Where ``enabled`` is false nothing is compared.
    """

    enabled: bool = True
    lateral_m: Positive = 50
    vertical_m: Positive = 15
    time_s: Positive = 30
    pad_s: Positive = 45
    max_height_agl_m: Positive = 120
    most_delay_s: NonNegative = 600
    source: str = "operator's rule"


Protected = Literal["POPULATION", "SENSITIVE", "EMERGENCY", "PRIVACY", "NATURE", "NOISE"]
_ON_THE_GROUND: frozenset[Protected] = frozenset({"POPULATION", "SENSITIVE", "EMERGENCY"})


class AirMargins(Value):
    """How far flights stay from zones by what an aircraft may do before it is caught, instead of by its type's
    corridor: the volumes of SORA's semantic model (``geofences.checks.sora``) around its path.

    ``volume``: the contingency volume, in which it is brought back, or also the ground risk buffer around that, in
    which it comes down (``descent``), off the zones that state one of the reasons in ``protects``, or none, at whatever
    height these are. ``wind_mps`` counts instead of the strongest wind in which the type goes out,
    ``span_m`` is the largest dimension of an aircraft; the others are how it reacts and what it errs by.
    """

    volume: Literal["contingency", "ground_risk"]
    wind_mps: Annotated[float, Field(ge=0, le=60)] | None = None
    span_m: Annotated[float, Field(gt=0, le=20)] = 3
    bank_deg: Annotated[float, Field(ge=5, le=45)] = 30
    reaction_s: Annotated[float, Field(ge=1, le=30)] = 1
    gnss_m: Annotated[float, Field(ge=0, le=100)] = 3
    holding_m: Annotated[float, Field(ge=0, le=100)] = 3
    map_m: Annotated[float, Field(ge=0, le=100)] = 1
    height_error_m: Annotated[float, Field(ge=0, le=100)] = 4
    descent: Literal["one_to_one", "ballistic"] = "one_to_one"
    protects: Annotated[SortedSet[Protected], Field(exclude_if=lambda reasons: reasons == _ON_THE_GROUND)] = (
        _ON_THE_GROUND
    )
    source: str = "operator's rule"


class Assumptions(Value):
    """What is taken as true without being measured. Nothing is assumed that is not named here."""

    terrain: str | None = "flat:0±5"
    """``flat:HEIGHT±ERROR`` in metres above mean sea level, or which grid files with which hash, and their errors; none
    makes heights above ground unknown."""
    calm_weather: bool = False
    """Without weather data: take ``assumed_wind_mps`` from anywhere, dry, clear. Otherwise the weather is unknown."""
    assumed_wind_mps: NonNegative = 4
    assumed_temperature_c: float = 15
    parcels_at_serving_site: bool = True
    """Each parcel stands at whichever site its plan starts from when the day begins (linehaul brought it there)."""
    drop_at_address: bool = True
    """An address point may serve as drop point where none was surveyed."""
    sidewalks_everywhere: bool = True
    """Sidewalk robots may use every street that the network knows (no permit areas were given)."""
    assets_come_full: Annotated[bool, Field(exclude_if=lambda full: full)] = True
    """A drone or robot that has not come yet is planned as one that comes with a full battery (a plan from files knows
    no other). Nothing leaves by this: at release it must have told."""


ZONE_TIME_MARGIN_S = 60.0
"""A trip that is on its way is looked at anew with each report of it; between two its times stray by less than that."""


SOC_STALE_S = 600.0
"""An asset that stands tells its state of charge about once a minute: ten of these may get lost."""


class FleetSpec(Value):
    """Everything that a ``fleet.toml`` states."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    timezone: str = "UTC"
    types: dict[str, AssetType]
    stands: tuple[Stand, ...]
    reserve: ReserveRule = ReserveRule()
    separation: Separation = Separation()
    margins: Annotated[AirMargins | None, Field(exclude_if=lambda rule: rule is None)] = None
    """Without one, flights stay as far from zones as their type's ``corridor_m``."""
    zone_time_margin_s: Annotated[
        float, Field(ge=0, le=3600, exclude_if=lambda margin: margin == ZONE_TIME_MARGIN_S)
    ] = ZONE_TIME_MARGIN_S
    """By how much a planned time may be wrong where zones and permits come and go: a trip must be free of a zone that
    applies so long before or after it is due there."""
    soc_stale_s: Annotated[float, Field(gt=0, le=86_400, exclude_if=lambda limit: limit == SOC_STALE_S)] = (
        SOC_STALE_S
    )
    """For how long a state of charge counts that an asset has told. One that is older is unknown, and so is one that
    was never told: such an asset is neither planned nor released."""
    assumptions: Assumptions = Assumptions()
    weather: Annotated[WeatherRule | None, Field(exclude_if=lambda rule: rule is None)] = None
    """Without one, that of ``WeatherRule()``."""
    spare_packs: Annotated[tuple[SparePacks, ...], Field(exclude_if=lambda packs: not packs)] = ()
    pilots: Annotated[tuple[Pilots, ...], Field(exclude_if=lambda rows: not rows)] = ()
    """The shifts of remote pilots. A kind that none of them names needs none."""
    fairness: Annotated[Fairness, Field(exclude_if=lambda rule: rule == Fairness())] = Fairness()
    lateness: Annotated[Lateness | None, Field(exclude_if=lambda rule: rule is None)] = None
    """None: windows hold, and what finds no room in its own is not brought."""
    unserved_penalty: NonNegative = 60
    """What a parcel that nobody brings costs in the planner's objective (never in the reported cost)."""
    change_price: Annotated[NonNegative, Field(exclude_if=lambda price: price == CHANGE_PRICE)] = CHANGE_PRICE
    """What it costs in the planner's objective that a drafted mission does not stay as it is (never in the reported
    cost), when the plan in force is looked at again."""

    @model_validator(mode="after")
    def _winds_are_known(self) -> Self:
        if self.margins is not None and self.margins.wind_mps is None:
            for type_id, one in sorted(self.types.items()):
                if isinstance(one, SortieType) and one.weather.max_wind_mps is None:
                    raise ValueError(
                        f"[margins] needs a wind: state margins.wind_mps, or weather.max_wind_mps of type {type_id!r}"
                    )
        return self

    def spares_at(self, type_id: str, site_id: str) -> int:
        """How many spare packs of a type lie at a site."""
        here = (
            one
            for one in self.spare_packs
            if one.type_id == type_id and (not one.sites or site_id in one.sites)
        )
        return sum(one.per_site for one in here)

    def pilots_of(self, kind: str) -> tuple[Pilots, ...]:
        """The shifts of those who supervise machines of a kind; empty where these need no pilot."""
        return tuple(one for one in self.pilots if one.kind == kind)

    def reserve_of(self, kind: SortieType | RouteType) -> Kept:
        """What stays in the battery of a type."""
        return self.reserve if kind.reserve is None else kind.reserve

    def of_kind(self, kind: str) -> tuple[AssetType, ...]:
        """The types of one kind, in the order of their ids."""
        return tuple(t for _, t in sorted(self.types.items()) if t.kind == kind)
