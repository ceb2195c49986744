"""Errors of the wire, split by whose fault they are, with one root."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What a peer did wrong, or why it is turned away; also the ``code`` of a ``Refused``."""

    FRAME_COUNT = "frame_count"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_KIND = "unknown_kind"
    WRONG_CHANNEL = "wrong_channel"
    KIND_MISMATCH = "kind_mismatch"
    MALFORMED = "malformed"
    NOT_ALLOWED = "not_allowed"
    WRONG_PEER = "wrong_peer"
    WRONG_ROLE = "wrong_role"
    NO_COMMON_VERSION = "no_common_version"
    BAD_SEQUENCE = "bad_sequence"
    BAD_ACK = "bad_ack"
    NO_SESSION = "no_session"
    """The hub does not know this connection: say hello again."""
    FORGOTTEN = "forgotten"
    """One end has lost what the other counts on: start a new boot."""
    KEY_ENDED = "key_ended"
    """The key of this connection was revoked, or its time is over."""


class ProtocolError(Exception):
    """The root of every error of this package."""


class LocalError(ProtocolError):
    """Our own code used the protocol wrongly: a bug at this end."""


class Full(LocalError):
    """Too much is waiting for acknowledgement: hold back, and send this again once there is ``room``."""


class Unsayable(LocalError):
    """The version of the wire that the other end speaks can't say this."""


class RemoteError(ProtocolError):
    """The other end broke a rule. ``code`` says which one, ``detail`` how, for a person."""

    def __init__(self, code: Fault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
