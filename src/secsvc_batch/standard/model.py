"""The standard as objects: editions, services, requirements, checks and their parameters.

These models are the published schema of the rule files: ``rules/schema.json`` is generated from
them, and the loader validates every file against them. Nothing here knows pandas or Excel.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Verdict = Literal["fail", "review", "pass", "not_applicable"]
VERDICTS: tuple[Verdict, ...] = ("fail", "review", "pass", "not_applicable")
Combine = Literal["all", "any", "any_per_case", "everyone_any"]
Language = Literal["ja", "en"]
ReadingValue = Literal["strict", "lenient", "both"]


class Model(BaseModel):
    """Base of all rule models: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Model):
    """A text in both languages."""

    ja: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __call__(self, lang: str) -> str:
        return self.en if lang == "en" else self.ja


# --- who is counted -----------------------------------------------------------------------------


class People(Model):
    """People of a service: those with a role in one of ``roles`` and in post on the base date."""

    roles: list[str] = Field(min_length=1, description="role columns of the staff sheet")
    who: Literal["experts", "workers"] = Field(
        description="experts: only 技術責任者; workers: anyone with a role"
    )


# --- checks and their parameters ------------------------------------------------------------------


class RouteCredential(Model):
    check: Literal["route:credential"]
    list: str
    people: People


class RouteTeaching(Model):
    check: Literal["route:teaching"]
    list: str
    technology: str = Field(description="the service's own technology, of the vocabulary technology")
    people: People


class RouteTraining(Model):
    check: Literal["route:training"]
    list: str
    people: People


class CountedService(Model):
    """Cases of one service that a track record counts."""

    service: str
    types: list[str] | Literal["any"]
    reading: str | None = Field(
        default=None, description="reading that settles whether these cases count; none: they do"
    )


class RouteTrackRecord(Model):
    check: Literal["route:track_record"]
    people: People
    cases: list[CountedService] = Field(min_length=1)
    annual_form: Literal["comprehensive", "continuing"]
    contracts: int = Field(gt=0)
    months: int | None = Field(default=None, description="months of operation needed beside contracts")
    window_years: int = Field(gt=0)
    achieved: bool = Field(default=False, description="outcome must name one of a-d")
    client_managed: bool = Field(default=False, description="the client must manage the system")


Route = RouteCredential | RouteTeaching | RouteTraining | RouteTrackRecord


class Headcount(Model):
    check: Literal["headcount"]
    routes: list[str] = Field(min_length=1, description="clauses of the routes, one stated number each")
    certain: People
    possible: People


class HeadcountBoth(Model):
    check: Literal["headcount_both"]
    first_routes: list[str]
    second_routes: list[str]
    certain_first: People = Field(description="certain: these ...")
    certain_second: People = Field(description="... who are also these")
    possible: People


class Declared(Model):
    check: Literal["declared"]


class ExpertsList(Model):
    check: Literal["experts_list"]


class ClientInformation(Model):
    check: Literal["client_information"]
    window_years: int = Field(gt=0)


class QualityManager(Model):
    check: Literal["quality_manager"]


class Follows(Model):
    check: Literal["follows:stated", "follows:concrete", "follows:practice"]
    list: str
    review_list: str | None = Field(
        default=None, description="another list whose entries are decided by a person"
    )


class Education(Model):
    check: Literal["education:listed", "education:attended", "education:own"]
    list: str = Field(description="for own: the list whose courses do not count")
    purpose: str | None = Field(default=None, description="own: the purpose that rows must have")
    people: People
    window_years: int = Field(gt=0)


class CaseReview(Model):
    check: Literal["case_review:outsider", "case_review:participant_or_expert", "case_peer_review"]
    window_years: int = Field(gt=0)
    method: str | None = Field(default=None, description="review method that a case must name")
    routes: list[str] = Field(default=[], description="routes that make a reviewer an expert")
    experts: People | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.check == "case_review:participant_or_expert" and not (self.routes and self.experts):
            raise PydanticCustomError("needs_experts", "needs routes and experts")
        if self.check == "case_peer_review" and self.method is None:
            raise PydanticCustomError("needs_method", "needs a method")
        return self


class Reference(Model):
    check: Literal["ref"]
    clause: str
    service: str
    procedures_of: str = Field(description="clause whose filled-in procedures lead to review")


