"""A spoke in use: what it is handed, what it says, what it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edi import mapping
from edi.mapping.cases import edifact_tree
from edi.mapping.result import Context
from edi.mapping.spoke_edifact import texts_of
from tests.mapping.conftest import spoke_of

HEAD = "mapping: m\nkind: invoice\nsyntax: {edifact: INVOIC, versions: [D.96A]}\n"


class Articles:
    """A partner's article numbers."""

    def to_canonical(self, table: str, value: str) -> str | None:
        return {("articles", "8877"): "ABC"}.get((table, value))

    def to_wire(self, table: str, value: str) -> str | None:
        return {("articles", "ABC"): "8877"}.get((table, value))


def test_a_partners_numbers_are_looked_up_in_both_directions() -> None:
    spoke = spoke_of(m=HEAD + "detail:\n  - each: lines\n    LIN+{id}:\n      - PIA+5+{item.seller_id|xref(articles)}:IN\n")

    reading = spoke.read(edifact_tree(spoke, "LIN+1'PIA+5+8877:IN'"), xref=Articles()).value
    assert reading is not None
    assert [{"id": "1", "item": {"seller_id": "ABC"}}] == reading.document["lines"]
    writing = spoke.write(reading.document, xref=Articles()).value
    assert writing is not None
    assert "PIA+5+8877:IN" in texts_of(writing.output)  # type: ignore[arg-type]


def test_a_number_that_is_not_in_the_table_is_a_finding_with_everything_there_is_to_say() -> None:
    spoke = spoke_of(m=HEAD + "detail:\n  - each: lines\n    LIN+{id}:\n      - PIA+5+{item.seller_id|xref(articles)}:IN\n")

    (finding,) = spoke.read(edifact_tree(spoke, "LIN+1'PIA+5+9999:IN'"), xref=Articles()).findings

    assert "mapping.value" == finding.code
    assert finding.text.startswith("lines[0].item.seller_id: '9999' is not in the cross-reference table 'articles'")
    assert "(m.map.yaml:7)" in finding.text
    assert (3, "PIA", 2, 1) == (finding.where.segment, finding.where.tag, finding.where.element, finding.where.component)
    assert "9999" == finding.value


def test_clock_and_numbers_are_arguments() -> None:
    spoke = spoke_of(m=HEAD + "header:\n  - BGM+380+{=seq('invoices')}\n  - DTM+137:{=today()}:~102\n  - RFF+ACD:{=ctx.batch}\n")
    context = Context(values={"now": "2024-03-15T10:23:00Z", "batch": "B7"}, numbers={"invoices": ["R1"]})

    writing = spoke.write({}, context=context).value

    assert writing is not None
    assert ["BGM+380+R1", "DTM+137:2024-03-15:102", "RFF+ACD:B7"] == texts_of(writing.output)[:3]  # type: ignore[arg-type]


def test_one_way_entries_go_one_way() -> None:
    spoke = spoke_of(
        m=HEAD + "header:\n  - BGM+{type_code}+{number}\n  - dir: read\n    RFF+IV:{number}:\n  - dir: write\n    RFF+ON:{number}:\n"
    )

    reading = spoke.read(edifact_tree(spoke, "BGM+380'RFF+IV:R1'RFF+ON:R2'")).value
    assert reading is not None
    assert "R1" == reading.document["number"]
    writing = spoke.write({"number": "R9"}).value
    assert writing is not None
    assert ["BGM++R9", "RFF+ON:R9", "UNS+S"] == texts_of(writing.output)  # type: ignore[arg-type]


def test_an_absent_required_field_is_told_in_both_directions() -> None:
    spoke = spoke_of(m=HEAD + "header:\n  - BGM+{type_code}+{number!}\n")

    assert ["mapping.required"] == [finding.code for finding in spoke.read(edifact_tree(spoke, "BGM+380'")).findings]
    assert ["mapping.required"] == [finding.code for finding in spoke.write({"type_code": "380"}).findings]


def test_a_spoke_refuses_a_message_of_another_syntax() -> None:
    with pytest.raises(TypeError, match="group tree"):
        mapping.load("orders-eancom").read({"number": "1"})


def test_a_control_character_never_reaches_xml() -> None:
    outcome = mapping.load("ubl-order").write({"number": "a\x00b"})

    assert outcome.value is None
    assert "control character" in outcome.findings[0].text


def test_what_is_no_object_ends_as_a_finding_not_as_a_crash() -> None:
    spoke = mapping.load("erp-order")

    for value in (None, 1, "x", [], {"lines": 3}, {"lines": [1]}, {"number": {"a": 1}}, {"nummer": "1"}):
        assert all(finding.code == "mapping.value" for finding in spoke.read(value).findings)
        assert spoke.read(value).findings or value == {}


