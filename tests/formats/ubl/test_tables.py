"""The type tables: what they say, how they are written, and that an operator's own come first."""

from __future__ import annotations

import random
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from lxml import etree

from edi import shipped
from edi.errors import ConfigError
from edi.formats.ubl import model, notation, published, reader, safe_xml, sample, xsd
from edi.formats.ubl.model import Attribute, ElementUse
from tests.formats.ubl.invoices import invoice

XSD = '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="{ns}" xmlns="{ns}" elementFormDefault="qualified">{body}</xsd:schema>'


@pytest.mark.parametrize(
    ("version", "documents", "aggregates", "basics"),
    [("2.1", 65, 669, 873), ("2.2", 81, 736, 971), ("2.3", 91, 843, 1105), ("2.4", 93, 865, 1132)],
)
def test_the_shipped_versions_are_whole(version: str, documents: int, aggregates: int, basics: int) -> None:
    tables = model.load(version)

    assert len(tables.documents) == documents
    assert (len(tables.elements("cac")), len(tables.elements("cbc"))) == (aggregates, basics)


@pytest.mark.parametrize("version", model.VERSIONS)
def test_every_name_in_the_tables_leads_somewhere(version: str) -> None:
    tables = model.load(version)
    for prefix in tables.namespaces:
        for name in tables.elements(prefix):
            element = tables.element(f"{prefix}:{name}")
            assert element is not None
            for use in element.children:
                tables.type_of_use(use)
        for name in tables.type_names(prefix):
            tables.type(f"{prefix}:{name}")


def test_order_cardinality_and_types() -> None:
    tables = model.load("2.1")
    line = tables.element("cac:InvoiceLine")
    assert line is not None

    assert line.children[:5] == (
        ElementUse(name="cbc:ID", minimum=1, maximum=1),
        ElementUse(name="cbc:UUID", minimum=0, maximum=1),
        ElementUse(name="cbc:Note", minimum=0, maximum=None),
        ElementUse(name="cbc:InvoicedQuantity", minimum=0, maximum=1),
        ElementUse(name="cbc:LineExtensionAmount", minimum=1, maximum=1),
    )
    assert tables.order(line)["cbc:Note"] == 2
    amount = tables.element("cbc:LineExtensionAmount")
    assert amount is not None
    assert amount.data is not None
    assert (amount.data.value, amount.data.attribute("currencyID")) == (
        "xsd:decimal",
        Attribute(name="currencyID", type="xsd:normalizedString", required=True),
    )
    assert amount.data.attribute("unitCode") is None
    assert amount.tag == "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}LineExtensionAmount"


def test_what_is_not_there_is_none() -> None:
    tables = model.load("2.1")

    assert (tables.document("Nothing"), tables.element("cac:Nothing"), tables.element("zzz:Party"), tables.element("Nothing")) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("version", ["9.9", "", "../2.1", "2.1/..", "."])
def test_an_unknown_version_names_the_known_ones(version: str) -> None:
    with pytest.raises(ConfigError, match=r"2\.1, 2\.2, 2\.3, 2\.4"):
        model.load(version)


class OwnTables:
    """An operator's tables: 2.1 in which an invoice must have a note, and a version of their own."""

    def read(self, *path: str) -> bytes | None:
        if path[:2] != ("schemas", "ubl") or path[2] not in {"2.1", "own"}:
            return None
        return shipped.read_bytes("schemas", "ubl", "2.1", path[3]).replace(b'"cbc:Note*",', b'"cbc:Note+",')


def test_an_operators_own_tables_come_first() -> None:
    document = reader.read(invoice(), tables=OwnTables()).value
    assert document is not None

    assert xsd.validate(document) == ()
    assert {finding.code for finding in xsd.validate(document, tables=OwnTables())} == {"ubl.element_missing"}
    assert model.load("2.1", tables=OwnTables()) is model.load("2.1", tables=OwnTables())
    assert model.load("own", tables=OwnTables()).version == "own"
    assert model.load("2.2", tables=OwnTables()) is model.load("2.2")


def test_an_operators_tables_are_read_and_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own, asked, compiled = OwnTables(), [], []
    compile_schema, read = xsd.compile_schema, OwnTables.read
    monkeypatch.setattr(xsd, "compile_schema", lambda *given: compiled.append(given) or compile_schema(*given))
    monkeypatch.setattr(OwnTables, "read", lambda tables, *path: asked.append(path) or read(tables, *path))
    monkeypatch.setattr(xsd, "_COMPILED", WeakKeyDictionary())
    for _ in range(3):
        document = reader.read(invoice(), tables=own).value
        assert document is not None
        xsd.validate(document, tables=own)

    assert len(compiled) == 1
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("text", "bounds"), [("", (1, 1)), ("?", (0, 1)), ("*", (0, None)), ("+", (1, None)), ("{2,5}", (2, 5)), ("{2,}", (2, None))]
)
def test_how_often_is_written_and_read(text: str, bounds: tuple[int, int | None]) -> None:
    assert notation.read_occurs(text) == bounds
    assert notation.write_occurs(*bounds) == text
    assert notation.read_use(f"cbc:ID{text}") == ("cbc:ID", None, *bounds)
    assert notation.read_use(f"ds:X = ds:XType{text}") == ("ds:X", "ds:XType", *bounds)


