"""What an operator is allowed in zones that need an approval: when, how high, with what, under which number.

Authorisations are resolved into the zones themselves, before anything is checked: `ZoneSet` in, `ZoneSet` out. A zone
for which one is held does not apply to its holder while it is valid, and applies as ever before, after, and from its
height cap up. Every check, compiled or not, then sees nothing but times and heights.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from geofences.checks.rules import several
from geofences.errors import ZoneError, check_type
from geofences.model.altitude import Limit, is_ground, never_above
from geofences.model.applicability import ALWAYS, Applicability
from geofences.model.approvals import Countries
from geofences.model.periods import check_timezone
from geofences.model.zone import ON_APPROVAL, Volume, Zone
from geofences.zones.describe import limit_text, when_text
from geofences.zones.zoneset import ZoneSet


@dataclass(frozen=True, slots=True)
class Authorisation:
    """One approval, for one zone.

    `valid` is when it holds (dates, hours of the week). `below` is the height from which on it holds no more.
    `vehicles` are the names (of an asset, a type, a kind) that it is for; empty is for all. `zone_hash` is the content
    hash of the zone that it was given for: it lapses when the state changes the zone; empty is whatever the zone says.
    `reference` is its number. `country` says of which country the zone is; without it the approval lifts nothing where
    zones on approval of several countries have the id, since nobody knows whose it is.

    `max_at_once` and `max_per_day` are how many flights may make use of it; None is any number. `timezone` is the IANA
    zone whose days count; empty is for whoever counts to say. No check here knows of other flights: `zones_of` tells
    whoever counts them which zones they count in. Raises `ZoneError`.
    """

    zone_id: str
    valid: Applicability = ALWAYS
    below: Limit | None = None
    vehicles: frozenset[str] = frozenset()
    reference: str = ""
    zone_hash: str = ""
    country: str = ""
    max_at_once: int | None = None
    max_per_day: int | None = None
    timezone: str = ""

    def __post_init__(self) -> None:
        check_type(self.valid, Applicability, "Authorisation.valid")
        check_type(self.below, (Limit, type(None)), "Authorisation.below")
        check_type(self.vehicles, frozenset, "Authorisation.vehicles")
        for name in ("max_at_once", "max_per_day"):
            most = getattr(self, name)
            check_type(most, (int, type(None)), f"Authorisation.{name}")
            if most is not None and most < 1:
                raise ZoneError(
                    f"Authorisation.{name}", f"must be 1 or more, or None for any number, got {most}"
                )
        check_type(self.timezone, str, "Authorisation.timezone")
        if self.timezone:
            check_timezone(self.timezone, "Authorisation.timezone")
        if not self.zone_id:
            raise ZoneError("Authorisation.zone_id", "is empty: an authorisation needs the id of its zone")
        if self.below is not None and not (math.isfinite(self.below.value_m) and self.below.value_m > 0.0):
            raise ZoneError("Authorisation.below", f"must be a height above 0, got {self.below.value_m:g} m")


class Unfit(StrEnum):
    """Why an authorisation does nothing for somebody."""

    NO_SUCH_ZONE = "no such zone"
    NOT_ON_APPROVAL = "the zone can't be entered by approval"
    ZONE_HAS_CHANGED = "the zone has changed since it was given"
    OTHER_VEHICLES = "it is for other vehicles"
    OTHER_COUNTRY = "the zone of this id is another country's"
    WHICH_COUNTRY = "zones of several countries have this id: state its country"


def authorised(
    zone_set: ZoneSet, authorisations: Iterable[Authorisation], vehicle: Collection[str] = ()
) -> ZoneSet:
    """The zones as they apply to a vehicle with these names whose operator holds the authorisations.

    Its version is of what is held too, so that a decision can be replayed (rule E14). What is PROHIBITED stays so, as
    do zones that an authorisation does not fit (see `unfit`).
    """
    held = tuple(authorisations)
    if not held:
        return zone_set
    names = several(vehicle, "vehicle")
    key = (held, names)
    found = zone_set.resolved.get(key)
    if found is None:
        if len(zone_set.resolved) >= MOST_KEPT:
            zone_set.resolved.clear()
        found = zone_set.resolved[key] = _resolved(zone_set, held, names)
    return found


MOST_KEPT = 32


def _resolved(zone_set: ZoneSet, held: tuple[Authorisation, ...], vehicle: frozenset[str]) -> ZoneSet:
    by_zone: dict[str, list[Authorisation]] = {}
    for one in held:
        by_zone.setdefault(one.zone_id, []).append(one)
    stem, more = zone_set.grown_from
    countries = zone_set.countries
    # One zone more is one zone to resolve, and what is worked out for the others is kept; unless they share an id with
    # it that was theirs alone.
    if stem is not None and all(len(countries.get(one.zone_id, ())) < 2 for one in more):
        grown = authorised(stem, held, vehicle)
        added = zip(more, zone_set.hashes[len(stem) :], strict=True)
        return reduce(
            ZoneSet.with_zone,
            (part for one in added for part, _ in _apply(*one, by_zone, vehicle, countries)),
            grown,
        )
    both = zip(zone_set.zones, zone_set.hashes, strict=True)
    return zone_set.with_hashes(part for one in both for part in _apply(*one, by_zone, vehicle, countries))


def _apply(
    zone: Zone,
    code: str,
    held: Mapping[str, Sequence[Authorisation]],
    vehicle: frozenset[str],
    countries: Countries,
) -> Iterator[tuple[Zone, str]]:
    """A zone as it applies to the holder, in one or more parts, each with its content hash."""
    stated = []
    if zone.restriction in ON_APPROVAL:
        stated = [one for one in held.get(zone.zone_id, ()) if _elsewhere(one, zone, countries) is None]
    fitting = [one for one in stated if _unfit(one, zone, code, vehicle) is None]
    if fitting:
        yield from ((part, part.content_hash()) for part in _parts(zone, fitting))
    else:
        yield (replace(zone, unfit=True) if stated else zone), code


def unfit(zone_set: ZoneSet, one: Authorisation, vehicle: Collection[str] | None = None) -> Unfit | None:
    """Why an authorisation lifts no zone of the set; None where it lifts one. No vehicle means any that it is for.
    Raises `TypeError` for one name in place of several.
    """
    names = one.vehicles if vehicle is None else several(vehicle, "vehicle")
    found = [
        _elsewhere(one, zone, zone_set.countries) or _unfit(one, zone, code, names)
        for zone, code in zip(zone_set.zones, zone_set.hashes, strict=True)
        if zone.zone_id == one.zone_id
    ]
    near = [why for why in found if why is not Unfit.OTHER_COUNTRY]
    return None if None in found else near[0] if near else found[0] if found else Unfit.NO_SUCH_ZONE


def concerns(zone_set: ZoneSet, one: Authorisation, zone: Zone) -> bool:
    """Whether an authorisation is for a zone of the set, be it of use or not."""
    return zone.zone_id == one.zone_id and _elsewhere(one, zone, zone_set.countries) is None


def zones_of(zone_set: ZoneSet, one: Authorisation) -> ZoneSet:
    """The zones on approval that an authorisation is for, as they stand for whoever holds none: a flight that is not
    clear of them makes use of it.
    """
    return ZoneSet(
        zone
        for zone, code in zip(zone_set.zones, zone_set.hashes, strict=True)
        if concerns(zone_set, one, zone) and _unfit(one, zone, code, one.vehicles) is None
    )


def _elsewhere(one: Authorisation, zone: Zone, countries: Countries) -> Unfit | None:
    """Why one that is for this id is not, or not surely, for this zone."""
    if one.country:
        return None if one.country.upper() == zone.key.country else Unfit.OTHER_COUNTRY
    return Unfit.WHICH_COUNTRY if len(countries.get(one.zone_id, ())) > 1 else None


def _unfit(one: Authorisation, zone: Zone, code: str, vehicle: Collection[str]) -> Unfit | None:
    if zone.restriction not in ON_APPROVAL:
        return Unfit.NOT_ON_APPROVAL
    if one.zone_hash and one.zone_hash.removeprefix("sha256:") != code:
        return Unfit.ZONE_HAS_CHANGED
    return Unfit.OTHER_VEHICLES if one.vehicles and one.vehicles.isdisjoint(vehicle) else None


def _parts(zone: Zone, held: Sequence[Authorisation]) -> Iterator[Zone]:
    """The zone while nothing is valid, and for each cap what lies from there up, while nothing higher is valid."""
    yield _without(zone, zone.volumes, held)
    for cap in dict.fromkeys(one.below for one in held if one.below is not None):
        above = tuple(_above(volume, cap) for volume in zone.volumes if _reaches(volume, cap))
        if above:
            yield _without(zone, above, [one for one in held if _is_higher(one.below, cap)])


def _without(zone: Zone, volumes: tuple[Volume, ...], held: Sequence[Authorisation]) -> Zone:
    valid = replace(zone.applicability, suspended=tuple(one.valid for one in held))
    return replace(zone, volumes=volumes, applicability=valid, unfit=True)


def _is_higher(limit: Limit | None, cap: Limit) -> bool:
    """Whether a cap is surely higher; one in another datum is not."""
    return limit is None or (limit.datum is cap.datum and limit.value_m > cap.value_m)


def _reaches(volume: Volume, cap: Limit) -> bool:
    """Whether a volume may lie at the cap or above it anywhere on Earth."""
    return volume.upper is None or not never_above(cap, volume.upper)


def _above(volume: Volume, cap: Limit) -> Volume:
    """The part from the cap up; where the volume's lower limit may be higher (in another datum), a little more."""
    lower = volume.lower
    if (
        lower is not None
        and not is_ground(lower)
        and lower.datum is cap.datum
        and lower.value_m > cap.value_m
    ):
        return volume
    return replace(volume, lower=cap)


def described(one: Authorisation) -> str:
    """One in words: number, validity, cap, vehicles."""
    said = [one.reference or "without a number", when_text(one.valid)]
    if one.below is not None:
        said.append(f"below {limit_text(one.below)}")
    if one.max_at_once is not None:
        said.append(f"at most {one.max_at_once} at once")
    if one.max_per_day is not None:
        said.append(f"at most {one.max_per_day} a day" + (f" of {one.timezone}" if one.timezone else ""))
    if one.vehicles:
        said.append(f"for {', '.join(sorted(one.vehicles))}")
    if one.zone_hash:
        said.append(f"while the zone is {one.zone_hash.removeprefix('sha256:')[:8]}")
    return ", ".join(said)
