"""The composition root: the only place that wires files, store, dispatcher, planner and sockets together."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fleet.config import RunFiles, RunInputs, network_of, read_inputs
from fleet.dispatch.decide import Dispatcher
from fleet.dispatch.desk import Settings
from fleet.dispatch.inputs import Resume
from fleet.dispatch.monitor import Monitor
from fleet.domain.events import AssetRecord, ContactsErased, DayOpened, StorePutBack
from fleet.domain.state import State
from fleet.hub.clock import FreeClock, GrantedClock, Pace
from fleet.hub.contexts import Contexts, as_begun
from fleet.hub.core import CoreSettings, HubCore
from fleet.hub.loop import open_loop
from fleet.hub.observability.integrity import IntegrityWatch
from fleet.hub.observability.observing import Laps, Observing, status_pages, watched
from fleet.hub.observability.release import release
from fleet.hub.observability.vitals import Pulse
from fleet.hub.planning import Effort, Planning
from fleet.hub.reserve import Reserve
from fleet.hub.rundir import NoSuchRun, RunDir, RunDirError, Running, what_is_wrong
from fleet.hub.security.access import Access, KeyAccess, PlainAccess
from fleet.hub.security.gate import Gate
from fleet.hub.security.keyring import HubKey, Keyring, new_hub_key
from fleet.hub.security.limits import LimitSettings, raise_file_limit
from fleet.hub.security.refusals import Refusals
from fleet.hub.snapshots import Snapshots, snapshotter
from fleet.hub.sockets import Sockets, bound_address
from fleet.hub.tuning import tune
from fleet.hub.unusable import unusable
from fleet.intake.fleetfile import read_fleet
from fleet.network.base import Network
from fleet.network.named import told_of_streets
from fleet.network.programs import Progress, silently
from fleet.protocol.messages import Role
from fleet.protocol.names import PEOPLE, STATION, TIMEKEEPER
from fleet.protocol.values import Time
from fleet.store.address import checked
from fleet.store.base import Batch, ClockAnchor, Failure, PeerRow, Store, StoreError
from fleet.store.reader import Reader
from fleet.store.snapshots import Shelf, restored_from

LOG = structlog.get_logger("hub")


class Files(BaseModel):
    """The input files of a day, as paths; ``network`` is a folder of streets, which counts before the fleet file's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders: Path | None = None
    depots: Path
    lockers: Path
    fleet: Path | None = None
    weather: Path | None = None
    zones: tuple[Path, ...] = ()
    energy: Path | None = None
    network: Path | None = None

    def absolute(self) -> Files:
        """The same files, wherever the process that reads them stands."""
        single = {name: path.absolute() for name, path in self if isinstance(path, Path)}
        return self.model_copy(update={**single, "zones": tuple(path.absolute() for path in self.zones)})

    def read(self, tell: Progress = silently) -> RunInputs:
        """What the files hold; ``tell`` is told how far that is where it takes long. Raises
        ``fleet.intake.IntakeError``."""
        return read_inputs(RunFiles(**dict(self)), tell=tell)

    def ways(self) -> Network:
        """What the ways over ground come from. Raises ``fleet.intake.IntakeError``."""
        return network_of(RunFiles(**dict(self)), read_fleet(self.fleet))


