"""YAML files read with their line numbers, and model errors told as problems with file and line.

Dates stay texts, as in YAML 1.2 and as an editor with the published schema sees them.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from secsvc_batch.standard.problems import Problem, closest, hint, problem

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
M = TypeVar("M", bound=BaseModel)
Path_ = Sequence[str | int]


class _Loader(_Base):  # type: ignore[misc]
    """Safe loader that leaves dates as texts and remembers keys that stand twice."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            self.duplicates += _twice(node)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def _twice(node: yaml.MappingNode) -> Iterator[tuple[str, int]]:
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            yield key.value, key.start_mark.line + 1
        seen.add(key.value)


@dataclass
class Document:
    """A YAML file: ``data`` as plain objects, None where it could not be read; ``raw`` its bytes."""

    file: str
    data: Any = None
    raw: bytes = b""
    problems: list[Problem] = field(default_factory=list)
    root: yaml.Node | None = None

    def line(self, path: Path_ = ()) -> int:
        """Return the 1-based line of the key or item at ``path``; parts that lead nowhere are skipped."""
        node, line = self.root, 1
        for part in path:
            node, line = _step(node, part, line)
        return line


def _step(node: yaml.Node | None, part: str | int, line: int) -> tuple[yaml.Node | None, int]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    return node, line


def shown(path: Path) -> str:
    """Return a path as messages name it: from the current folder where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def read_document(path: Path) -> Document:
    """Read a YAML file; faults of form (missing, not UTF-8, syntax, a key twice) become problems."""
    file = shown(path)
    document = Document(file)
    try:
        document.raw = path.read_bytes()
        text = document.raw.decode("utf-8-sig")
    except OSError:
        document.problems.append(problem(file, 0, "missing_file"))
        return document
    except UnicodeDecodeError as error:
        line = document.raw.count(b"\n", 0, error.start) + 1
        document.problems.append(problem(file, line, "not_utf8"))
        return document
    _parse(document, text)
    return document


def _parse(document: Document, text: str) -> None:
    try:
        document.root, document.data, duplicates = _parsed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        detail = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark else 0
        document.problems.append(problem(document.file, line, "yaml_syntax", detail=detail))
        return
    for key, line in duplicates:
        document.problems.append(problem(document.file, line, "duplicate_key", field=key))
    if document.data is None:
        document.problems.append(problem(document.file, 0, "empty_file"))


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[yaml.Node | None, Any, list[tuple[str, int]]]:
    """Return nodes, plain objects (never changed by anybody) and keys that stand twice.

    Parsing is most of the cost of loading, and one process may load the same rules many times.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else None
        return root, data, loader.duplicates
    finally:
        loader.dispose()


def validate(document: Document, model: type[M]) -> M | None:
    """Return the document as ``model``; None, and problems on the document, where it is none."""
    if document.data is None:
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        document.problems += model_problems(document, model, error)
        return None


def model_problems(document: Document, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Tell pydantic's errors as problems: one per place, a misspelt key not reported as missing too."""
    details = error.errors(include_url=False)
    told = [_tell(document, model, detail) for detail in details if not _misspelt(model, detail, details)]
    unique = {(item.line, item.code, item.message.en): item for item in told}
    return sorted(unique.values(), key=lambda item: item.line)


def _misspelt(model: type[BaseModel], missing: ErrorDetails, details: Iterable[ErrorDetails]) -> bool:
    """Whether a missing key stands beside an unknown one that is close to it."""
    if missing["type"] != "missing":
        return False
    *where, name = missing["loc"]
    beside = (
        d["loc"][-1] for d in details if d["type"] == "extra_forbidden" and list(d["loc"][:-1]) == where
    )
    return any(closest(other, [str(name)]) for other in beside)


def _tell(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    loc, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    file, line = document.file, document.line(loc)
    name = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        allowed = hint(name, fields_at(model, loc[:-1]))
        return problem(file, line, "unknown_key", field=name, hint=allowed)
    if kind == "missing":
        return problem(file, document.line(loc[:-1]), "missing_key", field=name)
    if kind == "union_tag_not_found":
        return problem(file, line, "missing_key", field="check")
    if kind == "union_tag_invalid":
        tag = context["tag"]
        return problem(
            file, line, "unknown_check", check=tag, hint=hint(tag, _quoted(context["expected_tags"]))
        )
    if kind == "literal_error":
        value = detail["input"]
        return problem(file, line, "wrong_value", value=value, hint=hint(value, _quoted(context["expected"])))
    if kind == "string_type":
        return problem(file, line, "not_text", field=_key(loc), value=detail["input"])
    if kind in _CUSTOM:
        return problem(file, line, kind)
    return problem(file, line, "invalid", field=_key(loc), detail=detail["msg"])


_CUSTOM = ("group_or_leaf", "needs_experts", "needs_method", "sample_needs_notice")


def _key(loc: Path_) -> str:
    """Return the last named part of a place."""
    return next((part for part in reversed(loc) if isinstance(part, str)), "")


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def fields_at(model: type[BaseModel], loc: Path_) -> list[str]:
    """Return the keys that ``model`` allows at the place ``loc`` (as pydantic names places)."""
    here: list[Any] = [model]
    for part in loc:
        here = [after for option in here for after in _into(option, part)]
    names = (field.alias or name for m in here if _is_model(m) for name, field in m.model_fields.items())
    return list(dict.fromkeys(names))


def _into(option: Any, part: str | int) -> Iterator[Any]:
    origin, args = get_origin(option), get_args(option)
    if origin is list and isinstance(part, int):
        yield from _options(args[0])
    elif origin is dict and isinstance(part, str):
        yield from _options(args[1])
    elif _is_model(option):
        for name, info in option.model_fields.items():
            if part in (name, info.alias):
                yield from _options(info.annotation)
            elif name == "check" and part in get_args(info.annotation):
                yield option  # the tag of a union of checks


def _options(annotation: Any) -> Iterator[Any]:
    """Yield the plain types that an annotation allows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    elif origin is not Literal:
        yield annotation


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)
