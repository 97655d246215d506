"""Where the rules, reference lists, templates and the sample round are found.

In a wheel they stand inside the package (``secsvc_batch/_resources``); in a checkout they are the
top-level folders ``rules/``, ``data/`` and ``templates/``.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the path of a shipped file or folder, e.g. ``rules`` or ``data/reference-lists``.

    Raises FileNotFoundError when neither the wheel nor the checkout holds it.
    """
    for root in (_PACKAGE / "_resources", _PACKAGE.parents[1]):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(name)
