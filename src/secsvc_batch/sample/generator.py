"""A whole round of sample submissions, the same bytes for the same seed."""

import io
import random
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from secsvc_batch.sample.applicant import Applicant, Facts
from secsvc_batch.sample.build import build, concerned, state_numbers
from secsvc_batch.sample.flaws import FLAWS
from secsvc_batch.sample.fulfil import STATE, Action, action_for
from secsvc_batch.sample.mutate import BREAK, DOUBT
from secsvc_batch.sample.refused import REFUSED
from secsvc_batch.sample.words import say
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Requirement
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.template import Template

State = Literal["in_order", "failing", "doubtful", "flawed", "refused"]

BASE_DATE = date(2026, 10, 1)

# Of every ten readable applicants: three in order, four with unmet requirements, two doubtful, one
# full of slips.
PATTERN: tuple[State, ...] = (
    "failing", "in_order", "doubtful", "failing", "flawed",
    "in_order", "failing", "doubtful", "in_order", "failing",
)  # fmt: skip
REFUSED_SHARE = 0.04
SERVICES_SHARE = (0.45, 0.35, 0.15, 0.05)
FLAWS_EACH = 3
MORE_MUTATIONS = 2
# Changing cases or the services applied for would undo other changes.
_WIDE = {"route", "case_review", "case_peer_review", "ref"}


@dataclass(frozen=True)
class Plan:
    """What one file of the round is to be. ``turn`` counts the files of the same state."""

    number: int
    state: State
    turn: int


