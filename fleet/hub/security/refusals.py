"""What the hub refuses: counted for the metrics, and said in the log, once a minute for each (who, what)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import structlog

from fleet.protocol.errors import Fault

QUIET_S: Final = 60.0
"""So long the same refusal of the same peer is only counted."""

MOST_REMEMBERED: Final = 10_000
"""So many (who, what) are kept apart; whoever makes up more is counted under one name."""

OTHERS: Final = "others"
THIS_MACHINE: Final = "this machine"
"""Who it is where nobody has a name: in plain mode, where all are processes of this machine."""


class Turned(StrEnum):
    """Why a connection or a frame was refused before it was a message."""

    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    EXPIRED_KEY = "expired_key"
    KEY_NOT_YET_VALID = "key_not_yet_valid"
    WRONG_CHANNEL_FOR_ROLE = "wrong_channel_for_role"
    KEYRING_UNREADABLE = "keyring_unreadable"
    NOT_THIS_MACHINE = "not_this_machine"
    WRONG_MECHANISM = "wrong_mechanism"
    BAD_ZAP_REQUEST = "bad_zap_request"
    HANDSHAKE_RATE = "handshake_rate"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    WRONG_SERVER_KEY = "wrong_server_key"
    HANDSHAKE_UNFINISHED = "handshake_unfinished"
    HUNG_UP = "hung_up"
    BAD_HANDSHAKE = "bad_handshake"
    NOT_ZMTP = "not_zmtp"
    OUT_OF_FILES = "out_of_files"
    OWN_ROUTING_ID = "own_routing_id"
    NO_CREDENTIAL = "no_credential"
    CONTROL_RATE = "control_rate"
    TELEMETRY_RATE = "telemetry_rate"
    STRANGER_RATE = "stranger_rate"
    NOT_ATTACHED = "not_attached"


ADVICE: Final[Mapping[str, str]] = {
    Turned.UNKNOWN_KEY: "no such key in keyring.json: make one with `fleet keys create`",
    Turned.REVOKED_KEY: "the key was revoked: if its owner may come in, make a new one with `fleet keys create`",
    Turned.EXPIRED_KEY: "the key's time is over: `fleet keys rotate` in time, now `fleet keys create`",
    Turned.KEY_NOT_YET_VALID: "the key counts later: see `fleet keys list`; check the clocks",
    Turned.WRONG_CHANNEL_FOR_ROLE: "telemetry is for assets, the feed for operators: check the address",
    Turned.KEYRING_UNREADABLE: "keyring.json can't be read, so nobody new is let in: restore it from a backup",
    Turned.NOT_THIS_MACHINE: "without keys only processes of this machine may connect: start the hub without --plain",
    Turned.WRONG_MECHANISM: "this hub wants CURVE keys (or none, if it was started with --plain)",
    Turned.BAD_ZAP_REQUEST: "ZeroMQ asked in a way that is not understood: nobody is let in like that",
    Turned.HANDSHAKE_RATE: "it connects too often: let it wait longer between attempts",
    Turned.TOO_MANY_CONNECTIONS: "raise `connections` in the limits of setup.json, or find who opens so many",
    Turned.WRONG_SERVER_KEY: "it holds another hub's public key: give it a key file of this run",
    Turned.HANDSHAKE_UNFINISHED: "it opened a connection and did not go on: a port scan, or a very slow link",
    Turned.HUNG_UP: "it hung up before it was let in: it may have no key where one is wanted, or the other way round",
    Turned.BAD_HANDSHAKE: "its handshake does not fit: something that was recorded and sent again, or a broken ZeroMQ",
    Turned.NOT_ZMTP: "what speaks there is not ZeroMQ: check who uses this port",
    Turned.OUT_OF_FILES: "raise the limit of open files (ulimit -n), or find who opens so many connections",
    Turned.OWN_ROUTING_ID: "it chose its routing id itself: leave ZMQ_ROUTING_ID unset",
    Turned.NO_CREDENTIAL: "its key no longer counts: see `fleet keys list`",
    Turned.CONTROL_RATE: "it sends too much: its session sends again what was dropped",
    Turned.TELEMETRY_RATE: "it sends more samples than anybody needs: the surplus was shed",
    Turned.STRANGER_RATE: "it sends without a session: it must say hello, and wait for the welcome",
    Turned.NOT_ATTACHED: "its telemetry channel does not belong to its session: attach with the welcome's token",
    Fault.FRAME_COUNT: "a message is three frames: check the adapter against the wire's description",
    Fault.TOO_LARGE: "the message is over the limit of its kind: split it",
    Fault.TOO_DEEP: "its GeoJSON nests too deep",
    Fault.UNKNOWN_VERSION: "it speaks a version of the wire that this hub does not: upgrade the older one",
    Fault.UNKNOWN_KIND: "no message has that name: check the adapter's release",
    Fault.WRONG_CHANNEL: "telemetry goes to the telemetry address, everything else to control",
    Fault.KIND_MISMATCH: "kind frame and JSON disagree: a bug of the sender",
    Fault.MALFORMED: "its JSON does not fit the message: check the adapter against `fleet.protocol`",
    Fault.NOT_ALLOWED: "its role may not send this: see docs/security.md for who may send what",
    Fault.WRONG_PEER: "the id that it gave does not belong to its key or to this fleet: check both",
    Fault.WRONG_ROLE: "the role that it gave is not that of its key or its id: check both",
    Fault.NO_COMMON_VERSION: "the two ends share no version of the wire: upgrade the older one",
    Fault.BAD_SEQUENCE: "its numbering is wrong: a bug of the sender",
    Fault.BAD_ACK: "it acknowledges what was never sent: a bug of the sender",
    Fault.NO_SESSION: "it has no session (any more): the link broke, a frame was too large for this hub, or either end "
    "was restarted; it says hello again by itself",
    Fault.KEY_ENDED: "its key was revoked or is over, so its session was ended: see `fleet keys list`",
    Fault.FORGOTTEN: "one end was restored from something old: it starts a new boot by itself",
}
"""What to do about each, in a line."""

Tell = Callable[..., Any]


def untold(*_: object, **__: object) -> None:
    """Tells nobody: for a hub without a log, as in a simulation."""


class Refusals:
    """Counts everything that was refused; tells each (who, code) once a minute, with how many were kept quiet.

    Nothing of what was sent is ever told: it may be personal, long, or meant for whoever reads the log.
    """

    def __init__(self, tell: Tell | None = None) -> None:
        self._tell: Tell = tell or structlog.get_logger("hub").warning
        self._counts: dict[str, int] = {}
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def note(self, who: str, code: str, wall_s: float, detail: str = "") -> None:
        """Something of ``who`` was refused. ``detail`` is ours, never theirs."""
        code = str(code)
        self._counts[code] = self._counts.get(code, 0) + 1
        entry = (who or THIS_MACHINE, code)
        if entry not in self._told and len(self._told) >= MOST_REMEMBERED:
            entry = (OTHERS, code)
        since, quiet = self._told.get(entry, (float("-inf"), 0))
        if wall_s - since < QUIET_S:
            self._told[entry] = (since, quiet + 1)
            return
        self._told[entry] = (wall_s, 0)
        self._say(entry, detail, quiet)

    def counts(self) -> dict[str, int]:
        """How many of each code so far."""
        return dict(self._counts)

    def tidy(self, wall_s: float) -> None:
        """Tell what was kept quiet in a minute that is over, and forget who has stopped. Call it now and then."""
        for entry, (since, quiet) in list(self._told.items()):
            if wall_s - since >= QUIET_S:
                del self._told[entry]
                if quiet:
                    self._say(entry, "", quiet)

    def _say(self, entry: tuple[str, str], detail: str, suppressed: int) -> None:
        who, code = entry
        said = {"detail": detail} if detail else {}
        self._tell("refused", who=who, code=code, **said, suppressed=suppressed, advice=ADVICE.get(code, ""))
