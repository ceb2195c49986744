"""``[network]`` of the fleet file: from which folder of streets travel times come."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleet.protocol.values import Value


class NetworkFiles(Value):
    """The folder that `fleet network build` has made; its path is as it was written, relative to the fleet file."""

    streets: Annotated[str, Field(min_length=1)]
    farthest_m: Annotated[float, Field(gt=0, le=5000)] = 250.0
    """How far from the nearest street a door, a locker or a site may lie and still count as being at it."""
