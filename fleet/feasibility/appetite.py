"""How much more than its type's model says an asset is counted with: the one place where its margin and bias are made.

Whoever judges a trip, an area or a battery under way asks here. What was learned of an asset comes as its track
(`fleet.domain.energy`), and what is to be allowed for it as an `Appetite`; without one it is a new asset of its type.
"""

from __future__ import annotations

import math
from functools import lru_cache

from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import FleetSpec, ReserveRule, SortieType
from fleet.energy.airframe import Residual
from fleet.energy.learning import NEW, Appetite, Track, appetite_of, least_possible, raised_with
from fleet.energy.pace import pace_of, slow_log
from fleet.feasibility.slowness import times_as_hungry
from fleet.feasibility.trip import Trip
from fleet.feasibility.vehicles import vehicle_of


def track_of(known: EnergyTrack | None) -> Track:
    """The track as the energy models have it."""
    return NEW if known is None else Track(**dict(known))


def told_of(track: Track) -> EnergyTrack:
    """The track as events and state have it."""
    return EnergyTrack(**track._asdict())


def appetite(fleet: FleetSpec, asset_type: SortieType, known: EnergyTrack | None = None) -> Appetite:
    """What is to be allowed for an asset of this type, of which so much is known.

    A trial that scales the margin down (`in_trial`) counts with nothing that was learned: it shows what the type's own
    margin is worth, and an asset that was found hungry would be spared what it is there to show.
    """
    track = track_of(None if in_trial(fleet.reserve) else known)
    its = appetite_of(track, vehicle_of(asset_type).residual)
    slow = math.log(times_as_hungry(asset_type, math.exp(slow_log(track))))
    return its._replace(log_bias=its.log_bias + slow, pace=pace_of(track), slow=slow)


def in_trial(rule: ReserveRule) -> bool:
    """Whether less than the margin is asked for, to see what comes of it."""
    return rule.margin_scale < 1


def least_appetite(asset_type: SortieType) -> Appetite:
    """No more than that of any asset of the type, whatever its trips teach: for bounds."""
    return least_possible(vehicle_of(asset_type).residual)


def raised_share(
    fleet: FleetSpec, asset_type: SortieType, its: Appetite | None = None, more_log_sd: float = 0.0
) -> float:
    """By which share the predicted energy of a trip is raised by the fleet's rule: the asset's bias, and a margin for
    what the model, this asset and (``more_log_sd``) this trip leave open. What a trial scales is all of it."""
    return model_share(fleet, asset_type, its, more_log_sd) * fleet.reserve.margin_scale


def model_share(
    fleet: FleetSpec, asset_type: SortieType, its: Appetite | None = None, more_log_sd: float = 0.0
) -> float:
    """The share that the model's own error and the asset explain, however much of it a trial leaves out of
    ``raised_share``."""
    allowed = appetite(fleet, asset_type) if its is None else its
    return _share(fleet.reserve.epsilon, allowed, _residual(asset_type), more_log_sd)


def margin_left_wh(fleet: FleetSpec, asset_type: SortieType, trip: Trip, its: Appetite) -> float:
    """What a trip that was worked out for one asset would leave of the battery of another of its type and state of
    health; below zero it may not go."""
    raised = raised_share(fleet, asset_type, its, trip.more_log_sd)
    return trip.usable_wh - trip.worst_wh * (1 + raised) - trip.reserve_wh


def _residual(asset_type: SortieType) -> tuple[float, int] | None:
    residual = vehicle_of(asset_type).residual
    return None if residual is None else (residual.log_sd, residual.flights)


@lru_cache(maxsize=4096)
def _share(
    epsilon: float, allowed: Appetite, residual: tuple[float, int] | None, more_log_sd: float
) -> float:
    known = None if residual is None else Residual(log_sd=residual[0], flights=residual[1])
    return raised_with(epsilon, allowed, known, more_log_sd)
