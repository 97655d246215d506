"""Text of applicants cannot steer a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secsvc_batch.inert import inert


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("株式会社みなと", "株式会社みなと"),
        ("\x1b[31m赤\x1b[0m", "赤"),
        ("\x1b]0;title\x07A", "A"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[1;1HA", "A"),
        ("A\x9b31mB", "AB"),
        ("\x1bPq#0\x1b\\A", "A"),
        ("\x1bcA", "A"),
        ("open \x1b]0;no end", "open 0;no end"),
        ("A\x08\x08B\x7f\x00", "AB"),
        ("1行目\r\n2行目\tA\u2028B", "1行目 2行目 A B"),
        ("safe\u202egpj.exe", "safe\ufffdgpj.exe"),
        ("\u2067A\u2069\u200fB\u061c", "\ufffdA\ufffd\ufffdB\ufffd"),
        ("〔が〕｢ﾊﾝｶｸ｣ 𠮷", "〔が〕｢ﾊﾝｶｸ｣ 𠮷"),
    ],
)
def test_what_remains_of_a_text(typed: str, shown: str) -> None:
    assert inert(typed) == shown


@given(st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b\x07[]m;\x90\u202e"), max_size=40))
def test_no_control_character_is_left(text: str) -> None:
    shown = inert(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    turning = ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI", "PDF", "PDI")
    assert not [char for char in shown if unicodedata.bidirectional(char) in turning]
    assert inert(shown) == shown