def test_numbers_of_json_stay_exact() -> None:
    reading = mapping.load("erp-order").read({"lines": [{"id": "1", "quantity": Decimal("12.50")}]}).value

    assert reading is not None
    assert "12.50" == str(reading.document["lines"][0]["quantity"])  # type: ignore[index, call-overload]


def test_written_values_can_be_traced_to_their_place() -> None:
    spoke = mapping.load("orders-eancom")
    writing = spoke.write({"number": "4711", "lines": [{"id": "1", "quantity": Decimal(3)}]}, trace=True).value

    assert writing is not None
    places = {trace.path: str(trace.where) for trace in writing.traces}
    assert "segment 2 BGM element 2 component 1" == places["number"]
    assert places["lines[0].quantity"].endswith("QTY element 1 component 2")


def test_a_mapping_reads_no_message_twice_as_long_for_twice_the_lines_in_a_join() -> None:
    spoke = mapping.load("desadv-eancom")
    units = [{"id": str(number)} for number in range(2000)]
    lines = [{"id": str(number), "handling_unit": str(number)} for number in range(2000)]

    writing = spoke.write({"number": "1", "handling_units": units, "lines": lines}).value  # type: ignore[dict-item]

    assert writing is not None
    assert 2000 == sum(text.startswith("LIN+") for text in texts_of(writing.output))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["orders-eancom", "ubl-order"])
def test_the_generated_code_names_the_lines_of_the_mapping(name: str) -> None:
    assert f"# {name}.map.yaml:" in mapping.load(name).source("read")


def test_a_text_that_is_too_long_for_its_element_is_told_with_its_path() -> None:
    spoke = mapping.load("orders-eancom")

    (finding,) = [one for one in spoke.write({"number": "4" * 36, "issue_date": "2024-03-15"}).findings if one.code == "mapping.length"]

    assert finding.text.startswith(f"number: '{'4' * 36}' has 36 characters, the element takes 35")


def test_what_is_nested_in_a_one_way_entry_goes_one_way() -> None:
    spoke = spoke_of(
        m=HEAD + "header:\n  - BGM+{type_code}+{number}\n  - dir: read\n    at: buyer\n    NAD+BY+{gln}:\n      - RFF+VA:{vat_id}\n"
    )

    assert {"number", "type_code"} == spoke.bound()


AMOUNTS = (
    HEAD
    + "detail:\n  - each: lines\n    LIN+{id}:\n      - MOA+203:{net_amount}:{~/currency}\n      - RFF+CT:{x.contract}:{~/buyer_reference}\n"
)


@pytest.mark.parametrize(
    ("document", "expected", "codes"),
    [
        ({"lines": [{"id": "1"}]}, ["LIN+1"], []),
        ({"lines": [{"id": "1", "net_amount": Decimal(5)}]}, ["LIN+1", "MOA+203:5:EURO"], ["mapping.length"]),
        ({"lines": [{"id": "1", "x": {"contract": "K7"}}]}, ["LIN+1", "RFF+CT:K7:ABCDEFG"], ["mapping.length"]),
    ],
)
def test_what_goes_along_is_measured_only_where_it_is_written(document: dict[str, object], expected: list[str], codes: list[str]) -> None:
    writing = spoke_of(m=AMOUNTS).write({"currency": "EURO", "buyer_reference": "ABCDEFG", **document})  # type: ignore[dict-item]

    assert writing.value is not None
    assert expected == texts_of(writing.value.output)[:-1]  # type: ignore[arg-type]
    assert codes == [one.code for one in writing.findings]


def test_json_values_that_are_a_list_or_an_object_of_ours_find_their_place_and_are_traced() -> None:
    spoke = spoke_of(
        m="mapping: m\nkind: order\nsyntax: {json: own}\nbody:\n"
        "  - each: notes\n    max: 1\n    note = {text}:\n  - at: seller\n    supplier = {name}:\n"
    )

    reading = spoke.read({"note": "a", "supplier": "X"}, trace=True).value

    assert reading is not None
    assert {"kind": "order", "notes": [{"text": "a"}], "seller": {"name": "X"}} == reading.document
    assert ["/note", "/supplier"] == [trace.where.path for trace in reading.traces]
    assert () == reading.unmapped
    writing = spoke.write(reading.document).value
    assert writing is not None
    assert {"note": "a", "supplier": "X"} == writing.output
