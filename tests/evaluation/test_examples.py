"""The examples beside the rules are decided as their author wrote."""

import pytest

from secsvc_batch.evaluation.checks import CHECKS
from secsvc_batch.evaluation.examples import wrong_examples
from secsvc_batch.standard.loader import load_standard
from secsvc_batch.standard.model import Requirement

STANDARD = load_standard()


def test_every_example_is_decided_as_written() -> None:
    assert [wrong("en") for wrong in wrong_examples(STANDARD)] == []


@pytest.mark.parametrize("leaf", STANDARD.leaves, ids=lambda leaf: leaf.id)
def test_a_rule_shows_a_pass_a_fail_and_what_cannot_be_told(leaf: Requirement) -> None:
    verdicts = {example.verdict for example in leaf.examples}
    assert {"pass", "fail"} <= verdicts
    assert verdicts & {"review", "not_applicable"}


def test_every_check_of_the_rules_is_known_to_the_engine_and_every_known_one_is_used() -> None:
    used = {leaf.requires.check for leaf in STANDARD.leaves if leaf.requires is not None}
    assert used == set(CHECKS)
