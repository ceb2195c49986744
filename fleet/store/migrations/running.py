"""Alembic, told by program instead of by ``alembic.ini``."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def config(scripts: Path, connection: sa.Connection | None = None) -> Config:
    """The settings that an ``alembic.ini`` would hold; ``env.py`` takes the connection from it."""
    made = Config()
    # A percent sign in a path would be taken for an interpolation.
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def known(scripts: Path) -> set[str]:
    """All revisions that there is a script for."""
    return {script.revision for script in ScriptDirectory.from_config(config(scripts)).walk_revisions()}


def upgrade(connection: sa.Connection, head: str, scripts: Path) -> None:
    """Run the migrations up to ``head`` within the connection's transaction."""
    command.upgrade(config(scripts, connection), head)
