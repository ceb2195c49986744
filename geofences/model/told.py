"""What terrain and geoid answer, judged before anything rests on it: nothing that was made of a number that is none, or
of a file's word for "no data", becomes a height at which a zone is not.
"""

import numpy as np

from geofences.model.altitude import (
    ANYTHING,
    GROUND_ON_EARTH_M,
    UNDULATION_ON_EARTH_M,
    Bounds,
    Box,
    Floats,
    Interval,
    Terrain,
)


def ground_in(terrain: Terrain, box: Box) -> Interval:
    """Bounds in metres AMSL of the ground everywhere in the box; `ANYTHING` where what the terrain answers can't be."""
    return _judged(terrain.ground_within(box), GROUND_ON_EARTH_M)


def grounds_in(terrain: Terrain, boxes: Floats) -> Bounds:
    """The same for an array (n, 4) of boxes. Raises `ValueError` where the terrain answers not each of them."""
    low, high = (np.asarray(each, dtype=np.float64) for each in terrain.ground_within_many(boxes))
    if low.shape != (len(boxes),) or high.shape != low.shape:
        name = type(terrain).__name__
        raise ValueError(
            f"{name}.ground_within_many was asked about {len(boxes)} boxes, answered {low.shape}, {high.shape}"
        )
    real = (low <= high) & (low <= GROUND_ON_EARTH_M.high) & (high >= GROUND_ON_EARTH_M.low)
    return Bounds(np.where(real, low, -np.inf), np.where(real, high, np.inf))


def undulation_in(terrain: Terrain, box: Box) -> Interval:
    """Bounds in metres of how high mean sea level lies above the ellipsoid; `ANYTHING` where the answer can't be."""
    return _judged(terrain.undulation_within(box), UNDULATION_ON_EARTH_M)


def step_in(terrain: Terrain) -> float:
    """How long the pieces are, in metres, that it is worth asking about. Raises `TypeError` for what is no terrain and
    `ValueError` for a step that is not more than 0.
    """
    if not isinstance(terrain, Terrain):
        raise TypeError(f"a terrain derives from geofences.Terrain, {type(terrain).__name__} does not")
    step_m = terrain.step_m
    if not step_m > 0.0:
        raise ValueError(f"{type(terrain).__name__}.step_m must be more than 0, or math.inf, got {step_m}")
    return step_m


def _judged(told: Interval, on_earth: Interval) -> Interval:
    """What is told, be it a plain pair, if it has a value on Earth: no comparison holds of what is no number."""
    low, high = told
    is_sound = low <= high and low <= on_earth.high and high >= on_earth.low
    return Interval(low, high) if is_sound else ANYTHING
