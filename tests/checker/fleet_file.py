"""Reads a fleet file from the TOML itself, laid over the default fleet for what it leaves out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from shapely.geometry import shape

from tests.checker.fleet import (
    Cap,
    Carriage,
    ChargeShape,
    FleetFacts,
    PilotShift,
    Rates,
    RouteFacts,
    SortieFacts,
    Stand,
    StationFacts,
    Walk,
)
from tests.checker.inputs import Edges
from tests.checker.streets import Rules
from tests.checker.vehicle_file import read_vehicle
from tests.checker.zones import Ground

Table = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FLEET = ROOT / "fleet" / "intake" / "data" / "default_fleet.toml"
_LAYERED = ("rates", "reserve", "compartments", "types")
"""A stated `[assumptions]` is the whole list of them."""
_FLAT = re.compile(r"flat:\s*([-+]?[\d.]+)\s*(?:±|\+-|\+/-)\s*([\d.]+)")
_NO_VEHICLES = frozenset({"pilots", "spare_packs"})
_SKILL_SERVICES = {"white_glove": "white_glove"}


def read_fleet(path: Path | None) -> FleetFacts:
    """The facts of a fleet file; of the default fleet without one."""
    data, streets = _load(DEFAULT_FLEET), Rules()
    if path is not None:
        own = _load(path)
        data = {**data, **own, **{key: _layer(data.get(key, {}), own.get(key, {})) for key in _LAYERED}}
        streets = _streets(own.get("network", {}), path.parent)
    data["types"] = {name: _whole(data["types"], table) for name, table in data["types"].items()}
    return replace(_facts(data), streets=streets)


def _whole(types: Table, table: Table) -> Table:
    """A type laid over the one that it is based on."""
    return _layer(_whole(types, types[table["based_on"]]), table) if "based_on" in table else table


def _streets(network: Table, beside: Path) -> Rules:
    slow = [(_shift(one["hours"]), one["speed"]) for one in network.get("traffic", ())]
    read = [json.loads((beside / name).read_text(encoding="utf-8")) for name in network.get("closed", ())]
    return Rules(
        farthest_m=network.get("farthest_m", 250.0),
        traffic=tuple((*hours, speed) for hours, speed in slow if hours),
        closed=tuple(part for one in read for part in _parts(one)),
    )


def _parts(document: Table) -> Iterator[Any]:
    """The polygons of a GeoJSON document."""
    if "features" in document:
        for feature in document["features"]:
            yield from _parts(feature["geometry"])
    else:
        yield shape(document.get("geometry", document))


def _load(path: Path) -> Table:
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


def _layer(below: Table, above: Table) -> Table:
    """Tables within tables are merged; everything else of the upper one counts."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _layer(merged[key], value) if both else value
    return merged


def _facts(data: Table) -> FleetFacts:
    assumed, entries = data["assumptions"], list(_entries(data))
    sorties = {e["type"]: _sortie(data, e["type"]) for kind, e in entries if _archetype(data, e) == "sortie"}
    routes = [_route(data, e) for kind, e in entries if _archetype(data, e) == "route"]
    stations = [_station(data, e["type"]) for kind, e in entries if _archetype(data, e) == "station"]
    return FleetFacts(
        currency=data["currency"],
        zone_name=data.get("timezone"),
        ground=_ground(assumed.get("terrain", "unknown")),
        assumed_wind_mps=assumed.get("assumed_wind_mps", 4),
        reserve_fraction=data["reserve"]["fraction_of_usable"],
        may_be_late=_may_be_late(data),
        sortie_types=tuple(sorties.values()),
        route_types=tuple({facts.type_id: facts for facts in routes}.values()),
        station=stations[0],
        stands=tuple(_stand(data, kind, e) for kind, e in entries if _archetype(data, e) != "station"),
        spares=tuple(
            (e["type"], frozenset(e.get("sites", ())), e["per_site"]) for e in data.get("spare_packs", ())
        ),
        pilots=tuple(_pilots(each) for each in data.get("pilots", ())),
    )


