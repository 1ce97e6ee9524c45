"""Each construct of the language, used wrongly: told at its place, with what to do; nothing is taken for something else in silence."""

from __future__ import annotations

import pytest

from tests.mapping.conftest import problems_of

ORDER = "mapping: m\nkind: order\nsyntax: {edifact: ORDERS, versions: [D.96A]}\n"
INVOICE = "mapping: m\nkind: invoice\nsyntax: {edifact: INVOIC, versions: [D.96A]}\n"
UBL = "mapping: m\nkind: invoice\nsyntax: {ubl: Invoice, version: '2.1'}\n"
DESPATCH = "mapping: m\nkind: despatch_advice\nsyntax: {ubl: DespatchAdvice, version: '2.1'}\n"
JSON = "mapping: m\nkind: invoice\nsyntax: {json: own}\n"
CSV = "mapping: m\nkind: invoice\nsyntax: {csv: own, delimiter: ';', by: [nr]}\n"
HEADER = INVOICE + "header:\n  - "
LINE = INVOICE + "detail:\n  - each: lines\n    LIN+{id}:\n      - "
DATED = "header:\n  - DTM+137:{issue_date}\n"
OWN = "mapping: m\nextends: invoic-eancom\n"

WRONG = {
    "each": (INVOICE + "header:\n  - each: seller\n    NAD+SU+{gln}::9:\n", "5:11: 'each: seller' needs a list field, but it is an object"),
    "at": (HEADER + "at: notes\n    FTX+AAI+++{text}:\n", "5:9: 'at: notes' needs an object"),
    "key without each": (ORDER + "detail:\n  - key: {parent: id}\n    LIN+{x.a}:\n", "5:10: key joins the items of a list, and there is no list"),
    "key of one name": (ORDER + "detail:\n  - each: lines\n    key: id\n    LIN+{id}:\n", "6:10: key names two fields that are equal"),
    "key of a field that is none": (
        ORDER + "header:\n  - each: references\n    key: {lin: number}\n    RFF+{type}:{number}:\n", "6:11: unknown field 'lin' in 'lin'"),
    "ref": (
        DESPATCH + "body:\n  - each: lines\n    cac:DespatchLine:\n      - ref: {field: handling_unit, into: /handling_units}\n"
        "        cac:Shipment:\n          - cbc:ID = {x.a}\n", "7:14: ref needs field, into and by"),
    "when that sets": (HEADER + "when: currency = 'EUR'\n    DTM+137:{issue_date}:\n", "5:20: this expression cannot be read: invalid syntax"),
    "when of a field that is none": (HEADER + "when: curency == 'EUR'\n    DTM+137:{issue_date}:\n", "5:11: unknown field 'curency' in 'curency'"),
    "dir": (HEADER + "dir: out\n    DTM+137:{issue_date}:\n", "5:10: unknown direction 'out'"),
    "max": (HEADER + "each: notes\n    max: two\n    FTX+AAI+++{text}:\n", "6:10: max needs a number from 1 on"),
    "more": (HEADER + "more: ignore\n    DTM+137:{issue_date}:\n", "5:11: unknown value 'ignore'"),
    "more: repeat of what has no pieces": (HEADER + "more: repeat\n    DTM+137:{issue_date}:\n", "5:11: more: repeat goes on with a text"),
    "holds of a segment that cannot come": (HEADER + "holds: PAC\n    RFF+ON:{order.number}:\n", "6:5: no PAC can stand in this group"),
    "holds outside EDIFACT": (UBL + "body:\n  - holds: PAC\n    cbc:ID = {number}:\n", "5:12: 'holds' asks for a segment"),
    "only": (HEADER + "only: [D.99Z]\n    DTM+137:{issue_date}:\n", "5:11: 'D.99Z' is not a release of this mapping"),
    "from": (HEADER + "from: 2\n    DTM+137:{issue_date}:\n", "5:11: from needs a number from 1 on, beside each:"),
    "use": (INVOICE + "blocks:\n  party:\n    NAD+SU+{gln}::9:\nheader:\n  - {use: patry, at: seller}\n", "8:11: no block 'patry'"),
    "a parameter that is missing": (
        INVOICE + "blocks:\n  party:\n    NAD+$role+{gln}::9:\nheader:\n  - {use: party, at: seller}\n", "8:9: the parameter $role was not given"),
    "a parameter that nothing asks for": (
        INVOICE + "blocks:\n  party:\n    NAD+SU+{gln}::9:\nheader:\n  - {use: party, rol: SU, at: seller}\n",
        "8:18: the block 'party' has no parameter $rol"),
    "a long form's element": (LINE + "TAX: {5284: 7, 5305: '{tax.category}'}\n", "7:9: segment TAX has no 5284"),
    "a long form's component": (LINE + "TAX: {C243.5153: 7, 5305: '{tax.category}'}\n", "7:9: C243 has no component 5153"),
    "a long form's field": (LINE + "TAX: {5283: 7, 5305: '{tax.catgory}'}\n", "7:14: unknown field 'catgory' in 'tax.catgory'"),
    "a selector's key": (HEADER + "at: seller\n    NAD+SU+{ids[schema=91].value}::91:\n", "6:13: 'ids' is not a list whose items have 'schema'"),
    "a selector of an object": (HEADER + "RFF+ON:{order[type=ON].number}\n", "5:13: 'order' is not a list whose items have 'type'"),
    "a slot outside EDIFACT": (UBL + "body:\n  - '[{number}]'\n", "5:6: '' is not an element name"),
    "a table that is none": (LINE + "QTY+47:{quantity}:{unit|codes(unit)}\n", "7:33: no code table 'unit'"),
    "a column that is none": (
        HEADER + "BGM+{type_code|codes(t.1002)}\ncodes:\n  t: {columns: [value, '1001'], rows: [['380', '380']]}\n",
        "5:20: the table 't' has no column '1002'"),
    "a row that is short": (
        HEADER + "BGM+{type_code|codes(t.1001)}\ncodes:\n  t: {columns: [value, '1001', '1225'], rows: [['380', '380']]}\n",
        "7:48: this row has 2 values, the table 3 columns"),
    "a key of a table": (HEADER + "BGM+{type_code|codes(t)}\ncodes:\n  t: {pairs: [[a, b]], othr: same}\n", "7:24: unknown key 'othr' in a code table"),
    "a table's file": (HEADER + "BGM+{type_code|codes(t)}\ncodes:\n  t: {from: codes/none.csv}\n", "7:13: there is no table file 'codes/none.csv'"),
    "xref without a table": (LINE + "PIA+5+{item.seller_id|xref}:SA\n", "7:31: xref needs the name of a table"),
    "xref of another word": (LINE + "PIA+5+{item.seller_id|xref(articles, drop)}:SA\n", "7:31: 'drop' is not known here"),
    "default of nothing": (LINE + "QTY+47:{quantity}:{unit|default()}\n", "7:33: default needs a value"),
    "default of another type": (LINE + "QTY+47:{quantity|default(viele)}\n", "7:26: 'viele' is not a number, and the field is one"),
    "date of a text": (UBL + "body:\n  - cbc:IssueDate = {number|date}\n", "5:22: 'number' is a text, not a moment"),
    "a date-time where a date stands": (UBL + "body:\n  - cbc:IssueDate = {issue_date}\n", "5:22: 'issue_date' may have a time"),
    "a number where a date stands": (UBL + "body:\n  - cbc:IssueDate = {totals.payable}\n", "5:22: 'totals.payable' is a decimal, the element holds a date"),
    "a text where a number stands": (
        UBL + "body:\n  - cac:LegalMonetaryTotal/cbc:PayableAmount = {number}\n", "5:49: 'number' is a text, the element holds a number"),
    "a time without its day": (UBL + "body:\n  - cbc:IssueTime = {issue_date|time}\n", "5:22: 'issue_date' gets a time here and a day nowhere"),
    "one part twice": (
        UBL + "body:\n  - cbc:IssueDate = {issue_date|date}\n  - cbc:TaxPointDate = {issue_date|date}\n",
        "6:25: field 'issue_date' is filled by two patterns (also line 5)"),
    "an attribute": (UBL + "body:\n  - cbc:ID[@shemeID='x'] = {number}\n", "5:21: there is no attribute 'shemeID' here"),
    "a qualifier that no list has": (HEADER + "DTM+13777:{issue_date}\n", "5:9: '13777' is not in the code list of 2005"),
    "a component too many": (HEADER + "DTM+137:{issue_date}:102:9\n", "5:26: this element of DTM has 3 components in D.96A"),
    "an element too many": (HEADER + "BGM+380+{number}+++++{function}\n", "5:27: segment BGM of D.96A has no element 7"),
    "fill of a field that is none": (INVOICE + "fill:\n  - totals.lin_net = 1\n" + DATED, "5:12: unknown field 'lin_net' in 'totals.lin_net'"),
    "fill without equals": (INVOICE + "fill:\n  - totals.line_net sum(lines.net_amount)\n" + DATED, "5:5: a fill is `path = expression`"),
    "a check that cannot fail": (INVOICE + "check:\n  - totals.line_net: is there\n" + DATED, "5:5: this is neither true nor false"),
    "a check that sets": (INVOICE + "check:\n  - 'totals.line_net = 5': x\n" + DATED, "5:22: this expression cannot be read"),
    "a drop that always holds": (INVOICE + "drop:\n  - currency: '1'\n" + DATED, "5:16: this is neither true nor false"),
    "ignore of a whole tag": (INVOICE + "ignore: [LOC]\n" + DATED, "4:10: 'LOC' ignores a whole segment"),
    "ignore of a tag that cannot come": (INVOICE + "ignore: ['XXX+27+*']\n" + DATED, "4:11: no XXX can come in this message"),
    "residue": (INVOICE + "residue: yes\n" + DATED, "4:10: unknown residue 'yes'"),
    "timezone": (INVOICE + "timezone: Europe/Berln\n" + DATED, "4:11: 'Europe/Berln' is no time zone"),
    "not_carried without a reason": (INVOICE + "not_carried: {notes: ''}\n" + DATED, "4:15: 'notes' is not carried without a reason"),
    "extends of a mapping that is none": ("mapping: m\nextends: invoic-eancm\n", "2:10: there is no mapping 'invoic-eancm'"),
    "a change that hits nothing": (OWN + "change:\n  - remove: 'DTM+35:{delivery.actul}'\n", "4:14: 'remove:' names a pattern that 'invoic-eancom' has no"),
    "a change of another verb": (OWN + "change:\n  - delete: 'DTM+35:{delivery.actual}'\n", "4:5: a change needs exactly one of"),
    "change of nothing": (INVOICE + "change:\n  - remove: x\n" + DATED, "4:1: change alters another mapping, and none is named"),
    "rename of nothing": (UBL + "rename: {a: b}\nbody:\n  - cbc:ID = {number}\n", "4:1: rename alters another mapping, and none is named"),
    "rename that hits nothing": (
        "mapping: m\nextends: ubl-invoice\nrename: {cac:InvoiceLin: cac:X}\n", "3:10: `rename:` names 'cac:InvoiceLin', which the base does not use"),
    "a JSON key that is empty": (JSON + "body:\n  - a..b = {number}\n", "5:7: a key is empty"),
    "a list without an array": (JSON + "body:\n  - each: lines\n    positionen:\n      - nr = {id}\n", "6:5: a list needs an array to stand in"),
    "a CSV delimiter": (CSV.replace("';'", "';;'") + "body:\n  - nr = {number}\n", "3:32: ';;' is not one character"),
    "a column below a column": (CSV + "body:\n  - a.nr = {number}\n", "5:7: a row has columns and nothing below them"),
    "abs in both directions": (INVOICE + "summary:\n  - MOA+9:{totals.payable|abs}\n", "5:12: abs drops the sign"),
    "neg of a text": (HEADER + "BGM+380+{number|neg}\n", "5:14: 'number' is a text, and neg is for numbers"),
    "scale by zero": (INVOICE + "summary:\n  - MOA+9:{totals.payable|scale(0)}\n", "5:27: dividing by 0 is not exact"),
    "joined of one text": (UBL + "body:\n  - cbc:Note = {number|joined(', ')}\n", "5:17: 'number' is one value, and joined is for a list of texts"),
    "wrap over more than there is": (HEADER + "each: notes\n    FTX+AAI+++{text|wrap(6x70)}:\n", "6:16: 6 components do not fit: the element has 5"),
    "like without a place": (HEADER + "BGM+380+{number|like('PO-')}\n", "5:21: the form 'PO-' has no place for the value"),
    "dtm of a format that is none": (HEADER + "DTM+137:{issue_date|dtm(999)}\n", "5:25: the date format '999' is not known"),
    "codecs in the wrong order": (LINE + "QTY+47:{quantity|scale(10)|like('x{}')}\n", "7:36: like changes text and stands before codecs that change values"),
}  # fmt: skip


@pytest.mark.parametrize("construct", WRONG)
def test_it_is_told_where_and_what_to_do(construct: str) -> None:
    text, expected = WRONG[construct]
    problems = problems_of(m=text)

    assert any(one.startswith(f"mappings/m.map.yaml:{expected}") for one in problems), "\n".join(problems)
    for one in problems:
        place, line, caret, *_ = one.splitlines()
        assert text.splitlines()[int(place.split(":")[1]) - 1] in line
        assert caret.strip() == "^"
        assert "\n  hint: " in one
