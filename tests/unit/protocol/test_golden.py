"""The golden files hold what version 1 of the wire looks like; code that disagrees is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.protocol.codec import (
    TELEMETRY_KINDS,
    decode_control,
    decode_telemetry,
    encode,
    encode_telemetry,
    message_types,
)
from fleet.protocol.messages import Attach, Envelope, Telemetry

GOLDEN = Path(__file__).parents[2] / "golden" / "wire" / "v1"
FILES = sorted(GOLDEN.glob("*.json"))


def decoded(kind: str, document: dict[str, Any]) -> Envelope | Attach | Telemetry:
    frames = [b"1", kind.encode(), json.dumps(document).encode()]
    return decode_telemetry(frames) if kind in TELEMETRY_KINDS else decode_control(frames)


def encoded(value: Envelope | Attach | Telemetry) -> list[bytes]:
    return encode(value, 1) if isinstance(value, Envelope) else encode_telemetry(value, 1)


def body_of(document: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = document.get("message", document)
    return body


def test_every_message_has_one_and_only_messages_do() -> None:
    """A new message comes with its example."""
    assert {file.stem for file in FILES} == set(message_types())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_message_comes_back_as_it_was(file: Path) -> None:
    """Decoded and encoded again it says the same, in the same fields, times to the microsecond."""
    document = json.loads(file.read_text(encoding="utf-8"))
    version, kind, body = encoded(decoded(file.stem, document))
    assert (version, kind) == (b"1", file.stem.encode())
    assert json.loads(body) == document


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_message_shows_every_field(file: Path) -> None:
    """A new field, too, is shown."""
    fields = set(message_types()[file.stem].model_fields)
    assert set(body_of(json.loads(file.read_text(encoding="utf-8")))) == fields


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sender_that_does_not_know_a_newer_field_is_understood(file: Path) -> None:
    """A field may be added if it has a default: what an older sender leaves out is read as that."""
    document = json.loads(file.read_text(encoding="utf-8"))
    body = body_of(document)
    for name, field in message_types()[file.stem].model_fields.items():
        if name != "type" and not field.is_required():
            del body[name]
    assert decoded(file.stem, document) is not None
