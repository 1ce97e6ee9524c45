"""Small invoices for tests, written by hand."""

from __future__ import annotations

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"

PARTY = "<cac:Party><cac:PartyName><cbc:Name>Acme Handels AG</cbc:Name></cac:PartyName></cac:Party>"
TOTAL = '<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">{amount}</cbc:PayableAmount></cac:LegalMonetaryTotal>'
LINE = (
    '<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity unitCode="C62">2</cbc:InvoicedQuantity>'
    '<cbc:LineExtensionAmount currencyID="EUR">10.00</cbc:LineExtensionAmount>'
    "<cac:Item><cbc:Name>Schraube</cbc:Name></cac:Item>"
    '<cac:Price><cbc:PriceAmount currencyID="EUR">5.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>'
)


def invoice(*, lines: int = 1, amount: str = "10.00", before: str = "", head: str = "", extra: str = "") -> bytes:
    """A valid invoice; `before` stands before the root, `head` first in it, `extra` before the parties."""
    return (
        f'{before}<Invoice xmlns="{INVOICE}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}" xmlns:ext="{EXT}">{head}'
        f"<cbc:ID>R-1</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate>{extra}"
        f"<cac:AccountingSupplierParty>{PARTY}</cac:AccountingSupplierParty><cac:AccountingCustomerParty>{PARTY}</cac:AccountingCustomerParty>"
        f"{TOTAL.format(amount=amount)}{''.join(LINE.format(number=number) for number in range(1, lines + 1))}</Invoice>"
    ).encode()


def attachment(content: str, *, filename: str = "bild.pdf", media_type: str = "application/pdf") -> str:
    """An AdditionalDocumentReference with a file in it."""
    return (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="{media_type}" filename="{filename}">{content}</cbc:EmbeddedDocumentBinaryObject>'
        "</cac:Attachment></cac:AdditionalDocumentReference>"
    )


def enveloped(document: bytes, *, kind: str = "Invoice", instance: str = "c2d1a1a0-1", standard: str = INVOICE) -> bytes:
    """The document in a Standard Business Document Header."""
    body = document.decode()
    return (
        '<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"><StandardBusinessDocumentHeader>'
        "<HeaderVersion>1.0</HeaderVersion>"
        '<Sender><Identifier Authority="iso6523-actorid-upis">0088:4054321000009</Identifier></Sender>'
        '<Receiver><Identifier Authority="iso6523-actorid-upis">0088:4012345500004</Identifier></Receiver>'
        f"<DocumentIdentification><Standard>{standard}</Standard><TypeVersion>2.1</TypeVersion>"
        f"<InstanceIdentifier>{instance}</InstanceIdentifier><Type>{kind}</Type>"
        "<CreationDateAndTime>2026-11-22T09:14:00Z</CreationDateAndTime></DocumentIdentification>"
        "<BusinessScope><Scope><Type>DOCUMENTID</Type><InstanceIdentifier>urn:x::Invoice##1::2.1</InstanceIdentifier><Identifier>busdox-docid-qns</Identifier></Scope></BusinessScope>"
        f"</StandardBusinessDocumentHeader>{body}</StandardBusinessDocument>"
    ).encode()
