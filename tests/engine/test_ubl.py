"""UBL through the engine: business rules of both directions (X18, X19), an invoice number that came before (X20), the wrong supplier (X21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from edi.channels import kinds
from edi.engine import configuration
from edi.engine import rules as engine_rules
from edi.engine.rules import RuleFolder
from edi.engine.translate import Mappings
from edi.findings import Finding
from edi.formats.ubl.rules import Applies, RuleSet
from edi.mapping.source import shipped_files
from edi.store import audit
from edi.store.findings_text import from_json
from edi.workspace.loader import load
from tests.engine.house import FILES, House, StillClock, WorkspaceChannels, invoice
from tests.engine.look import messages, rows, states
from tests.formats.ubl.invoices import enveloped
from tests.formats.ubl.rule_running import needs_saxon

GLOBEX = """\
partner: globex
name: Globex
status: live
ids: [{gln: '4098765000010'}, {vat: DE223344551}, {peppol: '0088:4098765000010'}]
agreements:
  - {kind: invoice, direction: in, message: 'Invoice:2.1', RULES}
  - {kind: invoice, direction: out, message: 'Invoice:2.1', RULES}
"""
ROUTES = """\
  - route: globex-invoices
    from: {channel: globex-in, kind: invoice}
    read: ubl-invoice
    to: [{write: erp-invoice, channel: erp-out}]
  - route: to-globex
    from: {channel: erp-in, kind: invoice, partner: globex}
    read: erp-invoice
    to: [{write: ubl-invoice, channel: globex-out}]
"""
MAPPINGS = ("orders-eancom", "erp-order", "erp-invoice", "invoic-eancom", "ubl-invoice")
UBL = "urn:oasis:names:specification:ubl:schema:xsd"
SUPPLIER = (
    "<cbc:EndpointID schemeID='0088'>{gln}</cbc:EndpointID><cac:PartyName><cbc:Name>Globex</cbc:Name></cac:PartyName>"
    "<cac:PartyTaxScheme><cbc:CompanyID>{vat}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
)
CUSTOMER = "<cac:PartyIdentification><cbc:ID schemeID='0088'>4012345500004</cbc:ID></cac:PartyIdentification><cac:PartyName><cbc:Name>Muster</cbc:Name></cac:PartyName>"
SCHEMATRON = (
    b'<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="cbc" uri="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"/>'
    b'<ns prefix="u" uri="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/><pattern><rule context="u:Invoice">'
    b'<assert id="G-1" flag="fatal" test="not(starts-with(cbc:ID, \'BAD\'))">A number must not begin with BAD</assert>'
    b'<assert id="G-2" flag="warning" test="not(starts-with(cbc:ID, \'ODD\'))">A number should not begin with ODD</assert></rule></pattern></schema>'
)


def ubl(
    number: str = "G-7", *, gln: str = "4098765000010", vat: str = "DE223344551", net: str = "10.00", custom: str = "urn:globex"
) -> bytes:
    """An invoice from Globex to us."""
    amount = f"currencyID='EUR'>{net}</cbc:"
    return (
        f"<Invoice xmlns='{UBL}:Invoice-2' xmlns:cac='{UBL}:CommonAggregateComponents-2' xmlns:cbc='{UBL}:CommonBasicComponents-2'>"
        f"<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:CustomizationID>{custom}</cbc:CustomizationID><cbc:ID>{number}</cbc:ID>"
        "<cbc:IssueDate>2026-11-22</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
        f"<cac:AccountingSupplierParty><cac:Party>{SUPPLIER.format(gln=gln, vat=vat)}</cac:Party></cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty><cac:Party>{CUSTOMER}</cac:Party></cac:AccountingCustomerParty>"
        f"<cac:LegalMonetaryTotal><cbc:LineExtensionAmount {amount}LineExtensionAmount><cbc:PayableAmount {amount}PayableAmount></cac:LegalMonetaryTotal>"
        f"<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode='H87'>2</cbc:InvoicedQuantity><cbc:LineExtensionAmount {amount}LineExtensionAmount>"
        "<cac:Item><cbc:Name>Schraube</cbc:Name></cac:Item></cac:InvoiceLine></Invoice>"
    ).encode()


Make = Callable[..., House]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a house that trades UBL with Globex by the shipped mappings; rules of installed packages stay out of it."""
    monkeypatch.setattr(engine_rules, "carried", tuple)
    made: list[House] = []

    def build(agreed: str = "rules: auto", *, rule_sets: bool = True) -> House:
        changes = {
            "routes.yaml": FILES["routes.yaml"] + ROUTES,
            "partners/globex.yaml": GLOBEX.replace("RULES", agreed),
            "channels/globex-in.yaml": "channel: globex-in\nkind: directory\ndirection: in\npartner: globex\nfolder: data/globex/in\n",
            "channels/globex-out.yaml": "channel: globex-out\nkind: directory\ndirection: out\npartner: globex\nfolder: data/globex/out\n",
        }
        for name in ("globex/in", "globex/out"):
            (tmp_path / "data" / name).mkdir(parents=True)
        for mapping in MAPPINGS:
            found = shipped_files(mapping)
            assert found is not None
            changes[f"mappings/{mapping}.map.yaml"] = found[1]
        if rule_sets:
            add_rule_sets(tmp_path)
        clock = StillClock()
        house = House(tmp_path, changes=changes, clock=clock)
        house.engine.close()
        house.translator = Mappings(house.engine.context.workspace, clock)  # type: ignore[assignment]  # the real one
        house.again()
        made.append(house)
        return house

    yield build
    for house in made:
        house.engine.close()


