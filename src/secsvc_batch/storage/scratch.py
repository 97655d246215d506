"""Folders for what is on this machine only for a while."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

_PREFIX = "secsvc-batch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Make an empty folder and remove it afterwards; a process that was killed leaves it to the next one."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder, lock = _folder()
    try:
        (folder / "in").mkdir()
        yield folder / "in"
    finally:
        _remove(folder, lock)


def _folder() -> tuple[Path, IO[bytes]]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = (folder / "lock").open("a+b")
        if locked(lock):
            return folder, lock
        # another process took it for abandoned before it was locked
        lock.close()


@cache
def _remove_abandoned(place: Path) -> None:
    """Remove the folders of processes of ours that are no more: once in each process."""
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            if hasattr(os, "getuid") and status.st_uid != os.getuid():
                continue
            with (folder / "lock").open("r+b") as lock:
                if locked(lock):
                    _remove(folder, lock)
        except OSError:
            continue


def _remove(folder: Path, lock: IO[bytes]) -> None:
    """Remove a folder; its lock goes last, so that it is found again should this end half-way."""
    shutil.rmtree(folder / "in", ignore_errors=True)
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)


def locked(stream: IO[bytes]) -> bool:
    """Take the lock of a file, which ends with the process that has it; tell whether it was free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
