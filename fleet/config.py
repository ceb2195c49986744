"""Run configuration: which files a run reads, and what is made of them together.

``fleet.intake`` and ``fleet.weather`` read the files one by one. Here they meet, and what shows only then is
checked: a type whose energy nobody can compute, a site that is not there, opening hours in no known zone.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from fleet.domain.energy import KeptTrack
from fleet.domain.fleet import AssetType, FleetSpec, RouteType, SortieType
from fleet.domain.sites import Site
from fleet.energy.airframe import Airframe
from fleet.energy.catalog import airframe_names, electric_van_names, ground_robot_names
from fleet.energy.errors import VehicleFileError
from fleet.feasibility.carried import kept_for_others, learned_before, told_of_absent
from fleet.feasibility.charge import ToldCharge, ask_charge
from fleet.feasibility.charging import swap_s
from fleet.feasibility.context import Context
from fleet.feasibility.vehicles import van_of, vehicle_of
from fleet.feasibility.verdict import Verdict, feasible
from fleet.intake.assets import placed_assets
from fleet.intake.authorisations import told_of_unfit
from fleet.intake.energytracks import read_tracks
from fleet.intake.errors import Faults, FieldError, FleetFileError, IntakeError, file_error
from fleet.intake.fleetfile import FleetFile, read_fleet
from fleet.intake.localtime import zone_of_offsets
from fleet.intake.orders import OrdersFile, read_orders
from fleet.intake.sites import SitesFile, read_lockers, read_sites
from fleet.intake.suggest import did_you_mean
from fleet.intake.tables import read_text
from fleet.intake.terrain import Ground, ground_of
from fleet.intake.tomltext import dotted, line_of, parse_toml
from fleet.intake.zones import read_zone_files, told_of_empty_files, told_of_far_zones, told_of_missing_zones
from fleet.kinds import all_kinds
from fleet.network.base import Network
from fleet.network.geodesic import GeodesicNetwork
from fleet.network.named import check_fits, network_named, told_of_depots, told_of_streets
from fleet.network.programs import Progress, silently
from fleet.planner.snapshot import AssetSlot, PassedOver, Snapshot
from fleet.protocol.values import Place, TimeWindow
from fleet.weather.files import read_weather_file

NO_ZONES = "no zone file was given: the air is taken to be free of zones"
NO_WEATHER = (
    "no weather file was given: drones and robots stay where they are, "
    "unless the fleet file states calm_weather = true among its [assumptions]"
)

ENERGY_MODELS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "air": airframe_names,
    "walk": ground_robot_names,
    "drive": electric_van_names,
}
"""The energy models that a type may name, by the way in which its kind travels."""


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of a run. No fleet file means the default fleet; no orders file, that they come in later. ``energy`` is
    what earlier days have taught of assets (`fleet energy residuals --tracks`); ``network`` a folder of streets, which
    counts before the fleet file's."""

    orders: Path | None
    depots: Path
    lockers: Path
    fleet: Path | None = None
    weather: Path | None = None
    zones: tuple[Path, ...] = ()
    energy: Path | None = None
    network: Path | None = None


@dataclass(frozen=True)
class RunInputs:
    """What the files hold. ``assumptions`` go into each plan made from them, ``warnings`` to who runs it."""

    orders: OrdersFile
    context: Context
    assets: tuple[AssetSlot, ...]
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    absent: Mapping[str, KeptTrack] = field(default_factory=dict)
    """What earlier days have taught of assets that are not there today."""
    stranded: tuple[str, ...] = ()
    """Depots from which no street leads anywhere; among the assumptions too."""


