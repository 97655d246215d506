"""Imported by the interpreter itself: refuses every connection, and notes what is written where.

Stands on the module path of the process that is tested. ``SECSVC_GUARD_LOG`` names the file of the notes.
"""

import os
import sys
from typing import Any

_LOG = os.open(os.environ["SECSVC_GUARD_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_REFUSED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")
# event -> places of paths among its arguments, each with that of the folder it is relative to (-1: none)
_PATHS = {
    "os.mkdir": ((0, 2),), "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),), "os.symlink": ((1, 2),), "os.truncate": ((0, None),), "os.chmod": ((0, 2),),
    "shutil.rmtree": ((0, None),),
}  # fmt: skip


def _note(kind: str, path: Any) -> None:
    os.write(_LOG, f"{kind}\t{os.path.abspath(os.fsdecode(path))}\n".encode("utf-8", "surrogateescape"))


def _watch(event: str, given: tuple[Any, ...]) -> None:
    if event in _REFUSED and not (event == "socket.connect" and isinstance(given[1], (str, bytes))):
        _note("network", "/" + event)
        raise PermissionError(f"no network here: {event}")
    if event == "open":
        path, mode, flags = given
        writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) if isinstance(flags, int) else False
        if isinstance(path, (str, bytes)) and (writes or (isinstance(mode, str) and set(mode) & set("wax+"))):
            _note("write", path)
    elif event in _PATHS:
        for place, relative in _PATHS[event]:
            folder = given[relative] if relative is not None and len(given) > relative else -1
            if isinstance(given[place], (str, bytes, os.PathLike)):
                start = os.readlink(f"/proc/self/fd/{folder}") if folder != -1 else ""
                _note(event, os.path.join(start, os.fsdecode(given[place])))


sys.addaudithook(_watch)
