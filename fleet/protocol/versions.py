"""The versions of the wire, and what each has that the one before it had not.

These tables are all that knows of it: the codec leaves out what the other end's version does not have, and refuses
what a version can't have. Sessions and handlers see one form of every message, with a default in what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fleet.protocol.errors import Unsayable
from fleet.protocol.messages import Action, Command, Message, ReportWeather, SubmitOrders

WIRE_VERSIONS: Final[tuple[int, ...]] = (1, 2)
"""The versions that this code speaks, newest last: the newest and the one before it."""

NEW_FIELDS: Final[Mapping[int, Mapping[str, frozenset[str]]]] = {
    2: {
        "welcome": frozenset({"rate"}),
        "busy": frozenset({"code", "detail"}),
        "submit_orders": frozenset({"orders.priority", "orders.skills"}),
        "heartbeat": frozenset({"sent_s", "echo"}),
        "reserve_compartment": frozenset({"request"}),
        "release_compartment": frozenset({"request"}),
        "compartment_report": frozenset({"request"}),
        "reply": frozenset({"zones", "options"}),
        "command": frozenset({"via"}),
        "report_weather": frozenset({"place", "height_m", "pressure_hpa"}),
        "assign": frozenset({"mission.cruise_mps", "mission.pace", "mission.driver_break"}),
        "asset_report": frozenset({"packs"}),
        "telemetry": frozenset({"packs", "airspeed_mps", "wind_mps", "wind_from_deg"}),
    },
}
"""Version, kind, fields that are new in it, by way of those that they are in (of a list: of each in it). Each has a
default: what the other end left out is read as that."""

NEW_KINDS: Final[Mapping[int, frozenset[str]]] = {
    2: frozenset({"erase_contacts", "preview_zones", "change_zones", "lock_orders", "explain_order"})
}
"""Version, kinds that are new in it."""


def fields_after(version: int) -> Mapping[str, frozenset[str]]:
    """By kind, the fields that came after this version: its peers neither know nor send them."""
    found: dict[str, frozenset[str]] = {}
    for newer, kinds in NEW_FIELDS.items():
        if newer > version:
            for kind, fields in kinds.items():
                found[kind] = found.get(kind, frozenset()) | fields
    return found


def said_of(message: Message, fields: Iterable[str]) -> set[str]:
    """Which of some fields a message states, whether they have their default or not."""
    return {path for path in fields if _states(message, path.split("."))}


def _states(node: object, path: list[str]) -> bool:
    if isinstance(node, tuple):
        return any(_states(each, path) for each in node)
    name, *within = path
    if not within:
        return name in getattr(node, "model_fields_set", ())
    return _states(getattr(node, name, None), within)


def kinds_after(version: int) -> frozenset[str]:
    """The kinds that came after this version."""
    return frozenset(kind for newer, kinds in NEW_KINDS.items() if newer > version for kind in kinds)


PASSES_POINTS: Final = 2
"""From this version on a peer may be told points to pass on its way."""

TOLD_SPEED: Final = 2
"""From this version on a mission may say how fast it is flown."""


KNOWS_PLACES: Final = 2
"""From this version on weather may be that of a place, or of a height."""


KNOWS_PRIORITY: Final = 2
"""From this version on some orders may count for more than others, and ask for skills."""


def _is_of_a_place(report: ReportWeather) -> bool:
    return report.place is not None or report.height_m is not None


def common_version(theirs: Iterable[int]) -> int | None:
    """The version that is spoken with a peer of these; none where there is none."""
    return max(set(theirs).intersection(WIRE_VERSIONS), default=None)


def for_version(message: Message, version: int) -> Message:
    """What is said to a peer of a version instead of a message that means something else without its newer fields.

    One who knows of no way around is not sent straight across what the way leads around: it comes down where it is, as
    if there were no way. Weather of a place is not made weather of the whole area, nor is an order that counts for more
    than others, or asks for skills, one like all: raises ``Unsayable``.
    """
    if version < KNOWS_PLACES and isinstance(message, ReportWeather) and _is_of_a_place(message):
        raise Unsayable(
            f"version {version} of the wire knows no places of weather: the report would count for the whole area, "
            "at every height; report it without them, or update the hub"
        )
    if version < KNOWS_PRIORITY and isinstance(message, SubmitOrders):
        _check_plain(message, version)
    if version < PASSES_POINTS and isinstance(message, Command) and message.via:
        return message.model_copy(update={"action": Action.LAND, "place": None, "place_id": None, "via": ()})
    return message


def _check_plain(message: SubmitOrders, version: int) -> None:
    """Raises ``Unsayable`` where an order says what an older hub would not know of."""
    for order in message.orders:
        unknown = "priority" if order.priority != 1 else "skills" if order.skills else None
        if unknown is not None:
            raise Unsayable(
                f"version {version} of the wire knows no {unknown} of orders: {order.order_id} would be planned like "
                "any other; leave the column out, or update the hub"
            )
