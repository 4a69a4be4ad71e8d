"""A PostgreSQL server of our own for one test run, from the system's binaries, on a socket in a folder of its own."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "postgres"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""No test here cuts the power; a killed client loses nothing by this."""


class NoPostgres(RuntimeError):  # noqa: N818
    """There is no server to be had; the message says why."""


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    socket: Path

    @property
    def pid(self) -> int:
        """The server's first process."""
        return int((self.socket / "data" / "postmaster.pid").read_text().split()[0])

    def create(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of the template."""
        name = f"t{secrets.token_hex(6)}"
        self.run("createdb", "-T", template, name)
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@/{name}?host={self.socket}"

    def run(self, program: str, *arguments: str) -> None:
        command = [str(binaries() / program), "-h", str(self.socket), "-U", USER, *arguments]
        subprocess.run(command, check=True, capture_output=True)


def binaries() -> Path:
    """The newest installed server's programs.

    Raises:
        NoPostgres: none is installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres("no PostgreSQL server is installed (Debian: postgresql)")
    return Path(on_path).parent


@contextmanager
def postgres_server(safety: tuple[str, ...] = FAST) -> Iterator[Postgres]:
    """A server for the length of a with block; it does not run as root, so root lends it to the user postgres.

    Args:
        safety: settings, such as those about what is waited for.

    Raises:
        NoPostgres: see there.
    """
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="ebpg"))
    try:
        account = _account()
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run(account, programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c max_connections=120 " + " ".join(
            f"-c {one}" for one in safety
        )
        ctl = (programs / "pg_ctl", "-D", folder / "data", "-w")
        _run(account, *ctl, "-l", folder / "log", "-o", options, "start")
        try:
            yield Postgres(folder)
        finally:
            _run(account, *ctl, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """Who the server runs as, when it cannot be us."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise NoPostgres(f"we are root, and there is no user {USER}") from None


def _run(account: pwd.struct_passwd | None, *command: object) -> None:
    who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would be held open by the server
        stderr=subprocess.DEVNULL,
        check=False,
        **who,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise NoPostgres(f"{command[0]} ended with {done.returncode}")
