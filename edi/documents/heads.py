"""What stands at the head of a document: one class with what all kinds share, and mix-ins for what several share."""

from __future__ import annotations

from edi.documents.amounts import AllowanceCharge, Payment, TaxSubtotal, Totals
from edi.documents.goods import Attachment, Delivery, Item, Transport
from edi.documents.parties import Id, Link, Note, OtherParty, Party, Period, Reference
from edi.documents.scalars import Bool, Code, Decimal, Moment, Part, Text, about

SELLER_UBL = {
    "": "cac:SellerSupplierParty/cac:Party",
    "invoice": "cac:AccountingSupplierParty/cac:Party",
    "credit_note": "cac:AccountingSupplierParty/cac:Party",
    "despatch_advice": "cac:DespatchSupplierParty/cac:Party",
    "receiving_advice": "cac:DespatchSupplierParty/cac:Party",
    "remittance_advice": "cac:AccountingSupplierParty/cac:Party",
    "price_catalogue": "cac:SellerSupplierParty/cac:Party",
    "inventory_report": "cac:SellerSupplierParty/cac:Party",
}
BUYER_UBL = {
    "": "cac:BuyerCustomerParty/cac:Party",
    "invoice": "cac:AccountingCustomerParty/cac:Party",
    "credit_note": "cac:AccountingCustomerParty/cac:Party",
    "remittance_advice": "cac:AccountingCustomerParty/cac:Party",
    "price_catalogue": "cac:ContractorCustomerParty/cac:Party",
    "inventory_report": "cac:RetailerCustomerParty/cac:Party",
}
SHIP_TO_UBL = {
    "": "cac:Delivery/cac:DeliveryParty, cac:DeliveryLocation",
    "despatch_advice": "cac:DeliveryCustomerParty/cac:Party",
    "receiving_advice": "cac:DeliveryCustomerParty/cac:Party",
}
TYPE_UBL = {
    "": "",
    "order": "cbc:OrderTypeCode",
    "order_response": "cbc:OrderResponseCode (see response)",
    "despatch_advice": "cbc:DespatchAdviceTypeCode",
    "receiving_advice": "cbc:ReceiptAdviceTypeCode",
    "invoice": "cbc:InvoiceTypeCode",
    "credit_note": "cbc:CreditNoteTypeCode",
}


class Head(Part):
    """What every document has."""

    kind: Text = about("Which kind of document it is.", edifact="UNH S009.0065", ubl="the root element", required=True, engine=True)
    number: Text = about("The sender's number of the document.", bt="BT-1", edifact="BGM C106.1004", ubl="cbc:ID", required=True)
    type_code: Code | None = about("Kind of document in detail (1001).", bt="BT-3", edifact="BGM C002.1001", ubl=TYPE_UBL)
    type_name: Text | None = about("Kind of document in words, where the sender names it.", edifact="BGM C002.1000")
    function: Code | None = about(
        "Function of the message (1225): 9 original, 5 replacement, 1 cancellation, 7 duplicate.", edifact="BGM 1225"
    )
    answer: Code | None = about("Which answer is wanted (4343): AB acknowledgement, NA none.", edifact="BGM 4343")
    issue_date: Moment = about(
        "Day, or day and time, of issue.", bt="BT-2", edifact="DTM+137", ubl="cbc:IssueDate, cbc:IssueTime", required=True
    )
    specification: Text | None = about(
        "Specification the document follows.", bt="BT-24", edifact="FTX+DOC C108.4440", ubl="cbc:CustomizationID"
    )
    profile: Text | None = about("Business process it belongs to.", bt="BT-23", edifact="FTX+DOC C107.4441", ubl="cbc:ProfileID")
    language: Code | None = about("Language of the document, ISO 639-1.", ubl="")
    notes: list[Note] | None = about("Texts for people.", bt="BG-1", edifact="FTX", ubl="cbc:Note")
    references: list[Reference] | None = about(
        "References that have no field of their own.", edifact="RFF", ubl="cac:AdditionalDocumentReference"
    )
    attachments: list[Attachment] | None = about(
        "Documents that go along.", bt="BG-24", edifact="EFI, UNO/UNP", ubl="cac:AdditionalDocumentReference"
    )
    other_parties: list[OtherParty] | None = about("Parties in other roles; each says its `role`.", edifact="any NAD")
    test: Bool | None = about("Whether the interchange was marked as a test.", edifact="UNB 0035", engine=True)
    residue: list[Text] | None = about("Segments that found no place, kept for byte-faithful forwarding.", engine=True)