class Setup(BaseModel):
    """How a day is run: what ``setup.json`` of a run directory holds, so that a resume needs nothing else.

    With ``lockstep`` business time is granted to simulated assets in steps, at most ``pace`` seconds of it a second
    (none: as fast as it goes); otherwise it runs ``rate`` times as fast as the wall clock from ``at`` on.
    ``store`` is the address of a PostgreSQL database (none: a file in the run directory), without a password.
    ``plain``: there are no keys, and only processes of this machine may connect. ``keep_contacts_days``: how long after
    a parcel's end names, addresses and telephone numbers are kept. ``replans``: whether a new plan may change drafts
    that nobody was shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    files: Files
    at: Time
    until: Time
    seed: int = 0
    lockstep: bool = False
    pace: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    rate: float = 1.0
    step_s: float = 1.0
    effort: Effort = Effort()
    control: str = "tcp://127.0.0.1:*"
    telemetry: str = "tcp://127.0.0.1:*"
    feed: str = "tcp://127.0.0.1:*"
    observing: Observing = Observing()
    plain: bool = False
    store: str | None = None
    limits: LimitSettings = LimitSettings()
    keep_contacts_days: float = Field(default=30, ge=0, le=3650)
    replans: bool = True

    @field_validator("store")
    @classmethod
    def _without_password(cls, address: str | None) -> str | None:
        return None if address is None else checked(address)


def asset_records(inputs: RunInputs) -> tuple[AssetRecord, ...]:
    """Every asset of a day, lockers included."""
    types = inputs.context.fleet.types
    return tuple(
        AssetRecord(
            asset_id=slot.asset_id,
            type_id=slot.type_id,
            kind=types[slot.type_id].kind,
            site_id=slot.site_id,
        )
        for slot in inputs.assets
    )


def day_opened(setup: Setup, inputs: RunInputs) -> DayOpened:
    """The first event of a day."""
    context = inputs.context
    return DayOpened(
        at=setup.at,
        until=setup.until,
        fleet=context.fleet,
        sites=tuple(context.sites.values()),
        lockers=tuple(context.lockers.values()),
        assets=asset_records(inputs),
        zones_version=context.zones.version,
        energy={slot.asset_id: slot.energy for slot in inputs.assets if slot.energy is not None},
        energy_of_absent=dict(inputs.absent),
    )


@dataclass(slots=True)
class Brain:
    """A hub's core with the state it started from; ``resumed`` says that the store held a day already, ``snapshot`` is
    the position of the snapshot that was taken up (0: none).
    """

    core: HubCore
    resumed: bool
    snapshot: int = 0


def open_core(
    setup: Setup,
    inputs: RunInputs,
    store: Store,
    *,
    make_token: Callable[[], str] = secrets.token_urlsafe,
    wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    monotonic: Callable[[], float] = time.monotonic,
    settings: CoreSettings | None = None,
    refusals: Refusals | None = None,
    shelf: Shelf | None = None,
) -> Brain:
    """The hub's core on a store: a new day is opened, a day that is there is taken up where it stands, with the help of
    a snapshot from ``shelf`` if there is one.
    """
    resumed = store.last_position() > 0
    if not resumed:
        store.commit(Batch(events=(day_opened(setup, inputs),)))
    restored = restored_from(store) if shelf is None else shelf.restored(store)
    state = restored.state
    begun = wall()
    now = _resume_at(store, setup, begun)
    context = as_begun(inputs.context, state)
    clock = _clock(setup, now, monotonic(), _steady_wall(store, begun))
    contexts = Contexts(context)
    core = HubCore(
        state=state,
        dispatcher=Dispatcher(contexts, _settings(setup)),
        monitor=Monitor(contexts),
        clock=clock,
        make_token=make_token,
        anchor=lambda at: ClockAnchor(at, clock.wall_at(at) or wall(), setup.rate),
        settings=settings or CoreSettings(),
        refusals=refusals,
    )
    core.restore(dict(store.peers()), dict(store.outbox()), _roles(state))
    if resumed:
        core.tell(Resume(), monotonic())
    return Brain(core, resumed, restored.snapshot)


def _settings(setup: Setup) -> Settings:
    return Settings(
        keep_contacts_days=setup.keep_contacts_days,
        replans=setup.replans,
        lead_to_plan_s=lead_to_plan_s(setup),
    )


TO_AND_FRO_S = 15.0
"""What a plan takes beside its budget, of the wall's time: a large day is read, handed over and put in force."""


