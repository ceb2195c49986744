"""Hooks of pytest for a run in several processes (pytest-xdist); without these they do nothing.

Each file goes to one process as a whole (`--dist loadfile`), so that what a file has started is started once.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import Turns

SHARED = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
TURNS = pytest.StashKey[Turns]()
FOLDER = "turns"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process where all of them take turns (the one that starts them calls this)."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = tempfile.TemporaryDirectory(prefix="turns-")
    node.workerinput[FOLDER] = stash[SHARED].name


def pytest_configure(config: pytest.Config) -> None:
    """In one of several processes: take turns with the others."""
    if (told := getattr(config, "workerinput", None)) is not None:
        config.stash[TURNS] = Turns(Path(told[FOLDER]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if TURNS in config.stash:
        config.stash[TURNS].close()
    if SHARED in config.stash:
        config.stash[SHARED].cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Each process goes through the folders from another one on. In a fresh checkout each file has to be compiled, and
    assertions written out: who comes to it later finds that done, which is most of what collecting takes.
    """
    report = yield
    if TURNS in collector.config.stash and isinstance(collector, pytest.Directory):
        told = collector.config.workerinput  # type: ignore[attr-defined]
        first = len(report.result) * int(told["workerid"].removeprefix("gw")) // told["workercount"]
        report.result = report.result[first:] + report.result[:first]
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with tests that are to be alone come first, before others wait for something long to end; then files that
    take long, so that none is left for the end, when the other processes have nothing to do.

    pytest-xdist hands files out in this order; among files that are alike it stays random. Tests that are to be alone
    come first in theirs: they follow each other, and the other processes wait for all of them once.
    """
    if TURNS in config.stash:
        if not config.getoption("randomly_reorganize", default=False):
            items.sort(key=lambda item: item.path)  # in all processes the same, as a random order is
        alone = {item.path for item in items if _alone(item)}
        slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: (item.path not in alone, -slow[item.path], not _alone(item)))


def _alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Wait for a test's turn. This is outside of what pytest-timeout measures."""
    turns = item.config.stash.get(TURNS, None)
    if turns is None:
        return (yield)
    turns.enter(alone=_alone(item))
    try:
        return (yield)
    finally:
        turns.leave(keep=_alone(nextitem))
