"""Frames that are nearly right: each is taken or refused and counted, none raises, and memory does not grow."""

from __future__ import annotations

import gc
import json
import random
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.hub.core import CoreSettings
from fleet.protocol.codec import decode_control, decode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Role
from tests.support.bench import Bench
from tests.support.script import ready
from tests.support.soak import chosen

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


@given(bent())
@settings(max_examples=chosen(400, long=50_000))
def test_the_codec_takes_frames_or_says_whose_fault_it_is(frames: Frames) -> None:
    """Nothing but ``RemoteError`` comes out of it."""
    decoders: list[Callable[[Any], object]] = [decode_control, decode_telemetry]
    for decode in decoders:
        told = _refusal(decode, frames)
        assert len(told) < 2_000  # it goes to whoever sent it, and into the log


def _refusal(decode: Callable[[Any], object], frames: Frames) -> str:
    try:
        decode(frames)
    except RemoteError as error:
        return str(error)
    return ""


@given(st.lists(st.tuples(bent(), st.sampled_from(["drone", "operator", "stranger"])), max_size=25))
@settings(max_examples=chosen(200, long=5_000), suppress_health_check=[HealthCheck.too_slow])
def test_the_hub_goes_on_whatever_it_is_told(said: list[tuple[Frames, str]]) -> None:
    """From an asset, an operator's tool and a connection that nobody knows, on both channels."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), settings=CoreSettings(inbox_limit=10))
        bench.planner_answers = False
        known = {"operator": bench.connect("operator-1", Role.OPERATOR), "drone": ready(bench)}
        for frames, who in said:
            route = known[who].route if who in known else b"stranger"
            bench.core.control(route, frames, bench.wall)
            bench.core.telemetry(b"t-" + route, frames, bench.wall)
            assert len(bench.core.inbox) <= 10 + 1
        bench.core.work(bench.wall)
        assert bench.core.faults == []
        bench.connect("D1/van-1")  # who comes now is welcomed


@pytest.mark.slow
def test_refusing_nonsense_for_long_costs_no_memory(tmp_path: Path, rng: random.Random) -> None:
    """Tens of thousands of frames that are refused leave nothing behind."""
    bench = Bench(tmp_path)
    drone = ready(bench)
    examples = real_frames()

    def nonsense(count: int) -> int:
        for _ in range(count):
            version, kind, body = rng.choice(examples)
            cut = rng.randrange(len(body))
            for route in (drone.route, rng.randbytes(5)):
                bench.core.control(route, [version, kind, body[:cut]], bench.wall)
                bench.core.telemetry(route, [version, kind, body[:cut]], bench.wall)
            bench.wall += 0.001
            bench.core.work(bench.wall)
            list(bench.core.output(bench.wall))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = nonsense(chosen(1_500, long=20_000))
        after = nonsense(chosen(3_000, long=200_000))
    finally:
        tracemalloc.stop()
    assert after - before < 300_000
