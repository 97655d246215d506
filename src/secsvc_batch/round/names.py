"""Names of files as they are shown and as they are written: what applicants call them is not trusted."""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

# controls, lone surrogates, separators of lines, marks of direction and characters without width
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_RESERVED_CHARACTERS = re.compile(r'[<>:"|?*\\]')
_RESERVED_NAMES = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)
_LONGEST = 200
"""bytes of a name that is written; file systems take 255, and programs like to add something of their own"""


def printable(name: str) -> str:
    r"""Return a file's name in characters that can be seen; what cannot is written as an escape.

    >>> printable("a\nb\u202ec.xlsx")
    'a\\nb\\u202ec.xlsx'
    """
    if name.isascii() and name.isprintable():
        return name
    try:
        # bytes that are no text come as lone surrogates
        name = os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], name)


def portable(name: str) -> str:
    """Return a relative name (``/`` between parts) under which every system can hold the file.

    >>> portable('con.xlsx'), portable('a:b?.xlsx'), portable('x. /y.xlsx')
    ('_con.xlsx', 'a_b_.xlsx', 'x/y.xlsx')
    """
    parts = printable(name).split("/")
    return "/".join(_portable(part, last=at == len(parts)) for at, part in enumerate(parts, 1))


def _portable(part: str, *, last: bool) -> str:
    part = _RESERVED_CHARACTERS.sub("_", unicodedata.normalize("NFC", part)).rstrip(" .")
    path = PurePosixPath(part or "_")
    suffix = path.suffix if last else ""
    stem = path.name.removesuffix(suffix) if suffix else path.name
    stem = _cut(stem, _LONGEST - len(suffix.encode())).rstrip(" ." if not suffix else " ") or "_"
    if _RESERVED_NAMES.fullmatch(stem.partition(".")[0].rstrip()):
        stem = f"_{stem}"
    return stem + suffix


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")


def stem_of(file: str) -> str:
    """Return a name without its folders and suffix."""
    return PurePosixPath(file).stem


class Names:
    """Names given out once: no two are equal in any case or Unicode form, and no file is a folder."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, name: str) -> str:
        """Return ``name``, or with a number behind its stem when it is taken: ``name (2).xlsx``."""
        path = PurePosixPath(name)
        if self._files.intersection(_folders(path)):
            path = PurePosixPath(name.replace("/", "_"))
        number, candidate = 1, path
        while _key(candidate) in self._files or _key(candidate) in self._folders:
            number += 1
            suffix = f" ({number}){path.suffix}"
            candidate = path.with_name(
                _cut(path.stem, max(_LONGEST, len(path.name.encode())) - len(suffix)) + suffix
            )
        self._files.add(_key(candidate))
        self._folders.update(_folders(candidate))
        return candidate.as_posix()


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path.as_posix()).casefold())


def _folders(path: PurePosixPath) -> Iterable[str]:
    return [_key(folder) for folder in path.parents if folder.name]
