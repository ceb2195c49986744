"""Who may come in just now: the keyring as a running hub sees it, and the plain mode in which there are no keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from fleet.hub.security.keyring import Keyring
from fleet.hub.security.keytable import KeyEntry, KeyringError, KeyState
from fleet.protocol.messages import Role

LOOK_EVERY_S: Final = 0.2
"""How soon a key that was revoked, or whose time is over, is noticed."""


def _nobody(name: str) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True, slots=True)
class Credential:
    """Who is at the other end of a connection, as its key says; ``role`` none where there are no keys.

    ``is_subject`` says of a name whether a key was ever made for it; it is asked anew each time.
    """

    key_id: str
    subject: str
    role: Role | None
    is_subject: Callable[[str], bool] = field(default=_nobody, compare=False, repr=False)

    def may_call_itself(self, peer_id: str) -> bool:
        """Whether a peer with this key may have that id. An operator's tools are several: ``subject-anything``, unless
        that is somebody else.
        """
        if self.role is None or peer_id == self.subject:
            return True
        is_tool = self.role is Role.OPERATOR and peer_id.startswith(f"{self.subject}-")
        return is_tool and not self.is_subject(peer_id)


ANYONE: Final = Credential("plain", "", None)
"""Who is connected where there are no keys: a process of this machine."""


class Access(Protocol):
    """What the hub asks about keys."""

    @property
    def plain(self) -> bool:
        """Whether there are no keys: every process of this machine may come in, nobody else."""

    @property
    def trouble(self) -> str | None:
        """Why nobody new can be let in at the moment."""

    def refresh(self, wall_s: float) -> bool:
        """Look whether keys have changed or a date has passed; whether some key no longer counts, or a new one does."""

    def of_public(self, public: str) -> tuple[Credential | None, KeyState | None]:
        """Who has this public key, while it counts; else what is the matter with it (none: nobody knows it)."""

    def of_id(self, key_id: str) -> Credential | None:
        """Who has the key of this id, while it counts."""

    def subject_of(self, public: str) -> str | None:
        """Whose this public key is or was, for the log only; none where nobody knows it."""


class PlainAccess:
    """No keys."""

    plain = True
    trouble: str | None = None

    def refresh(self, wall_s: float) -> bool:  # noqa: ARG002
        """Nothing changes."""
        return False

    def of_public(self, public: str) -> tuple[Credential | None, KeyState | None]:  # noqa: ARG002
        """Nobody has a key."""
        return None, None

    def of_id(self, key_id: str) -> Credential | None:
        """Everybody is the same."""
        return ANYONE if key_id == ANYONE.key_id else None

    def subject_of(self, public: str) -> str | None:  # noqa: ARG002
        """Nobody has a key."""
        return None


@dataclass(slots=True)
class KeyAccess:
    """The keys of a run, looked at again and again. Raises ``KeyringError`` where they can't be read at the start.

    A keyring that becomes unreadable later lets nobody in any more; sessions that stand go on, because vehicles are in
    the air and nobody has revoked their keys.
    """

    keyring: Keyring
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    trouble: str | None = None
    plain: bool = False
    _seen: tuple[int, ...] | None = None
    _look_at: float = float("-inf")
    _changed: bool = False
    _entries: dict[str, KeyEntry] = field(default_factory=dict)
    _valid: dict[str, Credential] = field(default_factory=dict)
    _subjects: frozenset[str] = frozenset()
    _judged_at: datetime | None = None
    _next_date: datetime | None = None

    def __post_init__(self) -> None:
        self._seen = self._stamp()
        self._take(self.keyring.table().keys)

    def refresh(self, wall_s: float) -> bool:
        """Look at the file if it is time to, and at the dates; whether who may come in has changed since."""
        if wall_s >= self._look_at:
            self._look_at = wall_s + LOOK_EVERY_S
            self._look()
        changed, self._changed = self._changed, False
        return changed

    def of_public(self, public: str) -> tuple[Credential | None, KeyState | None]:
        """Who has this key; what is the matter with one that does not count."""
        if public not in self._entries:
            self._look()  # its owner need not wait until we look again: it may just have been made
        entry = self._entries.get(public)
        if entry is None:
            return None, None
        return self._valid.get(entry.key_id), entry.state(self.wall())

    def _look(self) -> None:
        before = self._valid
        stamp = self._stamp()
        if stamp != self._seen or self.trouble is not None:
            self._reload(stamp)
        # Also where the file can't be read: nobody has revoked these keys, but their dates are known.
        if self._dates_passed():
            self._take(tuple(self._entries.values()))
        self._changed = self._changed or self._valid != before

    def of_id(self, key_id: str) -> Credential | None:
        """Who has the key of that id, while it counts."""
        return self._valid.get(key_id)

    def subject_of(self, public: str) -> str | None:
        """Whose this public key is or was."""
        entry = self._entries.get(public)
        return None if entry is None else entry.subject

    def _reload(self, stamp: tuple[int, ...] | None) -> None:
        try:
            keys = self.keyring.table().keys
        except KeyringError as error:
            self.trouble = str(error)
        else:
            self._seen, self.trouble = stamp, None
            self._take(keys)

    def _take(self, keys: tuple[KeyEntry, ...]) -> None:
        now = self.wall()
        self._entries = {key.public: key for key in keys}
        self._subjects = frozenset(key.subject for key in keys)
        self._valid = {
            key.key_id: Credential(key.key_id, key.subject, key.role, self._is_subject)
            for key in keys
            if key.state(now) is KeyState.VALID
        }
        dates = (date for key in keys for date in (key.not_before, key.not_after) if date is not None)
        self._judged_at, self._next_date = now, min((date for date in dates if date > now), default=None)

    def _is_subject(self, name: str) -> bool:
        return name in self._subjects

    def _dates_passed(self) -> bool:
        now = self.wall()
        back = self._judged_at is not None and now < self._judged_at
        return back or (self._next_date is not None and now >= self._next_date)

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = self.keyring.file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode
