"""Remittance advice, price catalogue and inventory report, with what their EDIFACT and UBL messages share."""

from __future__ import annotations

from typing import Literal

from edi.documents.amounts import AllowanceCharge, Payment, Price, Tax, Totals
from edi.documents.goods import Delivery, Instance
from edi.documents.heads import Currencies, Frame, Head, Line, MaybeTraders, Places, Traders
from edi.documents.parties import Link, Note, Party, Period, Reference
from edi.documents.scalars import Bool, Code, Decimal, Moment, Part, Text, about


class RemittanceLine(Part):
    """One invoice or credit note that is paid."""

    id: Text | None = about("Number of the line, where it has one.", ubl="cbc:ID")
    notes: list[Note] | None = about("Texts about the line.", edifact="FTX", ubl="cbc:Note")
    document: Reference | None = about(
        "The document that is paid; its type is 1001.",
        edifact="DOC C002.1001, C503.1004",
        ubl="cac:BillingReference/cac:InvoiceDocumentReference",
    )
    references: list[Reference] | None = about("Further references.", edifact="RFF")
    amount_due: Decimal | None = about("What was due.", edifact="MOA+9", ubl="cbc:BalanceAmount")
    discount: Decimal | None = about("Discount taken.", edifact="MOA+52")
    amount: Decimal | None = about("What is paid.", edifact="MOA+12", ubl="cbc:DebitLineAmount")
    credit_amount: Decimal | None = about("What is set off.", edifact="MOA+11", ubl="cbc:CreditLineAmount")
    adjustment_code: Code | None = about("Why the amounts differ (4465).", edifact="AJT 4465")
    period: Period | None = about("What period it is for.", ubl="cac:InvoicePeriod")


class RemittanceAdvice(Head, Traders, Currencies):
    """The buyer says what is paid with one payment."""

    kind: Literal["remittance_advice"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = REMADV", ubl="RemittanceAdvice", required=True, engine=True
    )
    payer: Party | None = about("Who pays, if not the buyer.", edifact="NAD+PR", ubl="")
    payee: Party | None = about("Who is paid, if not the seller.", edifact="NAD+PE", ubl="cac:PayeeParty")
    payment: Payment | None = about("The payment.", edifact="PAI, FII, DTM+138, RFF+PQ", ubl="cac:PaymentMeans")
    paid: Moment | None = about("When it is paid.", edifact="DTM+138, 203", ubl="cac:PaymentMeans/cbc:PaymentDueDate")
    period: Period | None = about("What period it covers.", edifact="DTM+263", ubl="cac:InvoicePeriod")
    total: Decimal | None = about("Sum of the payment.", edifact="MOA+12 before UNS or in the summary", ubl="cbc:TotalPaymentAmount")
    debit_total: Decimal | None = about("Sum of what is paid.", edifact="MOA+9 in the summary", ubl="cbc:TotalDebitAmount")
    credit_total: Decimal | None = about("Sum of what is set off.", edifact="MOA+11 in the summary", ubl="cbc:TotalCreditAmount")
    lines: list[RemittanceLine] | None = about("The documents that are paid.", edifact="DOC", ubl="cac:RemittanceAdviceLine")


class CatalogueLine(Line):
    """One item and its prices."""

    action: Code | None = about(
        "What happens with the item (1229): 1 added, 2 deleted, 3 changed.", edifact="LIN 1229", ubl="cbc:ActionCode"
    )
    valid: Period | None = about("When the line is valid.", edifact="DTM+157, 158, 194, 206, 263", ubl="cac:LineValidityPeriod")
    orderable: Bool | None = about("Whether it can be ordered.", edifact="ALI", ubl="cbc:OrderableIndicator")
    order_unit: Code | None = about("Unit to order in, UN/ECE Rec 20.", edifact="QTY C186.6411", ubl="cbc:OrderableUnit")
    minimum_quantity: Decimal | None = about("Least quantity to order.", edifact="QTY+53", ubl="cbc:MinimumOrderQuantity")
    maximum_quantity: Decimal | None = about("Greatest quantity to order.", edifact="QTY+54", ubl="cbc:MaximumOrderQuantity")
    step_quantity: Decimal | None = about("Quantity it goes up by.", edifact="QTY+59", ubl="cbc:OrderQuantityIncrementNumeric")
    prices: list[Price] | None = about("Prices.", edifact="PRI", ubl="cac:RequiredItemLocationQuantity/cac:Price")
    tax: Tax | None = about("Tax of the item.", edifact="TAX", ubl="cac:Item/cac:ClassifiedTaxCategory")
    allowance_charges: list[AllowanceCharge] | None = about("Allowances and charges.", edifact="ALC")