def read_inputs(
    files: RunFiles, *, all_rows: bool = False, alone: bool = False, tell: Progress = silently
) -> RunInputs:
    """Everything that the files of a run say. Raises ``IntakeError`` for whatever is wrong with any of them. ``tell``
    is told how far it is with what takes long: vans' ways around closed streets.

    Rows of orders that are wrong are not raised but listed in ``orders.refused``, unless ``all_rows`` are needed.
    Orders ``alone`` come without the persons behind them, which take as much memory again.
    """
    faults = Faults()
    near: list[Place] = []
    with faults:
        depots = read_sites(files.depots)
        near = [site.place for site in depots.sites]
    with faults:
        lockers = read_lockers(files.lockers)
    with faults:
        orders = _orders(files.orders, near, alone=alone)
        if all_rows:
            orders.strict()
    with faults:
        fleet = _with_own_vehicles(
            read_fleet(files.fleet), Path() if files.fleet is None else files.fleet.parent
        )
        _check_types(fleet)
        ground = _ground(fleet, files.fleet)
        network = network_of(files, fleet)
    with faults:
        weather = None if files.weather is None else read_weather_file(files.weather)
    with faults:
        read = read_zone_files(files.zones, near=near)
    with faults:
        tracks = () if files.energy is None else read_tracks(files.energy)
    faults.raise_errors()
    zone = fleet.timezone or zone_of_offsets(orders.offsets, orders.file)
    assumptions = fleet.spec.assumptions.model_copy(update={"terrain": ground.said})
    spec = fleet.spec.model_copy(update={"timezone": zone, "assumptions": assumptions})
    sites = depots.in_zone(zone)
    context = Context(
        fleet=spec,
        sites={site.site_id: site for site in sites},
        lockers={locker.locker_id: locker for locker in lockers},
        zones=read.zones,
        terrain=ground.terrain,
        network=network,
        weather=weather,
        authorisations=fleet.authorisations,
    )
    placed = placed_assets(spec, sites, lockers, fleet_file=fleet.name)
    kinds: dict[str, Counter[str]] = {}
    for each in placed:
        kinds.setdefault(each.site_id, Counter())[spec.types[each.type_id].kind] += 1
    places = {site.site_id: site.place for site in sites}
    walks = any(isinstance(t, RouteType) and t.walking is not None for t in spec.types.values())
    check_fits(network, kinds, places, tell, afoot=walks)
    types = {each.asset_id: each.type_id for each in placed}
    energy, absent = learned_before(spec, types, tracks), kept_for_others(types, tracks)
    slots = tuple(
        AssetSlot(each.asset_id, each.type_id, each.site_id, energy=energy.get(each.asset_id))
        for each in placed
    )
    doors = [*(order.place for order in orders.orders), *(locker.place for locker in lockers)]
    stranded = tuple(told_of_depots(network, kinds, places, doors))
    assumed = (*_assumptions(files, fleet, depots, zone), *stranded)
    unused = told_of_absent(absent)
    warnings = (*assumed, *_warnings(context, near), *told_of_empty_files(read), *unused)
    return RunInputs(orders, context, slots, assumed, warnings, absent, stranded)


def _warnings(context: Context, depots: Sequence[Place]) -> Iterator[str]:
    """What whoever runs it should know besides the assumptions."""
    if context.weather is None and not context.fleet.assumptions.calm_weather:
        yield NO_WEATHER
    yield from told_of_unfit(context.zones, context.authorisations)
    yield from told_of_streets(context.network)
    for told in (told_of_missing_zones(context.zones), told_of_far_zones(context.zones, depots)):
        if told is not None:
            yield told


def _ground(fleet: FleetFile, path: Path | None) -> Ground:
    """What the fleet file knows of heights; the paths in it are relative to its folder."""
    return ground_of(fleet.spec.assumptions.terrain, fleet.terrain, Path() if path is None else path.parent)


def network_of(files: RunFiles, fleet: FleetFile) -> Network:
    """What ways over ground come from. Raises ``IntakeError`` for streets that can't be used."""
    return network_named(files.network, fleet, Path() if files.fleet is None else files.fleet.parent)


def _orders(path: Path | None, near: Sequence[Place], *, alone: bool) -> OrdersFile:
    if path is None:
        return OrdersFile("orders", (), (), (), frozenset())
    return read_orders(path, near=near, alone=alone)


def snapshot_of(inputs: RunInputs, *, at: datetime | None = None) -> Snapshot:
    """The planner's input at the beginning of the day, or at a moment ``at``.

    Without ``at`` it is the moment from which something can be done: a site is open and a parcel is ready.
    The day ends when the last site closes on the day of the last window. Raises ``IntakeError`` when there is
    nothing to plan.
    """
    orders = inputs.orders.orders
    sites = tuple(inputs.context.sites.values())
    if not orders:
        raise file_error(inputs.orders.file, "holds no order that can be planned")
    if not sites:
        raise IntakeError([FieldError("depots", None, None, None, "there is no site to start from")])
    first = min(order.due.start for order in orders)
    last = max(order.due.end for order in orders)
    opening = min(window.start for window in _openings(sites, first))
    begin = at or max(opening, min(order.ready_at for order in orders))
    until = max(last, *(window.end for window in _openings(sites, last)))
    if begin > until:
        raise IntakeError([_too_late(begin, until)])
    asked = [(slot, _expected(inputs.context.fleet, slot)) for slot in inputs.assets]
    return Snapshot(
        snapshot_id=f"sha256:{fingerprint(inputs)}",
        at=begin,
        until=until,
        orders=orders,
        assets=tuple(replace(slot, assumes=known.assumptions) for slot, known in asked if known.feasible),
        context=inputs.context,
        passed_over=tuple(
            PassedOver(slot.asset_id, slot.type_id, known.reasons)
            for slot, known in asked
            if not known.feasible
        ),
    )


