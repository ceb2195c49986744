"""Reads a ``fleet.toml``: what the operator has, what it costs, and what he assumes.

A part that the file leaves out is taken from the default fleet (``data/default_fleet.toml``). Two exceptions,
so that nobody inherits what he did not mean: a stated ``[assumptions]`` is the whole list of them, and a file
in another currency brings its own rates. ``docs/fleet.toml.md`` describes the format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fleet.domain.fleet import (
    AirMargins,
    AssetType,
    Assumptions,
    FleetSpec,
    ReserveRule,
    Separation,
    SortieType,
    SparePacks,
)
from fleet.domain.objective import Fairness, Lateness
from fleet.domain.weatherrule import WeatherRule
from fleet.intake.authorisations import TABLE as AUTHORISATIONS
from fleet.intake.authorisations import read_authorisations
from fleet.intake.cells import CellError, timezone
from fleet.intake.co2 import TABLE as CO2
from fleet.intake.co2 import with_emissions
from fleet.intake.fleetentries import SpareEntry
from fleet.intake.fleetstands import resolve_stands
from fleet.intake.fleettypes import is_foreign, merged, resolve_types
from fleet.intake.networkfile import NetworkFiles
from fleet.intake.pilots import TABLE as PILOTS
from fleet.intake.pilots import read_pilots
from fleet.intake.reserves import with_rule
from fleet.intake.suggest import did_you_mean
from fleet.intake.terrain import UNKNOWN, TerrainFiles, parse_terrain
from fleet.intake.tomltext import Key, TomlSource, line_of, parse_toml, read_toml
from fleet.intake.validate import validated
from fleet.protocol.values import NonNegative, Value
from geofences import Authorisation

VALUES = ("currency", "timezone", "unserved_penalty", "change_price", "zone_time_margin_s", "soc_stale_s")
TABLES = (
    "rates",
    "reserve",
    "separation",
    "margins",
    "weather",
    "fairness",
    "lateness",
    "assumptions",
    "terrain",
    "network",
    "compartments",
    "types",
    "spare_packs",
    PILOTS,
    CO2,
    AUTHORISATIONS,
)
UNLESS_DENIED = frozenset({"assets_come_full"})
"""Assumed by a stated ``[assumptions]`` too that does not name it: only plans rest on it, and all of these say so."""
DEFAULT_NAME = "default_fleet.toml"


@dataclass(frozen=True, slots=True)
class FleetFile:
    """What a fleet file says. ``timezone`` is none when it names none, ``terrain`` when it names no grid files,
    ``network`` when it names no streets; ``authorisations`` are those that are held, ``lines`` where its keys stand.
    """

    name: str
    spec: FleetSpec
    timezone: str | None
    terrain: TerrainFiles | None = None
    authorisations: tuple[Authorisation, ...] = ()
    lines: Mapping[Key, int] = field(default_factory=dict)
    network: NetworkFiles | None = None

    def line(self, key: Key) -> int | None:
        """On which line a key, or else the innermost table around it, is written down; none where nothing is."""
        return line_of(self.lines, key)


def read_fleet(path: Path | None = None) -> FleetFile:
    """The fleet of a file, or the default fleet.

    Raises ``FileError`` when the file can't be read, and ``FleetFileError`` with every error that it holds.
    """
    return default_fleet() if path is None else _fleet(read_toml(path), _default_source())


def parse_fleet(text: str, name: str) -> FleetFile:
    """The fleet of a text; ``name`` stands for the file in errors. Raises ``FleetFileError``."""
    return _fleet(parse_toml(text, name), _default_source())


@cache
def default_fleet() -> FleetFile:
    """The documented default fleet; read once, since nothing of it ever changes."""
    return _fleet(parse_toml(default_fleet_text(), DEFAULT_NAME), _default_source())


def default_fleet_text() -> str:
    """The default fleet's file with its comments: a start for an operator's own."""
    return files("fleet.intake.data").joinpath(DEFAULT_NAME).read_text(encoding="utf-8")


@cache
def _default_source() -> TomlSource:
    """What other files leave out; no error is ever noted in it, and nobody changes its data."""
    return parse_toml(default_fleet_text(), DEFAULT_NAME)


def _fleet(source: TomlSource, default: TomlSource) -> FleetFile:
    _check_currency(source)
    types = resolve_types(source, default)
    _refuse_unknown(source, types.kinds)
    used, stands = resolve_stands(source, default, types)
    zone = _timezone(source)
    sections: dict[str, Value | None] = {
        "assumptions": _assumptions(source, default),
        "reserve": validated(source, ("reserve",), _reserve(source, default), ReserveRule),
        "separation": validated(source, ("separation",), _section(source, default, "separation"), Separation),
    }
    if "margins" in source.data:
        sections["margins"] = validated(source, ("margins",), source.data["margins"], AirMargins)
    if "weather" in source.data:
        sections["weather"] = validated(source, ("weather",), source.data["weather"], WeatherRule)
    if "fairness" in source.data:
        sections["fairness"] = validated(source, ("fairness",), source.data["fairness"], Fairness)
    if "lateness" in source.data:
        sections["lateness"] = validated(source, ("lateness",), source.data["lateness"], Lateness)
    beside = {"spare_packs": _spare_packs(source, types.sound), "pilots": read_pilots(source, types.sound)}
    terrain = _terrain(source)
    stated = source.data.get("network")
    network = None if stated is None else validated(source, ("network",), stated, NetworkFiles)
    values = {name: value for name in VALUES if (value := _value(source, default, name)) is not None}
    for name in ("unserved_penalty", "change_price"):
        if name in values:
            validated(source, (name,), values[name], NonNegative)
    used = with_emissions(source, used)
    vehicles = {*used, *(each.kind for each in used.values())}
    held = read_authorisations(source, frozenset(vehicles), zone)
    source.raise_errors()
    spec = validated(source, (), {**values, **sections, "types": used, "stands": stands, **beside}, FleetSpec)
    source.raise_errors()
    assert spec is not None  # otherwise there was an error to raise
    return FleetFile(source.file, spec, zone, terrain, held, source.lines, network)


def _spare_packs(source: TomlSource, types: Mapping[str, AssetType]) -> tuple[SparePacks, ...]:
    """``[[spare_packs]]``: how many batteries of a type lie at which sites."""
    stated = source.data.get("spare_packs", [])
    if not isinstance(stated, list):
        source.refuse(("spare_packs",), "must be a list of tables: [[spare_packs]]", stated)
        return ()
    found = []
    for number, raw in enumerate(stated):
        key: Key = ("spare_packs", number)
        entry = validated(source, key, raw, SpareEntry)
        if entry is None:
            continue
        if not isinstance(types.get(entry.type), SortieType):
            source.refuse(
                (*key, "type"), f"is no type of drones or robots{did_you_mean(entry.type, types)}", entry.type
            )
            continue
        found.append(SparePacks(type_id=entry.type, sites=entry.sites, per_site=entry.per_site))
    return tuple(found)


def _refuse_unknown(source: TomlSource, kinds: Mapping[str, str]) -> None:
    known = [*VALUES, *TABLES, *kinds]
    for name in source.data.keys() - set(known):
        source.refuse((name,), f"is not known{did_you_mean(name, known)}")


def _check_currency(source: TomlSource) -> None:
    """Amounts are read in the light of the currency; with a wrong one, as if none were stated."""
    stated = source.data.get("currency")
    if stated is not None and not (isinstance(stated, str) and re.fullmatch(r"[A-Z]{3}", stated)):
        source.refuse(("currency",), "must be three capital letters like EUR", stated)
        del source.data["currency"]


def _value(source: TomlSource, default: TomlSource, name: str) -> Any:
    if name == "unserved_penalty" and name not in source.data and is_foreign(source, default):
        source.refuse((name,), f"is missing: the default is in {default.data['currency']}")
    return source.data.get(name, default.data.get(name))


def _section(source: TomlSource, default: TomlSource, name: str) -> Any:
    stated = source.data.get(name, {})
    return merged(default.data.get(name, {}), stated) if isinstance(stated, dict) else stated


def _reserve(source: TomlSource, default: TomlSource) -> Any:
    stated = source.data.get("reserve", {})
    if not isinstance(stated, dict):
        return stated
    return merged(default.data["reserve"], with_rule(source, ("reserve",), stated))


def _timezone(source: TomlSource) -> str | None:
    stated = source.data.get("timezone")
    if stated is None:
        return None
    try:
        return timezone(str(stated))
    except CellError as error:
        source.refuse(("timezone",), str(error), stated)
        return None


def _assumptions(source: TomlSource, default: TomlSource) -> Assumptions | None:
    """The stated assumptions and no others; those of the default fleet when the file has no such section."""
    raw = source.data.get("assumptions", default.data["assumptions"])
    if not isinstance(raw, dict):
        return validated(source, ("assumptions",), raw, Assumptions)
    terrain = raw.get("terrain", UNKNOWN)
    if isinstance(terrain, str) and terrain != UNKNOWN:
        try:
            parse_terrain(terrain)
        except ValueError as error:
            source.refuse(("assumptions", "terrain"), f'{error}, or "{UNKNOWN}"', terrain)
    nothing = {
        name: False
        for name, field in Assumptions.model_fields.items()
        if field.annotation is bool and name not in UNLESS_DENIED
    }
    stated = {**nothing, **raw, "terrain": None if terrain == UNKNOWN else terrain}
    return validated(source, ("assumptions",), stated, Assumptions)


def _terrain(source: TomlSource) -> TerrainFiles | None:
    """The grid files that are stated; not beside a stated assumption, so that nobody wonders which of them counts."""
    if "terrain" not in source.data:
        return None
    files = validated(source, ("terrain",), source.data["terrain"], TerrainFiles)
    if files is None:
        return None
    missing = files.missing()
    if missing:
        source.refuse(("terrain", missing[0]), missing[1])
    assumed = source.data.get("assumptions")
    stated = assumed.get("terrain", UNKNOWN) if isinstance(assumed, dict) else UNKNOWN
    if files.grid is not None and stated != UNKNOWN:
        source.refuse(
            ("assumptions", "terrain"), "is stated beside a grid in [terrain]: leave one of them out", stated
        )
    return files
