"""A day in full swing to put before a hub: a fleet at its depots, nine of ten assets out on a sortie, zones between.

Nothing of it is written by hand into the log: orders, the plan, releases and the assets' reports go through the
dispatcher as on any day, so that the hub takes up missions with guards that it would have made itself.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from fleet.app import Files, Setup, day_opened
from fleet.config import RunInputs
from fleet.dispatch.decide import Dispatcher
from fleet.dispatch.inputs import Input, PlanReady, TimerDue
from fleet.domain.apply import apply
from fleet.domain.events import Event
from fleet.domain.fleet import SortieType
from fleet.domain.plan import CostSummary, ParcelPlan, PathPoint, Plan, SortieDrop, SortiePlan, Summary
from fleet.domain.sites import Site
from fleet.domain.state import MissionRecord, State
from fleet.feasibility import Trip, assess_sortie
from fleet.feasibility.vehicles import battery_of
from fleet.hub.contexts import Contexts
from fleet.hub.rundir import RunDir, write_atomically
from fleet.hub.security.keyring import Keyring, new_hub_key
from fleet.hub.security.limits import LimitSettings
from fleet.protocol.codec import encode_telemetry
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import (
    AssetReport,
    Hello,
    Message,
    MissionReply,
    Role,
    StepReport,
    SubmitOrders,
    Telemetry,
)
from fleet.protocol.mission import Travel
from fleet.protocol.values import Dimensions, Direction, Goods, Order, Place, TimeWindow, Waypoint
from fleet.store.base import Batch, PeerRow
from fleet.store.sql import SqlStore

OPENED = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
DEPART = OPENED + timedelta(minutes=10)
TAKEN_UP = DEPART + timedelta(seconds=30)
"""When the day was opened, when all sorties left, and the business time at which a hub takes the day up."""

BOOT = "boot-of-the-day"
PER_SITE = {"drone_pads": 33, "robot_bays": 12, "vans": 5}
APART_DEG = 0.08
EAST, NORTH = 1 / 84_000, 1 / 111_320
"""Degrees of a metre, where the city lies."""

FLEET = """
timezone = "Europe/Lisbon"

[separation]
enabled = false
"""
"""All leave in the same minute, which our own flights would not be let do: the hub would hold them back for hours."""

REACH_M = {"drone": (2000.0, 3200.0), "sidewalk_robot": (900.0, 1400.0)}
ORIGIN = (-8.5, 41.0)


NO_LIMITS = LimitSettings(
    control_per_s=1_000_000,
    telemetry_per_s=1_000_000,
    handshakes_per_address=1_000_000,
    connections=20_000,
)
"""Limits are kept account of as ever, but a load that saturates does not run into them."""


@dataclass(frozen=True, slots=True)
class Day:
    """A prepared day: its run directory, the assets by id, and each one's mission (none for one that stands idle)."""

    run: RunDir
    assets: tuple[str, ...]
    missions: dict[str, MissionRecord]
    homes: dict[str, Place]
    packs_wh: dict[str, float]

    @property
    def idle(self) -> tuple[str, ...]:
        """The assets that are on no mission."""
        return tuple(a for a in self.assets if a not in self.missions)


