"""The data dictionary of the applicant's workbook, read from ``rules/workbook.yaml``."""

import unicodedata
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field as PydanticField

from secsvc_batch.resources import resource
from secsvc_batch.standard.model import Model, Text

FieldType = Literal[
    "text", "id", "ids", "date", "choice", "choices", "listed", "mark", "claim", "count", "clause", "list"
]


class Choice(Model):
    """One allowed value: a stable id and its words."""

    id: str
    ja: str
    en: str
    letter: str | None = None
    services: list[str] = []

    def __call__(self, lang: str) -> str:
        return self.en if lang == "en" else self.ja


class Field(Model):
    """One column (or one labelled cell of a form)."""

    id: str
    type: FieldType
    label: Text
    help: Text | None = None
    example: Text | None = None
    required: bool = False
    unique: bool = False
    width: int = 30
    choices: str | None = None
    list_kinds: list[str] = []
    other: str | None = None
    references: str | None = None
    outside: bool = False
    not_before: str | None = None
    needs: str | None = None
    locked: bool = False
    only_checks: list[str] = []
    check_digit: str | None = None


class Prefilled(Model):
    """Checks (the part before the colon) whose requirements have a row of their own."""

    checks: list[str]


class Sheet(Model):
    """One sheet of the workbook."""

    id: str
    name: Text
    shape: Literal["form", "table", "hidden"]
    help: Text | None = None
    capacity: int = 1
    key: list[str] = []
    prefilled: Prefilled | None = None
    fields: list[Field] = PydanticField(default=[])

    @cached_property
    def by_id(self) -> dict[str, Field]:
        return {field.id: field for field in self.fields}

    @cached_property
    def by_label(self) -> dict[str, Field]:
        """Field by folded header, Japanese or English."""
        return {fold(field.label(lang)): field for field in self.fields for lang in ("ja", "en")}


class Layout(Model):
    """rules/workbook.yaml."""

    template_version: str
    vocabularies: dict[str, list[Choice]]
    words: dict[str, Text]
    sheets: list[Sheet]

    @cached_property
    def by_id(self) -> dict[str, Sheet]:
        return {sheet.id: sheet for sheet in self.sheets}

    @cached_property
    def tables(self) -> list[Sheet]:
        """The sheets that hold data (form and tables), in workbook order."""
        return [sheet for sheet in self.sheets if sheet.shape != "hidden"]


def fold(text: str) -> str:
    """Fold a header or sheet name for comparison.

    NFKC, no white space, no mark of a required field, lower case.

    >>> fold(" 在籍\\n開始日＊")
    '在籍開始日'
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*").casefold()


@cache
def load_layout(rules: Path | None = None) -> Layout:
    """Return the data dictionary of ``rules`` (default: the shipped rules)."""
    path = (rules or resource("rules")) / "workbook.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Layout.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
