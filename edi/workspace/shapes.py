"""Each file by itself: its nodes become partners, channels and routes, or problems with line and column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import ErrorDetails

from edi.formats.edifact.guide import Guide
from edi.formats.yaml.problem import suggest
from edi.formats.yaml.reader import Node, Path
from edi.workspace.archive import Archive
from edi.workspace.files import ARCHIVE, NOTICES, SECRET_KEY, Files, ReadFile
from edi.workspace.model import ChannelCommon, ChannelFile, Partner, Routes
from edi.workspace.notices import Notices
from edi.workspace.xref import CrossReferences
from edi.workspace.xref_files import read_tables
from edi.workspace.xref_query import Query

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(slots=True)
class Shapes:
    """What the files say, as far as each could be understood."""

    partners: dict[str, Partner] = field(default_factory=dict)
    channels: dict[str, ChannelFile] = field(default_factory=dict)
    routes: Routes = field(default_factory=Routes)
    notices: Notices = field(default_factory=Notices)
    archive: Archive = field(default_factory=Archive)
    guides: dict[str, Guide] = field(default_factory=dict)
    """By name, those that agreements name and that are right."""
    xref: CrossReferences = field(default_factory=CrossReferences)
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    """("partner" or "channel", name) to the file."""


def shape_files(files: Files, kinds: Mapping[str, type[BaseModel]]) -> Shapes:
    """Everything that could be typed; the rest became problems."""
    shapes = Shapes()
    for file in files.under("partners"):
        partner = shape(files, file, Partner, file.node)
        if partner is not None and _named_as_file(files, file, "partner", partner.name):
            shapes.partners[partner.name] = partner
            shapes.paths["partner", partner.name] = file.path
    for file in files.under("channels"):
        channel = _channel(files, file, kinds)
        if channel is not None and _named_as_file(files, file, "channel", channel.name):
            shapes.channels[channel.name] = channel
            shapes.paths["channel", channel.name] = file.path
    routes = files.read.get("routes.yaml")
    if routes is not None:
        shapes.routes = shape(files, routes, Routes, routes.node) or shapes.routes
    archive = files.read.get(ARCHIVE)
    if archive is not None:
        shapes.archive = shape(files, archive, Archive, archive.node) or shapes.archive
    notices = files.read.get(NOTICES)
    if notices is not None:
        shapes.notices = shape(files, notices, Notices, notices.node) or shapes.notices
    shapes.xref = read_tables(files, shapes.partners, lambda file: shape(files, file, Query, file.node))
    return shapes


def _named_as_file(files: Files, file: ReadFile, key: str, name: str) -> bool:
    stem = file.path.rpartition("/")[2].removesuffix(".yaml")
    if stem != name:
        files.complain(file.path, (key,), f"the {key} is called {name!r}, its file {stem!r}", hint=f"rename the file to {name}.yaml")
    return stem == name


def shape(files: Files, file: ReadFile, model: type[Shape], node: Node) -> Shape | None:
    """The file as the model; None with problems."""
    if node.kind != "mapping":
        files.complain(file.path, node, f"the file holds a {node.kind}; keys and values are expected")
        return None
    if complain_about_empty(files, file.path, node):
        return None
    try:
        return model.model_validate(node.as_plain())
    except ValidationError as error:
        complain_about(files, file.path, node, error, model)
        return None


def complain_about_empty(files: Files, path: str, node: Node) -> bool:
    """True if a key had no value behind it; each one is a problem."""
    empty = [key for key, value in _entries(node) if value.empty]
    for key in empty:
        files.complain(path, key, f"the key {key.text!r} has no value", hint="give it one, or remove the key")
    return bool(empty)


def _entries(node: Node) -> Iterator[tuple[Node, Node]]:
    yield from node.entries
    for child in (*node.items, *(value for _, value in node.entries)):
        yield from _entries(child)


def _channel(files: Files, file: ReadFile, kinds: Mapping[str, type[BaseModel]]) -> ChannelFile | None:
    """Common keys and the kind's own, checked side by side so that both sets of problems are told."""
    if file.node.kind != "mapping":
        files.complain(file.path, file.node, f"the file holds a {file.node.kind}; keys and values are expected")
        return None
    if complain_about_empty(files, file.path, file.node):
        return None
    plain = {key.text: value.as_plain() for key, value in file.node.entries}
    common_keys = _keys(ChannelCommon)
    common = _try(files, file, ChannelCommon, {key: value for key, value in plain.items() if key in common_keys})
    kind = plain.get("kind")
    if kind is not None and (not isinstance(kind, str) or kind not in kinds):
        files.complain(
            file.path, ("kind",), f"unknown channel kind {kind!r}", hint=suggest(str(kind), kinds) or "install the package that brings it"
        )
        return None
    if kind is None:
        return None
    own = {key: value for key, value in plain.items() if key not in common_keys}
    settings = _try(files, file, kinds[kind], own, context={"direction": plain.get("direction"), "folder": files.folder})
    if common is None or settings is None:
        return None
    return ChannelFile.model_construct(**{name: getattr(common, name) for name in ChannelCommon.model_fields}, settings=settings)


