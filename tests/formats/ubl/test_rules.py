"""Which rules apply, and what their reports become."""

from __future__ import annotations

from datetime import date

import pytest

from edi.errors import ConfigError
from edi.findings import Severity
from edi.formats.ubl import reader, rules
from edi.formats.ubl.rules import Applies, RuleSet
from tests.formats.ubl.invoices import CAC, CBC, INVOICE, invoice
from tests.formats.ubl.rule_running import SCHEMA

DAY = date(2026, 11, 22)
BILLING = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"


def rule_set(name: str, first: date | None = None, last: date | None = None, **applies: str) -> RuleSet:
    return RuleSet(id=name, format="xslt", file="r.xslt", sha256="", valid_from=first, valid_to=last, applies=(Applies(**applies),))


def selected(*sets: RuleSet, kind: str = "Invoice", customization: str = BILLING, profile: str = "p", day: date = DAY) -> list[str]:
    return [found.id for found in rules.select(sets, kind=kind, customization=customization, profile=profile, day=day)]


def test_rules_are_chosen_by_document_customisation_and_profile() -> None:
    sets = (
        rule_set("eu.cen:en16931:1", customization="urn:cen.eu:en16931:2017*"),
        rule_set("eu.peppol:invoice:1", document="Invoice", customization=BILLING),
        rule_set("eu.peppol:order:1", document="Order"),
        rule_set("org.other:invoice:1", profile="q"),
    )

    assert selected(*sets) == ["eu.cen:en16931:1", "eu.peppol:invoice:1"]


def test_of_a_family_the_newest_valid_version_is_taken_by_number() -> None:
    sets = (rule_set("a:b:2026.5"), rule_set("a:b:2026.11"), rule_set("a:b:2027.1", first=date(2027, 1, 1)))

    assert selected(*sets) == ["a:b:2026.11"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 5, 14), []), (date(2026, 5, 15), ["a:b:1"]), (date(2026, 11, 14), ["a:b:1"]), (date(2026, 11, 15), [])],
)
def test_both_dates_are_included(day: date, expected: list[str]) -> None:
    assert selected(rule_set("a:b:1", date(2026, 5, 15), date(2026, 11, 14)), day=day) == expected


@pytest.mark.parametrize("text", ["", "a", "a:b", "a:b:", "a::b", "../x:y:z", "a b:c:d", "a:b:c/d"])
def test_an_id_names_owner_purpose_and_version(text: str) -> None:
    with pytest.raises(ConfigError):
        rules.check_id(text)


def test_x19_a_customisation_nobody_has_rules_for_is_a_warning() -> None:
    document = reader.read(invoice(head="<cbc:CustomizationID>urn:new</cbc:CustomizationID>")).value
    assert document is not None

    found = rules.unknown_customization([rule_set("a:b:1", customization="urn:old*")], document)

    assert found is not None
    assert (found.code, found.severity, found.value) == ("ubl.unknown_customization", Severity.WARNING, "urn:new")
    assert rules.unknown_customization([rule_set("a:b:1", customization="urn:n*")], document) is None
    assert rules.unknown_customization([rule_set("a:b:1")], document) is None


class Fixed:
    """A runner that always says the same."""

    def __init__(self, report: str) -> None:
        self.report = report

    def run(self, rule_set: str, document: bytes) -> tuple[dict[str, str], ...]:
        assert b"<Invoice" in document
        return tuple(dict(entry) for entry in rules.failures(self.report.encode()))


LOCATIONS = [
    f"/{{{INVOICE}}}Invoice[1]/{{{CAC}}}InvoiceLine[2]/{{{CBC}}}ID[1]",
    f"/*:Invoice[namespace-uri()='{INVOICE}'][1]/*:InvoiceLine[namespace-uri()='{CAC}'][2]/*:ID[namespace-uri()='{CBC}'][1]",
    "/Invoice/cac:InvoiceLine[2]/cbc:ID",
]


@pytest.mark.parametrize("location", LOCATIONS)
def test_x18_a_fatal_rule_becomes_an_error_with_its_id_and_place(location: str) -> None:
    report = (
        f'<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl"><svrl:fired-rule context="x"/>'
        f'<svrl:failed-assert id="BR-12" flag="fatal" location="{location}"><svrl:text>An invoice \n   shall.</svrl:text></svrl:failed-assert></svrl:schematron-output>'
    )
    document = reader.read(invoice(lines=2).replace(b"<cac:InvoiceLine>", b"\n<cac:InvoiceLine>"), source="r.xml").value
    assert document is not None

    found = rules.validate(document, [rule_set("a:b:1")], Fixed(report))

    assert [(finding.code, finding.answer, finding.severity, finding.text) for finding in found] == [
        ("rule.BR-12", "BR-12", Severity.ERROR, "An invoice shall.")
    ]
    assert (found[0].where.path, found[0].where.line) == ("/Invoice/cac:InvoiceLine[2]/cbc:ID", 3)


@pytest.mark.parametrize(
    ("flag", "severity"),
    [
        ("fatal", Severity.ERROR),
        ("error", Severity.ERROR),
        ("", Severity.ERROR),
        ("warning", Severity.WARNING),
        ("Warning", Severity.WARNING),
        ("information", Severity.INFO),
    ],
)
def test_flags_become_severities(flag: str, severity: Severity) -> None:
    document = reader.read(invoice()).value
    assert document is not None

    found = rules.findings(document, [{"id": "X", "flag": flag, "text": "t", "location": "/nowhere/else"}], "a:b:1")

    assert [(finding.severity, finding.where.path) for finding in found] == [(severity, "/nowhere/else")]


def test_compiled_rules_are_taken_as_they_are_and_nothing_else() -> None:
    sheet = b'<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="2.0"/>'

    assert rules.stylesheet(rule_set("a:b:1"), sheet) == sheet
    with pytest.raises(ConfigError):
        rules.stylesheet(rule_set("a:b:1"), SCHEMA.format("").encode())
    with pytest.raises(ConfigError):
        rules.stylesheet(rule_set("a:b:1"), b"<!DOCTYPE x>" + sheet)
