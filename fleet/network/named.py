"""The streets that a run's files name, held against what the run has: its fleet, its depots, its closed streets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fleet.domain.fleet import RouteType
from fleet.intake.closures import read_closures
from fleet.intake.errors import FieldError, IntakeError
from fleet.intake.fleetfile import FleetFile
from fleet.intake.tomltext import dotted
from fleet.kinds import all_kinds
from fleet.network.base import Network, Profile
from fleet.network.errors import NetworkError
from fleet.network.extent import adrift, cut_off, outside, told_of_idle
from fleet.network.geodesic import GeodesicNetwork
from fleet.network.manifest import read_manifest
from fleet.network.programs import Progress, silently
from fleet.network.streets import FARTHEST_M, StreetNetwork, open_streets
from fleet.network.traffic import Hours, SlowedNetwork, Traffic, slowest
from fleet.protocol.values import Place


def network_named(folder: Path | None, fleet: FleetFile, beside: Path) -> Network:
    """What ways over ground come from, slowed by the fleet file's traffic: the streets in ``folder``, else those that
    the fleet file names (its paths are relative to ``beside``), else the estimate without any. Raises ``IntakeError``
    for streets that can't be used."""
    base = _streets(folder, fleet, beside)
    stated = () if fleet.network is None else fleet.network.traffic
    table = [Traffic(Hours(*entry.hours), entry.speed) for entry in stated]
    vans = (t for t in fleet.spec.types.values() if isinstance(t, RouteType))
    found = slowest(table, [Hours(van.shift_start, van.shift_end) for van in vans])
    return base if found is None else SlowedNetwork(base, found, tuple(table))


def _streets(folder: Path | None, fleet: FleetFile, beside: Path) -> Network:
    stated = fleet.network
    if folder is None and stated is not None and stated.streets is not None:
        folder = beside / stated.streets
    if folder is None:
        if stated is not None and stated.closed:
            raise IntakeError([_nothing_to_close(fleet)])
        return GeodesicNetwork()
    closed = () if stated is None else stated.closed
    with _refused():
        rings = read_closures((beside / name for name in closed), partial(outside, read_manifest(folder)))
        return open_streets(folder, FARTHEST_M if stated is None else stated.farthest_m, rings)


def _nothing_to_close(fleet: FleetFile) -> FieldError:
    key = ("network", "closed")
    message = "needs streets: state them beside it (streets = …), or give --network"
    return FieldError(fleet.name, fleet.line(key), dotted(key), None, message)


def check_fits(
    network: Network,
    kinds: Mapping[str, Iterable[str]],
    depots: Mapping[str, Place],
    tell: Progress = silently,
    *,
    afoot: bool = False,
) -> None:
    """Refuses streets that were built for others than those who go over them, and streets of another place: ``kinds``
    are those of the assets at each site, ``depots`` where the sites are that have any. Vans' ways around closed streets
    are prepared then, and ``tell`` is told how far that is. ``afoot``: drivers walk, too. Raises ``IntakeError``."""
    streets = _streets_of(network)
    if streets is None:
        return
    needed = {name: set(_profiles(each)) for name, each in kinds.items()}
    everyone = {profile for each in needed.values() for profile in each}
    everyone |= {"walk"} if afoot else set()
    if lacking := streets.lacks(everyone):
        message = (
            f"was built without {' and '.join(lacking)}, which this fleet needs: build it with "
            f"`fleet network build … --profiles {','.join(sorted({*streets.manifest.profiles, *lacking}))}`"
        )
        raise IntakeError([FieldError(str(streets.folder), None, "profiles", None, message)])
    begun = {name: depots[name] for name, each in needed.items() if name in depots and each - {"walk"}}
    elsewhere = adrift(streets, begun, everyone - {"walk"})
    if elsewhere is not None:
        raise IntakeError([FieldError(str(streets.folder), None, None, None, elsewhere)])
    if "drive" in everyone:
        with _refused():
            streets.close(tell)


@contextmanager
def _refused() -> Iterator[None]:
    """Streets that can't be used are refused as any file is."""
    try:
        yield
    except NetworkError as error:
        raise IntakeError([FieldError(error.file, None, None, None, error.message)]) from error


def told_of_streets(network: Network) -> Iterator[str]:
    """What whoever runs a day should know of its streets."""
    streets = _streets_of(network)
    if streets is not None:
        yield from told_of_idle(streets.idle())


def told_of_depots(
    network: Network,
    kinds: Mapping[str, Mapping[str, int]],
    depots: Mapping[str, Place],
    doors: Sequence[Place],
) -> Iterator[str]:
    """What to tell of each depot from which no street leads anywhere, with how many vehicles that concerns: ``kinds``
    are how many of each are at each site, ``doors`` where parcels go, as far as that is known."""
    streets = _streets_of(network)
    if streets is None:
        return
    for name, counts in sorted(kinds.items()):
        for kind, count in sorted(counts.items()):
            profiles = [p for p in _profiles((kind,)) if p != "walk"] if name in depots else []
            for profile in profiles:
                why = cut_off(streets, (name, depots[name]), profile, doors)
                if why is not None:
                    vehicles = f"{count} {kind.replace('_', ' ')}{'s' * (count != 1)}"
                    yield f"{why}: nothing is planned for its {vehicles}"


def _streets_of(network: Network) -> StreetNetwork | None:
    base = network.base if isinstance(network, SlowedNetwork) else network
    return base if isinstance(base, StreetNetwork) else None


def _profiles(kinds: Iterable[str]) -> Iterator[Profile]:
    """How assets of these kinds, and those who come to lockers, go over the streets."""
    for kind in {all_kinds()[name] for name in kinds}:
        if kind.archetype == "station":
            yield "walk"
        elif kind.profile != "air":
            yield "drive" if kind.profile == "drive" else "roll"
