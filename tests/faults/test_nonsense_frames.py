"""Frames that are nearly right: each is taken or refused and counted, none raises, and memory does not grow."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.protocol.codec import decode_control, decode_telemetry
from fleet.protocol.errors import RemoteError
from fleet.protocol.messages import Role
from fleet.protocol.roles import ALLOWED
from tests.support.bench import Bench
from tests.support.bentframes import Frames, bent, meant, real_frames
from tests.support.rawpeers import INBOX_LIMIT, RawPeers
from tests.support.script import ready
from tests.support.soak import SOAK, chosen


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


SAYS: Final = {
    "drone": (*sorted(ALLOWED[Role.ASSET]), *["telemetry"] * 8),
    "locker": ("asset_report", "compartment_report", "hello", "heartbeat"),
    "operator": tuple(sorted(ALLOWED[Role.OPERATOR])),
    "weather": tuple(sorted(ALLOWED[Role.WEATHER])),
}
"""Who has what to say."""


Said = tuple[str, Frames, bool]


@st.composite
def said(draw: st.DrawFn) -> list[Said]:
    """Who says what, and whether it fits the session and the day: all that each may say, in some order, and other
    things in between.
    """
    everything = [(who, kind) for who, kinds in SAYS.items() for kind in kinds]
    words = [
        (who, draw(meant((kind,))), draw(st.integers(0, 9)) > 0)
        for who, kind in draw(st.permutations(everything))
    ]
    for _ in range(draw(st.integers(0, 6))):
        word = draw(st.sampled_from([*SAYS, "stranger"])), draw(bent()), draw(st.booleans())
        words.insert(draw(st.integers(0, len(words))), word)
    return words


def test_the_hub_goes_on_whatever_it_is_told() -> None:
    """From assets, tools and a connection that nobody knows, on both channels, in the middle of a mission: whatever the
    codec lets through is decided on and checked without a fault, also when its timers are due.
    """
    reached: Counter[str] = Counter()

    @given(said())
    @settings(
        max_examples=chosen(40, long=5_000),
        derandomize=not SOAK,  # what is counted below must not depend on luck
        suppress_health_check=[HealthCheck.too_slow],
    )
    def told(words: list[Said]) -> None:
        with TemporaryDirectory() as folder:
            peers = RawPeers(Path(folder))
            bench, before = peers.bench, peers.taken
            for who, frames, fits in words:
                peers.say(who, frames, fits=fits)
                assert len(bench.core.inbox) <= INBOX_LIMIT + 1
                if len(bench.core.inbox) > INBOX_LIMIT // 2:
                    bench.run(0.5)
            bench.run(30)
            for fault in bench.core.faults:
                raise fault
            bench.connect("D1/van-1")  # who comes now is welcomed
            reached.update(peers.taken - before)
            reached["samples checked"] += peers.checked

    told()
    decided = {kind for kinds in SAYS.values() for kind in kinds} - UNDER_THE_INBOX
    assert {kind for kind in decided if reached[kind] < 5} == set(), reached
    assert reached["samples checked"] > 20, reached


UNDER_THE_INBOX: Final = {"hello", "heartbeat", "busy", "attach", "telemetry"}
"""What the session deals with itself, and what is no message."""


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
