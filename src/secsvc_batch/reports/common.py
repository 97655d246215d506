"""What the reports share: texts per distinct value, the tree of requirements, words joined as lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.reasons import Reason, code
from secsvc_batch.messages import reasons as reason_texts
from secsvc_batch.messages import word
from secsvc_batch.standard.loader import Standard

Objects = NDArray[np.object_]
Codes = NDArray[np.int64]

SHOWN = ("pass", "review", "fail", "not_applicable", "met_otherwise")
"""What is shown of a leaf: its verdict, or that another requirement makes up for it."""


def distinct(*columns: NDArray[Any]) -> tuple[Codes, Codes]:
    """Number the distinct rows of several columns of one length.

    Returns the number of each row, and the position of the first row of each number.
    """
    codes: Codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        part, values = pd.factorize(column)
        codes = pd.factorize(codes * (len(values) + 1) + part)[0].astype(np.int64)
    first = np.zeros(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first


def per_distinct(make: Callable[..., Any], *columns: NDArray[Any]) -> Objects:
    """Return ``make(*values)`` of every row as objects; each distinct row is made only once."""
    codes, first = distinct(*columns)
    made = np.empty(len(first), dtype=object)
    made[:] = [make(*values) for values in zip(*(column[first].tolist() for column in columns), strict=True)]
    return np.asarray(made[codes], dtype=object)


def node_keys(applicant: NDArray[Any], requirement: NDArray[Any], nodes: int) -> Codes:
    """Return one number per (applicant, requirement) that sorts as the frames of ``Results`` do."""
    keys: Codes = applicant.astype(np.int64) * nodes + requirement
    return keys


@dataclass(frozen=True)
class Tree:
    """The requirements by their index: how deep each stands, what stands below it, its service."""

    depth: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    service: tuple[str, ...]


def tree_of(standard: Standard) -> Tree:
    """Return the tree of all requirements of ``standard``."""
    index = {requirement.clause: at for at, requirement in enumerate(standard.requirements)}
    depth: list[int] = []
    for requirement in standard.requirements:
        depth.append(0 if requirement.parent is None else depth[index[requirement.parent]] + 1)
    children = tuple(
        tuple(index[child.clause] for child in standard.children(requirement.clause))
        for requirement in standard.requirements
    )
    services = tuple(standard.services_by_clause[requirement.clause] for requirement in standard.requirements)
    return Tree(tuple(depth), children, services)


def joined(key: str, parts: Sequence[str], lang: str) -> str:
    """Join texts two by two with the pattern ``key``, which names ``{first}`` and ``{second}``.

    >>> joined("verdict.and", ["A", "B", "C"], "ja")
    'A、B、C'
    """
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text = word(key, lang, first=text, second=part)
    return text


# plain numbers, because the flags themselves are slow to combine
_REASONS = tuple((int(reason), code(reason)) for reason in Reason)


@cache
def reason_codes(bits: int) -> tuple[str, ...]:
    """Return the codes of all reasons in ``bits``, in the order of their definition."""
    return tuple(name for bit, name in _REASONS if bits & bit)


@cache
def reason_sentences(bits: int, lang: str) -> str:
    """Return the texts of all reasons in ``bits`` as sentences, '' for none."""
    texts = [reason_texts()[name](lang) for name in reason_codes(bits)]
    return word("verdict.sentence", lang, text=joined("verdict.then", texts, lang)) if texts else ""


def shortened(text: str, longest: int) -> str:
    """Return ``text`` on one line and cut to ``longest`` characters.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
