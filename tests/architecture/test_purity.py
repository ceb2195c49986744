"""Packages that are pure stay pure: no clock, no I/O, no global randomness; `now` and `rng` are arguments."""

import ast
from pathlib import Path

import pytest

from tests.architecture.purity import impurities
from tests.architecture.tree import ROOT, parse, place, python_files

PURE = (
    "fleet/protocol",
    "fleet/domain",
    "fleet/kinds",
    "fleet/energy",
    "fleet/feasibility",
    "fleet/planner",
    "fleet/dispatch",
    "fleet/sim",
    "geofences",
)
# They read files for those who use geofences alone, or the data that comes with the package.
EDGES = (
    "geofences/readers",
    "geofences/terrain/files",
    "geofences/terrain/provider.py",
    "fleet/energy/catalog.py",
)


def is_edge(file: Path) -> bool:
    """Whether this file is one of the named edges."""
    return any((ROOT / edge) in (file, *file.parents) for edge in EDGES)


@pytest.mark.parametrize("package", PURE)
def test_pure_package_uses_no_clock_no_io_and_no_global_randomness(package: str) -> None:
    """The message names file and line, and what to do instead."""
    found = [
        f"{place(file, line)}: {name}"
        for file in python_files(package)
        if not is_edge(file)
        for line, name in impurities(parse(file))
    ]
    assert not found, "pass `now`, `rng` or the read text as an argument instead:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "import os.path, socket",
        "from time import monotonic",
        "from urllib.request import urlopen",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import date\ndate.today()",
        "import random\nrandom.random()",
        "from random import shuffle",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nnp.random.default_rng()",
        "open('x')",
        "path.read_text()",
        "import uuid\nuuid.uuid4()",
        "import os\nos.environ['HOME']",
    ],
)
def test_impurity_is_found(code: str) -> None:
    """Each way round the rule is seen."""
    assert list(impurities(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import UTC, datetime, time, timedelta",
        "from random import Random\nRandom(7).random()",
        "import random\ndef f(rng: random.Random) -> float: return rng.random()",
        "import numpy as np\nnp.random.default_rng(seed)",
        "clock.now()",
        "from uuid import UUID",
        "from collections.abc import Callable",
    ],
)
def test_pure_code_is_left_alone(code: str) -> None:
    """What takes its time or seed as an argument is no impurity."""
    assert not list(impurities(ast.parse(code)))
