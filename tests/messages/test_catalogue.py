"""The documentation's catalogue of findings."""

import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.messages.catalogue import findings_catalogue


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_finding_has_an_entry_with_all_its_parts(lang: str) -> None:
    text = findings_catalogue(lang)

    for code, entry in finding_types().items():
        assert text.count(f"\n## {code}\n") == 1
        assert f"[`{code}`](#{code})" in text
        for part in (entry.title, entry.message, entry.why, entry.remedy):
            assert " ".join((part.en if lang == "en" else part.ja).split()) in text


def test_the_catalogue_begins_with_the_worst() -> None:
    table = [line for line in findings_catalogue("en").splitlines() if line.startswith("| [")]

    assert len(table) == len(finding_types())
    severities = [line.split("|")[2].strip() for line in table]
    assert severities == sorted(severities, key=["Error", "Warning", "Note"].index)


def test_placeholders_stay_visible() -> None:
    assert "{field}「{raw}」を日付として読み取れません。" in findings_catalogue("ja")
