"""Order, change of an order, and the answer to either."""

from __future__ import annotations

from typing import Literal

from edi.documents.amounts import AllowanceCharge, Price, Tax, TaxSubtotal
from edi.documents.goods import Item
from edi.documents.heads import (
    Bookkeeping,
    Currencies,
    Frame,
    Head,
    InvoiceParties,
    ObjectIds,
    OrderLineReference,
    PlacedLine,
    Places,
    Priced,
    Traders,
)
from edi.documents.parties import Link, Party, Period
from edi.documents.scalars import Bool, Code, Decimal, Moment, Part, Text, about


class Schedule(Part):
    """A part of the quantity with its own day or place."""

    quantity: Decimal | None = about("How much of it.", edifact="QTY in the group of SCC or LOC", ubl="cac:Delivery/cbc:Quantity")
    requested: Moment | None = about("When.", edifact="DTM+2", ubl="cac:RequestedDeliveryPeriod/cbc:StartDate = EndDate")
    period: Period | None = about("From when until when.", edifact="DTM+64, 63", ubl="cac:RequestedDeliveryPeriod")
    status: Code | None = about("Status of the plan (4017).", edifact="SCC 4017")


class Split(Part):
    """A part of the quantity that goes to a place of its own."""

    place: Text = about("Where, as GLN or the partner's code.", edifact="LOC+7 C517.3225", ubl="cac:DeliveryLocation/cbc:ID", required=True)
    quantity: Decimal | None = about("How much of it.", edifact="QTY+11 in the group of LOC", ubl="cac:Delivery/cbc:Quantity")
    requested: Moment | None = about("When.", edifact="DTM+2", ubl="cac:RequestedDeliveryPeriod/cbc:StartDate")


class OrderLine(PlacedLine):
    """What is ordered."""

    action: Code | None = about(
        "What is to happen with the line (1229): 1 added, 2 deleted, 3 changed.", edifact="LIN 1229", ubl="cbc:LineStatusCode"
    )
    quantity: Decimal | None = about("Ordered quantity.", edifact="QTY+21", ubl="cbc:Quantity")
    free_quantity: Decimal | None = about("Quantity that is free of charge.", edifact="QTY+192")
    price: Price | None = about("Price.", edifact="PRI", ubl="cac:Price")
    net_amount: Decimal | None = about("Net amount of the line.", edifact="MOA+203", ubl="cbc:LineExtensionAmount")
    tax: Tax | None = about("Tax of the line.", edifact="TAX", ubl="cac:Item/cac:ClassifiedTaxCategory")
    other_taxes: list[TaxSubtotal] | None = about(
        "Taxes of the line beside value added tax.", edifact="TAX with another 5153", ubl="cac:TaxTotal"
    )
    tax_amount: Decimal | None = about("Tax of the line.", edifact="MOA+124 in the group of TAX", ubl="cbc:TotalTaxAmount")
    allowance_charges: list[AllowanceCharge] | None = about("Allowances and charges of the line.", edifact="ALC", ubl="cac:AllowanceCharge")
    partial_delivery: Bool | None = about("Whether it may come in parts.", ubl="cbc:PartialDeliveryIndicator")
    originator: Party | None = about("Who needs what the line orders.", edifact="NAD+OB", ubl="cac:OriginatorParty")
    schedule: list[Schedule] | None = about("Split of the quantity over days.", edifact="SCC, QTY, DTM", ubl="cac:Delivery")
    splits: list[Split] | None = about("Split of the quantity over places.", edifact="LOC, QTY, DTM", ubl="cac:Delivery")
    contract: Text | None = about("Contract of the line.", edifact="RFF+CT", ubl="")
    promotion: Text | None = about("Promotion deal the line belongs to.", edifact="RFF+PD", ubl="")


class OrderHead(Head, Traders, Places, Currencies, Bookkeeping, Frame, InvoiceParties, ObjectIds, Priced):
    """What an order and its change share."""

    period: Period | None = about("Validity of the order.", edifact="DTM+263, 206", ubl="cac:ValidityPeriod")
    promotion: Text | None = about("Promotion deal the order belongs to.", edifact="RFF+PD", ubl="")
    originator: Party | None = about(
        "Who needs the goods, if not the buyer.", edifact="NAD+OB", ubl="cac:OriginatorCustomerParty/cac:Party"
    )


class Order(OrderHead):
    """A buyer orders."""

    kind: Literal["order"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = ORDERS", ubl="Order", required=True, engine=True
    )
    lines: list[OrderLine] = about("What is ordered.", edifact="LIN", ubl="cac:OrderLine/cac:LineItem", required=True)


class OrderChange(OrderHead):
    """A buyer changes or cancels an order."""

    kind: Literal["order_change"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = ORDCHG", ubl="OrderChange", required=True, engine=True
    )
    order: Link = about("The order that changes.", edifact="RFF+ON", ubl="cac:OrderReference", required=True)
    sales_order: Link | None = about("The seller's number of that order.", edifact="RFF+VN", ubl="cbc:SalesOrderID")
    sequence: Text | None = about("Number of the change.", edifact="RFF+PP", ubl="cbc:SequenceNumberID")
    cancellation_reason: Text | None = about("Why it is cancelled.", edifact="FTX+ACD", ubl="cbc:CancellationNote")
    lines: list[OrderLine] | None = about("The lines that change.", edifact="LIN", ubl="cac:OrderLine/cac:LineItem")


class OrderResponseLine(PlacedLine):
    """What the seller says to a line."""

    status: Literal["accepted", "changed", "rejected", "added", "delivered"] | None = about(
        "The seller's word on the line.", edifact="LIN 1229", ubl="cbc:LineStatusCode"
    )
    status_code: Code | None = about("The same as the wire has it (1229).", edifact="LIN 1229")
    order_line: OrderLineReference | None = about("The line that is answered.", edifact="RFF+ON, LI", ubl="cac:OrderLineReference")
    quantity: Decimal | None = about("Confirmed quantity.", edifact="QTY+113, 21", ubl="cac:LineItem/cbc:Quantity")
    ordered_quantity: Decimal | None = about("Quantity that was ordered.", edifact="QTY+21 where QTY+113 stands beside it")
    backorder_quantity: Decimal | None = about(
        "Quantity that comes later.", edifact="QTY+83", ubl="cac:LineItem/cbc:MaximumBackorderQuantity"
    )
    price: Price | None = about("Price.", edifact="PRI", ubl="cac:LineItem/cac:Price")
    net_amount: Decimal | None = about("Net amount of the line.", edifact="MOA+203", ubl="cac:LineItem/cbc:LineExtensionAmount")
    tax: Tax | None = about("Tax of the line.", edifact="TAX", ubl="cac:LineItem/cac:Item/cac:ClassifiedTaxCategory")
    other_taxes: list[TaxSubtotal] | None = about(
        "Taxes of the line beside value added tax.", edifact="TAX with another 5153", ubl="cac:TaxTotal"
    )
    tax_amount: Decimal | None = about("Tax of the line.", edifact="MOA+124 in the group of TAX", ubl="cbc:TotalTaxAmount")
    allowance_charges: list[AllowanceCharge] | None = about(
        "Allowances and charges of the line.", edifact="ALC", ubl="cac:LineItem/cac:AllowanceCharge"
    )
    schedule: list[Schedule] | None = about(
        "Split of the quantity over days and places.", edifact="SCC, LOC, QTY, DTM", ubl="cac:LineItem/cac:Delivery"
    )
    splits: list[Split] | None = about("Split of the quantity over places.", edifact="LOC, QTY, DTM", ubl="cac:LineItem/cac:Delivery")
    substitute: Item | None = about("What comes instead.", edifact="PIA+3", ubl="cac:SellerSubstitutedLineItem/cac:Item")
    reason: Text | None = about("Why it is not as ordered.", edifact="FTX+LIN, QVR C960", ubl="cbc:Note")
    reason_code: Code | None = about("Why, as a code (4221).", edifact="QVR 4221")


class OrderResponse(Head, Traders, Places, Currencies, Bookkeeping, Frame, InvoiceParties, Priced):
    """The seller answers an order or its change."""

    kind: Literal["order_response"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = ORDRSP", ubl="OrderResponse", required=True, engine=True
    )
    response: Literal["accepted", "rejected", "changed", "conditional", "received"] | None = about(
        "The seller's word on the whole.", edifact="BGM 1225 and 4343", ubl="cbc:OrderResponseCode"
    )
    order: Link | None = about("The order that is answered.", edifact="RFF+ON", ubl="cac:OrderReference")
    order_change: Link | None = about("The change that is answered.", edifact="RFF+PP", ubl="cac:OrderChangeDocumentReference")
    sales_order: Link | None = about("The seller's number of the order.", edifact="RFF+VN", ubl="cbc:SalesOrderID")
    lines: list[OrderResponseLine] | None = about("The lines that are answered.", edifact="LIN", ubl="cac:OrderLine")
