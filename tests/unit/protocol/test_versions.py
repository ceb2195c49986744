"""Two versions of the wire at once: what each has, and that neither leaks into the other."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fleet.protocol import codec, schema, versions
from fleet.protocol.codec import (
    TELEMETRY_KINDS,
    decode_control,
    decode_telemetry,
    encode,
    encode_telemetry,
    message_types,
)
from fleet.protocol.errors import Fault, LocalError, RemoteError
from fleet.protocol.messages import (
    Action,
    Attach,
    Busy,
    Command,
    Envelope,
    Heartbeat,
    ReportWeather,
    ReserveCompartment,
    SubmitOrders,
    Telemetry,
)
from fleet.protocol.values import Place
from fleet.protocol.versions import NEW_FIELDS, NEW_KINDS, WIRE_VERSIONS, fields_after

ROOT = Path(__file__).parents[3]
OLD, NEW = WIRE_VERSIONS
SCHEMAS = {v: json.loads((ROOT / "docs" / "wire" / f"v{v}.schema.json").read_text("utf-8")) for v in (1, 2)}
EXAMPLES = {
    version: {
        file.stem: json.loads(file.read_text("utf-8"))
        for file in sorted((ROOT / "tests" / "golden" / "wire" / f"v{version}").glob("*.json"))
    }
    for version in WIRE_VERSIONS
}


def validator(version: int, channel: str) -> Draft202012Validator:
    whole = SCHEMAS[version]
    return Draft202012Validator({"$defs": whole["$defs"], **whole["properties"][channel]})


VALIDATORS = {(v, c): validator(v, c) for v in (1, 2) for c in ("control", "telemetry")}


def channel_of(kind: str) -> str:
    return "telemetry" if kind in TELEMETRY_KINDS else "control"


def decoded(version: int, kind: str, document: Any) -> Envelope | Attach | Telemetry:
    frames = [str(version).encode(), kind.encode(), json.dumps(document).encode()]
    return decode_telemetry(frames) if kind in TELEMETRY_KINDS else decode_control(frames)


def sent(version: int, value: Envelope | Attach | Telemetry) -> Any:
    frames = encode(value, version) if isinstance(value, Envelope) else encode_telemetry(value, version)
    return json.loads(frames[2])


def holder(document: Any, path: str) -> Any:
    """What of a message a field is in."""
    node = document.get("message", document)
    for name in path.split(".")[:-1]:
        node = node[name][0] if isinstance(node[name], list) else node[name]
    return node


def sayable(version: int, value: Envelope | Attach | Telemetry) -> Envelope | Attach | Telemetry:
    """What can be said in a version at all: weather of a place, orders' priorities and skills can't be in the first."""
    if version == OLD and isinstance(value, Envelope) and isinstance(value.message, ReportWeather):
        nowhere = value.message.model_copy(update={"place": None, "height_m": None})
        return value.model_copy(update={"message": nowhere})
    if version == OLD and isinstance(value, Envelope) and isinstance(value.message, SubmitOrders):
        alike = tuple(
            order.model_copy(update={"priority": 1.0, "skills": frozenset()})
            for order in value.message.orders
        )
        return value.model_copy(update={"message": value.message.model_copy(update={"orders": alike})})
    return value


def without_prose(node: Any) -> Any:
    """A schema without its descriptions: a sentence may be put better in a later release."""
    if isinstance(node, dict):
        return {k: without_prose(v) for k, v in node.items() if k != "description" or not isinstance(v, str)}
    return [without_prose(v) for v in node] if isinstance(node, list) else node


def test_the_newest_and_the_one_before_it_are_spoken() -> None:
    """An asset may be upgraded after the hub, or before it."""
    assert WIRE_VERSIONS == (1, 2)
    assert set(NEW_FIELDS) == set(NEW_KINDS) == set(WIRE_VERSIONS[1:])


@pytest.mark.parametrize("version", WIRE_VERSIONS)
def test_the_published_schema_is_what_is_spoken(version: int) -> None:
    """Version 1 is frozen; `make schemas` writes the newest anew."""
    assert without_prose(schema.json_schema(version)) == without_prose(SCHEMAS[version])
    if version == WIRE_VERSIONS[-1]:
        assert schema.json_schema(version) == SCHEMAS[version], "run `make schemas`"


@pytest.mark.parametrize("kind", sorted(message_types()))
def test_every_message_fits_the_schema_of_the_version_it_is_sent_in(kind: str) -> None:
    """What version 2 says, said to a peer of version 1, is something that such a peer takes."""
    value = decoded(NEW, kind, EXAMPLES[NEW][kind])
    for version in WIRE_VERSIONS:
        if kind not in versions.kinds_after(version):
            VALIDATORS[version, channel_of(kind)].validate(sent(version, sayable(version, value)))


@pytest.mark.parametrize("kind", sorted(NEW_FIELDS[2]))
def test_new_fields_are_left_out_and_refused(kind: str) -> None:
    """By the codec and by the frozen schema alike."""
    document = EXAMPLES[NEW][kind]
    for path in NEW_FIELDS[2][kind]:
        old = deepcopy(EXAMPLES[OLD][kind])
        name = path.rpartition(".")[2]
        holder(old, path)[name] = holder(document, path)[name]
        assert not VALIDATORS[OLD, channel_of(kind)].is_valid(old)
        with pytest.raises(RemoteError, match=name) as refused:
            decoded(OLD, kind, old)
        assert refused.value.code is Fault.MALFORMED
        assert name not in holder(sent(OLD, sayable(OLD, decoded(NEW, kind, document))), path)
        assert name in holder(sent(NEW, decoded(NEW, kind, document)), path)


def test_what_comes_before_a_version_is_agreed_never_changes() -> None:
    """Any two ends can say why they can't talk."""
    assert not {"hello", "refused"} & {kind for fields in NEW_FIELDS.values() for kind in fields}
    assert not {"hello", "refused"} & {kind for kinds in NEW_KINDS.values() for kind in kinds}
    for kind in ("hello", "refused"):
        assert EXAMPLES[OLD][kind] == EXAMPLES[NEW][kind]


