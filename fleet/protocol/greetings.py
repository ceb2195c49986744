"""The messages of a session itself, and the root of all messages: hello, welcome, refused, busy, heartbeat."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal

from fleet.protocol.values import Code, Identifier, NonNegative, Positive, Time, Value


class Role(StrEnum):
    """What a peer is; it decides which messages it may send."""

    ASSET = "asset"
    OPERATOR = "operator"
    TIMEKEEPER = "timekeeper"
    WEATHER = "weather"


class Message(Value):
    """The root of all messages. A ``sequenced`` message is resent until it is acknowledged."""

    sequenced: ClassVar[bool] = True


class Factsheet(Value):
    """What an asset says of itself when it connects."""

    type_id: Identifier
    model: str
    software: str
    site_id: Identifier | None = None
    pack_wh: NonNegative | None = None


class Hello(Message):
    """First message of a connection. ``boot_id`` changes whenever the peer has lost its memory of what it sent."""

    sequenced: ClassVar[bool] = False
    type: Literal["hello"] = "hello"
    peer_id: Identifier
    role: Role
    boot_id: Identifier
    versions: tuple[int, ...]
    kind: str | None = None
    factsheet: Factsheet | None = None


class Welcome(Message):
    """The hub's answer: the version to speak, the session, how often to be heard, and the hub's time.

    ``token`` binds the telemetry channel to this session. ``received`` is the highest sequence number of this boot
    that the hub has durably taken: the peer drops those and sends the rest again. ``rate`` is how many seconds of the
    hub's time pass in one second of the peer's, where the hub says so.
    """

    sequenced: ClassVar[bool] = False
    type: Literal["welcome"] = "welcome"
    version: int
    token: Identifier
    heartbeat_s: NonNegative
    now: Time
    received: int
    lockstep: bool = False
    rate: Positive | None = None


class Refused(Message):
    """The other end will not take this, and resending does not help."""

    sequenced: ClassVar[bool] = False
    type: Literal["refused"] = "refused"
    code: Code
    detail: str


class Busy(Message):
    """Not now: nothing was taken; send again after a while. ``code`` and ``detail`` say why, if that is known."""

    sequenced: ClassVar[bool] = False
    type: Literal["busy"] = "busy"
    retry_after_s: NonNegative
    code: Code | None = None
    detail: str = ""


class Echo(Value):
    """The hub's answer to a stamp: the stamp itself, how long the hub held it, and the hub's time when it answered."""

    sent_s: float
    held_s: NonNegative
    now: Time


class Heartbeat(Message):
    """I am here. ``sent_s`` is what a peer's own steady clock says, in seconds; the hub gives it back in ``echo``.

    From the two a peer works out the hub's time, and within which error: see ``fleet.protocol.hub_time``.
    """

    sequenced: ClassVar[bool] = False
    type: Literal["heartbeat"] = "heartbeat"
    sent_s: float | None = None
    echo: Echo | None = None
