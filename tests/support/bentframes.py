"""Frames that are nearly right: real ones, as the examples have them, with something done to bytes or to values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "wire"
Frames = list[bytes]

VALUES: Final = st.sampled_from(
    [
        *(
            b"null",
            b"true",
            b"-0",
            b"1e400",
            b"NaN",
            b"Infinity",
            b"9223372036854775808",
            b"1" * 5000,
            b"0.1e-400",
        ),
        *(
            b'""',
            b'"\\ud800"',
            b'"\\u0000"',
            b"[]",
            b"{}",
            b"[" * 2000,
            b'{"a":' * 500,
            b'"' + b"x" * 70_000 + b'"',
        ),
        *(
            b'"9999-12-31T23:59:59Z"',
            b'"0001-01-01T00:00:00+14:00"',
            b'"2026-02-30T00:00:00Z"',
            "\u202e".encode(),
        ),
    ]
)
"""What stands for another value, or nothing, where one was."""


@cache
def real_frames() -> list[Frames]:
    """Frames of every message in every version, as the examples have them."""
    found = []
    for file in sorted(GOLDEN.glob("v*/*.json")):
        body = json.loads(file.read_text(encoding="utf-8"))
        message = body.get("message", body) or {}
        kind = str(message.get("type", ""))
        telemetry = kind in ("attach", "telemetry")
        envelope = body if telemetry or "message" in body else {"seq": None, "ack": 0, "message": body}
        found.append([file.parent.name[1:].encode(), kind.encode(), json.dumps(envelope).encode()])
    return found


@st.composite
def bent(draw: st.DrawFn) -> Frames:
    """Real frames with something done to them."""
    frames = list(draw(st.sampled_from(real_frames())))
    for _ in range(draw(st.integers(0, 3))):
        frames = draw(st.sampled_from(BENDS))(draw, frames)
    return frames


def _flip(draw: st.DrawFn, frames: Frames) -> Frames:
    which = draw(st.integers(0, max(0, len(frames) - 1)))
    frame = bytearray(frames[which]) if frames else bytearray()
    for _ in range(draw(st.integers(1, 4))):
        if frame:
            frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    return [*frames[:which], bytes(frame), *frames[which + 1 :]]


def _truncate(draw: st.DrawFn, frames: Frames) -> Frames:
    return [*frames[:-1], frames[-1][: draw(st.integers(0, len(frames[-1])))]] if frames else frames


def _recount(draw: st.DrawFn, frames: Frames) -> Frames:
    return draw(st.sampled_from([frames[:-1], [*frames, b""], [], frames * 2, frames[::-1]]))


def _swap(draw: st.DrawFn, frames: Frames) -> Frames:
    """The head of one message before the body of another."""
    return [*frames[:2], *draw(st.sampled_from(real_frames()))[2:]]


def _replace(draw: st.DrawFn, frames: Frames) -> Frames:
    """Another value in the place of one of the JSON."""
    body = frames[-1] if frames else b""
    starts = [i + 1 for i, byte in enumerate(body) if byte == ord(":")]
    if not starts:
        return frames
    start = draw(st.sampled_from(starts))
    end = next((i for i in range(start, len(body)) if body[i] in b",}]"), len(body))
    return [*frames[:-1], body[:start] + draw(VALUES) + body[end:]]


def _renumber(draw: st.DrawFn, frames: Frames) -> Frames:
    """Numbers of messages and acknowledgements that nobody has given out."""
    try:
        body = json.loads(frames[-1])
        body.update(seq=draw(NUMBERS), ack=draw(NUMBERS))
    except (ValueError, AttributeError, IndexError):
        return frames
    return [*frames[:-1], json.dumps(body).encode()]


NUMBERS: Final = st.one_of(st.none(), st.integers(-2, 5), st.integers(2**31, 2**70))
BENDS: Final[list[Callable[[st.DrawFn, Frames], Frames]]] = [
    _flip,
    _truncate,
    _recount,
    _swap,
    _replace,
    _renumber,
]

# --- what the codec lets through: each value is of its sort, whatever it says ----------------------------------------

MOMENTS: Final = (
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2026-11-24T08:00:00Z",
    "2026-11-24T23:59:59.999999Z",
    "2027-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
)
FLOATS: Final = (0.0, -0.0, 1e-300, -1e-9, 0.5, 1.0, 90.0, -180.0, 1e9, 1.7e308, -1.7e308)
INTEGERS: Final = (0, 1, 2, -1, 7, 1000, 2**31, 2**63 - 1)
TEXTS: Final = (
    "",
    "x",
    "P-1",
    "S1",
    "S1/drone-1",
    "L1",
    "m-1",
    "none",
    "\u202e",
    "\U0001f6f8" * 30,
    "a" * 128,
)
Path_ = tuple[str | int, ...]


@st.composite
def meant(draw: st.DrawFn, kinds: tuple[str, ...]) -> Frames:
    """Frames of one of these kinds, in which up to three values say something else of their own sort."""
    version, kind, text = draw(st.sampled_from([f for f in real_frames() if f[1].decode() in kinds]))
    body = json.loads(text)
    message = body.get("message", body)
    for _ in range(draw(st.integers(0, 3))):
        places = [path for path in _places(message) if path[0] != "type"]
        if places:
            _set(message, path := draw(st.sampled_from(places)), _other(draw, _get(message, path)))
    return [version, kind, json.dumps(body).encode()]


def _places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where there is a value, however deep."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _get(value: Any, path: Path_) -> Any:
    for key in path:
        value = value[key]
    return value


def _set(value: Any, path: Path_, new: Any) -> None:
    _get(value, path[:-1])[path[-1]] = new


def _other(draw: st.DrawFn, old: Any) -> Any:
    """Another value of the same sort; now and then none at all."""
    if draw(st.integers(0, 9)) == 0:
        return None
    match old:
        case bool():
            return not old
        case int():
            return draw(st.sampled_from(INTEGERS))
        case float():
            return draw(st.sampled_from(FLOATS))
        case str():
            return draw(st.sampled_from(MOMENTS if old[4:5] == "-" and "T" in old else TEXTS))
        case list():
            return draw(st.sampled_from(([], old * 2, old[:1], old * 30)))
        case _:
            return old
