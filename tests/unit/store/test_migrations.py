"""Stores of earlier releases are brought up to date whole or not at all; those of later ones are refused."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fleet.domain.events import TimerSet
from fleet.store import SqlStore, StoreError
from fleet.store.migrations import BASELINE, HEAD, SCRIPTS, bring_up_to_date, revision
from fleet.store.migrations.running import config, upgrade
from fleet.store.tables import metadata
from tests.support.postgres import Server

FIRST_RELEASE = """
CREATE TABLE events (position INTEGER NOT NULL, type VARCHAR(64) NOT NULL, version INTEGER NOT NULL,
    at_us BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (position));
CREATE TABLE peers (peer_id VARCHAR(128) NOT NULL, boot_id VARCHAR(128) NOT NULL, received INTEGER NOT NULL,
    sent INTEGER NOT NULL, PRIMARY KEY (peer_id));
CREATE TABLE outbox (peer_id VARCHAR(128) NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (peer_id, seq));
CREATE TABLE contacts (order_id VARCHAR(128) NOT NULL, body TEXT NOT NULL, PRIMARY KEY (order_id));
CREATE TABLE meta ("key" VARCHAR(64) NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO events VALUES (1, 'timer_set', 1, 1795510800000000,
    '{"at":"2026-11-24T09:00:00.000Z","type":"timer_set","timer_id":"t-1","due":"2026-11-24T10:00:00.000Z"}');
INSERT INTO peers VALUES ('drone-1', 'boot-1', 4, 2);
INSERT INTO contacts VALUES ('P-1', '{"order_id":"P-1","recipient":"Ana"}');
"""
"""What the first release made, in its own words."""

NEXT = '''"""A migration of the future."""
import os, signal
from alembic import op
revision = "9999"
down_revision = "{head}"
def upgrade():
    op.execute("CREATE TABLE half_done (a INTEGER)")
    op.execute("UPDATE events SET body = 'spoilt'")
    {then}
'''

KILLED = """
import sys
from pathlib import Path
import sqlalchemy as sa
from fleet.store.migrations import bring_up_to_date
from tests.unit.store.test_migrations import opened
with opened(Path(sys.argv[1])) as connection:
    bring_up_to_date(connection, head="9999", scripts=Path(sys.argv[2]))
"""


def first_release(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_RELEASE)
    return path


def opened(path: Path) -> sa.Connection:
    """A transaction on a file, begun as the store begins it."""
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"isolation_level": None}, poolclass=sa.NullPool
    )
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine.connect()


def dumped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def scripts_with(folder: Path, then: str) -> Path:
    """The migrations, and one more that does something and ``then`` something else."""
    scripts = folder / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "r9999_next.py").write_text(NEXT.format(head=HEAD, then=then))
    return scripts


def test_a_file_of_the_first_release_is_taken_over(tmp_path: Path) -> None:
    """Its events and peers are there afterwards, and its tables are those of a new store."""
    path = first_release(tmp_path / "hub.db")
    with closing(SqlStore.open(path)) as store:
        assert [(s.position, type(s.event)) for s in store.events()] == [(1, TimerSet)]
        assert store.peers()["drone-1"].received == 4
        assert [c.recipient for c in store.contacts()] == ["Ana"]
    with opened(path) as connection:
        assert revision(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata) == []


def test_the_first_release_refuses_what_is_newer(tmp_path: Path) -> None:
    """It reads the schema's number, and refuses any above 1."""
    path = first_release(tmp_path / "hub.db")
    SqlStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        (schema,) = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    assert int(schema) > 1


@pytest.mark.parametrize("how", ["migrations", "new"])
def test_migrations_lead_to_the_tables_of_the_code(tmp_path: Path, how: str) -> None:
    """From nothing through every migration, or made whole: Alembic finds no difference to ``tables.py``."""
    path = tmp_path / "hub.db"
    with opened(path) as connection:
        if how == "new":
            bring_up_to_date(connection)
        else:
            upgrade(connection, HEAD, SCRIPTS)
        assert compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata) == []


