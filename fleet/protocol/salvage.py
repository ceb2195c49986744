"""What is left of a message of which only measurements are wrong: the rest of what an asset says is not lost with them.

An asset whose gauge says 1.02, or whose meter says NaN, still says where it is, and that its trip is over. What is not
a measurement (who, when, which mission, the form of a message) is never mended: such a message is refused as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from fleet.protocol.codec import CONTROL, FRAME_COUNT, TELEMETRY, decode_control, decode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Attach, Envelope, Telemetry

WIND: Final = frozenset({"wind_mps", "wind_from_deg"})
"""Told together or not at all: neither is known without the other."""
MEASURED: Final[Mapping[str, frozenset[str]]] = {
    "telemetry": frozenset(
        {"alt_amsl_m", "ground_speed_mps", "heading_deg", "airspeed_mps", "soc", "energy_used_wh", "packs"}
        | WIND
    ),
    "asset_report": frozenset({"soc", "packs"}),
    "mission_ended": frozenset({"energy_used_wh"}),
}
"""By kind, the measurements that a message may go without."""
NEEDED: Final[Mapping[str, frozenset[str]]] = {"telemetry": frozenset({"lon", "lat"})}
"""The measurements without which a message says nothing."""
OF_PACK: Final = frozenset({"soc", "voltage_v", "health", "temperature_c"})
"""The measurements that may be missing of one pack."""

MOST_SHOWN = 40
"""So many characters of a value are shown: what a peer sent may be long."""


class Nonsense(NamedTuple):
    """A measurement that can't be: of which field, as what it was sent, and what is wrong with it."""

    field: str
    shown: str
    problem: str


LOWEST_M, HIGHEST_M = -500.0, 8_000.0
"""Between them lies the height above the sea of whatever flies or drives: no model knows the air beyond, be it warm.
The wire takes any number: a height in centimetres is none that its form is wrong of."""


class Salvaged(NamedTuple):
    """What a frame says without its ``nonsense``; no message where it says nothing without it."""

    message: Telemetry | Envelope | None
    nonsense: tuple[Nonsense, ...]


def salvaged_telemetry(frames: Sequence[bytes]) -> Salvaged | None:
    """Of a sample that was refused; none where more than measurements is wrong with it."""
    return _salvaged(frames, TELEMETRY, (), decode_telemetry)


def placed_in_air(sample: Telemetry) -> tuple[Telemetry, Nonsense | None]:
    """The sample without its height where no asset can be so high or low, and what was wrong with that then."""
    height_m = sample.alt_amsl_m
    if height_m is None or LOWEST_M <= height_m <= HIGHEST_M:
        return sample, None
    problem = f"it must lie between {LOWEST_M:g} and {HIGHEST_M:g} m"
    return sample.model_copy(update={"alt_amsl_m": None}), Nonsense("alt_amsl_m", _shown(height_m), problem)


def salvaged_control(frames: Sequence[bytes], allowed: Collection[str]) -> Salvaged | None:
    """The same of a report that was refused."""
    return _salvaged(frames, CONTROL, ("message",), lambda mended: decode_control(mended, allowed))


def _salvaged(
    frames: Sequence[bytes],
    adapter: TypeAdapter[Any],
    way: tuple[str, ...],
    decode: Callable[[Sequence[bytes]], Attach | Telemetry | Envelope],
) -> Salvaged | None:
    """``way`` leads to the message in the JSON; all else than its measurements is judged by ``decode``, as ever."""
    if len(frames) != FRAME_COUNT or len(frames[2]) > MOST_MENDED:
        return None
    kind = frames[1].decode("ascii", "replace")
    if kind not in MEASURED:
        return None
    try:
        document = json.loads(frames[2])
        nonsense = _mend(document, adapter, way, kind)
        if not nonsense:
            return None
        if any(one.field in NEEDED.get(kind, ()) for one in nonsense):
            return Salvaged(None, nonsense)
        message = decode([frames[0], frames[1], json.dumps(document).encode()])
    except (RemoteError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        return None
    return None if isinstance(message, Attach) else Salvaged(message, nonsense)


def _mend(document: Any, adapter: TypeAdapter[Any], way: tuple[str, ...], kind: str) -> tuple[Nonsense, ...]:
    """Take out the measurements that can't be, and tell them."""
    body = document
    for name in way:
        body = body[name]
    nonsense: list[Nonsense] = []
    for _ in range(PASSES):
        problems = _problems(adapter, json.dumps(document).encode(), (*way, kind))
        # Of a list in which one value is wrong it is said besides that it is too short.
        inner = {path[0] for path, _ in problems if len(path) > 1}
        found = [(path, problem) for path, problem in problems if len(path) > 1 or path[0] not in inner]
        if not found or any(one.field in NEEDED.get(kind, ()) for one in nonsense):
            break
        nonsense += [_taken_out(body, path, problem, kind) for path, problem in found]
    return tuple(nonsense)


PASSES = 3
"""A value of a pack is taken out, then the pack's list, if still something is wrong with it; then all is right."""
MOST_MENDED = 64 * 1024
"""No longer frame is mended: reports and samples are short."""


def _problems(
    adapter: TypeAdapter[Any], body: bytes, within: tuple[str, ...]
) -> list[tuple[tuple[int | str, ...], str]]:
    """What is wrong with the message, by place in it. Raises ``ValueError`` where that lies outside it."""
    try:
        adapter.validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    else:
        return []
    places = [(tuple(one["loc"]), one["msg"]) for one in found]
    if any(place[: len(within)] != within for place, _ in places):
        raise ValueError("more than the message is wrong")
    return [(place[len(within) :], problem) for place, problem in places]


def _taken_out(body: dict[str, Any], path: tuple[int | str, ...], problem: str, kind: str) -> Nonsense:
    """Take a measurement out of a message: one of a pack alone, where it may be missing there. Raises ``ValueError``
    where it is no measurement."""
    field = str(path[0])
    if field not in MEASURED[kind] | NEEDED.get(kind, frozenset()):
        raise ValueError(f"{field} is no measurement")
    if field == "packs" and len(path) == 3 and path[2] in OF_PACK and field in body:
        shown = body[field][path[1]].pop(path[2])
        return Nonsense(field, f"{path[2]} {_shown(shown)} of pack {body[field][path[1]]['pack']}", problem)
    shown = body.pop(field, None)
    if field in WIND:
        body |= dict.fromkeys(WIND & body.keys())
    return Nonsense(field, _shown(shown), problem)


def _shown(value: object) -> str:
    return repr(value)[:MOST_SHOWN] if not isinstance(value, dict | list) else "…"