def make_day(folder: Path, assets: int, *, out: bool = True, keys: bool = False, seed: int = 0) -> Day:
    """Prepare a day with so many assets (a multiple of 50) in ``folder``/``day``; with ``out`` nine of ten are out,
    with ``keys`` each has a key."""
    setup = Setup(
        name="day",
        files=write_files(folder, assets // 50, seed),
        at=OPENED,
        until=OPENED + timedelta(hours=8),
        plain=True,
        limits=NO_LIMITS,
    )
    inputs = setup.files.read()
    morning = Morning(setup, inputs, Random(seed))
    morning.connect()
    if out:
        morning.send_out()
    run = RunDir.named("day", folder)
    run.create()
    write_atomically(run.setup, setup.model_copy(update={"at": TAKEN_UP}).model_dump_json())
    with closing(SqlStore.open(run.store)) as store:
        store.commit(morning.batch())
    if keys:
        Keyring(run.keys).prepare(
            datetime.now(UTC), {slot.asset_id: Role.ASSET for slot in inputs.assets}, new_hub_key()
        )
    return morning.day(run)


# --- files -----------------------------------------------------------------------------------------------------------


def write_files(folder: Path, sites: int, seed: int) -> Files:
    """Depots on a grid, two no-fly zones around each, calm weather, the default fleet."""
    random = Random(seed)
    centres = [_centre(n, sites) for n in range(sites)]
    depots = [
        {
            "depot_id": f"D{n:03d}",
            "name": f"Depot {n}",
            "lon": lon,
            "lat": lat,
            **PER_SITE,
            "chargers": 50,
            "opens": "00:00",
            "closes": "23:59",
        }
        for n, (lon, lat) in enumerate(centres)
    ]
    weather = [
        {
            "time": (OPENED + timedelta(hours=h)).isoformat(),
            "wind_mps": 3,
            "gust_mps": 4,
            "wind_from_deg": 270,
            "temperature_c": 15,
            "precipitation_mm_h": 0,
            "visibility_m": 10000,
        }
        for h in range(-1, 12)
    ]
    zones = [_zone(f"Z{n:03d}-{k}", centre, random) for n, centre in enumerate(centres) for k in range(2)]
    texts = {
        "depots.csv": _csv(depots),
        "lockers.csv": "locker_id,name,lon,lat,small,medium,large,drone_port\n",
        "weather.csv": _csv(weather),
        "zones.geojson": json.dumps({"type": "FeatureCollection", "features": zones}),
        "fleet.toml": FLEET,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Files(
        depots=folder / "depots.csv",
        lockers=folder / "lockers.csv",
        fleet=folder / "fleet.toml",
        weather=folder / "weather.csv",
        zones=(folder / "zones.geojson",),
    )


def _centre(number: int, sites: int) -> tuple[float, float]:
    across = math.ceil(math.sqrt(sites))
    row, column = divmod(number, across)
    return round(ORIGIN[0] + column * APART_DEG, 5), round(ORIGIN[1] + row * APART_DEG, 5)


def _zone(zone_id: str, centre: tuple[float, float], random: Random) -> dict[str, Any]:
    bearing, away_m, radius_m = (
        random.uniform(0, 2 * math.pi),
        random.uniform(1200, 2500),
        random.uniform(80, 200),
    )
    lon, lat = _beside(centre, bearing, away_m)
    ring = [_beside((lon, lat), 2 * math.pi * corner / 24, radius_m) for corner in range(24)]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = {"id": zone_id, "name": zone_id}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _beside(centre: tuple[float, float], bearing: float, away_m: float) -> tuple[float, float]:
    east, north = away_m * math.sin(bearing), away_m * math.cos(bearing)
    return round(centre[0] + east * EAST, 6), round(centre[1] + north * NORTH, 6)


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


# --- the morning -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Morning:
    """Everything that happened until all sorties were on their way, decided by the dispatcher."""

    setup: Setup
    inputs: RunInputs
    random: Random
    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)
    dispatcher: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(Contexts(self.inputs.context))

    def connect(self) -> None:
        """Open the day; all assets say hello, and that they are ready."""
        opening = day_opened(self.setup, self.inputs)
        self.state = apply(self.state, opening)
        self.events.append(opening)
        for slot in self.inputs.assets:
            asset_id = slot.asset_id
            self._say(OPENED, Hello(peer_id=asset_id, role=Role.ASSET, boot_id=BOOT, versions=(1,)), asset_id)
            self._say(OPENED, AssetReport(condition="ready", at=OPENED, soc=1.0), asset_id)

    def send_out(self) -> None:
        """Order, plan, release, load, leave."""
        trips = dict(self._trips())
        orders = tuple(order for order, _ in trips.values())
        self._say(OPENED, SubmitOrders(request_id="day", orders=orders), "operator", Role.OPERATOR)
        self._say(OPENED, PlanReady(self._plan(trips)), None)
        for mission_id in sorted(self.state.live_missions):
            self._leave(mission_id)

    def _say(
        self, now: datetime, message: Message | Input, peer_id: str | None, role: Role = Role.ASSET
    ) -> None:
        made = self.dispatcher.decide(self.state, message, now, live={}, peer_id=peer_id, role=role)
        self.state = made.state
        self.events.extend(made.events)

    def _trips(self) -> Iterator[tuple[str, tuple[Order, Trip]]]:
        for slot in self.inputs.assets:
            kind = self.inputs.context.fleet.types[slot.type_id]
            if isinstance(kind, SortieType):
                site = self.inputs.context.sites[slot.site_id]
                yield slot.asset_id, self._feasible(f"P-{slot.asset_id}", kind, site)

    def _feasible(self, order_id: str, kind: SortieType, site: Site) -> tuple[Order, Trip]:
        """A parcel for which such a sortie may leave: zones stand in some ways."""
        verdict = None
        for _ in range(20):
            bearing, away_m = self.random.uniform(0, 2 * math.pi), self.random.uniform(*REACH_M[kind.kind])
            lon, lat = _beside((site.place.lon, site.place.lat), bearing, away_m)
            order = _order(order_id, Place(lon=lon, lat=lat))
            found = assess_sortie(self.inputs.context, order, kind, site, DEPART)
            verdict = found.verdict
            if found.trip is not None and verdict.feasible:
                return order, found.trip
        raise RuntimeError(f"no sortie of a {kind.kind} from {site.site_id} is feasible: {verdict}")

    def _plan(self, trips: dict[str, tuple[Order, Trip]]) -> Plan:
        sorties = tuple(self._sortie(a, order, trip) for a, (order, trip) in sorted(trips.items()))
        parcels = tuple(
            ParcelPlan(order_id=s.order_ids[0], mode=s.kind, asset_id=s.asset_id, eta=s.drops[0].at)
            for s in sorties
        )
        return Plan(
            plan_id=self.state.planning or "",
            snapshot_id="day",
            made_at=OPENED,
            at=OPENED,
            seed=0,
            seconds=None,
            zones_version=self.state.zones_version,
            currency="EUR",
            assumptions=(),
            summary=Summary(parcels=len(parcels), by_mode={}, cost=CostSummary(total=0, by_mode={})),
            parcels=parcels,
            sorties=sorties,
            routes=(),
            lockers=(),
            unassigned=(),
        )

    def _sortie(self, asset_id: str, order: Order, trip: Trip) -> SortiePlan:
        asset, drop = self.state.assets[asset_id].record, trip.path[trip.drop_index]
        return SortiePlan.model_validate(
            {
                "sortie_id": f"S-{asset_id}",
                "kind": asset.kind,
                "asset_id": asset_id,
                "depot_id": asset.site_id,
                "order_ids": (order.order_id,),
                "depart": trip.depart_at,
                "return": trip.return_at,
                "path": tuple(
                    PathPoint(lon=p.lon, lat=p.lat, alt_m=p.alt_amsl_m, at=p.at) for p in trip.path
                ),
                "drops": (SortieDrop(order_id=order.order_id, lon=drop.lon, lat=drop.lat, at=trip.drop_at),),
                "payload_kg": trip.payload_kg,
                "energy_wh": trip.energy_wh,
                "usable_wh": trip.usable_wh,
                "reserve_wh": trip.reserve_wh,
                "margin_wh": max(0.0, trip.margin_wh),
            }
        )

    def _leave(self, mission_id: str) -> None:
        asset_id = self.state.live_missions[mission_id]
        release_at = self.state.missions[mission_id].release_at
        self._say(release_at, TimerDue(f"release:{mission_id}"), None)
        mission = self.state.missions[mission_id].mission
        self._say(release_at, MissionReply(mission_id=mission_id, revision=0, accepted=True), asset_id)
        loaded = StepReport(
            mission_id=mission_id,
            step_id="load",
            state="done",
            at=DEPART,
            order_ids=tuple(item.order_id for item in mission.items),
        )
        self._say(DEPART, loaded, asset_id)
        self._say(
            DEPART, StepReport(mission_id=mission_id, step_id="out", state="started", at=DEPART), asset_id
        )
        found = self.state.missions[mission_id].status
        if found is not MissionStatus.ACTIVE or self.state.open_exceptions():
            raise RuntimeError(f"{mission_id} is {found.value}: {self.state.open_exceptions()}")

    def batch(self) -> Batch:
        """All of it as one batch. Nothing waits for an asset, and the first that it sends has the number 1."""
        boots = tuple(PeerRow(slot.asset_id, BOOT, 0, 0) for slot in self.inputs.assets)
        return Batch(events=tuple(self.events), boots=boots)

    def day(self, run: RunDir) -> Day:
        """What a load needs to know of it."""
        types, records = self.inputs.context.fleet.types, {}
        homes: dict[str, Place] = {}
        for slot in self.inputs.assets:
            homes[slot.asset_id] = self.inputs.context.sites[slot.site_id].place
            record = self.state.mission_of(slot.asset_id)
            if record is not None:
                records[slot.asset_id] = record
        packs = {
            slot.asset_id: battery_wh(kind)
            for slot in self.inputs.assets
            if isinstance(kind := types[slot.type_id], SortieType)
        }
        return Day(run, tuple(homes), records, homes, packs)


def battery_wh(kind: SortieType) -> float:
    """What a full pack of a type holds."""
    return battery_of(kind, kind.state_of_health).nominal_wh


def _order(order_id: str, place: Place) -> Order:
    return Order(
        order_id=order_id,
        client="bench",
        direction=Direction.DELIVERY,
        place=place,
        weight_kg=0.8,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
        ready_at=OPENED,
        due=TimeWindow(start=OPENED, end=OPENED + timedelta(hours=4)),
    )


def sessions_of(assets: Iterable[str]) -> list[dict[str, str]]:
    """The sessions of these assets, as ``sessions.connect`` wants them."""
    return [{"peer_id": asset_id, "boot_id": BOOT} for asset_id in assets]


# --- what its assets say ---------------------------------------------------------------------------------------------


def sample_of(day: Day, asset_id: str, now: datetime) -> Telemetry:
    """Where an asset is at a moment when all goes as planned, and what that has taken out of its pack."""
    record = day.missions.get(asset_id)
    if record is None:
        home = day.homes[asset_id]
        return Telemetry(at=now, lon=home.lon, lat=home.lat, soc=0.93, state="idle")
    out = next(s for s in record.mission.steps if isinstance(s, Travel))
    lon, lat, alt_m, share = _on_path(out.path, now)
    used_wh = share * (record.mission.energy_to_drop_wh or 0.0)
    return Telemetry(
        at=now,
        lon=round(lon, 7),
        lat=round(lat, 7),
        alt_amsl_m=round(alt_m, 2),
        ground_speed_mps=12.25,
        heading_deg=123.4,
        soc=round(1 - used_wh / day.packs_wh[asset_id], 5),
        mission_id=record.mission.mission_id,
        step_id=out.step_id,
        state="travelling",
    )


def _on_path(path: Sequence[Waypoint], now: datetime) -> tuple[float, float, float, float]:
    """Longitude, latitude, height and share of the time of a path at a moment; its end once it is over."""
    timed = [(p, p.at or now) for p in path]
    begin, end = timed[0][1], timed[-1][1]
    now = min(max(now, begin), end)
    for (a, a_at), (b, b_at) in pairwise(timed):
        if now <= b_at:
            share = 1.0 if b_at == a_at else (now - a_at) / (b_at - a_at)
            mixed = [
                u + share * (v - u) for u, v in ((a.lon, b.lon), (a.lat, b.lat), (a.alt_amsl_m, b.alt_amsl_m))
            ]
            return mixed[0], mixed[1], mixed[2], (now - begin) / (end - begin)
    raise ValueError("a path needs two points")


def frames_of(day: Day, assets: Iterable[str], now: datetime) -> list[list[bytes]]:
    """The telemetry frames of these assets at a moment."""
    return [encode_telemetry(sample_of(day, asset_id, now)) for asset_id in assets]
