"""The page says what the code does."""

import re
from dataclasses import fields

import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.workbook.limits import LIMITS, Limits
from tests.support import ROOT

PAGES = ("threat-model.md", "threat-model.ja.md")


def _shown(name: str) -> str:
    value = int(getattr(LIMITS, name))
    return f"{value >> 20:,} MiB" if name.endswith("_bytes") or name == "stream_above" else f"{value:,}"


@pytest.mark.parametrize("page", PAGES)
def test_the_limits_on_the_page_are_those_of_the_program(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert rows == {field.name: _shown(field.name) for field in fields(Limits)}


@pytest.mark.parametrize("page", PAGES)
def test_findings_and_modules_on_the_page_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    source = ROOT / "src" / "secsvc_batch"
    names = re.findall(r"`([a-z_]+/[a-z_]+)`", text)
    assert len(names) > 10
    for name in names:
        assert any(source.glob(f"**/{name}.py")), name
    codes = {code for code in re.findall(r"`([a-z]+_[a-z_]+)`", text) if not hasattr(LIMITS, code)}
    assert codes <= finding_types().keys()
    assert {"file_unsafe", "number_too_long", "too_many_rows"} <= codes