def lead_to_plan_s(setup: Setup) -> float:
    """How long after it was asked for a plan begins, of the day's time: no earlier than it is there, at the day's rate
    and within its budget of time. In lockstep the day waits for its plans."""
    usual, seconds = Settings().lead_to_plan_s, setup.effort.seconds
    if seconds is None or setup.lockstep:
        return usual
    return max(usual, plan_there_s(seconds, setup.rate))


def plan_there_s(seconds: float, rate: float) -> float:
    """When a plan of so many seconds is in force after it was asked for, of the day's time (s)."""
    return (seconds + TO_AND_FRO_S) * rate


def note_put_back(store: Store, setup: Setup, wall: datetime, erasures: Sequence[ContactsErased] = ()) -> int:
    """Note in a store that was just put back from a backup that it was, before a hub runs on it.

    What the hub has numbered since the backup is forgotten here, but assets know it as done: nothing new may have such
    a number (the milliseconds of ``wall`` are far above any). Nor may the numbers of messages go on as if nothing had
    been sent since: no boot of a peer's is known any more, so that each has to begin a new one.

    ``erasures`` of a later log of the same day are done again, since a backup has those people still. Returns of how
    many orders.
    """
    at = _resume_at(store, setup, wall)
    waiting = store.outbox()
    again = _done_again(store, erasures, at) if erasures else ()
    erased = tuple(order_id for event in again for order_id in event.order_ids)
    store.commit(
        Batch(
            events=(StorePutBack(at=at, floor=int(wall.timestamp() * 1000)), *again),
            boots=tuple(PeerRow(p, boot_id="", sent=len(waiting.get(p, ()))) for p in store.peers()),
            erased=erased,
            clock=ClockAnchor(at, wall, setup.rate),
        )
    )
    return len(erased)


def _done_again(store: Store, erasures: Sequence[ContactsErased], at: datetime) -> tuple[ContactsErased, ...]:
    """The erasures, of what the store knows and has not erased itself. Nobody's name is taken off them."""
    parcels = restored_from(store).state.parcels
    left = {order_id for order_id, parcel in parcels.items() if not parcel.erased}
    again = []
    for event in erasures:
        here = tuple(order_id for order_id in event.order_ids if order_id in left)
        left.difference_update(here)
        if here:
            again.append(event.model_copy(update={"at": at, "order_ids": here}))
    return tuple(again)


def _resume_at(store: Store, setup: Setup, wall: datetime) -> datetime:
    """Where business time goes on: at real speed it kept running while the hub was down, simulated time stood still."""
    anchor = store.clock()
    if anchor is None:
        return setup.at
    real = not setup.lockstep and setup.rate == 1
    # A wall clock that was set back while the hub was down must not take business time with it.
    down = max(timedelta(0), wall - anchor.wall) if real else timedelta(0)
    return max(setup.at, anchor.business + down)


def _steady_wall(store: Store, wall: datetime) -> datetime:
    """What the wall clock says, or said when the store was written last: one that was set back may be set right."""
    anchor = store.clock()
    return wall if anchor is None else max(wall, anchor.wall)


def _clock(setup: Setup, now: datetime, wall_s: float, wall: datetime) -> FreeClock | GrantedClock:
    if setup.lockstep:
        pace = None if setup.pace is None else Pace(setup.pace, now, wall_s)
        return GrantedClock(now, timedelta(seconds=setup.step_s), pace=pace)
    return FreeClock(now, wall_s, setup.rate, wall)


def _roles(state: State) -> dict[str, Role]:
    """Who may take an earlier session up: our own assets. Operators' tools and timekeepers begin anew."""
    return dict.fromkeys(state.assets, Role.ASSET)


