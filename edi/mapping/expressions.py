"""The small language of `{=…}`, `fill:`, `check:` and `when:`: an allow-list of Python's expressions, compiled to Python source.

Rule 1: a dotted name is a field of the document, never an attribute of a Python object.
Rule 2: numbers are decimals; what is missing stays missing through arithmetic, and is false in conditions.
Rule 3: no powers, subscripts, comprehensions, lambdas, format strings; no function but those of `FUNCTIONS`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edi.documents.fields import Field
from edi.formats.yaml.problem import suggest
from edi.limits import EXPRESSION_CHARACTERS_MAX
from edi.mapping.paths import Target, resolve
from edi.mapping.problems import Refused

FUNCTIONS: Final[Mapping[str, str]] = {
    "len": "length", "sum": "total", "round": "rounded", "min": "least", "max": "most", "first": "first_value", "abs": "magnitude",
    "today": "today", "seq": "sequence", "distinct": "distinct", "exists": "exists", "text": "as_text",
}  # fmt: skip
"""As a mapping writes them -> the run-time function."""

_OPERATORS: Final[Mapping[type[ast.operator], str]] = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_WORDS: Final = {"true": "True", "false": "False", "null": "None", "none": "None"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression: Python over `o` (the object here), `root` (the document) and `x` (the run)."""

    text: str
    python: str
    fields: tuple[Field, ...]
    from_context: bool = False
    """It uses `ctx`, `today()` or `seq()`: nothing that reading could compare."""
    settings: tuple[tuple[Target, str], ...] | None = None
    """For a conjunction of `field == constant`: what reading sets, as Python literals; None for anything else."""


@dataclass(slots=True)
class _Compiler:
    here: Field
    root: Field
    text: str
    offset: int = 0
    fields: list[Field] = field(default_factory=list)
    from_context: bool = False


def compile_expression(text: str, here: Field, root: Field) -> Expression:
    """The expression over an object of the model. Raises Refused, pointing at the part."""
    if len(text) > EXPRESSION_CHARACTERS_MAX:
        raise Refused(f"an expression has at most {EXPRESSION_CHARACTERS_MAX} characters")
    stripped = text.lstrip()
    try:
        tree = ast.parse(stripped.rstrip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        offset = (error.offset or 1) - 1 if isinstance(error, SyntaxError) else 0
        hint = (
            "== compares"
            if re.search(r"[^=<>!]=(?!=)", stripped)
            else "fields, numbers, 'texts', + - * /, comparisons, and or not, a if b else c"
        )
        raise Refused(f"this expression cannot be read: {getattr(error, 'msg', error)}", offset, hint=hint) from error
    compiler = _Compiler(here, root, stripped.rstrip(), len(text) - len(stripped))
    python = _emit(tree, compiler)
    return Expression(
        text=text.strip(),
        python=python,
        fields=tuple(compiler.fields),
        from_context=compiler.from_context,
        settings=_settings(tree, compiler),
    )


def compile_condition(text: str, here: Field, root: Field) -> Expression:
    """As above, for what holds or does not. Raises Refused for a number, a text or a sum."""
    compiled = compile_expression(text, here, root)
    tree = ast.parse(compiled.text, mode="eval").body
    plain = isinstance(tree, ast.Name | ast.Attribute) and compiled.fields[-1].type != "bool"
    if plain or isinstance(tree, ast.Constant | ast.BinOp):
        raise Refused("this is neither true nor false", hint=f"{compiled.text} == …, or exists({compiled.text})")
    return compiled


def _emit(node: ast.expr, compiler: _Compiler) -> str:  # noqa: PLR0911 -- one line per kind of expression
    match node:
        case ast.Constant():
            return _constant(node, compiler)
        case ast.Name() | ast.Attribute():
            return _name(node, compiler)
        case ast.BinOp():
            return _arithmetic(node, compiler)
        case ast.UnaryOp(op=ast.Not()):
            return f"(not {_emit(node.operand, compiler)})"
        case ast.UnaryOp(op=ast.USub()):
            return f"negative({_emit(node.operand, compiler)})"
        case ast.BoolOp():
            word = " and " if isinstance(node.op, ast.And) else " or "
            return "(" + word.join(_emit(value, compiler) for value in node.values) + ")"
        case ast.IfExp():
            return f"({_emit(node.body, compiler)} if {_emit(node.test, compiler)} else {_emit(node.orelse, compiler)})"
        case ast.Compare():
            return _comparison(node, compiler)
        case ast.Call():
            return _call(node, compiler)
        case ast.Tuple() | ast.List():
            return "(" + "".join(_emit(element, compiler) + ", " for element in node.elts) + ")"
        case _:
            raise _refused(f"{type(node).__name__} is not part of the expression language", node, compiler)


def _refused(text: str, node: ast.expr, compiler: _Compiler, hint: str | None = None) -> Refused:
    return Refused(text, compiler.offset + node.col_offset, hint=hint)


def _constant(node: ast.Constant, compiler: _Compiler) -> str:
    match node.value:
        case bool() | None | str():
            return repr(node.value)
        case int():
            return f"Decimal({str(node.value)!r})"
        case float():
            return f"Decimal({ast.get_source_segment(compiler.text, node) or repr(node.value)!r})"
        case _:
            raise _refused(f"{node.value!r} is not a number, a text, true or false", node, compiler)


def _dotted(node: ast.expr, compiler: _Compiler) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value, compiler), node.attr]
    raise _refused("only paths of fields can be dotted", node, compiler)