def _expected(fleet: FleetSpec, slot: AssetSlot) -> Verdict:
    """Whether an asset may be planned that nobody has heard of yet: files tell no state of charge."""
    if not isinstance(fleet.types[slot.type_id], SortieType):
        return feasible()
    return ask_charge(fleet, ToldCharge(slot.asset_id, None, expected=True))


def fingerprint(inputs: RunInputs) -> str:
    """A hash of all that a plan depends on, whichever files it came from; the same in every process."""
    context = inputs.context
    said: dict[str, Any] = {
        "orders": inputs.orders.orders,
        "assets": [repr(slot) for slot in inputs.assets],
        "fleet": context.fleet,
        "sites": tuple(context.sites.values()),
        "lockers": tuple(context.lockers.values()),
        "zones": context.zones.version,
        "weather": [] if context.weather is None else [repr(row) for row in context.weather.rows],
    }
    if context.network != GeodesicNetwork():
        said["network"] = [context.network.version, context.network.assumption]
    if context.authorisations:
        said["authorisations"] = [repr(each) for each in context.authorisations]
    told = hashlib.sha256()
    for part in _as_json(said):
        told.update(part.encode())
    return told.hexdigest()


def _as_json(said: Mapping[str, Any]) -> Iterator[str]:
    """The JSON text of all, its keys sorted, piece by piece: that of very many orders would be several gigabytes."""
    for number, (name, value) in enumerate(sorted(said.items())):
        yield f"{', ' if number else '{'}{json.dumps(name)}: "
        if isinstance(value, tuple | list):
            yield "["
            for row, each in enumerate(value):
                yield (", " if row else "") + json.dumps(_plain(each), sort_keys=True)
            yield "]"
        else:
            yield json.dumps(_plain(value), sort_keys=True)
    yield "}"


def _plain(value: Any) -> Any:
    """The value as JSON; sets in the order of their members, since theirs differs between processes."""
    if value is None or isinstance(value, str | int | float):  # most values: asked first
        return value
    if isinstance(value, datetime):
        return str(value)
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(each) for each in value)
    return [_plain(each) for each in value] if isinstance(value, Iterable) else str(value)


def _openings(sites: Iterable[Site], moment: datetime) -> list[TimeWindow]:
    return [site.opening(_local_day(site, moment)) for site in sites]


def _local_day(site: Site, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(site.timezone)).date()


def _too_late(begin: datetime, until: datetime) -> FieldError:
    message = f"the day of the last order ends before that, at {until.isoformat()}"
    return FieldError("--at", None, None, begin.isoformat(), message)


def _assumptions(files: RunFiles, fleet: FleetFile, depots: SitesFile, zone: str) -> Iterator[str]:
    if not files.zones:
        yield NO_ZONES
    if fleet.timezone is None and depots.unzoned:
        yield f"opening hours and shifts are in {zone}, the orders' own offset: no time zone was given"


def _with_own_vehicles(fleet: FleetFile, folder: Path) -> FleetFile:
    """The fleet with the text of each vehicle file that a type names by its path, beside the fleet file. Raises
    ``IntakeError`` where one can't be read or used."""
    errors: list[FieldError] = []
    types: dict[str, AssetType] = {}
    for name, asset_type in fleet.spec.types.items():
        types[name] = asset_type
        if not isinstance(asset_type, SortieType | RouteType):
            continue
        if asset_type.energy_data is not None:
            message = "is put in by the reader: name the file as energy_model"
            errors.append(_type_error(fleet, asset_type, "energy_data", "…", message))
        elif asset_type.energy_model.lower().endswith(".toml"):
            data = read_text(folder / asset_type.energy_model)
            named = types[name] = asset_type.model_copy(update={"energy_data": data})
            errors += _data_errors(named, folder / asset_type.energy_model, data)
    if errors:
        raise IntakeError(errors)
    return replace(fleet, spec=fleet.spec.model_copy(update={"types": types}))


