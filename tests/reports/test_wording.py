import numpy as np
import pytest

from secsvc_batch.reports.common import distinct, per_distinct
from secsvc_batch.reports.wording import Wording, wording
from secsvc_batch.standard.loader import Standard
from tests.reports.chunks import ReportedChunk, case, chunk_of


def words_of(name: str, standard: Standard, clause: str, lang: str = "ja") -> dict[str, str]:
    chunk = chunk_of([case(name)], standard)
    words, row = wording(chunk.results, standard, lang), chunk.node(clause)
    return {field: getattr(words, field)[row] for field in Wording.__dataclass_fields__}


def test_what_is_missing_below_alternatives_is_named_nearest_first(standard: Standard) -> None:
    words = words_of("track record: four single contracts", standard, "2-1(1)ア[要員]")
    first, second, *_ = words["missing"].split("、または")
    assert first == "技術責任者1名の診断の実績 あと1件"
    assert second == "例示1-2-1の資格（または同等）をもつ技術責任者 1名"


def test_a_track_record_is_told_by_the_person_who_is_nearest(standard: Standard) -> None:
    words = words_of("track record: four single contracts", standard, "2-1(1)ア(ウ)")
    assert words["needed"] == "技術責任者 1名の契約 5件以上"
    assert words["found"] == "最多の者 4件"


def test_a_doubtful_track_record_shows_what_is_certain_and_what_is_possible(standard: Standard) -> None:
    words = words_of("track record: the fifth begins on D3", standard, "2-1(1)ア(ウ)")
    assert words["found"] == "最多の者 確実 4件・可能性 5件"
    assert words["readings"] == "boundary_day=both"


def test_months_that_are_missing_alone_are_named_alone(standard: Standard) -> None:
    words = words_of("monitoring: enough contracts, too few years", standard, "4(1)ア(ウ)")
    assert "運用の実績 あと" in words["missing"]
    assert "あと0" not in words["missing"]


def test_contracts_that_are_missing_alone_are_named_alone(standard: Standard) -> None:
    words = words_of("monitoring: the same contracts called comprehensive", standard, "4(1)ア(ウ)")
    assert "契約の実績 あと" in words["missing"]
    assert "あと0" not in words["missing"]


def test_where_only_some_meet_a_requirement_everybody_is_asked_to(standard: Standard) -> None:
    name = "device variant イ: one of two for the 脆弱性診断 part is qualified"
    words = words_of(name, standard, "5(1)ア(イ)[要員]")
    assert words["missing"].startswith("従事する者の全員が")
    assert words["found"] == "一部の者のみ、または不確か"


def test_what_everything_lacks_is_cut_short_and_counted(standard: Standard) -> None:
    words = words_of("clauses that no data stand for", standard, "2-1")
    assert words["missing"].startswith("（例示1-2-1の資格")
    assert words["missing"].endswith("ほか3項目")


def test_a_group_says_how_many_of_its_requirements_have_which_verdict(standard: Standard) -> None:
    words = words_of("clauses that no data stand for", standard, "2-1(2)")
    assert words["needed"] == "3項目すべて"
    assert words["found"] == "要確認 1・不適合 2"


def test_nothing_is_missing_where_it_passes_does_not_apply_or_is_met_otherwise(
    everything: ReportedChunk,
) -> None:
    table = everything.verdicts()
    settled = table["verdict"].isin(["pass", "not_applicable"]) | table["met_otherwise"]
    assert set(table.loc[settled, "missing"]) == {""}


def test_whatever_fails_or_is_open_says_what_would_meet_it(everything: ReportedChunk) -> None:
    table = everything.verdicts()
    lacking = table["verdict"].isin(["fail", "review"]) & ~table["met_otherwise"]
    assert lacking.sum() > 500
    assert (table.loc[lacking, "missing"] != "").all()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_no_text_is_left_with_a_gap(everything: ReportedChunk, lang: str) -> None:
    words = wording(everything.results, everything.standard, lang)
    for field in Wording.__dataclass_fields__:
        texts = set(getattr(words, field).tolist())
        assert not [text for text in texts if "{" in text or "}" in text]
        if field in ("needed", "found"):
            assert "" not in texts


def test_english_texts_hold_no_japanese_sentence(everything: ReportedChunk) -> None:
    words = wording(everything.results, everything.standard, "en")
    for texts in (words.needed, words.found, words.reason_text):
        assert not [text for text in set(texts.tolist()) if any("ぁ" <= letter <= "ん" for letter in text)]


def test_a_settled_reading_is_named_where_its_clause_is_decided(standard: Standard) -> None:
    settled = standard.with_readings({"boundary_day": "strict"})
    words = words_of("vulnerability: everything in order", settled, "2-1(1)ア(ウ)")
    assert words["readings"] == "boundary_day=strict"


def test_equal_rows_are_made_once() -> None:
    asked: list[tuple[int, str]] = []

    def make(number: int, text: str) -> str:
        asked.append((number, text))
        return f"{number}{text}"

    numbers, texts = np.array([1, 2, 1, 1]), np.array(["a", "a", "a", "b"], dtype=object)
    assert per_distinct(make, numbers, texts).tolist() == ["1a", "2a", "1a", "1b"]
    assert asked == [(1, "a"), (2, "a"), (1, "b")]


def test_no_rows_have_no_distinct_values() -> None:
    codes, first = distinct(np.empty(0, np.int64), np.empty(0, object))
    assert (len(codes), len(first)) == (0, 0)