def read_setup(run: RunDir) -> Setup:
    """How the day of a run directory is run. Raises ``NoSuchRun`` where there is none, else ``RunDirError``."""
    try:
        return Setup.model_validate_json(run.setup.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoSuchRun(run.missing) from None
    except ValidationError as error:
        raise RunDirError(f"{run.setup} is damaged: {what_is_wrong(error)}; choose another --name") from error
    except OSError as error:
        why, transient = unusable(run.setup, error, "choose another --name", run=run.path)
        raise RunDirError(f"{run.setup}: cannot be read: {why}", transient=transient) from error
    except ValueError as error:
        raise RunDirError(f"{run.setup}: cannot be read: {error}") from error


def run_hub(
    run: RunDir,
    stop: Callable[[], bool],
    started: Callable[[Running], None] = lambda _: None,
    *,
    new: Setup | None = None,
) -> None:
    """Run the hub of a run directory until ``stop`` says so; ``started`` is told once it listens.

    ``new`` is how a day is run that begins here; without it the day that is there is taken up. A new day of which a
    file is wrong or an address is taken leaves nothing behind.

    Raises ``RunDirError`` (``RunInUse`` where another hub runs it), ``StoreError``, ``BindError`` and ``IntakeError``.
    """
    # With SQLAlchemy, which whoever only asks a hub does without.
    from fleet.store.sql import SqlStore

    setup = new or read_setup(run)
    if new is not None:
        _refuse_a_second_day(run)
        _refuse_a_used_database(setup.store)
    place = setup.store or run.store
    laps, pulse = Laps(), Pulse()
    inputs = setup.files.read(LOG.info)
    laps.lap("files")
    for told in (*told_of_streets(inputs.context.network), *inputs.stranded):
        LOG.warning("the streets need care", message=told)
    limits = setup.limits.at_rate(setup.rate).within(raise_file_limit())
    refusals = Refusals()
    with (
        _listening(run, setup, inputs, pulse, new=new is not None) as (sockets, access, status),
        closing(SqlStore.open(place, holder=holder_of(run))) as store,
    ):
        laps.lap("store")
        if new is None:
            _refuse_a_lost_day(run, store, place)
        if store.warning is not None:
            LOG.warning("the database needs care", message=store.warning)
        shelf = Shelf(run.snapshots, tell=LOG.warning)
        brain = open_core(setup, inputs, store, refusals=refusals, shelf=shelf)
        laps.lap("state")
        limited = not setup.lockstep
        gate = Gate(sockets, brain.core, access, refusals, settings=limits, limited=limited)
        loop = open_loop(
            brain.core,
            store,
            sockets,
            gate,
            lambda wake: Planning(setup.effort, wake=wake),
            pulse,
            Snapshots(snapshotter(place, run.snapshots, run.log("snapshots")), made=brain.snapshot),
            Reserve(run.reserve) if isinstance(place, Path) else None,
        )
        loop.instruments.shut_out = lambda: access.trouble
        running = _running(setup, sockets).model_copy(update={"status": status})
        run.write_running(running)
        LOG.info(
            "the hub is up",
            release=release(),
            resumed=brain.resumed,
            snapshot=brain.snapshot,
            position=store.last_position(),
            **running.model_dump(exclude={"pids", "console"}),
            **laps.took,
        )
        if setup.plain:
            LOG.warning(
                "this hub runs without keys", advice="for anything but trials start it without --plain"
            )
        started(running)
        tune()
        with watched(setup.observing, pulse), _integrity_watched(place, pulse):
            loop.run(stop)
        LOG.info("the hub has stopped")


@contextmanager
def _listening(
    run: RunDir, setup: Setup, inputs: RunInputs, pulse: Pulse, *, new: bool
) -> Iterator[tuple[Sockets, Access, str | None]]:
    """The hub's sockets, who may come in by them and the address of its status pages, with the run held against any
    other hub until the end.

    A day that is there is held first: who has it says more than whose port is taken. A new one is made only once its
    addresses are bound.
    """
    keyring = Keyring(run.keys)
    with ExitStack() as stack:
        if not new:
            stack.enter_context(run.held())
            Reserve(run.reserve).open_up()
        hub = None if setup.plain else _hub_key(keyring, begun=not new and run.has_day)
        secret = None if hub is None else hub.secret.get_secret_value().encode()
        opened = Sockets(setup.control, setup.telemetry, setup.feed, secret=secret)
        sockets = stack.enter_context(closing(opened))
        status = stack.enter_context(status_pages(setup.observing, pulse))
        if new:
            run.create()
            stack.enter_context(run.held())
            _refuse_a_second_day(run, ours=True)
        if hub is not None:
            keyring.prepare(datetime.now(UTC), simulated(inputs), hub)
        if new:
            # Last: a day that can be taken up has its keys.
            kept = setup.model_copy(update={"files": setup.files.absolute()})
            run.write(run.setup, kept.model_dump_json(indent=1))
        yield sockets, PlainAccess() if hub is None else KeyAccess(keyring), status


def _hub_key(keyring: Keyring, *, begun: bool) -> HubKey:
    """The key that the hub proves itself with: a fresh one for a day that has not ``begun``, else what is there.

    Raises ``KeyringError``: a day that goes on without its keys would lock everybody out that has one.
    """
    if begun or keyring.file.exists():
        keyring.table()
        return keyring.hub_key()
    return new_hub_key()


def simulated(inputs: RunInputs) -> dict[str, Role]:
    """Whom a simulated world of this day connects as."""
    others = {TIMEKEEPER: Role.TIMEKEEPER, PEOPLE: Role.OPERATOR, STATION: Role.WEATHER}
    return others | {slot.asset_id: Role.ASSET for slot in inputs.assets}


def holder_of(run: RunDir) -> str:
    """How a run calls itself to other hubs on its database; a file needs no name, since the run's lock guards it.

    Names of hosts and paths are alike on many machines (``localhost``, containers): the run has a random part too.
    """
    if run.place == run.store:
        return ""
    return f"{socket.gethostname()}:{run.path.absolute()}:{run.identity()}"


def _integrity_watched(place: Path | str, pulse: Pulse) -> AbstractContextManager[object]:
    """Have a file read through now and then; a database's server looks after its own (``data_checksums``)."""
    return closing(IntegrityWatch(place, pulse)) if isinstance(place, Path) else nullcontext()


def _refuse_a_used_database(address: str | None) -> None:
    """Raises ``RunDirError`` where a database holds a day already, and ``StoreError`` where it can't be reached."""
    if address is None:
        return
    try:
        used = Reader(address).last_position() > 0
    except StoreError as error:
        if error.failure is not Failure.SCHEMA:
            raise
        used = False  # There are no tables yet.
    if used:
        raise RunDirError(f"{address}: a day is there already; choose another database or schema")


def _refuse_a_lost_day(run: RunDir, store: Store, place: Path | str) -> None:
    """Raises ``StoreError`` where a hub has been up and its store holds nothing: to begin anew would forget a day."""
    if run.has_been_up() and store.last_position() == 0:
        raise StoreError(
            f"{place}: holds nothing, but a hub of {run.path} has been up: put back what was there, or take up a "
            "backup with `fleet hub restore`; a new day begins under another --name"
        )


def _refuse_a_second_day(run: RunDir, *, ours: bool = False) -> None:
    """Raises ``RunDirError`` where a day is already; ``ours`` says that we hold the run ourselves."""
    if not ours and run.is_live():
        raise run.in_use()
    if run.has_day:
        raise RunDirError(
            f"{run.path}: a day is there already; take it up with --resume, or choose another --name"
        )


def _running(setup: Setup, sockets: Sockets) -> Running:
    return Running(
        name=setup.name,
        control=bound_address(sockets.control),
        telemetry=bound_address(sockets.telemetry),
        feed=bound_address(sockets.feed),
        plain=setup.plain,
        pids={"hub": os.getpid()},
    )
