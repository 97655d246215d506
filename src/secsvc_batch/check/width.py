"""Text in a terminal: how wide it is, and where a line may end."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# what must not stand at the beginning or the end of a line
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕〉》”’々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥,.:;?!)]}"
)
_NOT_LAST = frozenset("（「『【〔〈《“‘([{")


@lru_cache(maxsize=4096)
def _char_width(char: str, wide: bool) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    kind = unicodedata.east_asian_width(char)
    return 2 if kind in "WF" or (wide and kind == "A") else 1


def width(text: str, *, wide: bool) -> int:
    """Return the columns that ``text`` takes. ``wide``: characters of open width take two, as in Japan.

    >>> width("要員 C12", wide=True)
    8
    """
    return sum(_char_width(char, wide) for char in text)


def wrapped(text: str, columns: int, *, wide: bool, first: int = 0) -> list[str]:
    """Return ``text`` cut into lines of at most ``columns``; a word longer than a line is cut.

    ``first``: columns of the first line that are taken already.

    >>> wrapped("日付を読み取れません。", 8, wide=True)
    ['日付を読', 'み取れま', 'せん。']
    """
    lines, line, used = [], "", first
    for piece in _pieces(text):
        size = width(piece, wide=wide)
        if line and used + size > columns:
            lines.append(line.rstrip())
            line, used = "", 0
            piece = piece.lstrip()
            size = width(piece, wide=wide)
        while used + size > columns:
            head = _head(piece, columns - used, wide)
            lines.append(head)
            piece, used = piece[len(head) :], 0
            size = width(piece, wide=wide)
        line, used = line + piece, used + size
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _head(text: str, columns: int, wide: bool) -> str:
    used = 0
    for place, char in enumerate(text):
        used += _char_width(char, wide)
        if used > columns and place:
            return text[:place]
    return text


def _pieces(text: str) -> Iterator[str]:
    """Cut a text where a line may end: behind spaces, and between characters of full width."""
    piece = ""
    for char in text:
        if piece and _may_break(piece[-1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST or after.isspace():
        return False
    return before.isspace() or _is_wide(before) or _is_wide(after)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
