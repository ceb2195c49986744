"""The seeded city of the demo: all the files of one day, as texts. The same arguments give the same texts.

Nothing in it is real: the town, its streets and its people are made up. ``city_map`` says where things are,
``city_parcels`` what is ordered, ``city_zones`` where drones may not fly; here they become the files that the
product reads.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from fleet.sim.chance import Chance
from fleet.sim.city_map import LOCKERS, SITES, WIND_FROM_DEG, Layout, SiteSketch
from fleet.sim.city_parcels import Parcel, draw_parcels
from fleet.sim.city_zones import zones_ed318, zones_geojson
from fleet.sim.errors import SimError

TIMEZONE: Final = "Europe/Lisbon"
OPENS: Final = time(9, 0)
SLACK: Final = timedelta(minutes=30)
"""No delivery is promised for the last half hour: it is kept for what has to be handed on."""

HOURS: Final = (2.0, 12.0)
FILES: Final = {
    "orders_csv": "orders.csv",
    "later_orders_csv": "later_orders.csv",
    "depots_csv": "depots.csv",
    "lockers_csv": "lockers.csv",
    "fleet_toml": "fleet.toml",
    "weather_csv": "weather.csv",
    "zones_geojson": "zones.geojson",
    "zones_ed318_json": "zones_ed318.json",
}
"""The name of each text as a file."""


@dataclass(frozen=True)
class City:
    """One day's files as texts, and when the day begins and ends (UTC).

    ``orders_csv`` is known when the day begins; ``later_orders_csv`` has the rows that come in while it runs, each
    at its ``ready_at``.
    """

    at: datetime
    until: datetime
    orders_csv: str
    later_orders_csv: str
    depots_csv: str
    lockers_csv: str
    fleet_toml: str
    weather_csv: str
    zones_geojson: str
    zones_ed318_json: str

    def files(self) -> dict[str, str]:
        """The texts by the names that they have as files."""
        return {FILES[each.name]: getattr(self, each.name) for each in fields(self) if each.name in FILES}


def make_city(seed: int, *, day: date, parcels: int = 150, hours: float = 4.0) -> City:
    """The city of a seed, with so many parcels (those that come in later included) on a day of so many hours.

    With fewer than 150 parcels there are fewer farms at the end of the drones' range, and below 15 none.
    Raises ``SimError`` for no parcels, or a day shorter than two hours or longer than twelve.
    """
    _check(parcels, hours)
    chance = Chance(seed)
    hour = _Hours(day, timedelta(hours=hours))
    layout = Layout(round(chance.between(0.0, 360.0, "turn"), 1))
    known, later = draw_parcels(parcels, chance.of("parcels"))
    people = chance.of("people")
    rows = [
        _order(number, each, layout, hour, people) for number, each in enumerate((*known, *later), start=1)
    ]
    return City(
        at=hour.begins.astimezone(UTC),
        until=hour.ends.astimezone(UTC),
        orders_csv=_csv(ORDER_COLUMNS, rows[: len(known)]),
        later_orders_csv=_csv(ORDER_COLUMNS, rows[len(known) :]),
        depots_csv=_csv(SITE_COLUMNS, (_site(site, layout, hour) for site in SITES)),
        lockers_csv=_csv(LOCKER_COLUMNS, _lockers(layout)),
        fleet_toml=FLEET.format(timezone=TIMEZONE, opens=f"{hour.begins:%H:%M}", closes=f"{hour.ends:%H:%M}"),
        weather_csv=_csv(WEATHER_COLUMNS, _weather(layout, hour)),
        zones_geojson=zones_geojson(layout, (hour.share(0.25), hour.share(0.6))),
        zones_ed318_json=zones_ed318(layout, (hour.share(0.1), hour.share(0.75))),
    )


def _check(parcels: int, hours: float) -> None:
    if parcels < 1:
        raise SimError(f"a city needs at least one parcel (found {parcels})")
    if not HOURS[0] <= hours <= HOURS[1]:
        raise SimError(f"a day has {HOURS[0]:g} to {HOURS[1]:g} hours (found {hours:g})")


class _Hours:
    """The day's times, by the local clock."""

    def __init__(self, day: date, length: timedelta) -> None:
        self.zone = ZoneInfo(TIMEZONE)
        start = datetime.combine(day, OPENS, self.zone).astimezone(UTC)
        self.begins = start.astimezone(self.zone)
        self.ends = (start + length).astimezone(self.zone)
        self.promised = length - SLACK

    def share(self, share: float) -> datetime:
        """A moment as a share of the time in which deliveries are promised, to the minute."""
        minutes = round(self.promised * share / timedelta(minutes=1))
        return self.begins + timedelta(minutes=minutes)


# Rows