class PriceCatalogue(Head, Traders, Currencies, Frame):
    """The seller says what can be had and what it costs."""

    kind: Literal["price_catalogue"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = PRICAT", ubl="Catalogue", required=True, engine=True
    )
    name: Text | None = about("Name of the catalogue.", ubl="cbc:Name")
    version: Text | None = about("Version.", edifact="RFF+PL C506.1056", ubl="cbc:VersionID")
    previous: Link | None = about("The catalogue before.", edifact="RFF+PL", ubl="cbc:PreviousVersionID")
    provider: Party | None = about("Who provides the catalogue, if not the seller.", edifact="NAD+MS", ubl="cac:ProviderParty")
    receiver: Party | None = about("Who receives it, if not the buyer.", edifact="NAD+MR", ubl="cac:ReceiverParty")
    valid: Period | None = about("When it is valid.", edifact="DTM+157, 158, 194, 206, 263", ubl="cac:ValidityPeriod")
    delivery: Delivery | None = about("Terms of delivery.", edifact="TOD", ubl="cac:TradingTerms")
    payment: Payment | None = about("Terms of payment.", edifact="PAT")
    lines: list[CatalogueLine] = about("Items.", edifact="LIN", ubl="cac:CatalogueLine", required=True)


class Movement(Part):
    """One stock figure."""

    type: Code = about(
        "What is counted (6063): 145 stock at hand, 156 sold, 198 on order, 17 in transit …", edifact="QTY C186.6063", required=True
    )
    quantity: Decimal = about("How much.", edifact="QTY C186.6060", ubl="cbc:Quantity", required=True)
    moment: Moment | None = about("When.", edifact="DTM+366", ubl="cbc:AvailabilityDate")
    period: Period | None = about("Over which time.", edifact="DTM+263", ubl="")


class InventoryLine(Line):
    """One item and how much of it there is."""

    quantity: Decimal | None = about("Stock at hand.", edifact="QTY+145", ubl="cbc:Quantity")
    availability: Moment | None = about("From when it is available.", edifact="DTM+44", ubl="cbc:AvailabilityDate")
    status: Code | None = about(
        "State of the stock (4501, 4499 or AvailabilityStatusCode).", edifact="INV 4501", ubl="cbc:AvailabilityStatusCode"
    )
    movements: list[Movement] | None = about("Other figures.", edifact="INV, QTY")
    instances: list[Instance] | None = about("Lots and dates.", edifact="GIN, DTM", ubl="cac:Item/cac:ItemInstance")
    place: Text | None = about("Where it lies, as GLN or code.", edifact="LOC+14", ubl="cac:InventoryLocation/cbc:ID")
    price: Price | None = about("Price.", edifact="PRI")
    value: Decimal | None = about("Worth of the stock.", edifact="MOA+203", ubl="cbc:InventoryValueAmount")


class InventoryReport(Head, MaybeTraders, Places, Currencies):
    """One side says what it has in stock."""

    kind: Literal["inventory_report"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = INVRPT", ubl="InventoryReport", required=True, engine=True
    )
    period: Period | None = about("What time it covers.", edifact="DTM+366, 90, 91", ubl="cac:InventoryPeriod")
    reporter: Party | None = about("Who reports.", edifact="NAD+GY, WH", ubl="cac:InventoryReportingParty")
    place: Text | None = about("Where the stock lies, as GLN or code.", edifact="LOC+14")
    totals: Totals | None = about("Sums.", edifact="MOA")
    lines: list[InventoryLine] = about("Items.", edifact="LIN", ubl="cac:InventoryReportLine", required=True)
