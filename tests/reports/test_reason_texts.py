import numpy as np

from secsvc_batch.evaluation.reasons import GROUNDS, Reason, code
from secsvc_batch.messages import reasons
from secsvc_batch.reports.common import reason_codes, reason_sentences


def test_every_reason_has_a_text_in_both_languages_and_no_text_is_without_its_reason() -> None:
    assert list(reasons()) == [code(reason) for reason in Reason]


def test_all_reasons_together_fit_into_one_number() -> None:
    assert int(np.array(sum(Reason), dtype=np.int64)) == sum(Reason) == GROUNDS | (Reason.NOT_DONE - 1)


def test_reason_texts_carry_no_full_stop_because_they_stand_in_lists_too() -> None:
    for text in reasons().values():
        assert not text.ja.endswith("。")
        assert not text.en.endswith(".")


def test_several_reasons_become_sentences_in_the_order_of_their_definition() -> None:
    bits = int(Reason.EXPIRED | Reason.BOUNDARY_DAY)
    assert reason_codes(bits) == ("boundary_day", "expired")
    assert reason_sentences(bits, "ja").count("。") == 2
    assert reason_sentences(bits, "en").endswith("It expired before the base date.")


def test_no_reason_is_no_sentence() -> None:
    assert reason_sentences(0, "ja") == ""