ORDER_COLUMNS: Final = (
    *("order_id", "client", "direction", "recipient", "address", "lon", "lat"),
    *("weight_kg", "length_m", "width_m", "height_m", "goods", "value_eur", "min_age"),
    *("ready_at", "due_from", "due_by", "service", "service_minutes", "crew", "locker_ok", "notes"),
)
SITE_COLUMNS: Final = (
    *("depot_id", "name", "lon", "lat", "vans", "drone_pads", "robot_bays", "chargers", "opens", "closes"),
)
LOCKER_COLUMNS: Final = ("locker_id", "name", "lon", "lat", "small", "medium", "large", "drone_port")
WEATHER_COLUMNS: Final = (
    *("time", "wind_mps", "gust_mps", "wind_from_deg", "temperature_c", "precipitation_mm_h", "visibility_m"),
)
ORDINARY: Final[Mapping[str, Any]] = {
    "direction": "delivery",
    "goods": "standard",
    "value_eur": 25.0,
    "min_age": "",
    "service": "standard",
    "service_minutes": 3.0,
    "crew": 1,
    "locker_ok": False,
    "notes": "",
}
CLIENTS: Final = ("Farmácia do Cabo", "Livraria Lua", "Mercearia Sol", "Oficina Norte", "Casa & Horta")
FIRST_NAMES: Final = (
    "Ana Bento Clara Duarte Elisa Filipe Graça Hugo Inês Jaime Lídia Mário Nuno Olga Rui Sara".split()
)
LAST_NAMES: Final = (
    "Amaral Brito Cardoso Dias Esteves Faria Gaspar Lobo Mendes Neves Pires Ramos Teles Vaz".split()
)
STREETS: Final = "da Fonte,do Forno,das Amoreiras,do Poço,da Eira,dos Moleiros,do Adro,da Vinha".split(",")


def _order(number: int, parcel: Parcel, layout: Layout, hour: _Hours, people: Random) -> dict[str, Any]:
    start, end = parcel.window
    ready = hour.begins if parcel.ready is None else hour.share(parcel.ready)
    return {
        **ORDINARY,
        "order_id": f"VNC-{number:04d}",
        "client": people.choice(CLIENTS),
        "recipient": f"{people.choice(FIRST_NAMES)} {people.choice(LAST_NAMES)}",
        "address": f"Rua {people.choice(STREETS)} {people.randint(1, 120)}, {parcel.quarter}",
        **_lonlat(layout, parcel),
        **parcel.details,
        "ready_at": ready.isoformat(),
        "due_from": hour.share(start).isoformat(),
        "due_by": hour.share(end).isoformat(),
    }


def _site(site: SiteSketch, layout: Layout, hour: _Hours) -> dict[str, Any]:
    places = {"vans": site.vans, "drone_pads": site.drone_pads, "robot_bays": site.robot_bays}
    return {
        "depot_id": site.site_id,
        "name": site.name,
        **_lonlat(layout, site),
        **places,
        "chargers": sum(places.values()),
        "opens": f"{hour.begins:%H:%M}",
        "closes": f"{hour.ends:%H:%M}",
    }


def _lockers(layout: Layout) -> Iterable[dict[str, Any]]:
    return ({**locker._asdict(), **_lonlat(layout, locker)} for locker in LOCKERS)


def _lonlat(layout: Layout, thing: Any) -> dict[str, float]:
    place = layout.place(thing.spot)
    return {"lon": place.lon, "lat": place.lat}


def _weather(layout: Layout, hour: _Hours) -> Iterable[dict[str, Any]]:
    """A dry day of steady wind: what a drone reaches is then the same at all hours."""
    first = hour.begins - timedelta(hours=1)
    for number in range(round((hour.ends - first) / timedelta(hours=1)) + 3):
        yield {
            "time": (first + timedelta(hours=number)).isoformat(),
            "wind_mps": 3.5,
            "gust_mps": 5.0,
            "wind_from_deg": round(layout.bearing_deg(WIND_FROM_DEG), 1),
            "temperature_c": 15.0,
            "precipitation_mm_h": 0,
            "visibility_m": 10000,
        }


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


FLEET: Final = """\
# The fleet of the demo. What is not stated here is that of the default fleet (`docs/fleet.toml.md`).

currency = "EUR"
timezone = "{timezone}"

[[drone]]
type = "courier-x4-fast"
per_pad = 1

[[sidewalk_robot]]
type = "walker-s1"
per_bay = 1

[[van]]                         # three of the depot's four vans
type = "van-city"
crew = 1
shift = "{opens}-{closes}"

[[van]]                         # and one with two people, for what one can't carry
type = "van-city"
per_depot = 1
crew = 2
skills = ["white_glove"]
shift = "{opens}-{closes}"

[types.courier-x4-fast]         # on a charger that fills the pack in half an hour
based_on = "courier-x4"
charger_w = 1800

[types.van-city]                # the default fleet's van, loaded from roll cages that stand ready
based_on = "van-e"
load_s = 600

[rates.van]                     # a day of few hours: the fixed day is shared with the afternoon's routes
per_trip = 25.00
"""