def _try(files: Files, file: ReadFile, model: type[Shape], plain: object, context: dict[str, object] | None = None) -> Shape | None:
    try:
        return model.model_validate(plain, context=context)
    except ValidationError as error:
        complain_about(files, file.path, file.node, error, model, beside=_keys(ChannelCommon))
        return None


def complain_about(
    files: Files, path: str, root: Node, error: ValidationError, model: type[BaseModel], *, beside: Collection[str] = ()
) -> None:
    """Every error of Pydantic as a problem at the node it means. `beside`: keys that the file may hold beside the model's."""
    for details in error.errors(include_url=False):
        where = _real_path(root, details["loc"])
        node = root.at(where)
        if details["type"] == "extra_forbidden":
            name = str(details["loc"][-1])
            parent = root.at(where[:-1])
            inside = details["loc"][:-1]
            known = _known_keys(model, inside) | (set() if inside else {*beside})
            hint = suggest(name, known - set(parent.keys()))
            files.complain(path, parent.key(name) or node, f"unknown key {name!r}", hint=hint, code="config.unknown_key")
        elif details["type"] == "missing":
            files.complain(path, node, f"the key {str(details['loc'][-1])!r} is missing", code="config.missing_key")
        else:
            files.complain(path, node, _sentence(details), code="config.value")


def _real_path(root: Node, loc: tuple[int | str, ...]) -> Path:
    """The steps that exist in the file: Pydantic also names the branch of a union it tried."""
    node, steps = root, []
    for step in loc:
        further = node.at((step,))
        if further is not node:
            node = further
            steps.append(step)
    return tuple(steps)


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any], object], str]]] = {
    "value_error": lambda ctx, _: str(ctx["error"]),
    "literal_error": lambda ctx, value: f"{_quoted(value)} is none of {str(ctx['expected']).replace(' or ', ', ')}",
    "enum": lambda ctx, value: f"{_quoted(value)} is none of {str(ctx['expected']).replace(' or ', ', ')}",
    "string_type": lambda _, value: f"{_quoted(value)} stands where text is expected",
    "tuple_type": lambda _, value: f"a list is expected here, not {_quoted(value)}",
    "list_type": lambda _, value: f"a list is expected here, not {_quoted(value)}",
    "dict_type": lambda _, value: f"keys and values are expected here, not {_quoted(value)}",
    "model_type": lambda _, value: f"keys and values are expected here, not {_quoted(value)}",
    "model_attributes_type": lambda _, value: f"keys and values are expected here, not {_quoted(value)}",
    "int_parsing": lambda _, value: f"{_quoted(value)} is not a whole number",
    "bool_parsing": lambda _, value: f"{_quoted(value)} is neither true nor false",
    "string_pattern_mismatch": lambda ctx, value: f"{_quoted(value)} does not have the form {ctx['pattern']}",
    "greater_than_equal": lambda ctx, value: f"{_quoted(value)} is less than {ctx['ge']}",
    "less_than_equal": lambda ctx, value: f"{_quoted(value)} is more than {ctx['le']}",
    "string_too_long": lambda ctx, value: f"{_quoted(value)} has more than {ctx['max_length']} characters",
    "string_too_short": lambda ctx, value: f"{_quoted(value)} has fewer than {ctx['min_length']} characters",
    "too_short": lambda ctx, _: f"at least {ctx['min_length']} is expected here",
}
"""Pydantic's error types as sentences; others keep Pydantic's words."""


def _sentence(details: ErrorDetails) -> str:
    if any(SECRET_KEY.search(str(step)) for step in details["loc"]) and details["type"] != "value_error":
        return "this value is not what is expected here"
    words = _WORDS.get(details["type"])
    if words is None:
        return details["msg"][:1].lower() + details["msg"][1:]
    return words(details.get("ctx", {}), details["input"])


def _quoted(value: object) -> str:
    match value:
        case str():
            return repr(value) if len(value) <= 80 else repr(value[:77] + "...")
        case Mapping():
            return "keys and values"
        case _:
            return "a list"


def _keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The keys a model takes at a place inside it; empty where the model does not say."""
    try:
        schema: Any = model.model_json_schema()
    except PydanticInvalidForJsonSchema:  # a kind from elsewhere with a type of its own
        return _keys(model) if not loc else set()
    definitions = schema.get("$defs", {})
    for step in loc:
        schema = _inside(schema, step, definitions)
    return {key for option in _options(schema, definitions) for key in option.get("properties", {})}


def _inside(schema: Any, step: int | str, definitions: Mapping[str, Any]) -> Any:
    for option in _options(schema, definitions):
        if isinstance(step, int) and "items" in option:
            return option["items"]
        if step in option.get("properties", {}):
            return option["properties"][step]
    return schema


def _options(schema: Any, definitions: Mapping[str, Any]) -> list[Any]:
    """The schema with references followed, a union as its branches."""
    if "$ref" in schema:
        return _options(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    branches = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    return [option for branch in branches for option in _options(branch, definitions)] if branches else [schema]
