"""How seldom a process looks for garbage, seen from within one that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AT_THE_END = """
import atexit, gc

def tell():
    print(gc.get_threshold()[0], gc.get_freeze_count() > 1_000)

atexit.register(tell)  # comes after what is registered later
tell()
"""
ENDS = {
    "nothing is asked for": "",
    "a command": "from fleet.cli.main import main\nmain(['zones', '--help'])",
    "an adapter": "from adapters.cli import main\nmain(['--help'])",
    "what stays": "from fleet.protocol.interpreter import keep_loaded\nkeep_loaded()",
    "a library that counts": "from fleet.protocol import interpreter as one\n"
    "one.collect_seldom()\none.collect_at_the_end()\none.keep_loaded()",
}


@pytest.mark.parametrize("what", ENDS)
def test_a_process_collects_seldom_and_not_at_its_end(repo_root: Path, what: str) -> None:
    """What was loaded is out of the collector's sight when the process ends; where nobody asked for it, it is not."""
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END + ENDS[what]],
        cwd=repo_root,
        capture_output=True,
        text=True,
        check=True,
    )
    own, at_the_end = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
    collected = what == "a library that counts"
    assert at_the_end == (own if not ENDS[what] else f"20000 {not collected}")
    assert own != "20000 True"
