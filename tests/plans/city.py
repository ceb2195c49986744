"""A made-up city as the files that ``fleet plan`` reads: the same for the same seed."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproj import Geod

Row = dict[str, Any]
Point = tuple[float, float]

CENTRE: Point = (-3.70, 43.30)
DAY = "2026-11-24"
_GEOD = Geod(ellps="WGS84")
_WINDOWS = (
    ("08:00", "20:00"),
    ("08:00", "20:00"),
    ("08:00", "20:00"),
    ("10:00", "12:00"),
    ("16:00", "18:00"),
)
_GOODS = ("standard",) * 12 + ("fragile", "fragile", "chilled", "lithium", "dangerous")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of one planning problem."""

    orders: Path
    depots: Path
    lockers: Path
    weather: Path
    zones: tuple[Path, ...] = ()


def write_city(folder: Path, seed: int, parcels: int = 120) -> Inputs:
    """A warehouse, three launch sites, eight lockers, some zones, a windy day with an hour of rain."""
    rng = random.Random(seed)
    tables = {
        "orders": [_order(rng, number) for number in range(1, parcels + 1)],
        "depots": _depots(rng),
        "lockers": [_locker(rng, number) for number in range(1, 9)],
        "weather": [_weather(rng, hour) for hour in range(24)],
    }
    paths = {name: _write(folder / f"{name}.csv", rows) for name, rows in tables.items()}
    zones = folder / "zones.geojson"
    features = [_zone(rng, number) for number in range(6)]
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return Inputs(**paths, zones=(zones,))


def _spot(rng: random.Random, reach_m: float) -> Point:
    lon, lat, _ = _GEOD.fwd(*CENTRE, rng.uniform(0, 360), reach_m * rng.random() ** 0.5)
    return round(lon, 6), round(lat, 6)


def _order(rng: random.Random, number: int) -> Row:
    lon, lat = _spot(rng, 6000)
    bulky = rng.random() < 0.04
    edges = [round(rng.uniform(0.1, 1.4 if bulky else 0.45), 2) for _ in range(3)]
    due_from, due_by = rng.choice(_WINDOWS)
    return {
        "order_id": f"SYN-{number:04}",
        "client": rng.choice(("acme", "borealis")),
        "direction": rng.choices(("delivery", "pickup", "return"), (93, 5, 2))[0],
        "recipient": f"Recipient {number}",
        "address": "",
        "lon": lon,
        "lat": lat,
        "weight_kg": round(rng.uniform(20, 55) if bulky else rng.lognormvariate(0.3, 0.7) + 0.1, 2),
        "length_m": edges[0],
        "width_m": edges[1],
        "height_m": edges[2],
        "goods": rng.choice(_GOODS),
        "value_eur": round(rng.uniform(3, 300), 2),
        "min_age": 18 if rng.random() < 0.04 else "",
        "ready_at": f"{DAY}T07:00:00+01:00",
        "due_from": f"{DAY}T{due_from}:00+01:00",
        "due_by": f"{DAY}T{due_by}:00+01:00",
        "service": "white_glove" if bulky else rng.choices(("standard", "signature"), (9, 1))[0],
        "service_minutes": 25 if bulky else 3,
        "crew": 2 if bulky else 1,
        "locker_ok": str(rng.random() < 0.6).lower(),
        "notes": "",
        "skills": "white_glove" if bulky else "",
        "priority": ("", 1, 2.5)[number % 3],
    }


def _depots(rng: random.Random) -> list[Row]:
    depot = {
        "depot_id": "SYN-D1",
        "name": "Warehouse",
        "vans": 6,
        "drone_pads": 0,
        "robot_bays": 0,
        "chargers": 0,
    }
    sites: list[Row] = [depot | {"lon": CENTRE[0], "lat": CENTRE[1], "opens": "05:00", "closes": "22:00"}]
    for number in range(1, 4):
        lon, lat = _spot(rng, 4000)
        site = {"depot_id": f"SYN-S{number}", "name": f"Launch site {number}", "vans": 0, "drone_pads": 3}
        sites.append(
            site
            | {"robot_bays": 3, "chargers": 4, "lon": lon, "lat": lat, "opens": "07:00", "closes": "21:00"}
        )
    return sites


def _locker(rng: random.Random, number: int) -> Row:
    lon, lat = _spot(rng, 5000)
    sizes = {"small": 4, "medium": 3, "large": 1, "drone_port": str(number % 3 == 0).lower()}
    return {"locker_id": f"SYN-L{number}", "name": f"Locker {number}", "lon": lon, "lat": lat} | sizes


def _weather(rng: random.Random, hour: int) -> Row:
    wind, wet = round(rng.uniform(1, 7), 1), hour == 15
    return {
        "time": f"{DAY}T{hour:02}:00:00+01:00",
        "wind_mps": wind,
        "gust_mps": round(wind * 1.5, 1),
        "wind_from_deg": (290 + 8 * hour) % 360,
        "temperature_c": 10,
        "precipitation_mm_h": 2.4 if wet else 0,
        "visibility_m": 3000 if wet else 10000,
    }


def _zone(rng: random.Random, number: int) -> Row:
    """A block of land as plain GeoJSON, so prohibited from the ground up."""
    lon, lat = _spot(rng, 5000)
    half = rng.uniform(100, 350)
    corners = [_GEOD.fwd(lon, lat, azimuth, half * 2**0.5)[:2] for azimuth in (45, 315, 225, 135, 45)]
    ring = [list(corner) for corner in corners]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": f"Block {number}"}, "geometry": geometry}


def _write(path: Path, rows: list[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
