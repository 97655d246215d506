"""Which objects are submissions: by the rules for folders, and some for names that no folder can hold."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from secsvc_batch.round.inputs import OFFICE_LOCKS, OTHER_TABLES, WORKBOOKS, StoredObject
from secsvc_batch.storage.location import Location, ObjectPath, StorageError, talking
from secsvc_batch.storage.transfer import Listed, listed, look

# no names of files; and what storages take for a wish for an older version of another object
_UNUSABLE = frozenset({"", ".", ".."})
_VERSION = re.compile(r"\?(versionid|generation|snapshot)=", re.IGNORECASE)

Found = dict[tuple[Any, str], tuple[str, StoredObject]]
"""names in the round and objects, by storage and name there: two URLs may lead to the same one"""


def find_objects(start: ObjectPath, leave_out: Sequence[Location], found: Found, ignored: list[str]) -> bool:
    """Add the submissions at or below ``start``, and the names of what is none; tell whether it exists.

    Each comes with its name in the round. Raises StorageError.
    """
    only = _one(start)
    if only is not None:
        found.setdefault((start.fs, start.path), (start.name, StoredObject(start, only.size, only.version)))
        return True
    apart = [place for place in leave_out if isinstance(place, ObjectPath)]
    any_there = False
    for one in listed(start):
        any_there = True
        place, parts = start / one.name, one.name.split("/")
        if not _UNUSABLE.isdisjoint(parts) or _VERSION.search(one.name):
            ignored.append(one.name)
        elif _hidden(parts) or any(folder.holds(place) for folder in apart):
            continue
        elif one.is_file and PurePosixPath(parts[-1]).suffix.lower() in WORKBOOKS | OTHER_TABLES:
            found.setdefault((place.fs, place.path), (one.name, StoredObject(place, one.size, one.version)))
        else:
            ignored.append(one.name)
    return any_there


def _hidden(parts: list[str]) -> bool:
    return any(part.startswith(".") for part in parts) or parts[-1].startswith(OFFICE_LOCKS)


def _one(start: ObjectPath) -> Listed | None:
    """Return what there is to know where a single object was named."""
    try:
        with talking(start):
            start.fs.invalidate_cache()
            info = start.fs.info(start.path)
    except StorageError as error:
        if not error.missing:
            raise
        return None
    return look(start.name, info) if info["type"] == "file" else None
