"""The simulated drone: at its airspeed through the true wind, hovering at the drop, home when it hears nothing."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import ClassVar, Final

from fleet.protocol.values import Place
from fleet.sim.geo import Piece, Point, between, distance_m, offset_m
from fleet.sim.machines import Multirotor, density_kg_m3
from fleet.sim.sortie import SortieVehicle
from fleet.sim.tasks import Move

PIECE_S: Final = 60.0
"""A leg is flown in pieces no longer than this, each with the wind at its beginning."""
LINK_PATIENCE_S: Final = 30.0
SLOWEST_MPS: Final = 0.5
GUST_SHARE: Final = 0.002
"""How much more power each m/s of gust above the mean wind takes."""
SAG_SHARE: Final = 0.05
"""How much more a nearly empty pack must give than a full one for the same flight: its voltage sags."""
COLD_SHARE: Final = 0.0012
"""How much less a motor wastes for each degree below 15 °C: copper conducts better when it is cold."""
HEADING_SHARE: Final = 0.02
"""Its compass is off by so many hundredths of a hundred degrees (one standard deviation): two degrees."""
AIRSPEED_SHARE: Final = 0.02
"""Its airspeed sensor is off by this share (one standard deviation)."""
STATION_KEEPING: Final = 1.22
"""Power of holding a position between buildings, over that of a steady hover."""


class Drone(SortieVehicle):
    """A multirotor."""

    telemetry_s: ClassVar[float] = 1.0
    machine: Multirotor
    _nose: tuple[Piece, tuple[float, float]] | None = None

    @property
    def cruise_mps(self) -> float:
        """The airspeed that it holds: that of its mission where that says one."""
        told = None if self.mission is None else self.mission.cruise_mps
        return self.model.cruise_mps if told is None else told

    @property
    def airborne(self) -> bool:
        """Whether it is in the air: anywhere but on the ground at a site or where it came down."""
        return self.begun and self.site_id is None and self.mission is not None

    def altitude(self, where: Point) -> float:
        """Its height, as its barometer shows it."""
        return round(where.alt_m, 2)

    def heading_deg(self, piece: Piece | None) -> float | None:
        """Where its nose points, as its compass shows it, while it flies along; else as any vehicle's."""
        nose = self._nose_on(piece)
        return super().heading_deg(piece) if nose is None else nose[0]

    def airspeed_mps(self, piece: Piece | None) -> float | None:
        """As its sensor shows it, while it flies along."""
        nose = self._nose_on(piece)
        return None if nose is None else nose[1]

    def _nose_on(self, piece: Piece | None) -> tuple[float, float] | None:
        """What compass and airspeed sensor show on a piece; none where it does not fly along."""
        if piece is None or piece.heading_deg is None or not self.airborne:
            return None
        if self._nose is None or self._nose[0] is not piece:
            self._nose = piece, self._measured(piece, piece.heading_deg)
        return self._nose[1]

    def _measured(self, piece: Piece, track_deg: float) -> tuple[float, float]:
        """Where its nose points and how fast it goes through the air, each off by what is its own on this mission."""
        head, cross = self.stage.air.wind(piece.begins).along(track_deg)
        along = piece.speed_mps + head
        nose_deg = (
            track_deg
            + math.degrees(math.atan2(cross, along))
            + 100 * (self.spread(HEADING_SHARE, "compass") - 1)
        )
        return nose_deg % 360.0, math.hypot(along, cross) * self.spread(AIRSPEED_SHARE, "airspeed")

    def plan_piece(self, position: Point, move: Move) -> tuple[Piece, Move | None] | None:
        """The next piece: straight up or down, or along the way with the wind triangle."""
        target, *others = move.points
        rest = Move(tuple(others)) if others else None
        metres = distance_m(position, target)
        seconds = self._leg_s(position, target, metres)
        if seconds < 1e-3:
            return (
                (Piece(position, target, self.stage.now, self.stage.now, 0.0), rest)
                if position != target
                else _next(self, position, rest)
            )
        if seconds > PIECE_S:
            share = PIECE_S / seconds
            target, rest, metres, seconds = between(position, target, share), move, metres * share, PIECE_S
        ends = self.stage.now + timedelta(seconds=seconds)
        return Piece(position, target, self.stage.now, ends, metres), rest

    def _leg_s(self, start: Point, target: Point, metres: float) -> float:
        rise = target.alt_m - start.alt_m
        vertical_s = rise / self.machine.climb_mps if rise > 0 else -rise / self.machine.descent_mps
        if metres < 0.5:
            return vertical_s
        return max(metres / self._ground_mps(start, target), vertical_s)

    def _ground_mps(self, start: Point, target: Point) -> float:
        east, north = offset_m(start, target)
        head, cross = self.stage.air.wind(self.stage.now).along(math.degrees(math.atan2(east, north)))
        air = self.cruise_mps
        return max(SLOWEST_MPS, math.sqrt(max(air * air - cross * cross, 0.0)) - head)

    def power_w(self, piece: Piece) -> float:
        """Momentum theory in the true air."""
        now = self.stage.now
        if not self.airborne:
            return 0.0
        wind = self.stage.air.wind(now)
        climb = (piece.end.alt_m - piece.start.alt_m) / piece.seconds if piece.seconds > 0 else 0.0
        celsius = self.stage.air.temperature_c(now)
        density = density_kg_m3(piece.start.alt_m, celsius, self.stage.air.pressure_hpa(now))
        losses = (1 + SAG_SHARE * (1 - self.pack.soc(now))) / (1 + COLD_SHARE * (15.0 - celsius))
        if piece.start == piece.end:
            return self.machine.power_w(self.payload_kg(), 0.0, 0.0, density) * STATION_KEEPING * losses
        airspeed = self.cruise_mps if piece.metres > 0.5 else 0.0
        gusts = 1 + GUST_SHARE * (wind.gust_mps - wind.mps) if airspeed else 1.0
        return self.machine.power_w(self.payload_kg(), airspeed, climb, density) * gusts * losses

    def away_to(self, place: Place, via: tuple[Place, ...]) -> tuple[Point, ...]:
        """Up to the height of the path, on at that height, and down."""
        where = self.body.where()
        height = max([where.alt_m, *(point.alt_m for point in self.trail)])
        ground = self.stage.spec.ground_amsl_m
        return (
            Point(where.lon, where.lat, height),
            *(Point(each.lon, each.lat, height) for each in (*via, place)),
            Point(place.lon, place.lat, ground),
        )

    def lose_link(self) -> None:
        """Its rule: go on for a while, then home."""
        super().lose_link()
        self.stage.agenda.after(LINK_PATIENCE_S, self._link_rule)

    def _link_rule(self) -> None:
        if self.radio.silent and self.mission is not None and self.begun and not self.faulted:
            self.return_home("lost_link", "nothing was heard from the hub")


def _next(drone: Drone, position: Point, rest: Move | None) -> tuple[Piece, Move | None] | None:
    return None if rest is None else drone.plan_piece(position, rest)
