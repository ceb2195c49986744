"""National profiles: what the files of a country do otherwise than the standard, as data (rule E11).

Strict validation holds files against the standard. A profile is one TOML file in `geofences/profiles` which names, with
its source, the deviations that are known of a country's files; these are read, strictly too, and remarked. Which
profile a file needs is seen from the country that its zones name, or from the members that its features have.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

DEVIATIONS = MappingProxyType(
    {
        "flattened": "an ED-269 zone as a GeoJSON feature, its limits among the properties",
        "single_reason": "a reason as plain text where an array is due",
        "long_identifier": "an identifier of more than 7 characters",
        "no_authority": "no zone authority",
        "no_variant": "no variant, or one that ED-318 does not know",
        "plain_text": "a name or message without languages",
    }
)
"""What a profile may allow."""

MOST = 1e9
"""No distance is that long; larger ones are left to the reader to refuse."""

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Radius:
    """Where a point's radius stands: the member with the number, the one with its unit, and metres for each unit."""

    value: str
    unit: str
    metres: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Profile:
    """The deviations of one country's files.

    `allows` are deviations whose meaning is plain; `members` other names for the standard's members; `reasons` and
    `restrictions` other words for its codes; `defaults` what a zone says that leaves it out; `no_ceiling_m` the height
    that means none; `remarks` members of which a reader should know, as nobody knows what they mean for a shape.
    """

    name: str = ""
    title: str = ""
    source: str = ""
    country: str = ""
    marks: frozenset[str] = frozenset()
    allows: frozenset[str] = frozenset()
    members: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    restrictions: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    no_ceiling_m: float | None = None
    radius: Radius | None = None

    def adapted(self, item: Any) -> Any:
        """A zone, or a feature with one in its properties, as the standard would have it written."""
        if not self.name or type(item) is not dict:
            return item
        inner = item.get("properties")
        if type(inner) is dict:
            return {**item, "properties": self._radius(item.get("geometry"), self._said(inner))}
        return self._said(item)

    def _said(self, said: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(said)
        for theirs, standard in self.members.items():
            if found.get(standard) is None and theirs in found:
                found[standard] = found.pop(theirs)
        for name, value in self.defaults.items():
            if found.get(name) is None:
                found[name] = value
        for name, words in (
            ("reason", self.reasons),
            ("restriction", self.restrictions),
            ("type", self.restrictions),
        ):
            if name in found:
                found[name] = _worded(found[name], words)
        return found

    def _radius(self, geometry: Any, said: dict[str, Any]) -> dict[str, Any]:
        if self.radius is None or not isinstance(geometry, Mapping) or geometry.get("type") != "Point":
            return said
        value, unit = said.get(self.radius.value), said.get(self.radius.unit)
        metres = self.radius.metres.get(unit) if isinstance(unit, str) else None
        if metres is None or said.get("radius_m") is not None:
            return said
        if isinstance(value, bool) or not isinstance(value, int | float):
            return said
        return {**said, "radius_m": value * metres if abs(value) < MOST else value}


STANDARD = Profile()
"""No deviation at all."""


def _worded(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_worded(one, words) for one in value]
    return words.get(value, value) if isinstance(value, str) else value


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, Profile]:
    """All that come with the package, by name."""
    folder = files("geofences").joinpath("profiles")
    found = {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return MappingProxyType({name: parsed(name, text) for name, text in sorted(found.items())})


def parsed(name: str, text: str) -> Profile:
    """A profile from its TOML. Raises `ValueError` for what a profile does not have, so that a slip allows nothing."""
    said = tomllib.loads(text)
    radius = said.pop("radius", None)
    known = set(Profile.__dataclass_fields__) - {"name", "radius"}
    strange = sorted(said.keys() - known) + sorted(set(said.get("allows", ())) - DEVIATIONS.keys())
    if strange or not said.get("source"):
        raise ValueError(f"profile {name}: {', '.join(strange) or 'no source'}")
    for key in ("marks", "allows"):
        said[key] = frozenset(said.get(key, ()))
    said["remarks"] = tuple(said.get("remarks", ()))
    return Profile(name=name, radius=None if radius is None else Radius(**radius), **said)


def chosen(name: str | None, document: Mapping[str, Any]) -> Profile:
    """The profile of this name; without one, that of the document. "standard" is none. Raises `ValueError`."""
    if name is None:
        return _detected(document)
    if name == "standard":
        return STANDARD
    found = profiles().get(name)
    if found is None:
        raise ValueError(f"there is no profile {name!r}; known are standard, {', '.join(profiles())}")
    return found


def _detected(document: Mapping[str, Any]) -> Profile:
    """The profile of the one country that the zones name, or of the members that all features have."""
    zones = [_inner(one) for one in _listed(document)]
    countries = {zone["country"] for zone in zones if isinstance(zone.get("country"), str)}
    for one in profiles().values():
        if one.country and countries == {one.country}:
            return one
        if one.marks and zones and not countries and all(one.marks <= zone.keys() for zone in zones):
            return one
    return STANDARD


def _listed(document: Mapping[str, Any]) -> Sequence[Any]:
    if document.get("type") == "Feature":
        return [document]
    found = next((document[name] for name in ("features", "UASZoneList") if name in document), None)
    return found if isinstance(found, list) else ()


def _inner(item: Any) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        return EMPTY
    inner = item.get("properties", item)
    return inner if isinstance(inner, Mapping) else EMPTY
