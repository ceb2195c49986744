"""No drone inside a zone, by point samples along its whole path, at its height and time."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.context import Case
from tests.checker.document import Sortie
from tests.checker.geo import densify
from tests.checker.violation import Code, Violation


def check_zones(case: Case) -> Iterator[Violation]:
    """Every sample of every drone's path lies outside every zone that is active then."""
    for sortie, facts in case.trips():
        if facts.flies and len(sortie.path) > 1:
            yield from _breaches(case, sortie)


def _breaches(case: Case, sortie: Sortie) -> Iterator[Violation]:
    samples, ground = densify(sortie.path), case.fleet.ground
    alts = samples.alts_m + (ground.height_m if sortie.above_ground else 0.0)
    for zone in case.zones:
        index = zone.breach(samples, alts, ground)
        if index is not None:
            spot = f"{samples.lons[index]:.6f},{samples.lats[index]:.6f} at {alts[index]:.0f} m"
            yield Violation(
                Code.ZONE, f"sortie {sortie.sortie_id}", f"in {zone.name} at {spot}, {samples.moment(index)}"
            )
