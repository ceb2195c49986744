"""A small world for tests: two sites, a locker, one asset of each kind, and the missions that the hub would send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.domain.events import AssetRecord
from fleet.domain.fleet import CarriageRules, Rates, RouteType, SortieType, StationType, WeatherCaps
from fleet.domain.sites import Locker, Site
from fleet.protocol.messages import Action, AnyMessage, Assign, Command, Telemetry
from fleet.protocol.mission import Drop, Item, Load, Mission, Step, Stop, Travel, Unload
from fleet.protocol.values import (
    CompartmentSize,
    Dimensions,
    Goods,
    Place,
    ServiceLevel,
    TimeWindow,
    Waypoint,
)
from fleet.sim.geo import distance_m, moved
from fleet.sim.spec import WorldSpec
from fleet.sim.world import World

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOME = Place(lon=-8.61, lat=41.15)
OTHER = moved(HOME, 4000, 0)
DOOR = moved(HOME, 0, 3000)
LOCKER = moved(HOME, 1500, 1500)
BOX = Dimensions(length_m=0.3, width_m=0.2, height_m=0.1)
DAY = TimeWindow(start=START, end=START + timedelta(hours=10))
CRUISE_M = 65.0
GROUND_M = 0.0

_CARRIAGE = CarriageRules(
    max_parcel_kg=20,
    hold=Dimensions(length_m=1, width_m=1, height_m=1),
    goods=frozenset(Goods),
    services=frozenset(ServiceLevel),
)
TYPES = {
    "courier-x4": SortieType(
        type_id="courier-x4",
        kind="drone",
        carriage=_CARRIAGE,
        rates=Rates(),
        weather=WeatherCaps(),
        energy_model="courier-x4",
        cruise_mps=16,
        cruise_height_agl_m=60,
        corridor_m=25,
        load_s=90,
        drop_s=40,
        charger_w=900,
    ),
    "walker-s1": SortieType(
        type_id="walker-s1",
        kind="sidewalk_robot",
        carriage=_CARRIAGE,
        rates=Rates(),
        weather=WeatherCaps(),
        energy_model="walker-s1",
        cruise_mps=1.6,
        corridor_m=2,
        load_s=60,
        drop_s=180,
        charger_w=300,
    ),
    "van-e": RouteType(
        type_id="van-e",
        kind="van",
        carriage=_CARRIAGE,
        rates=Rates(),
        energy_model="van-e",
        capacity_kg=900,
        capacity_m3=9.5,
        load_s=1200,
    ),
    "parcel-locker": StationType(
        type_id="parcel-locker", kind="locker", carriage=_CARRIAGE, rates=Rates(), compartments={}
    ),
}
DRONE, ROBOT, VAN, VAN_2, BANK = "A/drone-1", "A/robot-1", "A/van-1", "A/van-2", "L1"


def record(asset_id: str, type_id: str, kind: str, site_id: str) -> AssetRecord:
    """One asset of the day."""
    return AssetRecord(asset_id=asset_id, type_id=type_id, kind=kind, site_id=site_id)


def spec(**changes: Any) -> WorldSpec:
    """The small world's description."""
    given: dict[str, Any] = {
        "start": START,
        "until": START + timedelta(hours=4),
        "sites": (
            Site(site_id="A", name="A", place=HOME, vans=2, drone_pads=1, robot_bays=1, chargers=2),
            Site(site_id="B", name="B", place=OTHER, drone_pads=1, chargers=1),
        ),
        "lockers": (
            Locker(locker_id=BANK, name="L1", place=LOCKER, small=1, medium=1, large=0, drone_port=True),
        ),
        "types": TYPES,
        "assets": (
            record(DRONE, "courier-x4", "drone", "A"),
            record(ROBOT, "walker-s1", "sidewalk_robot", "A"),
            record(VAN, "van-e", "van", "A"),
            record(VAN_2, "van-e", "van", "A"),
            record(BANK, "parcel-locker", "locker", BANK),
        ),
        "ground_amsl_m": GROUND_M,
    }
    return WorldSpec(**{**given, **changes})


def item(order_id: str, weight_kg: float = 1.0) -> Item:
    """A parcel on a mission."""
    return Item(order_id=order_id, weight_kg=weight_kg, size=BOX, goods=Goods.STANDARD)


def flight_path(start: Place, end: Place, at: datetime) -> tuple[Waypoint, ...]:
    """Up, along, down, as the hub sends it."""
    seconds = distance_m(start, end) / 16
    points = (
        (start, GROUND_M, 0.0),
        (start, CRUISE_M, 16.0),
        (end, CRUISE_M, 16.0 + seconds),
        (end, GROUND_M, 42.0 + seconds),
    )
    return tuple(
        Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=alt, at=at + timedelta(seconds=s)) for p, alt, s in points
    )


def walk_path(start: Place, end: Place, at: datetime) -> tuple[Waypoint, ...]:
    """A straight sketch with the times of a way that is 1.25 times as long."""
    arrive = at + timedelta(seconds=distance_m(start, end) * 1.25 / 1.6)
    return (
        Waypoint(lon=start.lon, lat=start.lat, alt_amsl_m=GROUND_M, at=at),
        Waypoint(lon=end.lon, lat=end.lat, alt_amsl_m=GROUND_M, at=arrive),
    )


