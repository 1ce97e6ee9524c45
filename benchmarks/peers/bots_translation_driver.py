"""Runs in the environment of bots: translates FILE (one INVOIC) to UBL elements SECONDS long, and prints documents a second of processor time as JSON.

Arguments: WORK FILE SECONDS. What it maps is every value that ours maps; no database, no namespaces, no XSD, nothing on disk.
"""

import json
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from bots_setup import inmessage, outmessage, set_up

work, file, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
set_up(work)

INVOICE = {"BOTSID": "Invoice"}
HEAD = {"BOTSID": "UNH"}
LINE = {"BOTSID": "LIN"}
SUMMARY_TAX = {"BOTSID": "TAX", "BOTSIDnr": "2"}
"""The second place of TAX in the message, as bots counts them."""
VAT = {"ID": "VAT"}


def day(text):
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if text else None


def put(out, *path, **fields):
    """Fields of one element, those without a value left out; `Amount__currencyID` is an attribute."""
    kept = {name: value for name, value in fields.items() if value}
    if kept:
        *above, last = path
        out.put(*({"BOTSID": name} for name in above), {"BOTSID": last, **kept})


def money(currency, **amounts):
    """Amounts, each with its currency where there is one."""
    found = {}
    for name, value in amounts.items():
        if value:
            found |= {name: value, f"{name}__currencyID": currency}
    return found


def moa(code):
    return {"BOTSID": "MOA", "C516.5025": code, "C516.5004": None}


def date(code):
    return {"BOTSID": "DTM", "C507.2005": code, "C507.2380": None}


def party(message, out, qualifier, role):
    at = {"BOTSID": "NAD", "3035": qualifier}
    whole = ("Invoice", role, "Party")
    for nad in message.getloop(HEAD, at):
        get = lambda name, nad=nad: nad.get({**at, name: None})  # noqa: E731 -- as bots' own scripts do
        put(out, *whole, "PartyIdentification", ID=get("C082.3039"), ID__schemeID="0088")
        put(out, *whole, "PostalAddress", StreetName=get("C059.3042"), CityName=get("3164"), PostalZone=get("3251"))
        put(out, *whole, "PostalAddress", "Country", IdentificationCode=get("3207"))
        vat_id = nad.get(at, {"BOTSID": "RFF", "C506.1153": "VA", "C506.1154": None})
        if vat_id:
            put(out, *whole, "PartyTaxScheme", CompanyID=vat_id)
            put(out, *whole, "PartyTaxScheme", "TaxScheme", **VAT)
        put(out, *whole, "PartyLegalEntity", RegistrationName=get("C080.3036"))


def amount(message, code):
    return message.get(HEAD, moa(code))


def translate(message, out):
    currency = message.get(HEAD, {"BOTSID": "CUX", "C504.6345": None}) or "EUR"
    order = {"BOTSID": "RFF", "C506.1153": "ON"}
    put(
        out,
        "Invoice",
        ID=message.get(HEAD, {"BOTSID": "BGM", "1004": None}),
        IssueDate=day(message.get(HEAD, date("137"))),
        DueDate=day(message.get(HEAD, {"BOTSID": "PAT"}, date("13"))),
        InvoiceTypeCode=message.get(HEAD, {"BOTSID": "BGM", "C002.1001": None}),
        Note=message.get(HEAD, {"BOTSID": "FTX", "C108.4440": None}),
        DocumentCurrencyCode=currency,
    )
    number = message.get(HEAD, {**order, "C506.1154": None})
    put(out, "Invoice", "OrderReference", ID=number, IssueDate=day(message.get(HEAD, order, date("171"))))
    party(message, out, "SU", "AccountingSupplierParty")
    party(message, out, "BY", "AccountingCustomerParty")
    totals(message, out, currency)
    for line in message.getloop(HEAD, LINE):
        translate_line(line, out.putloop(INVOICE, {"BOTSID": "InvoiceLine"}), currency)