def _pack_errors(fleet: FleetFile) -> Iterator[FieldError]:
    """Spare packs of a type whose vehicle file says nothing of changing them would lie there for nothing."""
    for number, packs in enumerate(fleet.spec.spare_packs):
        kind = fleet.spec.types.get(packs.type_id)
        if isinstance(kind, SortieType) and kind.kind in all_kinds() and swap_s(kind) is None:
            key = ("spare_packs", number, "type")
            message = (
                "its vehicle file does not say how long a pack takes to change: state charging.swap_s there"
            )
            yield FieldError(fleet.name, fleet.line(key), dotted(key), packs.type_id, message)


def _data_errors(asset_type: SortieType | RouteType, file: Path, data: str) -> Iterator[FieldError]:
    """What is wrong in a type's vehicle file, by the line on which it stands there."""
    if asset_type.kind not in all_kinds():
        return  # said with the kind
    try:
        if isinstance(asset_type, SortieType):
            vehicle_of(asset_type)
        else:
            van_of(asset_type)
    except VehicleFileError as error:
        try:
            lines = parse_toml(data, str(file)).lines
        except FleetFileError as no_toml:
            yield from no_toml.errors
            return
        found = None if error.found is None else str(error.found)
        key = error.key
        yield FieldError(str(file), line_of(lines, key), dotted(key) or None, found, error.problem)


def _type_error(
    fleet: FleetFile, asset_type: AssetType, field: str, value: object, message: str
) -> FieldError:
    key = ("types", asset_type.type_id, field)
    return FieldError(fleet.name, fleet.line(key), dotted(key), str(value), message)


def _check_types(fleet: FleetFile) -> None:
    """Refuses types of a kind that nothing defines, and energy models that are not there."""
    errors = [error for asset_type in fleet.spec.types.values() for error in _type_errors(fleet, asset_type)]
    errors += [] if errors else _pack_errors(fleet)
    if errors:
        raise IntakeError(errors)


def _type_errors(fleet: FleetFile, asset_type: AssetType) -> Iterator[FieldError]:
    def wrong(field: str, value: object, message: str) -> FieldError:
        return _type_error(fleet, asset_type, field, value, message)

    kind = all_kinds().get(asset_type.kind)
    if kind is None:
        hint = did_you_mean(asset_type.kind, all_kinds())
        yield wrong("kind", asset_type.kind, f"there is no such kind{hint}")
        return
    if kind.archetype != asset_type.archetype:
        yield wrong("archetype", asset_type.archetype, f"a {kind.name} is a {kind.archetype}")
    if asset_type.archetype == "station":
        return
    names = ENERGY_MODELS.get(kind.profile, tuple)()
    own = asset_type.energy_data is not None
    if not own and asset_type.energy_model not in names:
        hint = did_you_mean(asset_type.energy_model, names) or f"; known are {', '.join(names)}"
        yield wrong("energy_model", asset_type.energy_model, f"there is no such energy model{hint}")
    elif kind.profile == "air" and isinstance(asset_type, SortieType):
        yield from _speed_errors(fleet, asset_type)
    if kind.profile != "air" and isinstance(asset_type, SortieType) and asset_type.speed_rule != "cruise":
        yield wrong("speed_rule", asset_type.speed_rule, f"a {kind.name} drives at its cruise speed only")


def _speed_errors(fleet: FleetFile, asset_type: SortieType) -> Iterator[FieldError]:
    frame = vehicle_of(asset_type)
    if not isinstance(frame, Airframe):
        return
    known = f"{frame.min_airspeed_mps:g} to {frame.max_airspeed_mps:g} m/s"
    message = f"the energy of {frame.name} is known from {known} only"
    if not frame.min_airspeed_mps <= asset_type.cruise_mps <= frame.max_airspeed_mps:
        yield _type_error(fleet, asset_type, "cruise_mps", f"{asset_type.cruise_mps:g}", message)
    elif (
        not frame.min_airspeed_mps
        <= asset_type.slowest_mps
        <= asset_type.fastest_mps
        <= frame.max_airspeed_mps
    ):
        told = f"{asset_type.slowest_mps:g} to {asset_type.fastest_mps:g}"
        yield _type_error(fleet, asset_type, "speeds_mps", told, message)
