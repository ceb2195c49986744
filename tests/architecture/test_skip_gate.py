"""The gate that makes `make test` fail on a skip that is not allowed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

SKIPS = "import pytest\n\ndef test_it() -> None:\n    pytest.skip({reason!r})\n"
SKIPS_ALL = "import pytest\n\npytest.skip({reason!r}, allow_module_level=True)\n"
PASSES = "def test_it() -> None:\n    pass\n"
PROCESSES = pytest.mark.parametrize("processes", [0, 2])


def run_pytest(folder: Path, reason: str, processes: int, *skips: str) -> subprocess.CompletedProcess[str]:
    """A run of its own, with the gate, on files that skip; in this process or in several, as `make test` does it."""
    for number, text in enumerate(skips):
        (folder / f"test_skips_{number}.py").write_text(text.format(reason=reason), encoding="utf-8")
    (folder / "test_passes.py").write_text(PASSES, encoding="utf-8")
    plugins = ["-p", "skip_gate", "-p", "xdist", "-n", str(processes), "--dist", "loadfile"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-c", os.devnull, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".ci"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@PROCESSES
def test_a_skip_that_is_not_listed_fails_the_run(tmp_path: Path, processes: int) -> None:
    """The summary names the test, or the whole file, and its reason."""
    done = run_pytest(tmp_path, "no time today", processes, SKIPS, SKIPS_ALL)
    assert done.returncode == 1, done.stdout
    for named in ("test_skips_0.py::test_it", "test_skips_1.py"):
        assert f"{named}: no time today\n" in done.stdout


@PROCESSES
def test_a_listed_skip_passes_only_where_what_it_needs_is_missing(tmp_path: Path, processes: int) -> None:
    """The listed reason is no excuse where the files are there."""
    done = run_pytest(tmp_path, "needs ../shared/data", processes, SKIPS)
    assert (done.returncode == 1) == (ROOT.parent / "shared" / "data").exists()


def test_nothing_skipped_passes(tmp_path: Path) -> None:
    """The gate fails nothing else."""
    done = run_pytest(tmp_path, "", 2, PASSES)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout.splitlines()[-1]
