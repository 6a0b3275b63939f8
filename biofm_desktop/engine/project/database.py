"""The project's database: one SQLite file in WAL mode, made and migrated here, looked through before it is trusted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point, write_with

DATABASE = "project.db"
#: A copy that is to take the database's place: it counts already.
PENDING = f"{DATABASE}.next"
#: Files that SQLite lays beside the database.
HELPERS = (f"{DATABASE}-wal", f"{DATABASE}-shm")
#: The newest schema; a later one is refused untouched.
HEAD = "0001"
_TABLES = {"about", "journal", "bases", "applied", "files", "alembic_version"}
_MIGRATIONS = Path(__file__).parent / "migrations"
_FIRST = _MIGRATIONS / "versions" / "0001_first.sql"
#: What Alembic itself would write; it is imported (1 s) only for an older database.
_STAMP = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES ('0001');
"""
_MARK = b"SQLite format 3\0"


class Damaged(Fault):
    """The database cannot be trusted any more; a generation can take its place."""


def standing(folder: Path) -> Path:
    """Return the database of a project that counts: a copy that is to take its place, if there is one."""
    return folder / PENDING if (folder / PENDING).is_file() else folder / DATABASE


def create(path: Path, about: dict[str, str]) -> None:
    """Make an empty database; raise `Fault` where the disk does not let us."""

    def make(aside: Path) -> None:
        connection = sqlite3.connect(aside, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript("BEGIN;" + _FIRST.read_text(encoding="utf-8") + _STAMP + "COMMIT;")
            connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        finally:
            connection.close()

    try:
        write_with(path, make, room="project")
    except sqlite3.Error as error:
        raise fault_of(path, error) from error


def fault_of(path: Path, error: sqlite3.Error) -> Fault:
    """Return what an error of SQLite means for the user."""
    name = getattr(error, "sqlite_errorname", "") or ""
    way_out = {
        "SQLITE_FULL": ("the disk is full", "Free some space; nothing was changed"),
        "SQLITE_READONLY": ("the disk or folder is read-only", "Choose another folder for the project"),
        "SQLITE_CANTOPEN": ("it cannot be opened", "Check that the folder is there and that you have the right to it"),
        "SQLITE_IOERR": ("the disk reported a read or write error", "Check the drive and its cable, then try again"),
        "SQLITE_BUSY": ("another program holds it", "Close the other program, then try again"),
        "SQLITE_LOCKED": ("another program holds it", "Close the other program, then try again"),
    }
    for start, words in way_out.items():
        if name.startswith(start):
            return Fault(path, *words, detail=repr(error))
    return Damaged(path, "it is damaged", "Restore the last generation that is sound", detail=repr(error))


class Database:
    """An open database. One connection, used under one lock; ``read_only`` ones write nothing at all."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only, self.lock = path, read_only, RLock()
        self._writes = False
        self._check_file()
        try:
            self._connection = self._connect()
        except sqlite3.Error as error:
            raise fault_of(path, error) from error
        try:
            self._check()
        except sqlite3.Error as error:
            self.close()
            raise fault_of(path, error) from error
        except Fault:
            self.close()
            raise

    def _check_file(self) -> None:
        try:
            with self.path.open("rb") as file:
                head = file.read(len(_MARK))
        except OSError as error:
            raise system_fault(self.path, error) from error
        if head != _MARK:
            raise Damaged(
                self.path, "it is no SQLite database, or damaged", "Restore the last generation that is sound"
            )

    def _connect(self) -> sqlite3.Connection:
        connect = partial(sqlite3.connect, uri=True, isolation_level=None, check_same_thread=False, timeout=10.0)
        address = self.path.absolute().as_uri()
        if not self.read_only:
            return _opened(connect(f"{address}?mode=rw"))
        try:
            return _opened(connect(f"{address}?mode=ro"))
        except sqlite3.OperationalError:
            if self.path.with_name(f"{self.path.name}-wal").exists():
                raise
            # A folder that may not be written to: SQLite cannot make its helper files and needs none.
            return _opened(connect(f"{address}?immutable=1"))

    def _check(self) -> None:
        """Refuse foreign schemas, newer versions and damage; bring an older version to the newest."""
        found = self.rows("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        strange = sorted(f"{kind} {name}" for kind, name in found if kind != "table" or name not in _TABLES)
        if strange:
            raise Fault(
                self.path,
                f"it holds what no project of ours has ({', '.join(strange[:3])})",
                "It is not opened; ask who made it, or restore a copy",
            )
        names = {name for _, name in found}
        version = self.rows("SELECT version_num FROM alembic_version") if "alembic_version" in names else []
        if not version:
            raise Damaged(self.path, "its version is missing", "Restore the last generation that is sound")
        if version[0][0] > HEAD:
            raise Fault(
                self.path,
                f"it was made by a later version of BioFM Desktop (schema {version[0][0]}; this one knows {HEAD})",
                "Update the program; nothing was changed",
            )
        sound = self.rows("PRAGMA quick_check(1)")
        missing = sorted(_TABLES - names) if version[0][0] == HEAD else []
        if missing or sound != [("ok",)]:
            fault = f"its table {missing[0]} is missing" if missing else "it is damaged"
            detail = "" if missing else str(sound[:1])
            raise Damaged(self.path, fault, "Restore the last generation that is sound", detail=detail)
        if version[0][0] < HEAD and not self.read_only:
            upgrade(self.path)

    def begin_writing(self) -> None:
        """Go over to WAL mode; until then not a byte of the file is changed."""
        with self.lock:
            try:
                at_point("project.begin", self.path)
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.execute("PRAGMA wal_autocheckpoint=0")  # `sync` does it; a stroke never waits for it
            except sqlite3.Error as error:
                raise fault_of(self.path, error) from error
            except OSError as error:
                raise system_fault(self.path, error) from error
            self._writes = True

    def rows(self, words: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        with self.lock:
            try:
                return self._connection.execute(words, values).fetchall()
            except sqlite3.Error as error:
                raise fault_of(self.path, error) from error

    @contextmanager
    def writing(self, *, sure: bool = False) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one transaction: all of it is kept, or nothing.

        ``sure`` waits until the disk has it, and all before it (``synchronous=FULL``); else it outlives this process
        but not a power cut.
        """
        with self.lock:
            connection = self._connection
            try:
                if sure:
                    connection.execute("PRAGMA synchronous=FULL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    at_point("project.journal", self.path)
                    connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise fault_of(self.path, error) from error
            except OSError as error:
                raise system_fault(self.path, error) from error
            finally:
                if sure:
                    connection.execute("PRAGMA synchronous=NORMAL")

    def sync(self) -> None:
        """Wait until the disk has everything that was committed."""
        with self.writing(sure=True) as connection:
            connection.execute("INSERT OR REPLACE INTO about SELECT 'rows', coalesce(max(id), 0) FROM journal")

    def fold(self) -> None:
        """Bring what the WAL file holds into the database, over a connection of its own: nobody waits for it."""
        try:
            at_point("project.fold", self.path)
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            raise fault_of(self.path, error) from error
        except OSError as error:
            raise system_fault(self.path, error) from error

    def copy_to(self, path: Path) -> None:
        """Write a whole copy, without the helper files of WAL mode."""

        def copy(aside: Path) -> None:
            target = sqlite3.connect(aside, isolation_level=None)
            try:
                with self.lock:
                    self._connection.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")
            finally:
                target.close()

        try:
            write_with(path, copy, room="project")
        except sqlite3.Error as error:
            raise fault_of(path, error) from error

    def close(self) -> None:
        """Fold the WAL file into the database and let go of it; helper files go where nobody else looks on."""
        with self.lock, suppress(sqlite3.Error):
            if self._writes:
                with suppress(sqlite3.Error, OSError):
                    at_point("project.fold", self.path)
                    self._connection.execute("PRAGMA busy_timeout=0")
                    self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.close()


def _opened(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        for setting in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def upgrade(path: Path) -> None:
    """Bring a database to the newest schema; a later migration that fails leaves it as it was."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
