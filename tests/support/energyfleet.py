"""Several days of a fleet whose assets take up to 15 % more or less than their type's model says, and drift.

Without a hub: jobs are offered to assets, an asset that says it can flies, and what it took is compared with what it
may take. Every asset has its own appetite, noise and drift, drawn beforehand, so that all who decide see the same
world.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np

from fleet.energy import catalog
from fleet.energy.airframe import Airframe, Residual
from fleet.energy.battery import Battery
from fleet.energy.learning import NEW, Track, learnt, raised_by
from fleet.energy.margin import margin_fraction
from fleet.energy.sortie import SortiePlan, sortie_energy_wh

EPSILON, RESERVE = 1e-3, 0.2
MOST_OFF = 0.15
DRIFT = 0.01
"""Standard deviation of how much an asset's appetite changes from flight to flight."""
NOISE = 0.0312
TYPE = Residual(log_sd=NOISE, flights=68, between_log_sd=MOST_OFF / math.sqrt(3), drift_log_sd=DRIFT)
"""What its maker would declare of the type: assets that lie evenly within 15 % are a deviation of 8.7 % apart."""
ASSETS, DAYS, FLIGHTS_A_DAY = 12, 3, 10
FARTHEST_M = 13_000.0


class Asset(NamedTuple):
    """The truth of an asset: for each flight, its appetite and the flight's own noise, as logarithms."""

    appetite: tuple[float, ...]
    noise: tuple[float, ...]


class Job(NamedTuple):
    """A parcel, by what the model says that a flight with it takes."""

    predicted_wh: float


@dataclass(frozen=True, slots=True)
class Days:
    """What came of it: deliveries, flights that broke into the reserve, alarms, and the last tracks."""

    delivered: int
    broken: int
    alarms: int
    tracks: tuple[Track, ...]


Raise = Callable[[Track, float], float]
"""By how much a prediction is raised, from what was learned of an asset and (only for who knows) its true bias."""


def of_truth(log_bias: float) -> Track:
    """The track of an asset whose bias is known: what learning can at best come to."""
    return Track(log_bias, 0.0, flights=1)


def ours(track: Track, _: float) -> float:
    """By what was learned of the asset."""
    return raised_by(EPSILON, track, TYPE)


def perfect(_: Track, truth: float) -> float:
    """By the asset's true bias; only the flight's own noise is not known."""
    return raised_by(EPSILON, of_truth(truth), TYPE)


def one_margin_for_all(_: Track, __: float) -> float:
    """As if all assets were their type."""
    return margin_fraction(EPSILON, TYPE)


def fly(seed: int, raised: Raise, *, assets: int = ASSETS, days: int = DAYS) -> Days:
    """The days of one world, decided by one rule. A job goes to the asset that can just make it, if any can."""
    world = Random(seed)
    frame = catalog.airframe("courier-x4")
    truths = [_asset(world, days * FLIGHTS_A_DAY) for _ in range(assets)]
    budget_wh = (1 - RESERVE) * Battery(frame.pack_wh).usable_wh(20.0)
    tracks, flown = [NEW] * assets, [0] * assets
    delivered = broken = alarms = 0
    for day in range(1, days + 1):
        for job in _jobs(world, frame, assets * FLIGHTS_A_DAY):
            able = [
                (share, at)
                for at, track in enumerate(tracks)
                if flown[at] < day * FLIGHTS_A_DAY
                and job.predicted_wh * (1 + (share := raised(track, truths[at].appetite[flown[at]])))
                <= budget_wh
            ]
            if not able:
                continue
            _, at = max(able)
            truth = truths[at]
            used_wh = job.predicted_wh * math.exp(truth.appetite[flown[at]] + truth.noise[flown[at]])
            after = learnt(tracks[at], used_wh, job.predicted_wh, TYPE)
            tracks[at], flown[at] = after.track, flown[at] + 1
            delivered, broken, alarms = delivered + 1, broken + (used_wh > budget_wh), alarms + after.alarm
    return Days(delivered, broken, alarms, tuple(tracks))


def _asset(world: Random, flights: int) -> Asset:
    rng = Random(world.randrange(2**32))
    appetite = [rng.uniform(1 - MOST_OFF, 1 + MOST_OFF)]
    while len(appetite) < flights:
        appetite.append(min(max(appetite[-1] * math.exp(rng.gauss(0, DRIFT)), 1 - MOST_OFF), 1 + MOST_OFF))
    return Asset(tuple(map(math.log, appetite)), tuple(rng.gauss(0, NOISE) for _ in appetite))


def _jobs(world: Random, frame: Airframe, number: int) -> list[Job]:
    """Of any weight, as near as far as the least hungry could just go: range decides for many of them."""
    rng = Random(world.randrange(2**32))
    far_m = np.array([rng.uniform(500, FARTHEST_M) for _ in range(number)])
    payloads_kg = np.array([rng.uniform(0, frame.max_payload_kg) for _ in range(number)])
    return [Job(wh) for wh in sortie_energy_wh(frame, far_m, 0.0, payloads_kg, SortiePlan()).tolist()]
