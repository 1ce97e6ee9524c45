"""What it costs: prices, taxes, allowances and charges, payment and totals. Amounts are in the document's currency."""

from __future__ import annotations

from edi.documents.parties import BankAccount
from edi.documents.scalars import Bool, Code, Decimal, Moment, Part, Text, about


class Tax(Part):
    """A tax and its rate."""

    type: Code | None = about("Kind of tax (5153); absent means VAT.", edifact="TAX C241.5153", ubl="cac:TaxScheme/cbc:ID")
    category: Code | None = about(
        "Category (5305): S standard, Z zero, E exempt, AE reverse charge …",
        bt={"allowance_charges": "BT-95 / BT-102", "lines": "BT-151"},
        edifact="TAX 5305",
        ubl="cbc:ID",
    )
    rate: Decimal | None = about(
        "Rate in percent.", bt={"allowance_charges": "BT-96 / BT-103", "lines": "BT-152"}, edifact="TAX C243.5278", ubl="cbc:Percent"
    )
    exemption_code: Code | None = about("Why no tax is due, as a VATEX code.", ubl="cbc:TaxExemptionReasonCode")
    exemption_reason: Text | None = about("Why no tax is due, in words.", ubl="cbc:TaxExemptionReason")


class TaxSubtotal(Part):
    """The amounts of one tax category and rate."""

    type: Code | None = about("Kind of tax (5153); absent means VAT.", edifact="TAX C241.5153", ubl="cac:TaxCategory/cac:TaxScheme/cbc:ID")
    category: Code | None = about("Category (5305).", bt="BT-118", edifact="TAX 5305", ubl="cac:TaxCategory/cbc:ID")
    rate: Decimal | None = about("Rate in percent.", bt="BT-119", edifact="TAX C243.5278", ubl="cac:TaxCategory/cbc:Percent")
    taxable: Decimal | None = about("What the tax is computed on.", bt="BT-116", edifact="MOA+125", ubl="cbc:TaxableAmount")
    amount: Decimal | None = about("The tax.", bt="BT-117", edifact="MOA+124", ubl="cbc:TaxAmount")
    amount_accounting: Decimal | None = about("The tax in the accounting currency.", edifact="MOA+2")
    exemption_code: Code | None = about(
        "Why no tax is due, as a VATEX code.", bt="BT-121", edifact="FTX+AGM C107.4441", ubl="cac:TaxCategory/cbc:TaxExemptionReasonCode"
    )
    exemption_reason: Text | None = about(
        "Why no tax is due, in words.", bt="BT-120", edifact="FTX+AGM C108.4440", ubl="cac:TaxCategory/cbc:TaxExemptionReason"
    )


class AllowanceCharge(Part):
    """Money off or money on top. Amounts are positive; `is_charge` tells which."""

    is_charge: Bool = about(
        "True for a charge, false for an allowance.",
        bt={"": "BG-20 / BG-21", "lines": "BG-27 / BG-28"},
        edifact="ALC 5463",
        ubl="cbc:ChargeIndicator",
        required=True,
    )
    reason_code: Code | None = about(
        "Reason: 7161 for a charge; for an allowance 5189, or 7161 as EANCOM has it.",
        bt={"": "BT-98 / BT-105", "lines": "BT-140 / BT-145"},
        edifact="ALC C214.7161 (EANCOM), C552.5189 (EN 16931 allowance)",
        ubl="cbc:AllowanceChargeReasonCode",
    )
    reason: Text | None = about(
        "Reason in words.",
        bt={"": "BT-97 / BT-104", "lines": "BT-139 / BT-144"},
        edifact="ALC C214.7160 (EANCOM), C552.1230 (EN 16931 allowance)",
        ubl="cbc:AllowanceChargeReason",
    )
    percent: Decimal | None = about(
        "Percentage of the base.",
        bt={"": "BT-94 / BT-101", "lines": "BT-138 / BT-143"},
        edifact="PCD C501.5482",
        ubl="cbc:MultiplierFactorNumeric",
    )
    base: Decimal | None = about(
        "What the percentage is of.", bt={"": "BT-93 / BT-100", "lines": "BT-137 / BT-142"}, edifact="MOA+25", ubl="cbc:BaseAmount"
    )
    amount: Decimal | None = about(
        "The amount.", bt={"": "BT-92 / BT-99", "lines": "BT-136 / BT-141"}, edifact="MOA+8, 204, 23", ubl="cbc:Amount"
    )
    quantity: Decimal | None = about("Quantity it applies to.", edifact="QTY+1")
    unit: Code | None = about("Unit of that quantity, UN/ECE Rec 20.", edifact="QTY C186.6411")
    per_unit: Decimal | None = about("Rate per unit.", edifact="RTE C128.5420", ubl="cbc:PerUnitAmount")
    tax: Tax | None = about("The tax on it.", edifact="TAX", ubl="cac:TaxCategory")
    agreement: Text | None = about("Number of the agreement it rests on (1230).", edifact="ALC C552.1230")
    allowance_code: Code | None = about(
        "Kind of allowance (5189), where a special service (7161) stands in `reason_code`.", edifact="ALC C552.5189"
    )
    sequence: Code | None = about("Order of calculation (1227).", edifact="ALC 1227", ubl="cbc:SequenceNumeric")
    settlement: Code | None = about("How it is settled (4471).", edifact="ALC 4471")


