"""README, generated pages and links."""

import re
from pathlib import Path

import links
import pytest
from package import command
from pages import table_of_all, table_of_any, table_of_pairs

from tests.support import ROOT

README, README_JA = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))


@pytest.mark.parametrize("name", ["first", "tests"])
def test_each_command_of_the_readme_is_one_line_that_needs_nothing_before_it(name: str) -> None:
    line = command(README, name)
    assert "\n" not in line
    assert line.startswith("python3 -m venv --without-pip .venv && python3 -m pip --python .venv install ")


def test_both_readmes_give_the_same_commands() -> None:
    blocks = re.compile(r"```(?:sh|powershell)\n(.*?)\n```", re.DOTALL)
    japanese, english = set(blocks.findall(README_JA)), set(blocks.findall(README))
    assert japanese <= english
    assert {command(README, "first"), command(README, "tests")} <= japanese


def test_ci_takes_its_command_from_the_readme() -> None:
    assert "<!-- command: tests -->" in README
    assert "<!-- command: tests -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "ROOT", tmp_path)
    (tmp_path / "a.md").write_text("# One two\n[x](b.md) [y](b.md#there) [z](#one-two)\n", encoding="utf-8")
    (tmp_path / "b.md").write_text('<a id="here"></a>\n`[code](none.md)`\n', encoding="utf-8")
    assert links.broken(tmp_path / "a.md") == ["a.md: b.md#there"]
    assert links.broken(tmp_path / "b.md") == []


def test_the_truth_tables_of_the_docs_say_what_the_algebra_does() -> None:
    assert "| 1 | 2 | review |" in table_of_pairs()
    assert "| **review** | review | review | fail | review |" in table_of_all()
    assert "| **review** | pass | review | review | review |" in table_of_any()


def test_no_pattern_has_a_possessive_group() -> None:
    """Python before 3.11.5 matches ``(...)*+`` and its kin wrongly where the group itself can give back."""
    group = re.compile(r"""\)(?:[*?+]|\{[0-9,]+\})\+(?=[\s"'()<\[\\|)]|$)""", re.MULTILINE)
    sources = [path for folder in ("src", "tools", "bench") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 100
    assert [path.name for path in sources if group.search(path.read_text(encoding="utf-8"))] == []