def add_rule_sets(folder: Path) -> None:
    """What `edi rules add` leaves."""
    for day, version in ((date(2026, 1, 1), "1"), (date(2027, 1, 1), "2")):
        applies = (Applies(document="Invoice", customization="urn:globex"),)
        digest = sha256(SCHEMATRON).hexdigest()
        entry = RuleSet(id=f"a:g:{version}", format="schematron", file=f"{version}.sch", sha256=digest, valid_from=day, applies=applies)
        RuleFolder(folder).add(entry, SCHEMATRON)


def findings(house: House) -> tuple[Finding, ...]:
    return from_json(rows(house, "message")[-1].findings)


def codes(house: House) -> list[str]:
    return [finding.code for finding in findings(house) if finding.code.startswith(("rule.", "ubl.", "origin."))]


@needs_saxon
def test_x18_a_fatal_rule_holds_an_invoice_and_names_the_rule(make: Make) -> None:
    house = make()
    house.drop("a.xml", ubl("BAD-1"), channel="globex/in")
    house.drop("b.xml", ubl("G-2"), channel="globex/in")
    house.engine.run_once()

    assert ["delivered", "invalid"] == sorted(states(house, "message"))
    assert 1 == len(house.files("erp/out"))
    [found] = [one for row in rows(house, "message") for one in from_json(row.findings) if one.code == "rule.G-1"]
    assert ("A number must not begin with BAD", "/Invoice", "G-1") == (found.text, found.where.path, found.answer)


@needs_saxon
def test_a_rule_that_only_warns_is_noted_and_the_invoice_goes_on(make: Make) -> None:
    house = make()
    house.drop("a.xml", ubl("ODD-1"), channel="globex/in")
    house.engine.run_once()

    assert ["delivered"] == states(house, "message")
    assert ["rule.G-2"] == codes(house)


@needs_saxon
def test_an_invoice_of_ours_that_a_rule_is_against_is_not_sent(make: Make) -> None:
    house = make("rules: ['a:g']")
    more = b'"totals": {"payable": "120.00"}, "lines": [{"item": {"name": "Schraube"}, '
    ours = invoice("BAD-9").replace(b"4054321000009", b"4098765000010").replace(b'"lines": [{', more)
    house.drop("a.json", ours, channel="erp/in")
    house.drop("b.json", ours.replace(b"BAD-9", b"R-9"), channel="erp/in")
    house.engine.run_once()

    assert ["delivered", "map_failed"] == sorted(states(house, "message"))
    assert 1 == len(house.files("globex/out"))
    [reason] = [line.reason for line in messages(house) if line.state == "map_failed"]
    assert reason == "our own output: A number must not begin with BAD"


def test_x19_a_customisation_no_rule_set_knows_is_a_warning(make: Make) -> None:
    house = make()
    house.drop("a.xml", ubl(custom="urn:other"), channel="globex/in")
    house.engine.run_once()

    assert ["delivered"] == states(house, "message")
    assert ["ubl.unknown_customization"] == codes(house)


def test_without_rule_sets_a_note_says_that_no_rules_were_checked(make: Make) -> None:
    house = make(rule_sets=False)
    house.drop("a.xml", ubl(), channel="globex/in")
    house.engine.run_once()

    assert ["delivered"] == states(house, "message")
    assert ["ubl.rules_not_checked"] == codes(house)


