"""Checks of the tax breakdown against lines, allowances and charges, after the rules BR-S-*, BR-Z-* and so on of EN 16931.

And of what an invoice must say that claims to be one after EN 16931 (BR-CO-03 to BR-CO-26, BR-53); others are not asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from edi.documents.checks_reading import Document, error, items, lines, number, part, text, warning
from edi.findings import Finding

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
UNTAXED: Final = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""Categories (5305) without tax: zero rate, exempt, reverse charge, intra-community supply, export, outside the scope."""
RULES: Final = {"K": "IC", "L": "AF", "M": "AG"}
"""What EN 16931 calls the rules of a category, where that is not its code."""
WITH_REASON: Final = frozenset({"E", "AE", "K", "G", "O"})
EN16931: Final = "urn:cen.eu:en16931"
INVOICES: Final = frozenset({"invoice", "credit_note"})

Group = tuple[str, Decimal | None]
"""Category and rate; no rate is as good as none percent for the categories without tax."""


def tax_bases(document: Document) -> Iterator[Finding]:
    """BR-S-08 and its kin: each base is the sum of what is taxed so. Only where every part says how it is taxed."""
    taxed = _taxed(document)
    entries = [one for one in items(document, "tax_breakdown") if text(one, "type") in {None, "VAT"}]
    if taxed is None or not entries:
        return
    stated = {_group(one): (index, one) for index, one in enumerate(items(document, "tax_breakdown")) if one in entries}
    for group, (index, one) in stated.items():
        base, expected = number(one, "taxable"), taxed.get(group, ZERO)
        if base is None or abs(base - expected) <= CENT:
            continue
        make = error if document.get("kind") in INVOICES and abs(base - expected) >= 1 else warning
        sentence = f"lines, allowances and charges taxed {_said(group)} make {expected}, the base says {base} ({_rule(group[0], 8)})"
        path = f"tax_breakdown[{index}].taxable"
        yield make(
            "tax_base", sentence, path, value=base, expected=expected, hint="compare the amounts with the sender; one of them is wrong"
        )
    for group in taxed:
        if group not in stated:
            sentence = f"something is taxed {_said(group)}, and the tax breakdown does not have that"
            yield warning("tax_group_missing", sentence, "tax_breakdown", value=_said(group))


def _taxed(document: Document) -> dict[Group, Decimal] | None:
    """What the parts of the document make by category and rate; None where a part does not say its tax or amount."""
    parts = [(line.get("tax"), number(line, "net_amount")) for _, line in lines(document) if "parent_line" not in line]
    for one in items(document, "allowance_charges"):
        amount = number(one, "amount")
        parts.append((one.get("tax"), amount if amount is None or one.get("is_charge") is True else -amount))
    found: dict[Group, Decimal] = {}
    for tax, amount in parts:
        if not isinstance(tax, dict) or amount is None or text(tax, "category") is None or text(tax, "type") not in {None, "VAT"}:
            return None
        found[_group(tax)] = found.get(_group(tax), ZERO) + amount
    return found


def _group(tax: Document) -> Group:
    category, rate = text(tax, "category") or "", number(tax, "rate")
    return category, rate.normalize() if rate is not None and category not in UNTAXED else None


def _rule(category: str | None, number_of_rule: int) -> str:
    """`BR-S-08`."""
    return f"BR-{RULES.get(category or '', category)}-{number_of_rule:02}"


def _said(group: Group) -> str:
    return f"{group[0]}" if group[1] is None else f"{group[0]} at {group[1]:f} %"


def untaxed_categories(document: Document) -> Iterator[Finding]:
    """BR-Z-09 and its kin: where nothing is taxed the tax is nothing."""
    for index, one in enumerate(items(document, "tax_breakdown")):
        category, amount = text(one, "category"), number(one, "amount")
        if category in UNTAXED and amount:
            yield error(
                "tax_on_untaxed",
                f"category {category} bears no tax, the breakdown says {amount} ({_rule(category, 9)})",
                f"tax_breakdown[{index}].amount",
                value=amount,
                expected=ZERO,
                hint="either the category is another one, or there is no tax",
            )


def exemption_reasons(document: Document) -> Iterator[Finding]:
    """BR-E-10 and its kin, for invoices after EN 16931: why no tax is due."""
    for index, one in enumerate(items(document, "tax_breakdown") if _claims_en16931(document) else ()):
        if text(one, "category") in WITH_REASON and not (text(one, "exemption_code") or text(one, "exemption_reason")):
            category = text(one, "category")
            sentence = f"the breakdown does not say why category {category} bears no tax ({_rule(category, 10)})"
            yield warning("exemption_reason_missing", sentence, f"tax_breakdown[{index}]", value=category)


def accounting_tax(document: Document) -> Iterator[Finding]:
    """BR-53: a second currency for the tax needs the tax in it."""
    if (
        text(document, "tax_currency") not in {None, text(document, "currency")}
        and number(part(document, "totals"), "tax_accounting") is None
    ):
        sentence = f"the tax is accounted in {document['tax_currency']}, and no total is given in it (BR-53)"
        yield warning("tax_accounting_missing", sentence, "totals.tax_accounting", value=document["tax_currency"])


def one_tax_point(document: Document) -> Iterator[Finding]:
    """BR-CO-03: the tax point is a day or a code that says which day, not both."""
    if text(document, "tax_point") and text(document, "tax_point_code"):
        yield warning("tax_point_twice", "the tax point is given as a day and as a code (BR-CO-03)", "tax_point_code")


def en16931_parts(document: Document) -> Iterator[Finding]:
    """BR-CO-04 to BR-CO-26: what an invoice after EN 16931 must say."""
    if not _claims_en16931(document):
        return
    for path, line in lines(document):
        if text(part(line, "tax"), "category") is None:
            yield warning("tax_category_missing", f"{path} does not say how it is taxed (BR-CO-04)", f"{path}.tax")
    for role in ("seller", "buyer", "tax_representative"):
        vat = text(part(document, role), "vat_id")
        if vat is not None and not re.match(r"[A-Za-z]{2}", vat):
            yield warning(
                "vat_prefix_missing", f"the VAT number {vat!r} does not begin with a country (BR-CO-09)", f"{role}.vat_id", value=vat
            )
    if not items(document, "tax_breakdown"):
        yield warning("tax_breakdown_missing", "the invoice has no tax breakdown (BR-CO-18)", "tax_breakdown")
    owners = [("", document, ("BR-CO-21", "BR-CO-22")), *((f"{path}.", line, ("BR-CO-23", "BR-CO-24")) for path, line in lines(document))]
    for prefix, owner, rules in owners:
        for index, one in enumerate(items(owner, "allowance_charges")):
            if not (text(one, "reason") or text(one, "reason_code")):
                charge = one.get("is_charge") is True
                sentence = f"the {'charge' if charge else 'allowance'} has no reason, in words or as a code ({rules[charge]})"
                yield warning("reason_missing", sentence, f"{prefix}allowance_charges[{index}]")
    seller = part(document, "seller")
    if not any(seller.get(name) for name in ("ids", "gln", "registration", "vat_id")):
        yield warning("seller_unidentified", "the seller has no identifier, registration or VAT number (BR-CO-26)", "seller")


def _claims_en16931(document: Document) -> bool:
    return document.get("kind") in INVOICES and (text(document, "specification") or "").startswith(EN16931)


CHECKS: Final[tuple[Callable[[Document], Iterator[Finding]], ...]] = (
    tax_bases,
    untaxed_categories,
    exemption_reasons,
    accounting_tax,
    one_tax_point,
    en16931_parts,
)
