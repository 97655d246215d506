"""Sample applicants, read back from their files, get the verdicts that they were made for."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from secsvc_batch.evaluation.engine import evaluate
from secsvc_batch.sample import BASE_DATE, SampleFile, make_round
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.standard.model import VERDICTS
from secsvc_batch.tables.raw import concat
from secsvc_batch.tables.typed import typed_tables
from secsvc_batch.workbook.layout import load_layout
from secsvc_batch.workbook.reader import read_submission

Verdicts = Mapping[tuple[str, str], str]


def _round(folder: Path, size: int, seed: int, standard: Standard) -> tuple[list[SampleFile], Verdicts]:
    """Make, read and evaluate a round; verdicts by file and clause."""
    layout = load_layout()
    made = make_round(folder, size, seed, standard, layout)
    read = [read_submission(folder / m.file, m.file, layout, standard.edition.edition) for m in made]
    assert {s.file for s in read if s.refused} == {m.file for m in made if m.state == "refused"}
    sound = [submission for submission in read if not submission.refused]
    tables = typed_tables(concat(sound, layout).sheets, layout)
    frame = evaluate(tables, len(sound), standard, BASE_DATE).verdicts
    clauses = [requirement.clause for requirement in standard.requirements]
    rows = zip(frame["applicant"], frame["requirement"], frame["verdict"], strict=True)
    return made, {(sound[a].file, clauses[r]): VERDICTS[v] for a, r, v in rows}


def _check(made: list[SampleFile], verdicts: Verdicts, standard: Standard) -> None:
    roots = {service.id: service.clause for service in standard.edition.services}
    for sample in made:
        if sample.state == "in_order":
            overall = {verdicts[sample.file, roots[service]] for service in sample.services}
            assert overall == {"pass"}, sample
        wanted = {"failing": "fail", "doubtful": "review"}.get(sample.state)
        for clause in sample.clauses:
            assert verdicts[sample.file, clause] == wanted, (sample, clause)


def test_applicants_get_the_verdicts_that_they_were_made_for(tmp_path: Path) -> None:
    standard = load_standard()
    made, verdicts = _round(tmp_path, 36, 11, standard)
    _check(made, verdicts, standard)


@pytest.mark.slow
def test_in_a_larger_round_every_requirement_fails_somewhere_and_is_doubtful_somewhere(
    tmp_path: Path,
) -> None:
    standard = load_standard()
    made, verdicts = _round(tmp_path, 450, 1, standard)
    _check(made, verdicts, standard)
    for verdict in ("fail", "review"):
        seen = {clause for (_, clause), got in verdicts.items() if got == verdict}
        assert {leaf.clause for leaf in standard.leaves} <= seen