class Price(Part):
    """What one base quantity costs."""

    qualifier: Code | None = about("Which price it is (5125), where a list of prices is given.", edifact="PRI C509.5125")
    net: Decimal | None = about("Net price, after all deductions.", bt="BT-146", edifact="PRI+AAA C509.5118", ubl="cbc:PriceAmount")
    gross: Decimal | None = about(
        "Price before deductions.", bt="BT-148", edifact="PRI+AAB C509.5118", ubl="cac:AllowanceCharge/cbc:BaseAmount"
    )
    discount: Decimal | None = about("Difference between the two.", bt="BT-147", edifact="MOA+509", ubl="cac:AllowanceCharge/cbc:Amount")
    base_quantity: Decimal | None = about("Quantity the price is for.", bt="BT-149", edifact="C509.5284", ubl="cbc:BaseQuantity")
    unit: Code | None = about(
        "Unit of the base quantity, UN/ECE Rec 20.", bt="BT-150", edifact="C509.6411", ubl="cbc:BaseQuantity/@unitCode"
    )
    type: Code | None = about("Kind of price (5375: CA catalogue, CT contract …).", edifact="C509.5375", ubl="cbc:PriceTypeCode")
    specification: Code | None = about("What the price is (5387: NTP net, RTP retail …).", edifact="C509.5387")


class Discount(Part):
    """Money off for paying early."""

    days: Decimal | None = about("Within so many days.", edifact="PAT C112.2152")
    date: Moment | None = about("Until this day.", edifact="DTM+12", ubl="cac:SettlementPeriod/cbc:EndDate")
    percent: Decimal | None = about("So many percent.", edifact="PCD+12", ubl="cbc:SettlementDiscountPercent")
    amount: Decimal | None = about("Or this amount.", edifact="MOA+21", ubl="cbc:SettlementDiscountAmount")


class Card(Part):
    """A payment card (BG-18)."""

    number: Text | None = about("The last digits of the card.", bt="BT-87", ubl="cbc:PrimaryAccountNumberID")
    network: Text | None = about("Network of the card.", ubl="cbc:NetworkID")
    holder: Text | None = about("Name of the holder.", bt="BT-88", ubl="cbc:HolderName")


class Payment(Part):
    """When and how it is to be paid."""

    due_date: Moment | None = about(
        "Day on which it is due.",
        bt="BT-9",
        edifact="DTM+13 in the group of PAT",
        ubl={"": "cac:PaymentMeans/cbc:PaymentDueDate", "invoice": "/cbc:DueDate"},
    )
    days: Decimal | None = about("Days after the date of the document.", edifact="PAT C112.2152")
    terms: Text | None = about("Terms of payment in words.", bt="BT-20", edifact="FTX+AAB", ubl="cac:PaymentTerms/cbc:Note")
    discounts: list[Discount] | None = about("Money off for paying early.", edifact="PAT+22", ubl="cac:PaymentTerms")
    code: Code | None = about("Means of payment (4461).", bt="BT-81", edifact="PAI C534.4461", ubl="cac:PaymentMeans/cbc:PaymentMeansCode")
    text: Text | None = about("Means of payment in words.", bt="BT-82", ubl="cac:PaymentMeans/cbc:PaymentMeansCode/@name")
    reference: Text | None = about("What the payer should quote.", bt="BT-83", edifact="RFF+PQ", ubl="cac:PaymentMeans/cbc:PaymentID")
    accounts: list[BankAccount] | None = about(
        "Accounts to pay to.", bt="BG-17", edifact="FII+BE, RB", ubl="cac:PaymentMeans/cac:PayeeFinancialAccount"
    )
    card: Card | None = about("The card it is paid with.", bt="BG-18", ubl="cac:PaymentMeans/cac:CardAccount")
    mandate: Text | None = about("Direct debit mandate.", bt="BT-89", edifact="RFF+AGA", ubl="cac:PaymentMeans/cac:PaymentMandate/cbc:ID")
    creditor_id: Text | None = about(
        "Identifier of the creditor for direct debit.", bt="BT-90", ubl="cac:PartyIdentification/cbc:ID[@schemeID='SEPA']"
    )
    debited_account: Text | None = about(
        "Account that is debited.", bt="BT-91", edifact="FII+PB", ubl="cac:PaymentMeans/cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"
    )


class Totals(Part):
    """The sums of the document (BG-22)."""

    line_net: Decimal | None = about("Sum of the net amounts of the lines.", bt="BT-106", edifact="MOA+79", ubl="cbc:LineExtensionAmount")
    allowances: Decimal | None = about(
        "Sum of the allowances of the document.", bt="BT-107", edifact="MOA+260", ubl="cbc:AllowanceTotalAmount"
    )
    charges: Decimal | None = about("Sum of the charges of the document.", bt="BT-108", edifact="MOA+259", ubl="cbc:ChargeTotalAmount")
    tax_exclusive: Decimal | None = about("Total without tax.", bt="BT-109", edifact="MOA+125, 389", ubl="cbc:TaxExclusiveAmount")
    tax: Decimal | None = about("Total of the tax.", bt="BT-110", edifact="MOA+124, 176", ubl="/cac:TaxTotal/cbc:TaxAmount")
    tax_accounting: Decimal | None = about(
        "Total of the tax in the accounting currency.", bt="BT-111", edifact="MOA+2", ubl="/cac:TaxTotal/cbc:TaxAmount"
    )
    tax_inclusive: Decimal | None = about("Total with tax.", bt="BT-112", edifact="MOA+77, 388", ubl="cbc:TaxInclusiveAmount")
    prepaid: Decimal | None = about("What was paid before.", bt="BT-113", edifact="MOA+113", ubl="cbc:PrepaidAmount")
    rounding: Decimal | None = about("What was added to round.", bt="BT-114", edifact="MOA+366", ubl="cbc:PayableRoundingAmount")
    payable: Decimal | None = about("What is to be paid.", bt="BT-115", edifact="MOA+9, 86", ubl="cbc:PayableAmount")
    discountable: Decimal | None = about("What early-payment discounts are computed on.", edifact="MOA+129")
