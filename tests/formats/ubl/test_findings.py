"""Schema faults as a person reads them: all in one pass, each with line, path, value and what was expected."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from edi.findings import Finding
from edi.formats.ubl import model, reader, xsd
from edi.formats.ubl.sample import sample
from edi.limits import FINDINGS_MAX
from tests.formats.ubl.invoices import LINE, invoice
from tests.formats.ubl.mutants import mutants


def validate(data: bytes) -> tuple[Finding, ...]:
    document = reader.read(data, source="r.xml").value
    assert document is not None
    return xsd.validate(document)


def told(data: bytes) -> list[str]:
    return [str(finding) for finding in validate(data)]


def test_a_missing_element() -> None:
    assert told(invoice().replace(b"<cbc:ID>R-1</cbc:ID>", b"")) == [
        "r.xml, line 1 /Invoice: cbc:ID is missing in Invoice; it must stand there, at the beginning"
    ]


def test_an_element_at_the_wrong_place() -> None:
    data = (
        invoice()
        .replace(b"<cbc:ID>R-1</cbc:ID>", b"")
        .replace(b"<cac:LegalMonetaryTotal>", b"<cbc:ID>R-1</cbc:ID><cac:LegalMonetaryTotal>")
    )

    assert told(data) == [
        "r.xml, line 1 /Invoice/cbc:ID: cbc:ID stands at the wrong place in Invoice: its place is before cbc:IssueDate\n  hint: UBL fixes the order of elements"
    ]


def test_an_element_too_often() -> None:
    data = invoice().replace(
        b"<cbc:IssueDate>2026-11-22</cbc:IssueDate>", b"<cbc:IssueDate>2026-11-22</cbc:IssueDate><cbc:IssueDate>2026-11-23</cbc:IssueDate>"
    )

    assert told(data) == ["r.xml, line 1 /Invoice/cbc:IssueDate[2]: cbc:IssueDate stands 2 times in Invoice; once is allowed"]


def test_a_misspelt_element_is_suggested() -> None:
    data = invoice(extra="<cbc:Notes>1</cbc:Notes>")

    assert told(data) == ["r.xml, line 1 /Invoice/cbc:Notes: cbc:Notes has no place in Invoice\n  hint: did you mean cbc:Note?"]


def test_an_element_of_a_foreign_namespace_says_which() -> None:
    assert told(invoice(extra='<Note xmlns="urn:x">1</Note>'))[0].startswith(
        "r.xml, line 1 /Invoice/Note: Note has no place in Invoice: its namespace is 'urn:x'"
    )


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("2026-11-22", "22.11.2026", "cbc:IssueDate is not a date: '22.11.2026'\n  hint: write YYYY-MM-DD, e.g. 2026-11-22"),
        (
            'unitCode="C62">2<',
            'unitCode="C62">two<',
            "cbc:InvoicedQuantity is not a number: 'two'\n  hint: write digits with a point before the decimals and no exponent, e.g. 1234.50",
        ),
        (' currencyID="EUR">5.00', ">5.00", "cbc:PriceAmount must have the attribute 'currencyID'"),
        (
            "<cbc:ID>1</cbc:ID>",
            '<cbc:ID schemaID="x">1</cbc:ID>',
            "cbc:ID has no attribute 'schemaID'\n  hint: take it out, or correct its spelling",
        ),
        ("<cac:Item>", "<cac:Item>Schraube", "text stands between the elements of cac:Item\n  hint: put it into an element, e.g. cbc:Note"),
        (
            "<cbc:Name>Schraube</cbc:Name>",
            "<cbc:Name><cbc:ID>1</cbc:ID></cbc:Name>",
            "cbc:Name holds text only, but an element stands in it",
        ),
        (
            "Schraube</cbc:Name>",
            "x</cbc:Name><cac:OriginCountry/><cac:OriginCountry/>",
            "cac:OriginCountry stands 2 times in cac:Item; once is allowed",
        ),
    ],
)
def test_what_is_said(before: str, after: str, text: str) -> None:
    data = invoice().replace(before.encode(), after.encode())

    assert [str(finding).partition(": ")[2] for finding in validate(data)] == [text]


def test_all_faults_are_found_in_one_pass() -> None:
    """libxml2 alone stops at the first unexpected child and says nothing of the rest."""
    data = invoice(lines=3)
    spoilt = data.replace(b"<cbc:ID>R-1</cbc:ID>", b"<cbc:Nonsense/>").replace(b">10.00</cbc:PayableAmount>", b">ten</cbc:PayableAmount>")
    spoilt = spoilt.replace(b"<cbc:ID>2</cbc:ID>", b"").replace(
        b'<cbc:ID>3</cbc:ID><cbc:InvoicedQuantity unitCode="C62">', b"<cbc:ID>3</cbc:ID><cbc:InvoicedQuantity>"
    )
    spoilt = spoilt.replace(
        b"<cbc:Name>Schraube</cbc:Name></cac:Item><cac:Price>",
        b"<cbc:Name>Schraube</cbc:Name></cac:Item><cac:Price><cbc:BaseQuantity>x</cbc:BaseQuantity>",
        1,
    )

    assert [(finding.code, finding.where.path) for finding in validate(spoilt)] == [
        ("ubl.element_unknown", "/Invoice/cbc:Nonsense"),
        ("ubl.element_missing", "/Invoice"),
        ("ubl.element_misplaced", "/Invoice/cac:InvoiceLine[1]/cac:Price/cbc:BaseQuantity"),
        ("ubl.element_missing", "/Invoice/cac:InvoiceLine[2]"),
        ("ubl.amount", "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount"),
        ("ubl.value", "/Invoice/cac:InvoiceLine[1]/cac:Price/cbc:BaseQuantity"),
    ]


def test_lines_are_counted_beyond_65535() -> None:
    data = invoice(lines=1).replace(b"<cac:InvoiceLine>", b"\n" * 70_000 + b"<cac:InvoiceLine>").replace(b">5.00<", b">five<")

    assert [finding.where.line for finding in validate(data)] == [70_001]


def test_no_more_findings_than_the_limit() -> None:
    bad = LINE.replace(">5.00<", ">five<")
    data = invoice().replace(
        LINE.format(number=1).encode(), "".join(bad.format(number=number) for number in range(FINDINGS_MAX + 50)).encode()
    )

    found = validate(data)

    assert len(found) == FINDINGS_MAX + 1
    assert found[-1].code == "ubl.too_many_findings"


@pytest.mark.parametrize("kind", ["Invoice", "Order", "DespatchAdvice", "CreditNote"])
def test_findings_have_errors_exactly_where_the_schema_refuses(kind: str) -> None:
    chance = random.Random(kind)
    root = sample(model.load("2.1"), kind, chance.randrange)
    for done, changed in mutants(root, chance, 150):
        document = reader.read(etree.tostring(changed)).value
        if document is None:
            continue
        found = xsd.validate(document)
        if xsd.schema("2.1", document.kind).complaints(document.root):
            assert any(finding.is_error for finding in found), done
            assert all(finding.where.path for finding in found), done
        assert "ubl.schema" not in {finding.code for finding in found}, (done, found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b">5.00<", b">five<"),
        (b"cac:Item>", b"cac:Itm>"),
        (b"InvoiceLine>", b"InvoiceLin>"),
        (b"<cac:Price>", b"<cbc:UUID>1</cbc:UUID><cac:Price>"),
    ],
    ids=["values", "unknown in each line", "unknown beside each other", "misplaced"],
)
def test_ten_thousand_faults_are_told_in_time(before: bytes, after: bytes) -> None:
    document = reader.read(invoice(lines=10_000).replace(before, after)).value
    assert document is not None
    started = time.process_time()

    assert len(xsd.validate(document)) == FINDINGS_MAX + 1
    assert time.process_time() - started < 5


def test_ten_thousand_elements_in_the_wrong_order_are_told_in_time() -> None:
    data = invoice(extra="<cbc:Note>1</cbc:Note><cbc:DueDate>2026-12-01</cbc:DueDate>" * 10_000)
    document = reader.read(data).value
    assert document is not None
    started = time.process_time()

    assert {finding.code for finding in xsd.validate(document)} >= {"ubl.element_misplaced", "ubl.too_many_findings"}
    assert time.process_time() - started < 5


def test_one_schema_serves_several_threads() -> None:
    """Each thread gets the complaints about its own document."""
    good, bad = invoice(lines=50), invoice(lines=50).replace(b">5.00<", b">five<", 1)

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda number: len(validate(bad if number % 3 else good)), range(120)))

    assert counts == [1 if number % 3 else 0 for number in range(120)]
