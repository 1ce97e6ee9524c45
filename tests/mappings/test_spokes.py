"""The shipped mappings load without a doubt and obey the laws, in each release they declare."""

from __future__ import annotations

from functools import cache

import pytest

from edi import mapping, shipped
from edi.mapping import laws
from edi.mapping.nodes import EdifactSyntax

NAMES = tuple(name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml"))
DRAWN = 3
"""Documents in a short run; `make proof` draws as many as the laws ask for."""


@cache
def load(name: str) -> mapping.Spoke:
    return mapping.load(name)


def releases(spoke: mapping.Spoke) -> tuple[str | None, ...]:
    return tuple(spoke.syntax.versions) if isinstance(spoke.syntax, EdifactSyntax) else (None,)


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_nothing_is_doubtful(name: str) -> None:
    assert [str(problem) for problem in load(name).warnings] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_name_of_its_file(name: str) -> None:
    assert load(name).name == name


DRAWABLE = tuple(name for name in NAMES if b"body: document" not in shipped.read_bytes("mappings", f"{name}.map.yaml"))


def check_laws(name: str, count: int) -> None:
    spoke = load(name)
    for release in releases(spoke):
        for law in (laws.put_get, laws.nothing_dangles):
            report = law(spoke, count, release=release)
            assert [str(failure) for failure in report.failures] == []


@pytest.mark.parametrize("name", DRAWABLE)
def test_drawn_documents_come_back_unchanged(name: str) -> None:
    check_laws(name, DRAWN)


@pytest.mark.proof
@pytest.mark.parametrize("name", DRAWABLE)
def test_many_drawn_documents_come_back_unchanged(name: str) -> None:
    check_laws(name, laws.DRAWN)
