"""Tiles of an extract for the engine that knows wheels, closures and areas (Valhalla): how they are built."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fleet.network.errors import NetworkError
from fleet.network.extra import TILES, package_folder
from fleet.network.manifest import TILES_FOLDER
from fleet.network.pbf import mark
from fleet.network.programs import run
from fleet.network.wheels import NOT_FOR_WHEELS

STEPS = {
    "Parsing ways": "taking the streets out",
    "Building edge shapes": "joining them",
    "Forming shortcuts": "preparing them for fast answers",
}
"""By how the builder's lines begin, what is told of its progress."""

LIMITS: dict[str, dict[str, float]] = {
    "auto": {"max_matrix_location_pairs": 1_000_000, "max_matrix_distance": 3_000_000},
    "pedestrian": {"max_matrix_location_pairs": 1_000_000, "max_matrix_distance": 500_000},
    "isochrone": {"max_contours": 12, "max_distance": 500_000, "max_time_contour": 600},
}
MOST_CLOSED = {"max_exclude_polygons_length": 100_000_000, "max_exclude_polygons_vertices": 1_000_000}
"""What may be asked at once: the engine's own limits are for guests of a public service."""

CACHE_BYTES = 256 * 1024 * 1024


def build_tiles(source: Path, part: Path, progress: Callable[[str], None]) -> None:
    """Build the tiles of an extract into ``part``'s folder for them. Raises ``NetworkError`` where that fails."""
    folder, marked = part / TILES_FOLDER, part / "marked.osm.pbf"
    folder.mkdir()
    told = "tiles (robots, areas)"
    progress(f"{told}: marking what wheels can't take")
    mark(source, marked, NOT_FOR_WHEELS)
    settings = part / "tiles.json"
    settings.write_text(json.dumps(config(folder) | {"logging": _PLAIN}), encoding="utf-8")

    def heard(line: str) -> None:
        for word, step in STEPS.items():
            if f"] {word}" in line:
                progress(f"{told}: {step}")

    program = package_folder(TILES) / "bin" / "valhalla_build_tiles"
    run(program, "--config", settings, marked, source=source, said=heard)
    for file in (marked, settings):
        file.unlink()
    if not any(folder.rglob("*.gph")):
        raise NetworkError(str(source.resolve()), "holds no street that a tile could be made of")


_PLAIN = {"type": "std_out", "color": False}


def config(folder: Path) -> dict[str, Any]:
    """What the engine is told of these tiles. It is to be silent: else it writes a line to stdout for each answer."""
    package_folder(TILES)  # says what to install
    import valhalla

    made: dict[str, Any] = copy.deepcopy(valhalla.get_config(tile_extract="", tile_dir=str(folder)))
    made["mjolnir"] |= {"concurrency": 2, "max_cache_size": CACHE_BYTES, "logging": _PLAIN}
    made["mjolnir"]["data_processing"]["use_admin_db"] = False
    for name in ("admin", "timezone", "landmarks", "traffic_extract", "transit_dir", "transit_feeds_dir"):
        made["mjolnir"].pop(name, None)
    made["logging"] = {"type": ""}
    limits = made["service_limits"]
    for name, each in LIMITS.items():
        limits[name] |= each
    limits |= MOST_CLOSED
    return made
