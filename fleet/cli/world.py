"""The simulated world of a day that was set up from files, so that `fleet-adapter sim` can bring it to life."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fleet.app import Setup
from fleet.hub.rundir import RunDir, write_atomically
from fleet.intake.tables import read_text
from fleet.sim.errors import SimError
from fleet.sim.zonefiles import true_zones
from fleet.trueworld import world_of
from geofences.readers import detect, faa_grid


def write_world(run: RunDir, setup: Setup) -> None:
    """Write ``world.json`` into a run directory: places, assets and weather of the day's files, zones as they stand.

    Raises ``SimError`` that names the zone file which the simulated world can't read, and ``OSError``.
    """
    zones = list(_documents(setup.files.zones))
    write_atomically(run.world, world_of(setup.files.read(), zones, setup).model_dump_json())


def _documents(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Zone files as they stand: the world reads them in its own way, so that a mistake of the hub's shows."""
    for file in files:
        document = json.loads(read_text(file))
        if detect(document, str(file)) is faa_grid:
            raise SimError(f"{file}: the simulated world knows no grids of heights")
        try:
            true_zones(document, 0.0)
        except SimError as error:
            raise SimError(f"{file}: {error}") from error
        yield document
