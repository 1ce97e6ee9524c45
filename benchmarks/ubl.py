"""UBL: read + validate + write against plain lxml doing the same, in turns in one run; rules per document; memory of 10,000 lines."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from lxml import etree

from benchmarks.__main__ import Row
from edi.formats.ubl import reader, writer, xsd

LINE = (
    "<cac:InvoiceLine><cbc:ID>{n}</cbc:ID><cbc:InvoicedQuantity unitCode='C62'>2</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID='EUR'>10.00</cbc:LineExtensionAmount>"
    "<cac:OrderLineReference><cbc:LineID>{n}</cbc:LineID></cac:OrderLineReference><cac:Item><cbc:Description>Schraube verzinkt</cbc:Description><cbc:Name>Schraube {n}</cbc:Name>"
    "<cac:SellersItemIdentification><cbc:ID>S-{n}</cbc:ID></cac:SellersItemIdentification><cac:StandardItemIdentification><cbc:ID schemeID='0160'>4012345500042</cbc:ID></cac:StandardItemIdentification>"
    "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>"
    "<cac:Price><cbc:PriceAmount currencyID='EUR'>5.00</cbc:PriceAmount><cbc:BaseQuantity unitCode='C62'>1</cbc:BaseQuantity></cac:Price></cac:InvoiceLine>"
)
PARTY = (
    "<cac:Party><cbc:EndpointID schemeID='0088'>4054321000009</cbc:EndpointID><cac:PartyName><cbc:Name>Acme Handels AG</cbc:Name></cac:PartyName><cac:PostalAddress><cbc:StreetName>Hauptstr. 1</cbc:StreetName>"
    "<cbc:CityName>Berlin</cbc:CityName><cbc:PostalZone>10115</cbc:PostalZone><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country></cac:PostalAddress></cac:Party>"
)


def invoice(lines: int) -> bytes:
    """An invoice such as partners send; 20 lines are 22 kB."""
    total = f"{lines * 10}.00"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
        ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>'
        "<cbc:ID>R-1</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        f"<cac:AccountingSupplierParty>{PARTY}</cac:AccountingSupplierParty><cac:AccountingCustomerParty>{PARTY}</cac:AccountingCustomerParty>"
        f"<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID='EUR'>{total}</cbc:LineExtensionAmount><cbc:PayableAmount currencyID='EUR'>{total}</cbc:PayableAmount></cac:LegalMonetaryTotal>"
        + "".join(LINE.format(n=number) for number in range(1, lines + 1))
        + "</Invoice>"
    ).encode()


def ours(data: bytes) -> bytes:
    document = reader.read(data).value
    assert document is not None
    assert not xsd.validate(document)
    return writer.write(document.root, version=document.version, ordered=True)


def plain(schema: etree.XMLSchema) -> Callable[[bytes], bytes]:
    """The least one can do: parse without entities and network, validate, serialise."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)

    def run(data: bytes) -> bytes:
        root = etree.fromstring(data, parser)
        assert schema.validate(root)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True)

    return run


def rates(data: bytes, first: Callable[[bytes], bytes], second: Callable[[bytes], bytes], times: int) -> tuple[float, float, float]:
    """Documents per second of both, taken in turns, and the median of the ratios of neighbours."""
    pairs = []
    for _ in range(times):
        seconds = []
        for work in (first, second):
            started = time.perf_counter()
            work(data)
            seconds.append(time.perf_counter() - started)
        pairs.append(seconds)
    mine, theirs = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    return 1 / mine, 1 / theirs, statistics.median(pair[1] / pair[0] for pair in pairs)


def run(scale: float) -> list[Row]:
    """The rows of this module."""
    compiled = xsd.schema("2.1", "Invoice").compiled
    rows: list[Row] = []
    for lines, times in ((20, 400), (1000, 20), (10_000, 4)):
        data = invoice(lines)
        mine, theirs, ratio = rates(data, ours, plain(compiled), max(2, int(times * scale)))
        rows.append(
            Row(
                name=f"UBL invoice, {lines} lines: read + XSD + write",
                ours=mine,
                peer=theirs,
                ratio=ratio,
                gate=0.6,
                stretch=0.8,
                unit="documents/s vs plain lxml",
            )
        )
    rows += rule_rows(scale)
    return rows


def rule_rows(scale: float) -> list[Row]:
    """The price of running rules outside the process, in a trivial rule set: what the pipe and the second parse cost."""
    from edi.engine.rules import SaxonRunner, is_available
    from edi.formats.ubl import schematron, schematron_xslt

    if not is_available():
        return []
    asserts = "".join(f'<assert id="R{n}" test="cbc:ID != {n}">no</assert>' for n in range(100))
    text = (
        '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/>'
        '<ns prefix="cac" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"/>'
        f'<pattern><rule context="cac:InvoiceLine">{asserts.replace("!= ", "!= -")}</rule></pattern></schema>'
    )
    stylesheet = schematron_xslt.compile_schema(schematron.read(text.encode()))
    data = invoice(20)
    with SaxonRunner({"bench": stylesheet}) as runner:
        for _ in range(20):
            runner.run("bench", data)
        mine, theirs, ratio = rates(data, lambda content: bytes(len(runner.run("bench", content))), ours, max(5, int(100 * scale)))
    return [
        Row(
            name="UBL invoice, 20 lines: 100 rules in the other process",
            ours=mine,
            peer=theirs,
            ratio=ratio,
            gate=None,
            unit="documents/s vs read + XSD + write",
        )
    ]
