"""The one catalogue of everything people read: findings, verdict reasons and the words of the pages.

Each entry of the YAML files beside this module holds Japanese and English side by side, so that a
text without a translation cannot be loaded.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).resolve().parent
LANGUAGES = ("ja", "en")
SEVERITIES = ("error", "warning", "info")


class UntranslatedError(Exception):
    """A catalogue entry lacks a language or is malformed."""


@dataclass(frozen=True)
class Message:
    """One text in both languages; ``{name}`` stands for a parameter."""

    ja: str
    en: str

    def __call__(self, lang: str, **params: object) -> str:
        text = self.en if lang == "en" else self.ja
        return text.format_map(_Blank(params)) if "{" in text else text


@dataclass(frozen=True)
class FindingType:
    """A kind of finding: what is said, why it matters, how to mend it."""

    code: str
    severity: str
    title: Message
    message: Message
    why: Message
    remedy: Message


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""


def _load(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, Any] = yaml.load((_HERE / name).read_text(encoding="utf-8"), Loader=loader)
    return data


def _message(where: str, entry: Any) -> Message:
    if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
        raise UntranslatedError(f"{where}: needs exactly the languages {LANGUAGES}")
    # blanks at an end are meant (", "), the line break at the end of a block is not
    return Message(ja=str(entry["ja"]).strip("\n"), en=str(entry["en"]).strip("\n"))


@cache
def finding_types() -> dict[str, FindingType]:
    """Return every kind of finding by code, in the order of the catalogue."""
    types = {}
    for code, entry in _load("findings.yaml").items():
        if entry["severity"] not in SEVERITIES:
            raise UntranslatedError(f"{code}: severity {entry['severity']}")
        parts = {k: _message(f"{code}.{k}", entry[k]) for k in ("title", "message", "why", "remedy")}
        types[code] = FindingType(code=code, severity=entry["severity"], **parts)
    return types


@cache
def reasons() -> dict[str, Message]:
    """Return the text of every verdict reason by code."""
    return {code: _message(code, entry) for code, entry in _load("reasons.yaml").items()}


@cache
def _words() -> dict[str, Message]:
    return {key: _message(key, entry) for key, entry in _load("ui.yaml").items()}


def word(key: str, lang: str, **params: object) -> str:
    """Return the text ``key`` of the user interface in ``lang`` with its parameters filled in."""
    return _words()[key](lang, **params)
