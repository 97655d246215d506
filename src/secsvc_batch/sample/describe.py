"""A page that says what each file of a sample round is."""

from collections.abc import Sequence
from datetime import date

from secsvc_batch.sample.applicant import joined
from secsvc_batch.sample.generator import SampleFile
from secsvc_batch.sample.words import LANG, sample_words
from secsvc_batch.standard.loader import Standard


def describe(files: Sequence[SampleFile], standard: Standard, seed: int, base_date: date) -> str:
    """Return the page in Markdown: one line per file with its state, services and what was changed."""
    page = sample_words()["page"]
    lead = page["lead"].format(applicants=len(files), seed=seed, base_date=base_date.isoformat())
    lines = [page["title"], "", lead, page["head"], "|---|---|---|---|"]
    for made in files:
        services = joined([standard.service(s).name(LANG) for s in made.services])
        changes = [f"{c} {standard.by_clause[c].title(LANG)}" for c in made.clauses]
        changes += [page["notes"][note] for note in made.notes]
        cells = (made.file, page["states"][made.state], services, "<br>".join(changes))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
