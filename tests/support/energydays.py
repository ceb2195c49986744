"""Days of a fleet over the real hub whose drones truly take up to 15 % more or less than their model, and drift.

Each day is opened with what the one before has taught (`fleet energy residuals --tracks`), in a world whose machines
are as they were the evening before. The hub's type has a margin for assets that differ; its model is right on the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

from fleet.app import Files, Setup
from fleet.config import RunInputs
from fleet.dispatch.decide import HUB_FAULT
from fleet.dispatch.residuals import known_tracks
from fleet.dispatch.separation.told import untold
from fleet.domain.energy import EnergyLearned, EnergyTrack
from fleet.domain.events import DayOpened
from fleet.domain.fleet import SortieType
from fleet.domain.state import FINAL_PARCEL, State
from fleet.feasibility.appetite import appetite, raised_share
from fleet.feasibility.vehicles import figures_of
from fleet.hub.planning import Effort
from fleet.intake.energytracks import KnownTrack, tracks_text
from fleet.protocol.lifecycle import ParcelStatus
from fleet.sim.machines import KNOWN
from fleet.simulate import Simulated, simulate
from fleet.trueworld import world_of
from tests.support.bench import LOCKERS, ORDER_COLUMNS

MOST_OFF, DRIFT = 0.15, 0.01
"""How far assets lie off their model, evenly drawn, and how much an appetite changes with a trip."""
DRONES, PARCELS, DAYS = 12, 28, 3
NEAREST_M, FARTHEST_M = 3_000.0, 9_500.0
FIRST = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOURS = 3
LON, LAT = -8.0, 41.0
TRUE_EFFICIENCY = 0.467
"""With it the machine takes what the model says, on the mean of this demand (with its own 0.4382: 6.6 % more)."""
NOT_LEARNING = 0.999
"""A trial's margin: it is the type's to a thousandth, and nothing that was learned of an asset counts."""
ALIKE = "between_log_sd = 0.0"
SPREAD = f"between_log_sd = {MOST_OFF / math.sqrt(3):.4f}\ndrift_log_sd = {DRIFT}"

Tracks = Mapping[str, EnergyTrack]
Decide = Callable[[Mapping[str, float], Tracks], Tracks]
"""What a day is opened with, from what is true that morning and what was learned so far."""


def ours(_: Mapping[str, float], learned: Tracks) -> Tracks:
    """By what earlier days have taught."""
    return learned


def perfect(truth: Mapping[str, float], _: Tracks) -> Tracks:
    """By each asset's true appetite of the morning."""
    return {
        name: EnergyTrack(log_bias=math.log(one), variance=1e-6, flights=1000) for name, one in truth.items()
    }


@dataclass(frozen=True, slots=True)
class Run:
    """What came of some days. ``by_day`` are the parcels that were delivered on each."""

    by_day: tuple[int, ...]
    breaches: int
    crashes: int
    alarms: int
    faults: int
    """Messages that the hub could not handle."""
    met: int
    """Pairs that came too near to each other without a word."""
    learned: int
    """Trips that taught something."""
    beyond: int
    """Of these, how many took more than was counted with when they were sent: the model's word for what was flown, with
    the margin that the hub had for the asset then."""
    tracks: Tracks
    truth: Mapping[str, float]
    all_days: tuple[Simulated, ...]

    @property
    def delivered(self) -> int:
        """On all days."""
        return sum(self.by_day)


def run(
    folder: Path,
    seed: int,
    decide: Decide,
    *,
    days: int = DAYS,
    drones: int = DRONES,
    parcels: int = PARCELS,
    spread: str = SPREAD,
    margin_scale: float = 1.0,
) -> Run:
    """Days of one world, one after the other."""
    rng = Random(seed)
    truth = {f"S1/drone-{number}": rng.uniform(1 - MOST_OFF, 1 + MOST_OFF) for number in range(1, drones + 1)}
    tracks: Tracks = {}
    by_day: list[int] = []
    done: list[Simulated] = []
    breaches = crashes = alarms = learned = beyond = faults = met = 0
    for day in range(days):
        morning = _Morning(1000 * seed + day, FIRST + timedelta(days=day), truth, decide(truth, tracks))
        made = _day(folder / f"day-{day}", morning, parcels, spread, margin_scale)
        done.append(made)
        tracks = {one.asset_id: one.track for one in known_tracks(made.events)}
        truth = made.verdict["appetites"]
        by_day.append(sum(p.status is ParcelStatus.DELIVERED for p in made.state.parcels.values()))
        breaches += len(made.verdict["reserve_breaches"])
        crashes += len(made.verdict["crashes"])
        faults += sum(one.code == HUB_FAULT for one in made.state.exceptions.values())
        met += len(untold(made.state, made.verdict["too_near"]))
        taught = [event for event in made.events if isinstance(event, EnergyLearned)]
        alarms, learned = alarms + sum(event.alarm for event in taught), learned + len(taught)
        beyond += _beyond(made, taught)
    return Run(
        tuple(by_day), breaches, crashes, alarms, faults, met, learned, beyond, tracks, truth, tuple(done)
    )


