"""What is traded and how it travels: items, delivery, transport, packing, attachments."""

from __future__ import annotations

from edi.documents.parties import Id, Party, Period
from edi.documents.scalars import Bool, Code, Decimal, Moment, Part, Text, about


class Classification(Part):
    """The item's place in a classification."""

    code: Code = about("The class.", bt="BT-158", edifact="PIA C212.7140", ubl="cbc:ItemClassificationCode", required=True)
    list: Code | None = about("Which classification (7143).", edifact="PIA C212.7143", ubl="cbc:ItemClassificationCode/@listID")
    version: Text | None = about("Version of the classification.", ubl="cbc:ItemClassificationCode/@listVersionID")


class Attribute(Part):
    """A property of the item."""

    name: Text | None = about("Name of the property.", bt="BT-160", edifact="IMD C272.7081, FTX+ACF", ubl="cbc:Name")
    value: Text = about("Its value.", bt="BT-161", edifact="IMD C273.7008, MEA C174.6314, FTX+ACF", ubl="cbc:Value", required=True)
    code: Code | None = about("Code of the property or of its value.", edifact="IMD C273.7009, MEA C502.6313", ubl="cbc:NameCode")
    unit: Code | None = about("Unit of the value, UN/ECE Rec 20.", edifact="MEA C174.6411", ubl="cbc:ValueQuantity/@unitCode")


class Item(Part):
    """Goods or a service."""

    gtin: Text | None = about(
        "Global Trade Item Number, 8 to 14 digits.",
        bt="BT-157",
        edifact="LIN C212.7140 with 7143 = SRV, EN",
        ubl="cac:StandardItemIdentification/cbc:ID[@schemeID='0160']",
    )
    seller_id: Text | None = about(
        "The seller's article number.", bt="BT-155", edifact="PIA C212 SA", ubl="cac:SellersItemIdentification/cbc:ID"
    )
    buyer_id: Text | None = about(
        "The buyer's article number.", bt="BT-156", edifact="PIA C212 IN, BP", ubl="cac:BuyersItemIdentification/cbc:ID"
    )
    manufacturer_id: Text | None = about(
        "The manufacturer's article number.", edifact="PIA C212 MF", ubl="cac:ManufacturersItemIdentification/cbc:ID"
    )
    ids: list[Id] | None = about(
        "Other numbers of the item; the scheme is 7143.", edifact="PIA C212", ubl="cac:AdditionalItemIdentification/cbc:ID"
    )
    name: Text | None = about("Name.", bt="BT-153", edifact="IMD+F C273.7008", ubl="cbc:Name")
    description: Text | None = about("Description.", bt="BT-154", edifact="IMD+A C273.7008", ubl="cbc:Description")
    classifications: list[Classification] | None = about("Classes of the item.", edifact="PIA", ubl="cac:CommodityClassification")
    origin_country: Code | None = about(
        "Country of origin, ISO 3166-1 alpha-2.", bt="BT-159", edifact="ALI 3239", ubl="cac:OriginCountry/cbc:IdentificationCode"
    )
    attributes: list[Attribute] | None = about("Properties.", bt="BG-32", edifact="IMD, MEA, FTX+ACF", ubl="cac:AdditionalItemProperty")
    units_per_package: Decimal | None = about("Units in one package.", edifact="QTY+59", ubl="cbc:PackSizeNumeric")
    package_type: Code | None = about("Kind of package (7065, or IMD+C 7009).", edifact="IMD+C C273.7009, PAC C202.7065")
    expiry: Moment | None = about(
        "Not to be used after this day.", edifact="DTM+36", ubl="cac:ItemInstance/cac:LotIdentification/cbc:ExpiryDate"
    )
    batch: Text | None = about(
        "Batch the item is from or must be from.", edifact="PIA C212 NB", ubl="cac:ItemInstance/cac:LotIdentification/cbc:LotNumberID"
    )


