"""The streets of a run, for commands that measure or draw its routes without its hub."""

from __future__ import annotations

import json

from pydantic import ValidationError

from fleet.cli.output import warn
from fleet.hub.rundir import RunDir
from fleet.intake.errors import IntakeError
from fleet.network.base import Network
from fleet.network.geodesic import GeodesicNetwork


def network_of_run(run: RunDir) -> Network:
    """What the run's ways came from. Where that can't be read any more ways are estimated, with a warning."""
    from fleet.app import Files  # heavier than most commands need

    try:
        setup = json.loads(run.setup.read_text(encoding="utf-8"))
        return Files.model_validate(setup["files"]).ways()
    except FileNotFoundError:
        return GeodesicNetwork()
    except (OSError, ValueError, KeyError, TypeError, ValidationError, IntakeError) as error:
        warn(f"ways are taken as straight distances with circuity, whatever they were planned by: {error}")
        return GeodesicNetwork()
