"""A throw-away MariaDB on a socket. Its data safety is off: nothing about crashes may be shown with it."""

import atexit
import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from loopback import free_port

SOCKET_PATH_LIMIT = 107  # bytes in a sockaddr_un
START_LIMIT_S = 60
DATABASE = "wordpress"
SNAPSHOT = "snapshot"

SCRATCH_OPTIONS = (
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--performance-schema=OFF",
)


def program(name: str) -> str | None:
    """Find a program, also where a normal user's PATH does not look for a server."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


class DatabaseError(RuntimeError):
    """MariaDB did not start, or refused a statement."""


class ScratchMariaDb:
    """One server with one database, in a folder of its own; user root, no password.

    Args:
        folder: for its data, its log and its socket.
        by_port: whether it is reached on a loopback port, too, and not by its socket only.
    """

    def __init__(self, folder: Path, *, by_port: bool = False) -> None:
        self.folder = folder
        self.socket = folder / "mysqld.sock"
        self.port = free_port() if by_port else None
        self._server: subprocess.Popen[bytes] | None = None
        self._tables: list[str] = []

    def start(self) -> None:
        if len(bytes(self.socket)) > SOCKET_PATH_LIMIT:
            raise DatabaseError(f"too deep for a unix socket, choose a shorter folder: {self.socket}")
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(empty(), self.folder / "data")
        with (self.folder / "server.log").open("wb") as log:
            command = (
                program("mariadbd") or "mariadbd",
                *_at(self.folder),
                f"--socket={self.socket}",
                *(("--bind-address=127.0.0.1", f"--port={self.port}") if self.port else ("--skip-networking",)),
                *SCRATCH_OPTIONS,
            )
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is not for it
            )
        self._await()
        self._query(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")

    @property
    def host(self) -> str:
        """What WordPress calls DB_HOST."""
        return f"127.0.0.1:{self.port}" if self.port else f"localhost:{self.socket}"

    def stop(self) -> None:
        if self._server:
            self._server.kill()  # nothing in it is worth an orderly end
            self._server.wait()
            self._server = None

    def sql(self, statements: str) -> str:
        """Run statements, return the rows as tab-separated lines."""
        return self._query(f"USE {DATABASE}; {statements}")

    def snapshot(self) -> None:
        """Keep the rows of all present tables for `reset`."""
        self._tables = self.sql("SHOW TABLES").split()
        self.sql(
            f"CREATE OR REPLACE DATABASE {SNAPSHOT} CHARACTER SET utf8mb4;"
            + "".join(f"CREATE TABLE {SNAPSHOT}.`{t}` SELECT * FROM `{t}`;" for t in self._tables)
        )

    def reset(self) -> None:
        """Bring the rows back, in some 30 ms; a table made after `snapshot` stays as it is."""
        if not self._tables:
            raise DatabaseError("reset() needs a snapshot() before it")
        # Quicker than TRUNCATE, which makes each table's file anew.
        self.sql("".join(f"DELETE FROM `{t}`; INSERT INTO `{t}` SELECT * FROM {SNAPSHOT}.`{t}`;" for t in self._tables))

    def _await(self) -> None:
        ends = time.monotonic() + START_LIMIT_S
        while self._server and self._server.poll() is None and time.monotonic() < ends:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.socket))  # the file is there a moment before anybody listens
                return
            time.sleep(0.02)
        raise DatabaseError(f"mariadbd did not start: {(self.folder / 'server.log').read_text()[-800:]}")

    def _query(self, statements: str) -> str:
        return _run("mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-N", text=statements)


@cache
def empty() -> Path:
    """The data of a server with no database yet: made once for a process, in two seconds, and copied for each."""
    folder = Path(mkdtemp(prefix="escb-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _run("mariadb-install-db", *_at(folder), "--auth-root-authentication-method=normal", "--skip-test-db")
    return folder / "data"


def _at(folder: Path) -> tuple[str, ...]:
    """Where a server has its data, and its temporary tables: one that starts removes those of others as well."""
    return "--no-defaults", f"--user={getpass.getuser()}", f"--datadir={folder / 'data'}", f"--tmpdir={folder}"


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise DatabaseError(f"{command[0]} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-800:]}")
    return done.stdout
