"""Runs in the environment of bots: translates FILE (one INVOIC) to UBL elements SECONDS long, and prints documents a second as JSON.

Arguments: WORK FILE SECONDS. What it maps is what a person would write for this invoice; no database, no namespaces, no XSD, nothing on disk.
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


def day(text):
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if text else None


def put(out, *path, **fields):
    """Fields of one element, those without a value left out."""
    kept = {name: value for name, value in fields.items() if value}
    if kept:
        steps = [{"BOTSID": name} for name in path]
        out.put(INVOICE, *steps[:-1], {**steps[-1], **kept}) if steps else out.put({**INVOICE, **kept})


def party(message, out, qualifier, role):
    for nad in message.getloop({"BOTSID": "UNH"}, {"BOTSID": "NAD", "3035": qualifier}):
        at = {"BOTSID": "NAD", "3035": qualifier}
        get = lambda name, nad=nad, at=at: nad.get({**at, name: None})  # noqa: E731 -- as bots' own scripts do
        put(out, role, "Party", EndpointID=get("C082.3039"))
        put(out, role, "Party", "PartyName", Name=get("C080.3036"))
        put(out, role, "Party", "PostalAddress", StreetName=get("C059.3042"), CityName=get("3164"), PostalZone=get("3251"))
        put(out, role, "Party", "PostalAddress", "Country", IdentificationCode=get("3207"))
        put(out, role, "Party", "PartyTaxScheme", CompanyID=nad.get(at, {"BOTSID": "RFF", "C506.1153": "VA", "C506.1154": None}))


def amount(message, qualifier):
    return message.get({"BOTSID": "UNH"}, {"BOTSID": "UNS"}, {"BOTSID": "MOA", "C516.5025": qualifier, "C516.5004": None}) or message.get(
        {"BOTSID": "UNH"}, {"BOTSID": "MOA", "C516.5025": qualifier, "C516.5004": None}
    )


def translate(message, out):
    head = {"BOTSID": "UNH"}
    date = lambda code: day(message.get(head, {"BOTSID": "DTM", "C507.2005": code, "C507.2380": None}))  # noqa: E731 -- as above
    put(
        out,
        ID=message.get(head, {"BOTSID": "BGM", "1004": None}),
        IssueDate=date("137"),
        InvoiceTypeCode="380",
        Note=message.get(head, {"BOTSID": "FTX", "C108.4440": None}),
        DocumentCurrencyCode=message.get(head, {"BOTSID": "CUX", "C504.6345": None}) or "EUR",
    )
    put(out, "OrderReference", ID=message.get(head, {"BOTSID": "RFF", "C506.1153": "ON", "C506.1154": None}))
    party(message, out, "SU", "AccountingSupplierParty")
    party(message, out, "BY", "AccountingCustomerParty")
    put(out, "LegalMonetaryTotal", PayableAmount=amount(message, "77"), LineExtensionAmount=amount(message, "79"))
    put(out, "TaxTotal", TaxAmount=amount(message, "124"))
    for line in message.getloop(head, {"BOTSID": "LIN"}):
        here = {"BOTSID": "LIN"}
        element = out.putloop(INVOICE, {"BOTSID": "InvoiceLine"})
        money = lambda code, line=line, here=here: line.get(here, {"BOTSID": "MOA", "C516.5025": code, "C516.5004": None})  # noqa: E731
        element.put({"BOTSID": "InvoiceLine", "ID": line.get({**here, "1082": None}) or "1"})
        element.put(
            {"BOTSID": "InvoiceLine", "InvoicedQuantity": line.get(here, {"BOTSID": "QTY", "C186.6063": "47", "C186.6060": None}) or "0"}
        )
        element.put({"BOTSID": "InvoiceLine", "LineExtensionAmount": money("203") or "0"})
        item = {"BOTSID": "Item", "Name": line.get(here, {"BOTSID": "IMD", "C273.7008": None}) or "-"}
        element.put({"BOTSID": "InvoiceLine"}, item)
        gtin = line.get({**here, "C212.7140": None})
        element.put({"BOTSID": "InvoiceLine"}, {"BOTSID": "Item"}, {"BOTSID": "StandardItemIdentification", "ID": gtin or "-"})
        seller = line.get(here, {"BOTSID": "PIA", "4347": "1", "C212.7140": None})
        element.put({"BOTSID": "InvoiceLine"}, {"BOTSID": "Item"}, {"BOTSID": "SellersItemIdentification", "ID": seller or "-"})
        price = line.get(here, {"BOTSID": "PRI", "C509.5125": "AAA", "C509.5118": None})
        element.put({"BOTSID": "InvoiceLine"}, {"BOTSID": "Price", "PriceAmount": price or "0"})
        order = line.get(here, {"BOTSID": "RFF", "C506.1153": "ON", "C506.1154": None})
        element.put({"BOTSID": "InvoiceLine"}, {"BOTSID": "OrderLineReference", "ID": order or "-"})
        rate = line.get(here, {"BOTSID": "TAX", "5283": "7", "C243.5278": None})
        element.put({"BOTSID": "InvoiceLine"}, {"BOTSID": "Item"}, {"BOTSID": "ClassifiedTaxCategory", "Percent": rate or "0"})


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
count, start = 0, time.perf_counter()
while (spent := time.perf_counter() - start) < seconds:
    one()
    count += 1
print(json.dumps({"rate": count / spent, "bytes": len(warm), "output": warm.decode()}))
