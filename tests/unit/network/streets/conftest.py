"""Towns that are built once. The routing engine comes for Python 3.12 and later; there a missing one is a failure."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fleet.network.extra import LEAST_PYTHON
from fleet.network.sidewalks import Ring
from fleet.network.streets import StreetNetwork, open_streets
from fleet.protocol.values import Place
from tests.support.streetmap import Town

collect_ignore_glob = [] if sys.version_info[:2] >= LEAST_PYTHON else ["test_*.py"]


def town() -> Town:
    """A main street of two kilometres, and off it what is hard:

    - node 10 is reached by steps only, 11 by a track of sand, 12 by a path that is fit for all (from 4);
    - 20 and 21 are a street that nothing leads to, 900 m north;
    - 3 to 4 is one-way, with a longer way round by 30 and 31.
    """
    made = Town()
    for number, east_m in ((1, 0), (2, 500), (3, 1000), (4, 1500), (5, 2000)):
        made.add(number, east_m, 0)
    for number, east_m, north_m in ((10, 500, 200), (11, 1000, 200), (12, 1500, 200)):
        made.add(number, east_m, north_m)
    made.add(20, 0, 900)
    made.add(21, 300, 900)
    made.add(30, 1000, -300)
    made.add(31, 1500, -300)
    made.way(1, 2, 3, highway="residential", maxspeed="50")
    made.way(3, 4, highway="residential", maxspeed="50", oneway="yes")
    made.way(4, 5, highway="residential", maxspeed="50")
    made.way(3, 30, 31, 4, highway="residential", maxspeed="30")
    made.way(2, 10, highway="steps")
    made.way(3, 11, highway="path", surface="sand")
    made.way(4, 12, highway="footway", surface="paved")
    made.way(20, 21, highway="residential")
    return made


def detour() -> Town:
    """A straight street of 800 m, and on to 6, with a way round its second half, whose 3 is a crossing."""
    made = Town()
    for number, at in {
        1: (0, 0),
        2: (400, 0),
        3: (800, 0),
        4: (400, 300),
        5: (800, 300),
        6: (900, 0),
    }.items():
        made.add(number, *map(float, at))
    made.way(1, 2, 3, 6, highway="residential")
    made.way(2, 4, 5, 3, highway="residential")
    return made


def built(made: Town, folder: Path, *profiles: str) -> Path:
    """Streets of a town with tiles; vans' streets besides unless told."""
    from fleet.network.build import build

    out = folder / "out"
    source = made.write(folder / "t.osm.pbf")
    build(source, out, profiles or ("car",), progress=lambda _said: None)  # type: ignore[arg-type]
    return out


def around(place: Place, half_m: float = 15.0) -> Ring:
    """A square around a place."""
    lat, lon = half_m / 111_195, half_m / 111_195 / np.cos(np.radians(place.lat))
    corners = ((-lon, -lat), (lon, -lat), (lon, lat), (-lon, lat), (-lon, -lat))
    return tuple((place.lon + float(dx), place.lat + dy) for dx, dy in corners)


@pytest.fixture(scope="session")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's file."""
    return town().write(tmp_path_factory.mktemp("town") / "town.osm")


@pytest.fixture(scope="session")
def folder(extract: Path) -> Path:
    """The town's streets, built."""
    from fleet.network.build import build

    out = extract.parent / "town.streets"
    build(extract, out, progress=lambda _said: None)
    return out


@pytest.fixture(scope="session")
def streets(folder: Path) -> StreetNetwork:
    """The town's streets, open."""
    return open_streets(folder)
