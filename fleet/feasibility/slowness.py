"""What it takes besides when an asset's ways last longer than its type's model says."""

from __future__ import annotations

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh
from fleet.feasibility.streets import per_km
from fleet.feasibility.vehicles import vehicle_of


def times_as_hungry(asset_type: SortieType, times_as_long: float) -> float:
    """How many times what the model says a trip takes whose ways last so many times as long, at the power that it has:
    never less than once.

    In the air it takes as much to stay up for longer. On the ground what is always on runs for longer, beyond the
    waiting that the energy holds already and times do not; of a level kilometre, in which that is the largest share.
    """
    vehicle = vehicle_of(asset_type)
    if isinstance(vehicle, Airframe):
        return max(1.0, times_as_long)
    waits_s = per_km(vehicle, asset_type.streets)[0].waiting_s
    longer_s = (times_as_long - 1) * 1000 / vehicle.cruise_mps - waits_s
    level_wh = float(drive_energy_wh(vehicle, Drive(1000.0, waiting_s=waits_s)))
    return 1 + max(0.0, longer_s) * vehicle.standing_w / 3600 / level_wh


def waiting_s(robot: GroundRobot, asset_type: SortieType, driving_s: float) -> float:
    """How long a robot is taken to wait on ways that are driven in so long: the energy holds it, their times do not."""
    return per_km(robot, asset_type.streets)[0].waiting_s * driving_s * robot.cruise_mps / 1000