def totals(message, out, currency):
    put(out, "Invoice", "TaxTotal", **money(currency, TaxAmount=amount(message, "124")))
    for tax in message.getloop(HEAD, SUMMARY_TAX):
        one = lambda code, tax=tax: tax.get(SUMMARY_TAX, moa(code))  # noqa: E731 -- as above
        whole = ("Invoice", "TaxTotal", "TaxSubtotal")
        put(out, *whole, **money(currency, TaxableAmount=one("125"), TaxAmount=one("124")))
        put(out, *whole, "TaxCategory", ID=tax.get({**SUMMARY_TAX, "5305": None}), Percent=tax.get({**SUMMARY_TAX, "C243.5278": None}))
        put(out, *whole, "TaxCategory", "TaxScheme", **VAT)
    found = {"LineExtensionAmount": "79", "TaxInclusiveAmount": "77", "PayableAmount": "9"}
    put(out, "Invoice", "LegalMonetaryTotal", **money(currency, **{name: amount(message, code) for name, code in found.items()}))


def translate_line(line, out, currency):
    get = lambda **fields: line.get({**LINE, **fields})  # noqa: E731 -- as above
    below = lambda tag, **fields: line.get(LINE, {"BOTSID": tag, **fields})  # noqa: E731 -- as above
    quantity, unit = below("QTY", **{"C186.6063": "47", "C186.6060": None}), below("QTY", **{"C186.6063": "47", "C186.6411": None})
    whole = "InvoiceLine"
    put(
        out,
        whole,
        ID=get(**{"1082": None}),
        InvoicedQuantity=quantity,
        InvoicedQuantity__unitCode=UNITS.get(unit, unit),
        **money(currency, LineExtensionAmount=line.get(LINE, moa("203"))),
    )
    put(out, whole, "OrderLineReference", LineID=below("RFF", **{"C506.1153": "ON", "C506.1156": None}))
    put(out, whole, "OrderLineReference", "OrderReference", ID=below("RFF", **{"C506.1153": "ON", "C506.1154": None}))
    charge = {"BOTSID": "ALC"}
    put(
        out,
        whole,
        "AllowanceCharge",
        ChargeIndicator={"A": "false", "C": "true"}.get(line.get(LINE, {**charge, "5463": None})),
        MultiplierFactorNumeric=line.get(LINE, charge, {"BOTSID": "PCD", "C501.5245": "3", "C501.5482": None}),
        **money(currency, Amount=line.get(LINE, charge, moa("8"))),
    )
    put(out, whole, "Item", Name=below("IMD", **{"7077": "F", "C273.7008": None}))
    put(out, whole, "Item", "BuyersItemIdentification", ID=below("PIA", **{"4347": "1", "C212#2.7143": "IN", "C212#2.7140": None}))
    put(out, whole, "Item", "SellersItemIdentification", ID=below("PIA", **{"4347": "1", "C212.7143": "SA", "C212.7140": None}))
    put(out, whole, "Item", "StandardItemIdentification", ID=get(**{"C212.7140": None}), ID__schemeID="0160")
    tax = lambda name: below("TAX", **{"5283": "7", name: None})  # noqa: E731 -- as above
    put(out, whole, "Item", "ClassifiedTaxCategory", ID=tax("5305"), Percent=tax("C243.5278"))
    put(out, whole, "Item", "ClassifiedTaxCategory", "TaxScheme", **VAT)
    price = lambda name: below("PRI", **{"C509.5125": "AAA", name: None})  # noqa: E731 -- as above
    unit = price("C509.6411")
    base = {"BaseQuantity": price("C509.5284"), "BaseQuantity__unitCode": UNITS.get(unit, unit)}
    put(out, whole, "Price", **money(currency, PriceAmount=price("C509.5118")), **base)


UNITS = {"PCE": "C62"}


def one():
    """Parse, validate, map and write one invoice."""
    found = inmessage.parse_edi_file(editype="edifact", messagetype="edifact", filename=str(file))
    if found.errorfatal:
        sys.exit(f"bots does not read it: {found.errorlist[:2]}")
    made = b""
    for message in found.nextmessage():
        out = outmessage.outmessage_init(
            editype="xmlnocheck", messagetype="xmlnocheck", filename="", charset="utf-8", merge=False, attributemarker="__"
        )
        translate(message, out)
        made = ET.tostring(out._node2xml(out.root))
    return made


warm = one()
count, start = 0, time.process_time()
while (spent := time.process_time() - start) < seconds:
    one()
    count += 1
print(json.dumps({"rate": count / spent, "bytes": len(warm), "output": warm.decode()}))
