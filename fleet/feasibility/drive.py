"""A ground robot's drive in time: along the network's way at its own cruise speed, a wait at the door, and
back.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from fleet.domain.fleet import SortieType
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh
from fleet.feasibility.moves import Load, Moves, Station
from fleet.feasibility.shape import TripShape, Way


def drive(robot: GroundRobot, asset_type: SortieType, shape: TripShape, load: Load) -> Moves:
    """The drive of this shape. It starts from standing once each way; slopes are the terrain assumption's
    part.
    """
    out = Drive(shape.out_m, load.out_kg, stops=1, waiting_s=asset_type.drop_s)
    back = Drive(shape.back_m, load.back_kg, stops=1)
    until_drop_wh = float(drive_energy_wh(robot, out))
    there_s = shape.out_m / robot.cruise_mps
    stations = (
        *_along(shape.out, shape.site_ground_m, 0.0, there_s),
        *_along(
            shape.back, shape.site_ground_m, there_s + asset_type.drop_s, shape.back_m / robot.cruise_mps
        ),
    )
    return Moves(
        stations=stations,
        drop_index=len(shape.out.points) - 1,
        energy_wh=until_drop_wh + float(drive_energy_wh(robot, back)),
        until_drop_wh=until_drop_wh,
        idle_w=robot.auxiliary_w / robot.battery_efficiency,
    )


def _along(way: Way, alt_m: float, start_s: float, duration_s: float) -> Iterable[Station]:
    """The way's points, passed at an even pace."""
    reached_m = tuple(accumulate(way.legs_m, initial=0.0))
    drawn_m = reached_m[-1] or 1.0
    for point, reached in zip(way.points, reached_m, strict=True):
        yield Station(point.lon, point.lat, alt_m, start_s + duration_s * reached / drawn_m)
