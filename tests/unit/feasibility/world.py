"""A small world to ask questions in: one site, one drone, one robot, one van, one locker, a calm known day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.fleet import (
    Assumptions,
    CarriageRules,
    FleetSpec,
    Rates,
    ReserveRule,
    RouteType,
    SortieType,
    StationType,
    WeatherCaps,
)
from fleet.domain.sites import Locker, Site
from fleet.feasibility import Context, SortieAssessment, Trip
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.values import (
    CompartmentSize,
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    ServiceLevel,
    TimeWindow,
)
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import WeatherSeries
from geofences import (
    Applicability,
    CircleShape,
    Datum,
    FlatTerrain,
    Limit,
    Restriction,
    TimePeriod,
    Volume,
    Zone,
    ZoneSet,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOME = Place(lon=-8.6, lat=41.15)


def away(north_m: float = 0.0, east_m: float = 0.0) -> Place:
    """A place so far from home."""
    return Place(lon=HOME.lon + east_m / 83_900, lat=HOME.lat + north_m / 111_070)


def box(a: float, b: float, c: float) -> Dimensions:
    return Dimensions(length_m=a, width_m=b, height_m=c)


CARRIAGE = CarriageRules(
    max_parcel_kg=2.5,
    hold=box(0.4, 0.3, 0.2),
    goods=frozenset({Goods.STANDARD, Goods.FRAGILE, Goods.CHILLED}),
    services=frozenset({ServiceLevel.STANDARD}),
    chilled_minutes=45,
)
CAPS = WeatherCaps(
    max_wind_mps=10,
    max_gust_mps=14,
    max_precipitation_mm_h=1,
    min_visibility_m=1500,
    min_temperature_c=-5,
    max_temperature_c=40,
)
DRONE = SortieType(
    type_id="d",
    kind="drone",
    carriage=CARRIAGE,
    rates=Rates(per_trip=1, per_hour=3, per_kwh=0.25),
    weather=CAPS,
    energy_model="courier-x4",
    cruise_mps=16,
    cruise_height_agl_m=60,
    corridor_m=20,
)
ROBOT = SortieType(
    type_id="r",
    kind="sidewalk_robot",
    carriage=CARRIAGE,
    rates=Rates(per_trip=1),
    weather=CAPS,
    energy_model="walker-s1",
    cruise_mps=1.6,
    max_radius_m=3000,
    corridor_m=2,
)
VAN = RouteType(
    type_id="v",
    kind="van",
    carriage=CARRIAGE.model_copy(
        update={"max_parcel_kg": 70, "age_check": True, "collects": True, "crew": 2}
    ),
    rates=Rates(),
    energy_model="van-e",
    capacity_kg=900,
    capacity_m3=9,
)
LOCKER_TYPE = StationType(
    type_id="l",
    kind="locker",
    carriage=CARRIAGE.model_copy(
        update={"max_parcel_kg": 20, "goods": frozenset({Goods.STANDARD}), "chilled_minutes": None}
    ),
    rates=Rates(per_parcel=0.3),
    compartments={
        CompartmentSize.SMALL: box(0.4, 0.35, 0.1),
        CompartmentSize.MEDIUM: box(0.4, 0.35, 0.2),
        CompartmentSize.LARGE: box(0.6, 0.4, 0.4),
    },
    max_walk_m=800,
)
SITE = Site(site_id="S", name="Site", place=HOME, drone_pads=2, robot_bays=2)
LOCKER = Locker(
    locker_id="L", name="Locker", place=away(north_m=900), small=4, medium=2, large=1, drone_port=True
)


def order(**changes: object) -> Order:
    """A light standard delivery 2 km to the north, due all day."""
    values: dict[str, object] = {
        "order_id": "o1",
        "client": "acme",
        "direction": Direction.DELIVERY,
        "place": away(north_m=2000),
        "weight_kg": 1.0,
        "size": box(0.3, 0.2, 0.1),
        "goods": Goods.STANDARD,
        "ready_at": NOON - timedelta(hours=4),
        "due": TimeWindow(start=NOON - timedelta(hours=2), end=NOON + timedelta(hours=6)),
    }
    return Order.model_validate(values | changes)


def weather(**changes: float) -> WeatherSeries:
    """Hourly rows around noon, all the same."""
    values: dict[str, Any] = {
        "wind_mps": 3.0,
        "gust_mps": 5.0,
        "wind_from_deg": 200.0,
        "temperature_c": 18.0,
        "precipitation_mm_h": 0.0,
        "visibility_m": 10_000.0,
    }
    conditions = Conditions(**values | changes)
    hours = range(-6, 8)
    return WeatherSeries(
        tuple(Observation(NOON + timedelta(hours=h), conditions) for h in hours), source="w.csv"
    )


def zone(
    zone_id: str = "Z",
    centre: Place | None = None,
    radius_m: float = 150.0,
    lower_m: float | None = None,
    upper_m: float | None = None,
    period: TimePeriod | None = None,
    restriction: Restriction = Restriction.PROHIBITED,
) -> Zone:
    """A round zone on the way north, with limits above ground."""
    where = centre or away(north_m=1000)
    volume = Volume(
        CircleShape(where.lon, where.lat, radius_m),
        None if lower_m is None else Limit(lower_m, Datum.AGL),
        None if upper_m is None else Limit(upper_m, Datum.AGL),
    )
    return Zone(zone_id, restriction, (volume,), applicability=Applicability((period,) if period else ()))


def trip_of(found: SortieAssessment) -> Trip:
    """The trip of an assessment that must have one."""
    assert found.trip is not None
    return found.trip


def fleet(**changes: object) -> FleetSpec:
    types = {t.type_id: t for t in (DRONE, ROBOT, VAN, LOCKER_TYPE)}
    return FleetSpec.model_validate({"types": types, "stands": (), "reserve": ReserveRule()} | changes)


def context(*zones: Zone, **changes: Any) -> Context:
    """The world; ``changes`` replace fields of the context, ``assumptions`` those of the fleet."""
    assumptions = changes.pop("assumptions", Assumptions())
    reserve = changes.pop("reserve", ReserveRule())
    plain = Context(
        fleet=fleet(assumptions=assumptions, reserve=reserve),
        sites={"S": SITE},
        lockers={"L": LOCKER},
        zones=ZoneSet(zones),
        terrain=FlatTerrain(0.0, 5.0),
        network=GeodesicNetwork(),
        weather=weather(),
    )
    return replace(plain, **changes)
