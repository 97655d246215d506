"""The made-up words of sample applicants, and the fixed words of the data dictionary."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from secsvc_batch.workbook.layout import Layout

LANG = "ja"


@cache
def sample_words() -> dict[str, Any]:
    """Return ``words.yaml``."""
    words: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return words


def say(key: str, **params: object) -> str:
    """Return the made-up text ``key`` with its parameters filled in."""
    return str(sample_words()[key]).format(**params)


def choice_words(layout: Layout) -> dict[str, dict[str, str]]:
    """Return the words of every vocabulary by choice id, as they stand in a Japanese workbook."""
    return {name: {c.id: c(LANG) for c in choices} for name, choices in layout.vocabularies.items()}


def corporate_number(n: int) -> str:
    """Return a corporate number with a right check digit whose body is in no use.

    >>> corporate_number(1)
    '8999900000001'
    """
    body = f"{999_900_000_000 + n:012d}"
    weighted = sum(int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(body)))
    return f"{9 - weighted % 9}{body}"
