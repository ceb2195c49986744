"""The simulated world: all assets of a day, what is true, and virtual time that goes on only when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from fleet.domain.events import AssetRecord
from fleet.domain.fleet import RouteType, SortieType
from fleet.protocol.messages import AddZone, AnyMessage, Factsheet, RecoverAsset, ReportWeather
from fleet.sim.agenda import Agenda
from fleet.sim.air import Air
from fleet.sim.asset import INSTRUCTIONS, Asset
from fleet.sim.chance import Chance
from fleet.sim.drone import Drone
from fleet.sim.errors import SimError
from fleet.sim.incidents import Fate
from fleet.sim.judge import Judge
from fleet.sim.locker import Locker
from fleet.sim.mover import Mover
from fleet.sim.nearness import Nearness
from fleet.sim.people import People
from fleet.sim.recovery import Recovery
from fleet.sim.robot import Robot
from fleet.sim.sortie import SortieVehicle, full_pack
from fleet.sim.spec import Incidents, WorldSpec
from fleet.sim.stage import Roads, Stage
from fleet.sim.station import Station
from fleet.sim.van import Van
from fleet.sim.wear import Wear
from fleet.sim.zonefiles import true_zones

Notice: TypeAlias = AddZone | RecoverAsset
"""What people other than assets tell the hub, as an operator's tool would."""


class World:
    """Deterministic: the same seed, description and inputs give the same messages, in the same order."""

    def __init__(
        self,
        seed: int,
        spec: WorldSpec,
        incidents: Incidents | str = Incidents.NONE,
        *,
        roads: Roads | None = None,
    ) -> None:
        level = Incidents(incidents)
        chance = Chance(seed)
        zones = [z for document in spec.zones for z in true_zones(document, spec.ground_amsl_m)]
        self.spec = spec
        nearness = Nearness(spec.lateral_m, spec.vertical_m)
        self.judge = Judge(zones, spec.all_approvals, nearness, spec.ground_amsl_m)
        self._outbox: list[tuple[str, AnyMessage]] = []
        self._stage = Stage(
            spec=spec,
            agenda=Agenda(spec.start),
            chance=chance,
            air=Air(spec.weather, chance, spec.uncertainty.wind_mps),
            judge=self.judge,
            people=People(chance, level),
            send=lambda asset_id, message: self._outbox.append((asset_id, message)),
            roads=roads,
        )
        self._lay_packs(spec)
        self._assets = {record.asset_id: self._made(record) for record in spec.assets}
        self._notices: list[Notice] = []
        self._fate = Fate(self._stage, level, self._notices.append)
        self._wear = Wear(self._stage)
        self._stage.stranded = Recovery(self._stage, self._notices.append).called
        self._station = Station(self._stage)
        for asset in self._assets.values():
            asset.start()

    def _lay_packs(self, spec: WorldSpec) -> None:
        """Spare packs lie full at their sites when the day begins."""
        for spare in spec.spare_packs:
            kind = spec.types[spare.type_id]
            if not isinstance(kind, SortieType):
                continue
            for site in spec.sites:
                if not spare.sites or site.site_id in spare.sites:
                    here = self._stage.bay(site.site_id).full.setdefault(spare.type_id, [])
                    here += [full_pack(self._stage, kind) for _ in range(spare.per_site)]

    @property
    def now(self) -> datetime:
        """Virtual time."""
        return self._stage.now

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """All assets, in the description's order."""
        return tuple(self._assets)

    def kind(self, asset_id: str) -> str:
        """An asset's kind."""
        return self._asset(asset_id).record.kind

    def factsheet(self, asset_id: str) -> Factsheet:
        """What an asset says of itself when it connects."""
        return self._asset(asset_id).factsheet()

    def deliver(self, asset_id: str, message: AnyMessage) -> None:
        """A message reaches an asset now. Raises ``SimError`` for an asset or a message that makes no sense here."""
        if type(message) not in INSTRUCTIONS:
            raise SimError(f"an asset is not told {message.type!r}")
        self._asset(asset_id).radio.receive(message)

    def silent(self) -> frozenset[str]:
        """The assets whose radio reaches nobody now."""
        return frozenset(asset_id for asset_id, asset in self._assets.items() if asset.radio.silent)

    def advance(self, until: datetime) -> None:
        """Let time go on to ``until``; a moment that lies behind changes nothing."""
        if until > self.now:
            self._stage.agenda.advance(until)

    def outbox(self) -> list[tuple[str, AnyMessage]]:
        """What assets have said since the last call, in order."""
        said, self._outbox = self._outbox, []
        return said

    def next_at(self) -> datetime | None:
        """Nothing happens by itself before this; none when nothing is planned."""
        return self._stage.agenda.next_at()

    def notices(self) -> list[Notice]:
        """What people of this world have told the hub so far: areas that were closed, vehicles that were fetched."""
        return list(self._notices)

    def observations(self) -> list[ReportWeather]:
        """What the weather station has reported so far."""
        return list(self._station.reports)

    def verdict(self) -> dict[str, Any]:
        """The judge's record, with where the parcels are, and what assets take now where the world says that they
        differ."""
        told = {"at": self.now.isoformat(), **self.judge.verdict(), "parcels": self._stage.parcels.counts()}
        return told if not self.spec.appetites else {**told, "appetites": self.appetites()}

    def appetites(self) -> dict[str, float]:
        """How many times as much as its machine each drone and robot takes now."""
        return {
            name: asset.appetite for name, asset in self._assets.items() if isinstance(asset, SortieVehicle)
        }

    def _asset(self, asset_id: str) -> Asset:
        try:
            return self._assets[asset_id]
        except KeyError:
            raise SimError(f"there is no asset {asset_id!r} in this world") from None

    def _made(self, record: AssetRecord) -> Asset:
        archetype = self.spec.types[record.type_id].archetype
        made = _MAKERS[archetype](self._stage, record)
        if isinstance(made, Mover):
            self._stage.movers[record.asset_id] = made
        elif isinstance(made, Locker):
            self._stage.lockers[record.asset_id] = made
        return made


def _sortie(stage: Stage, record: AssetRecord) -> Asset:
    asset_type = stage.spec.types[record.type_id]
    assert isinstance(asset_type, SortieType)
    sort = _SORTIES.get(record.kind)
    if sort is None:
        raise SimError(
            f"asset {record.asset_id!r}: no simulated vehicle for kind {record.kind!r}; there are {', '.join(_SORTIES)}"
        )
    return sort(stage, record, asset_type)


def _route(stage: Stage, record: AssetRecord) -> Asset:
    asset_type = stage.spec.types[record.type_id]
    assert isinstance(asset_type, RouteType)
    return Van(stage, record, asset_type)


def _station(stage: Stage, record: AssetRecord) -> Asset:
    place = next((locker for locker in stage.spec.lockers if locker.locker_id == record.asset_id), None)
    if place is None:
        raise SimError(f"asset {record.asset_id!r} is a station, but no locker of that id is described")
    return Locker(stage, record, place)


_SORTIES: Final[Mapping[str, type[Drone] | type[Robot]]] = {"drone": Drone, "sidewalk_robot": Robot}
_MAKERS: Final[Mapping[str, Callable[[Stage, AssetRecord], Asset]]] = {
    "sortie": _sortie,
    "route": _route,
    "station": _station,
}
