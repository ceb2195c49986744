"""Which assets there are: what the fleet says stands at each site, and every locker, with ids that stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from fleet.domain.fleet import FleetSpec, Stand
from fleet.domain.sites import Locker, Site
from fleet.intake.errors import FieldError, IntakeError
from fleet.intake.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class PlacedAsset:
    """One asset of a type at the site where it stands (a locker at itself)."""

    asset_id: str
    type_id: str
    site_id: str


def placed_assets(
    spec: FleetSpec, sites: Sequence[Site], lockers: Sequence[Locker], *, fleet_file: str = "fleet.toml"
) -> tuple[PlacedAsset, ...]:
    """Every asset, by site in the file's sequence: ``SITE/drone-1`` and so on, lockers under their own ids.

    Raises ``IntakeError`` when the fleet names a site that is not there, or two assets would have one id.
    """
    _check_sites(spec, sites, fleet_file)
    assets = (*_movers(spec, sites), *_stations(spec, lockers))
    doubled = [name for name, count in Counter(asset.asset_id for asset in assets).items() if count > 1]
    if doubled:
        message = "is the id of two assets; depots and lockers need ids of their own"
        raise IntakeError([FieldError(fleet_file, None, None, name, message) for name in doubled])
    return assets


def _movers(spec: FleetSpec, sites: Sequence[Site]) -> Iterator[PlacedAsset]:
    for site in sites:
        numbers: Counter[str] = Counter()
        for stand in spec.stands:
            asset_type = spec.types[stand.type_id]
            if asset_type.archetype == "station":
                continue
            for _ in range(_count(spec, stand, site)):
                numbers[asset_type.kind] += 1
                label = asset_type.kind.replace("_", "-")
                name = f"{site.site_id}/{label}-{numbers[asset_type.kind]}"
                yield PlacedAsset(name, asset_type.type_id, site.site_id)


def _stations(spec: FleetSpec, lockers: Sequence[Locker]) -> Iterator[PlacedAsset]:
    stands = (stand for stand in spec.stands if spec.types[stand.type_id].archetype == "station")
    stand = next(stands, None)
    if stand is not None:
        yield from (PlacedAsset(locker.locker_id, stand.type_id, locker.locker_id) for locker in lockers)


def _count(spec: FleetSpec, stand: Stand, site: Site) -> int:
    """How many assets of a stand there are at a site."""
    if stand.sites and site.site_id not in stand.sites:
        return 0
    kind = spec.types[stand.type_id].kind
    stated = _stated(stand, kind, site)
    if stated is not None:
        return stated
    others = (other for other in spec.stands if spec.types[other.type_id].kind == kind)
    taken = sum(_stated(other, kind, site) or 0 for other in others)
    return max(0, (_places(kind, site) or 0) - taken) * stand.per_place


def _stated(stand: Stand, kind: str, site: Site) -> int | None:
    """How many a stand puts at a site by number or share; none when it takes what is left."""
    if stand.sites and site.site_id not in stand.sites:
        return 0
    places = _places(kind, site)
    if stand.per_site is not None:
        # Without naming sites, it means those that have places for the kind.
        return stand.per_site if stand.sites or places != 0 else 0
    return None if stand.share is None else ceil(stand.share * (places or 0))


def _places(kind: str, site: Site) -> int | None:
    """The places that the depots file gives a kind at a site; none for a kind that it has no column for."""
    return {"drone": site.drone_pads, "sidewalk_robot": site.robot_bays, "van": site.vans}.get(kind)


def _check_sites(spec: FleetSpec, sites: Sequence[Site], fleet_file: str) -> None:
    known = [site.site_id for site in sites]
    errors = [
        FieldError(
            fleet_file,
            None,
            "sites",
            name,
            f"there is no such site in the depots file{did_you_mean(name, known)}",
        )
        for named in (*(one.sites for one in spec.stands), *(one.sites for one in spec.pilots))
        for name in sorted({*named} - set(known))
    ]
    if errors:
        raise IntakeError(errors)
