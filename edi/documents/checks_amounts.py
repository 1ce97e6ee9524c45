"""Checks of the sums, after the rules BR-CO-* of EN 16931. They compare only what the document says; nothing is filled in.

Invoices and credit notes: a difference is an error. Orders and answers: their sums are announcements, so it is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from edi.documents.checks_reading import Document, error, items, lines, number, part, warning
from edi.findings import Finding

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal(0)
BINDING: Final = frozenset({"invoice", "credit_note"})


def line_sum(document: Document) -> Iterator[Finding]:
    """BR-CO-10: the sum of the lines. Sub-lines are within their parents and not counted again."""
    amounts = [number(line, "net_amount") for _, line in lines(document) if "parent_line" not in line]
    if amounts and None not in amounts:
        yield from _compare(document, "line_net", _sum(amounts), "the lines add up to", "BR-CO-10")


def allowance_sums(document: Document) -> Iterator[Finding]:
    """BR-CO-11 and BR-CO-12: the sums of allowances and of charges on the whole document."""
    for field, is_charge, rule in (("allowances", False, "BR-CO-11"), ("charges", True, "BR-CO-12")):
        chosen = [number(one, "amount") for one in items(document, "allowance_charges") if one.get("is_charge") is is_charge]
        if chosen and None not in chosen:
            yield from _compare(document, field, _sum(chosen), f"the {field} add up to", rule)


def exclusive(document: Document) -> Iterator[Finding]:
    """BR-CO-13: lines less allowances plus charges."""
    totals = part(document, "totals")
    line_net = number(totals, "line_net")
    if line_net is not None:
        expected = line_net - (number(totals, "allowances") or ZERO) + (number(totals, "charges") or ZERO)
        yield from _compare(document, "tax_exclusive", expected, "lines less allowances plus charges are", "BR-CO-13")


def tax_sum(document: Document) -> Iterator[Finding]:
    """BR-CO-14: the sum of the tax amounts."""
    amounts = [number(one, "amount") for one in items(document, "tax_breakdown")]
    if amounts and None not in amounts:
        yield from _compare(document, "tax", _sum(amounts), "the taxes add up to", "BR-CO-14")


def inclusive(document: Document) -> Iterator[Finding]:
    """BR-CO-15: with tax = without tax + tax."""
    totals = part(document, "totals")
    net, tax = number(totals, "tax_exclusive"), number(totals, "tax")
    if net is not None and tax is not None:
        yield from _compare(document, "tax_inclusive", net + tax, "net and tax add up to", "BR-CO-15")


def payable(document: Document) -> Iterator[Finding]:
    """BR-CO-16: payable = with tax - prepaid + rounding."""
    totals = part(document, "totals")
    whole = number(totals, "tax_inclusive")
    if whole is not None:
        expected = whole - (number(totals, "prepaid") or ZERO) + (number(totals, "rounding") or ZERO)
        yield from _compare(document, "payable", expected, "what is left to pay is", "BR-CO-16")


def tax_amounts(document: Document) -> Iterator[Finding]:
    """BR-CO-17: each tax is its base times its rate, rounded to the cent."""
    for index, one in enumerate(items(document, "tax_breakdown")):
        base, rate, amount = number(one, "taxable"), number(one, "rate"), number(one, "amount")
        if base is None or rate is None or amount is None:
            continue
        expected = _cents(base * rate / 100)
        if abs(amount - expected) >= 1:
            yield error(
                "tax_amount",
                f"{rate} % of {base} is {expected}, the tax says {amount} (BR-CO-17)",
                f"tax_breakdown[{index}].amount",
                value=amount,
                expected=expected,
            )
        elif abs(amount - expected) > CENT:
            yield warning(
                "tax_amount",
                f"{rate} % of {base} is {expected}, the tax says {amount}",
                f"tax_breakdown[{index}].amount",
                value=amount,
                expected=expected,
                hint="rounded line by line, perhaps",
            )


def line_amounts(document: Document) -> Iterator[Finding]:
    """Each line: quantity times price less allowances plus charges, within a cent per unit of rounding."""
    for path, line in lines(document):
        quantity, price, stated = number(line, "quantity"), part(line, "price"), number(line, "net_amount")
        net = number(price, "net")
        if quantity is None or net is None or stated is None or price.get("unit", line.get("unit")) != line.get("unit", price.get("unit")):
            continue
        expected = _cents(quantity * net / (number(price, "base_quantity") or 1)) + _balance(items(line, "allowance_charges"))
        if abs(stated - expected) > CENT:
            yield warning(
                "line_amount",
                f"{path}: {quantity} at {net} make {expected}, the line says {stated}",
                f"{path}.net_amount",
                value=stated,
                expected=expected,
            )


def percentages(document: Document) -> Iterator[Finding]:
    """An allowance or charge in percent is that share of its base."""
    owners = [("", document), *((f"{path}.", line) for path, line in lines(document))]
    for prefix, owner in owners:
        for index, one in enumerate(items(owner, "allowance_charges")):
            percent, base, amount = number(one, "percent"), number(one, "base"), number(one, "amount")
            if percent is None or base is None or amount is None:
                continue
            expected = _cents(base * percent / 100)
            if abs(amount - expected) > CENT:
                path = f"{prefix}allowance_charges[{index}].amount"
                yield warning("percentage", f"{percent} % of {base} is {expected}, not {amount}", path, value=amount, expected=expected)


def positive_amounts(document: Document) -> Iterator[Finding]:
    """Allowances and charges are positive; the direction is `is_charge`."""
    owners = [("", document), *((f"{path}.", line) for path, line in lines(document))]
    for prefix, owner in owners:
        for index, one in enumerate(items(owner, "allowance_charges")):
            amount = number(one, "amount")
            if amount is not None and amount < 0:
                yield warning(
                    "allowance_negative",
                    f"the amount {amount} is negative",
                    f"{prefix}allowance_charges[{index}].amount",
                    value=amount,
                    hint="turn is_charge round and the sign with it",
                )


def _balance(allowance_charges: Iterable[Document]) -> Decimal:
    return _sum((number(one, "amount") or ZERO) * (1 if one.get("is_charge") is True else -1) for one in allowance_charges)


def _compare(document: Document, field: str, expected: Decimal, words: str, rule: str) -> Iterator[Finding]:
    stated = number(part(document, "totals"), field)
    if stated is None or stated == expected:
        return
    make = error if document.get("kind") in BINDING else warning
    sentence = f"{words} {expected}, totals.{field} says {stated} ({rule})"
    yield make(
        f"total_{field}",
        sentence,
        f"totals.{field}",
        value=stated,
        expected=expected,
        hint="compare the amounts with the sender; one of them is wrong",
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), ZERO)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


CHECKS: Final[tuple[Callable[[Document], Iterator[Finding]], ...]] = (
    line_sum,
    allowance_sums,
    exclusive,
    tax_sum,
    inclusive,
    payable,
    tax_amounts,
    line_amounts,
    percentages,
    positive_amounts,
)
