"""``fleet hub backup|restore|verify``: keep a day, take it up again elsewhere, see whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from fleet.backup import BackupError, DamagedBackup, back_up, check, put_back, restore, today
from fleet.cli.day import Name, Root, run_refused
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, Unreachable, relative, show, warn
from fleet.hub.folders import left_over
from fleet.hub.rundir import DEFAULT_NAME, ROOT, NoSuchRun, RunDir, RunDirError
from fleet.store.base import StoreError
from fleet.store.verify import Found, verify


def backup(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where to; it must not be there yet.")],
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Back a run up, also while its hub is up: store, setup and input files. Keys are not in it."""
    with _explained():
        made = back_up(RunDir.named(name, root), out, now=today())
    words = f"{relative(out)}: {made.position} events of {made.run}; it holds personal data, and no keys"
    show({"backup": str(out), **made.model_dump(mode="json")}, words, as_json=as_json)
    _warn_of_left_over(out)


def restore_run(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `fleet hub backup` made.")],
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    force: Annotated[
        bool, typer.Option("--force", help="Also where there is a run of that name, which is kept beside it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a run of a backup; `fleet hub --resume` then takes it up. A damaged backup is refused."""
    run = RunDir.named(name, root)
    with _explained():
        done = restore(source, run, now=today(), replace=force)
    made, aside = done.manifest, done.aside
    data = {
        "run": str(run.path),
        "aside": None if aside is None else str(aside),
        "position": made.position,
        "erased": done.erased,
        "unknown": done.unknown,
    }
    words = f"{relative(run.path)}: {made.position} events of {made.run}; take it up with --resume"
    if done.erased:
        words += f"; the personal data of {done.erased} orders was erased again"
    if aside is not None:
        words += f"; what was there is {relative(aside)} now: it holds personal data, which later erasures do not reach"
    show(data, words, as_json=as_json)
    if done.unknown is not None:
        warn(
            f"who was erased since the backup ({made.made_at:%Y-%m-%dT%H:%MZ}) is not known, "
            f"so erase them again by hand: {done.unknown}"
        )
    if not run.keys.exists() and not run_is_plain(run):
        warn(
            f"no keys are in a backup: copy the folder of the old run to {relative(run.keys)} before --resume"
        )
    _warn_of_left_over(run.path)


def _warn_of_left_over(place: Path) -> None:
    """Who was killed could not tidy up, and nobody else may: what is deleted is for a person to say."""
    for path in left_over(place):
        warn(
            f"{relative(path)} was left unfinished by a backup or restore that was killed; it may hold personal data: "
            "delete it"
        )


def note_put_back(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """Tell a run that its store was put back by other means than `restore` (pg_restore, a copy of the disk).

    Peers know more than such a store: nothing new may have the number of what they did since."""
    run = RunDir.named(name, root)
    with _explained():
        put_back(run, now=today())
    show({"run": str(run.path)}, f"{relative(run.path)}: noted; take it up with --resume", as_json=as_json)


def run_is_plain(run: RunDir) -> bool:
    """Whether the hub of a run wants no keys."""
    from fleet.app import read_setup

    return read_setup(run).plain


def verify_run(
    source: Annotated[
        Path | None, typer.Option("--backup", metavar="FOLDER", help="Look at a backup instead of a run.")
    ] = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Read everything that a run or a backup holds, and rebuild the state from it. Exits with 1 where it is damaged."""
    where = source or RunDir.named(name, root).path
    with _explained():
        found = _verified(RunDir.named(name, root)) if source is None else _checked(source)
    data = {
        "whole": found.whole,
        "position": found.position,
        "revision": found.revision,
        "faults": list(found.faults),
        "more": found.more,
    }
    show(data, _words(relative(where), found), as_json=as_json)
    if not found.whole:
        raise SystemExit(ExitCode.NO)


def _checked(source: Path) -> Found:
    try:
        return check(source)[1]
    except DamagedBackup as error:
        return Found(0, None, (str(error),))


def _verified(run: RunDir) -> Found:
    if not run.can_be_read:
        raise NoSuchRun(run.missing)
    return verify(run.place)


def _words(where: str, found: Found) -> str:
    if found.whole:
        return f"{where}: whole, {found.position} events"
    more = [f"and {found.more} more"] if found.more else []
    lines = [*found.faults, *more, "take up a backup with `fleet hub restore`"]
    return "\n".join([f"{where}: damaged", *(f"  {line}" for line in lines)])


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except NoSuchRun as error:
        raise Unreachable(str(error)) from error
    except RunDirError as error:
        raise run_refused(error) from error
    except BackupError as error:
        raise BadInput(str(error)) from error
    except StoreError as error:
        raise Unreachable(str(error)) from error
