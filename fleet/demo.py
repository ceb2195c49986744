"""The demo: a seeded city, simulated assets as ordinary adapters, the real hub, and a judge who sees only the truth."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from fleet.app import Files, Setup, read_setup
from fleet.baselines import baselines
from fleet.demofleet import OwnFleet, named_as_given, with_margin
from fleet.dispatch.report import report
from fleet.domain.events import Event
from fleet.hub.client import HubClient, HubUnreachable
from fleet.hub.planning import Effort
from fleet.hub.rundir import OWNER_ONLY, ROOT, NoSuchRun, RunDir, RunDirError, Running, write_atomically
from fleet.hub.security.keyring import COMMANDS, key_for
from fleet.intake.orders import read_orders
from fleet.progress import Follower, Stillness, still_s
from fleet.protocol.keyfile import KeyFile
from fleet.protocol.messages import SubmitOrders
from fleet.sim import WorldSpec
from fleet.sim.city import City, make_city
from fleet.simulate import Incoming
from fleet.store.reader import Reader
from fleet.supervisor import ChildDied, Supervisor
from fleet.trueworld import world_of

DEMO_DAY = date(2026, 11, 24)
OPTIONS = "options.json"
"""The file that a demo leaves in its run directory, and no other run does."""

NAME = "demo"
"""What a demo is called unless told."""

INPUT = "input"
"""The folder of the city's files in it."""

FLEET = "fleet.toml"
"""The city's fleet file there, or what stands in its place."""

DEMO = "demo"
"""The lock of who runs the demo; its hub, a child, has its own."""

ENDING_S = 10.0
"""How long the hub of a demo that was killed may take to end."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What a demo is run with."""

    seed: int = 0
    parcels: int = 150
    hours: float = 4.0
    incidents: str = "none"
    iterations: int = 300
    console: bool = True
    margin_scale: float | None = None
    ignore_zones: bool = False
    rate: float | None = None
    """Simulated seconds a second at most; none is as fast as it goes."""
    network: Path | None = None
    """Streets of where the city lies (around 7.9 W, 40.6 N); none: ways are estimated."""
    fleet: OwnFleet | None = None
    """A fleet file in place of the city's, for its sites and lockers."""


Tell = Callable[[str], None]
Report = dict[str, Any]


@contextmanager
def claimed(run: RunDir, *, resume: bool) -> Iterator[None]:
    """Keep a run directory for one demo, made or taken up here, until it is over.

    Raises ``RunInUse`` while another demo has it, ``NoSuchRun`` where there is none to take up, and ``RunDirError``
    where something else stands.
    """
    if not resume:
        _refuse_foreign(run)
        run.create()
    elif not (run.setup.exists() and (run.path / OPTIONS).exists()):
        raise NoSuchRun(
            f"{run.path}: there is no demo of that name to go on with; start one with `fleet demo`"
        )
    with run.held(DEMO):
        yield


def prepare(run: RunDir, options: DemoOptions, *, fresh: bool = False, tell: Tell = lambda _: None) -> None:
    """Write the city's files, the hub's setup and the world's description into a fresh run directory.

    An earlier demo of that name makes room: one that has ended is replaced, one that has not is kept beside it, unless
    a ``fresh`` beginning is wanted. Which it was is told. Raises ``RunDirError`` for one whose hub is running, and for
    anything else that stands there: nothing of it is touched.
    """
    _refuse_foreign(run)
    run.create()
    with run.held(within_s=ENDING_S):
        _make_room(run, fresh=fresh, tell=tell)
        run.create()
        # First of all: it says that a demo has made what is here, also of one that gets no further.
        write_atomically(
            run.path / OPTIONS,
            json.dumps({"incidents": options.incidents, "own_fleet": options.fleet is not None}),
        )
    setup, world = build_day(run.path, options)
    write_atomically(run.world, world.model_dump_json())
    write_atomically(run.setup, setup.model_dump_json(indent=1))


def resuming(run: RunDir) -> str:
    """The command that goes on with a demo."""
    name = "" if run.path.name == NAME else f" --name {run.path.name}"
    return f"fleet demo --resume{name}{_root(run)}"


