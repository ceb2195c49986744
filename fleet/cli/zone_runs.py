"""The zones in force in a run, read from its directory: no hub needs to be up."""

from __future__ import annotations

import json
from pathlib import Path

from fleet.cli.day import Day
from fleet.dispatch.zones import in_force
from fleet.intake.errors import file_error
from fleet.intake.tables import read_text
from fleet.intake.zones import ZonesRead, read_zone_files


def zones_in_force(day: Day) -> ZonesRead:
    """The zones that a run was set up with, together with those that people have added by hand."""
    state = day.ledger().state
    base = read_zone_files(_zone_files(day.run.setup)).zones
    return ZonesRead(in_force(base, state))


def _zone_files(setup: Path) -> list[Path]:
    """The zone files that ``setup.json`` names; read as plain JSON, since its types load the planner."""
    try:
        return [Path(each) for each in json.loads(read_text(setup))["files"]["zones"]]
    except (KeyError, TypeError, ValueError) as error:
        raise file_error(str(setup), f"is damaged: {error!r}") from error
