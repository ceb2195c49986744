"""Where the routing engines of the extra ``streets`` are: found without being loaded, only when they are asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from fleet.network.errors import NetworkError

LEAST_PYTHON = (3, 12)
"""The engines come ready-made for this version of Python and later ones."""


@dataclass(frozen=True, slots=True)
class Package:
    """An engine: what it is called here, where it is installed from, and what is imported."""

    label: str
    name: str
    module: str


TABLES = Package("the routing engine", "osrm-bindings", "osrm")
"""Fast tables of ways, for vans and people on foot."""

TILES = Package("the engine of tiles", "pyvalhalla", "valhalla")
"""What wheels can take, closed streets, and how far one comes."""


def package_folder(package: Package) -> Path:
    """Where an engine's programs (``bin``) are. Raises ``NetworkError`` where it is missing, with what to install."""
    found = find_spec(package.module)
    if found is None or not found.submodule_search_locations:
        raise NetworkError("streets", missing(package, sys.version_info[:2]))
    return Path(found.submodule_search_locations[0])


def package_version(package: Package) -> str:
    """Name and version of an engine. Raises ``NetworkError`` as ``package_folder`` does."""
    package_folder(package)
    try:
        return f"{package.name} {version(package.name)}"
    except PackageNotFoundError:
        raise NetworkError("streets", missing(package, sys.version_info[:2])) from None


def missing(package: Package, python: tuple[int, int]) -> str:
    """What to do where an engine is not there, on this version of Python."""
    if python < LEAST_PYTHON:
        return (
            "{} needs Python {}.{} or later, and this is {}.{}: set up another with "
            "`make setup PYTHON=/path/to/python3.12`, or install there with `pip install 'lastmile-fleet[hub,streets]'`"
        ).format(package.label, *LEAST_PYTHON, *python)
    return f"{package.label} ({package.name}) is not installed: `pip install 'lastmile-fleet[streets]'`"
