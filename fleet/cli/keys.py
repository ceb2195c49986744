"""``fleet keys``: who may connect to the hub of a run. It works with the hub up or down; a hub that is up notices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import By, Day, Name, Root, run_refused, who
from fleet.cli.options import Json, moment_option
from fleet.cli.output import BadInput, note, show, table, warn
from fleet.domain.events import DayOpened
from fleet.hub.rundir import DEFAULT_NAME, ROOT, RunDir, RunDirError
from fleet.hub.security.keyring import Keyring, new_hub_key
from fleet.hub.security.keytable import SIMULATION, KeyEntry
from fleet.protocol.messages import Role
from fleet.store.base import StoreError
from fleet.store.reader import Reader

app = typer.Typer(no_args_is_help=True)

Subject = Annotated[
    str,
    typer.Argument(metavar="SUBJECT", help="An asset's id, or what an operator, station or tool is called."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="The key counts until then.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="The key file; in the run directory unless told.")
]
PLAIN = (
    "{run}: this run goes without keys (`--plain`): every process on this machine may connect, nobody from elsewhere. "
    "For keys begin a day without --plain"
)
COLUMNS = ("key", "subject", "role", "state", "from", "until", "made", "by")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@app.callback()
def _noun() -> None:
    """Make, list, rotate and revoke the keys of a run."""


@app.command("create")
def create(
    subject: Subject,
    role: Annotated[Role, typer.Option("--role", help="What it may do.")],
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="The key counts from then on.")
    ] = None,
    until: Until = None,
    out: Out = None,
    by: By = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Make a key. Its secret half stands in the file and nowhere else: give it to whom it is for."""
    run = _keyed(name, root)
    simulated = Keyring(run.keys).simulated(subject) is not None
    with _reported():
        entry, path = Keyring(run.keys).create(
            subject,
            role,
            datetime.now(UTC),
            by=_person(by),
            not_before=moment_option("--from", begin) if begin else None,
            not_after=moment_option("--until", until) if until else None,
            out=out,
            endpoints=_endpoints(run),
        )
    _made(entry, path, as_json=as_json)
    if simulated:
        note(
            f"{subject} is simulated no more: a simulation of this run leaves it out, and goes on with the others"
        )
    if role is Role.ASSET:
        _warn_of_use(run, subject)