class Traders(Part):
    """Seller and buyer."""

    seller: Party = about("Who sells.", bt="BG-4", edifact="NAD+SU, SE", ubl=SELLER_UBL, required=True)
    buyer: Party = about("Who buys.", bt="BG-7", edifact="NAD+BY", ubl=BUYER_UBL, required=True)


class MaybeTraders(Part):
    """Seller and buyer, where a document may go without naming both."""

    seller: Party | None = about("Who sells.", edifact="NAD+SU, SE", ubl=SELLER_UBL)
    buyer: Party | None = about("Who buys.", edifact="NAD+BY", ubl=BUYER_UBL)


class Places(Part):
    """Where the goods come from and go to."""

    ship_to: Party | None = about("Who or where receives the goods.", bt="BG-13", edifact="NAD+DP", ubl=SHIP_TO_UBL)
    ship_from: Party | None = about(
        "Who or where hands them over.",
        edifact="NAD+SF",
        ubl={"": "cac:Delivery/cac:DespatchParty", "despatch_advice": "cac:Shipment/cac:Delivery/cac:Despatch"},
    )
    ultimate_consignee: Party | None = about(
        "Who gets them in the end.", edifact="NAD+UC", ubl={"": "cac:OriginatorCustomerParty/cac:Party"}
    )


class Currencies(Part):
    """In which money."""

    currency: Code | None = about(
        "Currency of all amounts, ISO 4217.", bt="BT-5", edifact="CUX+2 C504.6345", ubl="cbc:DocumentCurrencyCode"
    )
    tax_currency: Code | None = about("Currency of the tax accounts.", bt="BT-6", edifact="CUX+6 C504.6345", ubl="cbc:TaxCurrencyCode")
    exchange_rate: Decimal | None = about(
        "How much of the tax currency one unit of the currency is.", edifact="CUX 5402", ubl="cac:TaxExchangeRate/cbc:CalculationRate"
    )


class Bookkeeping(Part):
    """What the buyer's bookkeeping wants to read."""

    buyer_reference: Text | None = about(
        "The buyer's own reference.",
        bt="BT-10",
        edifact="RFF+CR",
        ubl={"": "cbc:CustomerReference", "invoice": "cbc:BuyerReference", "credit_note": "cbc:BuyerReference"},
    )
    accounting_reference: Text | None = about("Where the buyer books it.", bt="BT-19", edifact="RFF+AOU", ubl={"": "cbc:AccountingCost"})


class Frame(Part):
    """Agreements the document stands under."""

    contract: Text | None = about(
        "Contract.",
        bt="BT-12",
        edifact="RFF+CT",
        ubl={
            "": "cac:Contract/cbc:ID",
            "invoice": "cac:ContractDocumentReference/cbc:ID",
            "credit_note": "cac:ContractDocumentReference/cbc:ID",
        },
    )
    project: Text | None = about("Project.", bt="BT-11", edifact="RFF+AEP", ubl="cac:ProjectReference/cbc:ID")


class InvoiceParties(Part):
    """Who is billed and who is paid."""

    invoicee: Party | None = about(
        "Who gets the invoice, if not the buyer.",
        edifact="NAD+IV",
        ubl={"": "cac:AccountingCustomerParty/cac:Party", "invoice": "", "credit_note": ""},
    )
    payee: Party | None = about("Who is paid, if not the seller.", bt="BG-10", edifact="NAD+PE", ubl="cac:PayeeParty")


