"""The files that a day is set up from, as options name them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleet.app import Files


def day_files(
    depots: Path,
    lockers: Path,
    others: Sequence[Path | None],
    zones: Sequence[Path] | None,
    orders: Path | None = None,
) -> Files:
    """All of them; ``others`` are those of fleet, weather, energy and streets, in that order."""
    fleet, weather, energy, network = others
    return Files(
        orders=orders,
        depots=depots,
        lockers=lockers,
        fleet=fleet,
        weather=weather,
        zones=tuple(zones or ()),
        energy=energy,
        network=network,
    )
