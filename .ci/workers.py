"""A pytest plugin: how many processes `make test` uses where it is told `-n auto`.

Three for every two cores, since many tests wait: for a process to start, a time-out to pass, a disk. No more than there
are files to share out; a single file runs here, without the second or two that processes take to start.
"""

from collections.abc import Generator, Iterable
from pathlib import Path

import pytest


def files_of(arguments: Iterable[str], folder: Path) -> int:
    """How many test files the arguments of pytest name, as files, folders or `file::test`."""
    found = set[Path]()
    for argument in arguments:
        place = folder / argument.partition("::")[0]
        found.update(place.rglob("test_*.py") if place.is_dir() else [place])
    return len(found)


def processes_for(cores: int, files: int) -> int:
    """How many to start; 0 is this process alone."""
    most = min(cores * 3 // 2, files)
    return most if most > 1 else 0


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Bound what pytest-xdist would take."""
    return processes_for((yield), files_of(config.args, config.invocation_params.dir))
