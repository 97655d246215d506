"""The documentation's catalogue of findings, made from the definitions that the program itself uses."""

from secsvc_batch.messages import SEVERITIES, FindingType, finding_types, word

_PARTS = ("message", "why", "remedy")


def findings_catalogue(lang: str) -> str:
    """Return the catalogue of findings in ``lang`` as Markdown: a table of contents and an entry each."""
    types = list(finding_types().values())
    severities = {severity: word(f"severity.{severity}", lang) for severity in SEVERITIES}
    lines = [
        f"# {_word('title', lang)}",
        "",
        word("catalogue.findings.lead", lang, **severities),
        "",
        f"| {_word('code', lang)} | {_word('severity', lang)} | {_word('message', lang)} |",
        "|---|---|---|",
    ]
    lines += [
        f"| [`{entry.code}`](#{entry.code}) | {severities[entry.severity]} | {_cell(entry.title(lang))} |"
        for entry in sorted(types, key=lambda entry: SEVERITIES.index(entry.severity))
    ]
    for entry in types:
        lines += ["", *_entry(entry, severities[entry.severity], lang)]
    return "\n".join(lines) + "\n"


def _entry(entry: FindingType, severity: str, lang: str) -> list[str]:
    lines = [f"## {entry.code}", "", f"**{_cell(entry.title(lang))}** ({severity})", ""]
    for part in _PARTS:
        # As it stands in the catalogue: {field}, {raw} and the like show what will be filled in.
        message = getattr(entry, part)
        text = message.en if lang == "en" else message.ja
        lines.append(f"- {_word(part, lang)}: {_cell(text)}")
    return lines


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _word(key: str, lang: str) -> str:
    return word(f"catalogue.findings.{key}", lang)
