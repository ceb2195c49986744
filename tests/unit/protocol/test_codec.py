"""Frames: what is refused, by which code, and that limits hold in both directions."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.protocol import codec
from fleet.protocol.codec import (
    decode_control,
    decode_telemetry,
    encode,
    encode_telemetry,
    limit_of,
)
from fleet.protocol.errors import Fault, LocalError, RemoteError
from fleet.protocol.messages import (
    AddZone,
    Attach,
    Command,
    CommandReply,
    Envelope,
    Grant,
    Heartbeat,
    LockOrders,
    Role,
    StopAll,
    Telemetry,
)
from fleet.protocol.roles import ALLOWED
from fleet.protocol.schema import json_schema
from fleet.protocol.versions import WIRE_VERSIONS


def zone(feature: object) -> list[bytes]:
    message = {"type": "add_zone", "request_id": "r", "by": "eva", "zone_id": "z", "feature": feature}
    return [b"1", b"add_zone", json.dumps({"seq": 1, "message": message}).encode()]


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


HEARTBEAT = b'{"message":{"type":"heartbeat"}}'
REFUSED: list[tuple[Fault, list[bytes]]] = [
    (Fault.FRAME_COUNT, []),
    (Fault.FRAME_COUNT, [b"1", b"heartbeat"]),
    (Fault.FRAME_COUNT, [b"1", b"heartbeat", HEARTBEAT, b""]),
    (Fault.UNKNOWN_VERSION, [b"3", b"heartbeat", HEARTBEAT]),
    (Fault.UNKNOWN_VERSION, [b"\x01", b"heartbeat", HEARTBEAT]),
    (Fault.UNKNOWN_KIND, [b"1", b"heartbeats", HEARTBEAT]),
    (Fault.UNKNOWN_KIND, [b"1", b"\xff\x00", HEARTBEAT]),
    (Fault.WRONG_CHANNEL, [b"1", b"telemetry", b"{}"]),
    (Fault.KIND_MISMATCH, [b"1", b"busy", HEARTBEAT]),
    (Fault.KIND_MISMATCH, [b"1", b"", HEARTBEAT]),
    (Fault.KIND_MISMATCH, [b"1", b"heartbeat", b"{}"]),
    (Fault.MALFORMED, [b"1", b"heartbeat", b""]),
    (Fault.MALFORMED, [b"1", b"heartbeat", b"\xff\xfe"]),
    (Fault.MALFORMED, [b"1", b"heartbeat", b"[" * 60_000]),
    (Fault.MALFORMED, [b"1", b"heartbeat", b'{"ack":-1,"message":{"type":"heartbeat"}}']),
    (Fault.MALFORMED, [b"1", b"heartbeat", b'{"seq":0,"message":{"type":"heartbeat"}}']),
    (Fault.MALFORMED, [b"1", b"heartbeat", b'{"message":{"type":"heartbeat","extra":1}}']),
    (Fault.MALFORMED, [b"1", b"grant", b'{"message":{"type":"grant","until":1700000000}}']),
    (Fault.MALFORMED, [b"1", b"grant", b'{"message":{"type":"grant","until":"2026-03-01T08:00:00"}}']),
    (Fault.MALFORMED, [b"1", b"grant", b'{"message":{"type":"grant","until":"0001-01-01T00:00:00+05:00"}}']),
    (Fault.MALFORMED, [b"1", b"busy", b'{"message":{"type":"busy","retry_after_s":NaN}}']),
    (Fault.MALFORMED, zone({"a": [float("nan")]})),
    (Fault.MALFORMED, [*zone({})[:2], zone("9")[2].replace(b'"9"', b'{"a":' + b"9" * 5000 + b"}")]),
    (Fault.TOO_DEEP, zone(nested(100))),
    (Fault.TOO_DEEP, zone(nested(codec.MAX_DEPTH))),
    (Fault.TOO_LARGE, [b"1", b"heartbeat", HEARTBEAT + b" " * limit_of("heartbeat")]),
]


@pytest.mark.parametrize(("fault", "frames"), REFUSED)
def test_bad_frames_are_refused_with_a_code(fault: Fault, frames: list[bytes]) -> None:
    """Each kind of wrong input has its code, and a detail that is short whatever was sent."""
    with pytest.raises(RemoteError) as refused:
        decode_control(frames)
    assert refused.value.code is fault
    assert 0 < len(refused.value.detail) < 700


def test_details_do_not_repeat_what_was_sent() -> None:
    """A refused message may hold names and addresses; they do not get into logs."""
    body = b'{"message":{"type":"submit_orders","request_id":"r","orders":[{"recipient":"Erika Muster"}]}}'
    with pytest.raises(RemoteError) as refused:
        decode_control([b"1", b"submit_orders", body])
    assert "Erika" not in str(refused.value)


def framed(kind: str, **fields: object) -> list[bytes]:
    """The frames of a message, whether it is right or not."""
    return [b"2", kind.encode(), json.dumps({"seq": 1, "message": {"type": kind, **fields}}).encode()]


def with_id(order_id: str) -> list[list[bytes]]:
    """Messages with this id: deep in them, as one of several, as an optional one, and as who says hello."""
    contact = {"order_id": order_id}
    return [
        framed("submit_orders", request_id="r", orders=[], contacts=[contact]),
        framed("erase_contacts", request_id="r", by="eva", why="w", order_ids=["P-1", order_id]),
        framed("asset_report", condition="ready", at="2026-03-01T08:00:00Z", site_id=order_id),
        framed("hello", peer_id=order_id, role="operator", boot_id="b", versions=[1]),
    ]


@pytest.mark.parametrize("character", [*map(chr, range(0x20)), "\x7f"])
def test_no_id_that_is_stored_has_control_characters(character: str) -> None:
    """PostgreSQL refuses a NUL: one in an id must not reach the commit, whatever message it came in."""
    for frames in with_id(f"a{character}b"):
        with pytest.raises(RemoteError) as refused:
            decode_control(frames, codec.CONTROL_KINDS)
        assert refused.value.code is Fault.MALFORMED
        if character != "\n":
            assert decode_control(frames).message is not None  # what is stored already can be told to others


def test_other_characters_in_ids_and_all_in_texts_are_taken() -> None:
    """Free text is stored as JSON: what an adapter's journal has must not be refused for ever."""
    for frames in with_id('a\\b \\u0000 "é" 😀'):
        assert decode_control(frames, codec.CONTROL_KINDS).message is not None
    contacts = [{"order_id": "P-1", "notes": "2nd floor\n\x00\x1b", "extra": {"\x0b": "\x7f"}}]
    frames = framed("submit_orders", request_id="r", orders=[], contacts=contacts)
    assert decode_control(frames, codec.CONTROL_KINDS).message is not None


