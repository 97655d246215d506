"""One run at a time, as far as object storage lets anybody tell."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from secsvc_batch.storage.location import ObjectPath, StorageError
from secsvc_batch.storage.scratch import scratch
from secsvc_batch.storage.transfer import put, read

_RENEWED = 20.0
"""seconds after which a run says again that it is under way"""
_GIVEN_UP = 4 * _RENEWED
"""seconds without a word after which a run on another machine counts as ended"""


@contextmanager
def lock(place: ObjectPath) -> Iterator[bool]:
    """Take a lock, which is an object, and keep it meanwhile; tell whether it was free.

    The object stays, for somebody else to take it.

    A lock whose process is no more is taken over: on the same machine at once, otherwise when it has not been
    renewed for a while.
    """
    with scratch() as folder:
        mine = folder / "lock.json"
        if not _taken(place, mine):
            yield False
            return
        ended = threading.Event()
        renewing = threading.Thread(target=_renew, args=(place, mine, ended), daemon=True)
        renewing.start()
        try:
            yield True
        finally:
            ended.set()
            renewing.join()
            _write(mine, 0)
            with suppress(StorageError):
                put(mine, place)


def _taken(place: ObjectPath, mine: Path) -> bool:
    _write(mine, time.time())
    try:
        # refused where there is a lock, and by storages that do not know this
        put(mine, place, mode="create")
    except StorageError:
        if not _is_left(place):
            return False
        put(mine, place)
    return True


def _write(mine: Path, seconds: float) -> None:
    said = {"machine": socket.gethostname(), "process": os.getpid(), "seconds": seconds}
    mine.write_text(json.dumps(said), encoding="utf-8")


def _is_left(place: ObjectPath) -> bool:
    """Tell whether there is no lock, or whoever took it is no more."""
    try:
        said: dict[str, Any] = json.loads(read(place))
        silent = time.time() - said["seconds"] > _GIVEN_UP
        return silent or (said["machine"] == socket.gethostname() and _is_gone(said["process"]))
    except (ValueError, KeyError, TypeError):
        return True
    except StorageError as error:
        if not error.missing:
            raise
        return True


def _is_gone(process: int) -> bool:
    if os.name == "nt":
        # there is no way to ask that does no harm
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _renew(place: ObjectPath, mine: Path, ended: threading.Event) -> None:
    while not ended.wait(_RENEWED):
        _write(mine, time.time())
        with suppress(StorageError):
            put(mine, place)
