"""A ground robot's drive in time: along the network's way at its own cruise speed, a wait at the door, and
back.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from fleet.domain.fleet import SortieType
from fleet.energy.ground import GroundRobot, drive_energy_wh, unsure
from fleet.feasibility.moves import Load, Moves, Station
from fleet.feasibility.shape import TripShape, Way
from fleet.feasibility.streets import driven
from fleet.feasibility.verdict import Verdict


def drive(robot: GroundRobot, asset_type: SortieType, shape: TripShape, load: Load) -> Moves | Verdict:
    """The drive of this shape, with the slopes, stops and surfaces of its streets as far as they are known; a verdict
    where it leads over a surface that nobody knows the robot on.
    """
    # What is slower than cruise takes longer: the electronics never rest, and nothing is saved for being slow.
    there_s, home_s = _seconds(shape.out, robot.cruise_mps), _seconds(shape.back, robot.cruise_mps)
    slower_s = (there_s - shape.out_m / robot.cruise_mps, home_s - shape.back_m / robot.cruise_mps)
    standing_s = (
        asset_type.load_s + asset_type.drop_s + slower_s[0]
    )  # at the site before it leaves, and at the drop
    out = driven(robot, asset_type, shape.out, load.out_kg, standing_s)
    back = driven(robot, asset_type, shape.back, load.back_kg, slower_s[1])
    if isinstance(out, Verdict):
        return out
    if isinstance(back, Verdict):
        return back
    until_drop_wh = float(drive_energy_wh(robot, out.drive))
    energy_wh = until_drop_wh + float(drive_energy_wh(robot, back.drive))
    stations = (
        *_along(shape.out, shape.site_ground_m, 0.0, there_s, robot.cruise_mps),
        *_along(shape.back, shape.site_ground_m, there_s + asset_type.drop_s, home_s, robot.cruise_mps),
    )
    return Moves(
        stations=stations,
        drop_index=len(shape.out.points) - 1,
        energy_wh=energy_wh,
        until_drop_wh=until_drop_wh,
        idle_w=robot.standing_w,
        log_sd=unsure(robot, (out.drive, back.drive), (out.assumed, back.assumed)).log_sd(energy_wh),
        assumptions=out.said | back.said,
    )


def _seconds(way: Way, cruise_mps: float) -> float:
    """How long the way takes, no leg of it faster than cruise or than a permit allows there."""
    if not any(limit < cruise_mps for limit in way.limits_mps):
        return way.length_m / cruise_mps
    drawn_m = sum(way.legs_m) or 1.0
    pace = zip(way.legs_m, way.limits_mps, strict=True)
    return sum(leg_m / min(cruise_mps, limit) for leg_m, limit in pace) * way.length_m / drawn_m


def _along(way: Way, alt_m: float, start_s: float, duration_s: float, cruise_mps: float) -> Iterable[Station]:
    """The way's points, passed at an even pace but for the legs on which a permit allows less; as high as the ground
    there, or at one height where that is not known."""
    heights = way.ground_m or (alt_m,) * len(way.points)
    slow = [max(1.0, cruise_mps / limit) for limit in way.limits_mps] or [1.0] * len(way.legs_m)
    reached = tuple(
        accumulate((leg * times for leg, times in zip(way.legs_m, slow, strict=True)), initial=0.0)
    )
    whole = reached[-1] or 1.0
    for point, height_m, part in zip(way.points, heights, reached, strict=True):
        yield Station(point.lon, point.lat, height_m, start_s + duration_s * part / whole)