@pytest.mark.parametrize("how", ["migrations", "new"])
def test_migrations_lead_to_the_tables_of_the_code_on_postgresql(postgres: Server, how: str) -> None:
    """The same tables there."""
    engine = sa.create_engine(postgres.new(), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if how == "new":
            bring_up_to_date(connection)
        else:
            upgrade(connection, HEAD, SCRIPTS)
        assert stamped(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata) == []


def stamped(connection: sa.Connection) -> object:
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def version_table(object_: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Alembic's own table is not ours to compare."""
    return not (kind == "table" and name == "alembic_version")


COMPARE = {"compare_type": True, "include_object": version_table}


def test_the_comparison_finds_what_is_missing(tmp_path: Path) -> None:
    """A table or a column too many is seen."""
    with opened(tmp_path / "hub.db") as connection:
        bring_up_to_date(connection)
        connection.exec_driver_sql("ALTER TABLE peers ADD COLUMN extra TEXT")
        connection.exec_driver_sql("CREATE TABLE another (a INTEGER)")
        assert len(compare_metadata(MigrationContext.configure(connection, opts=COMPARE), metadata)) == 2


def test_the_code_knows_the_last_script() -> None:
    """``HEAD`` and ``BASELINE`` are what the scripts say: one line from the first to the last."""
    scripts = ScriptDirectory.from_config(config(SCRIPTS))
    assert scripts.get_heads() == [HEAD]
    assert scripts.get_bases() == [BASELINE]


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path, repo_root: Path) -> None:
    """Importing it takes longer than opening the store."""
    path = tmp_path / "hub.db"
    code = (
        "import sys; from pathlib import Path; from fleet.store import SqlStore;"
        f"SqlStore.open(Path({str(path)!r})).close(); SqlStore.open(Path({str(path)!r})).close();"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=repo_root, check=True)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Neither its tables nor its changes are there, and the store still opens."""
    path = first_release(tmp_path / "hub.db")
    before = dumped(path)
    scripts = scripts_with(tmp_path, "raise ZeroDivisionError")
    with pytest.raises(ZeroDivisionError), opened(path) as connection, connection.begin():
        bring_up_to_date(connection, head="9999", scripts=scripts)
    assert dumped(path) == before
    with closing(SqlStore.open(path)) as store:
        assert len(list(store.events())) == 1


def test_a_migration_that_is_killed_leaves_the_file_as_it_was(tmp_path: Path, repo_root: Path) -> None:
    """``kill -9`` in the middle of a migration, after it has made tables and changed rows."""
    path = first_release(tmp_path / "hub.db")
    before = dumped(path)
    scripts = scripts_with(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    ended = subprocess.run([sys.executable, "-c", KILLED, path, scripts], cwd=repo_root, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert dumped(path) == before


def test_the_spoiling_migration_does_spoil_where_it_ends(tmp_path: Path) -> None:
    """The two tests above would see what they look for."""
    path = first_release(tmp_path / "hub.db")
    scripts = scripts_with(tmp_path, "pass")
    with opened(path) as connection, connection.begin():
        bring_up_to_date(connection, head="9999", scripts=scripts)
    assert any("half_done" in line for line in dumped(path))


def test_a_newer_revision_is_refused(tmp_path: Path) -> None:
    """The message says what to do."""
    path = tmp_path / "hub.db"
    SqlStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '8888'")
        connection.commit()
    with pytest.raises(StoreError, match=r"revision 8888.*upgrade lastmile-fleet"):
        SqlStore.open(path)


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    """A wrong path does not put a hub's tables into somebody's data."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoices (a INTEGER)")
    before = dumped(path)
    with pytest.raises(StoreError, match="no hub's"):
        SqlStore.open(path)
    assert dumped(path) == before