@dataclass(frozen=True)
class SampleFile:
    """One file of a round, and what was done to it.

    ``clauses`` are the requirements that were broken (failing) or made doubtful; ``notes`` names the
    flaws or the reason for refusal.
    """

    file: str
    state: State
    services: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan_round(applicants: int, seed: int) -> list[Plan]:
    """Return the state of every file of a round.

    About 4 % are to be refused, but in a small round up to seven (one of each kind) or a sixth.
    """
    refused = max(round(applicants * REFUSED_SHARE), min(len(REFUSED), applicants // 6))
    states: list[State] = ["refused"] * refused
    states += [PATTERN[i % len(PATTERN)] for i in range(applicants - refused)]
    random.Random(seed).shuffle(states)
    turns: dict[State, int] = {}
    plans = []
    for number, state in enumerate(states, 1):
        turn = turns[state] = turns.get(state, -1) + 1
        plans.append(Plan(number, state, turn))
    return plans


def make_round(
    out: Path,
    applicants: int,
    seed: int,
    standard: Standard,
    layout: Layout,
    base_date: date = BASE_DATE,
    workers: int = 1,
) -> list[SampleFile]:
    """Write ``applicants`` sample submissions into ``out`` (made if missing) and say what they are.

    The same arguments give the same bytes, whatever the number of ``workers`` (processes). Files of
    the same names are replaced; others are left alone.
    """
    out.mkdir(parents=True, exist_ok=True)
    plans = plan_round(applicants, seed)
    if workers <= 1:
        facts = Facts(standard, layout, base_date)
        templates = _Templates(standard, layout, base_date)
        return [_write(out, seed, facts, templates, plan) for plan in plans]
    chunks = [plans[i::workers] for i in range(workers)]
    work = partial(_write_chunk, out, seed, standard, layout, base_date)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = [made for chunk in pool.map(work, chunks) for made in chunk]
    return sorted(done, key=lambda made: Path(made.file).stem)


def _write_chunk(
    out: Path, seed: int, standard: Standard, layout: Layout, base_date: date, plans: list[Plan]
) -> list[SampleFile]:
    facts = Facts(standard, layout, base_date)
    templates = _Templates(standard, layout, base_date)
    return [_write(out, seed, facts, templates, plan) for plan in plans]


class _Templates:
    """The template for the services that an applicant applies for, as an office hands it out."""

    def __init__(self, standard: Standard, layout: Layout, base_date: date) -> None:
        self._make = partial(Template, standard, layout, base_date=base_date)
        self._order = [service.id for service in standard.services]
        self._made: dict[tuple[str, ...], Template] = {}

    def of(self, services: Iterable[str]) -> Template:
        """Return the template of these services (none: of all), made once."""
        wanted = tuple(service for service in self._order if service in set(services))
        if wanted not in self._made:
            self._made[wanted] = self._make(services=wanted or None)
        return self._made[wanted]


def _write(out: Path, seed: int, facts: Facts, templates: _Templates, plan: Plan) -> SampleFile:
    applicant, made = make_applicant(facts, seed, plan)
    template = templates.of(made.services)
    if plan.state != "refused":
        template.write(out / made.file, applicant.sheets)
        return made
    kind = list(REFUSED)[plan.turn % len(REFUSED)]
    suffix, maker = REFUSED[kind]
    sound = io.BytesIO()
    template.write(sound, applicant.sheets)
    name = say("file", n=plan.number) + suffix
    (out / name).write_bytes(maker(plan.number, sound.getvalue()))
    return SampleFile(name, "refused", notes=(kind,))


def make_applicant(facts: Facts, seed: int, plan: Plan) -> tuple[Applicant, SampleFile]:
    """Return one applicant of a round, and what it is.

    Its ``sheets`` are what :meth:`Template.write` takes.
    """
    rng = random.Random(f"{seed}/{plan.number}")
    table = {"failing": BREAK, "doubtful": DOUBT}.get(plan.state, {})
    target = _target(facts, plan.turn) if table else None
    services = _services(facts, rng, facts.service_of(target) if target else None)
    variants = {}
    if target is not None and facts.variants_for(target):
        variants[facts.service_of(target)] = [rng.choice(list(facts.variants_for(target)))]
    applicant = build(plan.number, rng, facts, services, variants)
    mutated = _mutations(applicant, target) if target else []
    for leaf in mutated:
        if action_for(STATE, leaf) is None:
            _mutate(applicant, table, leaf)
    state_numbers(applicant)
    for leaf in mutated:
        if action_for(STATE, leaf) is not None:
            _mutate(applicant, table, leaf)
    made = SampleFile(
        file=say("file", n=plan.number) + ".xlsx",
        state=plan.state,
        services=tuple(applicant.services),
        clauses=tuple(leaf.clause for leaf in mutated),
    )
    return applicant, replace(made, notes=_flaws(applicant, plan))


def _target(facts: Facts, turn: int) -> Requirement:
    """Return the leaf whose turn it is: every leaf once, in strides that mix the services."""
    leaves = facts.standard.leaves
    return leaves[turn * _stride(len(leaves)) % len(leaves)]


def _stride(count: int) -> int:
    """Return a step that visits all of ``count`` places and is about two fifths of them."""
    step = max(count * 2 // 5, 1)
    while any(step % d == 0 and count % d == 0 for d in range(2, step + 1)):
        step += 1
    return step


def _services(facts: Facts, rng: random.Random, first: str | None) -> list[str]:
    """Draw services, ``first`` among them, and add the service that one of them refers to."""
    known = list(facts.services)
    count = rng.choices((1, 2, 3, len(known)), weights=SERVICES_SHARE)[0]
    drawn = rng.sample(known, k=count)
    if first is not None and first not in drawn:
        drawn[0] = first
    drawn += [facts.referred[s] for s in drawn if s in facts.referred]
    return [s for s in known if s in drawn]


def _mutations(a: Applicant, target: Requirement) -> list[Requirement]:
    """Return the leaves to change: the one whose turn it is and up to two more."""
    if _kind(target) in _WIDE:
        return [target]
    others = [leaf for leaf in concerned(a) if leaf != target and _kind(leaf) not in _WIDE]
    return [target, *a.rng.sample(others, k=min(len(others), a.rng.randint(0, MORE_MUTATIONS)))]


def _kind(leaf: Requirement) -> str:
    return leaf.requires.check.split(":")[0] if leaf.requires else ""


def _mutate(a: Applicant, table: dict[str, Action], leaf: Requirement) -> None:
    act = action_for(table, leaf)
    assert act is not None, leaf.clause
    act(a, leaf)


def _flaws(a: Applicant, plan: Plan) -> tuple[str, ...]:
    if plan.state != "flawed":
        return ()
    chosen = [FLAWS[(plan.turn * FLAWS_EACH + i) % len(FLAWS)] for i in range(FLAWS_EACH)]
    for flaw in chosen:
        flaw(a)
    return tuple(flaw.__name__ for flaw in chosen)
