"""Frames in, messages out, and back. What a peer sends can raise ``RemoteError`` here and nothing else.

A message is three frames: the version of the wire (ASCII digits), the kind (the message's ``type``; empty for
an envelope that only acknowledges), and JSON. The control channel carries an ``Envelope``, the telemetry
channel a bare message. The kind comes first so that size and permission are judged before any JSON is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite
from typing import Annotated, Any, Final, NamedTuple, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from fleet.protocol.errors import Fault, LocalError, RemoteError, Unsayable
from fleet.protocol.messages import (
    AddZone,
    AnyMessage,
    Attach,
    ChangeZones,
    Envelope,
    Message,
    PreviewZones,
    Telemetry,
)
from fleet.protocol.values import ids_in
from fleet.protocol.versions import WIRE_VERSIONS, fields_after, for_version, kinds_after, said_of

T = TypeVar("T")

FRAME_COUNT: Final = 3
DEFAULT_LIMIT: Final = 64 * 1024
"""The most bytes that a message's JSON may have, unless ``LIMITS`` says otherwise."""

LIMITS: Final[Mapping[str, int]] = {
    "assign": 256 * 1024,
    "add_zone": 1024 * 1024,
    "preview_zones": 1024 * 1024,
    "change_zones": 1024 * 1024,
    "lock_orders": 1024 * 1024,
    "report_weather": 256 * 1024,
    "submit_orders": 4 * 1024 * 1024,
    "grant": 1024 * 1024,
    "granted": 1024 * 1024,
    "reply": 4 * 1024 * 1024,
    "attach": 4 * 1024,
    "telemetry": 4 * 1024,
}
"""Kinds that may be bigger or must be smaller than the default. One frame of JSON, in bytes."""

MAX_CONTROL_FRAME: Final = max(LIMITS.values())
"""For ``ZMQ_MAXMSGSIZE`` of a control socket: libzmq then cuts the connection before it takes the memory."""

MAX_TELEMETRY_FRAME: Final = LIMITS["telemetry"]
"""For ``ZMQ_MAXMSGSIZE`` of a telemetry socket."""

MAX_DEPTH: Final = 16
"""How deep JSON of free form (a zone's feature) may nest; GeoJSON with metadata needs about nine."""

_KINDS: Final = {model.model_fields["type"].default: model for model in get_args(get_args(AnyMessage)[0])}
TELEMETRY_KINDS: Final = frozenset({"attach", "telemetry"})
CONTROL_KINDS: Final = frozenset(_KINDS) - TELEMETRY_KINDS | {""}

_BACKSLASH, _DEL = 0x5C, 0x7F
"""As numbers: bytes are searched for one in a tenth of the time that another ``bytes`` takes."""
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")

# These come before a version is agreed: their form is frozen, so that any two ends can say why they can't
# talk.
_ANY_VERSION: Final = frozenset({"hello", "refused"})

CONTROL: Final = TypeAdapter(Envelope)
TELEMETRY: Final[TypeAdapter[Attach | Telemetry]] = TypeAdapter(
    Annotated[Attach | Telemetry, Field(discriminator="type")]
)
_VERSION_FRAMES: Final = {version: str(version).encode("ascii") for version in WIRE_VERSIONS}
_KIND_FRAMES: Final = {kind: kind.encode("ascii") for kind in ("", *_KINDS)}
_KNOWN_VERSIONS: Final = {frame: version for version, frame in _VERSION_FRAMES.items()}
_KIND_NAMES: Final = {frame: kind for kind, frame in _KIND_FRAMES.items()}


def _nested(kind: str, fields: Iterable[str]) -> dict[str, Any]:
    """Fields of a kind of message by way of those that they are in, as pydantic leaves them out."""
    tree: dict[str, Any] = {}
    for path in fields:
        *around, name = path.split(".")
        node, form = tree, _KINDS[kind]
        for each in around:
            annotation = form.model_fields[each].annotation
            node = node.setdefault(each, {})
            if get_origin(annotation) is tuple:
                node, annotation = node.setdefault("__all__", {}), get_args(annotation)[0]
            form = cast("type[BaseModel]", annotation)
        node[name] = True
    return tree