def sortie(
    order_id: str = "P1",
    *,
    mission_id: str = "M1",
    asset_id: str = DRONE,
    to: Place = DOOR,
    at: datetime = START,
    locker_id: str | None = None,
    weight_kg: float = 1.0,
    reserve_wh: float = 140.0,
) -> Mission:
    """Out to a place and back, by drone or robot."""
    path = flight_path if asset_id == DRONE else walk_path
    out = path(HOME, to, at + timedelta(seconds=90))
    back = path(to, HOME, (out[-1].at or at) + timedelta(seconds=40))
    steps: tuple[Step, ...] = (
        Load(step_id="load", site_id="A", order_ids=(order_id,)),
        Travel(step_id="out", path=out, corridor_m=25),
        Drop(step_id="drop", order_id=order_id, place=to, service_s=40, window=DAY, locker_id=locker_id),
        Travel(step_id="back", path=back, corridor_m=25),
        Unload(step_id="unload", site_id="A"),
    )
    return Mission(
        mission_id=mission_id,
        asset_id=asset_id,
        items=(item(order_id, weight_kg),),
        steps=steps,
        start_at=at,
        expires_at=at + timedelta(hours=12),
        home=HOME,
        energy_wh=250.0,
        reserve_wh=reserve_wh,
    )


def stop(step_id: str, place: Place, **said: Any) -> Stop:
    """A stop of a route."""
    given: dict[str, Any] = {"service_s": 120, "window": DAY, "eta": START + timedelta(minutes=30)}
    return Stop(step_id=step_id, place=place, **{**given, **said})


def route(
    stops: Iterable[Stop],
    *,
    mission_id: str = "R1",
    asset_id: str = VAN,
    load: Sequence[str] = (),
    revision: int = 0,
    at: datetime = START,
) -> Mission:
    """A van's route."""
    stops = tuple(stops)
    ids = dict.fromkeys([*load, *(o for s in stops for o in (*s.deliver, *s.collect))])
    return Mission(
        mission_id=mission_id,
        revision=revision,
        asset_id=asset_id,
        items=tuple(item(o) for o in ids),
        steps=(
            Load(step_id="load", site_id="A", order_ids=tuple(load)),
            *stops,
            Unload(step_id="unload", site_id="A"),
        ),
        start_at=at,
        expires_at=at + timedelta(hours=12),
        home=HOME,
    )


def command(action: Action, place: Place | None = None, place_id: str | None = None) -> Command:
    """An instruction to be followed at once."""
    return Command(command_id=f"C-{action.value}", action=action, place=place, place_id=place_id, why="test")


class Play:
    """A world that is played by a test, with everything that was said in it."""

    def __init__(self, world: World | None = None, **changes: Any) -> None:
        self.world = world or World(7, spec(**changes))
        self.said: list[tuple[str, AnyMessage]] = []
        self.telemetry: list[tuple[str, Telemetry]] = []
        self._hear()

    def tell(self, asset_id: str, message: AnyMessage | Mission) -> None:
        """Deliver a message (a mission as an ``Assign``)."""
        self.world.deliver(asset_id, Assign(mission=message) if isinstance(message, Mission) else message)
        self._hear()

    def run(self, minutes: float = 0, *, seconds: float = 0) -> None:
        """Let time go on."""
        self.world.advance(self.world.now + timedelta(minutes=minutes, seconds=seconds))
        self._hear()

    def run_until(self, asset_id: str, kind: str, *, limit_minutes: float = 300, **fields: Any) -> Any:
        """Let time go on by seconds until an asset says something that matches."""
        for _ in range(int(limit_minutes * 60)):
            if (found := self.last(asset_id, kind, **fields)) is not None:
                return found
            self.run(seconds=1)
        raise AssertionError(f"{asset_id} never said {kind} {fields}; last: {self.said[-5:]}")

    def all(self, asset_id: str, kind: str, **fields: Any) -> list[Any]:
        """What an asset has said of a kind."""
        return [
            m
            for a, m in self.said
            if a == asset_id and m.type == kind and all(getattr(m, n) == v for n, v in fields.items())
        ]

    def last(self, asset_id: str, kind: str, **fields: Any) -> Any:
        """The last such message; none when there was none."""
        found = self.all(asset_id, kind, **fields)
        return found[-1] if found else None

    def steps(self, asset_id: str) -> list[tuple[str, str]]:
        """The steps that an asset has reported."""
        return [(m.step_id, m.state) for m in self.all(asset_id, "step_report")]

    @property
    def verdict(self) -> dict[str, Any]:
        """The judge's."""
        return self.world.verdict()

    def _hear(self) -> None:
        for asset_id, message in self.world.outbox():
            if isinstance(message, Telemetry):
                self.telemetry.append((asset_id, message))
            else:
                self.said.append((asset_id, message))


SIZE = CompartmentSize.SMALL