def _may_be_late(data: Table) -> timedelta:
    return timedelta(minutes=data["lateness"].get("at_most_min", 60) if "lateness" in data else 0)


def _pilots(row: Table) -> PilotShift:
    begins, ends = _shift(row.get("shift")) or (time(0), time(0))
    sites = frozenset(row.get("sites", ()))
    return PilotShift(row["kind"], sites, row["pilots"], row["machines_each"], begins, ends)


def _entries(data: Table) -> Iterator[tuple[str, Table]]:
    for kind, value in data.items():
        if isinstance(value, list) and kind not in _NO_VEHICLES:
            yield from ((kind, entry) for entry in value)


def _archetype(data: Table, entry: Table) -> str:
    return str(data["types"][entry["type"]]["archetype"])


def _ground(terrain: str) -> Ground:
    """Flat ground as stated. Unknown ground lets no height be told, so it may lie anywhere."""
    match = _FLAT.fullmatch(terrain.strip())
    return Ground(float(match[1]), float(match[2])) if match else Ground(0.0, 10_000.0)


def _sortie(data: Table, name: str) -> SortieFacts:
    table = data["types"][name]
    vehicle = read_vehicle(table["kind"], table["energy_model"])
    health, floor = table.get("state_of_health", 1.0), table.get("floor_fraction", 0.1)
    return SortieFacts(
        type_id=name,
        kind=table["kind"],
        carriage=_carriage(table),
        rates=_rates(data, table),
        caps=tuple(_caps(table.get("weather", {}))),
        icing_below_c=table.get("weather", {}).get("icing_below_c"),
        energy=vehicle.model,
        usable_wh=vehicle.pack_wh * health * (1 - floor),
        cruise_mps=table["cruise_mps"],
        turnaround_s=table.get("turnaround_s", 120),
        charger_w=table.get("charger_w", 500),
        max_radius_m=table.get("max_radius_m"),
        floor=floor,
        charge=ChargeShape(**{k: v for k, v in vehicle.charging.items() if k not in ("cold", "swap_s")}),
        swap_s=vehicle.charging.get("swap_s"),
        load_s=table.get("load_s", 60),
    )


def _caps(weather: Table) -> Iterator[Cap]:
    for name, limit in weather.items():
        side, measure = name.split("_", 1)
        if side in ("min", "max"):
            yield Cap(measure, limit, side == "max")


def _carriage(table: Table) -> Carriage:
    rules = table["carriage"]
    return Carriage(
        kind=table["kind"],
        max_parcel_kg=rules["max_parcel_kg"],
        hold_m=_edges(rules["hold"]),
        goods=frozenset(rules["goods"]),
        services=frozenset(rules["services"]),
        age_check=rules.get("age_check", False),
        collects=rules.get("collects", False),
        chilled_minutes=rules.get("chilled_minutes"),
        crew=rules.get("crew", 0),
        skills=frozenset(rules.get("skills", ())),
    )


def _edges(box: Table) -> Edges:
    a, b, c = sorted((box["length_m"], box["width_m"], box["height_m"]))
    return a, b, c


def _rates(data: Table, table: Table) -> Rates:
    return Rates(**{**data.get("rates", {}).get(table["kind"], {}), **table.get("rates", {})})


def _route(data: Table, entry: Table) -> RouteFacts:
    table = data["types"][entry["type"]]
    shift = _shift(entry.get("shift")) or (
        table.get("shift_start", time(7)),
        table.get("shift_end", time(19)),
    )
    hours = entry.get("max_shift_hours")
    rates = _crewed_rates(_rates(data, table), table, entry)
    return RouteFacts(
        type_id=_variant(table, entry),
        carriage=_crewed(_carriage(table), entry),
        rates=replace(rates, per_km=rates.per_km + _co2_per_km(data, table)),
        capacity_kg=table["capacity_kg"],
        capacity_m3=table["capacity_m3"],
        stop_s=table.get("stop_s", 60),
        locker_parcel_s=table.get("locker_parcel_s", 30),
        load_s=table.get("load_s", 900),
        shift_start=shift[0],
        shift_end=shift[1],
        max_shift_s=hours * 3600 if hours else table.get("max_shift_s", 36000),
        walk=_walk(table, entry),
        rest=_rest(table, entry),
    )


