"""``[network]`` of the fleet file: from which folder of streets travel times come, and when traffic slows them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from fleet.intake.fleetentries import Shift, hours
from fleet.protocol.values import Value


class TrafficEntry(Value):
    """In these hours of the local day vans drive at so many times the speed that their streets allow."""

    hours: Annotated[Shift, BeforeValidator(hours)]
    speed: Annotated[float, Field(ge=0.05, le=2)]


class NetworkFiles(Value):
    """The folder that `fleet network build` has made; its path is as it was written, relative to the fleet file. None:
    ways are estimated."""

    streets: Annotated[str, Field(min_length=1)] | None = None
    farthest_m: Annotated[float, Field(gt=0, le=5000)] = 250.0
    """How far from the nearest street a door, a locker or a site may lie and still count as being at it."""
    traffic: tuple[TrafficEntry, ...] = ()
    closed: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """GeoJSON files, relative to the fleet file, with polygons in which no street is open to robots."""
