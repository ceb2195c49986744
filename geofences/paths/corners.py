"""Which corners of obstacles a search has to know, as it comes to know one obstacle after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

from geofences.paths.bends import LARGEST_TURN, Bend, Corner, Outline, Pocket, overhang_m

FREE = -1


class Field(Protocol):
    """Where a search goes on."""

    def blocking(self, ax: float, ay: float, bx: float, by: float) -> int:
        """The obstacle that a line meets, one that is known already if there is any; FREE where there is none."""
        ...

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        ...


class Corners:
    """The corners of obstacles, one obstacle after the other.

    Where an obstacle known before stands across the way to a corner's tip or on from it, a path may still fit between
    that obstacle and the round that the corner stands for: it is replaced by corners so fine that their tips stand out
    by no more than `spare_m`. Where that is any other obstacle, it stays until that one is known: whoever wants to go
    there must learn of it. In the same way a pocket is opened once something stands across its bridge.
    """

    def __init__(
        self, outline_of: Callable[[int], Outline], ends: Sequence[Sequence[float]], spare_m: float
    ) -> None:
        self._outline_of, self._ends, self._spare_m = outline_of, ends, spare_m
        self._waiting: dict[int, list[Bend]] = {}
        self._known: set[int] = set()

    def of(self, obstacle: int, field: Field) -> list[Corner]:
        """Corners of one more obstacle, and those of earlier ones that matter because of it."""
        self._known.add(obstacle)
        outline = self._outline_of(obstacle)
        todo = self._waiting.pop(obstacle, []) + outline.bends + self._opened(outline, field)
        kept = []
        while todo:
            bend = todo.pop()
            finer = bend.finer(min(LARGEST_TURN, math.sqrt(2.0 * self._spare_m / bend.away_m)))
            by = _across(bend.over, field)
            if finer and (by in self._known or self._begins_at(bend)):
                todo += finer
            elif by not in self._known and field.holds(bend.corner[0], bend.corner[1]):
                kept.append(bend.corner)
                if by != FREE:
                    self._waiting.setdefault(by, []).extend(finer)
        return kept

    def _opened(self, outline: Outline, field: Field) -> list[Bend]:
        """What lies in pockets that matter now; the others wait for what stands across their bridges."""
        found: list[Bend] = []
        for pocket in outline.pockets:
            by = field.blocking(*pocket.bridge)
            if by in self._known or self._begins_behind(pocket):
                found += pocket.bends
            elif by != FREE:
                self._waiting.setdefault(by, []).extend(pocket.bends)
        return found

    def _begins_at(self, bend: Bend) -> bool:
        """Whether an end of the path may lie between a corner's tip and the round that it stands for."""
        ax, ay, bx, by, cx, cy = bend.over
        more = 2.0 * overhang_m(bend.away_m)
        return any(
            min(ax, bx, cx) - more < x < max(ax, bx, cx) + more
            and min(ay, by, cy) - more < y < max(ay, by, cy) + more
            for x, y in self._ends
        )

    def _begins_behind(self, pocket: Pocket) -> bool:
        """Whether an end of the path lies on the wall's side of a bridge, between its ends."""
        ax, ay, bx, by = pocket.bridge
        dx, dy = bx - ax, by - ay
        return any(
            dx * (y - ay) - dy * (x - ax) >= 0.0 and 0.0 <= (x - ax) * dx + (y - ay) * dy <= dx * dx + dy * dy
            for x, y in self._ends
        )


def _across(over: tuple[float, float, float, float, float, float], field: Field) -> int:
    """What stands across the way over a corner."""
    by = field.blocking(*over[:4])
    return field.blocking(*over[2:]) if by == FREE else by
