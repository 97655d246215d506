"""HTML in which every text is escaped and inert unless it was built here."""

from collections.abc import Iterable
from html import escape

from secsvc_batch.inert import inert

_VOID = frozenset({"meta", "br"})


class Html(str):
    """A piece of finished HTML."""

    __slots__ = ()


Child = Html | str | None


def tag(name: str, /, *children: Child, **attributes: str) -> Html:
    """Return an element. Plain texts among the children are escaped; None is passed over.

    An attribute's final ``_`` is dropped and other ``_`` become ``-``.

    >>> tag("p", "a < b", tag("br"), class_="note")
    '<p class="note">a &lt; b<br></p>'
    """
    written = "".join(f' {_name(key)}="{escape(inert(value))}"' for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{together(children)}</{name}>")


def together(children: Iterable[Child]) -> Html:
    """Return several children as one piece."""
    return Html("".join(_piece(child) for child in children if child is not None))


def _piece(child: Html | str) -> str:
    return child if isinstance(child, Html) else escape(inert(child), quote=False)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
