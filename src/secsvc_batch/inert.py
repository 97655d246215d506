"""What applicants typed, made harmless where it is shown: it can neither steer a terminal nor turn a line."""

import re

# whole sequences first, so that no remains of one are left behind as text
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, movements, modes
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|[\x9d\x90\x98\x9e\x9f].*?(?:\x07|\x9c|\x1b\\)",
    re.DOTALL,
)
_SPACE = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f\ud800-\udfff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARK = "\ufffd"


def inert(text: str) -> str:
    """Return ``text`` on one line without control characters, escape sequences or changes of direction.

    A mark of direction becomes a visible U+FFFD, for text that reads otherwise than it looks is worth a
    look; everything else of the kind goes without trace.

    >>> inert("A\\x1b[31mB\\nC\\u202eD")
    'AB C\\ufffdD'
    """
    if text.isascii() and text.isprintable():
        return text
    plain = _CONTROL.sub("", _SPACE.sub(" ", _SEQUENCE.sub("", text)))
    return _DIRECTION.sub(_MARK, plain)