@app.command("list")
def list_keys(
    every: Annotated[bool, typer.Option("--all", help="Also those that no longer count.")] = False,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the keys: whose, for what, from when until when. Secrets are not shown."""
    now = datetime.now(UTC)
    run = _run(name, root)
    if _plain(run):
        show({"keys": [], "plain": True}, PLAIN.format(run=run.path), as_json=as_json)
        return
    with _reported():
        keys = Keyring(run.keys).table().keys
    shown = [key for key in keys if every or key.may_count(now)]
    rows = [_row(key, now) for key in shown]
    ended = len(keys) - len(shown)
    more = f"; {ended} that no longer count are shown with --all" if ended else ""
    lines = [[row[column] or "" for column in COLUMNS] for row in rows]
    show(
        {
            "keys": [key.model_dump(mode="json") | {"state": key.state(now).value} for key in shown],
            "plain": False,
        },
        f"{table(COLUMNS, lines)}\n{len(shown)} keys{more}",
        as_json=as_json,
    )


@app.command("rotate")
def rotate(
    subject: Subject,
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap", metavar="7d", help="How long the old key goes on counting: 30s, 15m, 12h, 7d."
        ),
    ] = "7d",
    until: Until = None,
    out: Out = None,
    by: By = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Make the key that takes the place of another. Both count for a while, so that nobody is cut off."""
    run = _keyed(name, root)
    with _reported():
        entry, path = Keyring(run.keys).rotate(
            subject,
            datetime.now(UTC),
            by=_person(by),
            overlap=_duration(overlap),
            not_after=moment_option("--until", until) if until else None,
            out=out,
            endpoints=_endpoints(run),
        )
    _made(entry, path, as_json=as_json)


@app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY|SUBJECT", help="A key's id, or all keys of a subject.")],
    by: By = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Let a key in no more. A hub that is up ends its connection within a second; sessions of others go on."""
    with _reported():
        gone = Keyring(_keyed(name, root).keys).revoke(key, datetime.now(UTC), by=_person(by))
    told = [f"revoked {each.key_id} of {each.subject}" for each in gone] or [f"{key} was revoked already"]
    show({"revoked": [each.key_id for each in gone]}, "\n".join(told), as_json=as_json)


@app.command("init")
def init(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """Make the first keys of a run that has none: the hub's, and those of the commands and the console here."""
    run = _keyed(name, root)
    ring = Keyring(run.keys)
    with _reported():
        if ring.file.exists():
            raise BadInput(f"{ring.file}: there are keys already; `fleet keys list` shows them")
        hub = ring.hub_key() if ring.hub_file.exists() else new_hub_key()
        ring.prepare(datetime.now(UTC), {}, hub)
    show({"keyring": str(ring.file)}, f"made {ring.file}", as_json=as_json)


@app.command("rotate-hub")
def rotate_hub(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """Give the hub another key from its next start on. Key files elsewhere then have to be made anew."""
    run = _keyed(name, root)
    with _reported():
        if run.is_live():
            raise BadInput(f"{run.path}: its hub is running; stop it first, since nobody would find it again")
        rewritten = Keyring(run.keys).rotate_hub()
    show(
        {"rewritten": rewritten},
        f"the hub has another key; {len(rewritten)} key files in {run.keys} know it. Whoever has a file elsewhere "
        "needs a new one: fleet keys rotate SUBJECT",
        as_json=as_json,
    )


def _run(name: str, root: Path) -> RunDir:
    run = RunDir.named(name, root)
    with _reported():
        there = run.is_set_up
    if not there:
        raise BadInput(run.missing)
    return run


def _keyed(name: str, root: Path) -> RunDir:
    """A run whose hub wants keys. Raises ``BadInput`` for one that has none to make, rotate or revoke."""
    run = _run(name, root)
    if _plain(run):
        raise BadInput(PLAIN.format(run=run.path))
    return run


def _plain(run: RunDir) -> bool:
    try:
        said = json.loads(run.setup.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("plain") is True


def _warn_of_use(run: RunDir, asset_id: str) -> None:
    """Say of an asset's key that was just made why it lets nobody in, where it does not."""
    assets = _assets(run)
    if assets and asset_id not in assets:
        near = get_close_matches(asset_id, assets, n=1, cutoff=0.4)
        warn(
            f"no asset {asset_id!r} is in the fleet of this day, so the key lets nobody in until a day is begun whose "
            f"fleet file has it; {f'did you mean {near[0]!r}? ' if near else ''}`fleet assets list` shows what there is"
        )
    elif Day(run).lockstep():
        warn(
            "the time of this run is that of its simulation, which a real vehicle can't follow, so it would be turned "
            "away. Run the day with `fleet hub` and `fleet-adapter sim` instead of `fleet demo`"
        )


def _assets(run: RunDir) -> tuple[str, ...]:
    """The assets of the day; none where it has not begun, or its store can't be read."""
    try:
        first = next(Reader(run.place).events(limit=1), None)
    except StoreError:
        return ()
    opened = first.event if first is not None else None
    return tuple(asset.asset_id for asset in opened.assets) if isinstance(opened, DayOpened) else ()


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except RunDirError as error:
        raise run_refused(error) from error


def _endpoints(run: RunDir) -> dict[str, str]:
    """Where the hub listens, as far as that is known: a hint for whoever gets the file."""
    try:
        running = run.running()
    except RunDirError:
        return {}
    return {"control": running.control, "telemetry": running.telemetry}


def _made(entry: KeyEntry, path: Path, *, as_json: bool) -> None:
    show(
        {"key_id": entry.key_id, "subject": entry.subject, "role": entry.role.value, "file": str(path)},
        f"made {entry.key_id} for {entry.subject} ({entry.role.value}): {path}",
        as_json=as_json,
    )


def _row(key: KeyEntry, now: datetime) -> dict[str, Any]:
    ended = key.revoked_at or key.not_after
    return {
        "key": key.key_id,
        "subject": key.subject,
        "role": key.role.value,
        "state": f"revoked by {key.revoked_by}" if key.revoked_by else key.state(now).value,
        "from": _minute(key.not_before),
        "until": _minute(ended) if ended else "",
        "made": _minute(key.created_at),
        "by": key.by,
    }


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def _person(by: str | None) -> str:
    """Who makes or revokes a key. Raises ``BadInput`` for nobody, and for the name that simulated keys bear."""
    name = who(by).strip()
    if name in ("", SIMULATION):
        raise BadInput(f"--by: must say who you are (found {name!r})")
    return name


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise BadInput(f"--overlap: must be like 30s, 15m, 12h or 7d (found {text!r})")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])
