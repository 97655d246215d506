"""Lines as wide as the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secsvc_batch.check.width import width, wrapped

TEXTS = st.text(st.sampled_from("日付を、。（）「」 abc-12ー○\u3099"), max_size=60)


@pytest.mark.parametrize(("text", "columns"), [("要員", 4), ("C12", 3), ("か\u3099", 2), ("ｶﾅ", 2), ("○", 2)])
def test_how_wide_a_text_is_in_a_japanese_terminal(text: str, columns: int) -> None:
    assert width(text, wide=True) == columns


def test_symbols_are_narrow_elsewhere() -> None:
    assert width("○", wide=False) == 1


@given(TEXTS, st.integers(8, 30), st.integers(0, 6))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, columns: int, first: int) -> None:
    lines = wrapped(text, columns, wide=True, first=first)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert width(lines[0], wide=True) <= columns - first
    assert all(width(line, wide=True) <= columns for line in lines)


def test_a_line_neither_begins_with_a_full_stop_nor_ends_with_a_bracket() -> None:
    assert wrapped("あいう。「えお」", 6, wide=True) == ["あい", "う。", "「え", "お」"]


def test_words_stay_together() -> None:
    assert wrapped("How to mend it", 8, wide=False) == ["How to", "mend it"]
