"""Which keys there are: whose, for which role, from when until when. Pure: the table goes in, a changed one comes out.

Only public halves stand here. A key that was ever made stays in the table: who it let in is asked long after it has
ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal

from fleet.hub.rundir import RunDirError
from fleet.protocol.keyfile import KeyId, PublicKey
from fleet.protocol.messages import Role
from fleet.protocol.values import Identifier, Time, Value

FORMAT: Final = "lastmile-fleet keyring 1"

MOST_VALID = 2
"""So many keys of one subject may count at once: the one in use, and the one that takes its place."""

SIMULATION = "simulation"
"""Who made the keys of a simulated world. They make room for a real asset's."""

SHORTEST_NAME = 6
"""So much of a key's id names it."""


class KeyringError(RunDirError):
    """What was asked of the keyring can't be done, or it can't be read; the message says what to do."""


class KeyState(StrEnum):
    """Whether a key counts."""

    VALID = "valid"
    NOT_YET = "not yet valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


class KeyEntry(Value):
    """One key. It counts from ``not_before`` on, until ``not_after``, unless it was revoked.

    One that was to count at once when it was made does, also where the clock has been set back to before that.
    """

    key_id: KeyId
    public: PublicKey
    subject: Identifier
    role: Role
    not_before: Time
    not_after: Time | None = None
    revoked_at: Time | None = None
    created_at: Time
    by: str = ""
    """Who made it."""
    revoked_by: str = ""
    """Who revoked it; empty for one that nobody has."""

    def state(self, now: datetime) -> KeyState:
        """Whether the key counts at a moment."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if now < self.not_before and self.not_before > self.created_at:
            return KeyState.NOT_YET
        return KeyState.EXPIRED if self.not_after is not None and now >= self.not_after else KeyState.VALID

    def may_count(self, now: datetime) -> bool:
        """Whether it counts now or will."""
        return self.state(now) in (KeyState.VALID, KeyState.NOT_YET)


class KeyTable(Value):
    """Every key of a run.

    Nothing of it has a default: a file that has lost a part must not pass for one in which nobody has a key, since that
    would end every session.
    """

    format: Literal["lastmile-fleet keyring 1"]
    keys: tuple[KeyEntry, ...]

    def of(self, subject: str, now: datetime) -> tuple[KeyEntry, ...]:
        """The keys of a subject that count or will, oldest first."""
        return tuple(key for key in self.keys if key.subject == subject and key.may_count(now))

    def named(self, name: str, now: datetime) -> tuple[KeyEntry, ...]:
        """The keys that a name means: a key's id or the beginning of one, else all of a subject that count.

        Raises ``KeyringError`` where it means none, or keys of several.
        """
        if found := self.of(name, now):
            return found
        if len(name) >= SHORTEST_NAME and (found := tuple(k for k in self.keys if k.key_id.startswith(name))):
            if len(found) > 1:
                raise KeyringError(f"{name}: {len(found)} keys begin so; give more of the id")
            return found
        raise KeyringError(
            f"{name}: no key of that id, and no subject with a key; `fleet keys list` shows them"
        )

    def changed(self, entries: Iterable[KeyEntry]) -> KeyTable:
        """The table with these entries in place of those of the same ids; new ones at the end."""
        fresh = {entry.key_id: entry for entry in entries}
        kept = tuple(fresh.pop(key.key_id, key) for key in self.keys)
        return self.model_copy(update={"keys": (*kept, *fresh.values())})


def key_id_of(public: str) -> str:
    """The id of a key: the same for whoever has its public half."""
    return sha256(public.encode("ascii")).hexdigest()[:16]


def with_key(table: KeyTable, entry: KeyEntry, played: Collection[str] = ()) -> KeyTable:
    """The table with one more key; keys of a simulated world make room for one that is not. ``played`` are the ids of
    those that it has got by rotation.

    Raises ``KeyringError`` where the subject has another role or two keys already.
    """
    now = entry.created_at
    if entry.by != SIMULATION:
        simulated = (
            key for key in table.of(entry.subject, now) if key.by == SIMULATION or key.key_id in played
        )
        table = table.changed(_ended(key, now, entry.by) for key in simulated)
    return _added(table, entry)


def _added(table: KeyTable, entry: KeyEntry) -> KeyTable:
    others = table.of(entry.subject, entry.created_at)
    for other in others:
        if other.role is not entry.role:
            raise KeyringError(
                f"{entry.subject}: has a key as {other.role.value}, so it can't be {entry.role.value} too; "
                f"revoke that one first: fleet keys revoke {other.key_id}"
            )
    if len(others) >= MOST_VALID:
        raise KeyringError(
            f"{entry.subject}: has {len(others)} keys already ({', '.join(k.key_id for k in others)}); "
            "revoke one of them first"
        )
    return table.changed([entry])


def rotated(table: KeyTable, entry: KeyEntry, overlap: timedelta) -> KeyTable:
    """The table with a new key of a subject, whose old one goes on counting for ``overlap``, whoever made it.

    Raises ``KeyringError`` where there is none to take the place of, or a rotation is under way.
    """
    now = entry.created_at
    old = table.of(entry.subject, now)
    if not old:
        raise KeyringError(f"{entry.subject}: has no key that counts; make one with `fleet keys create`")
    table = _added(table, entry)
    end = now + overlap
    return table.changed(
        key.model_copy(update={"not_after": end})
        for key in old
        if key.not_after is None or key.not_after > end
    )


def revoked(table: KeyTable, name: str, now: datetime, by: str) -> tuple[KeyTable, tuple[KeyEntry, ...]]:
    """The table without what a name means (a key or a subject), and the keys that no longer count.

    Revoking again changes nothing. Raises ``KeyringError`` for a name that means none.
    """
    gone = tuple(_ended(key, now, by) for key in table.named(name, now) if key.revoked_at is None)
    return table.changed(gone), gone


def _ended(key: KeyEntry, now: datetime, by: str) -> KeyEntry:
    return key.model_copy(update={"revoked_at": now, "revoked_by": by})
