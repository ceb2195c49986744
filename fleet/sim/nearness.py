"""Whether two aircraft came too near to each other, from where they truly were: every movement against every other."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fleet.sim.geo import Piece, offset_m

KEPT: Final = timedelta(minutes=3)
"""So long a movement is kept to be held against those that end later: three times the longest."""

LEAST_S: Final = 1e-3


@dataclass(frozen=True, slots=True)
class _Flown:
    asset_id: str
    mission_id: str | None
    piece: Piece


class Nearness:
    """Looks at all that flies. Too near are two at a moment at which they are nearer than ``lateral_m`` over ground and
    nearer than ``vertical_m`` in height; each pair of missions is noted once, at the first such moment."""

    def __init__(self, lateral_m: float, vertical_m: float) -> None:
        self._lateral_m, self._vertical_m = lateral_m, vertical_m
        self._flown: defaultdict[str, list[_Flown]] = defaultdict(list)
        self.losses: dict[tuple[str, ...], dict[str, Any]] = {}

    def moved(self, asset_id: str, mission_id: str | None, piece: Piece) -> None:
        """An aircraft has flown a piece, or hung in the air."""
        if self._lateral_m <= 0 or piece.ends <= piece.begins:
            return
        one = _Flown(asset_id, mission_id, piece)
        for other_id, pieces in sorted(self._flown.items()):
            self._flown[other_id] = [p for p in pieces if p.piece.ends > piece.ends - KEPT]
            if other_id != asset_id:
                for other in self._flown[other_id]:
                    self._look(one, other)
        self._flown[asset_id].append(one)

    def _look(self, one: _Flown, other: _Flown) -> None:
        begins = max(one.piece.begins, other.piece.begins)
        ends = min(one.piece.ends, other.piece.ends)
        seconds = (ends - begins).total_seconds()
        if seconds < LEAST_S:
            return
        span = self._too_near(one.piece, other.piece, begins, ends)
        if span is not None:
            self._note(one, other, begins + timedelta(seconds=span[0] * seconds))

    def _too_near(self, a: Piece, b: Piece, begins: datetime, ends: datetime) -> tuple[float, float] | None:
        """Between which shares of the time they are too near: both moved straight and at constant speed."""
        first, last = [
            (*offset_m(b.point(at), a.point(at)), a.point(at).alt_m - b.point(at).alt_m)
            for at in (begins, ends)
        ]
        step = [y - x for x, y in zip(first, last, strict=True)]
        beside = _within(
            step[0] ** 2 + step[1] ** 2,
            2 * (first[0] * step[0] + first[1] * step[1]),
            first[0] ** 2 + first[1] ** 2 - self._lateral_m**2,
        )
        above = _within(step[2] ** 2, 2 * first[2] * step[2], first[2] ** 2 - self._vertical_m**2)
        if beside is None or above is None:
            return None
        start, end = max(beside[0], above[0], 0.0), min(beside[1], above[1], 1.0)
        return (start, end) if start < end else None

    def _note(self, one: _Flown, other: _Flown, at: datetime) -> None:
        who = sorted((one, other), key=lambda flown: flown.asset_id)
        key = tuple(f"{flown.asset_id} {flown.mission_id}" for flown in who)
        known = self.losses.get(key)
        if known is not None and known["at"] <= at.isoformat():
            return
        here, there = who[0].piece.point(at), who[1].piece.point(at)
        self.losses[key] = {
            "at": at.isoformat(),
            "asset_ids": [flown.asset_id for flown in who],
            "mission_ids": [flown.mission_id for flown in who],
            "lateral_m": round(math.hypot(*offset_m(here, there)), 1),
            "vertical_m": round(abs(here.alt_m - there.alt_m), 1),
            "lon": here.lon,
            "lat": here.lat,
            "alt_amsl_m": here.alt_m,
        }


def _within(square: float, linear: float, constant: float) -> tuple[float, float] | None:
    """Between which ``x`` the quadratic is below zero; none where nowhere."""
    if square < 1e-12:
        return (-math.inf, math.inf) if constant < 0 else None
    root = linear * linear - 4 * square * constant
    if root <= 0:
        return None
    half = math.sqrt(root)
    return (-linear - half) / (2 * square), (-linear + half) / (2 * square)
