"""The bad cases of reliability 4.4 that concern the content, by their ids."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edi.documents import KINDS, validate

Document = dict[str, object]


def order(**changes: object) -> Document:
    """A small sound order with changes; a change to None takes the field out."""
    document: Document = {
        "kind": "order",
        "number": "4711",
        "issue_date": "2024-03-15",
        "seller": {"gln": "4012345500004"},
        "buyer": {"gln": "4054321000009"},
        "lines": [{"id": "1", "quantity": Decimal(10), "unit": "C62", "item": {"gtin": "4000862141404"}}],
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value is not None}


def found(document: Document, kind: str = "order") -> list[tuple[str, str]]:
    return sorted((finding.code, finding.where.path or "") for finding in validate(kind, document))


def test_a_sound_order_has_no_findings() -> None:
    assert found(order()) == []


def test_j11_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    (finding,) = validate("order", order(isue_date="2024-03-15"))

    assert (finding.code, finding.hint) == ("document.unknown_field", "did you mean 'issue_date'?")


def test_j11_an_unknown_field_of_a_line_is_named_with_its_index() -> None:
    assert found(order(lines=[{"id": "1", "quantity": Decimal(1), "item": {"gtim": "1"}}])) == [
        ("document.unknown_field", "lines[0].item.gtim")
    ]


def test_j12_a_missing_field_is_named() -> None:
    assert found(order(number=None, buyer=None)) == [("document.missing_field", "buyer"), ("document.missing_field", "number")]


def test_j12_wrong_types_are_named() -> None:
    wrong = order(number=4711, test="yes", lines=[{"id": "1", "quantity": "many"}])

    assert found(wrong) == [
        ("document.wrong_type", "lines[0].quantity"),
        ("document.wrong_type", "number"),
        ("document.wrong_type", "test"),
    ]


def test_j12_null_is_not_the_same_as_absent() -> None:
    document = order()
    document["function"] = None

    assert found(document) == [("document.null", "function")]


def test_j12_an_empty_text_is_not_the_same_as_absent() -> None:
    assert found(order(function="", notes=[{"text": ""}])) == [("document.empty", "function"), ("document.empty", "notes[0].text")]


def test_j06_a_binary_float_is_refused() -> None:
    assert found(order(lines=[{"id": "1", "quantity": 0.1}])) == [("document.wrong_type", "lines[0].quantity")]


def test_j13_an_order_without_lines_is_refused() -> None:
    assert found(order(lines=[])) == [("document.no_lines", "lines")]


def test_j13_quantities_of_zero_and_less_are_refused() -> None:
    lines = [{"id": "1", "quantity": Decimal(0)}, {"id": "2", "quantity": Decimal(-1)}, {"id": "3"}]

    assert found(order(lines=lines)) == [
        ("document.quantity_missing", "lines[2].quantity"),
        ("document.quantity_not_positive", "lines[0].quantity"),
        ("document.quantity_not_positive", "lines[1].quantity"),
    ]


def test_j15_control_characters_are_mentioned_and_service_characters_are_not() -> None:
    assert found(order(notes=[{"text": "a'+:?\nb"}, {"text": "a\x01b"}])) == [("document.control_character", "notes[1].text")]


def test_dates_that_do_not_exist_are_refused() -> None:
    assert found(order(issue_date="2023-02-30")) == [("document.wrong_type", "issue_date")]
    assert found(order(issue_date="15.03.2024")) == [("document.wrong_type", "issue_date")]


def test_moments_have_seconds_and_offset_or_not() -> None:
    for moment in ("2024-03-15", "2024-03-15T10:23", "2024-03-15T10:23:45", "2024-03-15T10:23+01:00", "2024-03-15T10:23:45Z"):
        assert found(order(issue_date=moment)) == []


@given(
    st.sampled_from(KINDS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["lines", "seller", "number", "totals", "payment", "delivery", "x"]) | st.text(), inner)
        ),
        max_leaves=12,
    ),
)
def test_any_value_gives_findings_and_never_an_exception(kind: str, value: object) -> None:
    document = value if isinstance(value, dict) else {"lines": value}

    assert validate(kind, document)
