"""What it means that the system does not let us have a file: what to do about it, and whether it may pass by itself."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path
from typing import Final, NamedTuple

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""There is no room."""

_ADVICE: Final = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room, or ask for more of that disk",
    errno.EROFS: "make the disk writable; a system makes it read-only when it fails: see its log",
    errno.EIO: "the disk fails: see the system's log",
    errno.ESTALE: "mount the disk anew",
    errno.ENFILE: "too many files are open on this machine",
    errno.EMFILE: "let it open more files (ulimit -n)",
}
"""What is the machine's, and no fault of what was asked for."""


class Unusable(NamedTuple):
    """``why`` tells what is the matter and what to do; ``transient``: it may pass, so trying again is worth it."""

    why: str
    transient: bool


def unusable(path: Path, error: OSError, otherwise: str, *, run: Path | None = None) -> Unusable:
    """What an error with a file means; ``otherwise`` is what to do where the file itself is the matter. ``run`` is the
    run directory that it is part of.
    """
    said = error.strerror or str(error)
    if error.errno in _ADVICE:
        return Unusable(f"{said}; {_ADVICE[error.errno]}", transient=True)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unusable(f"{said}; {_whose(path, run)}", transient=False)
    return Unusable(f"{said}; {otherwise}", transient=False)


def _whose(path: Path, run: Path | None) -> str:
    """Whom a file, or the folder that hides it, belongs to, and who we are."""
    for where in (path, *path.absolute().parents):
        try:
            owner = where.stat().st_uid
        except OSError:
            continue
        us = os.geteuid()
        if owner == us:
            return f"{where} is {_name(us)}'s own: see its mode (chmod u+rwX)"
        return (
            f"{where} belongs to {_name(owner)}, and this process runs as {_name(us)}: run it as {_name(owner)} "
            f"(sudo -u {_name(owner)} …), or {_given(path, where, run, _name(us))}"
        )
    raise AssertionError("the root folder can be looked at")


def _given(path: Path, where: Path, run: Path | None, us: str) -> str:
    """How to give it to us; of a folder above the run that is closed to us, nobody should give us all."""
    if run is not None and where.is_relative_to(run):
        return f"give it away: chown -R {us}: {run}"
    return f"give it away: chown {us}: {path}" if where == path else f"put it where {us} can reach it"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
