"""Fixtures and Hypothesis profiles for all tests."""

import gc
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres as postgresql

pytest_plugins = ["tests.parallel"]

ROOT = Path(__file__).resolve().parent.parent

# Thousands of tests, and all that they import, live to the end: Python's own 2,000 would look them through thousands
# of times, to no end.
gc.set_threshold(20_000, 20, 50)

# `ci` draws the same examples every time, so that a red run can be repeated; `dev` explores; `deep` is for
# `make soak`. None looks at the time that an example takes, which depends on what else runs.
_common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _common, max_examples=50)
settings.register_profile("ci", _common, max_examples=100, derandomize=True, print_blob=True)
settings.register_profile("deep", _common, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_configure() -> None:
    """A run that a shell has put in the background ignores Ctrl-C, and so would what it starts: undo that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What is loaded by now is not looked through again by the garbage collector."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the checkout; a test that needs it is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data")
    return folder


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers of this test's own: the same in every run and every order."""
    return random.Random(request.node.nodeid)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    """A PostgreSQL server, started when the first test wants it."""
    with postgresql.serving() as server:
        yield server