class Priced(Part):
    """Terms, allowances and sums of an order or its answer."""

    delivery: Delivery | None = about(
        "When and on which terms the goods come.", bt="BG-13", edifact="DTM, TOD", ubl="cac:Delivery, cac:DeliveryTerms"
    )
    transport: Transport | None = about("How they travel.", edifact="TDT", ubl="cac:Delivery/cac:Shipment")
    payment: Payment | None = about(
        "When and how it is to be paid.", bt="BG-16", edifact="PAT, PAI, FII", ubl="cac:PaymentMeans, cac:PaymentTerms"
    )
    tax: list[TaxSubtotal] | None = about("Tax of the whole document.", edifact="TAX before the lines", ubl="cac:TaxTotal/cac:TaxSubtotal")
    allowance_charges: list[AllowanceCharge] | None = about(
        "Allowances and charges on the whole document.", bt="BG-20, BG-21", edifact="ALC", ubl="cac:AllowanceCharge"
    )
    totals: Totals | None = about("Sums.", bt="BG-22", edifact="MOA after UNS, CNT", ubl="cac:AnticipatedMonetaryTotal")


class OrderLineReference(Part):
    """A line of an order."""

    order: Text | None = about(
        "Number of the order, where not the one of the head.", edifact="RFF+ON C506.1154", ubl="cac:OrderReference/cbc:ID"
    )
    line: Text | None = about("Line of the buyer's order.", bt="BT-132", edifact="RFF+ON C506.1156", ubl="cbc:LineID")
    date: Moment | None = about("Date of that order.", edifact="DTM+171", ubl="cac:OrderReference/cbc:IssueDate")
    sales_order: Text | None = about("Number of the seller's order.", edifact="RFF+VN C506.1154", ubl="cac:OrderReference/cbc:SalesOrderID")
    sales_line: Text | None = about("Line of the seller's order.", edifact="RFF+VN C506.1156", ubl="cbc:SalesOrderLineID")


class Line(Part):
    """What every line has."""

    id: Text = about("Number of the line.", bt="BT-126", edifact="LIN 1082", ubl="cbc:ID", required=True)
    parent_line: Text | None = about("Line this one is a part of.", edifact="LIN C829.1082", ubl="cac:SubInvoiceLine")
    notes: list[Note] | None = about("Texts about the line.", bt="BT-127", edifact="FTX", ubl="cbc:Note")
    item: Item | None = about("What the line is about.", bt="BG-31", edifact="LIN, PIA, IMD", ubl="cac:Item")
    unit: Code | None = about("Unit of the line's quantities, UN/ECE Rec 20.", bt="BT-130", edifact="QTY C186.6411", ubl="@unitCode")
    references: list[Reference] | None = about("References that have no field of their own.", edifact="RFF", ubl="cac:DocumentReference")


class PlacedLine(Line):
    """A line that says where its goods go."""

    accounting_reference: Text | None = about("Where the buyer books the line.", bt="BT-133", edifact="RFF+AOU", ubl="cbc:AccountingCost")
    delivery: Delivery | None = about("Delivery of this line.", edifact="DTM, TOD", ubl="cac:Delivery")
    ship_to: Party | None = about("Where this line goes.", edifact="NAD+DP, LOC+7", ubl="cac:Delivery/cac:DeliveryParty")


class ObjectIds(Part):
    """The thing an order or invoice is about."""

    quotation: Link | None = about("Quotation.", edifact="RFF+AAG", ubl="cac:QuotationDocumentReference")
    catalogue: Link | None = about("Price list or catalogue.", edifact="RFF+PL", ubl="cac:CatalogueReference")
    blanket_order: Link | None = about("Frame order.", edifact="RFF+BO", ubl="cac:AdditionalDocumentReference")


__all__ = [
    "Bookkeeping",
    "Currencies",
    "Frame",
    "Head",
    "Id",
    "InvoiceParties",
    "Line",
    "MaybeTraders",
    "ObjectIds",
    "OrderLineReference",
    "Period",
    "PlacedLine",
    "Places",
    "Priced",
    "Traders",
]
