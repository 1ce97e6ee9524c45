"""Every mapping that comes with the package keeps the laws."""

from __future__ import annotations

from functools import cache

import pytest

from edi import mapping, shipped
from edi.mapping import laws
from edi.mapping.cases import run_cases
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.source import shipped_files

NAMES = [name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml")]
TESTED = [name.removesuffix(".test.yaml") for name in shipped.names("mappings") if name.endswith(".test.yaml")]
DRAWN = 25


@cache
def spoke(name: str) -> mapping.Spoke:
    return mapping.load(name)


def releases(name: str) -> tuple[str | None, ...]:
    syntax = spoke(name).syntax
    return syntax.versions if isinstance(syntax, EdifactSyntax) else (None,)


@pytest.mark.parametrize("name", NAMES)
def test_a_drawn_document_comes_back_as_it_was(name: str) -> None:
    for release in releases(name):
        assert laws.put_get(spoke(name), DRAWN, release=release).failures == []


@pytest.mark.proof
@pytest.mark.parametrize("name", NAMES)
def test_three_hundred_drawn_documents_come_back_as_they_were(name: str) -> None:
    for release in releases(name):
        assert laws.put_get(spoke(name), laws.DRAWN, release=release).failures == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_written_is_left_over_when_read(name: str) -> None:
    assert laws.nothing_dangles(spoke(name), 10).failures == []


@pytest.mark.parametrize("name", NAMES)
def test_plain_and_traced_reading_say_the_same(name: str) -> None:
    one = spoke(name)
    document = laws.draw(one, 3)
    written = one.write(document).value
    assert written is not None
    message = laws._message(one, written.output, written.release)

    plain, traced = one.read(message).value, one.read(message, trace=True).value

    assert plain is not None
    assert traced is not None
    assert plain.document == traced.document


@pytest.mark.parametrize("name", NAMES)
def test_every_value_that_is_read_has_a_trace(name: str) -> None:
    one = spoke(name)
    written = one.write(laws.draw(one, 5)).value
    assert written is not None
    reading = one.read(laws._message(one, written.output, written.release), trace=True).value
    assert reading is not None
    traced = {trace.path for trace in reading.traces}
    untraced = {laws.unindexed(path) for path, _ in laws.leaves(reading.document) if path not in traced} - {"kind"}

    assert {path for path in untraced if not _is_structural(one, path)} == set()


def _is_structural(one: mapping.Spoke, path: str) -> bool:
    """Set by a join, a reference, a condition, a fill, a selector or a default; part of a period; item of a joined list."""
    targets = {join.child.canonical for entry in one.definition.entries() for join in entry.joins}
    targets |= {target.canonical for entry in one.definition.entries() if entry.when for target, _ in entry.when.settings or ()}
    targets |= {entry.reference.field.canonical for entry in one.definition.entries() if entry.reference}
    targets |= {fill.target.canonical for fill in one.definition.fills}
    targets |= {f"{entry.reference.into.canonical}.id" for entry in one.definition.entries() if entry.reference}
    targets |= {f"{entry.reference.field.canonical}" for entry in one.definition.entries() if entry.reference}
    carried = {part.target.canonical for part, _ in one.binding.fields()}
    selected = {
        ".".join([part.target.canonical.rpartition(".")[0], step.select[0]])
        for part, _ in one.binding.fields()
        for step in part.target.steps
        if step.select
    }
    return path in targets | selected or path in carried or any(path.startswith(f"{one_path}.") for one_path in carried)


@pytest.mark.parametrize("name", TESTED)
def test_the_tests_beside_a_mapping_pass(name: str) -> None:
    results = run_cases(spoke(name), shipped_files)

    assert results
    assert {result.name: result.failures for result in results if not result.passed} == {}


@pytest.mark.parametrize("name", NAMES)
def test_no_mapping_is_thin(name: str) -> None:
    assert [str(problem) for problem in spoke(name).warnings if problem.code == "mapping.thin"] == []


PAIRS = [
    ("orders-eancom", "ubl-order"),
    ("invoic-eancom", "ubl-invoice"),
    ("desadv-eancom", "ubl-despatch-advice"),
    ("ordrsp-eancom", "ubl-order-response"),
]


@pytest.mark.parametrize(("first", "second"), [pair for pair in PAIRS if set(pair) <= set(NAMES)])
def test_what_two_spokes_both_bind_is_said_to_cross(first: str, second: str) -> None:
    lost = mapping.cannot_cross(spoke(first), spoke(second))

    assert lost == spoke(first).bound() - spoke(second).bound()
    assert "number" not in lost
