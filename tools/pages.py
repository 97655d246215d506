"""The generated pages of docs/: each function returns one page as Markdown."""

from collections.abc import Iterable
from functools import cache
from itertools import product
from pathlib import Path

import click
import numpy as np
import yaml

from secsvc_batch.cli import cli
from secsvc_batch.evaluation.algebra import decide, highest, lowest
from secsvc_batch.messages import reasons, word
from secsvc_batch.messages.catalogue import findings_catalogue
from secsvc_batch.standard.catalogue import kind_words, rules_list
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.standard.model import VERDICTS, Requirement, Text

LANGUAGES = ("ja", "en")
# Checks whose rows can claim equivalence with an entry of a list.
CLAIMABLE = (
    "route:credential",
    "route:teaching",
    "route:training",
    "follows:",
    "education:listed",
    "education:att",
)
_GROUP_TABLES = ("pass", "review", "fail", "not_applicable")


@cache
def _words() -> dict[str, Text]:
    entries = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {key: Text(**entry) for key, entry in entries.items()}


def _say(key: str, lang: str, **params: object) -> str:
    return _words()[key](lang).format_map(params) if params else _words()[key](lang)


@cache
def _standard() -> Standard:
    return load_standard()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(header)
    lines = [names, ["---"] * len(names), *([_cell(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _page(name: str, lang: str, *parts: Iterable[str], **params: object) -> str:
    head = [
        _say("generated", lang),
        "",
        f"# {_say(f'{name}.title', lang)}",
        "",
        _say(f"{name}.lead", lang),
        "",
    ]
    return "\n".join([*head, *(line for part in parts for line in [*part, ""])]).rstrip() + "\n"


def _edition(lang: str) -> list[str]:
    """Edition and lists with their status, as the program says them above its own list of rules."""
    heading = rules_list(_standard(), lang).split("\n\n")[0]
    return [f"- {line}" for line in heading.splitlines()]


def _anchor(requirement: Requirement, lang: str, page: str = "") -> str:
    file = "" if not page else f"{page}.ja.md" if lang == "ja" else f"{page}.md"
    return f"[{requirement.clause}]({file}#{requirement.id})"


# --- requirements -----------------------------------------------------------------------------------


def requirements(lang: str) -> str:
    """Return the catalogue: the tree of every service, then each decided requirement."""
    standard = _standard()
    parts: list[list[str]] = [_edition(lang)]
    for service in standard.services:
        nodes = standard.of_service(service.id)
        rows = [
            [
                "　" * _depth(r) + (_anchor(r, lang) if r.is_leaf else r.clause),
                r.title(lang),
                kind_words(r, lang),
            ]
            for r in nodes
        ]
        header = (_say("clause", lang), _say("title", lang), word("rules.label.kind", lang))
        parts += [[f"## {service.clause} {service.name(lang)}", "", *_table(header, rows)]]
        parts += [_requirement(r, lang) for r in nodes if r.is_leaf]
    return _page("requirements", lang, *parts)


def _depth(requirement: Requirement) -> int:
    parent = requirement.parent
    return 0 if parent is None else 1 + _depth(_standard().by_clause[parent])


def _requirement(requirement: Requirement, lang: str) -> list[str]:
    standard = _standard()
    assert requirement.requires is not None
    facts = {
        "rules.label.evidence": [standard.layout.by_id[name].name(lang) for name in requirement.evidence],
        "rules.label.missing": [_unfilled(requirement.missing(lang))] if requirement.missing else [],
        "rules.label.question": [requirement.question(lang)] if requirement.question else [],
        "rules.label.machine": [requirement.machine(lang)] if requirement.machine else [],
        "rules.label.readings": [f"`{reading.id}`" for reading in standard.readings_of(requirement.clause)],
    }
    lines = [
        f'### <a id="{requirement.id}"></a>{requirement.clause} {requirement.title(lang)}',
        "",
        requirement.explanation(lang),
        "",
        f"- {_say('check', lang)}: {_check(requirement)}",
    ]
    lines += [f"- {word(key, lang)}: {' · '.join(values)}" for key, values in facts.items() if values]
    lines += [f"- {_say('examples.pass_review_fail', lang)}:"]
    for example in requirement.examples:
        lines.append(f"  - {word(f'verdict.{example.verdict}', lang)}: {example.name(lang)}")
    return lines


def _unfilled(text: str) -> str:
    return text.replace("{n}", "n").replace("{m}", "m")


def _check(requirement: Requirement) -> str:
    assert requirement.requires is not None
    given = requirement.requires.model_dump(exclude_defaults=True)
    name = given.pop("check", requirement.requires.check)
    return " · ".join([f"`{name}`", *(f"`{key}: {_yaml(value)}`" for key, value in given.items())])


def _yaml(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000, sort_keys=False)
    return text.removesuffix("...\n").strip()


# --- coverage, readings, reasons -----------------------------------------------------------------------


def coverage(lang: str) -> str:
    """Return who decides what: the machine, the person, and why."""
    standard = _standard()
    leaves = standard.leaves
    claims = {r.clause for r in leaves if r.requires and r.requires.check.startswith(CLAIMABLE)}
    unsettled = {r.clause for r in leaves if standard.readings_of(r.clause)}
    rest = sum(r.clause not in claims | unsettled for r in leaves)
    counts = {"leaves": len(leaves), "claims": len(claims), "open": len(unsettled), "rest": rest}
    parts = [_edition(lang), [_say("coverage.counts", lang, **counts)]]
    columns = (
        "clause",
        "title",
        "coverage.division",
        "coverage.question",
        "coverage.claim",
        "coverage.readings",
    )
    for service in standard.services:
        rows = [
            [
                _anchor(r, lang, "requirements"),
                r.title(lang),
                r.machine(lang) if r.machine else "",
                r.question(lang) if r.question else "",
                "●" if r.clause in claims else "",
                " ".join(f"`{reading.id}`" for reading in standard.readings_of(r.clause)),
            ]
            for r in standard.of_service(service.id)
            if r.is_leaf
        ]
        head = f"## {service.clause} {service.name(lang)}"
        parts.append([head, "", *_table([_say(column, lang) for column in columns], rows)])
    return _page("coverage", lang, *parts)


def readings(lang: str) -> str:
    """Return every open question with its answers."""
    standard = _standard()
    rows = [
        [f"[`{r.id}`](#{r.id})", r.title(lang), word(f"reading.{r.value}", lang)]
        for r in standard.readings.values()
    ]
    header = [_say(f"readings.{name}", lang) for name in ("id", "question", "value")]
    parts = [_table(header, rows)]
    for reading in standard.readings.values():
        links = [_anchor(standard.by_clause[clause], lang, "requirements") for clause in reading.clauses]
        lines = [f'## <a id="{reading.id}"></a>{reading.title(lang)}', ""]
        for key in ("strict", "lenient", "note"):
            text: Text | None = getattr(reading, key)
            if text is not None:
                lines.append(f"- {word(f'reading.{key}', lang)}: {text(lang)}")
        parts.append([*lines, f"- {_say('readings.clauses', lang)}: {', '.join(links)}"])
    return _page("readings", lang, *parts)


def reason_codes(lang: str) -> str:
    """Return the codes of reasons with their texts."""
    rows = [[f"`{code}`", text(lang)] for code, text in reasons().items()]
    return _page("reasons", lang, _table([_say("reasons.code", lang), _say("reasons.text", lang)], rows))


def findings(lang: str) -> str:
    """Return the catalogue of findings, which the program makes itself."""
    return f"{_say('generated', lang)}\n\n{findings_catalogue(lang)}"


# --- command line -----------------------------------------------------------------------------------


def command_line() -> str:
    """Return the help of every command."""
    lines = [
        _say("generated", "en"),
        "",
        "# Command line",
        "",
        "Exit codes and what is written: [outputs](outputs.md).",
        "",
    ]
    for context in _contexts(click.Context(cli, info_name="secsvc-batch", **cli.context_settings)):
        lines += [f"## `{context.command_path}`", "", "```", context.get_help(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _contexts(context: click.Context) -> Iterable[click.Context]:
    """Yield the contexts of a command and of all below it."""
    context.terminal_width = context.max_content_width = 100
    yield context
    if isinstance(context.command, click.Group):
        for name, command in context.command.commands.items():
            yield from _contexts(click.Context(command, context, info_name=name, **command.context_settings))


# --- truth tables -------------------------------------------------------------------------------------


def table_of_pairs() -> str:
    """Return the verdict for every pair of bounds up to 3 and the threshold 2."""
    pairs = [(certain, possible) for possible in range(4) for certain in range(possible + 1)]
    certain, possible = (np.array(side, dtype=np.int32) for side in zip(*pairs, strict=True))
    verdicts = decide(certain, possible, np.full(len(pairs), 2, dtype=np.int32))
    rows = [[str(c), str(p), VERDICTS[v]] for (c, p), v in zip(pairs, verdicts.tolist(), strict=True)]
    return "\n".join(_table(("certain", "possible", "verdict (threshold 2)"), rows))


def table_of_all() -> str:
    """Return the truth table of ``all`` over two children."""
    return _two_children("all", lowest)


def table_of_any() -> str:
    """Return the truth table of ``any`` over two children."""
    return _two_children("any", highest)


def _two_children(name: str, combine: object) -> str:
    assert callable(combine)
    rows = []
    for first in _GROUP_TABLES:
        children = [(VERDICTS.index(first), VERDICTS.index(second)) for second in _GROUP_TABLES]
        columns = [np.array(side, dtype=np.int8) for side in zip(*children, strict=True)]
        rows.append([f"**{first}**", *(VERDICTS[v] for v in combine(columns).tolist())])
    return "\n".join(_table((f"`{name}`", *_GROUP_TABLES), rows))


PAGES = {
    **{
        f"{name}{'.ja' if lang == 'ja' else ''}.md": (page, lang)
        for (name, page), lang in product(
            {
                "requirements": requirements,
                "coverage": coverage,
                "readings": readings,
                "reasons": reason_codes,
                "findings": findings,
            }.items(),
            LANGUAGES,
        )
    },
}
BLOCKS = {"pairs": table_of_pairs, "all": table_of_all, "any": table_of_any}
