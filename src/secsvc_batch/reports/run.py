"""What every output says of its run: base date, edition, lists and their status, readings, version."""

from dataclasses import dataclass
from datetime import date

from secsvc_batch import __version__
from secsvc_batch.messages import word
from secsvc_batch.reports.common import joined
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Reading


@dataclass(frozen=True)
class RunInfo:
    """One run over a round."""

    standard: Standard
    base_date: date
    version: str = __version__

    @property
    def program(self) -> str:
        return f"secsvc-batch {self.version}"

    @property
    def settled(self) -> tuple[Reading, ...]:
        """The readings that are not at their default, which leaves a doubt to the examiner."""
        return tuple(reading for reading in self.standard.readings.values() if reading.value != "both")

    def notice(self, lang: str) -> str:
        """Return what must be said wherever verdicts of these lists are shown; '' for official lists."""
        lists = self.standard.lists
        if not lists.is_sample:
            return ""
        notice = lists.notice(lang) if lists.notice else ""
        return word("judgement.sample_lists", lang, notice=notice)

    def edition(self, lang: str) -> str:
        edition = self.standard.edition
        return word("judgement.run.edition_value", lang, title=edition.title(lang), edition=edition.edition)

    def lists(self, lang: str) -> str:
        lists = self.standard.lists
        status = word(f"judgement.lists.{lists.status}", lang)
        title, edition = lists.title(lang), lists.edition
        return word("judgement.run.lists_value", lang, title=title, edition=edition, status=status)

    def readings(self, lang: str) -> str:
        """Return in one line whether readings are settled."""
        if not self.settled:
            return word("judgement.run.readings_default", lang)
        names = joined("verdict.and", [f"{one.id}={one.value}" for one in self.settled], lang)
        return word("judgement.run.readings_settled", lang, n=len(self.settled), names=names)

    def facts(self, lang: str) -> list[tuple[str, str]]:
        """Return labels and values of everything about the run, in words."""
        rows = [
            ("base_date", self.base_date.isoformat()),
            ("edition", self.edition(lang)),
            ("lists", self.lists(lang)),
            ("lists_source", self.standard.lists.source(lang)),
            ("readings", self.readings(lang)),
        ]
        facts = [(word(f"judgement.run.{key}", lang), value) for key, value in rows]
        facts += [self._settled(reading, lang) for reading in self.settled]
        return [*facts, (word("judgement.run.program", lang), self.program)]

    @staticmethod
    def _settled(reading: Reading, lang: str) -> tuple[str, str]:
        choice = reading.strict if reading.value == "strict" else reading.lenient
        label = word("judgement.run.reading", lang, name=reading.id)
        texts = {"value": reading.value, "title": reading.title(lang), "text": choice(lang)}
        return label, word("judgement.run.reading_value", lang, **texts)