def test_a_new_field_has_a_default() -> None:
    """The other end may leave it out."""
    for kinds in NEW_FIELDS.values():
        for kind, fields in kinds.items():
            for path in fields:
                known: Any = message_types()[kind]
                for name in path.split(".")[:-1]:
                    known = known.model_fields[name].annotation
                    known = get_args(known)[0] if get_origin(known) is tuple else known
                assert not known.model_fields[path.rpartition(".")[2]].is_required(), (kind, path)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables in which a kind, and no field, is new."""
    monkeypatch.setattr(versions, "NEW_KINDS", {2: frozenset({"grant"})})
    monkeypatch.setattr(codec, "_KINDS_AFTER", {v: versions.kinds_after(v) for v in WIRE_VERSIONS})
    monkeypatch.setattr(codec, "_CONTROL_FORMS", codec._forms(codec.CONTROL_KINDS))
    return


@pytest.mark.usefixtures("later")
def test_a_new_kind_is_unknown_to_the_version_before() -> None:
    """It is neither sent nor taken, and the schema does not have it."""
    value = decoded(NEW, "grant", EXAMPLES[NEW]["grant"])
    with pytest.raises(RemoteError) as refused:
        decoded(OLD, "grant", EXAMPLES[OLD]["grant"])
    assert refused.value.code is Fault.UNKNOWN_KIND
    with pytest.raises(LocalError, match="version 1"):
        sent(OLD, value)
    assert "Grant" not in schema.json_schema(OLD)["$defs"]
    assert "Grant" in schema.json_schema(NEW)["$defs"]


def test_a_frame_without_a_message_is_the_same_in_both() -> None:
    """It only acknowledges."""
    assert [encode(Envelope(ack=3), v)[1:] for v in WIRE_VERSIONS] == [encode(Envelope(ack=3))[1:]] * 2


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(WIRE_VERSIONS), st.sampled_from(sorted(message_types())), st.data())
def test_what_the_codec_takes_the_schema_takes(version: int, kind: str, data: st.DataObject) -> None:
    """A message with one thing wrong: whatever still gets through is also what the documents say may."""
    assume(kind in EXAMPLES[version])
    document = deepcopy(EXAMPLES[version][kind])
    node = document["message"] if channel_of(kind) == "control" else document
    names = {*node, *fields_after(version).get(kind, ())} - {"feature", "type"}
    assume(names)
    name = data.draw(st.sampled_from(sorted(names)))
    if data.draw(st.booleans()):
        node.pop(name, None)
    else:
        node[name] = data.draw(JUNK)
    try:
        decoded(version, kind, document)
    except RemoteError:
        return
    VALIDATORS[version, channel_of(kind)].validate(document)


def test_the_schema_refuses_what_is_wrong() -> None:
    """The tests above can fail."""
    busy = sent(NEW, Envelope(message=Busy(retry_after_s=1.0, detail="full")))
    assert VALIDATORS[NEW, "control"].is_valid(busy)
    assert not VALIDATORS[OLD, "control"].is_valid(busy)
    assert not VALIDATORS[NEW, "control"].is_valid({**busy, "seq": 0})
    assert "request" in ReserveCompartment.model_fields
    assert sent(OLD, Envelope(message=Heartbeat(sent_s=1.0))) == sent(OLD, Envelope(message=Heartbeat()))


def test_one_that_knows_of_no_way_around_is_told_to_land() -> None:
    """A peer of version 1 would fly straight across what the way leads around. Without a way it is told the same."""
    place = Place(lon=16.0, lat=48.0)
    straight = Command(command_id="c", action=Action.DIVERT, place=place, place_id="p", why="zone")
    around = straight.model_copy(update={"via": (place,)})
    told = sent(1, Envelope(seq=1, ack=0, message=around))["message"]
    assert (told["action"], told["place"], told["place_id"]) == ("land", None, None)
    assert "via" not in told
    assert sent(1, Envelope(seq=1, ack=0, message=straight))["message"]["action"] == "divert"
    assert sent(2, Envelope(seq=1, ack=0, message=around))["message"]["via"] == [{"lon": 16.0, "lat": 48.0}]


@pytest.mark.parametrize("where", [{"place": {"lon": -8.0, "lat": 41.0}}, {"height_m": 10.0}])
def test_weather_of_a_place_is_not_told_to_who_knows_no_places(where: dict[str, Any]) -> None:
    """For the whole area it would be wrong; whoever says it is told so."""
    document = deepcopy(EXAMPLES[NEW]["report_weather"])
    for name in NEW_FIELDS[2]["report_weather"]:
        document["message"][name] = where.get(name)
    value = decoded(NEW, "report_weather", document)
    assert sent(NEW, value)["message"].items() >= where.items()
    with pytest.raises(LocalError, match="knows no places of weather"):
        sent(OLD, value)
    nowhere = deepcopy(document)
    nowhere["message"] |= dict.fromkeys(where)
    assert "place" not in sent(OLD, decoded(NEW, "report_weather", nowhere))["message"]


def test_a_priority_is_not_lost_on_a_hub_that_knows_of_none() -> None:
    """Its plans would leave whom it likes; whoever sends the order is told so. One like all others goes through."""
    value = decoded(NEW, "submit_orders", EXAMPLES[NEW]["submit_orders"])
    with pytest.raises(LocalError, match="knows no priority of orders: AT-0001"):
        sent(OLD, value)
    plain = sayable(OLD, value)
    assert "priority" not in sent(OLD, plain)["message"]["orders"][0]
    assert "priority" not in sent(NEW, plain)["message"]["orders"][0], "what is like all others says nothing"
    alike = plain.message  # type: ignore[union-attr]
    assert isinstance(alike, SubmitOrders)
    skilled = alike.orders[0].model_copy(update={"skills": frozenset({"fitting"})})
    asking = Envelope(seq=1, ack=0, message=alike.model_copy(update={"orders": (skilled,)}))
    with pytest.raises(LocalError, match="knows no skills of orders: AT-0001"):
        sent(OLD, asking)
