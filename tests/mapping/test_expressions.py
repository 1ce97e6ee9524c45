"""The expression language: exact numbers, missing stays missing, nothing of Python but what is listed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi.documents.fields import fields
from edi.mapping.expressions import compile_expression
from edi.mapping.problems import Refused
from edi.mapping.runtime import NAMESPACE, NONE

INVOICE = fields("invoice")
DOCUMENT = {
    "number": "R1",
    "type_code": "381",
    "totals": {"line_net": Decimal("10.10"), "charges": Decimal("0.20")},
    "lines": [{"net_amount": Decimal("1.10")}, {}, {"net_amount": Decimal("9.00")}],
}


def value_of(text: str) -> object:
    python = compile_expression(text, INVOICE, INVOICE).python
    return eval(f"lambda o, root, x: {python}", {**NAMESPACE, "NONE": NONE})(DOCUMENT, DOCUMENT, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("totals.line_net + totals.charges", Decimal("10.30")),
        ("totals.line_net + totals.allowances", None),
        ("sum(lines.net_amount)", Decimal("10.10")),
        ("totals.line_net == sum(lines.net_amount)", True),
        ("len(lines)", Decimal(3)),
        ("round(totals.line_net / 3, 2)", Decimal("3.37")),
        ("totals.line_net / 0", None),
        ("-totals.charges", Decimal("-0.20")),
        ("'credit' if type_code in ('381', '261') else 'invoice'", "credit"),
        ("totals.payable or 1", Decimal(1)),
        ("totals.allowances > 1", None),
        ("totals.line_net > 1 and not totals.allowances", True),
        ("first(lines.net_amount)", Decimal("1.10")),
        ("max(lines.net_amount)", Decimal("9.00")),
        ("doc.number", "R1"),
        ("0.1 + 0.2", Decimal("0.3")),
        ("exists(totals.allowances)", False),
    ],
)
def test_an_expression_has_the_value_a_person_expects(text: str, expected: object) -> None:
    assert expected == value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "number.__class__", "(1).real", "[x for x in lines]", "lambda: 1", "f'{number}'", "lines[0]", "2 ** 9999",
        "number := 1", "open('x')", "len(*lines)", "doc", "1 if", "'a' % 1", "number.format(1)", "number is number",
    ],
)  # fmt: skip
def test_what_is_not_listed_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_expression(text, INVOICE, INVOICE)

    assert 0 <= caught.value.offset <= len(text)


def test_equalities_joined_by_and_can_be_set_when_reading() -> None:
    settings = compile_expression("type_code == '380' and currency == 'EUR'", INVOICE, INVOICE).settings

    assert settings is not None
    assert [("type_code", "'380'"), ("currency", "'EUR'")] == [(target.canonical, literal) for target, literal in settings]
    assert compile_expression("type_code != '380'", INVOICE, INVOICE).settings is None
