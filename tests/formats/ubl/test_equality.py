"""Our XSDs, made from the tables, give the verdict of the published ones: on samples, on made documents, on mutants."""

from __future__ import annotations

import random
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from edi.formats.ubl import model, reader, safe_xml, xsd
from edi.formats.ubl.sample import minimal, sample
from tests.formats.ubl.mutants import mutants


@lru_cache(maxsize=64)
def published(reference: Path, version: str, kind: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(reference / "ubl" / "xsd" / version / "maindoc" / f"UBL-{kind}-{version}.xsd")))


def as_read(root: Any) -> Any:
    return safe_xml.parse(etree.tostring(root)).value


def differences(ours: xsd.Schema, theirs: etree.XMLSchema, root: Any, chance: random.Random, count: int, seen: Counter[bool]) -> list[str]:
    found = []
    for done, changed in mutants(root, chance, count):
        document = as_read(changed)
        verdict = not ours.complaints(document)
        seen[verdict] += 1
        if verdict != theirs(document):
            found.append(f"{ours.kind} {ours.tables.version}: {done}: ours {verdict}")
    return found


def sample_roots(reference: Path) -> dict[str, Any]:
    read = {path.name: reader.read(path.read_bytes()).value for path in sorted((reference / "ubl" / "samples").rglob("*.xml"))}
    return {name: document for name, document in read.items() if document is not None}


@pytest.mark.reference
def test_every_published_sample_is_valid_by_both(reference: Path) -> None:
    verdicts = {
        name: (not xsd.schema("2.1", document.kind).complaints(document.root), published(reference, "2.1", document.kind)(document.root))
        for name, document in sample_roots(reference).items()
    }

    assert len(verdicts) == 56
    assert {name for name, pair in verdicts.items() if pair != (True, True)} == set()


@pytest.mark.reference
@pytest.mark.parametrize("version", model.VERSIONS)
def test_the_tables_know_the_document_types_that_were_published(reference: Path, version: str) -> None:
    names = {
        path.name.removeprefix("UBL-").removesuffix(f"-{version}.xsd")
        for path in (reference / "ubl" / "xsd" / version / "maindoc").glob("*.xsd")
    }

    assert names == set(model.load(version).documents)


@pytest.mark.reference
@pytest.mark.parametrize(("version", "kind"), [("2.1", "Invoice"), ("2.2", "Catalogue"), ("2.3", "DespatchAdvice"), ("2.4", "Order")])
def test_some_hundred_mutants_get_the_published_verdict(reference: Path, version: str, kind: str) -> None:
    chance = random.Random(f"{version} {kind}")
    tables = model.load(version)
    root = sample(tables, kind, chance.randrange)
    seen: Counter[bool] = Counter()

    assert not xsd.schema(version, kind).complaints(as_read(root))
    assert differences(xsd.schema(version, kind), published(reference, version, kind), root, chance, 100, seen) == []
    assert min(seen[True], seen[False]) > 0


@pytest.mark.reference
def test_mutants_of_a_signed_sample_get_the_published_verdict(reference: Path) -> None:
    """What stands in an extension is checked laxly against all declared namespaces, signatures included."""
    chance = random.Random("signed")
    root = sample_roots(reference)["UBL-Invoice-2.0-Enveloped.xml"].root

    assert differences(xsd.schema("2.1", "Invoice"), published(reference, "2.1", "Invoice"), root, chance, 100, Counter()) == []


TYPES = [
    "cbc:IDType",
    "cbc:NoteType",
    "cbc:NameType",
    "cbc:IssueDateType",
    "cbc:PayableAmountType",
    "cbc:InvoicedQuantityType",
    "cbc:CreditedQuantityType",
    "cbc:Nope",
    "udt:IdentifierType",
    "udt:AmountType",
    "udt:TextType",
    "udt:NameType",
    "udt:DateType",
    "udt:QuantityType",
    "ccts:IdentifierType",
    "ccts:AmountType",
    "cac:PartyType",
    "cac:ItemType",
    "cac:PriceType",
    "cac:InvoiceLineType",
    "cac:MonetaryTotalType",
    "doc:InvoiceType",
    "doc:OrderType",
    "xsd:string",
    "xsd:decimal",
    "xsd:token",
    "xsd:date",
    "xsd:anyType",
    "other:Type",
    "Nope",
]
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@pytest.mark.reference
@pytest.mark.parametrize(("version", "kind"), [("2.1", "Invoice"), ("2.2", "Order"), ("2.3", "CreditNote"), ("2.4", "DespatchAdvice")])
def test_xsi_type_on_any_element_gets_the_published_verdict(reference: Path, version: str, kind: str) -> None:
    """A type that is the element's own, one it is made from, one of another: `xsi:type` may name the first only."""
    tables = model.load(version)
    names = {**tables.namespaces, "xsd": "http://www.w3.org/2001/XMLSchema", "other": "urn:other"}
    names["ccts"] = names.get("ccts", "urn:un:unece:uncefact:data:specification:CoreComponentTypeSchemaModule:2")
    declared = minimal(tables, kind)
    names["doc"] = etree.QName(declared).namespace or ""
    base = etree.Element(declared.tag, nsmap=names)
    base.extend(declared)
    ours, theirs, seen = xsd.schema(version, kind), published(reference, version, kind), Counter[bool]()
    wrong = []
    for index in range(len(list(base.iter()))):
        node = list(base.iter())[index]
        own = f"{node.prefix}:{etree.QName(node).localname}Type" if index else f"doc:{kind}Type"
        for name in (*TYPES, own):
            node.set(XSI_TYPE, name)
            document = as_read(base)
            verdict = not ours.complaints(document)
            seen[verdict] += 1
            if verdict != theirs(document):
                wrong.append(f"{node.tag} {name}: ours {verdict}")
        del node.attrib[XSI_TYPE]

    assert wrong == []
    assert min(seen[True], seen[False]) > 0


@pytest.mark.proof
@pytest.mark.reference
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("version", model.VERSIONS)
def test_every_document_type_and_all_its_mutants_get_the_published_verdict(reference: Path, version: str) -> None:
    tables = model.load(version)
    wrong: list[str] = []
    seen: Counter[bool] = Counter()
    for kind in tables.documents:
        ours, theirs = xsd.compile_schema(tables, kind), published(reference, version, kind)
        chance = random.Random(f"{version} {kind}")
        roots = [minimal(tables, kind), *(sample(tables, kind, chance.randrange) for _ in range(3))]
        for root in roots:
            if not theirs(as_read(root)) or ours.complaints(as_read(root)):
                wrong.append(f"{kind} {version}: made document refused")
            wrong += differences(ours, theirs, root, chance, 25, seen)

    assert wrong == []
    assert seen[False] > 2000
    assert seen[True] > 500


@pytest.mark.proof
@pytest.mark.reference
@pytest.mark.timeout(3600)
def test_two_hundred_mutants_of_every_published_sample_get_the_published_verdict(reference: Path) -> None:
    wrong: list[str] = []
    for name, document in sample_roots(reference).items():
        ours, theirs = xsd.schema("2.1", document.kind), published(reference, "2.1", document.kind)
        wrong += [f"{name}: {text}" for text in differences(ours, theirs, document.root, random.Random(name), 200, Counter())]

    assert wrong == []
