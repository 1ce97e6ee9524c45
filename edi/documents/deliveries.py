"""Despatch advice and receiving advice: what was sent, and what arrived."""

from __future__ import annotations

from typing import Literal

from edi.documents.goods import Delivery, HandlingUnit, Hazard, Instance, Shipment, Transport
from edi.documents.heads import Frame, Head, MaybeTraders, OrderLineReference, PlacedLine, Places
from edi.documents.parties import Link, Party
from edi.documents.scalars import Bool, Code, Decimal, Moment, Text, about


class PackedLine(PlacedLine):
    """What lies in a handling unit."""

    order_line: OrderLineReference | None = about("The ordered line.", edifact="RFF+ON, LI", ubl="cac:OrderLineReference")
    handling_unit: Text | None = about(
        "The handling unit it lies in: its `id`.", edifact="the CPS it stands under", ubl="cac:Shipment/cac:TransportHandlingUnit"
    )
    instances: list[Instance] | None = about("Lots, serial numbers, dates.", edifact="PCI, GIN, DTM", ubl="cac:Item/cac:ItemInstance")


class DespatchLine(PackedLine):
    """What was sent."""

    quantity: Decimal | None = about("Despatched quantity.", edifact="QTY+12", ubl="cbc:DeliveredQuantity")
    ordered_quantity: Decimal | None = about("Ordered quantity.", edifact="QTY+21")
    outstanding_quantity: Decimal | None = about("Quantity that is still to come.", edifact="QTY+83", ubl="cbc:OutstandingQuantity")
    outstanding_reason: Text | None = about("Why it is not all there.", edifact="QVR C960.4294", ubl="cbc:OutstandingReason")
    outstanding_code: Code | None = about("Why, as a code (4221).", edifact="QVR 4221")
    free_quantity: Decimal | None = about("Quantity that is free of charge.", edifact="QTY+192")
    hazard: Hazard | None = about("What makes it dangerous.", edifact="DGS", ubl="cac:Item/cac:HazardousItem")


class DeliveryHead(Head, MaybeTraders, Places, Frame):
    """What the two advices share."""

    order: Link | None = about("The buyer's order.", edifact="RFF+ON", ubl="cac:OrderReference")
    sales_order: Link | None = about("The seller's order.", edifact="RFF+VN", ubl="cac:OrderReference/cbc:SalesOrderID")
    shipment: Shipment | None = about("The consignment as a whole.", edifact="MEA, CNT, RFF", ubl="cac:Shipment")
    transport: Transport | None = about("How it travels.", edifact="TDT", ubl="cac:Shipment/cac:ShipmentStage")
    delivery: Delivery | None = about("When it arrives, and on which terms.", edifact="DTM, TOD", ubl="cac:Shipment/cac:Delivery")
    handling_units: list[HandlingUnit] | None = about(
        "Pallets, cases, parcels.", edifact="CPS", ubl="cac:Shipment/cac:TransportHandlingUnit"
    )
    invoicee: Party | None = about("Who gets the invoice.", edifact="NAD+IV")


class DespatchAdvice(DeliveryHead):
    """The seller says what is on its way."""

    kind: Literal["despatch_advice"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = DESADV", ubl="DespatchAdvice", required=True, engine=True
    )
    despatch_date: Moment | None = about(
        "When it left.", edifact="DTM+11", ubl="cac:Shipment/cac:Delivery/cac:Despatch/cbc:ActualDespatchDate"
    )
    lines: list[DespatchLine] = about("What was sent.", edifact="LIN", ubl="cac:DespatchLine", required=True)


class ReceivingLine(PackedLine):
    """What arrived."""

    quantity: Decimal | None = about("Received and accepted quantity.", edifact="QTY+48, 194", ubl="cbc:ReceivedQuantity")
    despatched_quantity: Decimal | None = about("Quantity that was announced.", edifact="QTY+12")
    short_quantity: Decimal | None = about("Quantity that is missing.", edifact="QTY+119", ubl="cbc:ShortQuantity")
    rejected_quantity: Decimal | None = about("Quantity that was refused.", edifact="QTY+195", ubl="cbc:RejectedQuantity")
    oversupply_quantity: Decimal | None = about("Quantity beyond the order.", edifact="QTY+121", ubl="cbc:OversupplyQuantity")
    reason_code: Code | None = about("Why it differs, as a code (4221).", edifact="QVR 4221", ubl="cbc:RejectReasonCode")
    reason: Text | None = about("Why it differs, in words.", edifact="QVR C960.4294", ubl="cbc:RejectReason")
    despatch: Link | None = about("The despatch advice and its line.", edifact="RFF+AAK, DQ", ubl="cac:DespatchLineReference")


class ReceivingAdvice(DeliveryHead):
    """The buyer says what arrived."""

    kind: Literal["receiving_advice"] = about(
        "Which kind of document it is.", edifact="UNH S009.0065 = RECADV", ubl="ReceiptAdvice", required=True, engine=True
    )
    despatch: Link | None = about("The despatch advice.", edifact="RFF+AAK, DQ", ubl="cac:DespatchDocumentReference")
    received: Moment | None = about("When it arrived.", edifact="DTM+50, 310", ubl="cac:Shipment/cac:Delivery/cbc:ActualDeliveryDate")
    complete: Bool | None = about("Whether all came as announced.", ubl="")
    lines: list[ReceivingLine] = about("What arrived.", edifact="LIN", ubl="cac:ReceiptLine", required=True)
