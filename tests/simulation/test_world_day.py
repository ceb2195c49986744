"""Whole days of the simulated world: deterministic, replayable at every cut, without needless work; failing as they are
told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from cProfile import Profile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sim.errors import HostError
from adapters.sim.journal import Journal
from adapters.sim.keeper import WorldKeeper
from fleet.protocol.messages import Action, AddZone, AnyMessage, Assign, ReserveCompartment, Telemetry
from fleet.protocol.session import Delivery
from fleet.sim import World
from fleet.sim.errors import SimError
from fleet.sim.geo import distance_m, moved
from fleet.sim.spec import Incidents, parse_spec
from tests.unit.sim.small_world import (
    BANK,
    DAY,
    DOOR,
    DRONE,
    HOME,
    LOCKER,
    OTHER,
    ROBOT,
    SIZE,
    START,
    TYPES,
    VAN,
    Play,
    command,
    record,
    route,
    sortie,
    spec,
    stop,
)

Input = tuple[float, str, AnyMessage]
"""Minutes after the start, who is told, and what."""


def inputs() -> list[Input]:
    """A morning for all of them."""
    van = route(
        (
            stop("s1", DOOR, deliver=("P3",)),
            stop("s2", LOCKER, deliver=("P4",), locker_id=BANK),
            stop("s3", OTHER, collect=("P5",)),
        ),
        load=("P3", "P4"),
    )
    return [
        (0, BANK, ReserveCompartment(order_id="P4", size=SIZE, window=DAY)),
        (0, VAN, Assign(mission=van)),
        (1, DRONE, Assign(mission=sortie("P1"))),
        (1, ROBOT, Assign(mission=sortie("P2", asset_id=ROBOT, mission_id="M2", to=moved(HOME, 700, 200)))),
        (4, DRONE, command(Action.HOLD)),
        (5, DRONE, command(Action.RESUME)),
        (40, DRONE, Assign(mission=sortie("P6", mission_id="M6", at=START + timedelta(minutes=41)))),
    ]


def steps() -> Iterator[tuple[list[Input], datetime]]:
    """What is told in each half minute, and its end."""
    waiting = inputs()
    for half in range(1, 241):
        until = START + timedelta(seconds=30 * half)
        due = [i for i in waiting if START + timedelta(minutes=i[0]) < until]
        waiting = [i for i in waiting if i not in due]
        yield due, until


def played(world: World) -> list[tuple[str, AnyMessage]]:
    """Everything that is said in these two hours."""
    for due, until in steps():
        for _, asset_id, message in due:
            world.deliver(asset_id, message)
        world.advance(until)
    return world.outbox()


@pytest.mark.parametrize("incidents", [*Incidents])
def test_the_same_seed_says_the_same_twice(incidents: Incidents) -> None:
    """Every message and every sample of telemetry; and the same verdict."""
    worlds = [World(11, spec(), incidents) for _ in range(2)]
    first, second = (played(world) for world in worlds)
    assert len(first) > 1000
    assert first == second
    assert worlds[0].verdict() == worlds[1].verdict()


def test_another_seed_says_something_else() -> None:
    """Chance does depend on it."""
    assert played(World(11, spec())) != played(World(12, spec()))


def test_nothing_happens_before_it_is_announced() -> None:
    """``next_at`` is the very next moment at which anything is said."""
    world = World(3, spec())
    world.outbox()
    world.deliver(DRONE, Assign(mission=sortie()))
    world.outbox()
    for _ in range(400):
        at = world.next_at()
        assert at is not None
        world.advance(at - timedelta(microseconds=1))
        assert world.outbox() == []
        world.advance(at)
        world.outbox()


def test_time_does_not_run_backwards() -> None:
    """A grant that lies behind changes nothing."""
    world = World(3, spec())
    world.advance(START + timedelta(minutes=5))
    world.outbox()
    world.advance(START)
    assert world.now == START + timedelta(minutes=5)
    assert world.outbox() == []


def busy_spec(drones: int) -> Any:
    """A site with many drones, and a charger for each."""
    assets = tuple(record(f"A/drone-{n}", "courier-x4", "drone", "A") for n in range(drones))
    sites = tuple(site.model_copy(update={"chargers": drones}) for site in spec().sites)
    return spec(assets=assets, sites=sites, until=START + timedelta(hours=4))


MOST_CALLS = 100
"""Of functions, for each message that an asset sends: it takes 75, in whatever time a machine makes them."""


def calls_for_each_message(drones: int, trips: int) -> float:
    """How many functions are called while so many drones fly so many trips, one every 45 minutes, with telemetry of
    every second on the way, and of every minute between."""
    world = World(1, busy_spec(drones))
    profile = Profile()
    with profile:
        for trip in range(trips):
            for number, asset_id in enumerate(world.asset_ids):
                at = START + timedelta(minutes=45 * trip, seconds=number)
                mission = sortie(f"P{number}-{trip}", mission_id=f"{asset_id}-{trip}", at=at)
                world.advance(at)
                world.deliver(asset_id, Assign(mission=mission.model_copy(update={"asset_id": asset_id})))
        world.advance(START + timedelta(minutes=45 * trips))
    said = world.outbox()
    assert sum(isinstance(m, Telemetry) for _, m in said) > 600 * drones * trips
    return sum(entry.callcount for entry in profile.getstats()) / len(said)


def test_a_message_costs_little_however_many_fly_and_however_long() -> None:
    """Counted, not timed, so that it holds on any machine. What is done for each of forty drones and again for each of
    the others, or again for all that was so far, would be many times as much."""
    many, long = calls_for_each_message(40, 1), calls_for_each_message(4, 5)
    assert many < MOST_CALLS
    assert long == pytest.approx(many, rel=0.05)


# The journal


HEADER = {"seed": 11, "incidents": "hard", "spec": "x"}


Fresh = Callable[[Path], WorldKeeper]


@pytest.fixture
def fresh() -> Iterator[Fresh]:
    """Makes a world as a process that has just begun makes it from what is on the disk."""
    opened: list[Journal] = []

    def make(path: Path) -> WorldKeeper:
        opened.append(Journal(path, HEADER))
        return WorldKeeper(World(11, spec(), Incidents.HARD), opened[-1], "boot-1")

    yield make
    for journal in opened:
        journal.close()


def said_in(
    keeper: WorldKeeper, due: list[Input], until: datetime, taken: dict[str, int]
) -> list[tuple[str, AnyMessage]]:
    """What the assets say that must arrive."""
    heard = []
    for _, asset_id, message in due:
        taken[asset_id] = taken.get(asset_id, 0) + 1
        heard.append((asset_id, Delivery(taken[asset_id], message)))
    return [(a, m) for a, words in keeper.act(heard, until).items() for m in words.messages]


def test_a_replayed_journal_goes_on_as_if_nothing_had_been(tmp_path: Path, fresh: Fresh) -> None:
    """Killed after any step: what was said before is pending, what follows is the same as without the death."""
    whole, taken = fresh(tmp_path / "whole"), dict[str, int]()
    lines = [whole_step for due, until in steps() for whole_step in [said_in(whole, due, until, taken)]]
    for cut in (0, 1, 2, 9, 10, 11, 80, 83, 200, 239):
        path, taken = tmp_path / f"cut{cut}", {}
        keeper = fresh(path)
        for due, until in [*steps()][:cut]:
            said_in(keeper, due, until, taken)
        again = fresh(path)
        for asset_id in again.world.asset_ids:
            kept = again.record(asset_id)
            assert kept.boot_id == "boot-1"
            assert kept.taken == taken.get(asset_id, 0)
            before = [m for line in lines[:cut] for a, m in line if a == asset_id]
            assert list(kept.pending)[-len(before) :] == before or not before
        rest = [said_in(again, due, until, taken) for due, until in [*steps()][cut:]]
        assert rest[1:] == lines[cut + 1 :]
        assert again.world.verdict() == whole.world.verdict()


def test_a_line_cut_off_in_the_middle_had_no_effect(tmp_path: Path, fresh: Fresh) -> None:
    """It is dropped, and the journal goes on after the last whole one."""
    path = tmp_path / "journal"
    keeper = fresh(path)
    keeper.act([], START + timedelta(minutes=5))
    with path.open("ab") as file:
        file.write(b'{"until":"2026-11-24T08:1')
    again = fresh(path)
    assert again.world.now == START + timedelta(minutes=5)
    again.act([], START + timedelta(minutes=6))
    assert fresh(path).world.now == START + timedelta(minutes=6)


def test_a_new_boot_keeps_only_what_the_hub_has_not(tmp_path: Path, fresh: Fresh) -> None:
    """After it numbers begin anew, with the messages that were outstanding."""
    path = tmp_path / "journal"
    keeper = fresh(path)
    said = said_in(keeper, inputs()[:3], START + timedelta(minutes=10), {})
    mine = [m for a, m in said if a == DRONE]
    keeper.reboot(DRONE, "boot-2", 2)
    kept = fresh(path).record(DRONE)
    assert (kept.boot_id, kept.taken, kept.acknowledged) == ("boot-2", 0, 0)
    assert list(kept.pending) == mine[-2:]


def test_the_journal_of_another_world_is_refused(tmp_path: Path, fresh: Fresh) -> None:
    """A seed that does not fit would make another day of the same inputs."""
    path = tmp_path / "journal"
    fresh(path)
    other = Journal(path, {**HEADER, "seed": 12})
    with pytest.raises(HostError, match="another world"):
        WorldKeeper(World(12, spec()), other, "boot-1")
    other.close()
    path.write_text(json.dumps({"journal": 1, **HEADER}) + "\nnonsense\n")
    with pytest.raises(HostError, match=":2: not JSON"):
        fresh(path)


# Incidents


NEAR = moved(HOME, 400, 600)


def busy_day(seed: int, level: Incidents) -> Play:
    """A day on which everything is under way again and again, so that every incident finds somebody."""
    play = Play(World(seed, spec(), level))
    play.tell(BANK, ReserveCompartment(order_id="L", size=SIZE, window=DAY))
    for half in range(8):
        at = START + timedelta(minutes=30 * half)
        van = route(
            (stop("s", OTHER, deliver=(f"V{half}",)),), load=(f"V{half}",), mission_id=f"V{half}", at=at
        )
        play.tell(DRONE, sortie(f"D{half}", mission_id=f"D{half}", at=at))
        play.tell(ROBOT, sortie(f"R{half}", mission_id=f"R{half}", asset_id=ROBOT, at=at, to=NEAR))
        play.tell(VAN, van)
        play.run(30)
    play.run(60)
    return play


def test_without_incidents_nothing_goes_wrong() -> None:
    """An ordinary day has none."""
    play = busy_day(2, Incidents.NONE)
    assert play.verdict["incidents"] == []
    assert play.world.notices() == []


def test_some_incidents_are_some() -> None:
    """Two or three."""
    happened = busy_day(2, Incidents.SOME).verdict["incidents"]
    assert 2 <= len(happened) <= 3


def test_a_hard_day_has_everything() -> None:
    """Each sort of incident, and each is told by the assets or by the authority."""
    play = busy_day(2, Incidents.HARD)
    happened = {i["what"] for i in play.verdict["incidents"]}
    assert happened == {"battery", "lost_link", "wind", "zone", "locker_full", "breakdown", "charger"}
    assert play.all(ROBOT, "asset_report", condition="faulted") or play.all(
        VAN, "asset_report", condition="faulted"
    )
    closed = [n for n in play.world.notices() if isinstance(n, AddZone)]
    assert closed
    assert all(n.feature["properties"]["id"] == n.zone_id for n in closed)


def test_a_closed_area_counts_a_minute_after_it_was_announced() -> None:
    """It is away from our sites, in the zone files' own form, and over a drone's way."""
    play = busy_day(2, Incidents.HARD)
    zones = play.world.judge._zones
    assert zones
    for news in (n for n in play.world.notices() if isinstance(n, AddZone)):
        zone = next(z for z in zones if z.zone_id == news.zone_id)
        announced = datetime.fromisoformat(news.feature["properties"]["starts_at"])
        assert zone.since == announced + timedelta(seconds=60)
        lon, lat = news.feature["geometry"]["coordinates"][0][0]
        corner = HOME.model_copy(update={"lon": lon, "lat": lat})
        assert min(distance_m(s.place, corner) for s in play.world.spec.sites) > 400


def test_a_hungry_battery_takes_up_to_a_quarter_more() -> None:
    """From the next trip on."""
    play = busy_day(4, Incidents.SOME)
    factors = [i["factor"] for i in play.verdict["incidents"] if i["what"] == "battery"]
    assert all(1.1 < f < 1.26 for f in factors)
    assert factors


# What a world is made from


def test_bad_descriptions_name_their_field() -> None:
    """The file, the field, what is wrong."""
    good = spec()
    assert parse_spec(good.model_dump_json(), "world.json") == good
    with pytest.raises(SimError, match=r"world\.json: document"):
        parse_spec("{", "world.json")
    with pytest.raises(SimError, match=r"world\.json: until"):
        parse_spec(good.model_dump_json().replace('"until":"2026', '"until":"not', 1), "world.json")
    lost = good.model_copy(update={"assets": (record("X", "courier-x4", "drone", "nowhere"),)})
    with pytest.raises(SimError, match="nowhere"):
        parse_spec(lost.model_dump_json(), "world.json")


def test_unknown_machines_and_assets_are_named() -> None:
    """No figures, no assumption."""
    strange = {**TYPES, "courier-x4": TYPES["courier-x4"].model_copy(update={"energy_model": "mystery"})}
    with pytest.raises(SimError, match="mystery"):
        World(1, spec(types=strange))
    with pytest.raises(SimError, match="no asset"):
        World(1, spec()).deliver("nobody", command(Action.HOLD))
    with pytest.raises(SimError, match="telemetry"):
        World(1, spec()).deliver(DRONE, Telemetry(at=START, lon=0, lat=0))