# What a version does not have, by kind: left out of what is sent, refused in what comes in.
_FIELDS_AFTER: Final = {version: fields_after(version) for version in WIRE_VERSIONS}
_KINDS_AFTER: Final = {version: kinds_after(version) for version in WIRE_VERSIONS}
_LEFT_OUT: Final[Mapping[int, Mapping[str, dict[str, Any]]]] = {
    version: {kind: {"message": _nested(kind, fields)} for kind, fields in kinds.items()}
    for version, kinds in _FIELDS_AFTER.items()
}


class _Form(NamedTuple):
    """A kind of message in a version: the most bytes that its JSON may have, the fields that came ``later``."""

    version: int
    kind: str
    limit: int
    later: frozenset[str]


_Forms = Mapping[tuple[bytes, bytes], _Form]


def _form(version: int, kind: str) -> _Form:
    return _Form(version, kind, limit_of(kind), _FIELDS_AFTER[version].get(kind, frozenset()))


def _forms(channel: Collection[str]) -> _Forms:
    """All that may come over a channel, by the first two frames."""
    return {
        (version_frame, _KIND_FRAMES[kind]): _form(version, kind)
        for version, version_frame in _VERSION_FRAMES.items()
        for kind in channel
        if kind not in _KINDS_AFTER[version]
    }


def message_types() -> Mapping[str, type[Message]]:
    """Every message of the wire by its kind."""
    return dict(_KINDS)


def limit_of(kind: str) -> int:
    """The most bytes that the JSON of this kind may have."""
    return LIMITS.get(kind, DEFAULT_LIMIT)


_CONTROL_FORMS: Final = _forms(CONTROL_KINDS)
_TELEMETRY_FORMS: Final = _forms(TELEMETRY_KINDS)


def encode(envelope: Envelope, version: int = WIRE_VERSIONS[-1]) -> list[bytes]:
    """The frames of an envelope for the control channel, in the form of the version that the other end speaks.

    ``LocalError`` when it breaks a limit, or that version has no such message.
    """
    message = envelope.message
    kind = "" if message is None else message.type
    if kind in TELEMETRY_KINDS:
        raise LocalError(f"{kind!r} travels on the telemetry channel, not on control")
    _check_version(version, kind)
    if message is not None and version < WIRE_VERSIONS[-1]:
        envelope = envelope.model_copy(update={"message": for_version(message, version)})
    if message is None and envelope.seq is None:
        # Most of what the hub sends: what the line below would make of it, at a third of the price.
        return [_VERSION_FRAMES[version], b"", b'{"seq":null,"ack":%d,"message":null}' % envelope.ack]
    return _frames(version, kind, CONTROL.dump_json(envelope, exclude=_LEFT_OUT[version].get(kind)))


def encode_telemetry(message: Attach | Telemetry, version: int = WIRE_VERSIONS[-1]) -> list[bytes]:
    """The frames of a message for the telemetry channel, in the form of a version."""
    kind = message.type
    _check_version(version, kind)
    left_out = _LEFT_OUT[version].get(kind, {}).get("message")
    return _frames(version, kind, TELEMETRY.dump_json(message, exclude=left_out))


def decode_control(frames: Sequence[bytes], allowed: Collection[str] | None = None) -> Envelope:
    """The envelope in the frames. ``allowed``: the kinds that this sender may send (all, when not given).

    An empty envelope, which only acknowledges, is always allowed. Who says what is allowed stores what comes in, with
    ids as keys: none may have control characters then (PostgreSQL takes no NUL, terminals obey others). What was
    stored before that was so can still be sent to the other end.
    """
    form, body = _opened(frames, _CONTROL_FORMS, allowed)
    envelope = _parsed(CONTROL, body)
    if allowed is not None and (_BACKSLASH in body or _DEL in body):
        # In JSON control characters are escaped, but for DEL: hardly a body has either.
        _check_ids(envelope)
    message = envelope.message
    _check_form(form, "" if message is None else message.type, message)
    if isinstance(message, AddZone):
        _check_free_form(message.feature)
    elif isinstance(message, PreviewZones | ChangeZones):
        for zone in message.add:
            _check_free_form(zone.feature)
    return envelope


def decode_telemetry(frames: Sequence[bytes]) -> Attach | Telemetry:
    """The message in the frames of the telemetry channel."""
    form, body = _opened(frames, _TELEMETRY_FORMS, None)
    message = _parsed(TELEMETRY, body)
    _check_form(form, message.type, message)
    return message