class Delivery(Part):
    """When and on which terms the goods come. A period has its own field: one date and two dates are different things on both wires."""

    requested: Moment | None = about(
        "Day or time the buyer asks for.", edifact="DTM+2", ubl="cac:RequestedDeliveryPeriod/cbc:StartDate = EndDate"
    )
    requested_period: Period | None = about(
        "Days between which the buyer asks for it.", edifact="DTM+64, 63", ubl="cac:RequestedDeliveryPeriod"
    )
    promised: Moment | None = about(
        "Day or time the seller promises.", edifact="DTM+69, 67", ubl="cac:PromisedDeliveryPeriod/cbc:StartDate = EndDate"
    )
    promised_period: Period | None = about(
        "Days between which the seller promises it.", edifact="DTM+76, 69", ubl="cac:PromisedDeliveryPeriod"
    )
    estimated: Moment | None = about("When it is expected to arrive.", edifact="DTM+17", ubl="cac:EstimatedDeliveryPeriod/cbc:StartDate")
    actual: Moment | None = about("When it arrived.", bt="BT-72", edifact="DTM+35", ubl="cbc:ActualDeliveryDate")
    location: Id | None = about(
        "Place of delivery, where it is not a party's address.", bt="BT-71", edifact="LOC+7", ubl="cac:DeliveryLocation/cbc:ID"
    )
    terms_code: Code | None = about("Terms of delivery: an Incoterm.", edifact="TOD C100.4053", ubl="cac:DeliveryTerms/cbc:ID")
    terms_function: Code | None = about("What the terms are about (4055).", edifact="TOD 4055")
    terms_payment: Code | None = about("Who pays the transport (4215).", edifact="TOD 4215")
    terms_text: Text | None = about("Terms of delivery in words.", edifact="TOD C100.4052", ubl="cac:DeliveryTerms/cbc:SpecialTerms")
    terms_place: Text | None = about("Place the terms refer to.", edifact="LOC+1", ubl="cac:DeliveryTerms/cac:DeliveryLocation/cbc:ID")
    instructions: Text | None = about(
        "What the driver or the warehouse should know.", edifact="FTX+DEL", ubl="cac:Shipment/cbc:DeliveryInstructions"
    )


class Transport(Part):
    """How the goods travel."""

    mode: Code | None = about("Mode (8067): 10 sea, 20 rail, 30 road, 40 air.", edifact="TDT C220.8067", ubl="cbc:TransportModeCode")
    means: Code | None = about("Means (8179).", edifact="TDT C228.8179", ubl="cbc:TransportMeansTypeCode")
    vehicle: Text | None = about(
        "Registration of the vehicle.", edifact="TDT C222.8213 / 8212", ubl="cac:TransportMeans/cac:RoadTransport/cbc:LicensePlateID"
    )
    carrier: Party | None = about("Who carries.", edifact="NAD+CA", ubl="cac:CarrierParty")


class Attachment(Part):
    """A document that goes along (BG-24)."""

    id: Text | None = about("Number of the document.", bt="BT-122", edifact="EFI C077.1508", ubl="cbc:ID")
    type: Code | None = about("Kind of document (1001).", edifact="DOC C002.1001", ubl="cbc:DocumentTypeCode")
    description: Text | None = about("What it is.", bt="BT-123", edifact="EFI C077.7008", ubl="cbc:DocumentDescription")
    uri: Text | None = about("Where it lies.", bt="BT-124", edifact="COM+...:AO", ubl="cac:Attachment/cac:ExternalReference/cbc:URI")
    content: Text | None = about(
        "The document itself, base64.", bt="BT-125", edifact="UNO, UNP", ubl="cac:Attachment/cbc:EmbeddedDocumentBinaryObject"
    )
    mime: Code | None = about("Its media type.", ubl="cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode")
    filename: Text | None = about("Its file name.", ubl="cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename")


class Instance(Part):
    """The very goods: lot, serial numbers, dates."""

    lot: Text | None = about("Lot or batch.", edifact="GIN+BX", ubl="cac:LotIdentification/cbc:LotNumberID")
    serials: list[Text] | None = about("Serial numbers.", edifact="GIN+BN", ubl="cbc:SerialID")
    best_before: Moment | None = about("Best before.", edifact="DTM+361", ubl="cbc:BestBeforeDate")
    expiry: Moment | None = about("Not to be used after.", edifact="DTM+36", ubl="cac:LotIdentification/cbc:ExpiryDate")
    produced: Moment | None = about("When it was made.", edifact="DTM+94", ubl="cbc:ManufactureDate")
    quantity: Decimal | None = about("How many of the line, where instances differ.", edifact="QTY+12")


