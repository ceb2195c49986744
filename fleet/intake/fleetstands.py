"""How many of which type stand where: the entries of a fleet file, resolved against its types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fleet.domain.fleet import AssetType, Rates, Stand, StationType
from fleet.intake.fleetentries import Entry, RouteEntry, StationEntry, entry_model, entry_stand, entry_type
from fleet.intake.fleettypes import Types, is_foreign
from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import Key, TomlSource
from fleet.intake.validate import validated

STATION = "station"
COUNTED_KINDS = frozenset({"drone", "sidewalk_robot", "van"})
"""Kinds whose places the depots file states; an entry of any other kind says how many there are."""


def resolve_stands(
    source: TomlSource, default: TomlSource, types: Types
) -> tuple[dict[str, AssetType], list[Stand]]:
    """The types that stand somewhere, and where. What is wrong is noted in the source."""
    used: dict[str, AssetType] = {}
    stands: list[Stand] = []
    takers: dict[str, list[Entry | StationEntry]] = {}
    for key, raw in _entries(source, default, types):
        kind = str(key[0])
        entry = validated(source, key, raw, entry_model(kind, types.kinds[kind]))
        base = None if entry is None else _base(source, default, types, key, entry.type)
        if entry is None or base is None:
            continue
        others = takers.setdefault(kind, [])
        _check_places(source, key, entry, others)
        others.append(entry)
        try:
            asset_type = entry_type(entry, base)
        except ValueError as error:
            source.refuse(key, str(error))
            continue
        used[asset_type.type_id] = asset_type
        stands.append(entry_stand(entry, asset_type.type_id))
    return used, stands


def _entries(source: TomlSource, default: TomlSource, types: Types) -> Iterator[tuple[Key, Any]]:
    """The file's entries; the default fleet's vehicles when it states none, and likewise its stations."""
    kinds = {kind: archetype for kind, archetype in types.kinds.items() if archetype}
    stated = {kinds[kind] == STATION for kind in source.data.keys() & kinds.keys()}
    for kind, archetype in kinds.items():
        origin = source if (archetype == STATION) in stated else default
        entries = origin.data.get(kind, [])
        if not isinstance(entries, list):
            source.refuse((kind,), f"must be written as [[{kind}]]")
            continue
        for index, raw in enumerate(entries):
            yield (kind, index), raw


def _base(source: TomlSource, default: TomlSource, types: Types, key: Key, name: str) -> AssetType | None:
    """The type that an entry names, when it is of the entry's kind and has a price."""
    kind, where = str(key[0]), (*key, "type")
    if name in types.broken:
        return None
    base = types.sound.get(name)
    if base is None:
        same = sorted(each for each, asset_type in types.sound.items() if asset_type.kind == kind)
        hint = did_you_mean(name, types.sound) or f"; known are {', '.join(same)}"
        source.refuse(where, f"there is no such type{hint}", name)
        return None
    if base.kind != kind:
        source.refuse(where, f"is a {base.kind}, not a {kind}", name)
        return None
    if base.rates == Rates():
        if not any(source.blames(("rates", each)) for each in (kind, name)):
            source.refuse(where, f"has no rates; add [rates.{kind}]", name)
        return None
    if isinstance(base, StationType) and is_foreign(source, default) and not _prices_walk(source, name):
        message = f"needs its own detour_per_km: the default is in {default.data['currency']}"
        source.refuse(where, message, name)
        return None
    return base


def _prices_walk(source: TomlSource, name: str) -> bool:
    return "detour_per_km" in source.data.get("types", {}).get(name, {})


def _check_places(
    source: TomlSource, key: Key, entry: Entry | StationEntry, others: Sequence[Entry | StationEntry]
) -> None:
    """Refuses an entry that leaves open how many there are, or of which type."""
    if isinstance(entry, StationEntry):
        if others:
            source.refuse(key, f"is the second [[{key[0]}]]; all stations of a kind are of one type")
    elif entry.per_site is None and key[0] not in COUNTED_KINDS:
        source.refuse((*key, "per_site"), "is missing: the depots file has no column for this kind")
    elif isinstance(entry, RouteEntry) and entry.share is not None and entry.per_site is not None:
        source.refuse((*key, "share"), "is one way to say how many, per_depot is the other")
    elif isinstance(entry, RouteEntry) and any(_take_the_same(entry, other) for other in others):
        message = "is missing: another entry already takes all vans that no entry counts"
        source.refuse((*key, "per_depot"), message)


def _counted(entry: RouteEntry) -> bool:
    return entry.per_site is not None or entry.share is not None


def _take_the_same(entry: RouteEntry, other: Entry | StationEntry) -> bool:
    """Whether both take, at some site, all that are not counted."""
    if not isinstance(other, RouteEntry) or _counted(entry) or _counted(other):
        return False
    return not (entry.sites and other.sites) or bool(entry.sites & other.sites)