def _check_version(version: int, kind: str) -> None:
    if version not in _VERSION_FRAMES:
        raise LocalError(f"this code does not speak version {version} of the wire")
    if kind in _KINDS_AFTER[version]:
        raise Unsayable(f"version {version} of the wire has no {kind!r}")


def _frames(version: int, kind: str, body: bytes) -> list[bytes]:
    if len(body) > limit_of(kind):
        raise LocalError(f"{kind!r} has {len(body)} bytes; the limit is {limit_of(kind)}: split it")
    return [_VERSION_FRAMES[version], _KIND_FRAMES[kind], body]


def _opened(frames: Sequence[bytes], forms: _Forms, allowed: Collection[str] | None) -> tuple[_Form, bytes]:
    """Form and body, after everything that can be judged without parsing JSON."""
    if len(frames) != FRAME_COUNT:
        raise RemoteError(Fault.FRAME_COUNT, f"{len(frames)} frames instead of {FRAME_COUNT}")
    version_frame, kind_frame, body = frames
    form = forms.get((version_frame, kind_frame)) or _under_any_version(forms, version_frame, kind_frame)
    kind = form.kind
    if allowed is not None and kind and kind not in allowed:
        raise RemoteError(Fault.NOT_ALLOWED, f"this peer may not send {kind!r}")
    if len(body) > form.limit:
        raise RemoteError(Fault.TOO_LARGE, f"{kind!r} has {len(body)} bytes; the limit is {form.limit}")
    return form, body


def _under_any_version(forms: _Forms, version_frame: bytes, kind_frame: bytes) -> _Form:
    """The form of what is read under any version; ``RemoteError`` says what is wrong with anything else."""
    kind = _KIND_NAMES.get(kind_frame)
    if kind is None:
        raise RemoteError(Fault.UNKNOWN_KIND, f"no message is called {_shown(kind_frame)}")
    version = _KNOWN_VERSIONS.get(version_frame, WIRE_VERSIONS[-1] if kind in _ANY_VERSION else None)
    if version is None:
        raise RemoteError(Fault.UNKNOWN_VERSION, f"version {_shown(version_frame)}; spoken here: {_spoken()}")
    if kind in _KINDS_AFTER[version]:
        raise RemoteError(Fault.UNKNOWN_KIND, f"version {version} has no message that is called {kind!r}")
    if (form := forms.get((_VERSION_FRAMES[version], kind_frame))) is None:
        raise RemoteError(Fault.WRONG_CHANNEL, f"{kind!r} does not travel on this channel")
    return form


def _parsed(adapter: TypeAdapter[T], body: bytes) -> T:
    try:
        # The adapter's own method only hands this on, at a price that shows.
        return adapter.validator.validate_json(body, strict=True)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise RemoteError(Fault.MALFORMED, _first_problem(error)) from None


def _check_ids(envelope: Envelope) -> None:
    if any(_CONTROL_CHARACTER.search(found) for found in ids_in(envelope)):
        raise RemoteError(Fault.MALFORMED, "message: an id has control characters")


def _check_form(form: _Form, inside: str, message: Message | None) -> None:
    """Kind frame and message agree; a field that the frame's version does not have is as unknown as any other."""
    if form.kind != inside:
        raise RemoteError(Fault.KIND_MISMATCH, f"the kind frame says {form.kind!r}, the message {inside!r}")
    if form.later and message is not None and (found := said_of(message, form.later)):
        raise RemoteError(Fault.MALFORMED, f"{min(found)}: version {form.version} has no such field")


def _first_problem(error: ValidationError) -> str:
    """Where and what, without the input: what a peer sent may be personal, and may be long."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part)[:40] for part in problem["loc"][:12]) or "message"
    return f"{where}: {problem['msg'][:200]}"


def _check_free_form(root: Any) -> None:
    """Depth and finite numbers of what the schema leaves open; level by level, to spare the stack."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        if any(isinstance(value, float) and not isfinite(value) for value in level):
            raise RemoteError(Fault.MALFORMED, "feature: a number is not finite")
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise RemoteError(Fault.TOO_DEEP, f"feature: nests deeper than {MAX_DEPTH}")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _shown(frame: bytes) -> str:
    return repr(frame[:32].decode("ascii", "backslashreplace"))


def _spoken() -> str:
    return ", ".join(map(str, WIRE_VERSIONS))
