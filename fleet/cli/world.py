"""The simulated world of a day that was set up from files, so that `fleet-adapter sim` can bring it to life."""

from __future__ import annotations

from fleet.app import Setup
from fleet.hub.rundir import RunDir, write_atomically
from fleet.trueworld import world_of, zone_documents


def write_world(run: RunDir, setup: Setup) -> None:
    """Write ``world.json`` into a run directory: places, assets and weather of the day's files, zones as they stand.

    Raises ``SimError`` that names the zone file which the simulated world can't read, and ``OSError``.
    """
    zones = zone_documents(setup.files.zones)
    write_atomically(run.world, world_of(setup.files.read(), zones, setup).model_dump_json())
