"""A shortest way that can be flown with a turn radius.

The corners of the shortest way become arcs. Where an arc would come too near, or has no room, the way is searched again
with a disc of the turn radius at that corner, which holds it and is an obstacle too: a taut string around such discs is
what a vehicle with this radius flies. That goes on until everything fits, or nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import shapely

from geofences.checks.result import CheckResult
from geofences.geometry.geodesy import Floats
from geofences.paths.fillets import Disc, Rounded, Turn, discs_for, drawn, rounded
from geofences.paths.obstacles import Obstacles
from geofences.paths.search import NoPath, NoPathWhy, shortest_way
from geofences.zones.walls import rings_of

MOST_ROUNDS = 12
"""So many searches are made at most."""

WIDER, SAME_M = 1.15, 1.0
"""A disc that is asked for again, so far away at most, becomes so much larger instead."""

LARGEST_RADIUS_M = 10_000.0

Checked = Callable[[Floats], CheckResult]
"""The exact check of points on the plane."""


def judge_radius(turn_radius_m: float) -> None:
    """Raise `ValueError` for what is no turn radius."""
    if not 0.0 <= turn_radius_m <= LARGEST_RADIUS_M:
        raise ValueError(f"turn_radius_m must be 0 (turns on the spot) to 10000 m, got {turn_radius_m}")


def flown_way(
    air: Obstacles, ends: Floats, radius_m: float, stop: Callable[[], bool], checked: Checked
) -> Floats | NoPath:
    """Points from start to goal on the plane whose turns are arcs; TOO_TIGHT where there is a path, but none was found
    that leaves room for them, with the zones that are turned around.
    """
    discs: list[tuple[Disc, str]] = []
    for _ in range(MOST_ROUNDS):
        found = shortest_way(_with(air, discs), ends[0], ends[1], stop)
        if isinstance(found, NoPath):
            return found if found.why is NoPathWhy.STOPPED or not discs else _tight(discs)
        curve = rounded(found, radius_m)
        bad = set(curve.misfits)
        if not bad:
            chords, tangents, spans = drawn(curve, radius_m)
            met = [one for one in (checked(chords), checked(tangents)) if not one.is_clear]
            if not met:
                return chords
            bad = _nearest(spans, met)
            if not bad:
                return NoPath(NoPathWhy.NOT_CONFIRMED, tuple(sorted(_zones(met))))
        for number in sorted(bad):
            _avoid(discs, curve, number, air, radius_m)
    return _tight(discs)


def _tight(discs: Sequence[tuple[Disc, str]]) -> NoPath:
    return NoPath(NoPathWhy.TOO_TIGHT, tuple(sorted({name for _, name in discs})))


def _zones(met: Sequence[CheckResult]) -> set[str]:
    return {conflict.zone_id for one in met for conflict in one.conflicts}


def _nearest(spans: Sequence[tuple[float, float]], met: Sequence[CheckResult]) -> set[int]:
    """The turns nearest to the stretches that are not clear."""
    if not spans:
        return set()
    stretches = [(conflict.from_m, conflict.to_m) for one in met for conflict in one.conflicts]
    return {
        min(range(len(spans)), key=lambda n: max(spans[n][0] - high, low - spans[n][1]))
        for low, high in stretches
    }


def _avoid(
    discs: list[tuple[Disc, str]], curve: Rounded, number: int, air: Obstacles, radius_m: float
) -> None:
    """Put discs at a turn; make those that are there already larger."""
    turn = curve.turns[number]
    for disc in discs_for(turn, curve.ends, radius_m):
        for place, (old, name) in enumerate(discs):
            if np.hypot(*_rim_apart(old, disc)) < SAME_M + radius_m * 0.02:
                discs[place] = (old.wider(WIDER), name)
                break
        else:
            discs.append((disc, _around(turn, air)))


def _rim_apart(one: Disc, other: Disc) -> tuple[float, float]:
    """How far the rims of two discs are apart where they reach out most."""
    return (
        one.x + one.radius_m * one.out_x - other.x - other.radius_m * other.out_x,
        one.y + one.radius_m * one.out_y - other.y - other.radius_m * other.out_y,
    )


def _around(turn: Turn, air: Obstacles) -> str:
    """The name of the obstacle that a turn bends around: the nearest one."""
    corner = shapely.points(turn.chain[len(turn.chain) // 2])
    edges = shapely.linestrings(air.edges[:, :4].reshape(-1, 2, 2))
    return air.names[int(air.owners[np.argmin(shapely.distance(edges, corner) - air.edges[:, 4])])]


def _with(air: Obstacles, discs: Sequence[tuple[Disc, str]]) -> Obstacles:
    """Obstacles, and discs as tiny squares with a reach."""
    if not discs:
        return air
    tiny = rings_of([shapely.box(d.x - 0.005, d.y - 0.005, d.x + 0.005, d.y + 0.005) for d, _ in discs])
    edges, owners = tiny.edges()
    reaches = np.array([disc.radius_m for disc, _ in discs])
    return replace(
        air,
        edges=np.concatenate((air.edges, np.column_stack((edges, reaches[owners])))),
        owners=np.concatenate((air.owners, owners + len(air.names))),
        boxes=np.concatenate((air.boxes, tiny.boxes(len(discs)))),
        reaches=np.concatenate((air.reaches, reaches)),
        names=(*air.names, *(name for _, name in discs)),
        rings=(*air.rings, *((tiny, number) for number in range(len(discs)))),
    )
