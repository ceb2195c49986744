"""Whatever a peer sends, decoding raises ``RemoteError`` or returns a message that can be encoded again."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleet.protocol.codec import decode_control, decode_telemetry, encode, encode_telemetry, message_types
from fleet.protocol.errors import LocalError, RemoteError

GOLDEN = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parents[1] / "golden" / "wire" / "v2").glob("*.json"))
}
KINDS = st.sampled_from(["", *message_types()])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ODD = JUNK | st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 10**400, -1, 1e308, "\ud800", " ", "x" * 200]
)


def try_all(frames: list[bytes]) -> None:
    """Both decoders; what they take can be sent on."""
    with suppress(RemoteError):
        encode(decode_control(frames))
    with suppress(RemoteError):
        encode_telemetry(decode_telemetry(frames))


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"1", b"2", b"hello", b"telemetry"]), max_size=4))
def test_garbage(frames: list[bytes]) -> None:
    """Any bytes in any number of frames."""
    try_all(frames)


@given(KINDS, JUNK)
def test_json_of_any_shape(kind: str, value: Any) -> None:
    """Valid JSON that is not a message."""
    try_all([b"2", kind.encode(), json.dumps({"message": value}).encode()])
    try_all([b"2", kind.encode(), json.dumps(value).encode()])


@given(st.sampled_from(sorted(GOLDEN)), st.data())
def test_a_message_with_one_thing_wrong(kind: str, data: st.DataObject) -> None:
    """A golden message in which one value, somewhere, is replaced by something odd."""
    document = json.loads(json.dumps(GOLDEN[kind]))
    node: Any = document
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(ODD)
    try_all([b"2", kind.encode(), json.dumps(document).encode("utf-8", "surrogatepass")])


@given(st.sampled_from(sorted(GOLDEN)), st.data())
def test_a_message_with_flipped_bytes(kind: str, data: st.DataObject) -> None:
    """A golden message that was damaged on the way."""
    body = bytearray(json.dumps(GOLDEN[kind]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try_all([b"2", kind.encode(), bytes(body)])


def test_the_test_can_fail() -> None:
    """An error of another kind is not swallowed by ``try_all``."""
    assert not issubclass(RemoteError, LocalError)
