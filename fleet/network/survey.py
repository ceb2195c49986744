"""What a profile's built data hold: the box around its streets, and a place on the main network among them."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fleet.network.engine import STEM, Engine
from fleet.network.errors import AGAIN, NetworkError
from fleet.network.manifest import Box
from fleet.protocol.values import Place

NODES = "/common/nbn_data/coordinates"
"""Where the engine keeps its crossings: pairs of longitude and latitude in millionths of a degree."""

TRIED = 48
"""Of so many crossings the one that is best connected with the others is taken for the main network's."""


def crossings(folder: Path) -> NDArray[np.int32]:
    """All crossings of the profile's streets, as rows of longitude and latitude in millionths of a degree."""
    return np.frombuffer(part_of(folder / f"{STEM}.nbg_nodes", NODES), dtype="<i4").reshape(-1, 2)


def part_of(file: Path, name: str) -> bytes:
    """One of the columns that a file of the engine's holds. Raises ``NetworkError`` where it does not."""
    with tarfile.open(file) as parts:
        try:
            part = parts.extractfile(name)
        except KeyError:
            part = None
        if part is None:
            raise NetworkError(str(file), f"holds no {name}: {AGAIN}")
        return part.read()


def box_around(nodes: NDArray[np.int32]) -> Box:
    """The box around crossings."""
    west, south = (nodes.min(axis=0) / 1e6).tolist()
    east, north = (nodes.max(axis=0) / 1e6).tolist()
    return Box(west=west, south=south, east=east, north=north)


def anchor(folder: Path, nodes: NDArray[np.int32]) -> Place:
    """A crossing that as many of the others as can be are reached from and reach."""
    box = box_around(nodes)
    engine = Engine(folder, (Place(lon=box.west, lat=box.south), Place(lon=box.east, lat=box.north)))
    picked = np.unique(np.linspace(0, len(nodes) - 1, TRIED).astype(np.int64))
    places = [Place(lon=lon / 1e6, lat=lat / 1e6) for lon, lat in nodes[picked].tolist()]
    spots = engine.snaps(places)
    seconds, _ = engine.table(spots, spots)
    there = np.isfinite(seconds)
    return places[int(np.argmax(there.sum(axis=0) + there.sum(axis=1)))]
