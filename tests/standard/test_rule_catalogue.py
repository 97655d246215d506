"""What `rules list`, `rules show` and `rules check` say."""

import pytest

from secsvc_batch.standard.catalogue import (
    UnknownClauseError,
    find_requirement,
    rules_check,
    rules_list,
    rules_show,
)
from secsvc_batch.standard.loader import Standard, load_standard


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


def test_the_list_holds_every_clause_with_title_and_kind(standard: Standard) -> None:
    lines = rules_list(standard, "ja").splitlines()
    for requirement in standard.requirements:
        [line] = [text for text in lines if text.split()[:1] == [requirement.clause]]
        assert requirement.title.ja in line
    assert "137" in lines[-1]
    assert "86" in lines[-1]


def test_the_list_is_indented_like_the_tree_and_its_columns_are_even(standard: Standard) -> None:
    lines = rules_list(standard, "en", "audit").splitlines()
    rows = [line for line in lines if line.strip().startswith("1(")]
    assert [len(line) - len(line.lstrip()) for line in rows[:4]] == [2, 4, 6, 6]
    assert "17 requirements (10 decided, 7 groups)" in lines[-1]
    with pytest.raises(KeyError):
        rules_list(standard, "en", "audits")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_requirement_can_be_shown_with_no_word_missing(standard: Standard, lang: str) -> None:
    for requirement in standard.requirements:
        text = rules_show(standard, requirement.clause, lang)
        assert requirement.explanation(lang) in text
        assert "{" not in text
        if requirement.question is not None:
            assert requirement.question(lang) in text


def test_a_requirement_shows_parameters_lists_readings_and_examples_in_words(standard: Standard) -> None:
    text = rules_show(standard, "4(1)ア(ウ)", "ja")
    for words in ("5件以上", "のべ120か月以上", "過去3年間", "継続", "マネージドセキュリティ", "監視・運用"):
        assert words in text
    assert "years_outside_window" in text
    assert "[要確認]" in text
    assert "開始日 2023-04-01" in text


def test_the_names_of_a_list_are_shown_with_their_expiry(standard: Standard) -> None:
    text = rules_show(standard, "audit.experts.credential", "en")
    assert "システム監査技術者  (never expires)" in text
    assert "公認システム監査人  (every 2 years)" in text


def test_values_of_examples_are_shown_in_the_language_asked_for(standard: Standard) -> None:
    assert "Technical lead" in rules_show(standard, "1(1)ア[資格]", "en").split("Examples")[1]


def test_variants_and_requirements_below_are_shown(standard: Standard) -> None:
    assert "イ、ウ" in rules_show(standard, "5(1)ア(イ)", "ja")
    assert "2-1(1)ア[人数]" in rules_show(standard, "2-1(1)ア", "ja")


@pytest.mark.parametrize(
    "name", ["2-1(1)ア(ウ)", "2-1（1）ｱ（ｳ）", "2-1 (1) ア (ウ)", "vulnerability.experts.track_record"]
)
def test_a_clause_is_found_whatever_its_width_or_by_its_id(standard: Standard, name: str) -> None:
    assert find_requirement(standard, name).clause == "2-1(1)ア(ウ)"


def test_a_circled_number_is_not_taken_for_a_plain_one(standard: Standard) -> None:
    assert find_requirement(standard, "5(1)ア(ア)②").id == "device.experts.verification.track_record"


def test_an_unknown_clause_is_told_with_the_one_that_was_meant(standard: Standard) -> None:
    with pytest.raises(UnknownClauseError) as caught:
        rules_show(standard, "2-1(1)ア(オ)", "ja")
    assert caught.value.name == "2-1(1)ア(オ)"
    assert "2-1(1)ア(" in caught.value.hint.ja


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_says_that_the_lists_are_samples(standard: Standard, lang: str) -> None:
    notice = standard.lists.notice
    assert notice is not None
    for page in (rules_list(standard, lang), rules_show(standard, "1", lang), rules_check(standard, lang)):
        assert notice(lang) in page


def test_the_check_counts_everything_and_names_settled_readings(standard: Standard) -> None:
    text = rules_check(standard.with_readings({"boundary_day": "strict"}), "en")
    examples = sum(len(leaf.examples) for leaf in standard.leaves)
    assert "137 requirements (86 decided, 51 groups)" in text
    assert f"28 lists (86 entries), 22 readings (1 settled), {examples} examples" in text
    assert "(boundary_day) = strict" in text
    assert standard.rules_hash in text