class Hazard(Part):
    """What makes the goods dangerous."""

    un: Text | None = about("UN number.", edifact="DGS C234.7124", ubl="cbc:UNDGCode")
    code: Code | None = about("Hazard class.", edifact="DGS C205.8351", ubl="cbc:HazardousCategoryCode")


class Measures(Part):
    """Weight and size; each with its unit, UN/ECE Rec 20."""

    gross_weight: Decimal | None = about("Gross weight.", edifact="MEA+PD+AAB, G", ubl="cbc:GrossWeightMeasure")
    net_weight: Decimal | None = about("Net weight.", edifact="MEA+PD+AAA, N", ubl="cbc:NetWeightMeasure")
    weight_unit: Code | None = about("Unit of the weights.", edifact="MEA C174.6411", ubl="@unitCode")
    volume: Decimal | None = about("Volume.", edifact="MEA+PD+AAW", ubl="cbc:GrossVolumeMeasure")
    volume_unit: Code | None = about("Unit of the volume.", edifact="MEA C174.6411", ubl="@unitCode")


class Shipment(Measures):
    """The consignment as a whole."""

    id: Text | None = about("Number of the shipment.", edifact="RFF+CN", ubl="cbc:ID")
    tracking: Text | None = about("Number to track it by.", edifact="RFF+CR", ubl="cac:Consignment/cbc:CarrierAssignedID")
    package_count: Decimal | None = about("Number of packages.", edifact="CNT+11", ubl="cbc:TotalTransportHandlingUnitQuantity")
    unit_count: Decimal | None = about("Number of goods in them.", edifact="CNT+1", ubl="cbc:TotalGoodsItemQuantity")


class HandlingUnit(Measures):
    """A pallet, case or parcel. The list is flat; `parent` makes it a tree."""

    id: Text = about("Number within the message.", edifact="CPS 7164", ubl="cbc:ID", required=True)
    parent: Text | None = about("The unit it stands in or on.", edifact="CPS 7166", ubl="nesting of cac:Package")
    level: Code | None = about(
        "Level of packing (7075): 1 inner, 2 intermediate, 3 outer, 4 none; `shipment` for the root.", edifact="CPS 7075"
    )
    sscc: Text | None = about("Serial Shipping Container Code, 18 digits.", edifact="GIN+BJ", ubl="cbc:ID[@schemeID='SSCC']")
    type: Code | None = about("Kind of package (7065).", edifact="PAC C202.7065", ubl="cbc:TransportHandlingUnitTypeCode")
    count: Decimal | None = about("Number of such packages.", edifact="PAC 7224", ubl="cac:Package/cbc:Quantity")
    height: Decimal | None = about("Height.", edifact="MEA+PD+HT", ubl="cac:MeasurementDimension")
    width: Decimal | None = about("Width.", edifact="MEA+PD+WD", ubl="cac:MeasurementDimension")
    length: Decimal | None = about("Length.", edifact="MEA+PD+LN", ubl="cac:MeasurementDimension")
    size_unit: Code | None = about("Unit of height, width and length.", edifact="MEA C174.6411", ubl="@unitCode")
    marks: list[Text] | None = about("What is written on it.", edifact="PCI C210.7102", ubl="cbc:ShippingMarks")
    handling_codes: list[Code] | None = about("How it is to be handled (4079).", edifact="HAN C524.4079", ubl="cbc:HandlingCode")
    returnable: Bool | None = about(
        "Whether the package comes back.", edifact="PAC C531.7073", ubl="cac:Package/cbc:ReturnableMaterialIndicator"
    )
    hazardous: Bool | None = about("Whether there is something dangerous in it.", ubl="cbc:HazardousRiskIndicator")
