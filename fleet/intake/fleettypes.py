"""The types of a fleet file: those that it defines, those of the default fleet, what they are based on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fleet.domain.fleet import AssetType, Rates, RouteType, SortieType, StationType
from fleet.intake.reserves import with_rule
from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import Key, TomlSource
from fleet.intake.validate import validated
from fleet.protocol.values import CompartmentSize, Dimensions

ARCHETYPES: Mapping[str, type[SortieType | RouteType | StationType]] = {
    "sortie": SortieType,
    "route": RouteType,
    "station": StationType,
}

LEAST_SILENT_S = 3.0
"""Seconds of silence that may mean something: both ends say something each second."""

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Types:
    """The types that a file can name. What depends on a broken one is passed over: its own faults are noted already."""

    sound: Mapping[str, AssetType]
    broken: frozenset[str]
    kinds: Mapping[str, str]
    """The archetype of each kind, the broken types' kinds included; empty where theirs is not known."""


def resolve_types(source: TomlSource, default: TomlSource) -> Types:
    """Every type that the file can name, by its id. What is wrong with one is noted in the source."""
    defaults = _tables(default, "types")
    stated = {**defaults, **_tables(source, "types")}
    rates = _rates(source, default, stated)
    compartments = _compartments(source, default)
    raws = {name: _based(source, stated, name) for name in stated}
    sound = {
        name: asset_type
        for name, raw in raws.items()
        if raw is not None and (asset_type := _type(source, name, raw, rates, compartments)) is not None
    }
    broken = frozenset(stated.keys() - sound.keys())
    suspected = _suspected_kinds(
        merged(defaults.get(name, {}), raws[name] or stated[name]) for name in sorted(broken)
    )
    known = {asset_type.kind: asset_type.archetype for asset_type in sound.values()}
    return Types(sound, broken, suspected | known)


def _suspected_kinds(raws: Iterable[Raw]) -> dict[str, str]:
    """What broken types say of their kind and its archetype."""
    said = {str(raw["kind"]): str(raw.get("archetype", "")) for raw in raws if "kind" in raw}
    return {kind: archetype if archetype in ARCHETYPES else "" for kind, archetype in said.items()}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Raw:
    """``base`` with what ``over`` states instead, table by table."""
    both = dict(base)
    for name, value in over.items():
        old = both.get(name)
        both[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def _based(source: TomlSource, stated: Mapping[str, Raw], name: str) -> Raw | None:
    """A type's table with what it is based on filled in; none when that is not there or runs in a circle."""
    chain = [name]
    while base := stated[chain[-1]].get("based_on"):
        key: Key = ("types", chain[-1], "based_on")
        if base in chain:
            source.refuse(key, "leads back to the type itself", base)
            return None
        if not isinstance(base, str) or base not in stated:
            source.refuse(key, f"there is no such type{did_you_mean(str(base), stated)}", base)
            return None
        chain.append(base)
    raw: Raw = {}
    for link in reversed(chain):
        raw = merged(raw, stated[link])
    return {key: value for key, value in raw.items() if key != "based_on"}


def _type(
    source: TomlSource, name: str, raw: Raw, rates: Mapping[str, Raw], compartments: Raw
) -> AssetType | None:
    key: Key = ("types", name)
    archetype = str(raw.get("archetype", ""))
    if archetype not in ARCHETYPES:
        source.refuse((*key, "archetype"), f"must be one of {', '.join(ARCHETYPES)}", archetype)
        return None
    if "type_id" in raw:
        source.refuse((*key, "type_id"), "is not known: a type's id is the name of its table", raw["type_id"])
        return None
    if "emissions" in raw:
        source.refuse((*key, "emissions"), "is worked out by the reader: state [co2]", "…")
        return None
    filled = merged({"rates": merged(rates.get(str(raw.get("kind")), {}), rates.get(name, {}))}, raw)
    if archetype == "station":
        filled = merged({"compartments": compartments}, filled)
    if _refuses_silence(source, key, raw.get("lost_link")):
        return None
    if isinstance(filled.get("reserve"), dict):
        filled["reserve"] = with_rule(source, (*key, "reserve"), filled["reserve"])
    return validated(source, key, {**filled, "type_id": name}, ARCHETYPES[archetype])


def _refuses_silence(source: TomlSource, key: Key, times: Any) -> bool:
    """Whether a type is to be lost sooner than can be told: that was said."""
    short = {
        name: times[name]
        for name in ("silent_s", "waiting_s")
        if isinstance(times, dict)
        and isinstance(times.get(name), int | float)
        and times[name] < LEAST_SILENT_S
    }
    for name, value in short.items():
        source.refuse(
            (*key, "lost_link", name),
            f"must be at least {LEAST_SILENT_S:g}, three heartbeats: else its link is lost again and again",
            value,
        )
    return bool(short)


def _rates(source: TomlSource, default: TomlSource, types: Mapping[str, Raw]) -> dict[str, Raw]:
    """The rates by kind and by type. Rates of the default fleet count in its own currency only."""
    stated = {
        name: raw
        for name, raw in _tables(source, "rates").items()
        if validated(source, ("rates", name), raw, Rates) is not None
    }
    kinds = {str(raw["kind"]) for raw in types.values() if "kind" in raw}
    for name in stated.keys() - kinds - types.keys():
        hint = did_you_mean(name, [*kinds, *types])
        source.refuse(("rates", name), f"there is no such kind or type{hint}", name)
    inherited = {} if is_foreign(source, default) else _tables(default, "rates")
    return {name: merged(inherited.get(name, {}), stated.get(name, {})) for name in {**inherited, **stated}}


def is_foreign(source: TomlSource, default: TomlSource) -> bool:
    """Whether the file's currency is another than the default fleet's, so that no amount may be inherited."""
    own = default.data["currency"]
    return bool(source.data.get("currency", own) != own)


def _compartments(source: TomlSource, default: TomlSource) -> Raw:
    sizes = [size.value for size in CompartmentSize]
    stated = _tables(source, "compartments")
    for name in stated.keys() - set(sizes):
        source.refuse(("compartments", name), f"must be one of {', '.join(sizes)}", name)
    valid = {
        name: raw
        for name, raw in stated.items()
        if name in sizes and validated(source, ("compartments", name), raw, Dimensions) is not None
    }
    return merged(_tables(default, "compartments"), valid)


def _tables(source: TomlSource, name: str) -> dict[str, Raw]:
    """The tables below ``[name.…]``; anything else below it is refused."""
    return dict(_each_table(source, name))


def _each_table(source: TomlSource, name: str) -> Iterator[tuple[str, Raw]]:
    group = source.data.get(name, {})
    if not isinstance(group, dict):
        source.refuse((name,), f"must be tables like [{name}.NAME]", group)
        return
    for entry, raw in group.items():
        if isinstance(raw, dict):
            yield entry, raw
        else:
            source.refuse((name, entry), f"must be a table [{name}.{entry}]", raw)
