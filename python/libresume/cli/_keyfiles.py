# SPDX-License-Identifier: Apache-2.0
"""Key files on disk: read with the library's own demands, written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libresume.cli._exit import BadKey, UsageError

FILE_MAX = 1 << 20


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One command at a time works on the key files of a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read(path: Path) -> bytes:
    """A key file's bytes; raises BadKey for one that others may touch."""
    with open(path, "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise BadKey(f"{path} is not a regular file")
        if about.st_mode & 0o077:
            raise BadKey(f"{path} is open to group or others: chmod 600 {path}")
        return file.read(FILE_MAX)


def write(path: Path, data: bytes, *, replace: bool) -> None:
    """Writes a file of mode 0600, all or nothing, and waits until it is on the disk.

    replace: a file that is there goes, and gives its owner; otherwise it stays, and UsageError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            if replace and path.exists():
                about = path.stat()
                if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(handle, about.st_uid, about.st_gid)
            file.write(data)
            file.flush()
            os.fsync(handle)
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        raise UsageError(f"{path} is there already: --force replaces it") from None
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
