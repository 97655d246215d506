"""No clause, list number or Japanese wording of the standard stands in Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from secsvc_batch.standard.loader import load_standard

SOURCES = Path(__file__).parents[2] / "src" / "secsvc_batch"
# Short marks and units are code (○, 令和, 名); a phrase of this length is a text for people. The help
# of the command line stands in its module, beside the options.
PHRASE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]{8,}")
KANJI = re.compile("[\\u4e00-\\u9fff]")


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and value of every text in a module that is not a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


MODULES = sorted(SOURCES.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_module_holds_no_clause_list_number_or_phrase_of_the_standard(path: Path) -> None:
    standard = load_standard()
    # A clause of one or two characters is any number.
    names = {clause for clause in standard.by_clause if "(" in clause} | {
        n for n in standard.lists.ids if n.count("-") > 1
    }
    for line, value in literals(path):
        found = [name for name in names if name in value]
        assert not found, f"{path.name}:{line}"
        # without a kanji it is a list of letters, not a phrase
        phrases = [text for text in PHRASE.findall(value) if KANJI.search(text)]
        assert path.name == "cli.py" or not phrases, f"{path.name}:{line}"


def test_the_standard_package_knows_no_pandas() -> None:
    imports = {
        name.split(".")[0]
        for path in (SOURCES / "standard").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    assert not imports & {"pandas", "pandera", "numpy", "openpyxl", "xlsxwriter", "python_calamine"}


def _names(node: ast.AST) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
