"""What is read can be written again, in schema order and with canonical prefixes; nothing is lost."""

from __future__ import annotations

import base64
import random
import resource
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from edi.formats.ubl import attachments, looks_like, model, names, reader, safe_xml, sbdh, writer, xsd
from edi.formats.ubl.sample import sample
from tests.formats.ubl.invoices import CAC, CBC, EXT, INVOICE, attachment, enveloped, invoice


def read(data: bytes) -> reader.UblDocument:
    document = reader.read(data).value
    assert document is not None
    return document


def canonical(root: Any, *, prefixes: bool = True) -> str:
    return str(etree.canonicalize(etree.tostring(root).decode(), rewrite_prefixes=not prefixes))


def samples(reference: Path) -> list[Path]:
    return [path for path in sorted((reference / "ubl" / "samples").rglob("*.xml")) if "Detached-Signature" not in path.name]


@pytest.mark.reference
def test_every_published_sample_comes_back_canonically_equal(reference: Path) -> None:
    """Prefixes become canonical where they were others: the four documents called NS."""
    changed = []
    for path in samples(reference):
        document = read(path.read_bytes())
        again = read(writer.write(document.root, version=document.version))
        original = read(path.read_bytes())
        assert canonical(original.root, prefixes=False) == canonical(again.root, prefixes=False), path.name
        if canonical(original.root) != canonical(again.root):
            changed.append(path.name)

    assert changed == [f"UBL-Invoice-2.0-Example-NS{number}.xml" for number in (1, 2, 3, 4)]


@pytest.mark.reference
def test_the_paired_and_rule_documents_are_recognised(reference: Path) -> None:
    recognised = {path.name: looks_like(path.read_bytes()[:500]) for path in samples(reference)}

    assert {name for name, found in recognised.items() if not found} <= {"UBL-RetailEvent-2.1-Example.xml"}


@pytest.mark.parametrize("kind", ["Invoice", "Order", "DespatchAdvice", "OrderResponse", "Catalogue"])
def test_children_in_any_order_come_out_in_schema_order(kind: str) -> None:
    tables = model.load("2.1")
    chance = random.Random(kind)
    root = sample(tables, kind, chance.randrange)
    before = canonical(root)
    for node in list(root.iter()):
        if not any(ancestor.tag.endswith("ExtensionContent") for ancestor in node.iterancestors()):
            # Children of one name keep their order, so only names are shuffled.
            groups: dict[str, list[Any]] = {}
            for child in node:
                groups.setdefault(child.tag, []).append(child)
            order = list(groups)
            chance.shuffle(order)
            node[:] = [child for name in order for child in groups[name]]

    again = read(writer.write(root))

    assert canonical(again.root) == before
    assert xsd.validate(again) == ()


def test_foreign_prefixes_become_canonical() -> None:
    data = f'<i:Invoice xmlns:i="{INVOICE}" xmlns:b="{CBC}" xmlns:a="{CAC}"><b:ID>1</b:ID></i:Invoice>'.encode()

    assert writer.write(read(data).root) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        + f'<Invoice xmlns="{INVOICE}" xmlns:cbc="{CBC}" xmlns:cac="{CAC}"><cbc:ID>1</cbc:ID></Invoice>'.encode()
    )


@pytest.mark.parametrize(
    "inner",
    [
        '<b:ID xmlns:cbc="urn:x">1</b:ID>',
        '<b:ID>1</b:ID><b:Note><cbc:x xmlns:cbc="urn:x" cbc:y="1"/></b:Note>',
        "<b:ID>1</b:ID><plain/>",
        '<b:ID>1</b:ID><x:any xmlns:x="urn:x"><plain xmlns=""/></x:any>',
        '<b:ID>1</b:ID><any xmlns="urn:x"><i:ID/></any>',
        '<b:ID>1</b:ID><b:Note cac:y="1" xmlns:cac="urn:x"/>',
    ],
)
def test_prefixes_stay_where_changing_them_would_change_the_document(inner: str) -> None:
    root = read(f'<i:Invoice xmlns:i="{INVOICE}" xmlns:b="{CBC}" xmlns:a="{CAC}">{inner}</i:Invoice>'.encode()).root
    before = canonical(root, prefixes=False)

    assert canonical(read(writer.write(root, ordered=True)).root, prefixes=False) == before


