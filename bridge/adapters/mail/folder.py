"""Mail as files: one .eml a message, for trying things out and for sites whose mail is sent by something else."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.adapters.mail.message import bare_message_id, build
from bridge.durable_files import in_place_of
from bridge.ports import Fault, Mail, NotDone


class FolderMailer:
    """Writes each mail into a folder. The file's name follows from the Message-ID: a repeat replaces, never doubles."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """See `bridge.ports.Mailer`. When it returns, the file is complete and on the disk."""
        content, target = bytes(build(mail)), self._folder / _file_name(bare_message_id(mail))
        with self._made(), in_place_of(target) as part:
            part.write_bytes(content)

    def check(self, sender: str, *, budget: float) -> None:  # noqa: ARG002 - a folder asks nobody
        """See `bridge.ports.Mailer`."""
        with self._made(), tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"\n")
            file.flush()

    @contextmanager
    def _made(self) -> Iterator[None]:
        """The folder is there; what the system refuses is said without the file: its name may say whose mail it is."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise NotDone(f"folder: {os.strerror(error.errno or 0)}", fault=Fault.SYSTEM) from None


def _file_name(message_id: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9._-]", "_", message_id).lstrip(".")[:120]
    return f"{readable}.{hashlib.sha256(message_id.encode()).hexdigest()[:12]}.eml"
