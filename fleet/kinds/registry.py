"""Finds the kinds: every module of this package that has a ``KIND``, and every entry point of the group."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType

from fleet.domain.fleet import AssetType, StationType
from fleet.kinds.base import Kind, LostLink

ENTRY_POINT_GROUP = "lastmile_fleet.kinds"


class KindError(Exception):
    """A kind that is broken, doubled or not there."""


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Every kind by its name, in the order of the names; found once for each process.

    Raises ``KindError`` when two have one name or an entry point gives something else than a kind.
    """
    package = importlib.import_module("fleet.kinds")
    return collect((*from_package(package), *from_entry_points()))


def kind_of(name: str) -> Kind:
    """The kind of that name; raises ``KindError`` with the names that exist."""
    kinds = all_kinds()
    if name not in kinds:
        raise KindError(f"there is no kind {name!r}; the known kinds are {', '.join(kinds)}")
    return kinds[name]


def lost_link_of(asset_type: AssetType) -> LostLink:
    """What silence of an asset of this type means: its kind's rule, with the type's own times where it has some."""
    rule = kind_of(asset_type.kind).lost_link
    return rule if isinstance(asset_type, StationType) else rule.with_times(asset_type.lost_link)


def from_package(package: ModuleType) -> Iterator[tuple[str, Kind]]:
    """The ``KIND`` of each module of a package that has one, with the module's name."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        found = getattr(importlib.import_module(info.name), "KIND", None)
        if found is not None:
            yield info.name, _checked(found, info.name)


def from_entry_points() -> Iterator[tuple[str, Kind]]:
    """The kinds that other distributions bring, with the entry point's value."""
    for point in entry_points(group=ENTRY_POINT_GROUP):
        yield point.value, _checked(point.load(), point.value)


def collect(found: Iterable[tuple[str, Kind]]) -> Mapping[str, Kind]:
    """The kinds by name; raises ``KindError`` when two sources define one name."""
    kinds: dict[str, Kind] = {}
    sources: dict[str, str] = {}
    for source, kind in found:
        if kind.name in kinds:
            raise KindError(f"the kind {kind.name!r} is defined by both {sources[kind.name]} and {source}")
        kinds[kind.name], sources[kind.name] = kind, source
    return MappingProxyType(dict(sorted(kinds.items())))


def _checked(found: object, source: str) -> Kind:
    if not isinstance(found, Kind):
        raise KindError(f"{source} should be a fleet.kinds.Kind, but is a {type(found).__name__}")
    return found
