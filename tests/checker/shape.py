"""The contract of the plan file, field by field: ``PLAN`` walks a JSON document and yields what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.checker.violation import Code, Violation

Check = Callable[[object, str], Iterator[Violation]]


def _wrong(where: str, wanted: str, found: object) -> Violation:
    return Violation(Code.FORMAT, where, f"should be {wanted}, is {found!r}"[:200])


def _simple(wanted: str, accepts: Callable[[object], bool]) -> Check:
    def check(value: object, where: str) -> Iterator[Violation]:
        if not accepts(value):
            yield _wrong(where, wanted, value)

    return check


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None
    except ValueError:
        return False


text = _simple("a text that is not empty", lambda v: isinstance(v, str) and v != "")
anything = _simple("a text", lambda v: isinstance(v, str))
integer = _simple("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool))
number = _simple("a number", _is_number)
amount = _simple("a number, 0 or more", lambda v: _is_number(v) and v >= 0)  # type: ignore[operator]
moment = _simple("an ISO 8601 time with offset", _is_moment)
lon = _simple("a longitude", lambda v: _is_number(v) and -180 <= v <= 180)  # type: ignore[operator]
lat = _simple("a latitude", lambda v: _is_number(v) and -90 <= v <= 90)  # type: ignore[operator]


def one_of(*values: str) -> Check:
    """One of the given texts."""
    return _simple(" | ".join(values), lambda v: v in values)


def nullable(of: Check) -> Check:
    """``null``, or what ``of`` accepts."""

    def check(value: object, where: str) -> Iterator[Violation]:
        if value is not None:
            yield from of(value, where)

    return check


def items(of: Check) -> Check:
    """A list whose every element ``of`` accepts."""

    def check(value: object, where: str) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield _wrong(where, "a list", value)
            return
        for index, element in enumerate(value):
            yield from of(element, f"{where}[{index}]")

    return check


def record(fields: dict[str, Check]) -> Check:
    """An object that has all ``fields`` (more are welcome)."""

    def check(value: object, where: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield _wrong(where, "an object", value)
            return
        for name, of in fields.items():
            if name in value:
                yield from of(value[name], f"{where}.{name}")
            else:
                yield Violation(Code.FORMAT, f"{where}.{name}", "is missing")

    return check


def mapping(of: Check) -> Check:
    """An object used as a table: every value passes ``of``."""

    def check(value: object, where: str) -> Iterator[Violation]:
        if not isinstance(value, dict):
            yield _wrong(where, "an object", value)
            return
        for name, element in value.items():
            yield from of(element, f"{where}.{name}")

    return check


MODES = ("drone", "sidewalk_robot", "locker", "van", "unassigned")
_by_mode = dict.fromkeys(MODES, integer)
_reasons = items(record({"code": text, "detail": anything}))

_alternative = record(
    {
        "mode": text,
        "verdict": one_of("feasible", "infeasible", "unknown"),
        "cost": nullable(amount),
        "reasons": _reasons,
    }
)
_parcel = record(
    {
        "order_id": text,
        "mode": one_of(*MODES),
        "asset_id": nullable(text),
        "locker_id": nullable(text),
        "eta": nullable(moment),
        "eta_low": nullable(moment),
        "eta_high": nullable(moment),
        "cost": amount,
        "alternatives": items(_alternative),
        "fallback": nullable(record({"mode": text, "detail": anything})),
    }
)
_sortie = record(
    {
        "sortie_id": text,
        "kind": one_of("drone", "sidewalk_robot"),
        "asset_id": text,
        "depot_id": text,
        "order_ids": items(text),
        "depart": moment,
        "return": moment,
        "path": items(record({"lon": lon, "lat": lat, "alt_m": number, "at": moment})),
        "drops": items(record({"order_id": text, "lon": lon, "lat": lat, "at": moment})),
        "payload_kg": amount,
        "energy_wh": amount,
        "usable_wh": amount,
        "reserve_wh": amount,
        "margin_wh": number,
    }
)
_stop = record(
    {
        "lon": lon,
        "lat": lat,
        "locker_id": nullable(text),
        "deliver": items(text),
        "collect": items(text),
        "arrive": moment,
        "depart": moment,
    }
)
_route = record(
    {
        "route_id": text,
        "asset_id": text,
        "depot_id": text,
        "start": moment,
        "end": moment,
        "distance_m": amount,
        "cost": amount,
        "stops": items(_stop),
    }
)
_reservation = record(
    {"order_id": text, "size": one_of("small", "medium", "large"), "from": moment, "until": moment}
)

PLAN = record(
    {
        "format": one_of("lastmile-plan/1"),
        "made_at": moment,
        "at": moment,
        "seed": integer,
        "seconds": nullable(amount),
        "zones_version": text,
        "currency": text,
        "assumptions": items(text),
        "summary": record(
            {
                "parcels": integer,
                "by_mode": record(_by_mode),
                "cost": record({"total": amount, "by_mode": mapping(amount)}),
                "van_only_cost": nullable(amount),
            }
        ),
        "parcels": items(_parcel),
        "sorties": items(_sortie),
        "routes": items(_route),
        "lockers": items(record({"locker_id": text, "reservations": items(_reservation)})),
        "unassigned": items(record({"order_id": text, "reasons": _reasons, "nearest_change": anything})),
    }
)
"""The whole contract."""