@pytest.mark.reference
@pytest.mark.parametrize("version", model.VERSIONS)
def test_the_shipped_tables_are_what_the_converter_makes_of_the_published_schemas(reference: Path, version: str) -> None:
    files = {path.name: path.read_bytes() for path in (reference / "ubl" / "xsd" / version).rglob("*.xsd")}

    assert published.tables_of(files) == {name: shipped.read_bytes("schemas", "ubl", version, name) for name in model.FILES}


def converted(body: str, library: str = "") -> model.UblTables:
    document = f'<xsd:import namespace="urn:l"/><xsd:element name="Doc" xmlns:l="urn:l">{body}</xsd:element>'
    files = {"doc.xsd": XSD.format(ns="urn:d", body=document).encode(), "library.xsd": XSD.format(ns="urn:l", body=library).encode()}
    return model.from_json("own", *published.tables_of(files).values())


def test_value_constraints_and_anonymous_types_are_carried_over() -> None:
    tables = converted(
        '<xsd:complexType><xsd:sequence><xsd:element ref="l:Code" maxOccurs="3"/><xsd:element ref="l:Size" minOccurs="0"/></xsd:sequence></xsd:complexType>',
        '<xsd:element name="Code" type="CodeType"/><xsd:element name="Size"><xsd:complexType><xsd:simpleContent><xsd:extension base="SmallType">'
        '<xsd:attribute name="unit" type="CodeType" use="required"/></xsd:extension></xsd:simpleContent></xsd:complexType></xsd:element>'
        '<xsd:simpleType name="CodeType"><xsd:restriction base="xsd:string"><xsd:enumeration value="A"/><xsd:enumeration value="B"/></xsd:restriction></xsd:simpleType>'
        '<xsd:simpleType name="SmallType"><xsd:restriction base="xsd:integer"><xsd:maxInclusive value="9"/></xsd:restriction></xsd:simpleType>',
    )
    schema = xsd.compile_schema(tables, "Doc")
    code = "<l:Code>A</l:Code>"
    texts = (
        code,
        "<l:Code>C</l:Code>",
        code * 4,
        f'{code}<l:Size unit="B">9</l:Size>',
        f'{code}<l:Size unit="B">10</l:Size>',
        f"{code}<l:Size>1</l:Size>",
    )
    verdicts = [not schema.complaints(safe_xml.parse(f'<Doc xmlns="urn:d" xmlns:l="urn:l">{text}</Doc>'.encode()).value) for text in texts]

    assert verdicts == [True, False, False, True, False, False]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<xsd:complexType><xsd:sequence><xsd:element name="x" type="l:Missing"/></xsd:sequence></xsd:complexType>', "none declares it"),
        ("<xsd:complexType><xsd:all/></xsd:complexType>", "cannot say xsd:all"),
        ('<xsd:complexType><xsd:attribute name="a" type="xsd:string" default="x"/></xsd:complexType>', "cannot say this attribute"),
        ('<xsd:simpleType><xsd:list itemType="xsd:string"/></xsd:simpleType>', "only as a restriction"),
        (
            '<xsd:complexType><xsd:sequence><xsd:element name="x"><xsd:complexType/></xsd:element></xsd:sequence></xsd:complexType>',
            "of its own",
        ),
    ],
)
def test_what_the_tables_cannot_say_is_refused(body: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        converted(body)


@pytest.mark.parametrize("content", [b"", b"<a/>", b"not xml"])
def test_a_file_that_is_no_schema_is_named(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"x\.xsd"):
        published.convert({"x.xsd": content})


@pytest.mark.parametrize("kind", ["Invoice", "Order", "Waybill"])
def test_samples_are_valid_and_the_same_choices_make_the_same_document(kind: str) -> None:
    tables = model.load("2.1")
    made = [etree.tostring(sample.sample(tables, kind, random.Random(7).randrange)) for _ in range(2)]

    assert made[0] == made[1]
    assert not xsd.schema("2.1", kind).complaints(safe_xml.parse(made[0]).value)
    assert not xsd.schema("2.1", kind).complaints(safe_xml.parse(etree.tostring(sample.minimal(tables, kind))).value)
