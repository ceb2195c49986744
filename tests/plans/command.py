"""``fleet plan`` on the files of a city: in this process, or as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from fleet.cli import main as cli
from tests.plans.city import Inputs


class Made(NamedTuple):
    """The plan's file, and what the command told of it."""

    file: Path
    told: str


def plan(inputs: Inputs, out: Path, *extra: str, seed: int = 1) -> Made:
    """Run the command in this process, which has loaded all of it already; fail with what it says.

    Plans over streets are for ``plan_in_a_process``: their engine is to end with its process, and leave nothing over.
    """
    told, noted = StringIO(), StringIO()
    with redirect_stdout(told), redirect_stderr(noted), pytest.raises(SystemExit) as end:
        cli.main(_words(inputs, out, seed, *extra))
    _check(end.value.code, told.getvalue(), noted.getvalue())
    return Made(out, told.getvalue())


def plan_in_a_process(root: Path, inputs: Inputs, out: Path, *extra: str) -> Made:
    """Run it in the checkout as a user does; fail with what it says."""
    command = [sys.executable, "-m", "fleet", *_words(inputs, out, 1, *extra)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=280)
    _check(run.returncode, run.stdout, run.stderr)
    assert "leaked" not in run.stderr, (
        "what the engine of streets says of objects that are left over at the end"
    )
    return Made(out, run.stdout)


def _words(inputs: Inputs, out: Path, seed: int, *extra: str) -> list[str]:
    named = {name: getattr(inputs, name) for name in ("orders", "depots", "lockers", "weather")}
    files = [f"--{name}={path}" for name, path in (named | {"out": out}).items()]
    return ["plan", f"--seed={seed}", *files, *(f"--zones={path}" for path in inputs.zones), *extra]


def _check(code: object, told: str, noted: str) -> None:
    assert code == 0, f"exit {code}\n{told[-2000:]}\n{noted[-4000:]}"