def _walk(table: Table, entry: Table) -> Walk | None:
    """The entry's walks, else those of its type."""
    if "walk_m" in entry:
        return Walk(entry["walk_m"], entry.get("carry_kg", 15.0))
    return Walk(**table["walking"]) if "walking" in table else None


def _rest(table: Table, entry: Table) -> tuple[timedelta, time, time] | None:
    """The entry's break, else that of its type."""
    between = _shift(entry.get("break_between"))
    if between is not None:
        return timedelta(minutes=entry["break_minutes"]), *between
    own = table.get("driver_break")
    return None if own is None else (timedelta(minutes=own["minutes"]), own["earliest"], own["latest"])


def _co2_per_km(data: Table, table: Table) -> float:
    """What a kilometre's CO2 counts: from the exhaust and from the grid, in grams, at the price of a tonne."""
    co2 = data.get("co2")
    if co2 is None:
        return 0.0
    grams = table.get("co2_g_per_km", 0.0) + table.get("kwh_per_km", 0.0) * co2["grid_g_per_kwh"]
    return float(grams * co2.get("price_per_tonne", 0.0) / 1_000_000)


def _shift(stated: Any) -> tuple[time, time] | None:
    if stated is None:
        return None
    ends = re.split(r"\s*[-–]\s*", stated) if isinstance(stated, str) else stated
    return time.fromisoformat(ends[0]), time.fromisoformat(ends[1])


def _crewed(plain: Carriage, entry: Table) -> Carriage:
    skills = set(entry.get("skills", ()))
    goods = {"dangerous"} if "dangerous_goods" in skills else set()
    return Carriage(
        kind=plain.kind,
        max_parcel_kg=plain.max_parcel_kg,
        hold_m=plain.hold_m,
        goods=plain.goods | goods,
        services=plain.services | {_SKILL_SERVICES[skill] for skill in skills if skill in _SKILL_SERVICES},
        age_check=plain.age_check or "age_check" in skills,
        collects=plain.collects,
        chilled_minutes=plain.chilled_minutes,
        crew=entry.get("crew", plain.crew),
        skills=frozenset(entry.get("skills", plain.skills)),
    )


def _crewed_rates(plain: Rates, table: Table, entry: Table) -> Rates:
    """The hourly rate is for each head that the type states (one at least)."""
    heads = entry.get("crew", table["carriage"].get("crew", 0)) / max(1, table["carriage"].get("crew", 0))
    return Rates(plain.per_trip, plain.per_hour * (heads or 1), plain.per_km, plain.per_kwh, plain.per_parcel)


def _variant(table: Table, entry: Table) -> str:
    """A name that tells an entry's vans from the plain type's: ``TYPE+crew2+skill``."""
    parts = (
        [f"crew{entry['crew']}"]
        if entry.get("crew", table["carriage"].get("crew")) != table["carriage"].get("crew")
        else []
    )
    parts += sorted(set(entry.get("skills", ())) - set(table["carriage"].get("skills", ())))
    parts += [f"walk{entry['walk_m']}-{entry.get('carry_kg')}"] if "walk_m" in entry else []
    return "+".join([entry["type"], *parts])


def _station(data: Table, name: str) -> StationFacts:
    table = data["types"][name]
    sizes = table.get("compartments") or data["compartments"]
    inner = {size: _edges(box) for size, box in sizes.items()}
    return StationFacts(_carriage(table), inner, table.get("pickup_hours", 48))


def _stand(data: Table, kind: str, entry: Table) -> Stand:
    table = data["types"][entry["type"]]
    type_id = _variant(table, entry) if kind == "van" else entry["type"]
    per_place = entry.get("per_pad") or entry.get("per_bay") or entry.get("per_place") or 1
    return Stand(
        type_id,
        kind,
        frozenset(entry.get("sites", ())),
        per_place,
        entry.get("per_depot") or entry.get("per_site"),
        entry.get("share"),
    )