def asking(run: RunDir, words: str) -> str:
    """The command that asks the hub of a demo for something."""
    return f"fleet {words} --name {run.path.name}{_root(run)}"


def _root(run: RunDir) -> str:
    return "" if run.path.parent == ROOT else f" --root {run.path.parent}"


def keep_pace(run: RunDir, rate: float) -> None:
    """Have a demo that is there go on with at most ``rate`` simulated seconds a second.

    Raises ``RunInUse`` while its hub is running, and ``RunDirError`` where its setup can't be read.
    """
    with run.held(within_s=ENDING_S):
        setup = read_setup(run).model_copy(update={"pace": rate})
        write_atomically(run.setup, setup.model_dump_json(indent=1))


def _refuse_foreign(run: RunDir) -> None:
    made = not run.path.exists() or (run.path / OPTIONS).exists()
    if not made and (not run.path.is_dir() or any(each.name != "logs" for each in _contents(run))):
        raise RunDirError(f"{run.path}: holds something that no demo has made; choose another --name")


def _contents(run: RunDir) -> list[Path]:
    """What is in a run directory, apart from the locks, which others may be waiting for."""
    return [each for each in run.path.iterdir() if each not in (run.lock(), run.lock(DEMO))]


def _make_room(run: RunDir, *, fresh: bool, tell: Tell) -> None:
    if run.setup.exists() and run.store.exists():
        ended = run.report.exists()
        if not (ended or fresh):
            kept = _put_aside(run)
            tell(
                f"the demo in {run.path} had not ended; it is kept as {kept.path}. Go on with it: {resuming(kept)}"
            )
            return
        tell(f"replacing the demo in {run.path}, which {'has ended' if ended else 'had not ended'}")
    for each in _contents(run):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _put_aside(run: RunDir) -> RunDir:
    """Move a demo to the first free name after its own; the new place."""
    setup = read_setup(run)
    names = (f"{run.path.name}-{number}" for number in count(1))
    kept = next(RunDir(path) for name in names if not (path := run.path.with_name(name)).exists())
    kept.path.mkdir(mode=OWNER_ONLY)
    for each in _contents(run):
        each.rename(kept.path / each.name)
    moved = setup.model_copy(update={"name": kept.path.name, "files": _moved(setup.files, kept)})
    write_atomically(kept.setup, moved.model_dump_json(indent=1))
    return kept


def _moved(files: Files, run: RunDir) -> Files:
    """A demo's input files under its new name."""
    said = files.model_dump(exclude_none=True)
    zones = tuple(run.path / INPUT / path.name for path in said.pop("zones"))
    return Files(
        **{name: run.path / INPUT / path.name for name, path in said.items()}, zones=zones
    ).absolute()


def build_day(folder: Path, options: DemoOptions) -> tuple[Setup, WorldSpec]:
    """The seeded city as files in ``folder/input``, how its day is run, and the true world behind it. Raises
    ``IntakeError`` for a fleet or streets of the user's own that can't be, and ``NetworkError``.
    """
    city = make_city(options.seed, day=DEMO_DAY, parcels=options.parcels, hours=options.hours)
    files = _write_city(folder / INPUT, city, options).absolute()
    setup = Setup(
        name=folder.name,
        files=files,
        at=city.at,
        until=city.until,
        seed=options.seed,
        lockstep=True,
        pace=options.rate,
        effort=Effort(iterations=options.iterations, seed=options.seed),
    )
    zones = (json.loads(city.zones_geojson), json.loads(city.zones_ed318_json))
    with named_as_given(folder.absolute() / INPUT / FLEET, options.fleet):
        inputs = files.read()
    return setup, world_of(inputs, zones, setup)


def _write_city(folder: Path, city: City, options: DemoOptions) -> Files:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in city.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    own, fleet = options.fleet, folder / FLEET
    if own is not None:
        fleet.write_text(own.text, encoding="utf-8")
    if options.margin_scale is not None:
        text = fleet.read_text(encoding="utf-8")
        trial = with_margin(text, options.margin_scale, str(fleet if own is None else own.path))
        fleet.write_text(trial, encoding="utf-8")
    known = ("none.geojson",) if options.ignore_zones else ("zones.geojson", "zones_ed318.json")
    (folder / "none.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    return Files(
        orders=folder / "orders.csv",
        depots=folder / "depots.csv",
        lockers=folder / "lockers.csv",
        fleet=fleet,
        weather=folder / "weather.csv",
        zones=tuple(folder / name for name in known),
        network=options.network,
    )


