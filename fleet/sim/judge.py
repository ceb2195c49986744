"""The judge: notes what truly happened, from the truth alone. No word of the hub's is heard here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from fleet.domain.events import AssetRecord
from fleet.protocol.values import TimeWindow
from fleet.sim.approvals import Approval, Flights
from fleet.sim.geo import Piece
from fleet.sim.nearness import Nearness
from fleet.sim.zones import TrueZone

GRACE_WH: Final = 0.05
"""Rounding of energies on the wire; less than a second of flight."""


class Judge:
    """Keeps the record of one day."""

    def __init__(
        self,
        zones: Iterable[TrueZone],
        approvals: Iterable[Approval] = (),
        nearness: Nearness | None = None,
        ground_m: float = 0.0,
    ) -> None:
        self._nearness = nearness or Nearness(0.0, 0.0)
        self._flights = Flights(tuple(approvals), ground_m)
        self._zones: list[TrueZone] = []
        self.add_zones(zones)
        self._in_zone: set[tuple[str, str | None, str]] = set()
        self._zone_breaches: list[dict[str, Any]] = []
        self._reserve_breaches: list[dict[str, Any]] = []
        self._crashes: list[dict[str, Any]] = []
        self._custody_breaks: list[dict[str, Any]] = []
        self._overfull: list[dict[str, Any]] = []
        self._outside_windows: list[dict[str, Any]] = []
        self._metres: defaultdict[str, float] = defaultdict(float)
        self._energy_wh: defaultdict[str, float] = defaultdict(float)
        self._handed_over: Counter[str] = Counter()
        self._incidents: list[dict[str, Any]] = []

    def add_zones(self, zones: Iterable[TrueZone]) -> None:
        """Zones that have appeared; each counts from its ``since`` on."""
        found = list(zones)
        self._zones.extend(found)
        self._flights.know(found)

    def moved(self, asset: AssetRecord, mission_id: str | None, piece: Piece, *, airborne: bool) -> None:
        """A vehicle has moved, or hung in the air."""
        self._metres[asset.kind] += piece.metres
        if airborne:
            self._nearness.moved(asset.asset_id, mission_id, piece)
            for zone in self._zones:
                self._look(zone, asset, mission_id, piece)

    def _look(self, zone: TrueZone, asset: AssetRecord, mission_id: str | None, piece: Piece) -> None:
        asset_id = asset.asset_id
        key = (asset_id, mission_id, zone.zone_id)
        if key in self._in_zone or (at := self._breach(zone, asset, mission_id, piece)) is None:
            return
        self._in_zone.add(key)
        where = piece.point(at)
        self._zone_breaches.append(
            {
                "at": at.isoformat(),
                "asset_id": asset_id,
                "mission_id": mission_id,
                "zone_id": zone.zone_id,
                "lon": where.lon,
                "lat": where.lat,
                "alt_amsl_m": where.alt_m,
            }
        )

    def _breach(
        self, zone: TrueZone, asset: AssetRecord, mission_id: str | None, piece: Piece
    ) -> datetime | None:
        """The first moment at which it is in the zone and may not be."""
        if not zone.on_approval:
            return zone.entered_by(piece)
        flight = mission_id or asset.asset_id
        return self._flights.unapproved(zone, flight, (asset.type_id, asset.kind), piece)

    def came_down(
        self,
        at: datetime,
        asset_id: str,
        mission_id: str,
        *,
        left_wh: float,
        reserve_wh: float | None,
        planned_wh: float | None,
        used_wh: float,
    ) -> None:
        """A trip on a battery is over; ``left_wh`` is what may still be drawn before the pack's floor."""
        if reserve_wh is None or left_wh >= reserve_wh - GRACE_WH:
            return
        self._reserve_breaches.append(
            {
                "at": at.isoformat(),
                "asset_id": asset_id,
                "mission_id": mission_id,
                "left_wh": round(left_wh, 2),
                "reserve_wh": round(reserve_wh, 2),
                "used_wh": round(used_wh, 2),
                "planned_wh": planned_wh,
            }
        )

    def crashed(self, at: datetime, asset_id: str, mission_id: str | None) -> None:
        """A battery ran empty on the way."""
        self._crashes.append({"at": at.isoformat(), "asset_id": asset_id, "mission_id": mission_id})

    def spent(self, kind: str, energy_wh: float) -> None:
        """Energy that a trip took."""
        self._energy_wh[kind] += energy_wh

    def custody_broken(self, at: datetime, asset_id: str, order_id: str, detail: str) -> None:
        """Somebody was told to hand over what was not there, or a parcel could not be accounted for."""
        self._custody_breaks.append(
            {"at": at.isoformat(), "asset_id": asset_id, "order_id": order_id, "detail": detail}
        )

    def overfull(self, at: datetime, locker_id: str, size: str, held: int, count: int) -> None:
        """More parcels in a locker's compartments of a size than it has."""
        self._overfull.append(
            {"at": at.isoformat(), "locker_id": locker_id, "size": size, "held": held, "count": count}
        )

    def handed_over(self, at: datetime, kind: str, order_id: str, window: TimeWindow) -> None:
        """A parcel changed hands at its destination."""
        self._handed_over[kind] += 1
        if not window.start <= at <= window.end:
            late_s = (
                (at - window.end).total_seconds() if at > window.end else (at - window.start).total_seconds()
            )
            self._outside_windows.append(
                {"at": at.isoformat(), "order_id": order_id, "kind": kind, "by_s": round(late_s, 1)}
            )

    def incident(self, at: datetime, what: str, **details: Any) -> None:
        """Something that the world did by itself."""
        self._incidents.append({"at": at.isoformat(), "what": what, **details})

    def verdict(self) -> dict[str, Any]:
        """The whole record, ready for JSON. ``ok``: no zone, reserve, custody or compartment violated, no crash.

        ``too_near`` are pairs of aircraft in the air that came nearer to each other than flights keep: whether that is
        a fault depends on what the hub has told of them.
        """
        broken = {
            "zone_breaches": self._zone_breaches,
            "reserve_breaches": self._reserve_breaches,
            "crashes": self._crashes,
            "custody_breaks": self._custody_breaks,
            "overfull": self._overfull,
        }
        return {
            "ok": not any(broken.values()),
            **{name: list(found) for name, found in broken.items()},
            "too_near": sorted(self._nearness.losses.values(), key=lambda loss: str(loss["at"])),
            "outside_windows": list(self._outside_windows),
            "handed_over": dict(sorted(self._handed_over.items())),
            "km": {kind: round(metres / 1000, 3) for kind, metres in sorted(self._metres.items())},
            "energy_wh": {kind: round(wh, 1) for kind, wh in sorted(self._energy_wh.items())},
            "incidents": list(self._incidents),
        }
