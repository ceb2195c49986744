"""The simulated sidewalk robot: at walking pace along footways, waiting at crossings, standing still without a link."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import ClassVar, Final

from fleet.protocol.mission import Travel
from fleet.sim.geo import Piece, Point, between, distance_m
from fleet.sim.machines import GroundRobot
from fleet.sim.sortie import SortieVehicle
from fleet.sim.tasks import Move

PIECE_S: Final = 120.0
FOOTWAY: Final = 1.27
"""How much longer a footway is than the straight line, where the path says nothing of its times."""


class Robot(SortieVehicle):
    """A sidewalk robot."""

    telemetry_s: ClassVar[float] = 2.0
    machine: GroundRobot
    drop_sigma = 0.12
    _pace_mps = 1.0
    _stretch = FOOTWAY

    def set_pace(self, step: Travel) -> None:
        """The path only sketches the way: its times tell how long it is on foot; crossings make it slower."""
        drawn_m = sum(distance_m(a, b) for a, b in pairwise(Point(w.lon, w.lat, 0.0) for w in step.path))
        first, last = step.path[0].at, step.path[-1].at
        planned_s = (
            (last - first).total_seconds() if first and last else drawn_m * FOOTWAY / self.model.cruise_mps
        )
        # What the hub has learned of its own crossings does not make the way longer.
        planned_s /= 1.0 if self.mission is None else self.mission.pace
        length_m = max(drawn_m, planned_s * self.model.cruise_mps)
        waits = 1 + self.machine.wait_share * self.spread(0.2, "crossings", step.step_id)
        self._stretch = length_m / drawn_m if drawn_m > 0 else 1.0
        self._pace_mps = self.model.cruise_mps / waits / self._stretch

    def plan_piece(self, position: Point, move: Move) -> tuple[Piece, Move | None] | None:
        """The next piece, at the pace over the straight line."""
        target, *others = move.points
        rest = Move(tuple(others)) if others else None
        drawn_m = distance_m(position, target)
        seconds = drawn_m / self._pace_mps
        if seconds < 1e-3:
            return None if rest is None else self.plan_piece(position, rest)
        if seconds > PIECE_S:
            share = PIECE_S / seconds
            target, rest, drawn_m, seconds = between(position, target, share), move, drawn_m * share, PIECE_S
        now = self.stage.now
        return Piece(position, target, now, now + timedelta(seconds=seconds), drawn_m * self._stretch), rest

    def power_w(self, piece: Piece) -> float:
        """Rolling, kerbs, air and electronics."""
        electronics_w = self.machine.electronics_w / self.machine.efficiency
        if piece.seconds <= 0:
            return electronics_w
        wheels_wh = self.machine.drive_wh(self.payload_kg(), piece.metres, self.model.cruise_mps)
        return electronics_w + wheels_wh * 3600.0 / piece.seconds

    def lose_link(self) -> None:
        """Its rule: stand still until it hears something."""
        super().lose_link()
        if self.mission is not None and self.begun:
            self.body.hold()

    def regain_link(self) -> None:
        """Go on, then do what was said meanwhile."""
        self.body.release()
        super().regain_link()
