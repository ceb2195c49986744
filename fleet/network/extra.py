"""Where the routing engine of the extra ``streets`` is: found without being loaded, and only when it is asked for."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from fleet.network.errors import NetworkError

PACKAGE = "osrm-bindings"
LEAST_PYTHON = (3, 12)
"""The engine comes ready-made for this version of Python and later ones."""


def engine_folder() -> Path:
    """Where the engine's programs (``bin``) and profiles (``share/profiles``) are. Raises ``NetworkError`` where it is
    not installed, with what to install."""
    found = find_spec("osrm")
    if found is None or not found.submodule_search_locations:
        raise NetworkError("streets", missing(sys.version_info[:2]))
    return Path(found.submodule_search_locations[0])


def engine_version() -> str:
    """Name and version of the engine."""
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        raise NetworkError("streets", missing(sys.version_info[:2])) from None


def missing(python: tuple[int, int]) -> str:
    """What to do where the engine is not there, on this version of Python."""
    if python < LEAST_PYTHON:
        return (
            "the routing engine needs Python {}.{} or later, and this is {}.{}: set up another with "
            "`make setup PYTHON=/path/to/python3.12`, or install there with `pip install 'lastmile-fleet[hub,streets]'`"
        ).format(*LEAST_PYTHON, *python)
    return "the routing engine is not installed: `pip install 'lastmile-fleet[streets]'`"
