"""The battery's side of a mission that is out: what its pack gives, what its ways take, and what holding takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from fleet.dispatch.monitor.restsky import RestSky, Ways
from fleet.dispatch.monitor.way import Way
from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.feasibility.appetite import appetite, model_share, raised_share
from fleet.feasibility.context import Context
from fleet.feasibility.sky import Sky
from fleet.feasibility.underway import hover_w, leg_wh_in
from fleet.feasibility.vehicles import battery_of


@dataclass(frozen=True, slots=True)
class Energy:
    """The battery's side of a mission, in Wh. ``full_wh`` is what state of charge 1 stands for as cold as it is,
    ``floor_wh`` what stays below the battery's floor; ``per_m_wh`` is for a leg that was not planned, ``hover_w``
    the power in W of staying where it is with all that is on board (of one on the ground, of its electronics).
    ``margin`` is the share that is asked for, ``model_error`` the one that the errors of model and forecast and what
    was learned of the asset explain: the same, unless a trial scales the first; ``trial_share`` is how much a trial
    leaves of all that is asked for beyond the estimate."""

    full_wh: float
    floor_wh: float
    reserve_wh: float
    margin: float
    planned_wh: float
    per_m_wh: float
    hover_w: float = 0.0
    model_error: float = math.inf
    trial_share: float = 1.0

    def above_reserve_wh(self, soc: float) -> float:
        """What may still be drawn at a state of charge before the reserve is touched; below zero once it is."""
        return soc * self.full_wh - self.floor_wh - self.reserve_wh

    def hold_wh(self, seconds: float) -> float:
        """What holding for so long takes, with its margin."""
        return self.hover_w * seconds / 3600 * (1 + self.margin)


HOLD_LOOK_S = 10.0
"""One that holds does so for at least so long until something is done about it: it is looked at every 5 s, and must be
told, and do it."""

MODEL_ERROR = 0.03
"""What the wind adds to a leg counts from this share on: less can't be told from the model's own error (one standard
deviation is 3.1 %, see ``fleet.energy.margin``), and for that the margin is there.
"""


def during_this_weather(
    ways: Ways,
    record: MissionRecord,
    kind: SortieType,
    sky: Sky | None,
    brings_back_kg: float,
) -> Ways:
    """The legs that are not over with what they take in the wind that is known now, and with what is on board. A kinder
    wind is not relied on; where none is known (no ``sky``) they are as planned."""
    if sky is None:
        return ways
    out, back = ways
    weight_kg = sum(item.weight_kg for item in record.mission.items)
    if out is not None and out.step_id not in record.ended:
        out = _raised(out, leg_wh_in(sky, kind, out.path, payload_kg=weight_kg, hover_s=kind.drop_s))
    if back is not None and back.step_id not in record.ended:
        empty_wh = leg_wh_in(sky, kind, back.path, payload_kg=0.0)
        back = _raised(back, empty_wh)
        if brings_back_kg > 0 and empty_wh is not None and empty_wh[0] > 0:
            laden_wh = leg_wh_in(sky, kind, back.path, payload_kg=brings_back_kg)
            back = _laden(back, empty_wh, laden_wh)
    return out, back


def _raised(way: Way, left_wh: tuple[float, ...] | None) -> Way:
    """The leg with what it takes now from each of its points on; no more than planned where the wind does not count."""
    if left_wh is None or left_wh[0] <= 0:
        return way
    more = left_wh[0] / way.planned_wh if way.planned_wh > 0 else 1.0
    if more > 1 + MODEL_ERROR:
        return replace(way, left_wh=left_wh, slower=more)
    return replace(way, left_wh=tuple(wh / more for wh in left_wh))


def _laden(way: Way, empty_wh: tuple[float, ...], laden_wh: tuple[float, ...] | None) -> Way:
    """The leg with as much more as its load asks for; that makes it no slower."""
    if laden_wh is None:
        return way
    return replace(way, left_wh=tuple(wh * laden_wh[0] / empty_wh[0] for wh in way.left_wh))


def energy_of(
    record: MissionRecord,
    kind: SortieType,
    context: Context,
    ways: Ways,
    rest: RestSky,
    more_log_sd: float,
    brings_back_kg: float,
    known: EnergyTrack | None = None,
) -> Energy | None:
    """The battery's side of a mission in the weather of its rest; none where the mission says nothing of it.
    ``more_log_sd`` is what is not known of it besides its model's error (``restsky.unsure``), ``known`` what was
    learned of its asset."""
    mission = record.mission
    its = appetite(context.fleet, kind, known)
    if mission.energy_wh is None or mission.reserve_wh is None:
        return None
    battery = battery_of(kind, kind.state_of_health)
    full = battery.nominal_wh * battery.state_of_health * battery.curve.nearest_share(rest.coldest_c)
    per_m = max((w.planned_wh / w.track.length_m for w in ways if w and w.track.length_m > 0), default=0.0)
    homeward = ways[0] is None or ways[0].step_id in record.ended
    carries_kg = brings_back_kg if homeward else sum(item.weight_kg for item in mission.items)
    highest_m = max((p.alt_amsl_m for w in ways if w is not None for p in w.path), default=0.0)
    return Energy(
        full_wh=full,
        floor_wh=full * kind.floor_fraction,
        reserve_wh=mission.reserve_wh,
        margin=raised_share(context.fleet, kind, its, more_log_sd),
        model_error=model_share(context.fleet, kind, its, more_log_sd),
        trial_share=min(1.0, context.fleet.reserve.margin_scale),
        planned_wh=max(mission.energy_wh, sum(w.planned_wh for w in ways if w is not None)),
        per_m_wh=per_m,
        hover_w=hover_w(kind, carries_kg, highest_m, rest.warmest_c),
    )