def test_order_is_left_alone_where_moving_would_change_a_namespace() -> None:
    """Found by fuzzing: lxml drops a declaration when an element moves, and an inner one takes its place."""
    tangled = f'<cac:AccountingSupplierParty xmlns:q="{CBC}"><cac:Party xmlns:cbc="urn:x"><q:WebsiteURI>1</q:WebsiteURI></cac:Party></cac:AccountingSupplierParty>'
    data = f'<Invoice xmlns="{INVOICE}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">{tangled}<cbc:ID>1</cbc:ID></Invoice>'.encode()
    root = read(data).root

    assert sorted(node.tag for node in read(writer.write(root)).root.iter()) == sorted(node.tag for node in read(data).root.iter())


def test_a_signed_document_keeps_its_prefixes() -> None:
    data = f'<i:Invoice xmlns:i="{INVOICE}" xmlns:b="{CBC}"><b:ID>1</b:ID><d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/></i:Invoice>'.encode()

    assert writer.write(read(data).root).endswith(data)


def test_writing_takes_nothing_away_from_the_tree() -> None:
    data = f'<!--1--><?p 2?><i:Invoice xmlns:i="{INVOICE}" xmlns:b="{CBC}"><b:ID>1</b:ID></i:Invoice><!--3--><!--4-->'.encode()
    root = read(data).root

    written = [writer.write(root) for _ in range(2)]

    assert written[0] == written[1]
    assert [word in written[0] for word in (b"<!--1--><?p 2?><Invoice", b"</Invoice><!--3--><!--4-->", b"<cbc:ID>1</cbc:ID>")] == [True] * 3


def test_what_stands_in_an_extension_is_not_touched() -> None:
    content = '<x:z xmlns:x="urn:x" b="2" a="1"><cbc:Note>1</cbc:Note><cac:Foo xmlns:y="urn:y"><y:a/></cac:Foo><cbc:ID x:q="x:name"/></x:z>'
    extension = f"<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>{content}</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    data = invoice(head=extension)

    assert content.encode() in data
    assert content.encode() in writer.write(read(data).root)


def test_comments_and_instructions_stay() -> None:
    data = invoice(before="<!-- before --><?pi x?>", extra="<!-- at the date --><cbc:Note>1</cbc:Note>") + b"<!-- after -->"
    written = writer.write(read(data).root)

    assert [part in written for part in (b"<!-- before -->", b"<?pi x?>", b"<!-- at the date --><cbc:Note>", b"<!-- after -->")] == [
        True
    ] * 4


def test_a_comment_moves_with_the_element_it_stands_before() -> None:
    data = f'<Invoice xmlns="{INVOICE}" xmlns:cbc="{CBC}" xmlns:cac="{CAC}"><!--date--><cbc:IssueDate>2026-11-22</cbc:IssueDate><!--number--><cbc:ID>1</cbc:ID></Invoice>'

    written = writer.write(read(data.encode()).root)

    assert b"<!--number--><cbc:ID>1</cbc:ID><!--date--><cbc:IssueDate>" in written


def test_what_has_no_place_stays_for_the_validation_to_name() -> None:
    written = writer.write(read(invoice(extra="<cbc:Nonsense>1</cbc:Nonsense>")).root)

    assert [finding.code for finding in xsd.validate(read(written))] == ["ubl.element_unknown"]


def test_an_envelope_is_read() -> None:
    envelope = read(enveloped(invoice(), instance="abc")).envelope

    assert envelope == sbdh.Header(
        sender=sbdh.Party(identifier="0088:4054321000009", authority="iso6523-actorid-upis"),
        receiver=sbdh.Party(identifier="0088:4012345500004", authority="iso6523-actorid-upis"),
        standard=INVOICE,
        type_version="2.1",
        instance_identifier="abc",
        type="Invoice",
        created="2026-11-22T09:14:00Z",
        scopes=(sbdh.Scope(type="DOCUMENTID", instance_identifier="urn:x::Invoice##1::2.1", identifier="busdox-docid-qns"),),
    )


