"""The golden files hold what each version of the wire looks like; code that disagrees is wrong."""

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
from fleet.protocol.versions import WIRE_VERSIONS, fields_after, kinds_after
from fleet.store.rows import message_from

GOLDEN = Path(__file__).parents[2] / "golden" / "wire"
FILES = [
    pytest.param(version, file, id=f"v{version}-{file.stem}")
    for version in WIRE_VERSIONS
    for file in sorted((GOLDEN / f"v{version}").glob("*.json"))
]


def decoded(version: int, kind: str, document: dict[str, Any]) -> Envelope | Attach | Telemetry:
    frames = [str(version).encode(), kind.encode(), json.dumps(document).encode()]
    return decode_telemetry(frames) if kind in TELEMETRY_KINDS else decode_control(frames)


def encoded(version: int, value: Envelope | Attach | Telemetry) -> list[bytes]:
    return encode(value, version) if isinstance(value, Envelope) else encode_telemetry(value, version)


def body_of(document: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = document.get("message", document)
    return body


@pytest.mark.parametrize("version", WIRE_VERSIONS)
def test_every_message_has_one_and_only_messages_do(version: int) -> None:
    """A new message comes with its example, in the version that has it."""
    examples = {file.stem for file in (GOLDEN / f"v{version}").glob("*.json")}
    assert examples == set(message_types()) - kinds_after(version)


@pytest.mark.parametrize(("version", "file"), FILES)
def test_a_golden_message_comes_back_as_it_was(version: int, file: Path) -> None:
    """Decoded and encoded again it says the same, in the same fields, times to the microsecond."""
    document = json.loads(file.read_text(encoding="utf-8"))
    version_frame, kind, body = encoded(version, decoded(version, file.stem, document))
    assert (version_frame, kind) == (str(version).encode(), file.stem.encode())
    assert json.loads(body) == document


@pytest.mark.parametrize(("version", "file"), FILES)
def test_a_golden_message_shows_every_field(version: int, file: Path) -> None:
    """A new field, too, is shown."""
    fields = set(message_types()[file.stem].model_fields) - fields_after(version).get(file.stem, frozenset())
    assert set(body_of(json.loads(file.read_text(encoding="utf-8")))) == fields


@pytest.mark.parametrize(("version", "file"), FILES)
def test_a_sender_that_does_not_know_a_newer_field_is_understood(version: int, file: Path) -> None:
    """A field may be added if it has a default: what an older sender leaves out is read as that."""
    document = json.loads(file.read_text(encoding="utf-8"))
    body = body_of(document)
    for name, field in message_types()[file.stem].model_fields.items():
        if name != "type" and not field.is_required():
            body.pop(name, None)
    assert decoded(version, file.stem, document) is not None


@pytest.mark.parametrize(("version", "file"), FILES)
def test_what_was_stored_before_an_upgrade_can_be_read(version: int, file: Path) -> None:
    """The hub's outbox and an adapter's journal keep messages as they were written by the version of then."""
    body = body_of(json.loads(file.read_text(encoding="utf-8")))
    kept = message_from(json.dumps(body))
    assert json.loads(kept.model_dump_json()).items() >= body.items()