def run_demo(run: RunDir, *, console: bool, tell: Tell, keep: Callable[[Report], bool]) -> Report:
    """Run, or take up, the day of a prepared run directory; returns the report, which is also kept with the run.

    ``keep`` is asked at the end, again and again, whether the console stays up a while longer; Ctrl-C then is a no.
    Raises ``ChildDied``, and ``RunDirError`` where the run can't be read or has a hub already.
    """
    begun = time.monotonic()
    setup = read_setup(run)
    with Supervisor(run, tell=tell) as supervisor:
        running = supervisor.start_hub()
        if console:
            _start_console(supervisor, tell)
        clerk = Clerk(running, setup, key_for(run, COMMANDS))
        try:
            # The morning's parcels come first: once the world is there, time begins to move.
            clerk.step(setup.at)
            _start_world(supervisor, running, setup)
            _watch(supervisor, clerk, setup, tell)
        finally:
            clerk.close()
        # The judge writes its verdict when it ends.
        supervisor.stop("world")
        result = _report(run, setup, time.monotonic() - begun)
        write_atomically(run.report, json.dumps(result, indent=1))
        with suppress(KeyboardInterrupt):
            while keep(result):
                supervisor.check()
                time.sleep(0.2)
    return result


def _start_world(supervisor: Supervisor, running: Running, setup: Setup) -> None:
    run = supervisor.run
    options = json.loads((run.path / OPTIONS).read_text(encoding="utf-8"))
    supervisor.start(
        "world",
        (
            *(sys.executable, "-m", "adapters.sim"),
            *("--control", running.control, "--telemetry", running.telemetry),
            *("--spec", str(run.world), "--journal", str(run.journal), "--judge", str(run.judge)),
            *("--seed", str(setup.seed), "--incidents", options["incidents"]),
        ),
    )


def _start_console(supervisor: Supervisor, tell: Tell) -> None:
    run = supervisor.run
    words = ("console", "--name", run.path.name, "--root", str(run.path.parent))
    supervisor.start("console", (sys.executable, "-m", "fleet", *words))
    supervisor.wait_for(lambda: run.running().console is not None, "console")
    tell(f"console: {run.running().console}")


class Clerk:
    """Takes the day's parcels in, as a shop would: those known in the morning, and the others as they come."""

    def __init__(self, running: Running, setup: Setup, key: KeyFile | None) -> None:
        self._client = HubClient(running.control, by="demo", key=key, timeout_s=5)
        self._left = incoming_of(setup)

    @property
    def done(self) -> bool:
        """Whether every parcel was handed in."""
        return not self._left

    def step(self, at: datetime) -> None:
        """Hand in what has come up to now; what the hub did not answer is handed in again (it knows what it has)."""
        due = [entry for entry in self._left if entry[0] <= at]
        if not due:
            return
        request = SubmitOrders(
            request_id=f"demo-{len(self._left)}",
            orders=tuple(order for _, order, _ in due),
            contacts=tuple(contact for _, _, contact in due),
        )
        try:
            reply = self._client.request(request)
        except HubUnreachable:
            return
        if not reply.ok:
            raise RuntimeError(f"the hub refused the demo's orders: {reply.detail}")
        self._left = self._left[len(due) :]

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def incoming_of(setup: Setup) -> tuple[Incoming, ...]:
    """The day's parcels with the moment at which each is handed in: most in the morning, some as they become ready."""
    folder = setup.files.depots.parent
    early = [(setup.at, order, contact) for order, contact in read_orders(folder / "orders.csv").accepted]
    later = read_orders(folder / "later_orders.csv").accepted
    rest = [(order.ready_at, order, contact) for order, contact in later]
    return tuple(sorted([*early, *rest], key=lambda entry: (entry[0], entry[1].order_id)))