Check = Annotated[
    RouteCredential
    | RouteTeaching
    | RouteTraining
    | RouteTrackRecord
    | Headcount
    | HeadcountBoth
    | Declared
    | ExpertsList
    | ClientInformation
    | QualityManager
    | Follows
    | Education
    | CaseReview
    | Reference,
    Field(discriminator="check"),
]


# --- requirements -----------------------------------------------------------------------------


class Example(Model):
    """A small applicant beside a rule. Rows by field name; what is left out is blank.

    ``given`` holds sheets as in rules/workbook.yaml; ``services`` may be left out and is then one
    row of the rule's own service. Dates are ISO texts; a text cell is ``{text: ...}``.
    """

    name: Text
    given: dict[str, list[dict[str, Any]]]
    verdict: Verdict
    readings: dict[str, ReadingValue] = {}


class AppliesTo(Model):
    """Variants of the service that a requirement concerns."""

    variants: list[str] = Field(min_length=1)


class Requirement(Model):
    """One node of the standard's tree: a group with ``combine`` or a leaf with ``requires``."""

    clause: str = Field(min_length=1, description="official clause number, [..] where the text has none")
    id: str = Field(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", description="stable name for code and files")
    parent: str | None = None
    title: Text
    explanation: Text
    combine: Combine | None = None
    requires: Check | None = None
    applies_to: AppliesTo | None = None
    evidence: list[str] = Field(default=[], description="sheets whose rows show it")
    missing: Text | None = Field(
        default=None, description="what would meet it; {n} is the number still missing"
    )
    question: Text | None = Field(default=None, description="asked of the examiner when it is 要確認")
    machine: Text | None = Field(
        default=None, description="coverage: what the machine decides and what needs a person, why"
    )
    examples: list[Example] = []

    @model_validator(mode="after")
    def _group_or_leaf(self) -> Self:
        # What else a leaf must have is checked by the loader, which can name several faults at once.
        if (self.combine is None) == (self.requires is None):
            raise PydanticCustomError("group_or_leaf", "give either combine (a group) or requires (a leaf)")
        return self

    @property
    def is_leaf(self) -> bool:
        return self.requires is not None

    @property
    def lists(self) -> tuple[str, ...]:
        """Reference lists whose entries meet it (the list that education:own leaves out is none)."""
        match self.requires:
            case RouteCredential() | RouteTeaching() | RouteTraining():
                return (self.requires.list,)
            case Follows(list=name, review_list=other):
                return (name, other) if other else (name,)
            case Education(check=check, list=name) if check != "education:own":
                return (name,)
        return ()


class InForce(Model):
    # "from" is a keyword of Python
    since: date | None = Field(alias="from", description="null: not known")
    until: date | None = None


class ClauseFile(Model):
    """One file of rules/: everything that one clause of the standard asks of a service."""

    edition: str
    in_force: InForce
    service: str
    requirements: list[Requirement] = Field(min_length=1)


class Variant(Model):
    id: str
    ja: str
    en: str
    title: Text


class Service(Model):
    id: str
    clause: str
    name: Text
    role: str = Field(description="role column of the staff sheet")
    also_roles: list[str] = Field(default=[], description="further columns of people who work in it")
    variants: list[Variant] = []

    @property
    def roles(self) -> list[str]:
        return [self.role, *self.also_roles]


class Edition(Model):
    """rules/edition.yaml."""

    edition: str
    title: Text
    publisher: Text
    in_force: InForce
    note: Text | None = None
    services: list[Service]


class Reading(Model):
    """A question the standard leaves open. ``both`` gives 要確認 where strict and lenient differ."""

    id: str
    clauses: list[str] = Field(min_length=1, description="clauses whose verdict it can change")
    title: Text
    strict: Text
    lenient: Text
    note: Text | None = Field(default=None, description="what else is to be known about it")
    value: ReadingValue = "both"


class ReadingsFile(Model):
    """rules/readings.yaml."""

    edition: str
    readings: list[Reading]


# --- reference lists -----------------------------------------------------------------------------


class ListsFile(Model):
    """lists.yaml: what the reference lists beside it are."""

    status: Literal["sample", "official"]
    edition: str
    title: Text
    source: Text
    notice: Text | None = Field(default=None, description="shown wherever the lists are used")
    lists: dict[str, Text] = Field(description="one-line title of every list")

    @model_validator(mode="after")
    def _sample_says_so(self) -> Self:
        if self.status == "sample" and self.notice is None:
            raise PydanticCustomError("sample_needs_notice", "sample lists need a notice")
        return self