def _name(node: ast.expr, compiler: _Compiler) -> str:
    names = _dotted(node, compiler)
    if len(names) == 1 and names[0] in _WORDS:
        return _WORDS[names[0]]
    if names[0] == "ctx" and len(names) == 2:
        compiler.from_context = True
        return f"x.context.get({names[1]!r})"
    target = _target(names, node, compiler)
    compiler.fields.append(target.field)
    lists = [index for index, step in enumerate(target.steps) if step.through]
    if not lists and target.field.is_list:
        return f"({target.get()} or ())"
    return _through_lists(target, lists) if lists else target.get()


def _target(names: list[str], node: ast.expr, compiler: _Compiler) -> Target:
    absolute = names[0] == "doc" and compiler.here.child("doc") is None
    path = "/" + ".".join(names[1:]) if absolute else ".".join(names)
    if absolute and len(names) == 1:
        raise _refused("doc is the document; name a field of it", node, compiler, "doc.number")
    try:
        return resolve(path, compiler.here, compiler.root)
    except Refused as refused:
        hint = refused.hint or suggest(names[0], compiler.here.children)
        raise _refused(refused.text, node, compiler, hint) from refused


def _through_lists(target: Target, lists: list[int]) -> str:
    """A list of the values at the end of a path that leads through lists."""
    loops, base, start = [], target.base(), 0
    for depth, index in enumerate(lists):
        inner = Target(steps=target.steps[start : index + 1], absolute=False, field=target.field)
        loops.append(f"for y{depth} in {inner.get(base)} or ()")
        base, start = f"y{depth}", index + 1
    last = Target(steps=target.steps[start:], absolute=False, field=target.field)
    return f"[{last.get(base)} {' '.join(loops)}]"


def _arithmetic(node: ast.BinOp, compiler: _Compiler) -> str:
    function = _OPERATORS.get(type(node.op))
    if function is None:
        raise _refused(f"{type(node.op).__name__} is not part of the expression language", node, compiler, "+ - * /")
    return f"{function}({_emit(node.left, compiler)}, {_emit(node.right, compiler)})"


def _comparison(node: ast.Compare, compiler: _Compiler) -> str:
    operands = [node.left, *node.comparators]
    tests = []
    for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
        word = _COMPARISONS.get(type(operator))
        if word is None:
            raise _refused(f"{type(operator).__name__} is not part of the expression language", node, compiler)
        if word in ("==", "!=", "in", "not in"):
            tests.append(f"({_emit(left, compiler)} {word} {_emit(right, compiler)})")
        else:
            tests.append(f"ordered({_emit(left, compiler)}, {word!r}, {_emit(right, compiler)})")
    return tests[0] if len(tests) == 1 else "(" + " and ".join(tests) + ")"


def _call(node: ast.Call, compiler: _Compiler) -> str:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        name = node.func.id if isinstance(node.func, ast.Name) else "this"
        raise _refused(f"unknown function {name!r}", node, compiler, "functions: " + ", ".join(sorted(FUNCTIONS)))
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        raise _refused("functions take plain values", node, compiler)
    arguments = [_emit(argument, compiler) for argument in node.args]
    if node.func.id in ("today", "seq"):
        compiler.from_context = True
        arguments.insert(0, "x")
    return f"{FUNCTIONS[node.func.id]}({', '.join(arguments)})"


def _settings(tree: ast.expr, compiler: _Compiler) -> tuple[tuple[Target, str], ...] | None:
    """What reading sets for `a == 1 and b == 'X'`."""
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    settings = []
    for part in parts:
        if not (isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], ast.Eq)):
            return None
        left, right = part.left, part.comparators[0]
        if not isinstance(left, ast.Name | ast.Attribute) or not _is_constant(right):
            return None
        settings.append((_target(_dotted(left, compiler), left, compiler), _emit(right, compiler)))
    return tuple(settings)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in _WORDS)