def _watch(supervisor: Supervisor, clerk: Clerk, setup: Setup, tell: Tell) -> None:
    """Follow the day until it is over, saying now and then how far it is."""
    follower = Follower(Reader(supervisor.run.place))
    told, stopped_by = time.monotonic(), None
    stillness = Stillness(still_s(setup), told)
    while not (clerk.done and follower.over(setup)):
        supervisor.check()
        if stillness.lasts(time.monotonic(), moved=follower.step()):
            raise ChildDied(
                f"nothing has happened for {stillness.limit_s:.0f} s; "
                f"see the logs in {supervisor.run.path / 'logs'}"
            )
        clerk.step(follower.at or setup.at)
        if follower.state.stopped_by != stopped_by:
            stopped_by = follower.state.stopped_by
            tell(_of_stop(supervisor.run, stopped_by))
        if time.monotonic() - told > 5:
            told = time.monotonic()
            tell(follower.line())
        time.sleep(0.05)
    tell(follower.line())


def _of_stop(run: RunDir, stopped_by: str | None) -> str:
    if stopped_by is None:
        return "operations go on"
    return (
        f"operations are stopped by {stopped_by}: nothing goes out; "
        f"let work go on with: {asking(run, 'resume-all')}"
    )


def _report(run: RunDir, setup: Setup, wall_s: float) -> Report:
    judge = json.loads(run.judge.read_text(encoding="utf-8")) if run.judge.exists() else None
    network, events = setup.files.ways(), _events(Reader(run.place))
    told = report(events, judge=judge, wall_s=round(wall_s, 1), seed=setup.seed, network=network)
    return with_baselines(told, setup)


def with_baselines(result: Report, setup: Setup) -> Report:
    """The report with what our planner, vans alone and a greedy planner would have cost with hindsight."""
    orders = [order for _, order, _ in incoming_of(setup)]
    return result | {"cost": result["cost"] | baselines(setup, setup.files.read(), orders)}


def _events(reader: Reader) -> Iterator[Event]:
    position = 0
    while True:
        batch = list(reader.events(position))
        if not batch:
            return
        for stored in batch:
            position = stored.position
            yield stored.event


JUDGED_TOO = {
    "crashes": "batteries empty on the way",
    "overfull": "lockers overfull",
    "too_near": "pairs of aircraft too near to each other, unforeseen",
}
"""What the judge also sees, by its name in the evidence, in words."""

LEAST_SHARE, LEAST_PARCELS = 0.10, 100
"""What each mode must serve of a day's parcels, where there are enough of them to tell."""


def _idle_modes(result: Report) -> list[str]:
    parcels = result["parcels"]
    if parcels < LEAST_PARCELS:
        return []
    least = LEAST_SHARE * parcels
    return [
        f"{mode} served {count}, at least {least:.0f} are expected"
        for mode, count in result["by_mode"].items()
        if count < least
    ]


def failures(result: Report, *, hard: bool, own_fleet: bool = False) -> list[str]:
    """What makes a demo fail: parcels that did not end, too many left to drivers after the day, a mode that hardly
    serves, and what the judge saw. How much a fleet of the user's own brings is that fleet's, and no failure.
    """
    ended, parcels = result["ended"], result["parcels"]
    allowed = (0.10 if hard else 0.02) * parcels
    found = [
        f"{result[name]} {name.replace('_', ' ')}"
        for name in (
            "zone_breaches",
            "reserve_breaches",
            "custody_breaks",
            "lost_messages",
            "duplicated_effects",
            "contradictions",
        )
        if result[name]
    ]
    seen = result.get("evidence", {})
    found += [f"{len(seen[name])} {what}" for name, what in JUDGED_TOO.items() if seen.get(name)]
    found += [] if own_fleet else _idle_modes(result)
    faults = sum(e["code"] == "hub_fault" for e in result["exceptions"])
    if faults:
        found.append(f"{faults} faults of the hub itself")
    if ended["unresolved"]:
        found.append(f"{ended['unresolved']} parcels unresolved")
    if ended["in_driver_route"] > allowed and not own_fleet:
        found.append(
            f"{ended['in_driver_route']} parcels left in driver routes, at most {allowed:.0f} are allowed"
        )
    return found
