"""Invoice and credit note: EN 16931 and what retail and logistics need beyond it."""

from __future__ import annotations

from typing import Literal

from edi.documents.amounts import AllowanceCharge, Payment, Price, Tax, TaxSubtotal, Totals
from edi.documents.goods import Delivery, Transport
from edi.documents.heads import Bookkeeping, Currencies, Frame, Head, InvoiceParties, OrderLineReference, PlacedLine, Places, Traders
from edi.documents.parties import Id, Link, Party, Period
from edi.documents.scalars import Code, Decimal, Moment, about


class InvoiceLine(PlacedLine):
    """What is billed (BG-25)."""

    quantity: Decimal = about(
        "Invoiced quantity.",
        bt="BT-129",
        edifact="QTY+47",
        ubl={"": "cbc:InvoicedQuantity", "credit_note": "cbc:CreditedQuantity"},
        required=True,
    )
    delivered_quantity: Decimal | None = about("Delivered quantity.", edifact="QTY+46, 12", ubl="cac:Delivery/cbc:Quantity")
    free_quantity: Decimal | None = about("Quantity that was free of charge.", edifact="QTY+192")
    net_amount: Decimal | None = about("Net amount of the line.", bt="BT-131", edifact="MOA+203, 66", ubl="cbc:LineExtensionAmount")
    gross_amount: Decimal | None = about("Amount before allowances and charges.", edifact="MOA+98")
    price: Price | None = about("Price.", bt="BG-29", edifact="PRI", ubl="cac:Price")
    tax: Tax | None = about("Tax of the line.", bt="BG-30", edifact="TAX", ubl="cac:Item/cac:ClassifiedTaxCategory")
    other_taxes: list[TaxSubtotal] | None = about(
        "Taxes of the line beside value added tax.", edifact="TAX with another 5153", ubl="cac:TaxTotal"
    )
    tax_amount: Decimal | None = about("Tax of the line.", edifact="MOA+124 in the group of TAX", ubl="cac:TaxTotal/cbc:TaxAmount")
    allowance_charges: list[AllowanceCharge] | None = about(
        "Allowances and charges of the line.", bt="BG-27, BG-28", edifact="ALC", ubl="cac:AllowanceCharge"
    )
    order_line: OrderLineReference | None = about("The ordered line.", bt="BT-132", edifact="RFF+ON, LI", ubl="cac:OrderLineReference")
    despatch: Link | None = about("The despatch advice and its line.", edifact="RFF+AAK, DQ", ubl="cac:DespatchLineReference")
    period: Period | None = about("What period the line is for.", bt="BG-26", edifact="DTM+167, 168", ubl="cac:InvoicePeriod")
    object_id: Id | None = about(
        "The thing the line is for, such as a meter.",
        bt="BT-128",
        edifact="RFF+AVE",
        ubl="cac:DocumentReference[cbc:DocumentTypeCode='130']/cbc:ID",
    )


class InvoiceHead(Head, Traders, Places, Currencies, Bookkeeping, Frame, InvoiceParties):
    """What an invoice and a credit note share: nearly all."""

    type_code: Code = about(
        "Kind of invoice (1001): 380 invoice, 381 credit note, 384 correction, 326 part.",
        bt="BT-3",
        edifact="BGM C002.1001",
        ubl={"": "cbc:InvoiceTypeCode", "credit_note": "cbc:CreditNoteTypeCode"},
        required=True,
    )
    tax_point: Moment | None = about("Day the tax becomes due.", bt="BT-7", edifact="DTM+131", ubl="cbc:TaxPointDate")
    tax_point_code: Code | None = about(
        "Which day that is (2005): 3, 35 or 432.", bt="BT-8", edifact="DTM 2005", ubl="cac:InvoicePeriod/cbc:DescriptionCode"
    )
    order: Link | None = about("The buyer's order.", bt="BT-13", edifact="RFF+ON", ubl="cac:OrderReference")
    sales_order: Link | None = about("The seller's order.", bt="BT-14", edifact="RFF+VN", ubl="cac:OrderReference/cbc:SalesOrderID")
    tender: Link | None = about("The tender or lot.", bt="BT-17", edifact="RFF+GC", ubl="cac:OriginatorDocumentReference")
    invoiced_object: Id | None = about(
        "The thing that is billed, such as a meter.",
        bt="BT-18",
        edifact="RFF+ATS",
        ubl="cac:AdditionalDocumentReference[cbc:DocumentTypeCode='130']/cbc:ID",
    )
    despatch: Link | None = about("The despatch advice.", bt="BT-16", edifact="RFF+AAK, DQ", ubl="cac:DespatchDocumentReference")
    receipt: Link | None = about("The receiving advice.", bt="BT-15", edifact="RFF+ALO", ubl="cac:ReceiptDocumentReference")
    preceding_invoices: list[Link] | None = about(
        "Earlier invoices it corrects.", bt="BG-3", edifact="RFF+OI, IV", ubl="cac:BillingReference/cac:InvoiceDocumentReference"
    )
    tax_representative: Party | None = about(
        "The seller's tax representative.", bt="BG-11", edifact="NAD+LC", ubl="cac:TaxRepresentativeParty"
    )
    delivery: Delivery | None = about("When and where it was delivered.", bt="BG-13", edifact="DTM, TOD", ubl="cac:Delivery")
    transport: Transport | None = about("How it travelled.", edifact="TDT", ubl="cac:Delivery/cac:Shipment")
    period: Period | None = about(
        "What period the invoice is for.", bt="BG-14", edifact="DTM+263, 167, 168, 194, 206", ubl="cac:InvoicePeriod"
    )
    payment: Payment | None = about(
        "When and how it is to be paid.", bt="BG-16", edifact="PAT, PYT, PAI, FII", ubl="cac:PaymentMeans, cac:PaymentTerms"
    )
    allowance_charges: list[AllowanceCharge] | None = about(
        "Allowances and charges on the whole.", bt="BG-20, BG-21", edifact="ALC", ubl="cac:AllowanceCharge"
    )
    totals: Totals | None = about("Sums.", bt="BG-22", edifact="MOA after UNS", ubl="cac:LegalMonetaryTotal")
    tax_breakdown: list[TaxSubtotal] | None = about(
        "Tax by category and rate.", bt="BG-23", edifact="TAX after UNS", ubl="cac:TaxTotal/cac:TaxSubtotal"
    )
    lines: list[InvoiceLine] = about(
        "What is billed.", bt="BG-25", edifact="LIN", ubl={"": "cac:InvoiceLine", "credit_note": "cac:CreditNoteLine"}, required=True
    )


class Invoice(InvoiceHead):
    """A seller bills."""

    kind: Literal["invoice"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = INVOIC", ubl="Invoice", required=True, engine=True
    )


class CreditNote(InvoiceHead):
    """A seller gives money back; the amounts are positive all the same."""

    kind: Literal["credit_note"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = INVOIC, 381 and its kin", ubl="CreditNote", required=True, engine=True
    )
