"""A mapping from the cache is the mapping: the same documents, the same bytes, the same findings, until a file it was made of changes."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from edi import mapping, shipped
from edi.mapping.codecs import CODECS
from edi.mapping.codecs.text import Upper
from edi.mapping.draw import draw
from edi.mapping.plain import dump, restore
from edi.mapping.source import UsedFiles, shipped_files
from edi.mapping.spoke_edifact import EdifactSide, texts_of

NAMES = [name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml")]
MAPPINGS = ("invoic-eancom", "desadv-eancom", "ubl-invoice", "ubl-despatch-advice", "erpnext-invoice", "erp-order", "peppol-order")

OWN = """
mapping: own
kind: order
syntax: {json: own}
body:
  - id = {number}
  - currency = {currency|codes(units)}
codes:
  units: {from: units.csv, columns: [wire, document]}
"""


class Memory:
    """Implements `edi.ports.ProgramCache` in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.found = 0

    def get(self, name: str) -> bytes | None:
        self.found += name in self.entries
        return self.entries.get(name)

    def put(self, name: str, content: bytes) -> None:
        self.entries[name] = content


def carried(spoke: mapping.Spoke, document: dict[str, object]) -> tuple[object, ...]:
    """A drawn document written and read back, traced, with everything that is said of it."""
    written = spoke.write(document, trace=True)  # type: ignore[arg-type]  # a canonical document
    assert written.value is not None
    output = written.value.output
    message = spoke.side.tree(output, written.value.release) if isinstance(spoke.side, EdifactSide) else spoke.side.parse(output)  # type: ignore[arg-type]
    read = spoke.read(message, trace=True)
    assert read.value is not None
    plain = spoke.read(message).value
    assert plain is not None
    wire = texts_of(output) if isinstance(spoke.side, EdifactSide) else output  # type: ignore[arg-type]
    return (wire, written.findings, list(written.value.traces), read.value.document, list(read.value.traces), read.findings, plain.document)


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_from_the_cache_carries_what_the_loaded_one_carries(name: str) -> None:
    cache = Memory()
    loaded = mapping.load(name, cache=cache)
    documents = [draw(loaded, seed) for seed in (1, 2, 3)]
    expected = [carried(loaded, document) for document in documents]

    kept = mapping.load(name, cache=cache)

    assert expected == [carried(kept, document) for document in documents]
    assert (loaded.bound(), loaded.partly(), loaded.cross_references()) == (kept.bound(), kept.partly(), kept.cross_references())
    assert (loaded.warnings, loaded.syntax, loaded.kind, loaded.name) == (kept.warnings, kept.syntax, kept.kind, kept.name)
    assert cache.found >= 1


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_mapping_can_be_kept(name: str) -> None:
    spoke = mapping.load(name, cache=(cache := Memory()))

    assert [name] == list(cache.entries)
    assert dump([part.conversion for part, _ in spoke.binding.fields()])


def test_the_files_it_was_made_of_are_told_the_same() -> None:
    cache, texts = Memory(), []
    for _ in range(2):
        used = UsedFiles(shipped_files)
        mapping.load("peppol-order", used, cache=cache)
        texts.append(used.text())

    assert texts[0] == texts[1]


def test_a_mapping_with_a_codec_of_somebody_else_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loud(Upper):
        name = "loud"

    monkeypatch.setitem(CODECS, "loud", Loud)
    cache = Memory()
    text = OWN.replace("{number}", "{number|loud}")
    files = {"own": ("own.map.yaml", text), "units.csv": ("units.csv", "wire,document\nE,EUR\n")}

    assert {"id": "1", "currency": "E"} == output(mapping.load("own", files.get, cache=cache))
    assert ["own"] == list(cache.entries)


def test_a_mapping_from_the_cache_reads_no_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Memory()
    document = draw(mapping.load("ubl-invoice", cache=cache), 1)
    expected = mapping.load("ubl-invoice", cache=cache).write(document).value
    monkeypatch.setattr("edi.mapping.study.define", None)

    assert expected == mapping.load("ubl-invoice", cache=cache).write(document).value


def test_a_changed_base_is_noticed() -> None:
    cache = Memory()
    mapping.load("peppol-order", cache=cache)
    before = dict(cache.entries)

    def changed(name: str) -> tuple[str, str] | None:
        found = shipped_files(name)
        return (found[0], "# changed\n" + found[1]) if found and name == "ubl-order" else found

    mapping.load("peppol-order", cache=cache)
    assert before == cache.entries

    mapping.load("peppol-order", changed, cache=cache)
    assert before != cache.entries


def test_a_changed_table_file_is_noticed_in_what_is_kept_and_in_its_programs() -> None:
    cache = Memory()
    files = {"own": ("own.map.yaml", OWN), "units.csv": ("units.csv", "wire,document\nE,EUR\n")}

    assert {"id": "1", "currency": "E"} == output(mapping.load("own", files.get, cache=cache))

    files["units.csv"] = ("units.csv", "wire,document\nEU,EUR\n")

    assert {"id": "1", "currency": "EU"} == output(mapping.load("own", files.get, cache=cache))
    assert {"id": "1", "currency": "EU"} == output(mapping.load("own", files.get, cache=cache))


def output(spoke: mapping.Spoke) -> object:
    writing = spoke.write({"number": "1", "currency": "EUR"}).value
    assert writing is not None
    return writing.output


def test_a_mapping_with_errors_is_never_kept() -> None:
    cache = Memory()
    broken = {"own": ("own.map.yaml", OWN.replace("{number}", "{numbr}")), "units.csv": ("units.csv", "wire,document\nE,EUR\n")}

    for _ in range(2):
        with pytest.raises(mapping.MappingProblems):
            mapping.load("own", broken.get, cache=cache)

    assert {} == cache.entries


def test_only_classes_that_are_named_are_kept() -> None:
    with pytest.raises(TypeError, match="objects of Memory are not kept"):
        dump({"cache": Memory()})


def test_an_object_that_occurs_twice_comes_back_as_one() -> None:
    column = mapping.load("invoic-eancom").definition.tables["units"].columns[""]

    first, second = restore(dump((column, column)))

    assert first == column
    assert first is second


def test_a_read_only_mapping_comes_back_as_a_dict() -> None:
    assert {"a": (1, None, True)} == restore(dump(MappingProxyType({"a": (1, None, True)})))