def test_depth_up_to_the_limit_is_taken() -> None:
    """The limit is a limit, not one less."""
    assert decode_control(zone(nested(codec.MAX_DEPTH - 1))).message is not None


def test_hello_and_refused_are_read_under_any_version() -> None:
    """They come before a version is agreed."""
    body = b'{"message":{"type":"refused","code":"no_common_version","detail":"x"}}'
    assert decode_control([b"9", b"refused", body]).message is not None


def test_a_role_may_send_only_what_its_table_lists() -> None:
    """What is not listed is refused before its JSON is looked at."""
    stop = [b"1", b"stop_all", b"not even JSON"]
    with pytest.raises(RemoteError) as refused:
        decode_control(stop, ALLOWED[Role.ASSET])
    assert refused.value.code is Fault.NOT_ALLOWED
    message = StopAll(request_id="r", by="eva")
    assert decode_control(encode(Envelope(seq=1, message=message)), ALLOWED[Role.OPERATOR]).message == message


def test_an_acknowledgement_has_no_kind_and_is_always_allowed() -> None:
    """Every role acknowledges."""
    frames = encode(Envelope(ack=5))
    assert frames[1] == b""
    assert decode_control(frames, frozenset()).ack == 5


@pytest.mark.parametrize("version", WIRE_VERSIONS)
@pytest.mark.parametrize("ack", [0, 7, 2**40])
def test_an_acknowledgement_is_what_its_envelope_dumps(ack: int, version: int) -> None:
    """It is written without the model's help, which nobody may notice."""
    envelope = Envelope(ack=ack)
    frames = encode(envelope, version)
    assert frames == [b"%d" % version, b"", codec.CONTROL.dump_json(envelope)]
    assert decode_control(frames) == envelope


