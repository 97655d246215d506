"""What is wrong with a rule file or a reference list: file, line, message and remedy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from secsvc_batch.messages import LANGUAGES, word
from secsvc_batch.standard.model import Text

MOST_NAMES = 12  # longer lists of allowed values help nobody


@dataclass(frozen=True)
class Problem:
    """One fault. ``line`` is 1-based, 0 where a whole file or folder is meant."""

    file: str
    line: int
    code: str
    message: Text
    remedy: Text

    def text(self, lang: str) -> str:
        """Return the fault as it is printed: place, message, and the remedy on a line of its own."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message(lang)}\n    {word('rules.remedy', lang)} {self.remedy(lang)}"


class LoadError(Exception):
    """Rules or lists cannot be used. ``problems`` holds every fault found, at least one."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.text("en"))

    @property
    def file(self) -> str:
        return self.problems[0].file

    @property
    def line(self) -> int:
        return self.problems[0].line

    @property
    def message(self) -> Text:
        return self.problems[0].message

    @property
    def remedy(self) -> Text:
        return self.problems[0].remedy

    def text(self, lang: str) -> str:
        """Return all faults as printed, one after the other."""
        return "\n".join(problem.text(lang) for problem in self.problems)


class RulesError(LoadError):
    """The rule files (or the lists they name) have faults; nothing was loaded."""


def problem(file: str, line: int, code: str, **params: object) -> Problem:
    """Return the fault ``code`` with the texts ``rules.problem.CODE`` and ``rules.mend.CODE``.

    A parameter may be a Text; it is then filled in by language.
    """
    filled = {
        lang: {key: value(lang) if isinstance(value, Text) else value for key, value in params.items()}
        for lang in LANGUAGES
    }
    texts = {
        part: Text(**{lang: word(f"rules.{part}.{code}", lang, **filled[lang]) for lang in LANGUAGES})
        for part in ("problem", "mend")
    }
    return Problem(file=file, line=line, code=code, message=texts["problem"], remedy=texts["mend"])


def both(key: str, **params: object) -> Text:
    """Return the words ``key`` in both languages."""
    return Text(**{lang: word(key, lang, **params) for lang in LANGUAGES})


def closest(name: object, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that ``name`` was probably meant to be."""
    close = get_close_matches(str(name), list(allowed), n=1, cutoff=0.6)
    return close[0] if close else None


def hint(name: object, allowed: Iterable[str]) -> Text:
    """Return "did you mean X?" where ``name`` is close to an allowed one, else what is allowed."""
    names = list(dict.fromkeys(allowed))
    if close := closest(name, names):
        return both("rules.hint.mean", name=close)
    if not names:
        return both("rules.hint.none")
    shown = ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")
    return both("rules.hint.allowed", names=shown)
