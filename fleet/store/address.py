"""Where a store may be, as people write it."""

from __future__ import annotations

DRIVER = "postgresql+psycopg"


def checked(address: str) -> str:
    """The address of a database that holds a store; raises ``ValueError`` with what to write instead."""
    scheme, separator, rest = address.partition("://")
    if scheme != DRIVER or not separator:
        raise ValueError(f"must be {DRIVER}://USER@HOST/DATABASE")
    before, at, _ = rest.partition("/")[0].rpartition("@")
    if (at and ":" in before) or "password=" in rest:
        raise ValueError(
            "must hold no password, which would end up in files and logs: give it in PGPASSWORD, or in a file that "
            "PGPASSFILE names (~/.pgpass)"
        )
    return address