def _beyond(made: Simulated, taught: Iterable[EnergyLearned]) -> int:
    fleet, opened = made.state.fleet, next(one for one in made.events if isinstance(one, DayOpened))
    assert fleet is not None
    known, types, found = dict(opened.energy), {a.asset_id: a.type_id for a in opened.assets}, 0
    for event in taught:
        kind = fleet.types[types[event.asset_id]]
        assert isinstance(kind, SortieType)
        its = appetite(fleet, kind, known.get(event.asset_id))
        counted = (1 + raised_share(fleet, kind, its)) / math.exp(its.slow)  # for as long as it lasted
        found += event.used_wh > event.predicted_wh * counted
        known[event.asset_id] = event.track
    return found


@dataclass(frozen=True, slots=True)
class _Morning:
    """What a day begins with."""

    seed: int
    at: datetime
    truth: Mapping[str, float]
    tracks: Tracks


def _day(folder: Path, morning: _Morning, parcels: int, spread: str, margin_scale: float) -> Simulated:
    folder.mkdir(parents=True)
    setup = Setup(
        name="energy",
        files=_inputs(folder, morning, parcels, spread),
        at=morning.at,
        until=morning.at + timedelta(hours=HOURS),
        seed=morning.seed,
        lockstep=True,
        effort=Effort(iterations=5, baselines=False),
    )
    inputs = scaled(setup.files.read(), margin_scale)
    machine = KNOWN["courier-x4"].model_copy(update={"efficiency": TRUE_EFFICIENCY})
    world = world_of(inputs, (), setup).model_copy(
        update={
            "machines": {"mine.toml": machine},
            "appetites": dict(morning.truth),
            "appetite_drift": DRIFT,
            "appetite_most": MOST_OFF,
        }
    )
    return simulate(
        setup,
        inputs,
        world,
        incoming=tuple((morning.at, order, contact) for order, contact in inputs.orders.accepted),
        incidents="none",
        over=_settled,
        latest=timedelta(minutes=10),
    )


def scaled(inputs: RunInputs, margin_scale: float) -> RunInputs:
    """The same with another share of the margin."""
    fleet = inputs.context.fleet
    rule = fleet.reserve.model_copy(update={"margin_scale": margin_scale})
    return replace(inputs, context=replace(inputs.context, fleet=fleet.model_copy(update={"reserve": rule})))


def _settled(state: State) -> bool:
    """Every parcel has come to its end: what no drone reaches is tried again until the day is over."""
    return bool(state.parcels) and all(parcel.status in FINAL_PARCEL for parcel in state.parcels.values())


def _inputs(folder: Path, morning: _Morning, parcels: int, spread: str) -> Files:
    """One launch site with drones, and parcels around it of any weight, as near as far as the least hungry goes."""
    rng, at, drones, tracks = Random(morning.seed), morning.at, len(morning.truth), morning.tracks
    text = (files("fleet.energy") / "data/airframes/courier-x4.toml").read_text(encoding="utf-8")
    figures = text.replace("declared = true\nbetween_log_sd = 0.0", spread)
    (folder / "mine.toml").write_text(figures, encoding="utf-8")
    (folder / "fleet.toml").write_text(FLEET, encoding="utf-8")
    depots = "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
    written = {
        "depots": f"{depots}S1,Site,{LON},{LAT},0,{drones},0,{drones},00:00,24:00\n",
        "lockers": LOCKERS,
        "orders": ORDER_COLUMNS + "".join(_order(rng, at, number) for number in range(parcels)),
        "weather": _weather(at),
    }
    for name, content in written.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    known: dict[str, Path] = {name: folder / f"{name}.csv" for name in written}
    known["fleet"] = folder / "fleet.toml"
    if tracks:
        kind = Files.model_validate(known).read().context.fleet.types["mine"]
        name = figures_of(kind)  # type: ignore[arg-type]
        rows = (KnownTrack(asset, "mine", name, track) for asset, track in tracks.items())
        known["energy"] = folder / "tracks.csv"
        known["energy"].write_text(tracks_text(rows), encoding="utf-8")
    return Files.model_validate(known)


def _order(rng: Random, at: datetime, number: int) -> str:
    metres, bearing = rng.uniform(NEAREST_M, FARTHEST_M), rng.uniform(0, 2 * math.pi)
    lon = LON + metres * math.sin(bearing) / (111_320 * math.cos(math.radians(LAT)))
    lat = LAT + metres * math.cos(bearing) / 111_120
    weight = rng.uniform(0.2, 2.5)
    due = at + timedelta(hours=HOURS)
    return (
        f"P-{number},acme,delivery,Ana,Rua 1,{lon:.6f},{lat:.6f},{weight:.2f},0.3,0.2,0.1,standard,10,,"
        f"{at.isoformat()},{at.isoformat()},{due.isoformat()},standard,1,1,false,\n"
    )


def _weather(at: datetime) -> str:
    """A light wind from the west."""
    head = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m\n"
    hours = (at + timedelta(hours=hour) for hour in range(-2, HOURS + 4))
    return head + "".join(f"{hour.isoformat()},2,3,270,18,0,10000\n" for hour in hours)


FLEET = """[types.mine]
based_on = "courier-x4"
energy_model = "mine.toml"

[[drone]]
type = "mine"
"""
"""One launch site for all of them, over which they are kept apart like any others."""