def test_an_envelope_that_is_written_reads_as_it_was_meant() -> None:
    document = read(enveloped(invoice()))
    assert document.envelope is not None

    again = read(writer.to_bytes(sbdh.wrap(document.envelope, read(invoice()).root)))

    assert (again.envelope, again.kind, again.id) == (document.envelope, "Invoice", "R-1")


def test_an_envelope_without_identifier_is_named() -> None:
    data = enveloped(invoice()).replace(b"<InstanceIdentifier>c2d1a1a0-1</InstanceIdentifier>", b"")

    assert [(finding.code, (finding.where.path or "").rpartition("/")[2]) for finding in reader.read(data).findings] == [
        ("sbdh.element_missing", "InstanceIdentifier")
    ]


def test_an_envelope_without_content_is_named() -> None:
    assert [finding.code for finding in reader.read(enveloped(b"")).findings] == ["sbdh.payload_missing"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000, 200_000, 9 * 1024 * 1024])
@pytest.mark.parametrize("line_length", [0, 76])
def test_an_attachment_of_any_size_decodes_to_what_it_was(size: int, line_length: int) -> None:
    content = random.Random(size).randbytes(size)
    encoded = base64.encodebytes(content).decode() if line_length else base64.b64encode(content).decode()
    document = read(invoice(extra=attachment(encoded, media_type="application/octet-stream")))

    assert document.attachments[0].decode() == content
    assert max((len(piece) for piece in document.attachments[0].pieces()), default=0) <= 256 * 1024


def test_only_long_attachments_are_cut_out() -> None:
    long = "QUJD" * (attachments.CUT_BYTES_MIN // 4)
    document = read(invoice(extra=attachment("QUJD") + attachment(long) + attachment("QUJD")))

    assert [len(entry.encoded) for entry in document.attachments] == [4, len(long), 4]
    assert [element.text for element in document.root.iter("{*}EmbeddedDocumentBinaryObject")] == ["QUJD", "attachment:1", "QUJD"]


def test_ten_thousand_lines_stay_within_bounds() -> None:
    data = invoice(lines=10_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document = read(data)

    assert xsd.validate(document) == ()
    assert len(writer.write(document.root)) > len(data) - 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_a_version_declared_is_the_one_read_by() -> None:
    versions = [
        read(invoice(head=f"<cbc:UBLVersionID>{declared}</cbc:UBLVersionID>")).version
        for declared in ("2.0", "2.1", "2.2", "2.3", "2.4", "9.9")
    ]

    assert versions == ["2.1", "2.1", "2.2", "2.3", "2.4", "2.1"]


@pytest.mark.parametrize(("kind", "version"), [("BusinessCard", "2.2"), ("TransitCustomsDeclaration", "2.3"), ("PurchaseReceipt", "2.4")])
def test_a_kind_that_came_later_is_read_by_the_first_version_that_has_it(kind: str, version: str) -> None:
    root = sample(model.load("2.4"), kind, lambda _: 0)

    assert read(etree.tostring(root)).version == version


def test_names_go_both_ways() -> None:
    assert names.clark("cbc:ID") == f"{{{CBC}}}ID"
    assert names.prefixed(f"{{{CBC}}}ID") == "cbc:ID"
    assert names.prefixed(f"{{{EXT}}}UBLExtensions") == "ext:UBLExtensions"


@pytest.mark.parametrize("data", [b"", b"UNA:+.? '", b"{}", b"<a/>", b"\x00\x01", b"<html>"])
def test_what_is_no_ubl_does_not_look_like_it(data: bytes) -> None:
    assert not looks_like(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_invoice_looks_like_ubl_in_any_encoding(encoding: str) -> None:
    assert looks_like(invoice().decode().encode(encoding))
    assert looks_like(enveloped(invoice()).decode().encode(encoding))


def test_bytes_are_parsed_in_one_place() -> None:
    assert safe_xml.parse(b"<a/>").ok