def test_without_saxonche_a_note_says_so_and_the_invoice_goes_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_rules, "is_available", lambda: False)
    house = make()
    house.drop("a.xml", ubl("BAD-1"), channel="globex/in")
    house.engine.run_once()

    assert ["delivered"] == states(house, "message")
    [found] = [one for one in findings(house) if one.code == "ubl.rules_not_checked"]
    assert "business rules were not checked: business rules need the package saxonche" == found.text


def test_rules_that_are_not_wanted_do_not_run(make: Make) -> None:
    house = make("rules: none")
    house.drop("a.xml", ubl("BAD-1"), channel="globex/in")
    house.engine.run_once()

    assert (["delivered"], []) == (states(house, "message"), codes(house))


@needs_saxon
def test_a_rule_set_that_was_named_and_is_not_there_holds_the_invoice(make: Make) -> None:
    house = make("rules: ['a:g:2']")
    house.drop("a.xml", ubl(), channel="globex/in")
    house.engine.run_once()

    assert ["map_failed"] == states(house, "message")
    assert "no rule set 'a:g:2' is valid on 2026-11-24" == messages(house)[0].reason


def test_x20_an_invoice_number_the_supplier_used_before_is_held_or_a_duplicate(make: Make) -> None:
    house = make("rules: none")
    for name, content in (("a.xml", ubl()), ("b.xml", ubl() + b"\n"), ("c.xml", ubl(net="11.00"))):
        house.drop(name, content, channel="globex/in")
        house.engine.run_once()

    assert ["delivered", "duplicate", "conflict"] == states(house, "message")
    assert 1 == len(house.files("erp/out"))
    assert "invoice 'G-7' came before, as M1, with other content" == messages(house)[0].reason


WRONG = {
    "the endpoint of another partner": {"gln": "4054321000009"},
    "another endpoint": {"gln": "4098765000027"},
    "another VAT number": {"vat": "DE000000000"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_x21_a_supplier_who_is_not_the_partner_of_the_channel_is_refused(make: Make, wrong: dict[str, str]) -> None:
    house = make("rules: none")
    house.drop("a.xml", ubl(**wrong), channel="globex/in")
    house.engine.run_once()

    assert {} == house.files("erp/out")
    assert ["origin.mismatch"] == codes(house)


def test_x26_an_envelope_whose_instance_identifier_came_before_is_a_duplicate_or_a_conflict(make: Make) -> None:
    house = make("rules: none")
    envelopes = [enveloped(ubl(number), instance=instance) for number, instance in (("G-7", "a"), ("G-7", "a"), ("G-8", "a"), ("G-9", "b"))]
    for content in envelopes:
        house.drop("a.xml", content, channel="globex/in")
        house.engine.run_once()

    assert ["accepted", "duplicate", "conflict", "accepted"] == states(house, "interchange")
    assert ["delivered", "held", "delivered"] == states(house, "message")
    assert 2 == len(house.files("erp/out"))


def test_x26_an_envelope_that_announces_another_document_is_refused(make: Make) -> None:
    house = make("rules: none")
    house.drop("a.xml", enveloped(ubl(), kind="CreditNote"), channel="globex/in")
    house.engine.run_once()

    assert {} == house.files("erp/out")
    assert ["invalid"] == states(house, "message")


@needs_saxon
def test_p39_rule_sets_that_were_added_hold_when_the_files_are_taken_and_not_before(make: Make) -> None:
    house = make(rule_sets=False)
    house.drop("a.xml", ubl("BAD-1"), channel="globex/in")
    house.engine.run_once()
    add_rule_sets(house.folder)
    house.drop("b.xml", ubl("BAD-2"), channel="globex/in")
    house.engine.run_once()
    assert ["delivered", "delivered"] == states(house, "message")

    context = house.engine.context
    workspace = load(house.folder, kinds={name: kinds()[name].Settings for name in ("directory", "email")})
    house.engine.take(house.engine.candidate(workspace, WorkspaceChannels(workspace), Mappings(workspace, context.clock)))
    configuration.note(house.engine.context)
    house.drop("c.xml", ubl("BAD-3"), channel="globex/in")
    house.engine.run_once()

    assert ["delivered", "delivered", "invalid"] == states(house, "message")
    with house.engine.context.store.reading() as view:
        taken = [one.event.detail["before"] for one in audit.entries(view.connection, ["workspace"])]
    assert taken == [None]
