"""`geofences` can be installed by itself: its extra names what it imports, and nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator

from tests.architecture.tree import ROOT, parse, python_files

OPTIONAL = {"cython"}
"""Needed to build; `geofences.kernels.uncompiled` stands for it where it is not there."""

DATA = {"tzdata"}
"""Not imported: `zoneinfo` of the standard library reads it where the system knows no time zones."""

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def imported() -> Iterator[str]:
    """The top names of all that the package imports."""
    for file in python_files("geofences"):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.Import):
                yield from (one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def names(requirements: list[str]) -> set[str]:
    """The distributions of requirements; those of this package are called as what is imported of them."""
    return {re.split(r"[^\w-]", one, maxsplit=1)[0] for one in requirements}


def test_the_extra_names_what_is_imported() -> None:
    """No more either: whoever takes the library alone installs no solver and no web server."""
    found = set(imported())
    others = found - sys.stdlib_module_names - {"geofences"} - OPTIONAL
    assert names(EXTRAS["geofences"]) == others | DATA
    assert {"zoneinfo", "numpy"} <= found


def test_the_hub_has_it() -> None:
    """By the extra, so that no version is stated twice."""
    assert f"{PROJECT['name']}[geofences]" in EXTRAS["hub"]
    assert not names(EXTRAS["hub"]) & names(EXTRAS["geofences"])