def test_telemetry_travels_bare_on_its_own_channel() -> None:
    """And nothing else does."""
    sample = Telemetry(at=datetime(2026, 3, 1, tzinfo=UTC), lon=16.0, lat=48.0)
    assert decode_telemetry(encode_telemetry(sample)) == sample
    attach = Attach(peer_id="a", token="t")
    assert decode_telemetry(encode_telemetry(attach)) == attach
    with pytest.raises(RemoteError, match="wrong_channel"):
        decode_telemetry(encode(Envelope(message=Heartbeat())))
    with pytest.raises(RemoteError, match="kind_mismatch"):
        decode_telemetry([b"1", b"telemetry", encode_telemetry(attach)[2]])
    with pytest.raises(LocalError):
        encode(Envelope(message=sample))


def test_we_do_not_send_what_would_be_refused() -> None:
    """Limits hold for the sender too: better an error here than a message that never arrives."""
    with pytest.raises(LocalError, match="limit"):
        encode(Envelope(seq=1, message=CommandReply(command_id="c", accepted=True, detail="x" * 70_000)))
    with pytest.raises(LocalError, match="version 7"):
        encode(Envelope(message=Heartbeat()), 7)


def test_limits_are_for_messages_that_exist() -> None:
    """A limit under a name that no message has would never apply."""
    assert set(codec.LIMITS) <= set(codec.message_types())
    assert max(codec.LIMITS.values()) == codec.MAX_CONTROL_FRAME


def test_granted_time_names_every_asset_of_a_large_fleet() -> None:
    """When a simulation begins, each of them has just been welcomed: the count names them all."""
    until = datetime(2026, 3, 1, tzinfo=UTC)
    sent = {f"a-site-of-some-length/sidewalk-robot-{n}": 10_000 for n in range(12_000)}
    (_, _, body) = encode(Envelope(message=Grant(until=until, sent=sent)))
    assert codec.DEFAULT_LIMIT < len(body) < limit_of("granted")


def test_all_orders_of_a_large_day_are_locked_in_one_message() -> None:
    """All or none are: the message is not sent in parts."""
    told = LockOrders(
        request_id="r", by="eva", order_ids=tuple(f"ORDER-{k:06}" for k in range(20_000)), locked=True
    )
    assert decode_control(encode(Envelope(seq=1, message=told))).message == told


def test_times_are_utc_on_the_wire() -> None:
    """Whatever offset they came with."""
    until = datetime.fromisoformat("2026-03-01T10:00:00+02:00")
    assert b'"2026-03-01T08:00:00Z"' in encode(Envelope(message=Grant(until=until)))[2]


def test_strings_are_not_taken_for_numbers_or_truth() -> None:
    """The wire is exact: nothing is guessed from a value of another type."""
    body = b'{"seq":1,"message":{"type":"command_reply","command_id":"c","accepted":"yes"}}'
    with pytest.raises(RemoteError, match=r"message\.command_reply\.accepted"):
        decode_control([b"1", b"command_reply", body])


def test_the_schema_names_every_message() -> None:
    """For implementers in other languages."""
    schema = json_schema()
    assert {model.__name__ for model in codec.message_types().values()} <= set(schema["$defs"])
    assert set(schema["properties"]) == {"control", "telemetry"}
    assert json.loads(json.dumps(schema)) == schema


def test_free_form_is_what_only_a_zone_has() -> None:
    """The depth check looks at ``AddZone``; another message with free JSON would need it as well."""
    open_fields = [
        (model, name)
        for model in codec.message_types().values()
        for name, field in model.model_fields.items()
        if "Any" in str(field.annotation)
    ]
    assert open_fields == [(AddZone, "feature")]
    assert "Any" not in str(Command.model_fields)
