"""The lie of the land in the demo's invented city: quarters, villages, sites, lockers and the river.

Everything is drawn on a plan, in metres to the right and upwards from the middle of the town. The seed turns the
plan, and the wind with it. So distances, and the angles between ways and wind, are the same whatever the seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from fleet.protocol.values import Place
from fleet.sim.geo import metres_per_degree

CITY: Final = "Vila Nova do Cabo"
CENTRE: Final = Place(lon=-7.9, lat=40.6)
"""The middle of the town, on paper: there is no town."""

RIVER_HALF_WIDTH_M: Final = 90.0


class Spot(NamedTuple):
    """A point of the plan: metres to the right and upwards."""

    x: float
    y: float

    def away(self, other: Spot) -> float:
        """Distance to another in metres."""
        return math.hypot(other.x - self.x, other.y - self.y)

    def towards(self, bearing_deg: float, metres: float) -> Spot:
        """The point at a bearing (clockwise from the plan's upward direction) and a distance."""
        angle = math.radians(bearing_deg)
        return Spot(self.x + metres * math.sin(angle), self.y + metres * math.cos(angle))


class Quarter(NamedTuple):
    """A built-up place: its middle, and how far most addresses lie from it (standard deviation along each axis)."""

    name: str
    spot: Spot
    sigma_m: float


class SiteSketch(NamedTuple):
    """A depot or launch site."""

    site_id: str
    name: str
    spot: Spot
    vans: int
    drone_pads: int
    robot_bays: int


class LockerSketch(NamedTuple):
    """A parcel locker with its number of compartments by size."""

    locker_id: str
    name: str
    spot: Spot
    small: int
    medium: int
    large: int
    drone_port: bool


TOWN: Final = (
    Quarter("Praça Velha", Spot(0, 500), 420),
    Quarter("Ribeira", Spot(500, -250), 280),
    Quarter("Além-Rio", Spot(-800, -1900), 380),
    Quarter("Porta Leste", Spot(3900, 650), 380),
)
SUBURBS: Final = (
    Quarter("Alto do Moinho", Spot(-2300, 3000), 300),
    Quarter("Quinta Nova", Spot(900, 3600), 320),
    Quarter("Monte da Vela", Spot(-300, -4600), 320),
    Quarter("Vale Claro", Spot(2700, -3200), 350),
    Quarter("Campo Grande", Spot(-4000, 300), 320),
)
VILLAGES: Final = (
    Quarter("Santa Iria", Spot(-600, 6300), 220),
    Quarter("Casal do Rio", Spot(-5400, 2200), 220),
    Quarter("Outeiro", Spot(5000, -4000), 220),
)
DEPOT: Final = SiteSketch("VNC-D1", "Armazém do Sul", Spot(-3000, -2500), 4, 0, 0)
RING_SITE: Final = SiteSketch("VNC-S3", "Base Leste", Spot(3600, 500), 0, 3, 3)
SITES: Final = (
    DEPOT,
    SiteSketch("VNC-S1", "Base Norte", Spot(300, 700), 0, 3, 4),
    SiteSketch("VNC-S2", "Base Além-Rio", Spot(-900, -1900), 0, 3, 3),
    RING_SITE,
)
ROAD_PORT: Final = LockerSketch("VNC-L12", "Estrada do Cabo", Spot(7800, 700), 6, 6, 2, True)
"""The port out on the road: an alternate for flights to the outlying farms that is nearer to them than home."""

LOCKERS: Final = (
    LockerSketch("VNC-L01", "Mercado Municipal", Spot(-150, 350), 10, 8, 5, False),
    LockerSketch("VNC-L02", "Estação", Spot(450, 950), 10, 8, 5, False),
    LockerSketch("VNC-L03", "Cais", Spot(550, -300), 8, 6, 4, False),
    LockerSketch("VNC-L04", "Biblioteca", Spot(-450, 900), 8, 6, 4, False),
    LockerSketch("VNC-L05", "Ponte", Spot(-750, -1700), 10, 8, 5, False),
    LockerSketch("VNC-L06", "Porta Leste", Spot(4050, 800), 8, 8, 5, False),
    LockerSketch("VNC-L07", "Alto do Moinho", Spot(-2250, 2900), 8, 6, 4, False),
    LockerSketch("VNC-L08", "Quinta Nova", Spot(950, 3500), 8, 6, 4, True),
    LockerSketch("VNC-L09", "Monte da Vela", Spot(-250, -4500), 8, 6, 4, False),
    LockerSketch("VNC-L10", "Vale Claro", Spot(2750, -3100), 8, 6, 4, False),
    LockerSketch("VNC-L11", "Campo Grande", Spot(-3950, 350), 8, 6, 4, True),
    ROAD_PORT,
)

WIND_FROM_DEG: Final = 0.0
"""On the plan: across the flights to the outlying farms."""


@dataclass(frozen=True)
class Layout:
    """The plan laid on the Earth, turned clockwise by ``turn_deg``."""

    turn_deg: float

    def place(self, spot: Spot) -> Place:
        """Where a point of the plan is, to the decimetre. Scales are those halfway, so distances hold to 0.01 %."""
        east, north = self._turned(spot)
        _, per_north = metres_per_degree(CENTRE.lat)
        half_lat = CENTRE.lat + north / per_north / 2
        per_east, per_north = metres_per_degree(half_lat)
        return Place(lon=round(CENTRE.lon + east / per_east, 6), lat=round(CENTRE.lat + north / per_north, 6))

    def bearing_deg(self, plan_deg: float) -> float:
        """A bearing of the plan as one from true north."""
        return (plan_deg + self.turn_deg) % 360.0

    def _turned(self, spot: Spot) -> tuple[float, float]:
        angle = math.radians(self.turn_deg)
        return (
            spot.x * math.cos(angle) + spot.y * math.sin(angle),
            spot.y * math.cos(angle) - spot.x * math.sin(angle),
        )


def river_y(x: float) -> float:
    """Where the river's middle runs on the plan."""
    return -1000.0 + 260.0 * math.sin(x / 1700.0)


def in_river(spot: Spot) -> bool:
    """Whether a point lies in the river or on its banks."""
    return abs(spot.y - river_y(spot.x)) < RIVER_HALF_WIDTH_M


def addresses(quarter: Quarter, rng: Random) -> Iterator[Spot]:
    """Addresses in a quarter, none of them in the river, without end."""
    while True:
        spot = Spot(rng.gauss(quarter.spot.x, quarter.sigma_m), rng.gauss(quarter.spot.y, quarter.sigma_m))
        if spot.away(quarter.spot) <= 2.2 * quarter.sigma_m and not in_river(spot):
            yield spot
