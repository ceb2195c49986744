"""The gate that makes `make test` fail on a skip that is not allowed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

SKIPS = "import pytest\n\ndef test_it() -> None:\n    pytest.skip({reason!r})\n"


def run_pytest(folder: Path, reason: str) -> subprocess.CompletedProcess[str]:
    """A run of its own, with the gate, on one test that skips."""
    (folder / "test_skips.py").write_text(SKIPS.format(reason=reason), encoding="utf-8")
    plugins = ["-p", "skip_gate", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-c", os.devnull, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".ci")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_that_is_not_listed_fails_the_run(tmp_path: Path) -> None:
    """The summary names the test and its reason."""
    done = run_pytest(tmp_path, "no time today")
    assert done.returncode == 1
    assert "test_it: no time today" in done.stdout


def test_a_listed_skip_passes_only_where_what_it_needs_is_missing(tmp_path: Path) -> None:
    """The listed reason is no excuse where the files are there."""
    done = run_pytest(tmp_path, "needs ../shared/data")
    assert (done.returncode == 1) == (ROOT.parent / "shared" / "data").exists()
