"""Small towns for the planner's tests: a depot, a launch site, lockers and parcels around them, seeded."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from fleet.domain.fleet import FleetSpec, RouteType
from fleet.domain.sites import Locker, Site
from fleet.feasibility import Context
from fleet.intake.fleetfile import default_fleet
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import AssetSlot, Snapshot
from fleet.protocol.values import (
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    ServiceLevel,
    TimeWindow,
)
from geofences import FlatTerrain, ZoneSet

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
CENTRE = Place(lon=8.0, lat=50.0)


def fleet() -> FleetSpec:
    """The default fleet in calm weather."""
    spec = default_fleet().spec
    return spec.model_copy(
        update={"assumptions": spec.assumptions.model_copy(update={"calm_weather": True}), "timezone": "UTC"}
    )


def place(east_m: float, north_m: float) -> Place:
    """A point so far from the centre."""
    return Place(lon=CENTRE.lon + east_m / 71_500, lat=CENTRE.lat + north_m / 111_200)


def order(
    order_id: str,
    where: Place,
    *,
    weight_kg: float = 1.0,
    size: tuple[float, float, float] = (0.2, 0.2, 0.1),
    hours: tuple[float, float] = (0, 10),
    direction: Direction = Direction.DELIVERY,
    goods: Goods = Goods.STANDARD,
    service: ServiceLevel = ServiceLevel.STANDARD,
    service_minutes: float = 3,
    crew: int = 1,
    locker_ok: bool = True,
    ready: float = 0,
    priority: float = 1,
    skills: frozenset[str] = frozenset(),
) -> Order:
    """A parcel; hours count from eight o'clock."""
    start, end = (EIGHT + timedelta(hours=h) for h in hours)
    return Order(
        order_id=order_id,
        client="shop",
        direction=direction,
        place=where,
        weight_kg=weight_kg,
        size=Dimensions(length_m=size[0], width_m=size[1], height_m=size[2]),
        goods=goods,
        ready_at=EIGHT + timedelta(hours=ready),
        due=TimeWindow(start=start, end=end),
        service=service,
        service_minutes=service_minutes,
        crew=crew,
        locker_ok=locker_ok,
        priority=priority,
        skills=skills,
    )


def site(site_id: str, where: Place, *, chargers: int = 0) -> Site:
    """A site that is open all day."""
    return Site(site_id=site_id, name=site_id, place=where, chargers=chargers)


def locker(
    locker_id: str, where: Place, *, small: int = 2, medium: int = 1, large: int = 1, port: bool = False
) -> Locker:
    """A locker."""
    return Locker(
        locker_id=locker_id,
        name=locker_id,
        place=where,
        small=small,
        medium=medium,
        large=large,
        drone_port=port,
    )


def type_of(kind: str, *, crew: int = 1) -> str:
    """The default fleet's type of a kind; vans by their crew."""
    found = [t for t in fleet().of_kind(kind) if kind != "van" or max(1, t.carriage.crew) == crew]
    return found[0].type_id


def slots(kind: str, site_id: str, count: int, *, crew: int = 1) -> list[AssetSlot]:
    """Some assets of a kind at a site."""
    name = f"{site_id}/{kind}{'-crew' * (crew > 1)}"
    return [AssetSlot(f"{name}-{i + 1}", type_of(kind, crew=crew), site_id) for i in range(count)]


def snapshot(
    orders: list[Order],
    *,
    vans: int = 1,
    crew_vans: int = 0,
    drones: int = 0,
    robots: int = 0,
    chargers: int = 2,
    lockers: tuple[Locker, ...] = (),
    spec: FleetSpec | None = None,
    **more: object,
) -> Snapshot:
    """A town with a depot ``D`` in the centre and a launch site ``S`` one kilometre east of it."""
    sites = {"D": site("D", CENTRE), "S": site("S", place(1000, 0), chargers=chargers)}
    assets = [
        *slots("van", "D", vans),
        *slots("van", "D", crew_vans, crew=2),
        *slots("drone", "S", drones),
        *slots("sidewalk_robot", "S", robots),
        *(AssetSlot(k.locker_id, type_of("locker"), k.locker_id) for k in lockers),
    ]
    context = Context(
        fleet=spec or fleet(),
        sites=sites,
        lockers={k.locker_id: k for k in lockers},
        zones=ZoneSet(),
        terrain=FlatTerrain(0.0, 5.0),
        network=GeodesicNetwork(),
        weather=None,
    )
    arguments: dict[str, object] = {
        "snapshot_id": "test",
        "at": EIGHT,
        "until": EIGHT + timedelta(hours=12),
        "orders": tuple(orders),
        "assets": tuple(assets),
        "context": context,
        **more,
    }
    return Snapshot(**arguments)  # type: ignore[arg-type]


def random_orders(rng: random.Random, count: int) -> list[Order]:
    """Parcels within three kilometres, some with narrow windows, some collected, some for two people."""
    return [_random_order(rng, i) for i in range(count)]


def _random_order(rng: random.Random, number: int) -> Order:
    start = rng.choice((0.0, 0.0, 0.0, 2.0, 5.0))
    heavy = rng.random() < 0.05
    return order(
        f"O{number:03d}",
        place(rng.gauss(500, 1500), rng.gauss(0, 1500)),
        weight_kg=40.0 if heavy else round(rng.uniform(0.2, 6), 2),
        size=(1.0, 0.6, 0.5)
        if heavy
        else (rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.35), rng.uniform(0.05, 0.3)),
        hours=(start, start + 2 if start else 10),
        direction=rng.choice((Direction.DELIVERY,) * 9 + (Direction.PICKUP,)),
        goods=rng.choice((Goods.STANDARD,) * 5 + (Goods.CHILLED, Goods.LITHIUM)),
        service=ServiceLevel.WHITE_GLOVE
        if heavy
        else rng.choice((ServiceLevel.STANDARD, ServiceLevel.SIGNATURE)),
        service_minutes=20 if heavy else 3,
        crew=2 if heavy else 1,
        locker_ok=rng.random() < 0.6,
        ready=rng.choice((0, 0, 0, 0.5)),
    )


def with_capacity(spec: FleetSpec, capacity_kg: float) -> FleetSpec:
    """The fleet with vans that carry so much."""
    types = {
        name: kind.model_copy(update={"capacity_kg": capacity_kg}) if isinstance(kind, RouteType) else kind
        for name, kind in spec.types.items()
    }
    return spec.model_copy(update={"types": types})


def random_town(seed: int, count: int, capacity_kg: float | None = None) -> Snapshot:
    """A whole small town; ``capacity_kg`` is what its vans carry, if not what they usually do."""
    spec = fleet() if capacity_kg is None else with_capacity(fleet(), capacity_kg)
    rng = random.Random(seed)
    lockers = tuple(
        locker(
            f"L{i}", place(rng.gauss(500, 1000), rng.gauss(0, 1000)), small=rng.randint(0, 3), port=i % 2 == 0
        )
        for i in range(3)
    )
    return snapshot(
        random_orders(rng, count),
        vans=rng.randint(0, 2),
        crew_vans=rng.randint(0, 1),
        drones=rng.randint(0, 2),
        robots=rng.randint(0, 2),
        chargers=rng.randint(1, 2),
        lockers=lockers,
        spec=spec,
    )
